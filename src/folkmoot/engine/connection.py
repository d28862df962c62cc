"""The engine as a process sees it: log, buckets, objects, messaging over two connections.

The second connection carries what is only worth having now (`live.>`), so that it never waits
behind batches and reads.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from folkmoot.engine import dispatch, streams
from folkmoot.engine.buckets import EngineBucket
from folkmoot.engine.link import Link
from folkmoot.engine.log import EngineLog
from folkmoot.engine.messaging import EngineMessaging
from folkmoot.engine.objects import EngineObjects
from folkmoot.errors import invariant
from folkmoot.ports import Bucket, ConferenceLog, LogUnavailable, Messaging, Objects
from folkmoot.settings import Settings

POLL_S = 0.05
REQUEST_TIMEOUT_S = 2.0


class Engine:
    """Everything of the engine that a process uses. Made by `connect`, ended by `close`.

    Shape: `messaging` shares the log's connection, `live` has its own.
    """

    def __init__(self, main: Link, side: Link, settings: Settings) -> None:
        self._main = main
        self._side = side
        self._settings = settings
        self._tasks: set[asyncio.Task[None]] = set()
        self.log = EngineLog(main, settings)
        self.objects = EngineObjects(main, streams.OBJECTS, REQUEST_TIMEOUT_S)
        self.messaging = EngineMessaging(main)
        self.live = EngineMessaging(side)
        main.on_reconnect(self._look_again)

    @staticmethod
    async def connect(
        url: str | list[str],
        *,
        name: str,
        settings: Settings,
        user: str = "",
        password: str = "",
        tls: ssl.SSLContext | None = None,
        home: str = "",
    ) -> Engine:
        """Starts connecting, which goes on for ever, and returns at once.

        Errors: OperatorError when the installed nats-py is not the one this was written for.
        """
        dispatch.check_library()
        await dispatch.self_test()
        servers = [url] if isinstance(url, str) else list(url)
        main = Link(servers, user=user, password=password, name=name, tls=tls, home=home)
        live = f"{name} live"
        side = Link(servers, user=user, password=password, name=live, tls=tls, home=home)
        engine = Engine(main, side, settings)
        main.start()
        side.start()
        return engine

    @property
    def connected(self) -> bool:
        return self._main.connected

    @property
    def link(self) -> Link:
        """The connection itself, for an operator's work on whole streams."""
        return self._main

    async def wait_connected(self) -> None:
        await self._main.wait_connected()
        await self._side.wait_connected()

    async def wait_prepared(self) -> None:
        """Returns once all streams are there and the log knows its epochs."""
        while True:
            await self._main.wait_connected()
            try:
                await self.look_prepared()
                return
            except LogUnavailable:
                await asyncio.sleep(POLL_S)

    async def look_prepared(self) -> None:
        """Looks once whether all streams are there, and learns their epochs.

        Errors: `LogUnavailable` when they are not, or nobody answers.
        """
        epochs = await streams.look_epochs(self._main, self._settings.shards)
        if epochs is None:
            raise LogUnavailable("the zone's streams are not made yet")
        self.log.learn_epochs(epochs)

    def bucket(self, name: str) -> EngineBucket:
        invariant(name in streams.BUCKETS, "a bucket is one of the zone's", bucket=name)
        return EngineBucket(self._main, name, REQUEST_TIMEOUT_S)

    def on_reconnect(self, callback: Callable[[], None]) -> None:
        self._main.on_reconnect(callback)

    def on_disconnect(self, callback: Callable[[], None]) -> None:
        self._main.on_disconnect(callback)

    def on_servers(self, callback: Callable[[list[str]], None]) -> None:
        self._main.on_servers(callback)

    async def prepare(self, known_file: Path, *, replicas: int = 1, log_bytes_max: int = 0) -> None:
        """Waits for the engine and makes what is missing in it; needs the user `admin`.

        Errors: `EngineLost` (something known is missing), `OperatorError`, `LogUnavailable`.
        """
        await self._main.wait_connected()
        await streams.prepare_streams(
            self._main,
            known_file,
            shards=self._settings.shards,
            replicas=replicas,
            log_bytes_max=log_bytes_max,
        )
        await self.wait_prepared()

    async def remember(self, known_file: Path) -> None:
        """Notes how far the streams are. Errors: `EngineLost`, `LogUnavailable`."""
        await streams.remember_streams(self._main, known_file)

    async def close(self) -> None:
        """Sends what was written, then ends both connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.messaging.close()
        await self.live.close()
        await self._main.close()
        await self._side.close()

    def _look_again(self) -> None:
        """The engine may have come back with other streams than before."""
        if not self._tasks:
            task = asyncio.get_running_loop().create_task(self.wait_prepared())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def connect(
    url: str | list[str],
    *,
    name: str,
    settings: Settings,
    user: str = "",
    password: str = "",
    tls: ssl.SSLContext | None = None,
    home: str = "",
) -> Engine:
    """Short for `Engine.connect`."""
    return await Engine.connect(
        url, name=name, settings=settings, user=user, password=password, tls=tls, home=home
    )


async def prepare(
    engine: Engine, known_file: Path, *, replicas: int = 1, log_bytes_max: int = 0
) -> None:
    """Short for `Engine.prepare`."""
    await engine.prepare(known_file, replicas=replicas, log_bytes_max=log_bytes_max)


if TYPE_CHECKING:

    def _ports_are_kept(engine: Engine) -> tuple[ConferenceLog, Objects, Messaging, Bucket]:
        return engine.log, engine.objects, engine.live, engine.bucket("rooms")
