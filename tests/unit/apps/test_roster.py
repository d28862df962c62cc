"""Who is there, under which name, and what they said."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.apps.chat_state import ChatState
from folkmoot.apps.roster import clean_text
from folkmoot.conference.application import Emitted, Rejected
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import AttachEntry, AwayEntry, Entry
from folkmoot.conference.replica import Replica
from folkmoot.protocol.limits import NAME_CHARACTERS_MAX
from folkmoot.testing.batches import LogWriter, join, operation


class Room:
    def __init__(self) -> None:
        self.log = LogWriter()
        self.replica = Replica("room", "e1", all_applications())
        self.add(join())

    def add(self, *entries: Entry) -> Applied:
        (applied,) = self.replica.receive_page([self.log.add(*entries)])
        return applied

    def code(self, entry: Entry) -> str:
        """The code with which the entry's operation is rejected; empty when it is saved."""
        rejected = self.add(entry).outcomes["s1"].rejected
        return rejected[0].code if rejected else ""

    def view(self, app: str, person: str = "ada") -> Any:
        """A person's view as it goes over the wire."""
        state = self.replica.state
        view = all_applications()[app].view(state.apps[app], state, person)
        return msgspec.msgpack.decode(msgspec.msgpack.encode(view))

    @property
    def chat(self) -> ChatState:
        found: ChatState = self.replica.state.apps["chat"]
        return found


@pytest.fixture
def room() -> Room:
    return Room()


def bodies(events: Any) -> list[tuple[str, Any]]:
    found: list[Emitted] = list(events)
    return [(event.type, msgspec.msgpack.decode(event.body)) for event in found]


# Text


@pytest.mark.parametrize("text", ["", " ", "\t\n ", "\n"])
def test_text_that_says_nothing_is_empty(text: str) -> None:
    with pytest.raises(Rejected, match="empty"):
        clean_text(text, 10)


@pytest.mark.parametrize("point", [0x00, 0x07, 0x0D, 0x1B, 0x7F, 0x9F, 0x202E, 0x2066])
def test_control_characters_and_overrides_are_refused(point: int) -> None:
    with pytest.raises(Rejected, match="malformed"):
        clean_text(f"a{chr(point)}b", 10)


@pytest.mark.parametrize("text", ["hello", "a\nb\tc", "<b>x</b>", "שלום", "👩‍🚀", "é"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert clean_text(text, 10) == text


def test_text_is_bounded_in_characters() -> None:
    assert clean_text("é" * 10, 10)
    with pytest.raises(Rejected, match="too_large"):
        clean_text("é" * 11, 10)


# Roster


def test_comings_and_goings_are_told_to_everyone(room: Room) -> None:
    events = [
        *room.add(join("s2", "bob")).events,
        *room.add(AwayEntry("s2", 1)).events,
        *room.add(AttachEntry("s2", 2, "two.1")).events,
        *room.add(operation(1, "roster", "leave", {}, session="s2", generation=2)).events,
    ]
    person = {"person": "bob", "number": 2}
    assert bodies(events) == [
        ("joined", person | {"name": "Bob", "role": "participant"}),
        ("away", person),
        ("attached", person),
        ("left", person | {"reason": "left"}),
    ]
    assert all(event.audience is None and event.app == "roster" for event in events)


def test_the_view_shows_who_is_present_and_who_is_away(room: Room) -> None:
    room.add(join("s2", "bob"), join("s3", "bob"), join("s4", "eve"))
    room.add(AwayEntry("s1", 1), AwayEntry("s2", 1))
    room.add(operation(1, "roster", "leave", {}, session="s4"))
    view = room.view("roster")
    present = {person: entry["present"] for person, entry in view["persons"].items()}
    assert present == {"ada": False, "bob": True}
    assert view["sessions"] == {"1": "ada", "2": "bob", "3": "bob"}
    assert set(view["away"]) == {"1", "2"}


def test_a_name_is_one_line_of_bounded_length(room: Room) -> None:
    assert room.code(operation(1, "roster", "rename", {"name": "Ada L."})) == ""
    assert room.view("roster")["persons"]["ada"]["name"] == "Ada L."
    for counter, (name, code) in enumerate(
        [
            ("", "empty"),
            ("a\nb", "malformed"),
            ("a\tb", "malformed"),
            ("x" * (NAME_CHARACTERS_MAX + 1), "too_large"),
            ("\u202eevil", "malformed"),
        ],
        start=2,
    ):
        assert room.code(operation(counter, "roster", "rename", {"name": name})) == code
    assert room.view("roster")["persons"]["ada"]["name"] == "Ada L."
