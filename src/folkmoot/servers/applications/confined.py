"""How a child that handles what is not to be trusted gives up its rights, and does its one job.

Runs in the child only, which imports as little as it can: `python -m MODULE CPU_S MEMORY_BYTES`
reads one job from its standard input, writes one reply to its standard output, and ends.
"""

from __future__ import annotations

import codecs
import os
import resource
import sys
from collections.abc import Callable
from typing import Final

from folkmoot.servers.applications import syscalls

NOBODY: Final = 65534
_ENCODINGS: Final = ("ascii", "latin-1", "utf-8", "utf-16-le", "utf-16-be", "cp437")
"""Python loads an encoding when it meets it first, and by then files are out of reach."""


def confine(cpu_s: int, memory_bytes: int) -> None:
    """Takes from this process what its job does not need: files, network, programs, the user.

    Caller: everything is imported, for afterwards the files may be out of reach.
    """
    for encoding in _ENCODINGS:
        codecs.lookup(encoding)
    os.chdir("/")
    os.umask(0o077)
    limit(cpu_s, memory_bytes, file_bytes=0, open_files=8)
    become_nobody()
    syscalls.no_new_privileges()
    syscalls.die_with_parent()
    syscalls.forbid(local_sockets=False, programs=False)


def limit(cpu_s: int, memory_bytes: int, *, file_bytes: int, open_files: int) -> None:
    # SIGXCPU at the limit says why it died; the second later SIGKILL cannot be held up.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))


def become_nobody() -> None:
    """Root becomes a user that owns nothing; who is another user already stays that."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def do_one_job(arguments: list[str], work: Callable[[bytes], bytes]) -> None:
    """Confines this process, does what its standard input says, and ends it."""
    confine(int(arguments[0]), int(arguments[1]))
    reply = work(sys.stdin.buffer.read())
    sys.stdout.buffer.write(reply)
    sys.stdout.buffer.flush()
    # No orderly end: after a panic Yrs may hang when its document is torn down.
    os._exit(0)
