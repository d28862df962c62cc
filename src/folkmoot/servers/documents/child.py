"""The child that merges: `python -m folkmoot.servers.documents.child CPU_S MEMORY_BYTES`.

Reads one job from its standard input, writes one reply to its standard output, ends. It gives up
all rights it can before it reads: what comes is not to be trusted.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from typing import Final

import msgspec

from folkmoot.servers.documents.job import CompactionJob
from folkmoot.servers.documents.merging import merge

NOBODY: Final = 65534
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38


def confine(cpu_s: int, memory_bytes: int) -> None:
    """Takes from this process what the merging does not need.

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


def main(arguments: list[str]) -> None:
    confine(int(arguments[0]), int(arguments[1]))
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=CompactionJob)
    reply = msgspec.msgpack.encode(merge(job))
    sys.stdout.buffer.write(reply)
    sys.stdout.buffer.flush()
    # No orderly end: after a panic Yrs may hang when its document is torn down.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
