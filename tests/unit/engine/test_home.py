"""A process uses the engine of its own machine, and goes back to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest

import folkmoot.engine.link as link_module
from folkmoot.data_folder import Node
from folkmoot.engine.link import Link
from folkmoot.servers.access import engine_order, home_of

WITHIN_S = 10.0


class Server:
    """Says what an engine says when somebody connects, and answers pings."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.subscribed: list[bytes] = []
        self.writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _info(self) -> bytes:
        told = {"server_id": "x", "version": "2.15.1", "max_payload": 1 << 20, "proto": 1}
        return b"INFO " + json.dumps(told | {"connect_urls": self.told}).encode() + b"\r\n"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        writer.write(self._info())
        try:
            while line := await reader.readline():
                if line.startswith(b"PING"):
                    writer.write(b"PONG\r\n")
                elif line.startswith(b"SUB"):
                    self.subscribed.append(line.split()[1])
        except ConnectionError:
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    def tell(self, addresses: list[str]) -> None:
        self.told = addresses
        for writer in self.writers:
            writer.write(self._info())

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in list(self.writers):
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None


@pytest.fixture
async def servers() -> AsyncIterator[tuple[Server, Server]]:
    home, other = Server(), Server()
    await home.start()
    await other.start()
    yield home, other
    await home.stop()
    await other.stop()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_link_goes_home_when_its_engine_is_told_again(
    servers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, other = servers
    monkeypatch.setattr(link_module, "HOME_AFTER_S", (0.01, 0.02))
    link = Link(
        [f"nats://{home.address}", f"nats://{other.address}"],
        user="",
        password="",
        name="test",
        home=f"nats://{home.address}",
    )
    again: list[str] = []
    link.on_reconnect(lambda: again.append("again"))
    link.subscribe_nowait("some.subject", lambda *_: None)
    link.start()
    try:
        await until(lambda: home.writers and link.connected)
        await home.stop()
        await until(lambda: other.writers and link.connected)
        await home.start()
        other.tell([other.address, home.address])
        await until(lambda: home.writers and not other.writers and link.connected)
        assert home.subscribed.count(b"some.subject") == 2
        assert len(again) == 2
    finally:
        await link.close()


def test_a_node_with_an_engine_has_a_home_and_one_without_begins_anywhere() -> None:
    first = Node("one", zone_address="10.0.0.1", zone_port=7422, engine_url="tls://10.0.0.1:7422")
    assert home_of(first) == "tls://10.0.0.1:7422"
    others = [f"tls://10.0.0.{number}:7422" for number in (1, 2, 3)]
    without = [Node(f"node{n}", joined=True, engine_servers=others) for n in range(20)]
    assert {home_of(node) for node in without} == {""}
    assert {engine_order(node)[0] for node in without} == set(others)
    assert all(sorted(engine_order(node)) == others for node in without)
