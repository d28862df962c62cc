"""Children as processes: starting them, hearing of their end, signalling them.

An end is heard by a pidfd, which works for our own children and for those of a dead predecessor.
Every child leads a session and a process group of its own, so that a terminal's Ctrl-C does not
reach it and what it started ends with it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from folkmoot.servers.manager import procfs

OUTPUT_BYTES_MAX: Final = 4 << 20
LAST_LINE_CHARACTERS_MAX: Final = 300

Ended = Callable[[str, int, str], None]


class Children:
    """The processes that are being watched, by id.

    Caller: `on_ended(id, pid, detail)` is called on the loop, once for each process.
    """

    def __init__(self, data: Path, on_ended: Ended) -> None:
        self._data = data
        self._on_ended = on_ended
        self._loop = asyncio.get_running_loop()
        self._own: dict[int, subprocess.Popen[bytes]] = {}
        self._pidfds: dict[int, int] = {}

    def start(
        self,
        id: str,
        argv: Sequence[str],
        *,
        descriptors: Sequence[int],
        environment: Mapping[str, str],
    ) -> int:
        """Starts the process and watches it. Errors: OSError when it cannot be started."""
        with self._output(id) as output:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=descriptors,
                start_new_session=True,
                env={**os.environ, **environment, procfs.MARKER: procfs.marker(id, self._data)},
            )
        self._own[process.pid] = process
        self.watch(id, process.pid)
        return process.pid

    def watch(self, id: str, pid: int) -> None:
        """Hears of the end of a process, whoever started it. One that is gone has ended."""
        try:
            pidfd = os.pidfd_open(pid)
        except OSError:
            self._loop.call_soon(self._on_ended, id, pid, "was gone")
            return
        self._pidfds[pid] = pidfd
        self._loop.add_reader(pidfd, self._ended, id, pid)

    def signal(self, pid: int, *, kill: bool) -> None:
        """Ends a process; when forced, with all that it started."""
        pidfd = self._pidfds.get(pid)
        number = signal.SIGKILL if kill else signal.SIGTERM
        try:
            if kill:
                procfs.kill_group(pid)
            if pidfd is not None:
                signal.pidfd_send_signal(pidfd, number)
            elif procfs.started(pid):
                os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            # It ended meanwhile; its pidfd tells.
            pass

    def close(self) -> None:
        for pidfd in self._pidfds.values():
            self._loop.remove_reader(pidfd)
            os.close(pidfd)
        self._pidfds.clear()

    def _ended(self, id: str, pid: int) -> None:
        pidfd = self._pidfds.pop(pid)
        self._loop.remove_reader(pidfd)
        os.close(pidfd)
        process = self._own.pop(pid, None)
        # Before it is reaped its pid, and so its group, cannot belong to anybody else; after that
        # neither, as long as nobody runs under the pid.
        if process is not None or not procfs.started(pid):
            procfs.kill_group(pid)
        detail = "ended" if process is None else _told(process.wait())
        self._on_ended(id, pid, detail)

    def _output(self, id: str) -> _Output:
        return _Output(self._data / "logs" / f"{id}.out")

    def last_line(self, id: str) -> str:
        """What a process said last on its standard error: the reason why it did not start."""
        try:
            with open(self._data / "logs" / f"{id}.out", "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - 4_096))
                lines = file.read().decode(errors="replace").split("\n")
        except OSError:
            return ""
        said = [line.strip() for line in lines if line.strip()]
        return said[-1][:LAST_LINE_CHARACTERS_MAX] if said else ""


class _Output:
    """The file that takes a child's standard output; begun anew when it has grown too large."""

    def __init__(self, path: Path) -> None:
        if path.exists() and path.stat().st_size > OUTPUT_BYTES_MAX:
            path.replace(path.with_suffix(".out.1"))
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def __enter__(self) -> int:
        return self._descriptor

    def __exit__(self, *raised: object) -> None:
        os.close(self._descriptor)


def _told(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
