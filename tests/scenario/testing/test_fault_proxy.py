"""The fault proxy does to real sockets what it was told, and undoes it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from folkmoot.testing.fault_proxy import FaultProxy, fault_proxy
from folkmoot.testing.faults import DEAF, DUMB, HALF_OPEN, NONE, STALLED, Faults, Way

SEED = 20_251
WITHIN_S = 20.0
NOTHING_S = 0.3
"""How long it is looked for what must not come."""

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """A server that answers what it gets; `ended` counts connections that it saw end."""

    def __init__(self) -> None:
        self.heard = b""
        self.ended = 0
        self.port = 0
        self.pairs: list[asyncio.StreamWriter] = []
        self.reading = asyncio.Event()
        self.reading.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pairs.append(writer)
        try:
            while True:
                await self.reading.wait()
                if not (data := await reader.read(65_536)):
                    break
                self.heard += data
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            self.ended += 1
            writer.close()


@asynccontextmanager
async def proxied(
    faults: Faults = NONE, seed: int = SEED
) -> AsyncIterator[tuple[FaultProxy, Echo]]:
    print("seed", seed)
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    echo.port = server.sockets[0].getsockname()[1]
    try:
        async with fault_proxy("127.0.0.1", echo.port, seed=seed, faults=faults) as proxy:
            yield proxy, echo
    finally:
        server.close()
        for writer in echo.pairs:
            writer.transport.abort()
        await asyncio.sleep(0)


@asynccontextmanager
async def connected(proxy: FaultProxy) -> AsyncIterator[Pair]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


async def answer(pair: Pair, data: bytes) -> bytes:
    async with asyncio.timeout(WITHIN_S):
        pair[1].write(data)
        return await pair[0].readexactly(len(data))


async def hears_nothing(pair: Pair) -> bool:
    try:
        async with asyncio.timeout(NOTHING_S):
            await pair[0].read(1)
    except TimeoutError:
        return True
    return False


async def ends(pair: Pair) -> str:
    """How a connection ends: "reset" or "drop"; what still comes is thrown away."""
    try:
        async with asyncio.timeout(WITHIN_S):
            while await pair[0].read(65_536):
                pass
    except ConnectionResetError:
        return "reset"
    return "drop"


async def until(condition: object) -> None:
    assert callable(condition)
    async with asyncio.timeout(WITHIN_S):
        while not condition():
            await asyncio.sleep(0.005)


async def test_everything_arrives_in_order_through_slices_jitter_and_little_bandwidth() -> None:
    bad = Way(latency_ms=5, jitter_ms=30, bytes_per_s=400_000, slice_bytes_max=700, slice_gap_ms=1)
    sent = bytes(range(256)) * 400
    async with proxied(Faults(up=bad, down=bad)) as (proxy, echo), connected(proxy) as pair:
        pair[1].write(sent)
        pair[1].write_eof()
        async with asyncio.timeout(60):
            assert await pair[0].read() == sent
        assert echo.heard == sent


async def test_what_is_delayed_is_not_there_before_its_time() -> None:
    loop = asyncio.get_running_loop()
    async with proxied(Faults(up=Way(latency_ms=200), down=Way(latency_ms=100))) as (proxy, _):
        async with connected(proxy) as pair:
            began_s = loop.time()
            assert await answer(pair, b"ping") == b"ping"
            assert loop.time() - began_s >= 0.299


async def test_faults_are_switched_while_a_connection_is_open() -> None:
    async with proxied() as (proxy, _), connected(proxy) as pair:
        assert await answer(pair, b"one") == b"one"
        proxy.switch(STALLED)
        await asyncio.sleep(0.05)
        pair[1].write(b"two")
        assert await hears_nothing(pair)
        proxy.switch(NONE)
        async with asyncio.timeout(WITHIN_S):
            assert await pair[0].readexactly(3) == b"two"


@pytest.mark.parametrize("hole", [HALF_OPEN, DEAF, DUMB])
async def test_a_stream_with_a_hole_is_never_passed_on(hole: Faults) -> None:
    async with proxied() as (proxy, echo), connected(proxy) as pair:
        assert await answer(pair, b"one") == b"one"
        proxy.switch(hole)
        await asyncio.sleep(0.05)
        pair[1].write(b"two")
        assert await hears_nothing(pair)
        assert (echo.heard == b"onetwo") is (hole == DEAF)
        proxy.switch(NONE)
        assert await ends(pair) == "reset"
        async with connected(proxy) as again:
            assert await answer(again, b"three") == b"three"


async def test_nobody_is_told_that_the_other_end_of_a_half_open_connection_is_gone() -> None:
    async with proxied() as (proxy, echo):
        async with connected(proxy) as pair:
            assert await answer(pair, b"one") == b"one"
            proxy.switch(HALF_OPEN, "open")
            await asyncio.sleep(0.05)
        await asyncio.sleep(NOTHING_S)
        assert (echo.ended, len(proxy.connections)) == (0, 1)
        async with connected(proxy) as other:
            assert await answer(other, b"new ones are well") == b"new ones are well"
        proxy.switch(NONE)
        await until(lambda: echo.ended == 2)


async def test_a_reader_that_does_not_read_stops_the_sender() -> None:
    async with proxied(Faults(up=Way(latency_ms=1))) as (proxy, echo), connected(proxy) as pair:
        echo.reading.clear()
        sent = 0
        try:
            while sent < 64 << 20:
                pair[1].write(bytes(1 << 20))
                sent += 1 << 20
                async with asyncio.timeout(1):
                    await pair[1].drain()
        except TimeoutError:
            pass
        assert sent < 64 << 20
        echo.reading.set()
        async with asyncio.timeout(WITHIN_S):
            await pair[0].readexactly(sent)


@pytest.mark.parametrize("how", ["reset", "drop"])
async def test_connections_are_cut_in_either_way(how: str) -> None:
    async with proxied() as (proxy, echo), connected(proxy) as pair:
        assert await answer(pair, b"one") == b"one"
        assert (proxy.reset() if how == "reset" else proxy.drop()) == 1
        assert await ends(pair) == how
        await until(lambda: echo.ended == 1)


@pytest.mark.parametrize("how", ["reset", "drop"])
async def test_an_end_is_passed_on_as_it_came(how: str) -> None:
    async with proxied() as (proxy, _), connected(proxy) as pair:
        assert await answer(pair, b"one") == b"one"
        async with fault_proxy("127.0.0.1", proxy.port) as second, connected(second) as far:
            assert await answer(far, b"two") == b"two"
            proxy.reset() if how == "reset" else proxy.drop()
            assert await ends(far) == how


async def test_connections_end_by_themselves_after_a_random_time() -> None:
    async with proxied(Faults(reset_ms_mean=50)) as (proxy, _):
        for _ in range(5):
            async with connected(proxy) as pair:
                assert await ends(pair) == "reset"


async def test_new_connections_are_refused_and_the_port_is_kept() -> None:
    async with proxied() as (proxy, _), connected(proxy) as pair:
        assert await answer(pair, b"one") == b"one"
        proxy.switch(Faults(refuse=True))
        with pytest.raises(ConnectionRefusedError):
            async with connected(proxy):
                pass
        assert await answer(pair, b"two") == b"two"
        proxy.switch(NONE)
        async with connected(proxy) as again:
            assert await answer(again, b"three") == b"three"


async def test_nobody_behind_the_proxy_ends_the_connection() -> None:
    async with proxied() as (_, echo):
        port = echo.port
    async with fault_proxy("127.0.0.1", port) as proxy, connected(proxy) as pair:
        assert await ends(pair) in ("reset", "drop")
        await until(lambda: proxy.statistics()["unanswered"] == 1)


async def test_it_runs_by_itself_and_obeys_lines() -> None:
    async with proxied() as (_, echo):
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "folkmoot.testing.fault_proxy", "--control", "--seed", "7"),
            *("--to", f"127.0.0.1:{echo.port}", "--faults", '{"up": {"jitter_ms": 5}}'),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        orders, told = running.stdin, running.stdout
        assert orders
        assert told

        async def order(line: str) -> dict[str, object]:
            orders.write(line.encode() + b"\n")
            answered: dict[str, object] = json.loads(await told.readline())
            return answered

        async with asyncio.timeout(WITHIN_S):
            port = json.loads(await told.readline())["port"]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await answer((reader, writer), b"one") == b"one"
            assert (await order('{"faults": {"refuse": true}}'))["open"] == 1
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)
            assert "unknown field" in str((await order('{"fault": {}}'))["error"])
            assert "error" not in await order('{"end": "reset"}')
            assert await ends((reader, writer)) == "reset"
            writer.close()
            orders.close()
            assert await running.wait() == 0
