"""What a meeting manager decides."""

from __future__ import annotations

import msgspec

from folkmoot.servers.meeting.chair import Chair
from folkmoot.servers.meeting.watch import Headless, Seat, Watcher, next_seat, read_seat
from folkmoot.settings import Settings
from folkmoot.zone.orders import Answer, outnumbered_by
from folkmoot.zone.table import Heartbeat, ProcessEntry


def entry(
    id: str, role: str, heard_ms: int, *, node: str = "here", suspect: bool = False
) -> ProcessEntry:
    return ProcessEntry(Heartbeat(id, role, node, "a", 7, "ready"), heard_ms, suspect)


def test_the_seat_is_taken_when_it_is_free_or_its_holder_is_gone() -> None:
    assert next_seat(None, "m-1.a", lambda _: False, deaf=False) == Seat(1, "m-1.a")
    held = Seat(4, "m-2.b")
    assert next_seat(held, "m-1.a", lambda _: True, deaf=False) is None
    assert next_seat(held, "m-1.a", lambda _: False, deaf=False) == Seat(5, "m-1.a")
    assert next_seat(held, "m-2.b", lambda _: False, deaf=False) is None
    # Who does not even hear itself takes nothing from anybody.
    assert next_seat(held, "m-1.a", lambda _: False, deaf=True) is None


def test_a_damaged_seat_is_free_and_its_number_is_never_used_again() -> None:
    assert read_seat(msgspec.json.encode(Seat(3, "x")), 9) == Seat(3, "x")
    free = read_seat(b"\xff{", 9)
    assert next_seat(free, "m-1.a", lambda _: False, deaf=False) == Seat(10, "m-1.a")


def test_who_is_refused_for_an_older_number_takes_the_seat_again_with_a_higher_one() -> None:
    own = ProcessEntry(Heartbeat("m-1", "meeting-manager", "here", "a", 7, "ready"), 0, False)
    chair = Chair(Settings(), "m-1.a")
    # The bucket is empty, though machines have obeyed numbers up to 8.
    seat, wanted = chair.wanted(None, 0, [own], deaf=False)
    assert (seat, wanted) == (None, Seat(1, "m-1.a"))
    chair.seated(wanted)
    refusal = Answer("Meeting manager number 8 has taken over from 1.", body={"fence": 8})
    chair.outnumbered(outnumbered_by(refusal))
    assert outnumbered_by(Answer("no")) == outnumbered_by(Answer(body={"fence": 9})) == 0
    stored = msgspec.json.encode(wanted)
    seat, wanted = chair.wanted(stored, 1, [own], deaf=False)
    assert wanted == Seat(9, "m-1.a")
    chair.seated(wanted)
    assert chair.fence == 9
    assert chair.wanted(msgspec.json.encode(wanted), 2, [own], deaf=False)[1] is None
    # One that lost the seat leaves it to the other.
    other = Heartbeat("m-2", "meeting-manager", "there", "b", 7, "ready")
    entries = [own, ProcessEntry(other, 0, False)]
    assert chair.wanted(msgspec.json.encode(Seat(3, "m-2.b")), 3, entries, deaf=False)[1] is None


def test_only_our_own_nodes_process_manager_is_ended_and_not_again_and_again() -> None:
    watcher = Watcher("here")
    there = entry("process-manager", "process-manager", 0, node="there")
    here = entry("process-manager", "process-manager", 10_000)
    web = entry("web-1", "web", 0)
    assert watcher.frozen(14_999, [there, here, web]) is None
    assert watcher.frozen(15_000, [there, here, web]) == here
    assert watcher.frozen(16_000, [here]) is None
    assert watcher.frozen(25_000, [here]) == here


def test_a_silent_process_is_told_once() -> None:
    watcher = Watcher("here")
    silent = entry("web-1", "web", 0, suspect=True)
    assert watcher.newly_suspect([silent, entry("web-2", "web", 0)]) == [silent]
    assert watcher.newly_suspect([silent]) == []
    assert watcher.newly_suspect([entry("web-1", "web", 9)]) == []
    assert watcher.newly_suspect([silent]) == [silent]


def test_a_node_without_a_head_is_told_after_three_looks_and_half_a_minute_later() -> None:
    headless = Headless()
    # Nobody was there yet, so nobody is missing.
    assert not any(headless.seen(locked=False) for _ in range(100))
    assert not headless.seen(locked=True)
    assert not headless.seen(locked=False)
    assert not headless.seen(locked=False)
    assert not headless.seen(locked=True)
    told = [look for look in range(1, 64) if headless.seen(locked=False)]
    assert told == [3, 33, 63]
