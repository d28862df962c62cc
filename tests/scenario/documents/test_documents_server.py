"""The documents server on a fake engine, with real children: asked, it compacts or takes out."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.ports import Damaged
from folkmoot.servers.applications.work import Work
from folkmoot.servers.documents.compactor import (
    REST_S,
    STUCK_S,
    SUBJECT,
    WAITING_MAX,
    Compactor,
    Postponed,
)
from folkmoot.servers.documents.conferences import Conferences
from folkmoot.servers.documents.job import Attempt, CompactionJob, Died, Job, Reply
from folkmoot.servers.documents.trial import ChildTrial, TrialLimits
from folkmoot.testing.fake_engine import FakeEngine

Build = Callable[[int, int, int], bytes]
WAIT_S = 30.0
PAD = Work("c1", "pad")


class Server:
    """A documents server's parts, put together as its `main` does, with a clock of its own."""

    def __init__(self, room: Any, trial: Any = None) -> None:
        self.time_s = 0.0
        self.engine: FakeEngine = room.engine()
        self.trial = trial or ChildTrial()
        conferences = Conferences(
            self.engine, all_applications(), "documents-1.aa", lambda: self.time_s
        )
        self.compactor = Compactor(
            conferences,
            self.engine.objects,
            self.trial,
            room.settings,
            lambda: self.time_s,
            room.wall_ms,
        )

    async def work(self, work: Work = PAD) -> None:
        await self.compactor.work(work)


@asynccontextmanager
async def running(server: Server) -> AsyncIterator[None]:
    task = asyncio.ensure_future(server.compactor.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def wait_until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not await condition():
            await asyncio.sleep(0.01)


async def test_a_document_is_compacted_and_reads_the_same(room: Any) -> None:
    ada, bob = room.join(), room.join()
    for n in range(6):
        ada.type(f"a{n}")
        last = bob.type(f"b{n}")
    before = await room.text()
    await Server(room).work()
    pad = await room.pad()
    assert (pad.base.upto, pad.updates, pad.pending_bytes) == (last, [], 0)
    assert pad.base.bytes == len(room.zone.objects[pad.base.object][0])
    assert pad.base.object.startswith(f"documents/c1/pad/{last}-")
    assert await room.text() == before


async def test_what_is_typed_meanwhile_and_after_comes_on_top(room: Any) -> None:
    ada = room.join()
    for n in range(10):
        ada.type(f"{n} ")
    server = Server(room)
    await server.work()
    for n in range(10, 20):
        ada.type(f"{n} ")
    assert await room.text() == str(ada.text)
    await server.work()
    assert (await room.pad()).updates == []
    assert await room.text() == str(ada.text)


async def test_a_document_that_is_not_due_is_left_alone(room: Any) -> None:
    ada = room.join()
    for _ in range(9):
        ada.type("a")
    server = Server(room)
    await server.work()
    await server.work(Work("c1", "unknown"))
    await server.work(Work("nowhere", "pad"))
    assert (await room.pad()).base is None
    assert server.trial.pid == 0
    assert room.zone.objects == {}


async def test_a_request_over_messaging_is_heard(room: Any) -> None:
    ada = room.join()
    for _ in range(10):
        ada.type("a")
    server, asker = Server(room), room.engine()
    await server.engine.messaging.subscribe(SUBJECT, server.compactor.asked)

    async def is_compacted() -> bool:
        return (await room.pad()).base is not None

    async with running(server):
        await asker.messaging.publish(SUBJECT, b"nonsense")
        await asker.messaging.publish(SUBJECT, msgspec.msgpack.encode(PAD))
        await wait_until(is_compacted)


async def test_a_bomb_is_taken_out_and_the_others_are_merged(
    room: Any, nested_value: Build
) -> None:
    ada, eve, bob = room.join(), room.join(), room.join()
    for _ in range(5):
        ada.type("a")
    at = eve.send(nested_value(eve.number, 0, 30_000), 1)
    for _ in range(5):
        bob.type("b")
    later = eve.send(nested_value(eve.number, 1, 3), 1)
    for _ in range(5):
        ada.type("a")
    await Server(room).work()
    pad = await room.pad()
    assert pad.updates == []
    assert pad.base.upto > later > at
    assert not pad.clocks.get(str(eve.number))
    assert sorted(await room.text()) == ["a"] * 10 + ["b"] * 5


@pytest.mark.parametrize(
    "forged",
    [
        "0101630004010474657874016100",  # structs of client 99
        "01010100040104746578740161",  # cut off
        "ff" * 40,
        "",
    ],
)
async def test_a_forged_update_is_taken_out(room: Any, forged: str) -> None:
    eve, ada = room.join(), room.join()
    eve.send(bytes.fromhex(forged) or b"\x00", 1)
    for _ in range(12):
        ada.type("a")
    await Server(room).work()
    pad = await room.pad()
    assert pad.updates == []
    assert await room.text() == "a" * 12


async def test_an_update_that_waits_for_another_holds_back_only_what_follows(room: Any) -> None:
    ada, eve = room.join(), room.join()
    for _ in range(10):
        ada.type("a")
    # Structs after clock 5 of client 77, which nobody is.
    stuck = eve.send(bytes.fromhex(f"0101{eve.number:02x}00844d05016500"), 1)
    for _ in range(10):
        ada.type("a")
    server = Server(room)
    await server.work()
    pad = await room.pad()
    assert pad.base.upto < stuck == pad.updates[0].sequence
    with pytest.raises(Postponed, match="waits"):
        await server.work()
    server.time_s += STUCK_S
    await server.work()
    pad = await room.pad()
    assert pad.updates == []
    assert await room.text() == "a" * 20


async def test_nothing_is_taken_out_of_a_log_that_has_no_leader_or_just_got_one(room: Any) -> None:
    ada, eve = room.join(), room.join()
    for _ in range(10):
        ada.type("a")
    stuck = eve.send(bytes.fromhex(f"0101{eve.number:02x}00844d05016500"), 1)
    for _ in range(10):
        ada.type("a")
    server = Server(room)
    await server.compactor._guarded(PAD)
    await server.compactor._guarded(PAD)
    for leaderless in (True, False, False):
        server.time_s += STUCK_S
        assert (await room.pad()).updates[0].sequence == stuck
        room.zone.faults.leaderless = leaderless
        await server.compactor._guarded(PAD)
        room.zone.faults.leaderless = False
    assert (await room.pad()).updates == [], "the log took what is said for long enough"


async def test_a_child_killed_in_the_middle_costs_nothing(room: Any) -> None:
    ada = room.join()
    for _ in range(10):
        ada.type("a")
    server = Server(room)
    killed: list[int] = []

    async def is_compacted() -> bool:
        if server.trial.pid and len(killed) < 2 and server.trial.pid not in killed:
            os.kill(server.trial.pid, signal.SIGKILL)
            killed.append(server.trial.pid)
        return (await room.pad()).base is not None

    async with running(server):
        server.compactor.ask(PAD)
        await wait_until(is_compacted)
    assert len(killed) == 2
    assert await room.text() == "a" * 10


class Failing:
    """A trial that cannot start a child."""

    def __init__(self) -> None:
        self.limits = TrialLimits()
        self.tries = 0

    async def __call__(self, job: CompactionJob) -> Attempt:
        self.tries += 1
        return Died("a child could not be started", by_itself=False)

    async def ask(self, job: Job) -> Reply | Died:
        return Died("a child could not be started", by_itself=False)


async def test_a_document_that_fails_rests_before_it_is_tried_again(room: Any) -> None:
    ada = room.join()
    for _ in range(10):
        ada.type("a")
    server = Server(room, Failing())

    async def has_tried() -> bool:
        return server.trial.tries > 0

    async with running(server):
        server.compactor.ask(PAD)
        await wait_until(has_tried)
    tries = server.trial.tries
    server.compactor.ask(PAD)
    async with running(server):
        await asyncio.sleep(0)
    assert server.trial.tries == tries
    server.time_s += REST_S
    server.trial = None
    server.compactor.ask(PAD)
    with pytest.raises(Postponed):
        await server.work()


async def test_a_server_that_dies_half_way_is_followed_by_one_that_does_it_again(
    room: Any,
) -> None:
    ada = room.join()
    for _ in range(10):
        ada.type("a")
    room.zone.faults.full = True
    first = Server(room)
    with pytest.raises(Exception, match="maximum bytes"):
        await first.work()
    room.zone.faults.full = False
    await Server(room).work()
    assert (await room.pad()).updates == []
    assert await room.text() == "a" * 10


@pytest.mark.parametrize("stored", [[True], [False], [False, True], [True, True, False]])
async def test_a_compaction_of_unknown_outcome_is_said_again(room: Any, stored: list[bool]) -> None:
    ada = room.join()
    for _ in range(10):
        ada.type("a")
    room.zone.faults.unknown_outcomes.extend(stored)
    await Server(room).work()
    assert (await room.pad()).updates == []
    assert await room.text() == "a" * 10


async def test_stale_reads_and_doubled_batches_change_nothing(room: Any) -> None:
    ada = room.join()
    for n in range(30):
        if n % 10 == 9:
            room.zone.faults.stale_reads = 3
            room.zone.faults.store_twice = 1
        ada.type("a")
    room.zone.faults.stale_reads = 1
    room.zone.faults.store_twice = 1
    await Server(room).work()
    pad = await room.pad()
    # What a stale read does not show stays for the next time.
    assert pad.base is not None
    assert len(pad.updates) <= 1
    assert await room.text() == "a" * 30


async def test_compactions_two_generations_behind_are_deleted(room: Any) -> None:
    ada = room.join()
    room.zone.objects["documents/c1/pad/1-orphan"] = (b"", "")
    room.zone.objects["documents/c1/pads/1-other"] = (b"", "")
    bases: list[str] = []
    servers = [Server(room), Server(room)]
    for generation in range(5):
        for _ in range(10):
            ada.type("a")
        await servers[generation // 3].work()
        bases.append((await room.pad()).base.object)
    assert set(room.zone.objects) == {*bases[-2:], "documents/c1/pads/1-other"}
    assert await room.text() == "a" * 50


async def test_a_damaged_or_missing_base_is_an_alarm_and_takes_nothing_out(
    room: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ada = room.join()
    server = Server(room)
    for _ in range(10):
        ada.type("a")
    await server.work()
    for _ in range(10):
        ada.type("a")
    name = (await room.pad()).base.object
    data, sha256 = room.zone.objects[name]
    room.zone.objects[name] = (data[:-1], sha256)
    with pytest.raises(Damaged):
        await server.work()
    del room.zone.objects[name]

    async def has_told() -> bool:
        return "is missing" in caplog.text

    async with running(server):
        server.compactor.ask(PAD)
        await wait_until(has_told)
    assert len((await room.pad()).updates) == 10
    room.zone.objects[name] = (data, sha256)
    await server.work()
    assert await room.text() == "a" * 20


async def test_requests_beyond_the_bound_are_forgotten(room: Any) -> None:
    server = Server(room)
    for n in range(2 * WAITING_MAX):
        server.compactor.ask(Work("c1", f"d{n}"))
        server.compactor.ask(PAD)
    assert len(server.compactor._waiting) == WAITING_MAX


async def test_one_room_that_cannot_be_read_does_not_hold_up_the_next(room: Any) -> None:
    ada = room.join()
    for _ in range(10):
        ada.type("a")
    room.zone.logs.store("broken", b"not a batch")
    server = Server(room)

    async def is_compacted() -> bool:
        return (await room.pad()).base is not None

    async with running(server):
        server.compactor.ask(Work("broken", "pad"))
        server.compactor.ask(PAD)
        await wait_until(is_compacted)
