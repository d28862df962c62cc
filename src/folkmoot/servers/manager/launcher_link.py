"""The process manager's end of the link to its launcher.

The link is a socket pair that keeps messages whole. The process manager sends beats and what it
has to tell the person who started the zone; when the other end closes, the launcher is dead, and
a new one is started, which inherits the listening socket and the data folder's lock.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from folkmoot.servers.launcher.command import launcher_command
from folkmoot.zone.restarts import History, Policy, after_exit

MESSAGE_BYTES_MAX: Final = 16_384

LISTEN_FD: Final = "FOLKMOOT_LISTEN_FD"
LOCK_FD: Final = "FOLKMOOT_LOCK_FD"
LINK_FD: Final = "FOLKMOOT_LINK_FD"


class LauncherLink:
    """The launcher as its process manager knows it.

    Shape: `pid` is 0 until the launcher has introduced itself, and while there is none.
    """

    def __init__(
        self,
        data: Path,
        descriptors: Mapping[str, int],
        arguments: Sequence[str],
        on_change: Callable[[], None],
    ) -> None:
        self._data = data
        self._descriptors = {name: fd for name, fd in descriptors.items() if name != LINK_FD}
        self._arguments = arguments
        self._on_change = on_change
        self._link = socket.socket(fileno=descriptors[LINK_FD])
        self._link.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._link.fileno(), self._heard)
        self._policy = Policy()
        self._history = History()
        self._child: subprocess.Popen[bytes] | None = None
        self._since_ms = self._now_ms()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self.pid = 0
        self.restarts = 0

    def send(self, message: Mapping[str, Any]) -> None:
        """Tells the launcher; what it does not take at once is lost, beats follow anyway."""
        try:
            self._link.send(json.dumps(message).encode())
        except OSError:
            pass

    def renew(self) -> bool:
        """Asks the launcher to become one of the installed version; false while there is none."""
        if not self.pid:
            return False
        try:
            os.kill(self.pid, signal.SIGUSR2)
        except ProcessLookupError:
            return False
        return True

    def close(self) -> None:
        """Leaves the launcher alone from now on."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._link.fileno())
        self._link.close()

    def _now_ms(self) -> int:
        return int(self._loop.time() * 1000)

    def _heard(self) -> None:
        try:
            message = self._link.recv(MESSAGE_BYTES_MAX)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            message = b""
        if not message:
            self._lost()
            return
        try:
            pid = int(json.loads(message)["launcher"])
        except (ValueError, KeyError, TypeError):
            return
        if pid == self.pid:
            # It introduces itself anew: it has become another program in the same process.
            self.restarts += 1
        self.pid = pid
        self._on_change()

    def _lost(self) -> None:
        self._loop.remove_reader(self._link.fileno())
        self._link.close()
        self.pid = 0
        if self._child is not None:
            self._child.poll()
        now_ms = self._now_ms()
        fine = now_ms - self._since_ms >= self._policy.fine_after_ms
        self._history, verdict = after_exit(
            self._policy, self._history, now_ms, fine=fine, jitter_permille=0
        )
        self._timer = self._loop.call_later(verdict.delay_ms / 1000, self._replace)

    def _replace(self) -> None:
        """Starts a launcher that watches us; it has no terminal."""
        self._timer = None
        self._since_ms = self._now_ms()
        self.restarts += 1
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._link = ours
        descriptors = {**self._descriptors, LINK_FD: theirs.fileno()}
        output = os.open(
            self._data / "logs" / "launcher.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )
        try:
            self._child = subprocess.Popen(
                launcher_command(self._data, os.getpid(), self._arguments),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=tuple(descriptors.values()),
                start_new_session=True,
                env={**os.environ, **{name: str(fd) for name, fd in descriptors.items()}},
            )
        except OSError as error:
            # The closed end is noticed like a dead launcher, and so tried again later.
            print(f"the launcher could not be started: {error}", file=sys.stderr, flush=True)
        finally:
            os.close(output)
            theirs.close()
        self._loop.add_reader(self._link.fileno(), self._heard)
        self._on_change()
