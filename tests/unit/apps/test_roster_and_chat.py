"""Who is there, under which name, and what they said."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.apps import chat as chat_module
from folkmoot.apps.chat import Chat, ChatState
from folkmoot.apps.roster import clean_text
from folkmoot.conference.application import Emitted, Rejected
from folkmoot.conference.batch import AttachEntry, AwayEntry, Entry
from folkmoot.conference.machine import Applied
from folkmoot.conference.replica import Replica
from folkmoot.protocol.limits import CHAT_CHARACTERS_MAX, NAME_CHARACTERS_MAX
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


# Chat


def test_a_message_has_its_place_its_author_and_the_name_of_that_time(room: Room) -> None:
    applied = room.add(operation(1, body={"text": "hello"}))
    room.add(operation(2, "roster", "rename", {"name": "Other"}))
    (message,) = room.chat.messages
    assert message.id == f"{applied.sequence}.0"
    assert (message.author, message.name, message.text) == ("ada", "Ada", "hello")
    (told,) = bodies(applied.events)
    assert told == ("posted", {"id": message.id, "name": "Ada", "text": "hello"})


@pytest.mark.parametrize(
    ("text", "code"),
    [(" \n", "empty"), ("x" * (CHAT_CHARACTERS_MAX + 1), "too_large"), ("\x00", "malformed")],
)
def test_what_cannot_be_posted_leaves_no_trace(room: Room, text: str, code: str) -> None:
    assert room.code(operation(1, body={"text": text})) == code
    assert room.chat == ChatState()


def test_html_is_text(room: Room) -> None:
    assert room.code(operation(1, body={"text": "<img src=x onerror=alert(1)>"})) == ""
    assert room.view("chat")["messages"][0]["text"] == "<img src=x onerror=alert(1)>"


def test_the_window_is_bounded_and_the_view_is_its_end(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_module, "WINDOW_MESSAGES", 10)
    monkeypatch.setattr(chat_module, "WINDOW_SLACK", 5)
    monkeypatch.setattr(chat_module, "VIEW_MESSAGES", 4)
    longest = 0
    for counter in range(1, 31):
        room.add(operation(counter))
        longest = max(longest, len(room.chat.messages))
    assert longest == 15
    assert room.chat.total == 30
    view = room.view("chat")
    assert [m["text"] for m in view["messages"]] == [f"s1 {n}" for n in range(27, 31)]
    assert view["earlier"] is True


def test_earlier_messages_are_found_by_the_one_they_precede(room: Room) -> None:
    room.add(*(operation(n) for n in range(1, 6)))
    ids = [message.id for message in room.chat.messages]
    found = Chat().before(room.chat, ids[3], 2)
    assert [m.id for m in found] == ids[1:3]
    assert Chat().before(room.chat, ids[0], 2) == []
    assert Chat().before(room.chat, "9999.0", 2) == []
