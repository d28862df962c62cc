"""The engine as the process manager sees it: how to start it, ask for its health, prepare it.

`prepare` and the zone's events use a connection of their own, which may come and go: nothing here
is waited for by supervision.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from folkmoot.data_folder import Node, load_node, tls_paths
from folkmoot.engine import copying, embedded, kept
from folkmoot.errors import FolkmootError
from folkmoot.ports import LogUnavailable
from folkmoot.servers.access import connect_engine
from folkmoot.servers.manager.disk_errors import DiskErrors
from folkmoot.servers.manager.node_orders import NodeOrders, replicas_of
from folkmoot.settings import Settings
from folkmoot.zone.availability import Stream
from folkmoot.zone.load import Identity, Load
from folkmoot.zone.manager import ZoneEvent, ZoneManager

if TYPE_CHECKING:
    from folkmoot.engine import Engine
    from folkmoot.servers.manager.directory_keeper import DirectoryKeeper

HEALTH_TIMEOUT_S: Final = 1.0
PREPARE_AGAIN_S: Final = 0.5
PREPARE_AGAIN_MAX_S: Final = 5.0
EVENTS_WAITING_MAX: Final = 256
STREAMS_S: Final = 3.0
FIRST_STREAMS_S: Final = 0.1

log = logging.getLogger("folkmoot.manager")


class StreamsLost(FolkmootError):
    """The engine removed streams while it started: it could not read them."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"the engine could not read {', '.join(names)} and removed it; it was kept, and is put"
            " back before the engine starts again. folkmoot logs engine says what it could not read"
        )


def engine_place(data: Path, node: Node) -> embedded.EnginePlace:
    """Where this node's engine stands: alone on loopback, or on the zone's address."""
    if not node.zone_address:
        return embedded.EnginePlace()
    return embedded.EnginePlace(
        address=node.zone_address,
        tls_folder=str(tls_paths(data).folder.resolve()),
        cluster=tuple(node.cluster),
        fenced=node.fenced,
        store=node.engine_store,
        pins=tuple(node.pins),
    )


def is_behind(reason: str) -> bool:
    """Whether an engine only waits for others of its cluster: a restart would not help it.

    Source: `healthz` in nats-server's monitor.go, version 2.15.1.
    """
    if embedded.WRITE_ERROR in reason:
        return False
    return any(words in reason for words in ("not current", "meta leader", "meta layer"))


class EmbeddedEngine:
    """The engine that ships with us, on this node's data folder."""

    def __init__(self, data: Path, node: Node) -> None:
        self._data = data
        self._folder = data / "engine"
        self._node = node
        self._store: Path | None = self._store_of(node)
        """Kept while it starts; None once it has started well."""

        self.disk_errors = DiskErrors(data / "logs" / "engine.out")

    def command_line(self) -> tuple[str, ...]:
        return tuple(embedded.command_line(self._folder))

    def configure(self, *, while_running: bool = False) -> None:
        """Writes its configuration, anew at each start: free space and cluster may be others."""
        node = load_node(self._data)
        embedded.write_configuration(
            self._folder,
            name=node.name,
            port=node.engine_port,
            monitor_port=node.monitor_port,
            credentials=dict(node.engine_credentials),
            place=engine_place(self._data, node),
            while_running=while_running,
        )

    def prepare_start(self, argv: Sequence[str]) -> list[str]:
        """Configures it and keeps its streams; returns the command line to start it with."""
        self.configure()
        node = load_node(self._data)
        self._store = self._store_of(node)
        if self._store is not None:
            try:
                for name in kept.keep(self._store):
                    log.error("the stream %s, which the engine had removed, is back", name)
            except OSError as error:
                log.warning("streams cannot be kept while the engine starts: %s", error)
        distrusted = self.disk_errors.since_start
        self.disk_errors.started()
        if not distrusted:
            return list(argv)
        log.warning("the disk failed below the engine: it starts from what the disk has")
        store = self._folder / engine_place(self._data, node).store
        return [sys.executable, "-P", "-m", "folkmoot.engine.distrust", str(store), *argv]

    def _store_of(self, node: Node) -> Path | None:
        """Of an engine that stands alone: among others a stream comes back from them."""
        place = engine_place(self._data, node)
        return None if place.cluster else self._folder / place.store

    def clustered(self) -> bool:
        """Whether it is one of several; read anew, for a zone grows while we run."""
        return bool(load_node(self._data).cluster)

    def lock(self) -> int:
        """The descriptor that the engine inherits. Errors: OperatorError when one runs already."""
        return embedded.engine_lock(self._folder / embedded.LOCK_FILE)

    async def health(self) -> tuple[bool, str, bool]:
        """Whether it is well, its words, and whether it answered at all.

        Errors: `StreamsLost`, of one that started without what it had stored.
        """
        began_s = time.monotonic()
        health = await embedded.check_health(self._node.monitor_port, HEALTH_TIMEOUT_S)
        answered = time.monotonic() - began_s < HEALTH_TIMEOUT_S
        healthy = health.healthy or is_behind(health.reason)
        if not healthy and answered:
            self.disk_errors.heard(health.reason)
        if healthy and self._store is not None:
            store = self._store
            if missing := await asyncio.to_thread(kept.lost, store):
                raise StreamsLost(missing)
            self._store = None
            await asyncio.to_thread(kept.forget, store)
        return healthy, health.reason, answered

    async def store_free_bytes(self) -> int:
        """How much it may still store; -1 when it does not say."""
        told = await embedded.monitor(self._node.monitor_port, "/jsz", HEALTH_TIMEOUT_S)
        limit, used = (told.get("config") or {}).get("max_storage"), told.get("storage")
        if not isinstance(limit, int) or not isinstance(used, int):
            return -1
        return max(0, limit - used)


class ZoneSeat:
    """The process manager's place in the zone, taken as soon as there is an engine.

    Caller: `take` runs as a task for the whole life; `tell` may be called at any time.
    """

    def __init__(
        self, data: Path, node: Node, settings: Settings, identity: Identity, load: Load
    ) -> None:
        self._data = data
        self._node = node
        self._settings = settings
        self._identity = identity
        self._load = load
        self._events: asyncio.Queue[ZoneEvent] = asyncio.Queue(EVENTS_WAITING_MAX)
        self.zone: ZoneManager | None = None
        self.answer: Callable[[bytes], Awaitable[bytes]] | None = None
        self.problem = ""
        self.directory: DirectoryKeeper | None = None
        self._engine: Engine | None = None
        self._streams: list[Stream] | None = None

    def streams(self) -> list[Stream] | None:
        """How the logs are kept, as it was a moment ago; None while the engine is away."""
        there = self._engine is not None and self._engine.connected
        return self._streams if there else None

    async def hand_over(self, to: str) -> int:
        """Lets another node's engine lead the streams that ours leads; returns how many.

        Errors: `LogUnavailable`, `FolkmootError`.
        """
        engine = self._engine
        if engine is None or not engine.connected:
            return 0
        count = 0
        for stream in await copying.stream_names(engine.link):
            info = await copying.stream_info(engine.link, stream)
            leader = ((info or {}).get("cluster") or {}).get("leader")
            if leader == self._node.name:
                await copying.step_down(engine.link, stream, to)
                count += 1
        return count

    async def _look_at_streams(self, engine: Engine) -> None:
        while True:
            await engine.wait_connected()
            try:
                self._streams = [
                    Stream(one.name, one.copies, one.current, one.leader, one.engines)
                    for one in await engine.log.replication()
                ]
            except (FolkmootError, LogUnavailable) as error:
                # It shows of itself when it lasts: then the engine is away, or copies are behind.
                log.debug("how the logs are kept is not known just now: %s", error)
            # What is not known yet reads as an engine that is away: the first look is not put off.
            await asyncio.sleep(STREAMS_S if self._streams is not None else FIRST_STREAMS_S)

    def tell(self, event: ZoneEvent) -> None:
        """Tells the zone soon; drops the event when the engine has been away for long."""
        if not self._events.full():
            self._events.put_nowait(event)

    async def _prepare(self, engine: Engine) -> None:
        # A node that joined never makes streams: what its zone had is known on the first node.
        if self._node.joined:
            await engine.wait_prepared()
        else:
            await engine.prepare(
                self._data / "engine" / embedded.KNOWN_FILE,
                replicas=replicas_of(load_node(self._data)),
            )

    def _keep_directory(self, engine: Engine) -> asyncio.Task[None] | None:
        """Follows, or leads, the zone's list of nodes; None where this node stands alone."""
        if not (self._node.joined or self._node.zone_address):
            return None
        # Here and not above: only a zone of several nodes needs what it loads.
        from folkmoot.servers.manager.directory_keeper import DirectoryKeeper
        from folkmoot.servers.manager.renewal import keep_renewed

        keeper = self.directory = DirectoryKeeper(self._data, engine.bucket("zone"))

        async def keep() -> None:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keeper.keep(), name="directory")
                tasks.create_task(keep_renewed(self._data, lambda: keeper.listed), name="renewal")

        return asyncio.get_running_loop().create_task(keep(), name="membership")

    async def take(self, on_prepared: Callable[[], None]) -> None:
        """Connects, prepares the engine (again and again until it succeeds), then tells events."""
        engine = await connect_engine(
            self._data, self._node, self._settings, self._identity.id, "process-manager"
        )
        self.zone = ZoneManager(engine, self._identity, self._load, self._settings)
        self._engine = engine
        loop = asyncio.get_running_loop()
        looking: asyncio.Task[None] | None = None
        keeping: asyncio.Task[None] | None = None
        try:
            await self.zone.start()
            if self.answer is not None:
                await self.zone.respond(self.answer)
            orders = NodeOrders(self._data, self._node.name)
            engine.on_servers(orders.learn_servers)
            await engine.messaging.respond(orders.subject, orders.answer)
            wait_s = PREPARE_AGAIN_S
            while True:
                try:
                    await self._prepare(engine)
                    break
                except (FolkmootError, LogUnavailable, OSError) as error:
                    self.problem = str(error) or type(error).__name__
                    log.error("the engine could not be prepared: %s", self.problem)
                await asyncio.sleep(wait_s)
                wait_s = min(PREPARE_AGAIN_MAX_S, 2 * wait_s)
            self.problem = ""
            looking = loop.create_task(self._look_at_streams(engine))
            on_prepared()
            keeping = self._keep_directory(engine)
            while True:
                event = await self._events.get()
                # What was told of an engine that is away would not be heard.
                await engine.wait_connected()
                await self.zone.tell(event)
        finally:
            self._engine = None
            for task in (looking, keeping):
                if task is not None:
                    task.cancel()
            await self.zone.close()
            await engine.close()
