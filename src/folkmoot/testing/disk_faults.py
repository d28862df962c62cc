"""A disk that is slow, or fails, for one process: `strace` stands between it and the kernel.

The engine is a static program, so no library can be put below it, and not every kernel has the
devices that fail on purpose. A debugger can delay and refuse single system calls of any program
(`apt install strace`; root, or the same user). The process is slower under it even where no call is
meant; what it wrote before is as the kernel has it, for what is refused never gets there.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from folkmoot.errors import invariant

TOOL: Final = "strace"
ATTACH_S_MAX: Final = 10.0
END_S_MAX: Final = 10.0
POLL_S: Final = 0.01
FILES_MAX: Final = 2_000

WRITES: Final = "pwrite64,pwritev,pwritev2"
"""Of files: what goes to sockets is written otherwise."""

SYNCS: Final = "fsync,fdatasync"
READS: Final = "read,pread64,preadv"


def possible() -> bool:
    return shutil.which(TOOL) is not None


def slow(delay_ms: int) -> list[str]:
    """Every write of a file, and every `fsync`, takes so much longer."""
    return _rule(f"{SYNCS},{WRITES}", f"delay_enter={delay_ms}ms")


def failing_sync(*, once: bool = False) -> list[str]:
    """`fsync` fails: always, or `once` in each thread that calls it."""
    return _rule(SYNCS, "error=EIO" + (":when=1" if once else ""))


def failing_writes() -> list[str]:
    return _rule(f"{SYNCS},{WRITES}", "error=EIO")


def failing_reads(store: Path) -> list[str]:
    """What the engine's store has now cannot be read."""
    files = sorted(str(path) for path in store.rglob("*.blk"))
    invariant(0 < len(files) <= FILES_MAX, "a store has files to fail", count=len(files))
    return [*(word for file in files for word in ("-P", file)), *_rule(READS, "error=EIO")]


def _rule(calls: str, what: str) -> list[str]:
    return ["-e", f"trace={calls}", "-e", f"inject={calls}:{what}"]


def command_under(rule: Sequence[str], argv: Sequence[str], told: Path) -> list[str]:
    """A command line that runs a program under a rule from its first moment on."""
    return [TOOL, "-f", "-qq", "-o", str(told), *rule, *argv]


class DiskFault:
    """One rule for processes that run, in force from `begin` to `end`.

    Shape: what these processes start while it is in force falls under it from its first moment.
    """

    def __init__(self, told: Path) -> None:
        self._told = told
        self._tracer: subprocess.Popen[bytes] | None = None

    def begin(self, rule: Sequence[str], pids: Sequence[int]) -> None:
        """Returns when it is in force. Errors: `InvariantViolated`."""
        invariant(shutil.which(TOOL) is not None, "strace is installed: apt install strace")
        invariant(self._tracer is None, "one rule at a time")
        self._told.unlink(missing_ok=True)
        attached = [word for pid in pids for word in ("-p", str(pid))]
        self._tracer = subprocess.Popen(
            command_under(rule, attached, self._told),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline_s = time.monotonic() + ATTACH_S_MAX
        while not all(_is_traced(pid, self._tracer.pid) for pid in pids):
            ended = self._tracer.poll() is not None
            if ended or time.monotonic() > deadline_s:
                self.end()
                invariant(False, "strace attaches itself", pids=list(pids), ended=ended)
            time.sleep(POLL_S)

    def end(self) -> int:
        """Lets go; returns how many calls were meant. Harmless when nothing is in force."""
        tracer, self._tracer = self._tracer, None
        if tracer is None:
            return 0
        tracer.send_signal(signal.SIGINT)
        try:
            tracer.wait(END_S_MAX)
        except subprocess.TimeoutExpired:
            # Whom it traced go on then, too.
            tracer.kill()
            tracer.wait(END_S_MAX)
        return self.count()

    def count(self) -> int:
        """How many calls were delayed or refused so far."""
        try:
            told = self._told.read_bytes()
        except OSError:
            return 0
        return told.count(b"(INJECTED)") + told.count(b"(DELAYED)")


def _is_traced(pid: int, tracer: int) -> bool:
    """Every thread of it; one that is gone is not."""
    tasks = list(Path(f"/proc/{pid}/task").glob("*"))
    try:
        told = [(task / "status").read_text() for task in tasks]
    except OSError:
        return False
    return bool(told) and all(f"TracerPid:\t{tracer}\n" in status for status in told)
