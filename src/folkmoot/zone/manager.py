"""The zone manager: what every process runs to be part of the zone.

It tells the others four times a second that this process lives, keeps the table of who else does,
passes on deaths that a process manager saw, and carries requests between processes. Decisions are
in `table.py` and `heads.py`; this file only moves messages. While the engine is away it keeps what
it knew and says nothing: nothing here ever blocks its process.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Protocol

import msgspec

from folkmoot.ports import LogUnavailable, Messaging, Subscription
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.pulse import pulse
from folkmoot.settings import Settings
from folkmoot.zone.heads import Head, HeadsOutbox
from folkmoot.zone.load import Identity, Load
from folkmoot.zone.table import Heartbeat, ProcessEntry, Table

HEARTBEAT_SUBJECT: Final = "zone.heartbeat"
EVENT_SUBJECT: Final = "zone.event"
REQUEST_SUBJECT: Final = "zone.request."
DROP_AFTER_MS: Final = 30_000
SUBSCRIBE_AGAIN_S: Final = 0.5
ECHO_LOST_MS: Final = 5_000
"""A heartbeat of our own that did not come back by then is not waited for."""
PUBLISH_S: Final = 1.0

log = logging.getLogger("folkmoot.zone")


class ZoneEvent(msgspec.Struct, array_like=True, frozen=True):
    """Something a process manager or the meeting manager saw, told on `zone.event` at once.

    Shape: `kind` is one of the kinds of `supervisor.Report`, or suspect (the meeting manager's).
    """

    kind: str
    id: str
    incarnation: str
    node: str
    pid: int
    detail: str = ""


class Link(Protocol):
    """The part of an engine connection that the zone needs."""

    @property
    def connected(self) -> bool: ...
    @property
    def messaging(self) -> Messaging: ...
    async def wait_connected(self) -> None: ...


_beat_decoder = msgspec.msgpack.Decoder(Heartbeat)
_event_decoder = msgspec.msgpack.Decoder(ZoneEvent)
_encode = msgspec.msgpack.Encoder().encode


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def request_subject(node: str, process_id: str) -> str:
    """Where a process takes requests. A node's name may hold what separates a subject's parts."""
    plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in node)
    return f"{REQUEST_SUBJECT}{plain}.{process_id}"


class ZoneManager:
    """This process's membership of the zone.

    Caller: `start` once (it returns at once and connects in the background), `close` at the end.
    Callbacks run on the loop and must not block.
    """

    def __init__(self, link: Link, identity: Identity, load: Load, settings: Settings) -> None:
        self._link = link
        self._identity = identity
        self._load = load
        self._interval_s = settings.heartbeat_interval_ms / 1000
        self._table = Table(
            f"{identity.id}.{identity.incarnation}",
            suspect_after_ms=settings.suspect_after_ms,
            drop_after_ms=DROP_AFTER_MS,
        )
        self._outbox = HeadsOutbox()
        self._sent_ms: int | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._subscriptions: list[Subscription] = []
        self._handlers: list[Callable[[bytes], Awaitable[bytes]]] = []
        self._subscribed = asyncio.Event()
        self._on_heads: list[Callable[[list[Head]], None]] = []
        self._on_change: list[Callable[[], None]] = []
        self._on_event: list[Callable[[ZoneEvent], None]] = []
        self._on_failure: list[Callable[[BaseException], None]] = []

    @property
    def identity(self) -> Identity:
        return self._identity

    @property
    def deaf(self) -> bool:
        """Whether our own heartbeats do not come back, so that the table stands still."""
        return self._table.deaf

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._subscribe_all(), name="zone-subscribe"),
            loop.create_task(self._beat_for_ever(), name="zone-heartbeat"),
        ]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Says goodbye, so that others need not wait for the silence, and stops."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._load.state = "stopping"
        await self._publish(HEARTBEAT_SUBJECT, _encode(self._heartbeat([])))
        await self._unsubscribe()

    # The table

    def processes(self, role: str | None = None) -> list[ProcessEntry]:
        return self._table.processes(role)

    def alive(self, server: str) -> bool:
        """Whether `<id>.<incarnation>` is known and not suspect."""
        return self._table.alive(server)

    def ranked_servers(self, conference: str = "") -> list[str]:
        """Servers for a conference, best first; see `placement.rank`.

        Shape: `/s/<id>` for our node's servers, `http://host:port/s/<id>` for those of others.
        """
        return self._table.ranked_servers(conference, self._identity.node)

    def fit_servers(self, conference: str) -> list[str]:
        """Servers other than this process that may take people now, best first; as above."""
        return self._table.fit_servers(conference, self._identity.node)

    def silent_ms(self, entry: ProcessEntry) -> int:
        """How long ago the process was heard; means nothing while we are deaf."""
        return _now_ms() - entry.heard_ms

    def wall_ms(self) -> int:
        """What time it is in the zone, since 1970: by this all that expires is made and judged."""
        return self._table.wall_ms(_now_ms(), _wall_ms())

    def clock_off_s(self) -> int:
        """How far this machine's clock is ahead of the zone's (behind: below 0)."""
        return round((_wall_ms() - self.wall_ms()) / 1000)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Calls back when who is alive or ready changed."""
        self._on_change.append(callback)

    def on_event(self, callback: Callable[[ZoneEvent], None]) -> None:
        self._on_event.append(callback)

    def on_failure(self, callback: Callable[[BaseException], None]) -> None:
        """Calls back when a bug ended our heartbeats: the process should end too."""
        self._on_failure.append(callback)

    # Heads

    def add_heads(self, heads: Iterable[Head]) -> None:
        """Tells these with the next heartbeat, and again after 1, 5 and 30 s."""
        self._outbox.add(_now_ms(), heads)

    def on_heads(self, callback: Callable[[list[Head]], None]) -> None:
        """Calls back with the heads of other processes."""
        self._on_heads.append(callback)

    # Messages

    async def request(
        self, process_id: str, payload: bytes, timeout_s: float, node: str = ""
    ) -> bytes:
        """Asks another process, of our own node unless another is named.

        Errors: `LogUnavailable` when it does not answer in time.
        """
        subject = request_subject(node or self._identity.node, process_id)
        return await self._link.messaging.request(subject, payload, timeout_s)

    async def respond(self, handler: Callable[[bytes], Awaitable[bytes]]) -> None:
        """Answers requests to this process with `handler`, also when the engine comes later."""
        self._handlers.append(handler)
        if self._subscribed.is_set():
            await self._respond_with(handler)

    async def tell(self, event: ZoneEvent) -> None:
        """Tells the zone what was seen; lost while the engine is away, heartbeats say it then."""
        self._heed(event)
        await self._publish(EVENT_SUBJECT, _encode(event))

    async def _respond_with(self, handler: Callable[[bytes], Awaitable[bytes]]) -> None:
        subject = request_subject(self._identity.node, self._identity.id)
        self._subscriptions.append(await self._link.messaging.respond(subject, handler))

    async def _subscribe_all(self) -> None:
        while True:
            await self._link.wait_connected()
            try:
                await self._subscribe()
                return
            except (LogUnavailable, OSError) as error:
                log.warning("cannot listen to the zone yet: %s", error)
                await self._unsubscribe()
                await asyncio.sleep(SUBSCRIBE_AGAIN_S)

    async def _unsubscribe(self) -> None:
        while self._subscriptions:
            try:
                async with asyncio.timeout(0.2):
                    await self._subscriptions.pop().close()
            except (LogUnavailable, TimeoutError, OSError):
                # The connection is gone, and its subscriptions with it.
                continue

    async def _subscribe(self) -> None:
        messaging = self._link.messaging
        for subject, heard in (
            (HEARTBEAT_SUBJECT, self._heard_beat),
            (EVENT_SUBJECT, self._heard_event),
        ):
            self._subscriptions.append(await messaging.subscribe(subject, heard))
        self._subscribed.set()
        for handler in list(self._handlers):
            await self._respond_with(handler)

    def _heard_beat(self, subject: str, payload: bytes) -> None:
        try:
            beat = _beat_decoder.decode(payload)
        except UNREADABLE:
            log.warning("a heartbeat could not be read (%d bytes)", len(payload))
            return
        changed = self._table.hear(_now_ms(), beat)
        own = beat.id == self._identity.id and beat.incarnation == self._identity.incarnation
        if own and self._sent_ms is not None:
            # Half of what was known stays: one slow answer is not yet a slow engine.
            took_ms = float(_now_ms() - self._sent_ms)
            self._load.engine_ms = (self._load.engine_ms + took_ms) / 2
            self._sent_ms = None
        if beat.heads and not own:
            for callback in self._on_heads:
                _guarded(callback, beat.heads)
        if changed:
            self._tell_change()

    def _heard_event(self, subject: str, payload: bytes) -> None:
        try:
            event = _event_decoder.decode(payload)
        except UNREADABLE:
            log.warning("a zone event could not be read (%d bytes)", len(payload))
            return
        self._heed(event)

    def _heed(self, event: ZoneEvent) -> None:
        # The empty incarnation of a process that died before it spoke names no entry of ours.
        died = event.kind in ("died", "stopped") and event.incarnation != ""
        if died and self._table.gone(_now_ms(), event.id, event.incarnation):
            self._tell_change()
        for callback in self._on_event:
            _guarded(callback, event)

    def _tell_change(self) -> None:
        for callback in self._on_change:
            _guarded(callback)

    def _heartbeat(self, heads: list[Head]) -> Heartbeat:
        load = self._load
        if self._sent_ms is not None:
            load.engine_ms = max(load.engine_ms, float(_now_ms() - self._sent_ms))
        return load.heartbeat(self._identity, heads, _wall_ms())

    async def _beat_for_ever(self) -> None:
        while True:
            if self._link.connected:
                beat = self._heartbeat(self._outbox.take(_now_ms()))
                if self._sent_ms is None or _now_ms() - self._sent_ms > ECHO_LOST_MS:
                    self._sent_ms = _now_ms()
                await self._publish(HEARTBEAT_SUBJECT, _encode(beat))
            if self._table.tick(_now_ms()):
                self._tell_change()
            await pulse(self._interval_s)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task of ours that fails is a bug, and a process that nobody hears is of no use."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.critical("the zone manager failed", exc_info=error)
            for callback in self._on_failure:
                callback(error)

    async def _publish(self, subject: str, payload: bytes) -> None:
        if not self._link.connected:
            return
        try:
            # Not wait_for: before Python 3.12 it may swallow the cancellation that ends us.
            async with asyncio.timeout(PUBLISH_S):
                await self._link.messaging.publish(subject, payload)
        except (LogUnavailable, TimeoutError, OSError) as error:
            log.debug("%s was not sent: %s", subject, error)


def _guarded(callback: Callable[..., None], *arguments: object) -> None:
    try:
        callback(*arguments)
    except Exception:
        # A listener's bug must not deafen the others, nor end the heartbeats.
        log.exception("a listener of the zone failed")
