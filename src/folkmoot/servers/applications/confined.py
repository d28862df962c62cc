"""How a child that handles what is not to be trusted gives up its rights, and does its one job.

Runs in the child only, which imports as little as it can: `python -m MODULE CPU_S MEMORY_BYTES`
reads one job from its standard input, writes one reply to its standard output, and ends.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Final

NOBODY: Final = 65534
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38


def confine(cpu_s: int, memory_bytes: int) -> None:
    """Takes from this process what its job does not need.

    Caller: everything is imported, for afterwards the files may be out of reach.
    """
    os.chdir("/")
    os.umask(0o077)
    # SIGXCPU at the limit says why it died; the second later SIGKILL cannot be held up.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # After the change of user, which forgets it.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def do_one_job(arguments: list[str], work: Callable[[bytes], bytes]) -> None:
    """Confines this process, does what its standard input says, and ends it."""
    confine(int(arguments[0]), int(arguments[1]))
    reply = work(sys.stdin.buffer.read())
    sys.stdout.buffer.write(reply)
    sys.stdout.buffer.flush()
    # No orderly end: after a panic Yrs may hang when its document is torn down.
    os._exit(0)
