"""The chain of a replica: gaps, copies that come late or twice, fences, epochs, voids."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.conference import replica as replica_module
from folkmoot.conference.batch import AwayEntry, Batch, VoidEntry, encode_batch
from folkmoot.conference.machine import Machine, new_state
from folkmoot.conference.replica import DIGESTS_KEPT_MAX, Fenced, Replica
from folkmoot.conference.snapshot import decode_snapshot, encode_snapshot
from folkmoot.conference.state import LEVEL
from folkmoot.ports import LogMessage
from folkmoot.testing.batches import LogWriter, join, operation


@pytest.fixture
def log() -> LogWriter:
    """A join and nine operations, one a batch, with other conferences' batches between."""
    made = LogWriter(step=3)
    made.add(join())
    for counter in range(1, 10):
        made.add(operation(counter))
    return made


def fresh() -> Replica:
    return Replica("room", "e1", all_applications())


def whole(log: LogWriter) -> Replica:
    replica = fresh()
    replica.receive_page(log.messages)
    return replica


def test_live_messages_in_a_chain_are_applied_at_once(log: LogWriter) -> None:
    replica = fresh()
    for message in log.messages:
        assert [a.sequence for a in replica.receive_live(message)] == [message.sequence]
    assert replica.missing is None
    assert replica.state.digest == whole(log).state.digest


def test_a_lost_copy_shows_at_the_next_and_is_repaired_by_reading(log: LogWriter) -> None:
    replica = fresh()
    first, lost, third, fourth, *_ = log.messages
    replica.receive_live(first)
    assert replica.receive_live(third) == []
    assert replica.receive_live(fourth) == []
    assert replica.missing == first.sequence + 1
    applied = replica.receive_page([first, lost])
    assert [a.sequence for a in applied] == [lost.sequence, third.sequence, fourth.sequence]
    assert replica.missing is None


def test_copies_out_of_order_wait_for_their_predecessors(log: LogWriter) -> None:
    replica = fresh()
    first, second, third = log.messages[:3]
    assert replica.receive_live(third) == []
    assert replica.receive_live(second) == []
    assert [a.sequence for a in replica.receive_live(first)] == [
        message.sequence for message in (first, second, third)
    ]


def test_a_copy_that_comes_again_or_late_is_ignored(log: LogWriter) -> None:
    replica = whole(log)
    digest = replica.state.digest
    assert replica.receive_live(log.messages[-1]) == []
    assert replica.receive_live(log.messages[2]) == []
    assert replica.receive_page(log.messages) == []
    assert replica.state.digest == digest


def test_something_else_in_the_place_of_what_was_applied_fences(log: LogWriter) -> None:
    other = LogWriter(step=3)
    other.add(join("s9", "eve"))
    with pytest.raises(Fenced, match="rewritten") as caught:
        whole(log).receive_live(other.messages[0])
    assert not caught.value.poisonous
    with pytest.raises(Fenced, match="rewritten"):
        whole(log).receive_page(other.messages)


def test_a_log_that_began_anew_far_below_fences(log: LogWriter) -> None:
    for counter in range(10, DIGESTS_KEPT_MAX + 30):
        log.add(operation(counter))
    with pytest.raises(Fenced, match="rewritten"):
        whole(log).receive_live(log.messages[0])


def test_what_a_snapshot_covers_is_not_known_by_its_bytes(log: LogWriter) -> None:
    replica = whole(log)
    state = decode_snapshot(encode_snapshot(replica.state), all_applications())
    loaded = Replica("room", "e1", all_applications(), state)
    assert loaded.receive_live(log.messages[3]) == []


@pytest.mark.parametrize("heard", ["head", "acknowledgement", "client"])
def test_a_sequence_heard_of_is_missing_until_applied(log: LogWriter, heard: str) -> None:
    replica = fresh()
    replica.receive_page(log.messages[:-1])
    replica.expect(log.last)
    assert replica.missing == log.messages[-2].sequence + 1
    replica.receive_live(log.messages[-1])
    assert replica.missing is None


def test_a_batch_whose_base_was_never_applied_here_tells_of_a_hole(log: LogWriter) -> None:
    replica = fresh()
    replica.receive_page(log.messages[:3])
    with pytest.raises(Fenced, match="hole") as caught:
        replica.receive_page(log.messages[5:])
    assert not caught.value.poisonous
    with pytest.raises(Fenced, match="hole"):
        fresh().receive_page(log.messages[2:])


def test_a_message_that_says_it_is_the_first_is_a_gap_for_who_holds_state(log: LogWriter) -> None:
    replica = fresh()
    replica.receive_page(log.messages[:3])
    emptied = msgspec.structs.replace(log.messages[3], previous=0)
    assert replica.receive_live(emptied) == []
    assert replica.missing is not None


def test_a_damaged_batch_fences_at_its_place(log: LogWriter) -> None:
    bad = log.add_payload(b"\0\0\0\0damaged")
    with pytest.raises(Fenced, match="checksum") as caught:
        whole(log)
    assert (caught.value.sequence, caught.value.poisonous) == (bad.sequence, True)


def test_a_reducer_that_raises_fences_as_poison(
    log: LogWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("bug")

    monkeypatch.setattr(Machine, "apply", fails)
    with pytest.raises(Fenced, match="ZeroDivisionError: bug") as caught:
        whole(log)
    assert caught.value.poisonous


def test_a_committed_void_lets_every_replica_pass_the_poison(log: LogWriter) -> None:
    poison = log.add_payload(b"\0\0\0\0damaged")
    log.add(VoidEntry(poison.sequence))
    log.add(operation(10))
    replica = whole(log)
    assert replica.is_void(poison.sequence)
    assert replica.state.sessions["s1"].counter == 10
    assert replica.state.digest == whole(log).state.digest


def test_batches_of_another_epoch_are_passed_over(log: LogWriter) -> None:
    log.add(operation(10), epoch="e0")
    log.add(operation(10, body={"text": "this epoch's"}))
    replica = fresh()
    ignored = [a.ignored for a in replica.receive_page(log.messages)]
    assert ignored[-2:] == ["another epoch", ""]
    assert replica.state.apps["chat"].messages[-1].text == "this epoch's"


def test_a_state_of_another_epoch_or_level_is_refused() -> None:
    with pytest.raises(Fenced, match="epoch"):
        Replica("room", "e1", all_applications(), new_state("room", "e0"))
    with pytest.raises(Fenced, match="epoch"):
        Replica("room", "e1", all_applications(), new_state("hall", "e1"))
    newer = new_state("room", "e1")
    newer.level = LEVEL + 1
    with pytest.raises(Fenced, match="newer server"):
        Replica("room", "e1", all_applications(), newer)


def test_heads_are_compared_where_both_digests_are_known(log: LogWriter) -> None:
    replica = whole(log)
    at = log.messages[4].sequence
    digest = replica.digest_at(at)
    assert digest is not None
    replica.compare(at, digest)
    replica.compare(at + 1, b"unknown place")
    with pytest.raises(Fenced, match="different digest"):
        replica.compare(at, b"other")


def test_digests_kept_are_bounded(log: LogWriter) -> None:
    for counter in range(10, DIGESTS_KEPT_MAX + 30):
        log.add(operation(counter))
    replica = whole(log)
    assert replica.digest_at(log.messages[0].sequence) is None
    assert len(replica._digests) == len(replica._checksums) == DIGESTS_KEPT_MAX


def test_a_full_buffer_is_made_good_by_reading(
    log: LogWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica_module, "BUFFERED_MAX", 2)
    replica = fresh()
    for message in log.messages[1:]:
        replica.receive_live(message)
    assert replica.missing == 1
    replica.receive_page(log.messages)
    assert replica.sequence == log.last
    assert replica.missing is None


def test_thousands_of_buffered_copies_are_applied_in_one_pass() -> None:
    log = LogWriter()
    log.add(join())
    for _ in range(replica_module.BUFFERED_MAX):
        log.add(AwayEntry("nobody", 1))
    replica = fresh()
    for message in log.messages[1:]:
        replica.receive_live(message)
    visits = 0

    class Counted(dict[int, LogMessage]):
        def __iter__(self) -> Iterator[int]:
            nonlocal visits
            for key in super().__iter__():
                visits += 1
                yield key

    replica._buffer = Counted(replica._buffer)
    replica.receive_live(log.messages[0])
    assert replica.sequence == log.last
    assert visits <= 2 * replica_module.BUFFERED_MAX


def test_a_page_and_live_messages_overlap_without_harm(log: LogWriter) -> None:
    replica = fresh()
    for message in log.messages[6:]:
        replica.receive_live(message)
    read = [LogMessage(m.sequence, -1, m.time_ms, m.payload) for m in log.messages[:8]]
    applied = replica.receive_page(read)
    assert [a.sequence for a in applied] == [m.sequence for m in log.messages]
    assert replica.state.digest == whole(log).state.digest


def test_a_newer_batch_format_fences(log: LogWriter) -> None:
    log.add_payload(encode_batch(Batch(99, "e1", "one.1", 1, log.last, [])))
    with pytest.raises(Fenced, match="format 99"):
        whole(log)
