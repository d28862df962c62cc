"""Linux's own means to take rights from a process, which Python has no words for.

Runs in children only, before they read what is not to be trusted. Everything here is done without
a helper program, for what is to be confined must not first need something that is not installed.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWNET: Final = 0x40000000

MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_BIND: Final = 4096
MS_REC: Final = 16384
MS_PRIVATE: Final = 1 << 18

_ARCHITECTURES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NUMBERS: Final = {
    "x86_64": {
        "socket": 41, "execve": 59, "ptrace": 101, "mount": 165, "unshare": 272,
        "process_vm_readv": 310, "bpf": 321, "execveat": 322, "io_uring_setup": 425,
    },
    "aarch64": {
        "socket": 198, "execve": 221, "ptrace": 117, "mount": 40, "unshare": 97,
        "process_vm_readv": 270, "bpf": 280, "execveat": 281, "io_uring_setup": 425,
    },
}  # fmt: skip
_ALWAYS: Final = ("ptrace", "mount", "unshare", "process_vm_readv", "bpf", "io_uring_setup")
_AF_UNIX: Final = 1
_EACCES: Final = 13

_LOAD: Final = 0x20
_EQUAL: Final = 0x15
_AT_LEAST: Final = 0x35
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | _EACCES

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def die_with_parent() -> None:
    """Caller: after a change of user, which forgets it."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def no_new_privileges() -> None:
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def forbid(*, local_sockets: bool, programs: bool) -> bool:
    """Takes the network from this process and what it starts; False where Linux does not let us.

    Shape: `local_sockets` and `programs` say what stays: sockets within the machine, and starting
    other programs.
    Caller: after `no_new_privileges`, while there is one thread.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        return False
    numbers = _NUMBERS[machine]
    refused = [numbers[name] for name in _ALWAYS]
    if not programs:
        refused += [numbers["execve"], numbers["execveat"]]
    if not local_sockets:
        refused.append(numbers["socket"])
    code = _filter(_ARCHITECTURES[machine], refused, numbers["socket"])
    program = _Program(len(code) // 8, code)
    done: int = _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    return done == 0


def _filter(architecture: int, refused: list[int], socket: int) -> bytes:
    """The filter: each row is (operation, jump if true, jump if false, value)."""
    rows = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, 0),
        # The numbers of x32, which mean the same calls again.
        (_AT_LEAST, 0, 1, 0x40000000),
        (_RETURN, 0, 0, _REFUSE),
    ]
    for number in refused:
        rows += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    rows += [
        (_EQUAL, 0, 3, socket),
        (_LOAD, 0, 0, 16),
        (_EQUAL, 1, 0, _AF_UNIX),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *row) for row in rows)


def leave_namespaces() -> bool:
    """A file system view and a network of our own, the latter without any way out.

    Who is not root becomes so within a user namespace, and only there. False where that is not
    allowed; the process is then as it was.
    """
    user, group = os.geteuid(), os.getegid()
    flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | (CLONE_NEWUSER if user else 0)
    if _libc.unshare(flags) != 0:
        return False
    if user:
        # The same numbers inside: an exec by somebody who is not 0 loses the rights of the view.
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return mount("none", "/", "", MS_REC | MS_PRIVATE)


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> bool:
    done: int = _libc.mount(
        source.encode(), target.encode(), kind.encode() or None, flags, options.encode() or None
    )
    return done == 0
