"""What TLS costs a server for each message to each client: plain, decrypted there, or relayed.

One thread each for the server, for who decrypts for it, and for the clients; counted is the CPU
time of the first two, so that a busy machine changes little. Ways take turns; told is the median.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import uvloop

from bench import report
from folkmoot.client.link import Link, open_link
from folkmoot.data_folder import people_pem
from folkmoot.servers.sockets import pass_path
from folkmoot.servers.tls.contexts import Contexts
from folkmoot.servers.tls.decrypting import Decrypting
from folkmoot.servers.tls.pair import take_pair
from folkmoot.servers.websocket import Connection, WebSocketServer
from folkmoot.testing.certificates import Authority

NAME: Final = "collaboration-1"
OTHER: Final = "collaboration-2"
WAYS: Final = ("plain", "tls", "tls, relayed")
log = logging.getLogger("bench")


class Reader:
    """A connection that is written to."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def message(self, data: bytes) -> None: ...
    def oversize(self) -> None: ...
    def disconnected(self) -> None: ...


class Worker:
    """A thread with a loop, and a server in it."""

    def __init__(self, data: Path, name: str) -> None:
        self.loop = uvloop.new_event_loop()
        self.readers: list[Reader] = []
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.server, self.decrypting = self.run(self._start(data, name))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    async def _start(self, data: Path, name: str) -> tuple[WebSocketServer, Decrypting]:
        server = WebSocketServer(self._connected, log=log)
        await server.start()
        contexts = Contexts(people_pem(data), log)
        decrypting = Decrypting(
            contexts, data, name, server.make_protocol, on_relayed=server.not_ours
        )
        server.serve_passed(pass_path(data, name), decrypting)
        return server, decrypting

    def _connected(self, connection: Connection) -> Reader:
        self.readers.append(Reader(connection))
        return self.readers[-1]

    async def stop(self) -> None:
        await self.server.stop()
        self.loop.call_soon(self.loop.stop)

    async def cpu_s(self) -> float:
        return time.thread_time()

    async def broadcast(self, payload: bytes, times: int) -> None:
        for _ in range(times):
            for reader in self.readers:
                reader.connection.send(payload)
            while any(reader.connection.queued_bytes for reader in self.readers):
                await asyncio.sleep(0.001)
            await asyncio.sleep(0)


async def one_way(
    way: str, workers: tuple[Worker, Worker], trust: Any, clients: int, payload: bytes, times: int
) -> float:
    """Microseconds of CPU for each delivery."""
    server, other = workers
    server.readers.clear()
    got = 0

    def count(_message: bytes) -> None:
        nonlocal got
        got += 1

    links: list[Link] = []
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.setblocking(False)
        to = other if way == "tls, relayed" else server
        encrypted = way != "plain"
        take: Callable[..., object] = to.server.take
        for _ in range(clients):
            scheme = "wss" if encrypted else "ws"
            url = f"{scheme}://127.0.0.1:{door.getsockname()[1]}/s/{NAME}"
            opening = asyncio.create_task(open_link(url, count, trust))
            accepted, _ = await loop.sock_accept(door)
            if encrypted:
                to.loop.call_soon_threadsafe(take, accepted)
            else:
                # As a socket that came decrypted already.
                to.loop.call_soon_threadsafe(to.server._take_relayed, accepted, ("", 0))
            links.append(await opening)
    before = [await asyncio.to_thread(worker.run, worker.cpu_s()) for worker in workers]
    await asyncio.to_thread(server.run, server.broadcast(payload, times))
    while got < clients * times:
        await asyncio.sleep(0.005)
    after = [await asyncio.to_thread(worker.run, worker.cpu_s()) for worker in workers]
    for link in links:
        link.close()
    used_s: float = sum(after) - sum(before)
    return used_s * 1e6 / (clients * times)


async def measure(clients: int, size: int, times: int, rounds: int) -> dict[str, list[float]]:
    """Every way, again and again."""
    told: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        authority, data = Authority(Path(folder) / "files"), Path(folder) / "data"
        authority.write()
        data.mkdir()
        take_pair(authority.certificate, authority.key, data)
        workers = (Worker(data, NAME), Worker(data, OTHER))
        for _ in range(rounds):
            for way in WAYS:
                us = await one_way(way, workers, authority.trust, clients, bytes(size), times)
                told[way].append(round(us, 2))
        for worker in workers:
            await asyncio.to_thread(worker.run, worker.stop())
    return told


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench tls", description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--bytes", type=int, default=150, help="of a message")
    parser.add_argument("--times", type=int, default=400, help="messages to every client")
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args(words)
    told = report.run(measure(asked.clients, asked.bytes, asked.times, asked.rounds))
    rows = [[way, round(statistics.median(us), 2), min(us), max(us)] for way, us in told.items()]
    report.table(["way", "cpu_us_a_delivery", "least", "most"], rows)
    report.write("tls", {"rows": told}, kept=True)
    return True
