"""Reactions are gathered and never logged; the log's time is reckoned from what arrives."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.apps.reactions import BURST, GATHER_MS, NAMED_MAX, Gatherer
from folkmoot.conference.state import Timer
from folkmoot.protocol.frames import Fault, LiveRelay, LiveSend
from folkmoot.protocol.limits import REACTIONS
from folkmoot.servers.collaboration.effects import PublishLive
from folkmoot.servers.collaboration.log_clock import WINDOW_MS, LogClock
from folkmoot.testing.hosts import HostBench


def react(bench: HostBench, connection: int, reaction: object) -> None:
    body = msgspec.Raw(msgspec.msgpack.encode(reaction))
    member = bench.host.members[connection]
    bench.ingress.live(member, LiveSend("reaction", body), bench.now_ms)


def relayed(bench: HostBench) -> list[LiveRelay]:
    bench.flush()
    payloads = [e.payload for e in bench.others if isinstance(e, PublishLive)]
    return [msgspec.msgpack.decode(p, type=LiveRelay) for p in payloads]


def people(count: int) -> HostBench:
    bench = HostBench()
    for n in range(1, count + 1):
        bench.joined(n, f"s{n}", f"p{n}")
    return bench


def test_the_applause_of_many_is_told_once_with_a_few_names() -> None:
    bench = people(20)
    for connection in range(1, 21):
        react(bench, connection, "👏")
    react(bench, 1, "🎉")
    assert relayed(bench) == []
    bench.tick(GATHER_MS)
    (relay,) = relayed(bench)
    assert (relay.number, relay.topic) == (0, "reactions")
    told = msgspec.msgpack.decode(relay.body)
    assert told == [["👏", 20, [1, 2, 3][:NAMED_MAX]], ["🎉", 1, [1]]]
    assert bench.entries() == [], "nothing of it is in the log"
    bench.tick(GATHER_MS)
    assert len(relayed(bench)) == 1


def test_one_person_cannot_applaud_for_many() -> None:
    bench = people(1)
    for _ in range(50):
        react(bench, 1, "👏")
    bench.tick(GATHER_MS)
    assert msgspec.msgpack.decode(relayed(bench)[0].body) == [["👏", BURST, [1]]]


def test_what_is_no_reaction_or_closed_by_a_host_does_not_float() -> None:
    bench = people(1)
    for body in ("💣", "hello", 7, ["👏"]):
        react(bench, 1, body)
    bench.host.replica.state.locks.open_to["reactions"] = []
    react(bench, 1, "👏")
    bench.tick(GATHER_MS)
    assert relayed(bench) == []
    faults = [f for f in bench.take(1) if isinstance(f, Fault)]
    assert {f.code for f in faults} == {"live_dropped"} and len(faults) == 5
    assert faults[-1].message == "Your role does not allow that."


def test_nobody_can_say_what_only_a_server_says() -> None:
    bench = people(1)
    body = msgspec.Raw(msgspec.msgpack.encode([["👏", 9_999, []]]))
    bench.ingress.live(bench.host.members[1], LiveSend("reactions", body), bench.now_ms)
    assert relayed(bench)[0].number == 1


@given(st.lists(st.tuples(st.sampled_from(REACTIONS), st.integers(1, 9), st.integers(0, 99))))
def test_no_reaction_is_lost_or_told_twice(given_: list[tuple[str, int, int]]) -> None:
    gatherer, now_ms, told = Gatherer(), 0, []
    for reaction, number, after_ms in given_:
        now_ms += after_ms
        told += gatherer.due(now_ms)
        gatherer.add(reaction, number, now_ms)
    told += gatherer.due(now_ms + GATHER_MS)
    for reaction in REACTIONS:
        expected = sum(r == reaction for r, _, _ in given_)
        assert sum(count for r, count, _ in told if r == reaction) == expected
    assert all(len(numbers) <= NAMED_MAX for _, _, numbers in told)


# The log's time


def test_before_anything_was_seen_the_own_clock_serves() -> None:
    assert LogClock().at(5, 1_000) == 1_000


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=40), st.integers(-9_999, 10**12))
def test_the_log_s_time_is_off_by_no_more_than_the_shortest_delay(
    delays_ms: list[int], ahead_ms: int
) -> None:
    clock, now_ms = LogClock(), 0
    for delay_ms in delays_ms:
        now_ms += 10
        clock.observe(now_ms - delay_ms + ahead_ms, now_ms)
    assert ahead_ms - clock.at(0) == min(delays_ms)


def test_a_clock_that_is_set_back_is_believed_within_two_windows() -> None:
    clock = LogClock()
    clock.observe(1_000_000, 0)
    for now_ms in range(0, 2 * WINDOW_MS + 2_000, 1_000):
        clock.observe(900_000 + now_ms, now_ms)
    assert clock.at(0) == 900_000


def test_a_deadline_is_met_by_the_log_s_time_though_the_server_s_clock_is_slow() -> None:
    bench = people(1)
    bench.host.replica.state.timers.clear()
    bench.say(1, 1, app="hands", type_="raise", body={})
    bench.commit()
    ahead_ms = 100_000
    state = bench.host.replica.state
    deadline_ms = state.time_ms + ahead_ms + 1_000
    bench.host.clock.observe(state.time_ms + ahead_ms, bench.now_ms)
    state.timers["polls/tally"] = Timer(deadline_ms, "polls")
    bench.tick(500)
    assert bench.entries() == []
    bench.tick(600)
    assert len(bench.entries()) == 1
