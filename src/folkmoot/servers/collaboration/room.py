"""Room: the shell of one conference's host: runs its effects against the engine and the sockets."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from itertools import islice
from typing import Any, Final

import msgspec

from folkmoot.conference.application import Applications
from folkmoot.conference.applied import Applied
from folkmoot.conference.replica import Fenced, Outdated, Replica
from folkmoot.conference.state import LEVEL_FIRST
from folkmoot.engine import Engine
from folkmoot.engine.log import shard_of
from folkmoot.ports import LogFull, LogMessage, LogUnavailable, Subscription
from folkmoot.protocol.codes import BY_NAME
from folkmoot.protocol.position import Position
from folkmoot.servers.applications.work import ARCHIVE
from folkmoot.servers.collaboration.answers import Answers
from folkmoot.servers.collaboration.covering import Cover, extend_backlog
from folkmoot.servers.collaboration.duties import Duties
from folkmoot.servers.collaboration.effects import (
    Close,
    Effect,
    Fetch,
    Pause,
    Publish,
    PublishAhead,
    PublishLive,
    RequestWork,
    Resume,
    SaveSnapshot,
    Send,
)
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.collaboration.ingress import Ingress
from folkmoot.servers.collaboration.parts import Parts
from folkmoot.servers.collaboration.saving import save_snapshot
from folkmoot.servers.collaboration.signing import Signer
from folkmoot.servers.collaboration.standby import Standbys
from folkmoot.servers.gateway.desk import Desk
from folkmoot.servers.gateway.ends import End
from folkmoot.servers.gateway.mirrors import Load
from folkmoot.servers.replicas import PAGE_MESSAGES, load_replica
from folkmoot.servers.store import note_fence
from folkmoot.servers.websocket import Connection
from folkmoot.settings import Settings

log = logging.getLogger(__name__)

STALLED_CLOSE_S: Final = 1.0
TASKS_MAX: Final = 1_000
"""Of one room at once, such as while the engine does not answer. Beyond it queries have failed at
once and signals are lost. What the room itself needs goes on: it is one of a kind at a time."""

REST_MS: Final = 200
"""Between two ticks of a room in which nothing waits for one."""


def refusal_of(fenced: Exception) -> str:
    """The code for clients of a room that cannot be served here any more."""
    return "server_outdated" if isinstance(fenced, Outdated) else "conference_unavailable"


def now_ms() -> int:
    """Monotonic milliseconds: the clock of all decisions here."""
    return time.monotonic_ns() // 1_000_000


class Room:
    """One open conference.

    Caller: `open`, then `attach` connections and hand over frames; `tick` every 50 ms or so;
    `close` at the end. When `fenced` is set, the room is of no more use and its clients were told.
    """

    def __init__(
        self,
        engine: Engine,
        conference: str,
        server: str,
        applications: Applications,
        settings: Settings,
        signer: Signer,
        zone_level: int = LEVEL_FIRST,
        parts: Parts | None = None,
    ) -> None:
        self.conference = conference
        self.connections: dict[int, Connection] = {}
        self.standbys = Standbys()
        self.fenced: Fenced | None = None
        self._closed = False
        self.idle_since_ms = now_ms()
        self.host: ConferenceHost
        self.ingress: Ingress
        self.desk: Desk
        self._duties: Duties
        self._engine = engine
        self._server = server
        self._applications = applications
        self._settings = settings
        self._signer = signer
        parts = parts or Parts(engine.objects)
        self._answers = Answers(
            engine, conference, parts, signer, self._say, self._spawn, self._busy
        )
        self._zone_level = zone_level
        self._early: list[LogMessage] | None = []
        self._subscriptions: list[Subscription] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._flushing = False
        self._showing: asyncio.TimerHandle | None = None
        self._again: asyncio.TimerHandle | None = None
        self._again_at_ms = 0
        self._ticked_ms = 0
        self._cover = Cover(engine, applications)

    async def open(self) -> None:
        """Loads the replica, live messages buffered meanwhile.

        Errors: `Unloadable`, `Fenced`, `LogUnavailable`.
        """
        engine = self._engine
        subject = f"live.{shard_of(self.conference, self._settings.shards)}.{self.conference}"
        self._subscriptions = [
            await engine.log.subscribe(self.conference, self._log_message),
            await engine.live.subscribe(subject, self._live_message),
            await engine.live.subscribe(f"{subject}.ahead", self._ahead),
            await engine.log.subscribe_live(self.conference, self._published),
        ]
        self._live_subject = subject
        tail: deque[Applied] = deque(maxlen=self._settings.backlog_batches_max)
        replica = await load_replica(engine, self.conference, self._applications, tail=tail)
        self._begin(replica, tail)

    async def cover(self, sequence: int) -> None:
        """Lets a client go on from `sequence`, if what it missed can still be told."""
        await self._cover.reach(self.host, sequence)

    def _begin(self, replica: Replica, tail: deque[Applied]) -> None:
        self.host = ConferenceHost(
            self._server, replica, self._applications, self._settings, self._signer.session
        )
        if tail:
            extend_backlog(self.host, tail[0].sequence, islice(tail, 1, None))
        self.host.zone_level = self._zone_level
        self.ingress = Ingress(self.host)
        self.desk = Desk(self.host)
        self.host.on_applied = lambda applied, now: self._at_desk(self.desk.applied, applied, now)
        self._duties = Duties(self.host)
        early, self._early = self._early or [], None
        for message in early:
            self._log_message(message)

    @property
    def used(self) -> bool:
        """Whether somebody is here, or something is on its way to the log."""
        return bool(
            self.host.members
            or self.standbys.waiting
            or self.host.departures
            or self.desk.channels
            or not self.host.batcher.idle
        )

    @property
    def over(self) -> bool:
        """Whether nothing that comes in now would be heeded: it is fenced, or closed."""
        return self.fenced is not None or self._closed

    async def close(self) -> None:
        self._closed = True
        for timer in (self._showing, self._again):
            if timer is not None:
                timer.cancel()
        for task in self._tasks:
            task.cancel()
        for subscription in self._subscriptions:
            try:
                await subscription.close()
            except (LogUnavailable, OSError):
                log.debug("the engine is away; its subscriptions end with the connection")

    # Inputs

    def reconnected(self) -> None:
        self._guarded(lambda: self.host.reconnected(now_ms()))

    def head(self, epoch: str, sequence: int, digest: str) -> None:
        if epoch == self.host.replica.epoch:
            self._guarded(lambda: self.host.head(sequence, bytes.fromhex(digest), now_ms()))

    def rests(self, now: int) -> bool:
        """Whether a tick has nothing to do yet, for nothing waits and the last was just now."""
        head = Position(self.host.replica.epoch, self.host.replica.sequence)
        restless = self.host.restless or self.standbys.behind(head)
        return not restless and now - self._ticked_ms < REST_MS

    def tick(
        self,
        alive: Collection[str],
        paths: list[str],
        away: list[str],
        zone_level: int,
        wall_ms: int,
    ) -> None:
        """Shape: `alive` are the zone's servers, `paths` the ranking, `away` lacking services.

        Units: `wall_ms` is the zone's time since 1970.
        """
        now = self._ticked_ms = now_ms()
        self.host.zone_level = zone_level
        self.host.servers_changed(paths, away)
        self._duties.tick(now, wall_ms, alive)
        for member in [m for m in self.host.members.values() if m.held]:
            self.ingress.release_held(member, now)
        self._at_desk(self.desk.tick, now)
        self._tell_standbys(now, alive, paths)
        if self.used:
            self.idle_since_ms = now
        self.flush()

    def _tell_standbys(self, now: int, alive: Collection[str], paths: list[str]) -> None:
        replica, look = self.host.replica, self.host.previewed
        head = Position(replica.epoch, replica.sequence)
        if self.standbys.tick(now, head, paths, look=look) or not self.standbys.waiting:
            self.host.previewed = False
        self.standbys.look_after(now, self._server, alive, replica.state.sessions)
        closed = BY_NAME["session_closed"]
        self.standbys.close_those_of(replica.state.closed, closed.close, closed.name)

    def _log_message(self, message: LogMessage) -> None:
        if self._early is not None:
            self._early.append(message)
            return
        self._guarded(lambda: self.host.live_message(message, now_ms()))

    def _published(self, payload: bytes) -> None:
        """A batch as it is published, before anything stored it."""
        if self._early is None and self.fenced is None:
            self.host.previews.seen(payload, now_ms())
            self._show_soon()

    def _show_soon(self) -> None:
        """Looks again when the oldest batch that was seen should have been confirmed."""
        due_ms = self.host.previews.next_due_ms()
        if self._showing is None and due_ms is not None:
            delay_s = max(0, due_ms - now_ms()) / 1000
            self._showing = asyncio.get_running_loop().call_later(delay_s, self._show)

    def _show(self) -> None:
        self._showing = None
        if self.fenced is None:
            self.host.show_due(now_ms())
            self.flush_soon()
            self._show_soon()

    def _ahead(self, _subject: str, payload: bytes) -> None:
        """What waits on another server."""
        if self._early is None and self.fenced is None:
            self.host.ahead_seen(payload)
            self.flush_soon()

    def _live_message(self, subject: str, payload: bytes) -> None:
        if self._early is None and self.fenced is None:
            self.host.live_received(payload, now_ms())
            self._at_desk(self.desk.live, payload, now_ms())
            self.flush_soon()

    def _guarded(self, step: Any) -> None:
        """Runs a step that may find the replica unusable; then everyone is sent elsewhere."""
        if self.fenced is not None:
            return
        try:
            step()
            self._duties.snapshot_if_due()
        except Fenced as fenced:
            self.fenced = fenced
            code = BY_NAME[refusal_of(fenced)]
            if isinstance(fenced, Outdated):
                log.warning("%s; its clients go to newer servers", fenced)
            else:
                log.error("alarm: replica fenced: %s", fenced)
            self.host.close_all(code.name)
            self.standbys.close_all(code.close, code.name)
            self.desk.close_all(End.UNAVAILABLE)
            if fenced.poisonous:
                self._spawn(note_fence(self._engine, self.conference, fenced.sequence))
        self.flush_soon()

    # Effects

    def flush_soon(self) -> None:
        """Flushes once at the end of this loop turn, whatever came in it."""
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        self._flushing = False
        now = now_ms()
        self.host.tell_ahead(now)
        self._at_desk(self.desk.flush, now)
        for load in self.desk.take_loads():
            self._spawn(self._load_compaction(load))
        for effect in self.host.take_effects(now):
            self._perform(effect)
        self._look_again_soon(now)
        if self._showing is not None and not self.host.previews.waits:
            self._showing.cancel()
            self._showing = None

    def _at_desk(self, step: Callable[..., None], *arguments: Any) -> None:
        """A fault in what serves other editors ends their connections, and nobody else's."""
        try:
            step(*arguments)
        except Exception:
            log.exception("alarm: the editors of %s cannot be served", self.conference)
            self.desk.close_all(End.UNAVAILABLE)

    def _look_again_soon(self, now: int) -> None:
        """Looks again when what waits for its moment, to be written or told, may go."""
        host = self.host
        dues = (self.desk.take_due_ms(now), host.later_due_ms, host.commit_due_ms)
        due_ms = min(filter(None, dues), default=0)
        if due_ms and (self._again is None or due_ms < self._again_at_ms):
            if self._again is not None:
                self._again.cancel()
            self._again_at_ms = due_ms
            delay_s = max(0, due_ms - now) / 1000
            self._again = asyncio.get_running_loop().call_later(delay_s, self._look_again)

    def _look_again(self) -> None:
        self._again = None
        if self.fenced is None and self.desk.read_on(now_ms()):
            # The loop reads them between what is called next and what that calls.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._write_due)
        else:
            self._write_due()

    def _write_due(self) -> None:
        if not self.over:
            self._at_desk(self.desk.write_due, now_ms())
            self.flush_soon()

    def _perform(self, effect: Effect) -> None:
        if isinstance(effect, Send):
            self._send(effect)
        elif isinstance(effect, Publish):
            self._spawn(self._publish(effect))
        elif isinstance(effect, PublishLive | PublishAhead):
            if not self._busy():
                self._spawn(self._publish_live(effect))
        elif isinstance(effect, Close):
            connection = self.connections.pop(effect.connection, None)
            if connection is not None:
                connection.close(effect.code, effect.reason)
        elif isinstance(effect, Pause | Resume):
            self._set_reading(effect)
        elif isinstance(effect, Fetch):
            self._spawn(self._fetch(effect))
        elif isinstance(effect, SaveSnapshot):
            self._spawn(self._save_snapshot(effect))
        elif isinstance(effect, RequestWork):
            self._spawn(self._request(effect.subject, effect.document))
        else:
            self._answers.answer(effect)

    def _send(self, effect: Send) -> None:
        connection = self.connections.get(effect.connection)
        if connection is None:
            return
        connection.send(effect.data)
        if connection.queued_bytes > self._settings.send_queue_bytes_max:
            member = self.host.members.get(effect.connection)
            if member is not None:
                self.host.close(member, "too_slow")
                asyncio.get_running_loop().call_later(STALLED_CLOSE_S, connection.abort)
                self.flush_soon()

    def _set_reading(self, effect: Pause | Resume) -> None:
        connection = self.connections.get(effect.connection)
        if connection is None:
            return
        if isinstance(effect, Pause):
            connection.pause_reading()
        else:
            connection.resume_reading()

    def _busy(self) -> bool:
        return len(self._tasks) >= TASKS_MAX

    def _spawn(self, work: Any) -> None:
        """Caller: asks whether we are `_busy` before what is not bounded by itself."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            if isinstance(error, LogUnavailable):
                log.warning("%s: %s", self.conference, error)
            else:
                log.error("a task of %s failed", self.conference, exc_info=error)

    async def _publish(self, effect: Publish) -> None:
        try:
            sequence = await self._engine.log.publish(self.conference, effect.payload)
        except (LogUnavailable, LogFull) as error:
            full = isinstance(error, LogFull)
            self.host.publish_failed(effect.batch, now_ms(), full=full)
        else:
            self._guarded(lambda: self.host.published(effect.batch, sequence, now_ms()))
        self.flush_soon()

    async def _publish_live(self, effect: PublishLive | PublishAhead) -> None:
        ahead = ".ahead" if isinstance(effect, PublishAhead) else ""
        await self._engine.live.publish(self._live_subject + ahead, effect.payload)

    async def _fetch(self, effect: Fetch) -> None:
        read, count_max = effect.read, effect.count_max or PAGE_MESSAGES
        try:
            page = await self._engine.log.read(self.conference, effect.first, count_max)
        except LogUnavailable:
            self.host.page_failed(read, now_ms())
            return
        messages: Sequence[LogMessage] = page.messages
        self._guarded(lambda: self.host.page(messages, read=read, more=page.more, now_ms=now_ms()))

    async def _save_snapshot(self, effect: SaveSnapshot) -> None:
        await save_snapshot(self._engine, self.conference, self.host.replica.epoch, effect)
        await self._request(ARCHIVE, "")

    async def _request(self, subject: str, document: str) -> None:
        """Asks application servers for work; they are asked again while it is due."""
        request = {"conference": self.conference, "document": document}
        await self._engine.messaging.publish(subject, msgspec.msgpack.encode(request))

    async def _load_compaction(self, load: Load) -> None:
        compaction = await self._answers.compaction(load.object)
        self.desk.loaded(load, compaction, now_ms())
        self.flush_soon()

    def _say(self, connection: int, frame: bytes) -> None:
        member = self.host.members.get(connection)
        if member is not None:
            self.host.send(member, frame)
            self.flush_soon()
