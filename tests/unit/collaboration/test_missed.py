"""A room opened after its clients lost their server: they go on where they were."""

from __future__ import annotations

import hashlib

import pytest

from folkmoot.apps import all_applications
from folkmoot.conference.snapshot import SnapshotPointer, encode_snapshot
from folkmoot.ports import LogMessage
from folkmoot.servers.collaboration.room import Room
from folkmoot.servers.collaboration.signing import Signer
from folkmoot.servers.doors.tokens import KEY_BYTES
from folkmoot.servers.missed import read_missed
from folkmoot.servers.replicas import load_replica
from folkmoot.servers.store import add_pointer
from folkmoot.settings import Settings
from folkmoot.testing.batches import LogWriter, join, operation
from folkmoot.testing.fake_engine import FakeEngine, FakeZone

CONFERENCE = "c1"
POSTS = 20


class Log:
    """A conference in a fake engine: one join, then posts, a batch each."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.zone = FakeZone(self.settings)
        self._writer = LogWriter(self.zone.logs.stream(CONFERENCE).epoch)
        self._counter = 0
        self._store(self._writer.add(join()))

    def post(self, count: int) -> None:
        for _ in range(count):
            self._counter += 1
            self._store(self._writer.add(operation(self._counter)))

    @property
    def last(self) -> int:
        return self._writer.last

    def engine(self) -> FakeEngine:
        return self.zone.engine()

    async def snapshot(self) -> int:
        """Stores a snapshot of the log's end and returns its position."""
        engine = self.engine()
        state = (await load_replica(engine, CONFERENCE, all_applications())).state
        name = f"snapshots/{state.sequence}"
        data = encode_snapshot(state)
        await engine.objects.put(name, data)
        pointer = SnapshotPointer(
            state.epoch,
            state.sequence,
            state.digest.hex(),
            name,
            hashlib.sha256(data).hexdigest(),
            state.operations,
            state.time_ms,
        )
        await add_pointer(engine, CONFERENCE, pointer)
        return state.sequence

    async def open_room(self) -> Room:
        room = Room(
            self.engine(),  # type: ignore[arg-type]
            CONFERENCE,
            "two.2",
            all_applications(),
            self.settings,
            Signer(bytes(KEY_BYTES), lambda: 0),
        )
        await room.open()
        return room

    def _store(self, message: LogMessage) -> None:
        assert self.zone.logs.store(CONFERENCE, message.payload) == message.sequence


def missed(room: Room, sequence: int) -> list[int] | None:
    deliveries = room.host.backlog.since(sequence)
    return None if deliveries is None else [delivery.sequence for delivery in deliveries]


@pytest.fixture
def log() -> Log:
    return Log()


async def test_what_was_read_while_opening_can_be_told_again(log: Log) -> None:
    log.post(POSTS)
    room = await log.open_room()
    assert missed(room, 5) == list(range(6, log.last + 1))
    await room.close()


async def test_what_lies_before_the_snapshot_is_replayed_for_who_missed_it(log: Log) -> None:
    log.post(POSTS)
    snapshot = await log.snapshot()
    log.post(3)
    room = await log.open_room()
    assert missed(room, 5) is None
    await room.cover(5)
    assert missed(room, 5) == list(range(6, log.last + 1))
    assert snapshot + 3 == log.last
    await room.close()


async def test_the_replay_begins_at_the_newest_snapshot_that_is_old_enough(log: Log) -> None:
    log.post(POSTS)
    older = await log.snapshot()
    log.post(POSTS)
    await log.snapshot()
    told = await read_missed(log.engine(), CONFERENCE, all_applications(), older + 5, log.last)
    assert told is not None
    start, applied = told
    assert start == older
    assert [batch.sequence for batch in applied] == list(range(older + 1, log.last + 1))


async def test_what_was_trimmed_cannot_be_told_and_is_not_tried_again(log: Log) -> None:
    log.post(POSTS)
    snapshot = await log.snapshot()
    log.post(3)
    log.zone.logs.purge(CONFERENCE, snapshot)
    room = await log.open_room()
    await room.cover(5)
    assert missed(room, 5) is None
    reads: list[int] = []
    room._engine.log.read = lambda *given: reads.append(1)  # type: ignore[method-assign]
    await room.cover(5)
    assert reads == []
    await room.close()


async def test_the_bounds_of_the_backlog_hold() -> None:
    log = Log(Settings(backlog_batches_max=4))
    log.post(POSTS)
    await log.snapshot()
    log.post(2)
    room = await log.open_room()
    await room.cover(2)
    assert missed(room, 2) is None
    assert missed(room, log.last - 4) == list(range(log.last - 3, log.last + 1))
    await room.close()
