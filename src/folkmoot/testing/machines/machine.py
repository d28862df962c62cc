"""One host: a namespace, a small disk in memory, and a real `folkmoot up`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from folkmoot.errors import invariant
from folkmoot.servers.manager import procfs
from folkmoot.testing.disk_faults import DiskFault
from folkmoot.testing.machines.leftovers import kill_all, pids_in, run, signal_pid
from folkmoot.testing.machines.network import Network

DISK_MB: Final = 128
PORT: Final = 8080
READY_S_MAX: Final = 90.0
COMMAND_S_MAX: Final = 60.0
FREEZE_S_MAX: Final = 5.0
STOP_S_MAX: Final = 30.0
POLL_S: Final = 0.03
LEAN: Final = {"collaboration_servers": 1, "front_doors": 1, "shards": 1}
FAKETIME: Final = (
    Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"),
    Path("/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"),
)

SLEEPING: Final = Path(__file__).with_name("clock")
"""What lets Python sleep there, see its `sitecustomize.py`."""


class Machine:
    """A host by its name in the network, which is its node's name too.

    Shape: `data` is its data folder, on a disk of its own; `log` holds what `folkmoot up` said.
    """

    def __init__(
        self,
        network: Network,
        folder: Path,
        name: str,
        *,
        settings: dict[str, int] | None = None,
        python: str = sys.executable,
        disk_mb: int = DISK_MB,
        clock_can_jump: bool = False,
        code: Path | None = None,
    ) -> None:
        self.name = name
        self.address = network.add(name)
        self.url = f"http://{self.address}:{PORT}"
        self.python = python
        self.log = folder / f"{name}.log"
        self.disk = folder / name
        self.data = self.disk / "data"
        self.powered = False
        self.disk_fault = DiskFault(folder / f"{name}.strace")
        self._code = code
        self._network = network
        self._options: tuple[str, ...] = ()
        self._clock = folder / f"{name}.clock" if clock_can_jump else None
        self._launcher: subprocess.Popen[bytes] | None = None
        self.disk.mkdir(parents=True)
        run("mount", "-t", "tmpfs", "-o", f"size={disk_mb}m", self._namespace, str(self.disk))
        self.data.mkdir(mode=0o700)
        if settings:
            node = {"name": name, "settings": settings}
            (self.data / "node.json").write_text(json.dumps(node))

    @property
    def _namespace(self) -> str:
        return self._network.namespace(self.name)

    # Power

    def start(self, *options: str) -> None:
        """Begins `folkmoot up`; with the options of last time if none are given."""
        self._options = options or self._options
        self.powered = True
        words = (
            *(self.python, "-P", "-m", "folkmoot.cli.main", "up", "--data", str(self.data)),
            *("--host", self.address, "--port", str(PORT), *PLAIN, *self._options),
        )
        # `--join` is for the first time only.
        self._options = _without(self._options, "--join", "--name")
        with self.log.open("ab") as output:
            output.write(b"--- folkmoot up\n")
            output.flush()
            dressed = (*self._with_code(), *self._dressed(words))
            self._launcher = self._network.start(self.name, dressed, output=output)

    def wait_ready(self, within_s: float = READY_S_MAX) -> None:
        """Errors: `InvariantViolated` with what was said."""

        def ready() -> bool:
            told = self.log.read_text(errors="replace").rpartition("--- folkmoot up")[2]
            launcher = self._launcher
            invariant(
                launcher is not None and launcher.poll() is None, "the host runs", told=told[-2000:]
            )
            return "Folkmoot is ready" in told

        wait_until(ready, within_s, f"{self.name} is ready")

    def power_off(self) -> None:
        """Its link is cut and all of its processes are killed, at once."""
        self._network.cut(self.name)
        kill_all(self._namespace)
        self._reap()
        self.powered = False

    def power_on(self, *options: str) -> None:
        """Plugs it in and starts it again, with what is on its disk."""
        self._network.mend(self.name)
        self.start(*options)

    def stop(self) -> None:
        """Ends it in order. Errors: `InvariantViolated` when it does not end."""
        launcher = self._launcher
        if launcher is not None and launcher.poll() is None:
            launcher.send_signal(signal.SIGINT)
            try:
                launcher.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                invariant(False, "a host that is told to stop does", host=self.name)
        self._reap()
        self.powered = False

    def _reap(self) -> None:
        if self._launcher is not None:
            self._launcher.wait(STOP_S_MAX)

    # What happens to it

    def freeze(self) -> None:
        """All its processes stand still."""

        def frozen() -> bool:
            running = [pid for pid in self.pids() if _state(pid) not in "TtZX"]
            for pid in running:
                signal_pid(pid, signal.SIGSTOP)
            return not running

        wait_until(frozen, FREEZE_S_MAX, f"{self.name} stands still")

    def thaw(self) -> None:
        for pid in self.pids():
            signal_pid(pid, signal.SIGCONT)

    def kill(self, id: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Sends a signal to the process with this id, such as `engine`; returns its pid."""
        pid = self.pid_of(id)
        invariant(pid > 0, "the process runs", host=self.name, id=id)
        signal_pid(pid, number)
        return pid

    def pid_of(self, id: str) -> int:
        """0 when it does not run."""
        return next((one.pid for one in procfs.find(self.data.resolve()) if one.id == id), 0)

    def kill_manager(self) -> None:
        """Kills its process manager, which its launcher starts again."""
        told = json.loads((self.data / "run" / "processes.json").read_bytes())
        signal_pid(int(told["pid"]), signal.SIGKILL)

    def fill_disk(self) -> None:
        """Leaves no room on its disk."""
        with open(self.disk / "filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(1 << 16))
            except OSError:
                pass

    def free_disk(self) -> None:
        (self.disk / "filler").unlink(missing_ok=True)

    def jump_clock(self, seconds: int) -> None:
        """Its wall clock jumps; only of a host made with `clock_can_jump`, and of Python only.

        The engine's program asks the kernel itself, so its clock stays.
        """
        invariant(self._clock is not None, "the host's clock can jump", host=self.name)
        if self._clock is not None:
            self._clock.write_text(f"{seconds:+d}\n")

    def _with_code(self) -> tuple[str, ...]:
        return ("env", f"PYTHONPATH={self._code}") if self._code is not None else ()

    def _dressed(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The command line under a clock that can jump, where there is one."""
        library = next((path for path in FAKETIME if path.exists()), None)
        if self._clock is None:
            return words
        invariant(library is not None, "libfaketime is installed: apt install libfaketime")
        self._clock.write_text("+0\n")
        paths = [str(SLEEPING), *([str(self._code)] if self._code is not None else [])]
        if before := os.environ.get("PYTHONPATH"):
            paths.append(before)
        return (
            *("env", f"LD_PRELOAD={library}", f"FAKETIME_TIMESTAMP_FILE={self._clock}"),
            f"PYTHONPATH={os.pathsep.join(paths)}",
            *("FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", *words),
        )

    # What is asked of it

    def pids(self) -> list[int]:
        return pids_in(self._namespace)

    def command(self, *words: str, within_s: float = COMMAND_S_MAX, python: str = "") -> str:
        """Runs `folkmoot ...` on this host, that of another environment too; returns what it said.

        Errors: `InvariantViolated` when it fails.
        """
        name, *rest = words
        whole = (name, "--data", str(self.data), *rest)
        python = python or self.python
        return self.run_module("folkmoot.cli.main", *whole, within_s=within_s, python=python)

    def run_module(
        self,
        module: str,
        *words: str,
        within_s: float = COMMAND_S_MAX,
        python: str = sys.executable,
    ) -> str:
        """Runs a module there, of our own environment unless another is named."""
        done = subprocess.run(
            (*self._exec(), python, "-P", "-m", module, *words),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
        invariant(
            done.returncode == 0,
            "a command on a host works",
            host=self.name,
            words=words,
            said=(done.stdout + done.stderr)[-2000:],
        )
        return done.stdout

    def begin(self, *words: str, python: str = "") -> subprocess.Popen[str]:
        """Starts `folkmoot ...` on this host; the caller waits for its end."""
        name, *rest = words
        return subprocess.Popen(
            (
                *(*self._exec(), python or self.python, "-P", "-m", "folkmoot.cli.main"),
                *(name, "--data", str(self.data), *rest),
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def status(self) -> dict[str, Any]:
        """What its process manager tells: the zone as this host sees it. Errors: `OSError`."""
        # Over a socket in the data folder, which needs no network: no process is started for it.
        from folkmoot.servers.manager.control import ask

        return ask(self.data, "status", 6.0)

    def _exec(self) -> Sequence[str]:
        return ("ip", "netns", "exec", self._namespace, *self._with_code())

    def remove(self) -> None:
        """Kills what is left and takes the disk away."""
        self.disk_fault.end()
        kill_all(self._namespace)
        self._reap()
        run("umount", "-l", str(self.disk))
        shutil.rmtree(self.disk, ignore_errors=True)


PLAIN: Final = ("--insecure",)
"""Options for serving people without TLS on an address that is not loopback."""


def wait_until(reached: Callable[[], bool], within_s: float, what: str) -> float:
    """Returns how many seconds it took. Errors: `TimeoutError` that says what was waited for."""
    began_s = time.monotonic()
    while not reached():
        if time.monotonic() - began_s > within_s:
            raise TimeoutError(f"not within {within_s:g} s: {what}")
        time.sleep(POLL_S)
    return time.monotonic() - began_s


def _state(pid: int) -> str:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return "X"
    return text[text.rindex(")") + 2]


def _without(options: Sequence[str], *names: str) -> tuple[str, ...]:
    """Options without these and their values."""
    left: list[str] = []
    skip = False
    for word in options:
        if not skip and word not in names:
            left.append(word)
        skip = not skip and word in names
    return tuple(left)


def can_jump_clocks() -> bool:
    return any(path.exists() for path in FAKETIME) and os.path.exists("/usr/bin/env")
