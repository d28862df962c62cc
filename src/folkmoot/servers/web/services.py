"""What the API's handlers work with, and how they wait for the engine."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Final, Protocol, TypeVar

from folkmoot.errors import Refused
from folkmoot.ports import Bucket, LogFull, LogUnavailable, Messaging, Objects
from folkmoot.servers.doors.admins import Admins
from folkmoot.servers.doors.keys import ZoneKeys
from folkmoot.servers.doors.rooms import Rooms
from folkmoot.servers.files.records import Uploads
from folkmoot.servers.web.metrics import Metrics
from folkmoot.servers.web.problems import (
    busy,
    engine_away,
    no_servers,
    servers_full,
    storage_full,
    unknown_room,
)
from folkmoot.servers.web.rates import Rates
from folkmoot.servers.web.schemas import ServerEntry
from folkmoot.servers.web.zone_watch import ZoneWatch
from folkmoot.settings import Settings

ENGINE_WAIT_S: Final = 3.0
ENGINE_RETRY_S: Final = 0.1
SERVERS_WAIT_S: Final = 3.0
SERVERS_POLL_S: Final = 0.05

_Result = TypeVar("_Result")


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def _web_socket(address: str, path: str) -> str:
    whole = path if path.startswith("http") else address + path
    return "ws" + whole.removeprefix("http")


class ZoneView(Protocol):
    """What a web server reads of the zone's table."""

    def ranked_servers(self, conference: str = "") -> list[str]: ...
    def processes(self, role: str | None = None) -> Sequence[Any]: ...


class EngineView(Protocol):
    @property
    def connected(self) -> bool: ...
    @property
    def objects(self) -> Objects: ...
    @property
    def messaging(self) -> Messaging: ...
    def bucket(self, name: str) -> Bucket: ...


class Services:
    """One web server's state; everything durable is in the engine.

    Shape: `query_status` asks this node's process manager; `draining` says whether this process
    lets go whom it serves; `unencrypted` whether people reach this node over a network without TLS.
    """

    def __init__(
        self,
        engine: EngineView,
        zone: ZoneView,
        settings: Settings,
        query_status: Callable[[], Awaitable[dict[str, Any]]],
        now_ms: Callable[[], int] = wall_ms,
        draining: Callable[[], bool] = lambda: False,
        *,
        unencrypted: bool = False,
    ) -> None:
        self.engine = engine
        self.zone = zone
        self.now_ms = now_ms
        self.query_status = query_status
        self.draining = draining
        self.unencrypted = unencrypted
        self.rooms = Rooms(engine.bucket("rooms"), now_ms)
        self.watch: ZoneWatch | None = None
        self.keys = ZoneKeys(engine.bucket("zone"))
        self.admins = Admins(engine.bucket("zone"))
        self.metrics = Metrics()
        self.settings = settings
        self.uploads = Uploads(engine.bucket("uploads"))
        self.upload_rates = Rates(settings.uploads_per_minute_per_address)
        self._taking = 0
        self._giving = 0
        self.creations = Rates(settings.rooms_per_minute_per_address)
        self.joins = Rates(settings.joins_per_minute_per_address)

    async def through_engine(self, attempt: Callable[[], Awaitable[_Result]]) -> _Result:
        """Tries again while the engine is away, for at most 3 s. Errors: `Problem` 503."""
        try:
            async with asyncio.timeout(ENGINE_WAIT_S):
                while True:
                    try:
                        return await attempt()
                    except LogUnavailable:
                        await asyncio.sleep(ENGINE_RETRY_S)
        except TimeoutError:
            raise engine_away() from None
        except LogFull:
            raise storage_full() from None

    def store_full(self) -> bool:
        """Whether an engine has only left what the meetings themselves may need."""
        reserve = self.settings.store_reserve_bytes
        return any(
            0 <= entry.beat.store_free_bytes < reserve
            for entry in self.zone.processes("process-manager")
        )

    @contextlib.contextmanager
    def taking_bytes(self) -> Iterator[None]:
        """Counts an upload's request. Errors: `Problem` 503 when there are too many."""
        if self._taking >= self.settings.uploads_at_once_max:
            raise busy()
        self._taking += 1
        try:
            yield
        finally:
            self._taking -= 1

    @contextlib.contextmanager
    def giving_bytes(self) -> Iterator[None]:
        """Counts a download, as `taking_bytes` does an upload."""
        if self._giving >= self.settings.downloads_at_once_max:
            raise busy()
        self._giving += 1
        try:
            yield
        finally:
            self._giving -= 1

    def servers(self, address: str, conference: str = "") -> list[ServerEntry]:
        """The collaboration servers, best first; `address` is `http://host`, as clients see us.

        Shape: with a conference, best for it; `path` is a whole address for another node's server.
        """
        return [
            ServerEntry(id=path.rpartition("/")[2], path=path, url=_web_socket(address, path))
            for path in self.zone.ranked_servers(conference)
        ]

    async def servers_soon(self, address: str, conference: str = "") -> list[ServerEntry]:
        """The same, waiting while there is none. Errors: `Problem` 503 after 3 s."""
        give_up_s = time.monotonic() + SERVERS_WAIT_S
        while not (servers := self.servers(address, conference)):
            if time.monotonic() >= give_up_s:
                raise servers_full() if self._any_ready() else no_servers()
            await asyncio.sleep(SERVERS_POLL_S)
        return servers

    def _any_ready(self) -> bool:
        """Whether servers run that are refused for being too busy."""
        return any(entry.state == "ready" for entry in self.zone.processes("collaboration"))

    def not_ready_because(self) -> str:
        """Why this server cannot let people in just now; empty when it can."""
        if self.draining():
            return "This node drains: its operator takes it out of service."
        if not self.engine.connected:
            return "The engine is not connected."
        if self.keys.known is None:
            return "The engine is not prepared yet."
        if not self.zone.ranked_servers():
            return "No collaboration server is ready."
        return ""


async def check_room(services: Services, slug: str, conference: str) -> None:
    """Whether an address is that of the ticket's conference.

    Shape: in place of a room's slug, a conference's id does as well, for breakouts have no slug.
    Errors: `Refused`, `Problem`.
    """
    if slug == conference:
        return
    record = await services.through_engine(lambda: services.rooms.find(slug))
    if record is None:
        await services.through_engine(lambda: services.rooms.check_gone(slug))
        raise unknown_room()
    if conference != record.id:
        raise Refused("token_invalid")
