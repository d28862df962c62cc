"""Passing accepted sockets from one process of a node to another.

A receiver binds a datagram socket at `run/pass/<process id>.sock`; a sender puts one descriptor
into one datagram. Both are non-blocking: the sender learns at once whether the receiver took it,
is not there, or does not read just now. Paths go through `/proc/self/fd/<directory>`, for a Unix
socket's path may not be longer than 107 bytes and a data folder's may.

May not live here: who gets which socket (`front/`), what is done with it.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import enum
import errno
import os
import resource
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

MARK: Final = b"1"
"""The byte that carries a descriptor; a later version of the datagram changes it."""
RELAYED: Final = b"2"
"""The same for the plain side of a connection that the sender decrypts; the `Peer` follows."""
DATAGRAM_BYTES_MAX: Final = 128


class Peer(NamedTuple):
    """A client whose connection another process of the node decrypts: address, port, and who."""

    address: str
    port: int
    through: str


NOBODY: Final = Peer("", 0, "")

PASSED_PER_TURN_MAX: Final = 64
SUFFIX: Final = ".sock"
_ANCILLARY_BYTES: Final = socket.CMSG_SPACE(array.array("i").itemsize)


def pass_directory(data: Path) -> Path:
    """Where the receivers of the node with the data folder `data` are."""
    return data / "run" / "pass"


def pass_path(data: Path, process_id: str) -> Path:
    return pass_directory(data) / f"{process_id}{SUFFIX}"


def allow_descriptors(count: int) -> None:
    """Lets this process open `count` descriptors, as far as the hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        allowed = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


class Passed(enum.Enum):
    """What became of a socket that was to be passed."""

    TAKEN = "taken"
    """In the receiver's queue; the sender closes its own copy."""
    ABSENT = "absent"
    """No process receives under that id; nothing was sent."""
    BUSY = "busy"
    """The receiver's queue is full: a burst, or it is frozen; nothing was sent."""


_ABSENT_ERRORS: Final = frozenset(
    (errno.ENOENT, errno.ECONNREFUSED, errno.ENOTDIR, errno.EPROTOTYPE)
)
_BUSY_ERRORS: Final = frozenset(
    (errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM, errno.ETOOMANYREFS, errno.EMFILE, errno.ENFILE)
)


class SocketPasser:
    """The sender's end, for all receivers of one folder.

    Shape: one sending socket per receiver, so that a frozen receiver, whose queue counts against
    its sender's buffer, takes nothing away from the others. At most `receivers_max` are kept.
    """

    def __init__(self, directory: Path, *, receivers_max: int = 64) -> None:
        self._directory = directory
        self._receivers_max = receivers_max
        self._directory_fd = -1
        self._sockets: dict[str, socket.socket] = {}

    def receivers(self, prefix: str) -> list[str]:
        """Ids of the receivers that begin with `prefix` and have a socket file, sorted."""
        try:
            names = os.listdir(self._directory)
        except OSError:
            return []
        return sorted(
            name[: -len(SUFFIX)]
            for name in names
            if name.startswith(prefix) and name.endswith(SUFFIX)
        )

    def send(self, process_id: str, passed: socket.socket, peer: Peer | None = None) -> Passed:
        """Passes one socket to a process, without waiting.

        Shape: with `peer`, the socket is the plain side of that client's connection.
        Caller: closes `passed` after TAKEN and keeps it else. `process_id` has no slash.
        Errors: OSError for what is neither absence nor a full queue.
        """
        try:
            sender = self._sender(process_id)
            address = f"/proc/self/fd/{self._directory_fd}/{process_id}{SUFFIX}"
            # Not `socket.send_fds`: before Python 3.12 it forgets the address.
            descriptor = array.array("i", [passed.fileno()])
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor)]
            sender.sendmsg([_mark(peer)], ancillary, 0, address)
        except OSError as problem:
            if problem.errno in _ABSENT_ERRORS:
                self._forget_directory()
                return Passed.ABSENT
            if problem.errno in _BUSY_ERRORS:
                return Passed.BUSY
            raise
        return Passed.TAKEN

    def close(self) -> None:
        for sender in self._sockets.values():
            sender.close()
        self._sockets.clear()
        self._forget_directory()

    def _sender(self, process_id: str) -> socket.socket:
        if self._directory_fd < 0:
            self._directory_fd = os.open(self._directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        sender = self._sockets.get(process_id)
        if sender is None:
            if len(self._sockets) >= self._receivers_max:
                self._sockets.pop(next(iter(self._sockets))).close()
            sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            sender.setblocking(False)
            self._sockets[process_id] = sender
        return sender

    def _forget_directory(self) -> None:
        """The next send opens the folder again: it may have been replaced."""
        if self._directory_fd >= 0:
            os.close(self._directory_fd)
            self._directory_fd = -1


class PassedSockets:
    """The receiver's end: calls back with each socket that arrives.

    Shape: `on_socket` gets a non-blocking stream socket and owns it. A stale file at `path`, left
    by a dead predecessor, is replaced in one step, so senders see no gap. `on_relayed` gets the
    plain side of connections that another process decrypts, with their clients' addresses.
    Caller: made inside a running event loop; the folder is created when missing, for the owner
    only.
    """

    def __init__(
        self,
        path: Path,
        on_socket: Callable[[socket.socket], None],
        on_relayed: Callable[[socket.socket, Peer], None] | None = None,
    ) -> None:
        self.path = path
        self.refused = 0
        """Datagrams that brought no usable socket, for the metrics."""
        self._on_socket = on_socket
        self._on_relayed = on_relayed
        self._socket = _bind_replacing(path)
        self._inode = path.lstat().st_ino
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._readable)
        self._closed = False

    def close(self) -> None:
        """Stops receiving; what was already queued is still handed over first."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(OSError):
            if self.path.lstat().st_ino == self._inode:
                self.path.unlink()
        self._loop.remove_reader(self._socket.fileno())
        while self._receive():
            pass
        self._socket.close()

    def _readable(self) -> None:
        for _ in range(PASSED_PER_TURN_MAX):
            if self._closed or not self._receive():
                return

    def _receive(self) -> bool:
        """Takes one datagram; false when there is none."""
        try:
            # Not `socket.recv_fds`: before Python 3.12 it forgets the flags.
            mark, ancillary, _flags, _address = self._socket.recvmsg(
                DATAGRAM_BYTES_MAX, _ANCILLARY_BYTES, socket.MSG_CMSG_CLOEXEC
            )
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            self.refused += 1
            return False
        descriptors = _descriptors_in(ancillary)
        peer = _peer(mark) if self._on_relayed is not None else None
        if (mark != MARK and peer is None) or len(descriptors) != 1:
            for descriptor in descriptors:
                os.close(descriptor)
            self.refused += 1
            return True
        self._hand_over(descriptors[0], peer)
        return True

    def _hand_over(self, descriptor: int, peer: Peer | None) -> None:
        try:
            passed = socket.socket(fileno=descriptor)
        except OSError:
            os.close(descriptor)
            self.refused += 1
            return
        if passed.type != socket.SOCK_STREAM:
            passed.close()
            self.refused += 1
            return
        passed.setblocking(False)
        if peer is not None and self._on_relayed is not None:
            self._on_relayed(passed, peer)
        else:
            self._on_socket(passed)


def _mark(peer: Peer | None) -> bytes:
    return MARK if peer is None else RELAYED + " ".join(map(str, peer)).encode()


def _peer(mark: bytes) -> Peer | None:
    """The client named by a datagram; None when it is of another kind."""
    words = mark[1:].decode(errors="replace").split(" ")
    if mark[:1] != RELAYED or len(words) != 3 or not words[1].isdecimal():
        return None
    return Peer(words[0], int(words[1]), words[2])


def _descriptors_in(ancillary: list[tuple[int, int, bytes]]) -> array.array[int]:
    """The descriptors that came with a datagram; the caller owns them."""
    descriptors = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return descriptors


def _bind_replacing(path: Path) -> socket.socket:
    """A datagram socket bound at `path`, in the place of whatever was there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    fresh = f".{secrets.token_hex(4)}"
    try:
        receiver.setblocking(False)
        receiver.bind(f"/proc/self/fd/{directory}/{fresh}")
        os.chmod(fresh, 0o600, dir_fd=directory)
        os.rename(fresh, path.name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        receiver.close()
        with contextlib.suppress(OSError):
            os.unlink(fresh, dir_fd=directory)
        raise
    finally:
        os.close(directory)
    return receiver
