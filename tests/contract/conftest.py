"""The contract runs against worlds: the fake zone and the real engine, driven alike."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from folkmoot.engine import Engine, jetstream
from folkmoot.ports import LogUnavailable
from folkmoot.settings import Settings
from folkmoot.testing.engine_process import running_engine
from folkmoot.testing.fake_engine import FakeZone

SETTINGS = Settings(publish_timeout_ms=2_000)
SHORT = Settings(publish_timeout_ms=100)


class World(Protocol):
    log_bytes_max: int

    async def engine(self, settings: Settings = SETTINGS) -> Any: ...
    async def kill9(self) -> None: ...
    async def start(self) -> None: ...
    async def publish_unknown(self, conference: str, payload: bytes) -> None:
        """A publish that raises `LogUnavailable` and is stored all the same."""

    async def damage(self, name: str) -> None:
        """Changes stored bytes of an object."""


class FakeWorld:
    def __init__(self, log_bytes_max: int) -> None:
        self.log_bytes_max = log_bytes_max
        self.zone = FakeZone(SETTINGS, log_bytes_max=log_bytes_max)

    async def engine(self, settings: Settings = SETTINGS) -> Any:
        return self.zone.engine()

    async def kill9(self) -> None:
        for engine in self.zone.engines:
            engine.connection.drop()

    async def start(self) -> None:
        for engine in self.zone.engines:
            engine.connection.restore()

    async def publish_unknown(self, conference: str, payload: bytes) -> None:
        self.zone.faults.unknown_outcomes.append(True)
        with pytest.raises(LogUnavailable):
            await self.zone.engine().log.publish(conference, payload)

    async def damage(self, name: str) -> None:
        data, sha256 = self.zone.objects[name]
        self.zone.objects[name] = (b"X" + data[1:], sha256)


class RealWorld:
    def __init__(self, process: Any, log_bytes_max: int) -> None:
        self.log_bytes_max = log_bytes_max
        self.process = process
        self.engines: list[Engine] = []

    async def engine(self, settings: Settings = SETTINGS) -> Engine:
        user = "collaboration" if self.engines else "admin"
        engine = await Engine.connect(
            self.process.url,
            name="contract",
            settings=settings,
            user=user,
            password=self.process.credentials[user],
        )
        if not self.engines:
            await engine.prepare(self.process.known_file, log_bytes_max=self.log_bytes_max)
        await engine.wait_prepared()
        self.engines.append(engine)
        return engine

    async def kill9(self) -> None:
        await self.process.kill9()

    async def start(self) -> None:
        await self.process.start()

    async def publish_unknown(self, conference: str, payload: bytes) -> None:
        engine = await self.engine(SHORT)
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            with pytest.raises(LogUnavailable):
                await engine.log.publish(conference, payload)
        finally:
            os.kill(self.process.pid, signal.SIGCONT)
        await engine.wait_connected()

    async def damage(self, name: str) -> None:
        objects, link = self.engines[0].objects, self.engines[0]._main
        described, _ = await objects._describe(name)
        assert described is not None
        await objects.drop(described.nuid)
        subject = objects._pieces.subject(described.nuid)
        await jetstream.store(link, subject, b"X" * described.size, 2.0)


@asynccontextmanager
async def real_world(folder: Path, log_bytes_max: int = 0) -> AsyncIterator[RealWorld]:
    async with running_engine(folder) as process:
        world = RealWorld(process, log_bytes_max)
        try:
            yield world
        finally:
            for engine in world.engines:
                await engine.close()


@pytest.fixture(params=["fake", "real"])
async def make_world(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[World]]]:
    """A function that makes one world, with the streams' limit it is given."""
    contexts: list[Any] = []

    async def make(log_bytes_max: int = 0) -> World:
        if request.param == "fake":
            return FakeWorld(log_bytes_max)
        context = real_world(tmp_path, log_bytes_max)
        world: World = await context.__aenter__()
        contexts.append(context)
        return world

    yield make
    for context in contexts:
        await context.__aexit__(None, None, None)


@pytest.fixture
async def real_engine_world(tmp_path: Path) -> AsyncIterator[RealWorld]:
    async with real_world(tmp_path) as world:
        yield world


@pytest.fixture
async def world(make_world: Callable[..., Awaitable[World]]) -> World:
    return await make_world()


async def wait_until(condition: Callable[[], bool], seconds_max: float = 10.0) -> None:
    """Waits on a condition with a generous bound."""
    async with asyncio.timeout(seconds_max):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    return wait_until
