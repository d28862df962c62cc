"""The fakes' misfortunes; what they have in common with the real engine is in tests/contract."""

from __future__ import annotations

import asyncio

import pytest

from folkmoot.ports import LogFull, LogMessage, LogUnavailable
from folkmoot.testing.fake_engine import FakeZone, subject_matches


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
async def zone():
    return FakeZone()


async def test_a_lost_copy_shows_as_a_gap_in_the_chain(zone):
    log = zone.engine().log
    seen: list[LogMessage] = []
    await log.subscribe("a", seen.append)
    await log.publish("a", b"1")
    zone.faults.lose_copies = 1
    await log.publish("a", b"2")
    await log.publish("a", b"3")
    await turns()
    assert [(m.sequence, m.previous) for m in seen] == [(1, 0), (3, 2)]


async def test_a_publish_can_be_stored_twice(zone):
    log = zone.engine().log
    zone.faults.store_twice = 1
    assert await log.publish("a", b"1") == 2
    assert [m.payload for m in zone.logs.messages("a")] == [b"1", b"1"]


@pytest.mark.parametrize("stored", [True, False])
async def test_an_unknown_outcome_may_be_stored_or_not(zone, stored):
    log = zone.engine().log
    zone.faults.unknown_outcomes.append(stored)
    with pytest.raises(LogUnavailable):
        await log.publish("a", b"1")
    assert len(zone.logs.messages("a")) == int(stored)


async def test_a_stale_read_looks_complete(zone):
    log = zone.engine().log
    for n in range(3):
        await log.publish("a", b"%d" % n)
    zone.faults.stale_reads = 1
    zone.faults.stale_behind = 2
    page = await log.read("a", 1, 10)
    assert ([m.sequence for m in page.messages], page.more) == ([1], False)
    assert len((await log.read("a", 1, 10)).messages) == 3


async def test_without_a_leader_batches_are_live_but_not_stored(zone):
    engine = zone.engine()
    lives: list[bytes] = []
    await engine.log.subscribe_live("a", lives.append)
    await engine.messaging.subscribe("conf.*.a", lambda _subject, data: lives.append(data))
    zone.faults.leaderless = True
    with pytest.raises(LogUnavailable):
        await engine.log.publish("a", b"1")
    await turns()
    assert lives == [b"1", b"1"]
    assert zone.logs.messages("a") == []


async def test_a_full_log_refuses(zone):
    zone.faults.full = True
    with pytest.raises(LogFull):
        await zone.engine().log.publish("a", b"1")


async def test_a_process_that_is_cut_off_gets_no_copies_and_is_told_when_back(zone):
    one, other = zone.engine(), zone.engine()
    seen: list[LogMessage] = []
    back: list[int] = []
    await one.log.subscribe("a", seen.append)
    one.log.on_reconnect(lambda: back.append(1))
    one.connection.drop()
    await other.log.publish("a", b"1")
    one.connection.restore()
    await other.log.publish("a", b"2")
    await turns()
    assert [m.payload for m in seen] == [b"2"]
    assert back == [1]


async def test_a_renewed_stream_has_another_epoch_and_nothing_in_it(zone):
    log = zone.engine().log
    await log.publish("a", b"1")
    zone.logs.renew("a", "other")
    assert log.epoch("a") == "other"
    assert await log.last("a") == 0


@pytest.mark.parametrize(
    ("pattern", "subject", "matches"),
    [
        ("a.b", "a.b", True),
        ("a.*", "a.b", True),
        ("a.*", "a.b.c", False),
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        ("*.b", "a.b", True),
        ("a", "a.b", False),
    ],
)
def test_subjects_match_as_in_the_engine(pattern, subject, matches):
    assert subject_matches(pattern, subject) is matches
