"""Breakouts as the main room's log sees them, and as a breakout's own log does."""

from __future__ import annotations

from typing import Any

import msgspec

from folkmoot.apps import all_applications
from folkmoot.apps.breakouts import (
    BELONG,
    END,
    END_TIMER,
    RESULTS_MAX,
    ROOMS_MAX,
    BreakoutsState,
    conference_of,
    may_enter,
    to_carry,
)
from folkmoot.conference.application import Emitted
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import (
    AttachEntry,
    Entry,
    LevelEntry,
    ServiceEntry,
    TimerEntry,
    encode_body,
)
from folkmoot.conference.replica import Replica
from folkmoot.conference.state import LEVEL
from folkmoot.testing.batches import LogWriter, grant, operation

ROLES = {"hana": "host", "ada": "participant", "bob": "participant", "eve": "participant"}


class Meeting:
    """A room with one host and three participants; each person's session has the same name."""

    def __init__(self) -> None:
        self.log = LogWriter()
        self.replica = Replica("room", "e1", all_applications())
        self.counters = dict.fromkeys(ROLES, 0)
        self.add(LevelEntry(LEVEL))
        for person, role in ROLES.items():
            self.add(AttachEntry(person, 1, "one.1", grant(person, role=role)))
        self.events: list[Emitted] = []

    def add(self, *entries: Entry, after_ms: int = 1) -> Applied:
        (applied,) = self.replica.receive_page([self.log.add(*entries, after_ms=after_ms)])
        self.events = [event for event in applied.events if event.app == "breakouts"]
        return applied

    def do(self, person: str, type_: str, **body: object) -> str:
        """The code of a rejection, or empty."""
        self.counters[person] += 1
        entry = operation(self.counters[person], "breakouts", type_, body, session=person)
        rejected = self.add(entry).outcomes[person].rejected
        return rejected[0].code if rejected else ""

    def serve(self, type_: str, **body: object) -> None:
        self.add(ServiceEntry("export-1.aa", "x", "breakouts", type_, encode_body(body)))

    def told(self) -> list[tuple[str, Any, tuple[str, ...] | None]]:
        return [(e.type, msgspec.msgpack.decode(e.body), e.audience) for e in self.events]

    def view(self, person: str) -> dict[str, Any]:
        application = all_applications()["breakouts"]
        shown: dict[str, Any] = application.view(self.state, self.replica.state, person)
        return shown

    @property
    def state(self) -> BreakoutsState:
        state: BreakoutsState = self.replica.state.apps["breakouts"]
        return state

    def opened(self, *, minutes: int = 0) -> None:
        assert self.do("hana", "create", names=["North", "South"]) == ""
        assert self.do("hana", "assign", rooms={"ada": 1, "bob": 2}) == ""
        assert self.do("hana", "open", minutes=minutes) == ""


def test_people_go_where_they_are_assigned_and_nowhere_else() -> None:
    meeting = Meeting()
    meeting.opened()
    assert meeting.do("ada", "enter", room=2) == "not_allowed"
    assert meeting.do("eve", "enter", room=1) == "not_allowed"
    assert meeting.do("ada", "enter", room=3) == "not_found"
    assert meeting.do("ada", "enter", room=1) == ""
    assert meeting.do("hana", "enter", room=2) == "", "hosts visit every room"
    assert meeting.state.inside == {"ada": 1, "hana": 2}
    assert meeting.do("ada", "back") == ""
    assert meeting.state.inside == {"hana": 2}


def test_where_people_may_choose_everybody_may_enter_every_room() -> None:
    meeting = Meeting()
    assert meeting.do("hana", "create", names=["North"], choose=True) == ""
    assert meeting.do("eve", "enter", room=1) == "not_found", "nothing is open yet"
    assert meeting.do("hana", "open") == ""
    assert meeting.do("eve", "enter", room=1) == ""


def test_only_hosts_run_the_rooms() -> None:
    meeting = Meeting()
    assert meeting.do("ada", "create", names=["Mine"]) == "not_allowed"
    meeting.opened()
    for type_, body in {
        "assign": {"rooms": {"ada": 2}},
        "extend": {"minutes": 1},
        "broadcast": {"text": "hello"},
        "recall": {},
    }.items():
        assert meeting.do("ada", type_, **body) == "not_allowed"


def test_who_is_where_is_told_to_hosts_and_to_the_person_alone() -> None:
    meeting = Meeting()
    meeting.opened()
    meeting.do("hana", "assign", rooms={"ada": 2, "eve": 1, "nobody": 1})
    assert meeting.told() == [
        ("assigned", {"rooms": {"ada": 2, "eve": 1}}, ("hana",)),
        ("yours", {"room": 2}, ("ada",)),
        ("yours", {"room": 1}, ("eve",)),
    ]
    meeting.do("ada", "enter", room=2)
    assert meeting.told() == [("moved", {"person": "ada", "room": 2}, ("hana", "ada"))]
    assert meeting.view("ada")["yours"] == 2
    assert "assigned" not in meeting.view("ada")
    assert meeting.view("hana")["people"] == {"ada": 2}


def test_the_rooms_close_by_themselves_when_their_time_is_over() -> None:
    meeting = Meeting()
    meeting.opened(minutes=10)
    meeting.do("ada", "enter", room=1)
    deadline_ms = meeting.state.deadline_ms
    assert deadline_ms == meeting.replica.state.time_ms - 1 + 10 * 60_000
    meeting.do("hana", "extend", minutes=5)
    assert meeting.state.deadline_ms == deadline_ms + 5 * 60_000
    meeting.add(TimerEntry(END_TIMER, deadline_ms), after_ms=10 * 60_000)
    assert meeting.state.phase == "open", "a timer that was moved has no effect"
    meeting.add(TimerEntry(END_TIMER, meeting.state.deadline_ms), after_ms=5 * 60_000)
    assert (meeting.state.phase, meeting.state.inside) == ("closed", {})
    assert END_TIMER not in meeting.replica.state.timers


def test_a_recall_leaves_people_some_seconds_or_none() -> None:
    meeting = Meeting()
    meeting.opened()
    assert meeting.do("hana", "recall", seconds=30) == ""
    assert meeting.state.phase == "closing"
    assert meeting.do("ada", "enter", room=1) == ""
    assert meeting.do("hana", "recall") == ""
    assert meeting.state.phase == "closed"
    assert meeting.do("hana", "recall") == "not_found"


def test_orders_wait_until_both_logs_show_them() -> None:
    meeting = Meeting()
    meeting.opened()
    north, south = meeting.state.rooms
    assert north.conference != south.conference
    assert len(north.conference) == 26
    meeting.serve("told", conference=north.conference, through=BELONG)
    assert to_carry(meeting.state) == [south]
    meeting.serve("told", conference=south.conference, through=END)
    assert to_carry(meeting.state) == [south], "nobody can have told what was not ordered"
    meeting.do("hana", "recall")
    meeting.serve("told", conference=north.conference, through=END)
    meeting.serve("told", conference=north.conference, through=END)
    assert to_carry(meeting.state) == [north, south], "its results are still to be brought"
    for _ in range(2):
        meeting.serve(
            "collected", conference=north.conference, text="# Notes", shortened=False, messages=3
        )
    assert [result.text for result in meeting.state.results] == ["# Notes"]
    assert meeting.view("eve")["results"][0].name == "North"
    assert to_carry(meeting.state) == [south]


def test_rooms_of_an_earlier_set_are_still_ended() -> None:
    meeting = Meeting()
    meeting.opened()
    assert meeting.do("hana", "create", names=["Other"]) == "exists"
    meeting.do("hana", "recall")
    old = list(meeting.state.rooms)
    assert meeting.do("hana", "create", names=["Other"]) == ""
    assert to_carry(meeting.state) == old
    meeting.serve("told", conference=old[0].conference, through=END)
    meeting.serve(
        "collected", conference=old[0].conference, text="late", shortened=True, messages=0
    )
    assert to_carry(meeting.state) == old[1:]
    assert [result.text for result in meeting.state.results] == ["late"]


def test_results_and_rooms_are_bounded() -> None:
    meeting = Meeting()
    assert meeting.do("hana", "create", names=["x"] * (ROOMS_MAX + 1)) == "limit_reached"
    assert meeting.do("hana", "create", names=[]) == "empty"
    assert meeting.do("hana", "create", names=["two\nlines"]) == "malformed"
    for _ in range(RESULTS_MAX + 2):
        meeting.do("hana", "create", names=["x"])
        meeting.do("hana", "open")
        meeting.do("hana", "recall")
        room = meeting.state.rooms[0]
        meeting.serve("told", conference=room.conference, through=END)
        meeting.serve(
            "collected", conference=room.conference, text="t", shortened=False, messages=0
        )
    assert len(meeting.state.results) == RESULTS_MAX


def test_a_breakout_knows_its_room_and_ends_once() -> None:
    breakout = Meeting()
    breakout.serve("end")
    assert len(breakout.replica.state.sessions) == 4, "only a breakout can be ended"
    breakout.serve("belong", main="main-room", name="North")
    breakout.serve("belong", main="another", name="South")
    assert breakout.view("ada") == {"main": "main-room", "name": "North"}
    assert breakout.do("hana", "create", names=["Deeper"]) == "not_allowed"
    breakout.serve("end")
    assert breakout.replica.state.sessions == {}
    assert {c.reason for c in breakout.replica.state.closed.values()} == {"recalled"}
    late = AttachEntry("late", 1, "one.1", grant("hana", role="host"))
    assert [attach.code for attach in breakout.add(late).attaches] == ["room_ended"]


def test_who_leaves_the_room_is_in_no_breakout() -> None:
    meeting = Meeting()
    meeting.opened()
    meeting.do("ada", "enter", room=1)
    meeting.counters["ada"] += 1
    meeting.add(operation(meeting.counters["ada"], "roster", "leave", {}, session="ada"))
    assert meeting.state.inside == {}
    assert [event.type for event in meeting.events] == ["moved"]


def test_the_same_opening_makes_the_same_conferences() -> None:
    assert conference_of("m", "e", "7.0", 1) == conference_of("m", "e", "7.0", 1)
    different = {
        conference_of(*parts)
        for parts in (("m", "e", "7.0", 1), ("n", "e", "7.0", 1), ("m", "f", "7.0", 1),
                      ("m", "e", "8.0", 1), ("m", "e", "7.0", 2))
    }  # fmt: skip
    assert len(different) == 5


def test_nobody_enters_what_is_not_open() -> None:
    state = BreakoutsState()
    assert not may_enter(state, "ada", "host", 1)
    meeting = Meeting()
    meeting.opened()
    assert may_enter(meeting.state, "ada", "participant", 1)
    meeting.do("hana", "recall")
    assert not may_enter(meeting.state, "ada", "participant", 1)
