"""The log's time by one's own steady clock."""

from __future__ import annotations

from folkmoot.client.log_clock import PINGS_MAX, LogClock


def test_the_quickest_answer_tells_the_time() -> None:
    clock = LogClock()
    assert clock.at(5_000) is None
    slow, quick = clock.asked(1_000), clock.asked(1_100)
    clock.told(quick, 70_000, 1_110)
    assert clock.at(1_110) == 70_005
    clock.told(slow, 70_000, 1_900)
    assert clock.at(2_110) == 71_005


def test_of_equally_quick_answers_the_last_counts() -> None:
    clock = LogClock()
    for steady_ms, time_ms in ((1_000, 50_000), (2_000, 51_500)):
        clock.told(clock.asked(steady_ms), time_ms, steady_ms + 10)
    assert clock.at(2_010) == 51_505


def test_an_answer_to_nothing_that_was_asked_tells_no_time() -> None:
    clock = LogClock()
    nonce = clock.asked(1_000)
    clock.told(nonce + 1, 70_000, 1_010)
    clock.told(nonce, 0, 1_010)
    clock.told(nonce, 70_000, 1_020)
    assert clock.at(1_020) is None


def test_only_so_many_unanswered_questions_are_remembered() -> None:
    clock = LogClock()
    first = clock.asked(0)
    for sent_ms in range(PINGS_MAX):
        last = clock.asked(sent_ms)
    clock.told(first, 70_000, 100)
    assert clock.at(100) is None
    clock.told(last, 70_000, 100)
    assert clock.at(100) is not None
