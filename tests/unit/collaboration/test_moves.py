"""Whom a server sends on, and when nobody could take them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from folkmoot.conference.batch import AttachEntry, AwayEntry
from folkmoot.protocol.frames import Bye, Events, Move
from folkmoot.servers.collaboration.attachment import MOVE_WITHIN_MS
from folkmoot.servers.collaboration.detours import (
    AGAIN_AFTER_MS,
    FIRST_AFTER_MS,
    KEPT_MS,
    TRIES_MAX,
    Detours,
)
from folkmoot.servers.collaboration.moves import Moves, can_take, choose
from folkmoot.servers.collaboration.standby import Standbys
from folkmoot.testing.batches import grant
from folkmoot.testing.hosts import HostBench
from folkmoot.zone.table import Heartbeat, ProcessEntry


def entry(
    number: int, *, state: str = "ready", suspect: bool = False, draining: bool = False
) -> ProcessEntry:
    id = f"collaboration-{number}"
    beat = Heartbeat(id, "collaboration", "n", "a", 7, state, draining=draining)
    return ProcessEntry(beat, 0, suspect)


def test_somebody_else_must_be_there_to_take_clients() -> None:
    own = "collaboration-1.a"
    assert can_take([entry(1), entry(2)], own)
    assert not can_take([entry(1)], own)
    for other in (entry(2, state="starting"), entry(2, suspect=True), entry(2, draining=True)):
        assert not can_take([entry(1), other], own)


def test_small_conferences_go_whole_before_large_ones() -> None:
    sizes = {"large": 9, "small": 2, "middle": 4}
    assert choose(sizes, "", 5) == [("small", 2), ("middle", 3)]
    assert choose(sizes, "large", 5) == [("large", 5)]
    assert choose(sizes, "unknown", 5) == []
    assert choose(sizes, "", 0) == []


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 30), max_size=6), st.integers(0, 60))
def test_as_many_as_asked_for_or_as_there_are(sizes: dict[str, int], count: int) -> None:
    chosen = choose(sizes, "", count)
    assert sum(share for _, share in chosen) == min(count, sum(sizes.values()))
    assert all(0 < share <= sizes[name] for name, share in chosen)


# One client


def joined(revision: int) -> HostBench:
    bench = HostBench()
    bench.host.attach(1, "s1", "ada", 1, bench.now_ms, grant=grant(), revision=revision)
    bench.commit()
    bench.frames.clear()
    bench.host.move(bench.host.members[1], ["/s/two"], bench.now_ms)
    return bench


def test_who_is_sent_on_is_served_until_attached_elsewhere() -> None:
    bench = joined(2)
    assert bench.take(1) == [Move(["/s/two"], MOVE_WITHIN_MS)]
    bench.say(1, 1)
    bench.commit()
    assert any(isinstance(frame, Events) for frame in bench.take(1))
    bench.other_server(AttachEntry("s1", 2, "two.1"))
    (bye,) = bench.take(1)
    assert isinstance(bye, Bye) and bye.code == "taken_over"
    bench.tick(60_000, alive=("one.1", "two.1"))
    assert bench.entries() == [], "nobody is away"


def test_who_does_not_come_through_in_time_is_closed() -> None:
    bench = joined(2)
    bench.tick(MOVE_WITHIN_MS - 1)
    assert not bench.closed
    bench.tick(2)
    assert bench.closed == {1: "going_away"}
    bench.tick(bench.host.settings.away_grace_ms)
    assert bench.entries() == [AwayEntry("s1", 1)]


def test_who_does_not_know_how_to_move_is_closed() -> None:
    bench = joined(1)
    (bye,) = bench.take(1)
    assert isinstance(bye, Bye) and bye.code == "going_away" and bye.reconnect


# Who comes through another process of the node


class Zone:
    """Nobody else is there."""

    def processes(self, role: str | None = None) -> list[ProcessEntry]:
        return []

    def fit_servers(self, conference: str) -> list[str]:
        return ["http://other/s/collaboration-1"]


def test_who_is_decrypted_by_a_process_that_drains_comes_here_anew_through_another() -> None:
    bench = HostBench()
    through = {1: "collaboration-2", 2: "", 3: "web-1"}
    for connection in through:
        bench.joined(connection, f"s{connection}", f"p{connection}").revision = 2
    standbys, closed = Standbys(), []
    for id_, name in through.items():
        close = lambda code, reason, id_=id_: closed.append(id_)
        standbys.add(10 + id_, SimpleNamespace(through=name, close=close))  # type: ignore[arg-type]
    room = SimpleNamespace(
        host=bench.host,
        connections={id_: SimpleNamespace(through=name) for id_, name in through.items()},
        standbys=standbys,
        flush_soon=bench.flush,
    )
    server: Any = SimpleNamespace(rooms={"room": room})
    leaving: set[str] = set()
    moves = Moves(server, Zone(), "collaboration-1.a", lambda: False, lambda: leaving)
    bench.frames.clear()
    assert moves.send_round(20) == 0
    leaving.add("collaboration-2")
    assert moves.send_round(20) == 1
    assert moves.send_round(20) == 0, "each is asked once"
    paths = ["/s/collaboration-1", "http://other/s/collaboration-1"]
    assert bench.take(1) == [Move(paths, MOVE_WITHIN_MS)]
    assert bench.take(2) == bench.take(3) == []
    assert closed == [1]


def test_who_comes_by_a_detour_is_asked_to_come_anew_and_served_on_when_it_stays() -> None:
    bench = HostBench()
    for connection in (1, 2):
        bench.joined(connection, f"s{connection}", f"p{connection}").revision = 2
    room = SimpleNamespace(
        host=bench.host,
        connections={1: SimpleNamespace(through="collaboration-2"), 2: SimpleNamespace(through="")},
        flush_soon=bench.flush,
    )
    server: Any = SimpleNamespace(rooms={"room": room})
    moves = Moves(server, Zone(), "collaboration-1.a", lambda: False)
    bench.frames.clear()
    assert moves.shorten(2, bench.now_ms) == 0, "not at once"
    bench.tick(FIRST_AFTER_MS)
    assert moves.shorten(2, bench.now_ms) == 1
    assert bench.take(1) == [Move(["/s/collaboration-1"], MOVE_WITHIN_MS)]
    assert bench.take(2) == []
    bench.tick(MOVE_WITHIN_MS)
    assert not bench.closed, "it did not find another way, and is served all the same"
    asked = 1
    for _ in range(2 * TRIES_MAX):
        asked += moves.shorten(2, bench.now_ms)
        bench.tick(AGAIN_AFTER_MS)
    assert asked == TRIES_MAX


def test_a_session_that_came_back_by_a_detour_keeps_its_count_for_a_while() -> None:
    detours = Detours()
    assert detours.due(0, ["s"]) == []
    for number in range(TRIES_MAX):
        at_ms = FIRST_AFTER_MS + number * AGAIN_AFTER_MS
        assert detours.due(at_ms, ["s"]) == ["s"]
        detours.sent(at_ms, "s")
        detours.forget(at_ms, [])
    assert detours.due(at_ms + AGAIN_AFTER_MS, ["s"]) == []
    detours.forget(at_ms + AGAIN_AFTER_MS + KEPT_MS, [])
    assert detours.due(at_ms + AGAIN_AFTER_MS + KEPT_MS, ["s"]) == [], "it is new again"
    assert detours.due(at_ms + 2 * AGAIN_AFTER_MS + KEPT_MS, ["s"]) == ["s"]
