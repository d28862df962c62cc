"""Room: one conference on one simulated server.

Loads the replica (snapshot, then the log's tail, live copies kept meanwhile), then runs the real
host's effects against the simulated engine and connections.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, Protocol

from folkmoot.conference.application import Applications
from folkmoot.conference.applied import Applied
from folkmoot.conference.replica import Fenced, Outdated, Replica
from folkmoot.conference.snapshot import (
    DIGESTS,
    SnapshotInvalid,
    SnapshotNewer,
    SnapshotPointer,
    decode_snapshot,
    seal_snapshot,
)
from folkmoot.conference.state import ConferenceState
from folkmoot.ports import LogMessage
from folkmoot.servers.collaboration.delivery import Backlog, Delivery
from folkmoot.servers.collaboration.duties import Duties
from folkmoot.servers.collaboration.effects import (
    Close,
    Effect,
    Fetch,
    Pause,
    Publish,
    Resume,
    SaveSnapshot,
    Send,
)
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.collaboration.ingress import Ingress
from folkmoot.settings import Settings
from folkmoot.simulation.engine import FULL, PAGE_MESSAGES, Link, SimEngine
from folkmoot.simulation.world import World

LOAD_RETRY_MS: Final = 200
EARLY_MAX: Final = 4_096


class RoomOwner(Protocol):
    """What a room needs of its server."""

    world: World
    engine: SimEngine
    link: Link
    name: str
    settings: Settings
    applications: Applications
    knows: int
    zone_level: int

    def room_fenced(self, room: Room, fenced: Fenced) -> None: ...
    def room_ready(self, room: Room) -> None: ...
    def send(self, connection: int, data: bytes) -> None: ...
    def close(self, connection: int, code: int) -> None: ...
    def set_reading(self, connection: int, *, reading: bool) -> None: ...
    def observed(self, conference: str, sequence: int, digest: bytes) -> None: ...


def sign_session(conference: str, session: str, person: str) -> str:
    return f"{conference} {session} {person}"


class Room:
    """Caller: `load`, then inputs once `ready`; after each input `flush`."""

    def __init__(self, owner: RoomOwner, conference: str) -> None:
        self.conference = conference
        self.ready = False
        self.host: ConferenceHost
        self.ingress: Ingress
        self.duties: Duties
        self._owner = owner
        self._world = owner.world
        self._closed = False
        self._early: list[LogMessage] = []
        self._tail: list[Applied] = []
        self._tail_from = 0
        self._replica: Replica

    # Loading

    def load(self) -> None:
        self._owner.link.subscribed[self.conference] = None
        self._load_snapshot()

    def _load_snapshot(self) -> None:
        if not self._closed:
            owner = self._owner
            owner.engine.load_snapshot(owner.link, self.conference, self._snapshot_loaded)

    def _snapshot_loaded(self, found: tuple[SnapshotPointer, bytes] | None, answered: bool) -> None:
        if not answered:
            self._load_again()
            return
        state: ConferenceState | None = None
        if found is not None:
            try:
                state = decode_snapshot(found[1], self._owner.applications, knows=self._owner.knows)
            except SnapshotNewer as newer:
                outdated = Outdated(self.conference, found[0].sequence, newer.level)
                self._owner.room_fenced(self, outdated)
                return
            except SnapshotInvalid:
                self._load_again()
                return
        self._world.mark("loaded_from_log" if state is None else "loaded_from_snapshot")
        try:
            self._replica = Replica(
                self.conference,
                self._owner.engine.epoch,
                self._owner.applications,
                state,
                knows=self._owner.knows,
            )
        except Fenced:  # the log is another one by now
            self._load_again()
            return
        self._tail_from = self._replica.sequence
        self._tail = []
        self._read_tail()

    def _load_again(self) -> None:
        """The engine does not answer, or the log was trimmed under our hands."""
        if not self._closed:
            self._world.after(
                LOAD_RETRY_MS, self._owner.link.client.from_engine, self._load_snapshot
            )

    def _read_tail(self) -> None:
        owner = self._owner
        anchor = self._replica.sequence
        owner.engine.read(
            owner.link,
            self.conference,
            anchor,
            PAGE_MESSAGES,
            lambda messages, more: self._tail_read(anchor, messages, more),
        )

    def _tail_read(self, anchor: int, messages: list[LogMessage] | None, more: bool) -> None:
        if self._closed:
            return
        if messages is None:
            self._load_again()
            return
        if anchor and (not messages or messages[0].sequence != anchor):
            self._world.mark("tail_trimmed_while_loading")
            self._load_again()
            return
        try:
            self._tail += self._replica.receive_page(messages)
        except Fenced as fenced:
            self._owner.room_fenced(self, fenced)
            return
        if more:
            self._read_tail()
            return
        self._check_trimmed(anchor)

    def _check_trimmed(self, anchor: int) -> None:
        """What the tail began with must still be there: else something was missed unseen."""
        owner = self._owner

        def checked(messages: list[LogMessage] | None, _more: bool) -> None:
            if self._closed:
                return
            if messages is None or (anchor and (not messages or messages[0].sequence != anchor)):
                self._load_again()
            else:
                self._begin()

        owner.engine.read(owner.link, self.conference, anchor, 1, checked)

    def _begin(self) -> None:
        owner = self._owner
        self.host = ConferenceHost(
            owner.name, self._replica, owner.applications, owner.settings, sign_session
        )
        self.host.zone_level = min(owner.zone_level, owner.knows)
        self.host.backlog = self._backlog_of_tail()
        self.ingress = Ingress(self.host)
        self.duties = Duties(self.host)
        self.ready = True
        if self._world.tracing:
            self._world.note(owner.name, f"opens {self.conference} at {self._replica.sequence}")
        early, self._early = self._early, []
        for message in early:
            self.republished(message)
        if not self._closed:
            owner.room_ready(self)

    def _backlog_of_tail(self) -> Backlog:
        """Who comes from where the tail covers goes on, though the room has just been opened."""
        settings = self._owner.settings
        backlog = Backlog(self._tail_from, settings.backlog_batches_max, settings.backlog_bytes_max)
        for applied in self._tail:
            if applied.events:
                backlog.add(Delivery(applied))
        self._tail = []
        return backlog

    # Inputs

    def republished(self, message: LogMessage) -> None:
        if self.ready:
            self.guarded(self.host.live_message, message, self._world.now_ms)
        elif len(self._early) < EARLY_MAX:
            self._early.append(message)

    def guarded(self, step: Callable[..., None], *arguments: object) -> None:
        """An input that may find the replica unusable."""
        if self._closed:
            return
        try:
            step(*arguments)
            self.duties.snapshot_if_due()
        except Fenced as fenced:
            self._owner.room_fenced(self, fenced)
            return
        if self.host.moved:
            replica = self.host.replica
            self._owner.observed(self.conference, replica.sequence, replica.state.digest)

    def tick(self, alive: dict[str, None], paths: list[str]) -> None:
        now_ms = self._world.now_ms
        host = self.host
        host.zone_level = min(self._owner.zone_level, self._owner.knows)
        host.servers_changed(paths)
        self.duties.tick(now_ms, self._world.wall_ms, alive)
        for member in [m for m in host.members.values() if m.held]:
            self.ingress.release_held(member, now_ms)
        self.flush()

    def end(self) -> None:
        """No more inputs or effects; the clients were told, or are told by the closed sockets."""
        self._closed = True
        self._owner.link.subscribed.pop(self.conference, None)

    # Effects

    def flush(self) -> None:
        if not self.ready:
            return
        effects = self.host.take_effects()
        for effect in effects:
            self._perform(effect)

    def _perform(self, effect: Effect) -> None:
        owner = self._owner
        if isinstance(effect, Send):
            owner.send(effect.connection, effect.data)
        elif isinstance(effect, Close):
            owner.close(effect.connection, effect.code)
        elif isinstance(effect, Pause | Resume):
            owner.set_reading(effect.connection, reading=isinstance(effect, Resume))
        elif isinstance(effect, Publish):
            self._publish(effect)
        elif isinstance(effect, Fetch):
            self._fetch(effect)
        elif isinstance(effect, SaveSnapshot):
            self._save(effect)

    def _publish(self, effect: Publish) -> None:
        owner = self._owner
        if self._world.tracing:
            self._world.note(owner.name, f"publishes {self.conference} batch {effect.batch}")

        def done(sequence: int) -> None:
            if self._closed:
                return
            if sequence > 0:
                self.guarded(self.host.published, effect.batch, sequence, self._world.now_ms)
            else:
                full = sequence == FULL
                self.host.publish_failed(effect.batch, self._world.now_ms, full=full)
            self.flush()

        owner.engine.publish(owner.link, self.conference, effect.payload, done)

    def _fetch(self, effect: Fetch) -> None:
        owner = self._owner
        before = self.host.replica.sequence
        count = effect.count_max or PAGE_MESSAGES

        def done(messages: list[LogMessage] | None, more: bool) -> None:
            if self._closed:
                return
            if messages is None:
                self.host.page_failed(effect.read, self._world.now_ms)
            else:
                self.guarded(self._page, messages, effect.read, more)
                if self.host.replica.sequence > before:
                    self._world.mark("gap_repaired")
            self.flush()

        self._world.note(owner.name, f"reads {self.conference} from {effect.first}")
        owner.engine.read(owner.link, self.conference, effect.first, count, done)

    def _page(self, messages: list[LogMessage], read: int, more: bool) -> None:
        self.host.page(messages, read=read, more=more, now_ms=self._world.now_ms)

    def _save(self, effect: SaveSnapshot) -> None:
        data = seal_snapshot(effect.packed)
        pointer = SnapshotPointer(
            self.host.replica.epoch,
            effect.sequence,
            effect.digest.hex(),
            f"snapshots/{self.conference}/{effect.sequence}",
            hashlib.sha256(data).hexdigest(),
            effect.operations,
            effect.time_ms,
            digests=DIGESTS,
        )
        owner = self._owner
        owner.engine.save_snapshot(owner.link, self.conference, pointer, data)
