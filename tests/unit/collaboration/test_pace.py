"""Where many listen, what comes within a moment is told together."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from folkmoot.conference.batch import OperationEntry, encode_body
from folkmoot.protocol.frames import Events, Servers, decode_server
from folkmoot.servers.collaboration.effects import Publish, Send
from folkmoot.servers.collaboration.pace import (
    COMMIT_APART_MS,
    MANY,
    TELL_APART_MS,
    Pace,
    next_ms,
)
from folkmoot.testing.hosts import HostBench


def test_where_few_listen_nothing_waits() -> None:
    pace = Pace(TELL_APART_MS)
    assert all(pace.take(at_ms, MANY - 1) for at_ms in (0, 0, 1, 2))


def test_the_first_after_a_pause_goes_at_once_and_the_next_waits_its_time() -> None:
    pace = Pace(TELL_APART_MS)
    assert pace.take(1_000, MANY)
    assert not pace.take(1_001, MANY)
    assert pace.due_ms == 1_000 + TELL_APART_MS
    assert pace.take(pace.due_ms, MANY)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=200))
def test_nothing_waits_longer_than_its_time_and_nothing_goes_sooner(gaps: list[int]) -> None:
    pace, now_ms, told, waiting = Pace(TELL_APART_MS), 10_000, [], 0
    for gap_ms in gaps:
        now_ms += gap_ms
        waiting = waiting or now_ms
        if pace.take(now_ms, MANY):
            told.append(now_ms)
            waiting = 0
        else:
            assert now_ms < pace.due_ms <= waiting + TELL_APART_MS
    assert all(b - a >= TELL_APART_MS for a, b in pairwise(told))


@given(st.integers(0, 10_000), st.lists(st.integers(0, 3), min_size=40, max_size=40))
def test_commits_that_come_in_their_moments_are_told_at_once_whatever_was_before(
    before_ms: int, late: list[int]
) -> None:
    """Found on a busy machine: each was told one moment late, for ever, once one had been."""
    pace = Pace(TELL_APART_MS)
    pace.take(before_ms, MANY)
    first_ms = before_ms + 1
    for number, late_ms in enumerate(late):
        now_ms = first_ms + number * COMMIT_APART_MS + late_ms
        told_ms = now_ms if pace.take(now_ms, MANY) else pace.due_ms
        assert pace.take(told_ms, MANY) or told_ms == now_ms
        waited_ms = told_ms - now_ms
        assert waited_ms <= max(3, TELL_APART_MS - number)


def crowd() -> HostBench:
    bench = HostBench()
    for n in range(1, MANY + 2):
        bench.join(n, f"s{n}", f"person {n}")
    bench.commit()
    bench.frames.clear()
    bench.now_ms = next_ms(bench.now_ms + 1_000, TELL_APART_MS)
    return bench


def written_to(bench: HostBench) -> set[int]:
    """Connections that are written to now."""
    effects = bench.host.take_effects(bench.now_ms)
    bench.publishes += [e for e in effects if isinstance(e, Publish)]
    return {e.connection for e in effects if isinstance(e, Send)}


def say_and_commit(bench: HostBench, counter: int) -> set[int]:
    bench.say(1, counter, f"message {counter}")
    written = written_to(bench)
    for batch, message in [(p.batch, bench.log.add_payload(p.payload)) for p in bench.publishes]:
        bench.host.live_message(message, bench.now_ms)
        bench.host.published(batch, message.sequence, bench.now_ms)
    bench.publishes = []
    return written | written_to(bench)


def test_in_a_crowd_the_author_hears_at_once_and_all_others_together() -> None:
    bench = crowd()
    everybody = set(range(1, MANY + 2))
    assert say_and_commit(bench, 1) == everybody
    assert bench.host.later_due_ms == 0
    bench.now_ms += 5
    assert say_and_commit(bench, 2) == {1}
    assert say_and_commit(bench, 3) == {1}
    due_ms = bench.host.later_due_ms
    assert bench.now_ms < due_ms <= bench.now_ms + TELL_APART_MS
    bench.now_ms = due_ms
    assert written_to(bench) == everybody - {1}
    assert bench.host.later_due_ms == 0


def type_something(bench: HostBench, counter: int) -> None:
    entry = OperationEntry("s1", 1, counter, "documents", "update", encode_body({}))
    bench.host.add_typed(entry, 100)
    bench.host.publish_next(bench.now_ms)


def test_what_somebody_waits_for_takes_what_is_gathered_along_to_the_log() -> None:
    bench = crowd()
    type_something(bench, 1)
    assert len(bench.entries()) == 1, "the first after a pause goes at once"
    bench.commit()
    for counter in (2, 3):
        type_something(bench, counter)
    assert bench.entries() == []
    assert bench.host.commit_due_ms == bench.now_ms + COMMIT_APART_MS
    bench.say(2, 1, "hello")
    assert len(bench.entries()) == 3
    assert bench.host.commit_due_ms == 0


def test_what_is_typed_goes_at_once_where_few_listen() -> None:
    bench = HostBench()
    bench.joined(1, "s1", "ada")
    for counter in (1, 2, 3):
        type_something(bench, counter)
        assert len(bench.entries()) == 1
        bench.commit()


def test_what_waits_comes_before_what_is_said_at_once_and_in_order() -> None:
    bench = crowd()
    say_and_commit(bench, 1)
    say_and_commit(bench, 2)
    say_and_commit(bench, 3)
    bench.host.servers_changed(["/s/other"])
    bench.now_ms += 1
    effects = [e for e in bench.host.take_effects(bench.now_ms) if isinstance(e, Send)]
    frames = next(decode_server(e.data) for e in effects if e.connection == 2)
    assert [type(frame) for frame in frames] == [Events, Events, Servers]
    events = [frame for frame in frames if isinstance(frame, Events)]
    assert events[1].prev == events[0].batch.sequence
    assert written_to(bench) == set()


def test_who_leaves_is_not_written_to_later() -> None:
    bench = crowd()
    say_and_commit(bench, 1)
    say_and_commit(bench, 2)
    bench.host.disconnected(2, bench.now_ms)
    bench.now_ms = bench.host.later_due_ms
    assert 2 not in written_to(bench)


def test_editors_that_are_not_ours_count_as_listeners() -> None:
    bench = HostBench()
    bench.joined(1, "s1", "ada")
    bench.joined(2, "s2", "bob")
    bench.now_ms = next_ms(bench.now_ms + 1_000, TELL_APART_MS)
    assert say_and_commit(bench, 1) == {1, 2} == say_and_commit(bench, 2)
    bench.host.editors = MANY
    assert say_and_commit(bench, 3) == {1, 2}
    assert say_and_commit(bench, 4) == {1}


# Rest


def test_a_host_rests_while_nothing_waits_for_a_tick() -> None:
    bench = HostBench()
    bench.joined(1, "s1", "ada")
    assert not bench.host.restless
    bench.say(1, 1, "on its way")
    assert bench.host.restless
    bench.commit()
    assert not bench.host.restless
    bench.host.disconnected(1, bench.now_ms)
    assert bench.host.restless, "it is to be said that she is away, after a while"


def test_a_host_that_misses_something_or_waits_for_a_client_does_not_rest() -> None:
    bench = HostBench()
    bench.joined(1, "s1", "ada")
    bench.host.head(bench.log.last + 3, b"", bench.now_ms)
    assert bench.host.restless
    bench = HostBench()
    member = bench.joined(1, "s1", "ada")
    member.revision = 2
    bench.host.move(member, ["/s/other"], bench.now_ms)
    assert bench.host.restless
