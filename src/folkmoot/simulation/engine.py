"""Engine: one shard's log as the real engine behaves, with its misfortunes.

What is played (DESIGN section 3): a publish whose outcome is unknown, stored or not, at once or
late; a batch stored twice because its acknowledgement got lost; republished copies that get lost; a
time without a leader; reads that end early as if complete; a restart that cuts every server off;
another log in its place, made from a backup.
What is never played, for the engine promises it: losing what was acknowledged, or reordering it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from folkmoot.conference.snapshot import SnapshotPointer
from folkmoot.ports import LogMessage
from folkmoot.simulation.restoring import Restored, first_batch, snapshot_of
from folkmoot.simulation.world import World

EPOCH: Final = "e1"
EPOCH_RESTORED: Final = "e2"
PUBLISH_TIMEOUT_MS: Final = 1_000
HOP_MS: Final = (1, 3)
PAGE_MESSAGES: Final = 64

Published = Callable[[int], None]
UNKNOWN: Final = 0
FULL: Final = -1
Paged = Callable[[list[LogMessage] | None, bool], None]


class Misfortunes(msgspec.Struct):
    """What goes wrong just now; probabilities between 0 and 1."""

    leaderless: bool = False
    full: bool = False
    lose_copies: float = 0.0
    lose_acks: float = 0.0
    stale_reads: float = 0.0
    store_late: float = 0.5


class EngineClient(Protocol):
    """A server as the engine sees it."""

    name: str

    def from_engine(self, function: Callable[..., None], *arguments: object) -> None:
        """Runs the function in the server, when that can run."""
        ...

    def republished(self, conference: str, message: LogMessage) -> None: ...
    def reconnected(self) -> None: ...


class Link:
    """A server's connection to the engine. What is under way when it breaks is lost."""

    def __init__(self, world: World, client: EngineClient) -> None:
        self.client = client
        self.up = True
        self.subscribed: dict[str, None] = {}
        self._world = world
        self._life = 0
        self._last_ms = 0

    def tell(self, function: Callable[..., None], *arguments: object) -> None:
        """Engine to server, in order."""
        self._last_ms = max(self._last_ms, self._world.now_ms + self._world.between(*HOP_MS))
        self._world.after(
            self._last_ms - self._world.now_ms, self._arrive, self._life, function, arguments
        )

    def ask(self, function: Callable[..., None], *arguments: object) -> None:
        """Server to engine; order among requests is not promised."""
        self._world.after(
            self._world.between(*HOP_MS), self._reach, self._life, function, arguments
        )

    def cut(self) -> None:
        self.up = False
        self._life += 1

    def restore(self) -> None:
        """Connected again, with the same subscriptions."""
        if not self.up:
            self.up = True
            self.tell(self.client.reconnected)

    def _arrive(
        self, life: int, function: Callable[..., None], arguments: tuple[object, ...]
    ) -> None:
        if life == self._life and self.up:
            self.client.from_engine(function, *arguments)

    def _reach(
        self, life: int, function: Callable[..., None], arguments: tuple[object, ...]
    ) -> None:
        if life == self._life and self.up:
            function(*arguments)


class SimEngine:
    """The log, the snapshots, and the zone's plain messages.

    Shape: `archive` keeps every message ever stored, for the checkers; `log` what was not trimmed.
    After the zone was restored, `archive` is what the backup held and what came since, and
    `restored` tells of what was before.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.misfortunes = Misfortunes()
        self.links: dict[str, Link] = {}
        self.archive: dict[str, list[LogMessage]] = {}
        self.log: dict[str, list[LogMessage]] = {}
        self.snapshots: dict[str, tuple[SnapshotPointer, bytes]] = {}
        self.epoch = EPOCH
        self.restored: dict[str, Restored] = {}
        self._sequence = 0
        self._late: list[tuple[str, bytes]] = []

    def connect(self, client: EngineClient) -> Link:
        link = self.links[client.name] = Link(self.world, client)
        return link

    def disconnect(self, client: EngineClient) -> None:
        link = self.links.pop(client.name, None)
        if link is not None:
            link.cut()

    # The log

    def publish(self, link: Link, conference: str, payload: bytes, done: Published) -> None:
        """Calls `done` with the sequence, `UNKNOWN`, or `FULL`: certainly not stored."""
        settled = [False]

        def settle(sequence: int) -> None:
            if not settled[0]:
                settled[0] = True
                done(sequence)

        def time_out() -> None:
            if not settled[0]:
                self.world.mark("publish_unknown")
                link.client.from_engine(settle, UNKNOWN)

        self.world.after(PUBLISH_TIMEOUT_MS, time_out)
        link.ask(self._store_asked, link, conference, payload, settle)

    def _store_asked(
        self, link: Link, conference: str, payload: bytes, settle: Callable[[int], None]
    ) -> None:
        fortune = self.misfortunes
        if fortune.leaderless:
            if self.world.chance(fortune.store_late):
                self._late.append((conference, payload))
            return
        if fortune.full:
            self.world.mark("disk_full")
            link.tell(settle, FULL)
            return
        sequence = self._store(conference, payload)
        if self.world.chance(fortune.lose_acks):
            return
        link.tell(settle, sequence)

    def _store(self, conference: str, payload: bytes) -> int:
        self._sequence += self.world.between(1, 2)  # other conferences share the stream
        log = self.log.setdefault(conference, [])
        archive = self.archive.setdefault(conference, [])
        previous = log[-1].sequence if log else 0
        message = LogMessage(self._sequence, previous, self.world.wall_ms, payload)
        log.append(message)
        archive.append(message)
        if self.world.tracing:
            self.world.note("engine", f"stores {conference} {self._sequence} after {previous}")
        lose = self.misfortunes.lose_copies
        for link in self.links.values():
            if link.up and conference in link.subscribed:
                if lose and self.world.chance(lose):
                    self.world.mark("copy_lost")
                    continue
                link.tell(link.client.republished, conference, message)
        return self._sequence

    def leader_back(self) -> None:
        """What was asked while there was no leader is stored now, late."""
        self.misfortunes.leaderless = False
        late, self._late = self._late, []
        for conference, payload in late:
            self.world.mark("stored_late")
            self._store(conference, payload)

    def read(self, link: Link, conference: str, first: int, count: int, done: Paged) -> None:
        """Calls `done` with a page, or with None when nobody answers."""
        settled = [False]

        def settle(messages: list[LogMessage] | None, more: bool) -> None:
            if not settled[0]:
                settled[0] = True
                done(messages, more)

        def time_out() -> None:
            if not settled[0]:
                link.client.from_engine(settle, None, False)

        def answer() -> None:
            messages = [m for m in self.log.get(conference, ()) if m.sequence >= first]
            if messages and self.world.chance(self.misfortunes.stale_reads):
                self.world.mark("stale_read")
                del messages[-self.world.between(1, len(messages)) :]
            page = messages[:count]
            read = [msgspec.structs.replace(m, previous=-1) for m in page]
            link.tell(settle, read, len(messages) > len(page))

        self.world.after(PUBLISH_TIMEOUT_MS, time_out)
        link.ask(answer)

    def trim(self, conference: str, before: int) -> None:
        """Removes messages below `before`, but never the newest."""
        log = self.log[conference]
        before = min(before, log[-1].sequence)
        kept = [m for m in log if m.sequence >= before]
        if len(kept) < len(log):
            self.world.mark("trimmed")
            self.world.note("engine", f"trims {conference} below {before}")
        self.log[conference] = kept

    # Snapshots

    def save_snapshot(
        self, link: Link, conference: str, pointer: SnapshotPointer, data: bytes
    ) -> None:
        def save() -> None:
            known = self.snapshots.get(conference)
            if known is not None and known[0].sequence >= pointer.sequence:
                return
            self.snapshots[conference] = (pointer, data)
            self.world.mark("snapshot_saved")
            self.world.note("engine", f"keeps a snapshot of {conference} at {pointer.sequence}")
            # The real zone stays minutes behind; here at once or a little later, to be nasty.
            if self.world.chance(0.7):
                self.world.after(
                    self.world.between(0, 3_000), self.trim, conference, pointer.sequence
                )

        link.ask(save)

    def load_snapshot(
        self,
        link: Link,
        conference: str,
        done: Callable[[tuple[SnapshotPointer, bytes] | None, bool], None],
    ) -> None:
        """Calls `done` with the newest snapshot or None, and whether anybody answered."""
        settled = [False]

        def settle(found: tuple[SnapshotPointer, bytes] | None, answered: bool) -> None:
            if not settled[0]:
                settled[0] = True
                done(found, answered)

        def time_out() -> None:
            if not settled[0]:
                link.client.from_engine(settle, None, False)

        self.world.after(PUBLISH_TIMEOUT_MS, time_out)
        link.ask(lambda: link.tell(settle, self.snapshots.get(conference), True))

    # Backups

    def restore(self, held: dict[str, int]) -> None:
        """Makes all logs anew. Shape: `held` says how many batches of each the backup has."""
        self.epoch = EPOCH_RESTORED
        self._late.clear()
        for conference, count in held.items():
            before = self.archive[conference]
            kept, cut = before[:count], before[count - 1].sequence
            self._sequence += self.world.between(1, 2)
            payload = first_batch(self.epoch, cut)
            first = LogMessage(self._sequence, cut, self.world.wall_ms, payload)
            self.archive[conference] = [*kept, first]
            self.log[conference] = [msgspec.structs.replace(first, previous=0)]
            self.restored[conference] = Restored(self.epoch, before, cut, first.sequence)
            self.snapshots[conference] = snapshot_of(conference, EPOCH, kept, self.epoch, first)

    def store_old(self, conference: str) -> None:
        """Somebody whom the restoring did not reach publishes a batch of the old epoch again."""
        restored = self.restored[conference]
        lost = [m for m in restored.before if m.sequence > restored.cut]
        if lost:
            self._store(conference, lost[self.world.between(0, len(lost) - 1)].payload)

    # Plain messages between servers

    def broadcast(self, link: Link, receive: Callable[[EngineClient], Callable[[], None]]) -> None:
        """To every other server; lost on the way where a link is down."""

        def spread() -> None:
            for other in self.links.values():
                if other is not link and other.up:
                    other.tell(receive(other.client))

        link.ask(spread)

    # The engine's own misfortunes

    def go_down(self) -> None:
        for link in self.links.values():
            link.cut()

    def come_back(self) -> None:
        for link in self.links.values():
            link.restore()
