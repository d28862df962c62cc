"""Passing sockets between the two ends, in one process."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from folkmoot.servers.sockets import (
    MARK,
    Passed,
    PassedSockets,
    SocketPasser,
    pass_directory,
    pass_path,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder whose sockets' paths are too long for a Unix socket's address."""
    folder = tmp_path / ("d" * 100) / ("e" * 100)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def passer(data: Path) -> Iterator[SocketPasser]:
    passer = SocketPasser(pass_directory(data))
    yield passer
    passer.close()


class Inbox:
    """A receiver that keeps what it gets."""

    def __init__(self, path: Path) -> None:
        self.sockets: list[socket.socket] = []
        self.arrived = asyncio.Event()
        self.receiver = PassedSockets(path, self.take)

    def take(self, passed: socket.socket) -> None:
        self.sockets.append(passed)
        self.arrived.set()

    async def next(self) -> socket.socket:
        async with asyncio.timeout(5):
            await self.arrived.wait()
        self.arrived.clear()
        return self.sockets[-1]

    def close(self) -> None:
        self.receiver.close()
        for one in self.sockets:
            one.close()


async def test_a_socket_arrives_and_works(data: Path, passer: SocketPasser) -> None:
    inbox = Inbox(pass_path(data, "web-1"))
    ours, theirs = socket.socketpair()
    with ours:
        assert passer.send("web-1", theirs) is Passed.TAKEN
        theirs.close()
        passed = await inbox.next()
        passed.send(b"hello")
        assert ours.recv(10) == b"hello"
        assert passed.gettimeout() == 0
        assert not os.get_inheritable(passed.fileno())
    inbox.close()


async def test_the_folder_is_for_its_owner_only(data: Path) -> None:
    inbox = Inbox(pass_path(data, "web-1"))
    assert pass_directory(data).stat().st_mode & 0o077 == 0
    assert pass_path(data, "web-1").stat().st_mode & 0o077 == 0
    inbox.close()


async def test_without_a_receiver_the_socket_stays_with_the_sender(
    data: Path, passer: SocketPasser
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert passer.send("web-1", theirs) is Passed.ABSENT
        assert passer.receivers("web-") == []
        inbox = Inbox(pass_path(data, "web-1"))
        assert passer.receivers("web-") == ["web-1"]
        assert passer.send("web-1", theirs) is Passed.TAKEN
        await inbox.next()
    inbox.close()


async def test_a_dead_receivers_file_is_replaced(data: Path, passer: SocketPasser) -> None:
    path = pass_path(data, "web-1")
    path.parent.mkdir(parents=True)
    directory = os.open(path.parent, os.O_PATH)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(f"/proc/self/fd/{directory}/{path.name}")
    os.close(directory)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert passer.send("web-1", theirs) is Passed.ABSENT
        inbox = Inbox(path)
        assert passer.send("web-1", theirs) is Passed.TAKEN
        await inbox.next()
        assert os.listdir(path.parent) == ["web-1.sock"]
    inbox.close()


async def test_a_successor_takes_over_and_is_not_removed_by_its_predecessor(
    data: Path, passer: SocketPasser
) -> None:
    old = Inbox(pass_path(data, "web-1"))
    new = Inbox(pass_path(data, "web-1"))
    old.close()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert passer.send("web-1", theirs) is Passed.TAKEN
        await new.next()
    new.close()
    assert not pass_path(data, "web-1").exists()


async def test_a_receiver_that_does_not_read_is_told_at_once_and_harms_no_other(
    data: Path, passer: SocketPasser
) -> None:
    frozen, awake = Inbox(pass_path(data, "web-1")), Inbox(pass_path(data, "web-2"))
    with ExitStack() as stack:
        pairs = [socket.socketpair() for _ in range(300)]
        for pair in pairs:
            stack.enter_context(pair[0])
            stack.enter_context(pair[1])
        # Nothing is received while we do not yield to the loop.
        outcomes = [passer.send("web-1", theirs) for _, theirs in pairs]
        assert Passed.BUSY in outcomes
        assert passer.send("web-2", pairs[0][1]) is Passed.TAKEN
        await awake.next()
        await frozen.next()
        assert passer.send("web-1", pairs[0][1]) is Passed.TAKEN
        frozen.close()
        awake.close()


async def test_what_was_queued_when_a_receiver_closes_is_still_handed_over(
    data: Path, passer: SocketPasser
) -> None:
    inbox = Inbox(pass_path(data, "web-1"))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert passer.send("web-1", theirs) is Passed.TAKEN
        inbox.close()
        assert len(inbox.sockets) == 1
        assert passer.send("web-1", theirs) is Passed.ABSENT


async def test_datagrams_without_a_stream_socket_are_refused(data: Path) -> None:
    inbox = Inbox(pass_path(data, "web-1"))
    directory = os.open(pass_directory(data), os.O_PATH)
    address = f"/proc/self/fd/{directory}/web-1.sock"
    read_end, write_end = os.pipe()
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram,
    ):
        sender.sendto(MARK, address)
        sender.sendto(b"", address)
        sender.connect(address)
        socket.send_fds(sender, [b"?"], [read_end])
        socket.send_fds(sender, [MARK], [read_end])
        socket.send_fds(sender, [MARK], [datagram.fileno()])
        socket.send_fds(sender, [MARK], [read_end, write_end])
    async with asyncio.timeout(5):
        while inbox.receiver.refused < 6:
            await asyncio.sleep(0.01)
    for descriptor in (directory, read_end, write_end):
        os.close(descriptor)
    assert inbox.sockets == []
    inbox.close()
