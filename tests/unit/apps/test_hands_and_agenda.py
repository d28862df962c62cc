"""Hands in their order, the agenda, and a timer that is an instant and not a countdown."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.apps.agenda import AgendaState
from folkmoot.apps.hands import Hands, HandsState, Lower, Raise
from folkmoot.conference.application import Preview
from folkmoot.protocol.limits import AGENDA_ITEMS_MAX, TIMER_DURATION_MS_MAX
from folkmoot.testing.meetings import Meeting

PEOPLE = {"ada": "host", "bob": "participant", "eva": "participant", "vic": "viewer"}
MINUTE_MS = 60_000


@pytest.fixture
def room() -> Meeting:
    return Meeting(PEOPLE)


# Hands


def line(room: Meeting, person: str = "vic") -> list[str]:
    return [entry["person"] for entry in room.views[person].hands["raised"]]


def test_hands_stand_in_the_order_of_raising_and_get_their_turn(room: Meeting) -> None:
    for who in ("eva", "bob", "eva", "vic"):
        assert room.do(who, "hands", "raise") == ""
    assert line(room) == ["eva", "bob", "vic"]
    assert room.do("bob", "hands", "next") == "not_allowed"
    assert room.do("ada", "hands", "next") == ""
    assert (room.views["bob"].hands["turn"], line(room)) == ("eva", ["bob", "vic"])
    assert room.do("eva", "hands", "lower") == ""
    assert room.views["bob"].hands["turn"] == ""
    assert room.do("bob", "hands", "lower") == "" and line(room) == ["vic"]
    assert room.do("ada", "hands", "lower_person", person="vic") == ""
    assert room.do("ada", "hands", "lower_person", person="vic") == "not_found"
    assert room.do("ada", "hands", "next") == "" and line(room) == []


def test_a_host_lowers_all_hands(room: Meeting) -> None:
    room.do("eva", "hands", "raise")
    room.do("bob", "hands", "raise")
    assert room.do("vic", "hands", "lower_all") == "not_allowed"
    assert room.do("ada", "hands", "lower_all") == "" and line(room) == []


def test_who_is_away_keeps_the_place_and_who_left_on_every_device_loses_it(room: Meeting) -> None:
    room.join("eva", session="eva-phone")
    room.do("eva", "hands", "raise")
    room.away("eva")
    room.reload()
    assert room.do("eva-phone", "hands", "raise") == "" and line(room) == ["eva"]
    room.do("eva-phone", "roster", "leave")
    assert line(room) == ["eva"], "the other session is away and may come back"
    room.do("bob", "hands", "raise")
    room.do("bob", "roster", "leave")
    assert line(room) == ["eva"]


def test_a_hand_is_shown_before_it_is_confirmed_if_it_changes_something(room: Meeting) -> None:
    state: HandsState = room.replica.state.apps["hands"]
    bob = room.replica.state.persons["bob"]
    assert Hands().preview(state, Raise(), bob, room.replica.state) == Preview(
        "raised", {"person": "bob"}
    )
    assert (
        Hands().preview(state, Lower(), bob, room.replica.state) is None and state.raised_ms == {}
    )
    room.do("bob", "hands", "raise")
    assert Hands().preview(state, Raise(), bob, room.replica.state) is None
    assert Hands().preview(state, Lower(), bob, room.replica.state) == Preview(
        "lowered", {"person": "bob"}
    )


# Agenda


def agenda(room: Meeting, person: str = "bob") -> dict[str, Any]:
    return room.views[person].agenda


def add(room: Meeting, title: str, minutes: int = 0) -> str:
    assert room.do("ada", "agenda", "add", title=title, duration_ms=minutes * MINUTE_MS) == ""
    return str(agenda(room)["items"][-1]["id"])


def now(room: Meeting) -> int:
    return room.replica.state.time_ms


def test_an_agenda_is_gone_through_with_a_timer_for_each_item_that_has_a_time(
    room: Meeting,
) -> None:
    first, second = add(room, "Welcome", 5), add(room, "Talk")
    assert room.do("bob", "agenda", "go", item=first) == "not_allowed"
    assert room.do("ada", "agenda", "go", item=first) == ""
    assert agenda(room)["current"] == first
    timer = agenda(room)["timer"]
    assert (timer["label"], timer["ends_ms"] - now(room)) == ("Welcome", 5 * MINUTE_MS)
    assert room.do("ada", "agenda", "next", after_ms=2 * MINUTE_MS, item=first) == ""
    assert room.do("ada", "agenda", "next", item=first) == "changed_meanwhile", (
        "a second click goes no further"
    )
    assert (agenda(room)["current"], agenda(room)["timer"]) == (second, None)
    assert agenda(room)["items"][0]["spent_ms"] == 2 * MINUTE_MS
    assert room.do("ada", "agenda", "next", item=second) == ""
    assert agenda(room)["current"] == ""


def test_items_are_changed_moved_and_removed(room: Meeting) -> None:
    ids = [add(room, title) for title in "abc"]
    assert room.do("ada", "agenda", "move", item=ids[2], place=0) == ""
    assert room.do("ada", "agenda", "edit", item=ids[0], title="A", duration_ms=1) == ""
    assert room.do("ada", "agenda", "remove", item=ids[1]) == ""
    assert [item["title"] for item in agenda(room)["items"]] == ["c", "A"]
    assert room.do("ada", "agenda", "move", item=ids[0], place=2) == "malformed"
    assert room.do("ada", "agenda", "edit", item=ids[1], title="x") == "not_found"
    assert room.do("ada", "agenda", "go", item=ids[0]) == ""
    assert room.do("ada", "agenda", "remove", item=ids[0]) == ""
    assert agenda(room)["current"] == ""


def test_a_timer_is_paused_extended_and_ends_once(room: Meeting) -> None:
    assert room.do("ada", "agenda", "pause") == "not_found"
    assert room.do("ada", "agenda", "start", duration_ms=MINUTE_MS, label="Break") == ""
    assert room.do("ada", "agenda", "pause", after_ms=20_000) == ""
    timer = agenda(room)["timer"]
    assert (timer["ends_ms"], timer["left_ms"]) == (0, 40_000)
    room.run_timers("agenda")
    assert not agenda(room)["timer"]["over"], "a paused timer does not end"
    assert room.do("ada", "agenda", "extend", add_ms=20_000) == ""
    assert room.do("ada", "agenda", "resume", after_ms=MINUTE_MS) == ""
    assert agenda(room)["timer"]["ends_ms"] == now(room) + MINUTE_MS
    room.reload()
    room.run_timers("agenda")
    assert agenda(room)["timer"]["over"]
    assert room.told("bob", "agenda").count("timer") == 5, "that it is over is told once"
    assert room.do("ada", "agenda", "extend", after_ms=5_000, add_ms=MINUTE_MS) == ""
    timer = agenda(room)["timer"]
    assert (timer["ends_ms"], timer["over"]) == (now(room) + MINUTE_MS, False)
    assert room.do("ada", "agenda", "extend", add_ms=-2 * MINUTE_MS) == ""
    assert agenda(room)["timer"]["over"]
    assert room.do("ada", "agenda", "stop") == "" and agenda(room)["timer"] is None
    assert not room.replica.state.timers


@pytest.mark.parametrize(
    ("type_", "body", "code"),
    [
        ("add", {"title": ""}, "empty"),
        ("add", {"title": "a\nb"}, "malformed"),
        ("add", {"title": "a", "duration_ms": -1}, "malformed"),
        ("start", {"duration_ms": 0}, "malformed"),
        ("start", {"duration_ms": TIMER_DURATION_MS_MAX + 1}, "malformed"),
        ("go", {"item": "9.9"}, "not_found"),
    ],
)
def test_what_makes_no_sense_is_refused(
    room: Meeting, type_: str, body: dict[str, object], code: str
) -> None:
    assert room.do("ada", "agenda", type_, **body) == code
    state: AgendaState = room.replica.state.apps["agenda"]
    assert state == AgendaState()


def test_an_agenda_and_its_timer_are_bounded(room: Meeting) -> None:
    for _ in range(AGENDA_ITEMS_MAX):
        add(room, "x")
    assert room.do("ada", "agenda", "add", title="y") == "limit_reached"
    room.do("ada", "agenda", "start", duration_ms=TIMER_DURATION_MS_MAX)
    assert room.do("ada", "agenda", "extend", add_ms=MINUTE_MS) == "limit_reached"
    assert room.do("ada", "agenda", "extend", add_ms=2 * TIMER_DURATION_MS_MAX) == "malformed"
