"""One collaboration server decrypts, another serves: connections that came to the wrong one."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from picows import WSError

from folkmoot.client.link import Link, open_link
from folkmoot.data_folder import people_pem
from folkmoot.servers.sockets import pass_path
from folkmoot.servers.tls.contexts import Contexts
from folkmoot.servers.tls.decrypting import Decrypting
from folkmoot.servers.tls.pair import take_pair
from folkmoot.servers.websocket import Connection, WebSocketServer
from folkmoot.testing.certificates import Authority

log = logging.getLogger("test")
NAMES = ("collaboration-1", "collaboration-2")


class Echo:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def message(self, data: bytes) -> None:
        self.connection.send(data)

    def oversize(self) -> None:
        pass

    def disconnected(self) -> None:
        pass


class Node:
    """Two servers and a door that gives each connection to the one that `via` names."""

    def __init__(self, servers: dict[str, WebSocketServer], trust: ssl.SSLContext) -> None:
        self.servers = servers
        self.trust = trust
        self.via = NAMES[0]
        self.door = socket.create_server(("127.0.0.1", 0))
        self.door.setblocking(False)
        self.got: asyncio.Queue[bytes] = asyncio.Queue()

    async def accept_for_ever(self) -> None:
        while True:
            accepted, _ = await asyncio.get_running_loop().sock_accept(self.door)
            self.servers[self.via].take(accepted)

    async def connect(self, via: str, to: str) -> Link:
        self.via = via
        url = f"wss://127.0.0.1:{self.door.getsockname()[1]}/s/{to}"
        return await open_link(url, self.got.put_nowait, self.trust)

    async def echoes(self, link: Link, message: bytes) -> None:
        link.send(message)
        async with asyncio.timeout(20):
            assert await self.got.get() == message


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    authority = Authority(tmp_path / "files")
    authority.write()
    data = tmp_path / "data"
    data.mkdir()
    take_pair(authority.certificate, authority.key, data)
    servers = {}
    for name in NAMES:
        server = WebSocketServer(Echo, log=log)
        await server.start()
        contexts = Contexts(people_pem(data), log)
        decrypting = Decrypting(
            contexts, data, name, server.make_protocol, on_relayed=server.not_ours
        )
        server.serve_passed(pass_path(data, name), decrypting)
        servers[name] = server
    made = Node(servers, authority.trust)
    accepting = asyncio.create_task(made.accept_for_ever())
    yield made
    accepting.cancel()
    await asyncio.gather(accepting, return_exceptions=True)
    for server in servers.values():
        await server.stop()
    made.door.close()


@pytest.mark.parametrize("via", NAMES)
@pytest.mark.parametrize("to", NAMES)
async def test_a_client_reaches_the_server_that_it_asks_for(node: Node, via: str, to: str) -> None:
    link = await node.connect(via, to)
    assert {name: server.connections for name, server in node.servers.items()} == {
        name: int(name == to) for name in NAMES
    }
    for size in (1, 100, 60_000):
        await node.echoes(link, b"x" * size)
    link.close()
    async with asyncio.timeout(20):
        while node.servers[to].connections:
            await asyncio.sleep(0.01)


async def test_the_end_of_a_relayed_connection_is_told_on_both_sides(node: Node) -> None:
    ours, theirs = NAMES
    link = await node.connect(ours, theirs)
    await node.echoes(link, b"hello")
    await node.servers[theirs].stop()
    async with asyncio.timeout(20):
        await link.lost.wait()
    link = await node.connect(ours, ours)
    await node.echoes(link, b"hello again")
    link.close()


async def test_a_server_that_is_not_there_is_told(node: Node) -> None:
    with pytest.raises(WSError, match="503"):
        await node.connect(NAMES[0], "collaboration-9")


async def test_who_does_not_finish_the_handshake_harms_nobody(node: Node) -> None:
    with socket.create_connection(node.door.getsockname()) as silent:
        silent.sendall(b"\x16\x03\x01\x02\x00\x01")
        link = await node.connect(*NAMES)
        await node.echoes(link, b"hello")
        silent.sendall(b"nonsense" * 100)
        await node.echoes(link, b"hello")
        link.close()
