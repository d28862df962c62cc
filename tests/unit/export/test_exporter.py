"""An export server on the fake engine: claims, takes over, gives up, tidies away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.apps.exports import Export, ExportsState, Failed, Finished, Started
from folkmoot.apps.files import Stored
from folkmoot.conference.batch import (
    FORMAT,
    AttachEntry,
    Batch,
    Entry,
    Grant,
    LevelEntry,
    OperationEntry,
    ServiceEntry,
    TimerEntry,
    encode_batch,
    encode_body,
)
from folkmoot.conference.state import LEVEL
from folkmoot.ports import LogFull, LogUnavailable
from folkmoot.servers.applications.conferences import OpenConferences
from folkmoot.servers.applications.deaths import KNOWS_ZONE_AFTER_S
from folkmoot.servers.applications.jobs import Died
from folkmoot.servers.applications.pauses import PAUSE_S
from folkmoot.servers.applications.work import Work
from folkmoot.servers.export import exporter as exporter_module
from folkmoot.servers.export.archive import make
from folkmoot.servers.export.exporter import Exporter
from folkmoot.servers.export.gathering import ExportConference
from folkmoot.servers.export.job import ExportJob
from folkmoot.servers.replicas import load_replica
from folkmoot.testing.fake_engine import FakeZone

CONFERENCE = "c1"


class Pack:
    """Packs in this process; `fails` is what comes of the next jobs instead."""

    def __init__(self) -> None:
        self.jobs: list[ExportJob] = []
        self.fails: list[Died] = []
        self.before: Callable[[], object] = lambda: None

    async def run(self, payload: bytes) -> bytes | Died:
        self.jobs.append(msgspec.msgpack.decode(payload, type=ExportJob))
        self.before()
        if self.fails:
            return self.fails.pop(0)
        return msgspec.msgpack.encode(make(self.jobs[-1]))


class Room:
    """One conference, an export server, and the zone's table as the server hears it."""

    def __init__(self) -> None:
        self.zone = FakeZone()
        self.engine = self.zone.engine()
        self.pack = Pack()
        self.now_s = 100.0
        self.deaf = False
        self.living: set[str] = set()
        self._batches = 0
        self.exporter = self.server("export-1.aa")
        self.now_s += 60
        self.publish(
            LevelEntry(LEVEL),
            AttachEntry("s1", 1, "collaboration-1.aa", Grant("ada", "Ada", "host", "x")),
        )

    def server(self, name: str) -> Exporter:
        engine: Any = self.engine
        conferences = OpenConferences(
            ExportConference, engine, all_applications(), name, lambda: self.now_s
        )
        return Exporter(engine, conferences, self, name, lambda: self.now_s, self.pack)

    def alive(self, server: str) -> bool:
        return server in self.living

    def publish(self, *entries: Entry) -> int:
        self._batches += 1
        messages = self.zone.logs.messages(CONFERENCE)
        base = messages[-1].sequence if messages else 0
        epoch = self.zone.logs.stream(CONFERENCE).epoch
        batch = Batch(FORMAT, epoch, "collaboration-1.aa", self._batches, base, list(entries))
        return self.zone.logs.store(CONFERENCE, encode_batch(batch))

    def request(self) -> str:
        body = encode_body({"formats": ["json"]})
        return f"{self.publish(OperationEntry('s1', 1, 1, 'exports', 'request', body))}.0"

    def say(self, type_: str, body: msgspec.Struct) -> None:
        self.publish(ServiceEntry("export-9.bb", "x", "exports", type_, encode_body(body)))

    async def work(self) -> None:
        await self.exporter.work(Work(CONFERENCE))

    async def exports(self) -> dict[str, Export]:
        engine: Any = self.engine
        replica = await load_replica(engine, CONFERENCE, all_applications())
        state: ExportsState = replica.state.apps["exports"]
        return state.exports

    async def expire(self, id_: str) -> None:
        engine: Any = self.engine
        replica = await load_replica(engine, CONFERENCE, all_applications())
        deadline_ms = replica.state.timers[f"exports/{id_}"].deadline_ms
        self.zone.logs.time_ms = deadline_ms
        self.publish(TimerEntry(f"exports/{id_}", deadline_ms))


@pytest.fixture
def room() -> Room:
    return Room()


async def test_what_waits_is_made_and_said(room: Room) -> None:
    id_ = room.request()
    await room.work()
    export = (await room.exports())[id_]
    assert (export.phase, export.attempt, export.worker) == ("finished", 1, "export-1.aa")
    assert export.position >= int(id_.split(".")[0])
    data = await room.engine.objects.get(export.object)
    assert data is not None
    assert len(data) == export.bytes
    await room.work()
    assert len(room.pack.jobs) == 1, "and not again"


async def test_a_claim_of_somebody_alive_is_respected(room: Room) -> None:
    id_ = room.request()
    room.say("started", Started(id_, "export-9.bb", 1))
    room.living = {"export-9.bb"}
    await room.work()
    assert room.pack.jobs == []


async def test_a_claim_of_the_dead_is_taken_over(room: Room) -> None:
    id_ = room.request()
    room.say("started", Started(id_, "export-9.bb", 1))
    room.deaf = True
    await room.work()
    assert room.pack.jobs == [], "who hears nobody calls nobody dead"
    room.deaf = False
    await room.work()
    assert (await room.exports())[id_].attempt == 2


async def test_who_just_started_listens_before_it_calls_anybody_dead(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        room.living = {"export-9.bb"}

    id_ = room.request()
    room.say("started", Started(id_, "export-9.bb", 1))
    young = room.server("export-2.cc")
    monkeypatch.setattr(asyncio, "sleep", sleep)
    await young.work(Work(CONFERENCE))
    assert KNOWS_ZONE_AFTER_S in slept
    assert room.pack.jobs == []


async def test_an_export_that_another_finished_meanwhile_keeps_the_others_object(
    room: Room,
) -> None:
    id_ = room.request()
    name = f"exports/{CONFERENCE}/{id_}-other"
    await room.engine.objects.put(name, b"other")
    room.pack.before = lambda: room.say("finished", Finished(id_, name, "h", 5, 1))
    await room.work()
    assert (await room.exports())[id_].object == name
    assert await room.engine.objects.names("exports/") == [name]


async def test_small_files_come_along_and_large_ones_are_listed(room: Room) -> None:
    for upload, size in (("u1", 5), ("u2", 9 << 20), ("u3", 6)):
        name = f"files/{CONFERENCE}/{upload}"
        await room.engine.objects.put(name, upload.encode())
        body = Stored(
            upload, "ada", "image" if upload == "u3" else "file", f"{upload}.txt", "text/plain",
            size, "0" * 64, name,
        )  # fmt: skip
        room.publish(ServiceEntry("documents-1.aa", "x", "files", "stored", encode_body(body)))
    room.request()
    await room.work()
    told = [(f.name, f.by, f.data) for f in room.pack.jobs[0].files]
    assert told == [("u1.txt", "Ada", b"u1"), ("u2.txt", "Ada", None)]


async def test_a_document_that_kills_the_child_is_left_out(room: Room) -> None:
    id_ = room.request()
    room.pack.fails = [Died("the export process died of SIGSEGV", by_itself=True)]
    await room.work()
    assert (await room.exports())[id_].phase == "finished"
    assert [d.readable for d in room.pack.jobs[1].documents] == [False, False]


async def test_failures_are_said_and_tried_again_until_it_is_enough(room: Room) -> None:
    id_ = room.request()
    room.pack.fails = [Died("no reply within 120 s", by_itself=False)] * 3
    for attempt in (1, 2):
        await room.work()
        export = (await room.exports())[id_]
        assert (export.phase, export.attempt) == ("waiting", attempt)
    await room.work()
    export = (await room.exports())[id_]
    assert export.phase == "failed" and "no reply within 120 s" in export.reason
    await room.work()
    assert len(room.pack.jobs) == 3


async def test_a_store_without_a_leader_is_waited_for_and_is_no_attempt(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(name: str, data: bytes) -> str:
        raise LogUnavailable("the stream has no leader")

    id_ = room.request()
    with monkeypatch.context() as store:
        store.setattr(room.engine.objects, "put", away)
        for _ in range(20):
            await room.work()
            assert (await room.exports())[id_].phase == "waiting"
            room.now_s += PAUSE_S[1]
    attempts = len(room.pack.jobs)
    assert attempts == 20
    await room.work()
    assert (await room.exports())[id_].phase == "finished"


async def test_a_store_that_does_not_answer_is_asked_less_and_less_often(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(name: str, data: bytes) -> str:
        raise LogUnavailable("the stream has no leader")

    room.request()
    monkeypatch.setattr(room.engine.objects, "put", away)
    for _ in range(600):
        await room.work()
        room.now_s += 0.1
    assert len(room.pack.jobs) <= 4 + 60 / PAUSE_S[1]


@pytest.mark.parametrize("stored", [True, False])
async def test_a_log_whose_answers_are_lost_spends_no_attempt(room: Room, stored: bool) -> None:
    id_ = room.request()
    for _ in range(10):
        room.zone.faults.unknown_outcomes.append(stored)
        await room.work()
        room.now_s += PAUSE_S[1]
        assert (await room.exports())[id_].phase in ("waiting", "making")
    await room.work()
    assert (await room.exports())[id_].phase == "finished"


async def test_progress_is_said_again_once_the_log_has_a_leader(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter_module, "TOLD_EVERY_S", 0)
    monkeypatch.setattr(exporter_module, "STILL_HERE_EVERY_S", 0)
    id_ = room.request()
    run = room.pack.run

    async def long(payload: bytes) -> bytes | Died:
        room.zone.faults.leaderless = True
        for _ in range(50):
            await asyncio.sleep(0)
        room.zone.faults.leaderless = False
        before_ms = (await room.exports())[id_].heard_ms
        async with asyncio.timeout(20):
            while (await room.exports())[id_].heard_ms == before_ms:
                await asyncio.sleep(0)
        return await run(payload)

    monkeypatch.setattr(room.pack, "run", long)
    await room.work()
    assert (await room.exports())[id_].phase == "finished"


async def test_who_is_stopped_says_so_and_the_next_attempt_is_not_a_second_one(
    room: Room,
) -> None:
    id_ = room.request()

    def stop() -> None:
        raise asyncio.CancelledError

    room.pack.before = stop
    for _ in range(10):
        with pytest.raises(asyncio.CancelledError):
            await room.work()
        assert (await room.exports())[id_].phase == "waiting"
    room.pack.before = lambda: None
    await room.work()
    assert (await room.exports())[id_].phase == "finished"


async def test_a_file_that_one_replica_does_not_know_yet_is_waited_for(room: Room) -> None:
    await room.engine.objects.put("files/c1/u1", b"u1")
    body = Stored("u1", "ada", "file", "u1.txt", "text/plain", 2, "0" * 64, "files/c1/u1")
    room.publish(ServiceEntry("documents-1.aa", "x", "files", "stored", encode_body(body)))
    id_ = room.request()
    room.engine.objects.unknown.add("files/c1/u1")
    await room.work()
    assert (await room.exports())[id_].phase == "waiting" and room.pack.jobs == []
    room.engine.objects.unknown.clear()
    room.now_s += PAUSE_S[1]
    await room.work()
    assert [file.data for file in room.pack.jobs[0].files] == [b"u1"]


async def test_full_storage_is_told_in_a_sentence(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(name: str, data: bytes) -> str:
        raise LogFull("no space")

    id_ = room.request()
    monkeypatch.setattr(room.engine.objects, "put", full)
    for _ in range(3):
        await room.work()
    assert (await room.exports())[id_].reason == "The server's storage is full."


async def test_what_can_never_be_made_is_not_tried_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter_module, "ARCHIVE_BYTES_MAX", 10)
    id_ = room.request()
    await room.work()
    export = (await room.exports())[id_]
    assert (export.phase, export.attempt) == ("failed", 1)
    assert "larger than" in export.reason


async def test_the_objects_of_an_export_that_is_over_are_deleted(room: Room) -> None:
    id_ = room.request()
    await room.work()
    await room.engine.objects.put(f"exports/{CONFERENCE}/{id_}-left", b"of a dead attempt")
    await room.expire(id_)
    assert (await room.exports())[id_].phase == "removing"
    await room.work()
    assert await room.exports() == {}
    assert await room.engine.objects.names("exports/") == []


async def test_a_failed_attempt_of_somebody_else_is_tried_here(room: Room) -> None:
    id_ = room.request()
    room.say("started", Started(id_, "export-9.bb", 1))
    room.say("failed", Failed(id_, 1, "no"))
    await room.work()
    assert (await room.exports())[id_].attempt == 2
