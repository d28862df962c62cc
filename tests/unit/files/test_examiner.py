"""An examiner on the fake engine: once, whoever dies; nothing left of what is refused."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.apps.files import FilesState, Remove
from folkmoot.conference.batch import (
    FORMAT,
    AttachEntry,
    Batch,
    Entry,
    Grant,
    LevelEntry,
    OperationEntry,
    encode_batch,
    encode_body,
)
from folkmoot.conference.state import LEVEL
from folkmoot.ports import LogUnavailable
from folkmoot.servers.applications.conferences import OpenConferences
from folkmoot.servers.applications.deaths import KNOWS_ZONE_AFTER_S
from folkmoot.servers.applications.jobs import Died
from folkmoot.servers.applications.pauses import PAUSE_S
from folkmoot.servers.applications.work import Work
from folkmoot.servers.files.examiner import (
    ATTEMPTS_MAX,
    CLAIM_MS,
    EXAMINED_WITHIN_MS,
    Ends,
    Examiner,
    FilesConference,
)
from folkmoot.servers.files.job import HEAD_BYTES, TAIL_BYTES, WHOLE_BYTES_MAX, ExamineJob
from folkmoot.servers.files.records import COMPLETE, RECEIVING, UploadRecord, Uploads
from folkmoot.servers.files.sweeping import ENDED_KEPT_MS, sweep
from folkmoot.servers.files.verdict import judge
from folkmoot.servers.replicas import load_replica
from folkmoot.testing import corpus
from folkmoot.testing.fake_engine import FakeZone

CONFERENCE = "c1"


class Look:
    """Judges in this process; `fails` is what comes of the next jobs instead."""

    def __init__(self) -> None:
        self.jobs: list[str] = []
        self.fails: list[Died] = []
        self.before: Callable[[], Any] | None = None

    async def run(self, payload: bytes) -> bytes | Died:
        job = msgspec.msgpack.decode(payload, type=ExamineJob)
        self.jobs.append(job.name)
        if self.before is not None:
            before, self.before = self.before, None
            await before()
        return self.fails.pop(0) if self.fails else msgspec.msgpack.encode(judge(job))


class Room:
    """One conference, and the zone's table as its examiners hear it."""

    def __init__(self) -> None:
        self.zone = FakeZone()
        self.engine: Any = self.zone.engine()
        self.uploads = Uploads(self.engine.bucket("uploads"))
        self.look = Look()
        self.now_ms = 1_000_000
        self.now_s = 100.0
        self.deaf = False
        self.living: set[str] = set()
        self._batches = 0
        self._counter = 0
        self.one, self.other = self.examiner("documents-1.aa"), self.examiner("documents-2.bb")
        self.later(KNOWS_ZONE_AFTER_S)
        self.publish(
            LevelEntry(LEVEL),
            AttachEntry("s1", 1, "collaboration-1.aa", Grant("ada", "Ada", "participant", "x")),
        )

    def later(self, seconds: float) -> None:
        self.now_s += seconds
        self.now_ms += int(1_000 * seconds)

    def alive(self, server: str) -> bool:
        return server in self.living

    def examiner(self, name: str) -> Examiner:
        conferences = OpenConferences(
            FilesConference, self.engine, all_applications(), name, lambda: 0.0
        )
        return Examiner(
            self.engine.objects, self.uploads, conferences, self, name, lambda: self.now_ms,
            lambda: self.now_s, self.look,
        )  # fmt: skip

    def publish(self, *entries: Entry) -> None:
        self._batches += 1
        messages = self.zone.logs.messages(CONFERENCE)
        base = messages[-1].sequence if messages else 0
        epoch = self.zone.logs.stream(CONFERENCE).epoch
        batch = Batch(FORMAT, epoch, "collaboration-1.aa", self._batches, base, list(entries))
        self.zone.logs.store(CONFERENCE, encode_batch(batch))

    def remove(self, file: str) -> None:
        self._counter += 1
        body = encode_body(Remove(file))
        self.publish(OperationEntry("s1", 1, self._counter, "files", "remove", body))

    async def bring(
        self, upload: str, name: str, data: bytes, *, bytes_: int = 0, person: str = "ada"
    ) -> None:
        record = UploadRecord(
            CONFERENCE, upload, person, "file", name, bytes_ or len(data), self.now_ms,
            phase=COMPLETE,
        )  # fmt: skip
        await self.uploads.create(record)
        await self.engine.objects.append(await self.engine.objects.resume(upload), data)

    async def files(self) -> FilesState:
        replica = await load_replica(self.engine, CONFERENCE, all_applications())
        state: FilesState = replica.state.apps["files"]
        return state

    async def names(self) -> list[str]:
        return [file.name for file in (await self.files()).files.values()]

    async def outcome(self, upload: str) -> tuple[str, str]:
        found = await self.uploads.find(CONFERENCE, upload)
        assert found is not None
        return found.record.phase, found.record.code

    @property
    def left(self) -> set[str]:
        """What is being written, and the objects of files."""
        return {*self.zone.pieces.written, *self.zone.objects}


class Failing:
    """Takes a part of the engine away: from the call after the next `skip` on, `times` calls (0:
    all) raise; `stored` says whether a write took effect all the same."""

    def __init__(
        self, room: Room, part: str, *, skip: int = 0, times: int = 0, stored: bool = False
    ) -> None:
        held: list[tuple[Any, str]] = {
            "bucket": [(room.uploads, "change")],
            "objects": [(room.engine.objects, "survey")],
            "log": [(room.engine.log, "publish")],
        }[part]
        self.failed = 0
        self._held = held
        self._skip, self._times, self._stored = skip, times, stored
        for thing, name in held:
            setattr(thing, name, self._failing(getattr(thing, name)))

    def _failing(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def fails(*arguments: Any, **named: Any) -> Any:
            if self._skip > 0 or (self._times and self.failed >= self._times):
                self._skip -= 1
                return await call(*arguments, **named)
            self.failed += 1
            if self._stored:
                await call(*arguments, **named)
            raise LogUnavailable("the stream has no leader")

        return fails

    def mend(self) -> None:
        for thing, name in self._held:
            delattr(thing, name)


async def stopped() -> None:
    raise asyncio.CancelledError


@pytest.fixture
def room() -> Room:
    return Room()


async def test_an_upload_becomes_a_file_once_and_its_object_has_the_name_of_its_content(
    room: Room,
) -> None:
    await room.bring("u1", "cat.png", corpus.picture())
    for examiner in (room.one, room.other, room.one):
        await examiner.work(Work(CONFERENCE, "u1"))
    assert await room.names() == ["cat.png"] and await room.outcome("u1") == ("stored", "")
    (file,) = (await room.files()).files.values()
    assert file.object == f"files/{CONFERENCE}/{hashlib.sha256(corpus.picture()).hexdigest()}"
    assert (file.width, file.height, file.preview) == (64, 48, f"{file.object}.preview")
    assert await room.engine.objects.get(file.object) == corpus.picture()
    assert room.look.jobs == ["cat.png"]


async def test_one_that_is_examined_by_somebody_who_lives_is_left_alone(room: Room) -> None:
    await room.bring("u1", "a.txt", b"text")
    room.look.fails = [Died("killed", by_itself=False)]
    await room.one.work(Work(CONFERENCE, "u1"))
    room.living = {"documents-1.aa"}
    await room.other.work(Work(CONFERENCE, "u1"))
    assert len(room.look.jobs) == 1
    room.deaf, room.living = True, set()
    await room.other.work(Work(CONFERENCE, "u1"))
    assert len(room.look.jobs) == 1, "who hears nobody calls nobody dead"
    room.deaf = False
    await room.other.work(Work(CONFERENCE, "u1"))
    assert await room.names() == ["a.txt"]


async def test_a_claim_that_gets_nowhere_is_taken_over_in_the_end(room: Room) -> None:
    await room.bring("u1", "a.txt", b"text")
    room.look.fails = [Died("no reply", by_itself=False)]
    room.living = {"documents-1.aa"}
    await room.one.work(Work(CONFERENCE, "u1"))
    room.now_ms += CLAIM_MS
    await room.other.work(Work(CONFERENCE, "u1"))
    assert await room.names() == ["a.txt"]


async def test_a_file_that_ends_the_child_is_refused_and_nothing_is_left(room: Room) -> None:
    await room.bring("u1", "a.txt", b"text")
    room.look.fails = [Died("it died of SIGSEGV", by_itself=True)]
    await room.one.work(Work(CONFERENCE, "u1"))
    assert await room.outcome("u1") == ("refused", "damaged")
    assert room.left == set() and await room.names() == []


async def test_what_cannot_be_examined_is_given_up_after_some_attempts(room: Room) -> None:
    await room.bring("u1", "a.txt", b"text")
    room.look.fails = [Died("killed", by_itself=False)] * 10
    for _ in range(ATTEMPTS_MAX + 1):
        await room.one.work(Work(CONFERENCE, "u1"))
        room.later(PAUSE_S[1])
    assert await room.outcome("u1") == ("refused", "not_examined")
    assert len(room.look.jobs) == ATTEMPTS_MAX and room.left == set()


@pytest.mark.parametrize("cut", ["bucket", "objects", "log"])
async def test_a_store_without_a_leader_is_waited_for_however_often_it_fails(
    room: Room, cut: str
) -> None:
    await room.bring("u1", "a.txt", b"text")
    store = Failing(room, cut)
    for _ in range(10 * ATTEMPTS_MAX):
        await room.one.work(Work(CONFERENCE, "u1"))
        assert (await room.outcome("u1"))[0] == COMPLETE
        room.later(PAUSE_S[1])
    assert store.failed >= 10 * ATTEMPTS_MAX
    store.mend()
    await room.one.work(Work(CONFERENCE, "u1"))
    assert await room.names() == ["a.txt"] and await room.outcome("u1") == ("stored", "")


async def test_a_store_that_does_not_answer_is_asked_less_and_less_often(room: Room) -> None:
    await room.bring("u1", "a.txt", b"text")
    store = Failing(room, "bucket")
    for _ in range(600):
        await room.one.work(Work(CONFERENCE, "u1"))
        room.later(0.1)
    assert store.failed <= 4 + 60 / PAUSE_S[1]


@pytest.mark.parametrize("stored", [True, False])
async def test_writes_whose_answer_is_lost_are_not_held_against_a_file(
    room: Room, stored: bool
) -> None:
    await room.bring("u1", "a.txt", b"text")
    for lost in range(1, 8):
        store = Failing(room, "bucket", skip=lost % 3, times=1, stored=stored)
        await room.one.work(Work(CONFERENCE, "u1"))
        assert store.failed == 1
        store.mend()
        room.later(PAUSE_S[1])
    await room.one.work(Work(CONFERENCE, "u1"))
    assert await room.names() == ["a.txt"] and await room.outcome("u1") == ("stored", "")


class Killed(BaseException):
    """The end of a whole process."""


async def killed() -> None:
    raise Killed


async def test_a_file_that_ends_the_whole_server_is_given_up_after_some_servers(
    room: Room,
) -> None:
    await room.bring("u1", "a.txt", b"text")
    for number in range(ATTEMPTS_MAX):
        server = room.examiner(f"documents-1.{number}")
        room.later(KNOWS_ZONE_AFTER_S)
        room.look.before = killed
        with pytest.raises(Killed):
            await server.work(Work(CONFERENCE, "u1"))
    await room.other.work(Work(CONFERENCE, "u1"))
    assert await room.outcome("u1") == ("refused", "not_examined")
    assert len(room.look.jobs) == ATTEMPTS_MAX and room.left == set()


async def test_servers_that_are_stopped_or_die_without_the_bytes_say_nothing_of_a_file(
    room: Room,
) -> None:
    await room.bring("u1", "a.txt", b"text")
    for number in range(3 * ATTEMPTS_MAX):
        server = room.examiner(f"documents-1.{number}")
        room.later(KNOWS_ZONE_AFTER_S)
        if number % 2:
            room.look.before = stopped
            with pytest.raises(asyncio.CancelledError):
                await server.work(Work(CONFERENCE, "u1"))
        else:
            store = Failing(room, "log")  # and dies when it has the verdict, or before the bytes
            await server.work(Work(CONFERENCE, "u1"))
            store.mend()
    await room.other.work(Work(CONFERENCE, "u1"))
    assert await room.names() == ["a.txt"] and await room.outcome("u1") == ("stored", "")


async def test_who_has_just_started_calls_nobody_dead(room: Room) -> None:
    await room.bring("u1", "a.txt", b"text")
    room.look.fails = [Died("killed", by_itself=False)]
    await room.one.work(Work(CONFERENCE, "u1"))
    young = room.examiner("documents-3.cc")
    await young.work(Work(CONFERENCE, "u1"))
    assert len(room.look.jobs) == 1
    room.later(KNOWS_ZONE_AFTER_S)
    await young.work(Work(CONFERENCE, "u1"))
    assert await room.names() == ["a.txt"]


async def test_a_child_that_cannot_be_started_says_nothing_of_the_file(room: Room) -> None:
    await room.bring("u1", "a.txt", b"text")
    room.look.fails = [Died("no memory", by_itself=False, begun=False)] * 2 * ATTEMPTS_MAX
    for _ in range(2 * ATTEMPTS_MAX + 1):
        await room.one.work(Work(CONFERENCE, "u1"))
        room.later(PAUSE_S[1])
    assert await room.outcome("u1") == ("stored", "")


async def test_a_store_that_stays_away_ends_an_upload_when_it_is_old(room: Room) -> None:
    await room.bring("u1", "a.txt", b"text")
    store = Failing(room, "objects")
    await room.one.work(Work(CONFERENCE, "u1"))
    store.mend()
    room.later(EXAMINED_WITHIN_MS / 1_000)
    await room.one.work(Work(CONFERENCE, "u1"))
    assert await room.outcome("u1") == ("refused", "not_examined") and room.left == set()


@pytest.mark.parametrize("what", ["a page called picture", "an archive that fills disks"])
async def test_a_bad_file_is_refused_and_nothing_is_left(room: Room, what: str) -> None:
    name, data, code = corpus.bad()[what]
    await room.bring("u1", name, data)
    await room.one.work(Work(CONFERENCE, "u1"))
    assert await room.outcome("u1") == ("refused", code)
    assert room.left == set() and await room.names() == []


async def test_an_upload_that_is_not_whole_is_refused(room: Room) -> None:
    await room.bring("u1", "a.txt", b"text", bytes_=5)
    await room.one.work(Work(CONFERENCE, "u1"))
    assert await room.outcome("u1") == ("refused", "damaged") and room.left == set()


async def test_who_may_not_any_more_shares_nothing(room: Room) -> None:
    await room.bring("u1", "a.txt", b"text", person="nobody")
    await room.one.work(Work(CONFERENCE, "u1"))
    assert await room.outcome("u1") == ("refused", "not_allowed") and room.left == set()


async def test_two_of_the_same_name_and_bytes_at_once_are_two_files_and_one_object(
    room: Room,
) -> None:
    await room.bring("u1", "a.txt", b"text")
    await room.bring("u2", "a.txt", b"text")

    async def meanwhile() -> None:
        await room.other.work(Work(CONFERENCE, "u2"))

    room.look.before = meanwhile
    await room.one.work(Work(CONFERENCE, "u1"))
    assert sorted(await room.names()) == ["a (2).txt", "a.txt"]
    assert len(room.zone.objects) == 1


async def test_what_is_removed_is_deleted_and_can_come_again(room: Room) -> None:
    await room.bring("u1", "cat.png", corpus.picture())
    await room.one.work(Work(CONFERENCE, "u1"))
    room.remove(next(iter((await room.files()).files)))
    assert len((await room.files()).removing) == 2
    # Nobody has deleted it yet when the same comes again.
    await room.bring("u2", "cat.png", corpus.picture())
    await room.other.work(Work(CONFERENCE, "u2"))
    assert await room.names() == ["cat.png"]
    (file,) = (await room.files()).files.values()
    assert await room.engine.objects.get(file.object) == corpus.picture()
    room.remove(next(iter((await room.files()).files)))
    for examiner in (room.one, room.other):
        await examiner.work(Work(CONFERENCE))
    state = await room.files()
    assert (state.files, state.removing) == ({}, [])
    assert room.zone.objects == {}


async def test_a_server_that_died_after_the_log_knew_leaves_the_rest_to_the_next(
    room: Room,
) -> None:
    await room.bring("u1", "a.txt", b"text")
    change = room.uploads.change

    async def dies(found: Any, **changes: object) -> Any:
        if "file" in changes:
            raise LogUnavailable("killed")
        return await change(found, **changes)

    room.uploads.change = dies  # type: ignore[method-assign]
    await room.one.work(Work(CONFERENCE, "u1"))
    room.uploads.change = change  # type: ignore[method-assign]
    assert await room.names() == ["a.txt"] and await room.outcome("u1") == ("complete", "")
    await room.other.work(Work(CONFERENCE, "u1"))
    assert await room.names() == ["a.txt"] and await room.outcome("u1") == ("stored", "")
    assert len(room.look.jobs) == 1


def test_of_what_is_large_the_ends_are_kept() -> None:
    size = WHOLE_BYTES_MAX + 10
    data = bytes(range(251)) * (size // 251 + 1)
    ends = Ends(size)
    for at in range(0, size, 700_001):
        ends.add(data[at : min(size, at + 700_001)])
    assert bytes(ends.head) == data[:HEAD_BYTES]
    assert bytes(ends.tail) == data[size - TAIL_BYTES : size]


async def test_what_is_broken_off_is_swept_and_what_is_complete_asked_for(room: Room) -> None:
    await room.bring("u1", "a.txt", b"text")
    old = UploadRecord(CONFERENCE, "u2", "ada", "file", "b", 9, room.now_ms, phase=RECEIVING)
    await room.uploads.create(old)
    await room.engine.objects.append(await room.engine.objects.resume("u2"), b"part")
    asked: list[Work] = []

    async def look() -> list[str]:
        await sweep(room.engine.objects, room.uploads, asked.append, room.now_ms, 5_000)
        return [record.upload for record in await room.uploads.of("")]

    room.now_ms += 4_999
    assert await look() == ["u1", "u2"] and asked == [Work(CONFERENCE, "u1")]
    room.now_ms += 1
    assert await look() == ["u1"] and room.left == {"u1"}
    await room.one.work(Work(CONFERENCE, "u1"))
    room.now_ms += ENDED_KEPT_MS
    assert await look() == []
    assert await room.names() == ["a.txt"]
