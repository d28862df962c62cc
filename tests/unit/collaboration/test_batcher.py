"""Group commit: one publish in flight, retried with the same bytes until its outcome is known."""

from __future__ import annotations

import pytest

from folkmoot.conference.batch import CHECKSUM_BYTES, AwayEntry, decode_batch
from folkmoot.servers.collaboration.batcher import (
    ENTRY_OVERHEAD_BYTES,
    FULL_RETRY_AFTER_MS,
    RETRY_AFTER_MS,
    STALLED_AFTER_MS,
    Batcher,
)


def entry(n: int) -> AwayEntry:
    return AwayEntry(f"s{n}", n)


def sessions(payload: bytes) -> list[str]:
    return [getattr(e, "session", "") for e in decode_batch(payload).entries]


@pytest.fixture
def batcher() -> Batcher:
    return Batcher("one.1", "e1", bytes_max=10_000, entries_max=3)


def test_entries_wait_while_a_batch_is_in_flight(batcher: Batcher) -> None:
    assert batcher.idle and batcher.next_batch(0, 0) is None
    batcher.add(entry(1))
    first = batcher.next_batch(7, 0)
    assert first is not None
    batch = decode_batch(first[1])
    assert (batch.server, batch.epoch, batch.id, batch.base) == ("one.1", "e1", 1, 7)
    batcher.add(entry(2))
    batcher.add(entry(3))
    assert batcher.next_batch(7, 0) is None
    assert batcher.queue_bytes > 0 and not batcher.idle
    batcher.published(1)
    second = batcher.next_batch(8, 0)
    assert second is not None and sessions(second[1]) == ["s2", "s3"]


def test_a_batch_is_bounded_by_entries_and_bytes(batcher: Batcher) -> None:
    for n in range(4):
        batcher.add(entry(n))
    first = batcher.next_batch(0, 0)
    assert first is not None and len(sessions(first[1])) == 3
    batcher.published(first[0])
    batcher.add(entry(5), size_bytes=9_900)
    second = batcher.next_batch(0, 0)
    assert second is not None and sessions(second[1]) == ["s3"]
    batcher.published(second[0])
    third = batcher.next_batch(0, 0)
    assert third is not None and sessions(third[1]) == ["s5"], "one too large goes alone"


def test_the_queue_knows_its_bytes(batcher: Batcher) -> None:
    batcher.add(entry(1), 100)
    batcher.add(entry(2), 50)
    assert batcher.queue_bytes == 150 + 2 * ENTRY_OVERHEAD_BYTES
    first = batcher.next_batch(0, 0)
    assert first is not None and batcher.queue_bytes == 0
    batcher.applied(first[0], first[1][:CHECKSUM_BYTES], ignored=True)
    assert batcher.queue_bytes == 150 + 2 * ENTRY_OVERHEAD_BYTES


@pytest.mark.parametrize(
    ("full", "wait_ms"), [(False, RETRY_AFTER_MS), (True, FULL_RETRY_AFTER_MS)]
)
def test_an_unknown_outcome_is_tried_again_with_the_same_bytes(
    batcher: Batcher, full: bool, wait_ms: int
) -> None:
    batcher.add(entry(1))
    first = batcher.next_batch(0, 0)
    batcher.unknown(1, 1_000, full=full)
    assert batcher.retry_due(1_000 + wait_ms - 1) is None
    assert batcher.retry_due(1_000 + wait_ms) == first
    assert batcher.retry_due(1_000 + wait_ms) is None, "it is in flight again"
    assert batcher.waiting_ms(5_000) == 5_000


def test_seeing_the_batch_in_the_log_is_its_outcome(batcher: Batcher) -> None:
    batcher.add(entry(1))
    first = batcher.next_batch(0, 0)
    assert first is not None and batcher.awaits(1)
    checksum = first[1][:CHECKSUM_BYTES]
    assert batcher.applied(1, checksum, ignored=False) is True
    assert batcher.idle and not batcher.awaits(1)
    batcher.unknown(1, 0)
    assert batcher.retry_due(10_000) is None
    assert batcher.applied(1, checksum, ignored=False) is False, "a second copy"


def test_a_late_outcome_of_an_earlier_batch_changes_nothing(batcher: Batcher) -> None:
    batcher.add(entry(1))
    batcher.next_batch(0, 0)
    batcher.published(1)
    batcher.add(entry(2))
    batcher.next_batch(0, 0)
    batcher.published(1)
    batcher.unknown(1, 0)
    assert not batcher.idle and batcher.retry_due(10_000) is None


def test_a_batch_of_a_host_that_was_here_before_is_not_ours() -> None:
    before, after = (Batcher("one.1", "e1", 1_000, 10) for _ in range(2))
    before.add(entry(1))
    old = before.next_batch(0, 0)
    after.add(entry(2))
    new = after.next_batch(0, 0)
    assert old is not None and new is not None and old[0] == new[0]
    assert after.applied(old[0], old[1][:CHECKSUM_BYTES], ignored=False) is False
    assert after.awaits(new[0]) and not after.idle


def test_an_ignored_batch_goes_again_ahead_of_the_others(batcher: Batcher) -> None:
    for n in (1, 2):
        batcher.add(entry(n))
    first = batcher.next_batch(0, 0)
    assert first is not None
    batcher.add(entry(3))
    batcher.applied(first[0], first[1][:CHECKSUM_BYTES], ignored=True)
    again = batcher.next_batch(9, 0)
    assert again is not None and again[0] == 2
    assert sessions(again[1]) == ["s1", "s2", "s3"]
    assert decode_batch(again[1]).base == 9


def test_what_waits_behind_a_batch_that_is_held_up_is_told_ahead_once(batcher: Batcher) -> None:
    batcher.add(entry(1))
    batcher.next_batch(0, 0)
    batcher.add(entry(2))
    assert batcher.ahead(0, STALLED_AFTER_MS - 1) is None
    told = batcher.ahead(0, STALLED_AFTER_MS)
    assert told is not None and sessions(told) == ["s2"]
    assert batcher.ahead(0, STALLED_AFTER_MS) is None
    for n in range(3, 8):
        batcher.add(entry(n))
    told = batcher.ahead(0, STALLED_AFTER_MS)
    assert told is not None and sessions(told) == ["s3", "s4", "s5"]
    # The log takes them as ever, and what was told stays told.
    batcher.published(1)
    later = batcher.next_batch(0, 50)
    assert later is not None and sessions(later[1]) == ["s2", "s3", "s4"]
    assert batcher.ahead(0, 50) is None
    told = batcher.ahead(0, 50 + STALLED_AFTER_MS)
    assert told is not None and sessions(told) == ["s6", "s7"]
