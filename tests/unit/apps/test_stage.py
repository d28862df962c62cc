"""The stage: presenters show, everybody sees what and by whom, and it ends with who shows."""

from __future__ import annotations

import pytest

from folkmoot.testing.meetings import Meeting

NOTHING = {"kind": "", "id": "", "by": "", "since_ms": 0}


@pytest.fixture
def room() -> Meeting:
    return Meeting({"ada": "host", "pia": "presenter", "bob": "participant", "vic": "viewer"})


def test_presenters_and_staff_show_and_everybody_sees_what_and_by_whom(room: Meeting) -> None:
    assert room.views["vic"].stage == NOTHING
    assert room.do("bob", "stage", "show", kind="rich", id="notes") == "not_allowed"
    assert room.do("pia", "stage", "show", kind="deck", id="12.0") == ""
    assert room.views["vic"].stage | {"since_ms": 0} == NOTHING | {
        "kind": "deck",
        "id": "12.0",
        "by": "pia",
    }
    assert room.do("ada", "stage", "show", kind="rich", id="notes") == ""
    assert (room.views["bob"].stage["id"], room.views["bob"].stage["by"]) == ("notes", "ada")
    assert room.view("stage", "bob") == room.views["bob"].stage
    assert room.do("bob", "stage", "hide") == "not_allowed"
    assert room.do("pia", "stage", "hide") == ""
    assert room.views["bob"].stage == NOTHING


def test_hiding_twice_tells_nobody_twice(room: Meeting) -> None:
    room.do("pia", "stage", "show", kind="deck", id="12.0")
    assert room.do("ada", "stage", "hide") == room.do("pia", "stage", "hide") == ""
    assert room.told("bob", "stage") == ["shown", "shown"]


@pytest.mark.parametrize(
    ("kind", "id_"), [("", "notes"), ("Deck", "1"), ("deck", ""), ("deck", "a/b"), ("x" * 21, "1")]
)
def test_what_no_page_could_show_is_refused(room: Meeting, kind: str, id_: str) -> None:
    assert room.do("ada", "stage", "show", kind=kind, id=id_) == "malformed"
    assert room.views["bob"].stage == NOTHING


def test_it_ends_when_who_shows_has_left_on_every_device_but_not_while_away(room: Meeting) -> None:
    room.join("pia", session="pia-phone", role="presenter")
    room.do("pia", "stage", "show", kind="deck", id="12.0")
    room.away("pia")
    room.do("pia-phone", "roster", "leave")
    assert room.views["bob"].stage["by"] == "pia", "the other session may come back"
    room.join("pia", session="pia-third", role="presenter")
    room.do("bob", "roster", "leave")
    room.reload()
    assert room.view("stage", "vic")["by"] == "pia"
    room.do("pia", "roster", "leave")
    room.do("pia-third", "roster", "leave")
    assert room.views["vic"].stage == NOTHING
