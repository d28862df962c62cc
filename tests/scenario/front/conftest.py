"""A node's one port with front doors behind it and processes to pass connections to."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from folkmoot.servers.sockets import PassedSockets, pass_path

DOOR = Path(__file__).with_name("door_process.py")
WAIT_S = 20.0


class Doors:
    """The listening socket and the front doors that accept on it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.address: tuple[str, int] = self.listener.getsockname()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.receivers: list[PassedSockets] = []
        self.passed: list[socket.socket] = []
        self._writers: list[asyncio.StreamWriter] = []

    def open(self, *arguments: str) -> subprocess.Popen[bytes]:
        """One more front door."""
        descriptor = self.listener.fileno()
        process = subprocess.Popen(
            [sys.executable, str(DOOR), str(self.data), *arguments],
            pass_fds=[descriptor],
            env={**os.environ, "FOLKMOOT_LISTEN_FD": str(descriptor)},
        )
        self.processes.append(process)
        return process

    def receive(
        self, process_id: str, on_socket: Callable[[socket.socket], None] | None = None
    ) -> PassedSockets:
        """A process that takes passed sockets; by default it only keeps them."""
        receiver = PassedSockets(pass_path(self.data, process_id), on_socket or self.passed.append)
        self.receivers.append(receiver)
        return receiver

    def answer(self, process_id: str) -> PassedSockets:
        """A process that answers each request with its own id and what it read."""

        async def serve(accepted: socket.socket) -> None:
            reader, writer = await asyncio.open_connection(sock=accepted)
            self._writers.append(writer)
            request = await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + process_id.encode() + b"\n" + request)
            writer.write_eof()

        tasks: set[asyncio.Task[None]] = set()

        def take(accepted: socket.socket) -> None:
            task = asyncio.get_running_loop().create_task(serve(accepted))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        return self.receive(process_id, take)

    async def ask(self, request: bytes) -> bytes:
        """One connection: sends, and reads to the end."""
        async with asyncio.timeout(WAIT_S):
            reader, writer = await asyncio.open_connection(*self.address)
            writer.write(request)
            answer = await reader.read()
            writer.close()
            return answer

    async def close(self) -> None:
        for receiver in self.receivers:
            receiver.close()
        for accepted in self.passed:
            accepted.close()
        for writer in self._writers:
            writer.close()
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            await asyncio.to_thread(process.wait)
        self.listener.close()
        await asyncio.sleep(0)


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    """A data folder whose sockets' paths are too long for a Unix socket's address."""
    data = tmp_path / ("d" * 120)
    data.mkdir()
    doors = Doors(data)
    yield doors
    await doors.close()
