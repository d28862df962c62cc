"""Gathers what the operator's page shows: listens to the zone, and asks it when somebody looks."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from folkmoot import __version__
from folkmoot.engine.log import Replication
from folkmoot.ports import Bucket, LogUnavailable, Messaging
from folkmoot.servers.doors.rooms import RoomRecord
from folkmoot.servers.web.zone_picture import Event, Told, picture
from folkmoot.servers.web.zone_report import Reporter, ask_nodes
from folkmoot.zone.availability import Stream
from folkmoot.zone.manager import ZoneEvent
from folkmoot.zone.table import ProcessEntry
from folkmoot.protocol.reading import UNREADABLE

EVENTS_KEPT_MAX: Final = 100
FRESH_S: Final = 0.8
"""Several pages that look at once get the same answer."""

STREAMS_S: Final = 2.0
TITLES_EVERY_S: Final = 10.0
TITLES_MAX: Final = 5_000
ASK_S: Final = 0.5
ROOMS_SUBJECT: Final = "zone.rooms."
BAD: Final = ("died", "failed", "frozen", "unhealthy", "suspect", "stranger", "thawed")


class EngineView(Protocol):
    """The part of the engine that this file uses."""

    @property
    def connected(self) -> bool: ...
    @property
    def messaging(self) -> Messaging: ...
    def bucket(self, name: str) -> Bucket: ...


class ZoneView(Protocol):
    def processes(self, role: str | None = None) -> Sequence[ProcessEntry]: ...


class ZoneWatch:
    """Caller: hands `heard` every event of the zone; `look` when somebody asks."""

    def __init__(
        self,
        engine: EngineView,
        zone: ZoneView,
        reporter: Reporter,
        node: str,
        replication: Callable[[], Any],
        now_ms: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._zone = zone
        self._reporter = reporter
        self._node = node
        self._replication = replication
        self._now_ms = now_ms
        self._events: deque[Event] = deque(maxlen=EVENTS_KEPT_MAX)
        self._titles: dict[str, str] = {}
        self._titles_s = float("-inf")
        self._streams: list[Stream] | None = None
        self._streams_s = float("-inf")
        self._looked: dict[str, Any] = {}
        self._looked_s = float("-inf")
        self._looking = asyncio.Lock()

    def heard(self, event: ZoneEvent) -> None:
        """Keeps what went wrong, and notes what was done when the process is ready again."""
        now_ms = self._now_ms()
        if event.kind in ("ready", "adopted", "failed"):
            for known in self._events:
                same = (known.process, known.node) == (event.id, event.node)
                if same and not known.done and known.kind != "failed":
                    known.done = "failed" if event.kind == "failed" else "ready"
                    known.after_ms = max(0, now_ms - known.time_ms)
        if event.kind in BAD:
            id_ = f"{event.node}/{event.id}/{event.incarnation}/{event.kind}/{now_ms // 1_000}"
            if all(known.id != id_ for known in self._events):
                self._events.append(
                    Event(id_, now_ms, event.kind, event.id, event.node, event.detail)
                )

    async def look(self) -> dict[str, Any]:
        """The zone as it is now, at most `FRESH_S` old; parts that do not answer are left out."""
        async with self._looking:
            if time.monotonic() - self._looked_s > FRESH_S:
                self._looked = await self._gather()
                self._looked_s = time.monotonic()
            return self._looked

    async def _gather(self) -> dict[str, Any]:
        beats = list(self._zone.processes())
        others = sorted({entry.node for entry in beats} - {self._node})
        own, reports, streams, told = await asyncio.gather(
            self._reporter.report(), self._ask(others), self._ask_streams(), self._ask_rooms(beats)
        )
        await self._learn_titles({one.conference for one in told})
        return picture(
            zone=own.zone,
            version=__version__,
            time_ms=self._now_ms(),
            reports={**reports, self._node: own},
            beats=beats,
            streams=streams,
            told=told,
            titles=self._titles,
            events=reversed(self._events),
        )

    async def _ask(self, nodes: list[str]) -> dict[str, Any]:
        if not nodes or not self._engine.connected:
            return {}
        return dict(await ask_nodes(self._engine.messaging, nodes))

    async def _ask_streams(self) -> list[Stream] | None:
        """How the streams are kept; None while the engine is away."""
        if not self._engine.connected:
            return None
        if time.monotonic() - self._streams_s > STREAMS_S:
            try:
                async with asyncio.timeout(ASK_S):
                    found: list[Replication] = await self._replication()
            except (LogUnavailable, TimeoutError):
                return self._streams
            self._streams = [
                Stream(one.name, one.copies, one.current, one.leader, one.engines) for one in found
            ]
            self._streams_s = time.monotonic()
        return self._streams

    async def _ask_rooms(self, beats: list[ProcessEntry]) -> list[Told]:
        if not self._engine.connected:
            return []

        async def ask(entry: ProcessEntry) -> list[Told]:
            try:
                answer = await self._engine.messaging.request(
                    ROOMS_SUBJECT + entry.server, b"", ASK_S
                )
                rooms = msgspec.msgpack.decode(answer, type=list[tuple[str, int, int]])
            except (LogUnavailable, *UNREADABLE):
                return []
            return [Told(*room, entry.id, entry.node) for room in rooms]

        servers = [e for e in beats if e.role == "collaboration" and not e.suspect]
        lists = await asyncio.gather(*(ask(entry) for entry in servers))
        return [one for found in lists for one in found]

    async def _learn_titles(self, conferences: set[str]) -> None:
        """Titles are filed by address, so all are read when an unknown one turns up."""
        unknown = conferences - self._titles.keys()
        if not unknown or time.monotonic() - self._titles_s < TITLES_EVERY_S:
            return
        self._titles_s = time.monotonic()
        bucket = self._engine.bucket("rooms")
        try:
            async with asyncio.timeout(2 * ASK_S):
                for key in (await bucket.keys())[:TITLES_MAX]:
                    entry = await bucket.get(key)
                    if entry is None:
                        continue
                    try:
                        record = msgspec.msgpack.decode(entry.value, type=RoomRecord)
                    except UNREADABLE:
                        continue
                    if record.id in unknown:
                        self._titles[record.id] = record.title
                        unknown.discard(record.id)
                    if not unknown:
                        break
        except (LogUnavailable, TimeoutError):
            return  # the others are learned next time
