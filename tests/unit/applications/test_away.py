"""What application servers share when the store is away, or machines die: patience, not blame."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.conference.batch import (
    FORMAT,
    AttachEntry,
    Batch,
    Grant,
    LevelEntry,
    OperationEntry,
    encode_batch,
    encode_body,
)
from folkmoot.conference.snapshot import SnapshotPointer, encode_snapshot
from folkmoot.conference.state import LEVEL
from folkmoot.ports import Conflict, LogPage, LogUnavailable
from folkmoot.servers import archive as archive_module
from folkmoot.servers.applications.conferences import NotNow, OpenConferences, excused
from folkmoot.servers.applications.deaths import KNOWS_ZONE_AFTER_S, Deaths
from folkmoot.servers.applications.jobs import TRIES_MAX, Died, tried
from folkmoot.servers.applications.pauses import PAUSE_S, REMEMBERED_MAX, Pauses
from folkmoot.servers.archive import Archive
from folkmoot.servers.backup.save import _entry
from folkmoot.servers.breakouts.results import NOT_READABLE, Results
from folkmoot.servers.export.archive import make
from folkmoot.servers.export.gathering import ExportConference
from folkmoot.servers.export.job import ExportJob
from folkmoot.servers.history import SegmentEntry, add_segment, read_index
from folkmoot.servers.named import describe_named, get_named
from folkmoot.servers.replicas import load_replica
from folkmoot.servers.store import add_pointer, read_pointers
from folkmoot.servers.web.services import wall_ms
from folkmoot.testing.fake_engine import FakeZone

CONFERENCE = "c1"


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0
        self.deaf = False
        self.living: set[str] = set()

    def alive(self, server: str) -> bool:
        return server in self.living


def test_pauses_grow_end_and_are_forgotten() -> None:
    clock = Clock()
    pauses = Pauses(lambda: clock.now_s)
    assert not pauses.waits("a")
    waited = []
    for _ in range(8):
        pauses.failed("a")
        began_s = clock.now_s
        while pauses.waits("a"):
            clock.now_s += 0.125
        waited.append(clock.now_s - began_s)
    assert waited == [0.5, 1, 2, 4, 8, 8, 8, 8] and waited[-1] == PAUSE_S[1]
    pauses.over("a")
    pauses.failed("a")
    clock.now_s += PAUSE_S[0]
    assert not pauses.waits("a")
    for number in range(REMEMBERED_MAX):
        pauses.failed(str(number))
    assert pauses.waits("0")
    pauses.failed("one more")
    assert not pauses.waits("0"), "the oldest is forgotten"


def test_nobody_is_called_dead_by_who_cannot_know() -> None:
    clock = Clock()
    deaths = Deaths(clock, lambda: clock.now_s)
    assert deaths.unknown_s == KNOWS_ZONE_AFTER_S and not deaths.dead("export-1.aa")
    clock.now_s += KNOWS_ZONE_AFTER_S
    assert deaths.unknown_s == 0 and deaths.dead("export-1.aa")
    clock.living = {"export-1.aa"}
    assert not deaths.dead("export-1.aa")
    clock.living, clock.deaf = set(), True
    assert not deaths.dead("export-1.aa")


def test_the_store_and_who_stops_us_excuse_an_attempt_and_the_work_does_not() -> None:
    for error in (
        LogUnavailable(),
        Conflict(),
        asyncio.CancelledError(),
        NotNow("x", excused=True),
    ):
        assert excused(error)
    for error in (NotNow("x"), ValueError(), KeyError()):
        assert not excused(error)


async def test_children_that_are_ended_from_outside_are_asked_again_a_few_times() -> None:
    asked: list[int] = []

    async def reply(*replies: bytes | Died) -> bytes | Died:
        asked.append(0)
        return replies[min(len(asked), len(replies)) - 1]

    killed = Died("killed", by_itself=False)
    assert await tried(lambda: reply(killed, b"done")) == b"done"
    asked.clear()
    assert await tried(lambda: reply(killed)) == killed and len(asked) == TRIES_MAX
    for end in (Died("crashed", by_itself=True), Died("no memory", by_itself=False, begun=False)):
        asked.clear()
        assert await tried(lambda end=end: reply(end)) == end and len(asked) == 1


async def test_what_a_replica_does_not_know_is_gone_only_when_the_leader_says_so() -> None:
    zone = FakeZone()
    engine: Any = zone.engine()
    await engine.objects.put("there", b"x")
    assert await get_named(engine.objects, "there") == b"x"
    assert await get_named(engine.objects, "gone") is None
    assert await describe_named(engine.objects, "gone") is None
    engine.objects.unknown.add("there")
    for look in (get_named, describe_named):
        with pytest.raises(LogUnavailable):
            await look(engine.objects, "there")
    bucket = engine.bucket("rooms")
    await bucket.put("r", b"x")
    kept = await _entry(bucket, "r")
    assert kept is not None and kept.value == b"x"
    assert await _entry(bucket, "s") is None
    zone.buckets["rooms"].seen["r"] = None
    with pytest.raises(LogUnavailable):
        await _entry(bucket, "r")


class Room:
    """One conference with some words in its log."""

    def __init__(self) -> None:
        self.zone = FakeZone()
        self.engine: Any = self.zone.engine()
        self._batches = 0
        self.publish(
            LevelEntry(LEVEL),
            AttachEntry("s1", 1, "collaboration-1.aa", Grant("ada", "Ada", "host", "x")),
        )
        self.say("one")

    def publish(self, *entries: Any) -> None:
        self._batches += 1
        messages = self.zone.logs.messages(CONFERENCE)
        base = messages[-1].sequence if messages else 0
        epoch = self.zone.logs.stream(CONFERENCE).epoch
        batch = Batch(FORMAT, epoch, "collaboration-1.aa", self._batches, base, list(entries))
        self.zone.logs.store(CONFERENCE, encode_batch(batch))

    def say(self, text: str) -> None:
        body = encode_body({"text": text})
        self.publish(OperationEntry("s1", 1, self._batches, "chat", "post", body))

    async def snapshot(self) -> None:
        state = (await load_replica(self.engine, CONFERENCE, all_applications())).state
        name = f"snapshots/{state.sequence}"
        sha256 = await self.engine.objects.put(name, encode_snapshot(state))
        pointer = SnapshotPointer(
            state.epoch, state.sequence, state.digest.hex(), name, sha256,
            state.operations, state.time_ms,
        )  # fmt: skip
        await add_pointer(self.engine, CONFERENCE, pointer)

    def archive(self) -> Archive:
        return Archive(self.engine, all_applications(), self.zone.settings, wall_ms)


async def verified(room: Room) -> bool:
    pointers, _ = await read_pointers(room.engine, CONFERENCE)
    return all(pointer.verified for pointer in pointers.snapshots)


async def test_a_log_that_cannot_be_read_on_raises_no_alarm_and_is_archived_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room()
    await room.snapshot()
    archive = room.archive()

    async def behind(conference: str, first: int, count_max: int) -> LogPage:
        return LogPage([], more=False)

    with monkeypatch.context() as store, caplog.at_level(logging.WARNING):
        store.setattr(room.engine.log, "read", behind)
        await archive._guarded(CONFERENCE)
    assert "alarm" not in caplog.text and not await verified(room)
    assert CONFERENCE in archive._later_s, "nobody may be there to ask again"
    monkeypatch.setattr(archive_module, "AGAIN_S", 0)
    await archive._guarded(CONFERENCE)
    assert await verified(room)


async def test_a_segment_that_does_not_go_on_where_the_history_ends_is_not_added() -> None:
    engine: Any = FakeZone().engine()
    first = SegmentEntry("e", 0, 5, 1, 1, "o1", "h")
    await add_segment(engine, CONFERENCE, first)
    with pytest.raises(Conflict):
        await add_segment(engine, CONFERENCE, SegmentEntry("e", 3, 9, 1, 1, "o2", "h"))
    await add_segment(engine, CONFERENCE, SegmentEntry("e", 5, 9, 1, 1, "o2", "h"))
    index, _ = await read_index(engine, CONFERENCE)
    assert [segment.last for segment in index.segments] == [5, 9]


class Pack:
    """Packs in this process; `fails` is what comes of the next jobs instead."""

    def __init__(self, *fails: Died) -> None:
        self.fails = list(fails)

    async def run(self, payload: bytes) -> bytes | Died:
        if self.fails:
            return self.fails.pop(0)
        return msgspec.msgpack.encode(make(msgspec.msgpack.decode(payload, type=ExportJob)))


async def test_what_a_breakout_brings_back_is_not_lost_to_a_child_that_somebody_ends() -> None:
    room = Room()

    async def written(*fails: Died) -> str:
        conferences = OpenConferences(
            ExportConference, room.engine, all_applications(), "export-1.aa", lambda: 0.0
        )
        return await Results(room.engine, conferences, Pack(*fails)).write(CONFERENCE)

    killed = Died("killed", by_itself=False)
    assert await written(*[killed] * (TRIES_MAX - 1)) == await written() != NOT_READABLE
    assert await written(*[killed] * TRIES_MAX) == NOT_READABLE
    with pytest.raises(NotNow):
        await written(Died("no memory", by_itself=False, begun=False))
