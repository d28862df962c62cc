"""Reads of the log: when, from where, and when what was read is believed."""

from __future__ import annotations

import pytest

from folkmoot.apps import all_applications
from folkmoot.conference.replica import Fenced, Replica
from folkmoot.servers.collaboration.catchup import FETCH_TIMEOUT_MS, CatchUp
from folkmoot.servers.collaboration.effects import Fetch
from folkmoot.testing.batches import LogWriter, join, operation

OVERDUE_MS = 250


class Setting:
    def __init__(self, applied: int) -> None:
        self.log = LogWriter(step=2)
        self.log.add(join())
        for counter in range(1, 10):
            self.log.add(operation(counter))
        self.messages = self.log.messages
        self.replica = Replica("room", "e1", all_applications())
        self.replica.receive_page(self.messages[:applied])
        self.catch_up = CatchUp(self.replica, OVERDUE_MS)


def test_what_was_heard_of_is_read_once_it_is_overdue() -> None:
    made = Setting(5)
    look = made.catch_up.look
    assert look(0) is None
    made.replica.expect(made.log.last)
    assert look(0) is None
    assert look(OVERDUE_MS - 1) is None
    assert look(OVERDUE_MS) == Fetch(made.messages[4].sequence, 1)
    assert look(OVERDUE_MS + 1) is None, "a read is under way"
    assert look(OVERDUE_MS + FETCH_TIMEOUT_MS) is not None, "nobody answered"


def test_what_came_meanwhile_is_not_overdue() -> None:
    made = Setting(9)
    made.replica.expect(made.log.last)
    made.catch_up.look(0)
    made.replica.receive_live(made.messages[9])
    assert made.catch_up.look(OVERDUE_MS) is None
    made.replica.expect(made.log.last + 2)
    assert made.catch_up.look(OVERDUE_MS) is None


def test_a_page_is_applied_once_its_first_message_was_seen_again() -> None:
    made = Setting(5)
    made.catch_up.ask(0)
    applied, confirm = made.catch_up.page(made.messages[4:], read=1, more=False, now_ms=1)
    assert applied == []
    assert confirm == Fetch(made.messages[4].sequence, 2, count_max=1)
    applied, more = made.catch_up.page(made.messages[4:5], read=2, more=False, now_ms=2)
    assert [a.sequence for a in applied] == [m.sequence for m in made.messages[5:]]
    assert more is None
    assert made.replica.missing is None


def test_a_log_trimmed_past_the_replica_fences() -> None:
    made = Setting(3)
    made.catch_up.ask(0)
    with pytest.raises(Fenced, match="trimmed") as caught:
        made.catch_up.page(made.messages[5:], read=1, more=False, now_ms=1)
    assert not caught.value.poisonous


def test_a_log_trimmed_while_it_was_read_fences() -> None:
    made = Setting(3)
    made.catch_up.ask(0)
    with_hole = [*made.messages[2:4], *made.messages[6:]]
    made.catch_up.page(with_hole, read=1, more=False, now_ms=1)
    with pytest.raises(Fenced, match="trimmed"):
        made.catch_up.page(made.messages[6:7], read=2, more=False, now_ms=2)


def test_an_empty_or_old_reply_of_a_follower_is_tried_again_later() -> None:
    made = Setting(5)
    made.replica.expect(made.log.last)
    made.catch_up.ask(0)
    assert made.catch_up.page([], read=1, more=False, now_ms=1) == ([], None)
    assert made.catch_up.look(OVERDUE_MS) is None
    assert made.catch_up.look(1 + OVERDUE_MS) is not None
    assert made.catch_up.page(made.messages[4:5], read=2, more=False, now_ms=600) == ([], None)
    assert made.catch_up.look(600 + OVERDUE_MS) is not None


def test_reading_goes_on_while_it_brings_something() -> None:
    made = Setting(1)
    made.replica.expect(made.log.last)
    made.catch_up.ask(0)
    made.catch_up.page(made.messages[0:4], read=1, more=True, now_ms=1)
    applied, fetch = made.catch_up.page(made.messages[0:1], read=2, more=True, now_ms=2)
    assert len(applied) == 3
    assert fetch == Fetch(made.messages[3].sequence, 3)


def test_a_replica_at_nothing_reads_from_the_first() -> None:
    made = Setting(0)
    assert made.catch_up.ask(0) == Fetch(1, 1)
    made.catch_up.page(made.messages, read=1, more=False, now_ms=1)
    applied, _ = made.catch_up.page(made.messages[:1], read=2, more=True, now_ms=2)
    assert len(applied) == 10


def test_live_copies_that_come_between_are_no_harm() -> None:
    made = Setting(5)
    made.catch_up.ask(0)
    made.catch_up.page(made.messages[4:8], read=1, more=False, now_ms=1)
    for message in made.messages[5:]:
        made.replica.receive_live(message)
    applied, fetch = made.catch_up.page(made.messages[4:5], read=2, more=True, now_ms=2)
    assert (applied, fetch) == ([], None)


def test_a_failed_read_is_tried_again() -> None:
    made = Setting(5)
    made.replica.expect(made.log.last)
    made.catch_up.ask(0)
    made.catch_up.failed(1, 10)
    assert made.catch_up.look(10 + OVERDUE_MS) is not None


def test_a_reconnection_during_a_read_reads_again() -> None:
    made = Setting(5)
    assert made.catch_up.reconnected(0) is not None
    assert made.catch_up.reconnected(1) is None
    assert made.catch_up.page(made.messages[4:5], read=1, more=False, now_ms=2) == (
        [],
        Fetch(made.messages[4].sequence, 2),
    )
    assert made.catch_up.page(made.messages[4:5], read=2, more=False, now_ms=3) == ([], None)


def test_an_answer_that_comes_after_its_time_is_not_heard() -> None:
    """It would pass for the one that is waited for, and an older page for a trimmed log."""
    made = Setting(5)
    made.replica.expect(made.log.last)
    made.catch_up.ask(0)
    made.catch_up.ask(FETCH_TIMEOUT_MS)
    made.catch_up.page(made.messages[4:], read=2, more=False, now_ms=FETCH_TIMEOUT_MS + 1)
    late = made.catch_up.page(made.messages[5:], read=1, more=False, now_ms=FETCH_TIMEOUT_MS + 2)
    assert late == ([], None)
    made.catch_up.failed(1, FETCH_TIMEOUT_MS + 3)
    end_ms = FETCH_TIMEOUT_MS + 4
    applied, _ = made.catch_up.page(made.messages[4:5], read=3, more=False, now_ms=end_ms)
    assert len(applied) == 5
