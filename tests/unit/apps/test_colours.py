"""Colours of people: different while there are enough, and theirs for as long as they are here."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.apps.roster.colours import wanted
from folkmoot.client.roster_state import new_roster, roster_after
from folkmoot.conference.batch import LevelEntry
from folkmoot.conference.rights import Role
from folkmoot.protocol.limits import PERSON_COLOURS
from folkmoot.testing.people import Meeting

IDS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=1, max_size=26)


class Told(NamedTuple):
    type: str
    body: Any
    time_ms: int


def colours(meeting: Meeting) -> dict[str, int]:
    return {person.id: person.colour for person in meeting.state.persons.values()}


@given(st.lists(IDS, min_size=1, max_size=PERSON_COLOURS, unique=True))
def test_as_many_people_as_there_are_colours_all_look_different(ids: list[str]) -> None:
    meeting = Meeting()
    for id_ in ids:
        meeting.join(id_)
    assert len(set(colours(meeting).values())) == len(ids)
    assert colours(meeting)[ids[0]] == wanted(ids[0])


@given(st.lists(IDS, min_size=PERSON_COLOURS, max_size=3 * PERSON_COLOURS, unique=True))
def test_beyond_that_no_colour_is_much_more_frequent_than_another(ids: list[str]) -> None:
    meeting = Meeting()
    for id_ in ids:
        meeting.join(id_)
    counts = Counter(colours(meeting).values())
    assert max(counts.values()) - min(counts.values()) <= 1
    assert set(counts) == set(range(1, PERSON_COLOURS + 1))


def test_colours_stay_while_people_come_and_go() -> None:
    meeting = Meeting()
    for person in ("ada", "bob", "eve", "kim"):
        meeting.join(person)
    before = colours(meeting)
    meeting.away("bob")
    meeting.back("bob")
    meeting.join("ada", session="ada+2")
    meeting.do("kim", "roster", "leave", {})
    assert colours(meeting) == {id_: c for id_, c in before.items() if id_ != "kim"}
    meeting.join("kim", session="kim+2")
    assert colours(meeting) == before, "who comes back finds the colour as it was left"


def test_who_waits_has_no_colour_until_admitted() -> None:
    meeting = Meeting().with_roles()
    assert meeting.state.persons["waiting"].colour == 0
    meeting.do("host", "roster", "admit", {"persons": ["waiting"]})
    assert len(set(colours(meeting).values())) == 6
    before = colours(meeting)
    meeting.do("host", "roster", "to_lobby", {"person": "waiting"})
    meeting.do("host", "roster", "admit", {"persons": ["waiting"]})
    assert colours(meeting) == before


def test_colours_come_with_level_2_to_those_who_are_there() -> None:
    meeting = Meeting(level=1)
    for person in ("ada", "bob"):
        meeting.join(person)
    assert not any("colour" in body for _, body in meeting.events())
    assert colours(meeting) == {"ada": 0, "bob": 0}
    meeting.add(LevelEntry(2))
    assert sorted(colours(meeting).values()) == sorted({wanted("ada"), wanted("bob")})


def test_everybody_is_told_the_colours_in_views_and_when_somebody_joins() -> None:
    meeting = Meeting()
    meeting.join("ada", Role.HOST)
    told = new_roster()
    told |= meeting.view("roster", "ada")
    meeting.join("bob")
    for type_, body in meeting.events():
        roster_after(told, Told(type_, body, meeting.state.time_ms), "ada")
    assert told["persons"] == meeting.view("roster", "ada")["persons"]
    assert {id_: p["colour"] for id_, p in told["persons"].items()} == colours(meeting)


@pytest.mark.parametrize(
    ("person", "colour"),
    [("ada", 4), ("bob", 5), ("k3jq7r2mw5x4n6p7z2a3b4c5d6", 6), ("", 2)],
)
def test_clients_that_are_told_none_work_out_the_same(person: str, colour: int) -> None:
    """The page has the same table (web/src/lib/colour.test.ts)."""
    assert wanted(person) == colour
