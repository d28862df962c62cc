"""What people say in the chat, to whom it goes, and what becomes of it."""

from __future__ import annotations

import msgspec
import pytest

from folkmoot.apps import chat as chat_module
from folkmoot.apps import chat_state as state_module
from folkmoot.apps.chat_operations import Post
from folkmoot.apps.chat_state import ChatState, earlier_in, order, trace_for, with_removals
from folkmoot.conference.application import Rejected
from folkmoot.protocol.limits import CHAT_CHARACTERS_MAX, CHAT_MENTIONS_MAX, CHAT_REACTIONS
from folkmoot.testing.talk import Talk, body_of

PEOPLE = {"hal": "host", "ada": "participant", "bob": "participant", "eve": "participant"}


@pytest.fixture
def room() -> Talk:
    talk = Talk()
    for person, role in PEOPLE.items():
        talk.come(person, role)
    return talk


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (chat_module, state_module):
        for name, value in {"WINDOW_MESSAGES": 30, "OPEN_MESSAGES": 10, "WINDOW_SLACK": 5}.items():
            monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(state_module, "VIEW_MESSAGES", 4)


def who_sees(room: Talk, text: str) -> set[str]:
    return {person for person in PEOPLE if text in room.texts(person)}


# Saying something


def test_a_message_has_its_place_its_author_and_the_name_of_that_time(room: Talk) -> None:
    id_ = room.post("ada", "hello")
    (event,) = room.last.events
    room.do("ada", "rename", app="roster", name="Other")
    (message,) = room.chat.messages
    assert (message.id, message.author, message.name) == (id_, "ada", "Ada")
    assert event.type == "posted" and event.audience is None
    assert body_of(event)["text"] == "hello" and body_of(event)["id"] == id_


@pytest.mark.parametrize(
    ("text", "code"),
    [(" \n", "empty"), ("x" * (CHAT_CHARACTERS_MAX + 1), "too_large"), ("\x00", "malformed")],
)
def test_what_cannot_be_posted_leaves_no_trace(room: Talk, text: str, code: str) -> None:
    assert room.do("ada", "post", text=text) == code
    assert room.chat == ChatState(0, [])


def test_html_is_text(room: Talk) -> None:
    room.post("ada", "<img src=x onerror=alert(1)>")
    assert room.texts("bob") == ["<img src=x onerror=alert(1)>"]


def test_a_private_message_is_for_two(room: Talk) -> None:
    assert room.do("ada", "whisper", to="bob", text="secret") == ""
    (event,) = room.last.events
    assert event.audience == ("ada", "bob")
    assert who_sees(room, "secret") == {"ada", "bob"}
    assert room.view("bob")["messages"][0]["to_name"] == "Bob"
    assert "audience" not in room.view("bob")["messages"][0]


@pytest.mark.parametrize(("to", "code"), [("nobody", "not_found"), ("ada", "malformed")])
def test_a_private_message_needs_somebody_else_who_is_here(room: Talk, to: str, code: str) -> None:
    assert room.do("ada", "whisper", to=to, text="secret") == code
    assert room.last.events == []


def test_a_question_to_the_hosts_goes_to_those_who_are_hosts_then(room: Talk) -> None:
    assert room.do("ada", "ask", text="help") == ""
    assert who_sees(room, "help") == {"hal", "ada"}
    room.come("ivy", "co-host")
    assert room.texts("ivy") == [], "who became a host later had no part in it"
    id_ = room.chat.messages[-1].id
    assert room.do("hal", "ask", text="coming", reply=id_) == ""
    assert {p for p in (*PEOPLE, "ivy") if "coming" in room.texts(p)} == {"hal", "ada"}


def test_a_question_that_nobody_could_read_is_refused() -> None:
    room = Talk()
    room.come("ada")
    assert room.do("ada", "ask", text="help") == "not_found"


def test_who_is_mentioned_must_be_here_and_among_those_who_see_it(room: Talk) -> None:
    room.post("ada", "@Bob @Nobody", mentions=["bob", "nobody", "bob"])
    assert room.view("eve")["messages"][-1]["mentions"] == {"bob": "Bob"}
    room.do("ada", "whisper", to="bob", text="@Eve", mentions=["eve"])
    assert "mentions" not in room.view("bob")["messages"][-1]
    many = ["bob"] * (CHAT_MENTIONS_MAX + 1)
    assert room.do("ada", "post", text="x", mentions=many) == "too_large"


# Replies


def test_a_reply_quotes_what_it_answers(room: Talk) -> None:
    first = room.post("ada", "hello " * 100)
    room.post("bob", "hi", reply=first)
    quote = room.view("eve")["messages"][-1]["reply"]
    assert (quote["id"], quote["author"], quote["name"]) == (first, "ada", "Ada")
    assert len(quote["text"]) == 200
    assert room.do("bob", "post", text="hi", reply="9.9") == "not_found"


def test_what_was_private_is_quoted_to_nobody_else(room: Talk) -> None:
    room.do("ada", "whisper", to="bob", text="secret")
    secret = room.chat.messages[-1].id
    assert room.do("bob", "post", text="look", reply=secret) == "not_allowed"
    assert room.do("bob", "whisper", to="eve", text="look", reply=secret) == "not_allowed"
    assert room.do("bob", "ask", text="look", reply=secret) == "not_allowed"
    assert room.do("eve", "post", text="look", reply=secret) == "not_found"
    assert room.do("bob", "whisper", to="ada", text="yes", reply=secret) == ""
    assert who_sees(room, "yes") == {"ada", "bob"}


# Editing and deleting


def test_only_ones_own_message_is_edited_and_quotes_follow(room: Talk) -> None:
    first = room.post("ada", "helo")
    room.post("bob", "what?", reply=first)
    assert room.do("bob", "edit", id=first, text="x") == "not_allowed"
    assert room.do("hal", "edit", id=first, text="x") == "not_allowed"
    assert room.do("ada", "edit", id=first, text=" ") == "empty"
    assert room.do("ada", "edit", id=first, text="hello", mentions=["bob"]) == ""
    edited, answer = room.view("eve")["messages"]
    assert edited["text"] == "hello" and edited["edited_ms"] and edited["mentions"]
    assert answer["reply"]["text"] == "hello"
    assert body_of(room.last.events[0])["text"] == "hello"


def test_who_may_say_nothing_new_edits_nothing_either(room: Talk) -> None:
    first = room.post("ada", "hello")
    room.replica.state.locks.open_to["chat"] = []
    assert room.do("ada", "post", text="more") == "not_allowed"
    assert room.do("ada", "edit", id=first, text="more") == "not_allowed"
    assert room.do("ada", "delete", id=first) == ""


def test_private_chat_can_be_closed_by_itself(room: Talk) -> None:
    room.replica.state.locks.open_to["private_chat"] = []
    assert room.do("ada", "whisper", to="bob", text="x") == "not_allowed"
    assert room.do("hal", "whisper", to="bob", text="x") == ""
    assert room.do("ada", "post", text="x") == ""
    assert room.do("ada", "ask", text="x") == "", "hosts can always be asked"


def test_a_deleted_message_is_gone_from_quotes_and_pin_too(room: Talk) -> None:
    first = room.post("ada", "regret", mentions=["bob"])
    room.do("bob", "react", id=first, emoji="👍", on=True)
    room.post("bob", "why?", reply=first)
    assert room.do("hal", "pin", id=first) == ""
    assert room.do("bob", "delete", id=first) == "not_allowed"
    assert room.do("ada", "delete", id=first) == ""
    view = msgspec.msgpack.encode(room.view("eve"))
    assert b"regret" not in view
    assert room.view("eve")["messages"][0]["deleted_by"] == "ada"
    assert room.view("eve")["pinned"] is None
    assert [e.type for e in room.last.events] == ["deleted", "pinned"]
    for type_, more in (("edit", {"text": "x"}), ("delete", {}), ("pin", {})):
        assert room.do("hal" if type_ != "edit" else "ada", type_, id=first, **more) == "not_found"


def test_a_host_deletes_what_they_see_and_nothing_else(room: Talk) -> None:
    spam = room.post("ada", "spam")
    room.do("ada", "whisper", to="bob", text="secret")
    secret = room.chat.messages[-1].id
    assert room.do("hal", "delete", id=spam) == ""
    assert room.do("hal", "delete", id=secret) == "not_found"
    assert who_sees(room, "secret") == {"ada", "bob"}


def test_hosts_of_that_moment_see_who_changed_what(room: Talk) -> None:
    first = room.post("ada", "helo " + "x" * 1_000)
    room.do("ada", "edit", id=first, text="hello")
    room.do("ada", "whisper", to="bob", text="secret")
    room.do("ada", "delete", id=room.chat.messages[-1].id)
    room.come("ivy", "co-host")
    room.do("ivy", "delete", id=first)
    told = [(t["what"], t["by"], t["author"], t["text"][:5]) for t in trace_for(room.chat, "hal")]
    assert told == [("deleted", "ivy", "ada", "hello"), ("edited", "ada", "ada", "helo ")]
    assert [t["what"] for t in trace_for(room.chat, "ivy")] == ["deleted"]
    assert trace_for(room.chat, "ada") == []
    assert all(len(t.text) <= 500 for t in room.chat.trace)
    assert b"secret" not in msgspec.msgpack.encode(room.chat.trace)


# Reactions, pins, reading


def test_one_reaction_of_each_kind_by_each_person(room: Talk) -> None:
    first = room.post("ada", "hello")
    for _ in range(2):
        assert room.do("bob", "react", id=first, emoji="👍", on=True) == ""
    assert room.last.events == [], "what is so already is told to nobody"
    room.do("eve", "react", id=first, emoji="👍", on=True)
    room.do("eve", "react", id=first, emoji="🎉", on=True)
    assert room.view("ada")["messages"][0]["reactions"] == {"👍": ["bob", "eve"], "🎉": ["eve"]}
    room.do("bob", "react", id=first, emoji="👍", on=False)
    room.do("eve", "react", id=first, emoji="🎉", on=False)
    assert room.view("ada")["messages"][0]["reactions"] == {"👍": ["eve"]}
    assert room.do("bob", "react", id=first, emoji="👎", on=True) == "malformed"
    assert room.do("bob", "react", id="9.9", emoji=CHAT_REACTIONS[0], on=True) == "not_found"


def test_reactions_to_a_message_are_bounded(room: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_module, "REACTING_MAX", 2)
    first = room.post("ada", "hello")
    codes = [room.do("bob", "react", id=first, emoji=e, on=True) for e in CHAT_REACTIONS[:3]]
    assert codes == ["", "", "limit_reached"]


def test_hosts_pin_what_everyone_can_see(room: Talk) -> None:
    first = room.post("ada", "agenda")
    assert room.do("ada", "pin", id=first) == "not_allowed"
    room.do("hal", "whisper", to="bob", text="secret")
    assert room.do("hal", "pin", id=room.chat.messages[-1].id) == "not_allowed"
    assert room.do("hal", "pin", id=first) == ""
    assert room.view("eve")["pinned"]["text"] == "agenda"
    assert room.view("eve")["pinned"]["pinned_by"] == "Hal"
    room.do("ada", "edit", id=first, text="new agenda")
    assert room.view("eve")["pinned"]["text"] == "new agenda"
    assert room.do("hal", "pin", id="") == ""
    assert room.view("eve")["pinned"] is None


def test_how_far_somebody_read_is_theirs_alone_and_never_goes_back(room: Talk) -> None:
    ids = [room.post("ada", str(n)) for n in range(3)]
    room.do("ada", "whisper", to="eve", text="secret")
    assert room.do("bob", "read", id=ids[1]) == ""
    assert room.last.events[0].audience == ("bob",)
    assert (room.view("bob")["read"], room.view("bob")["unread"]) == (ids[1], 1)
    assert room.view("eve")["read"] == ""
    room.do("bob", "read", id=ids[0])
    assert room.last.events == []
    assert room.view("bob")["read"] == ids[1]
    for id_ in ("", "x", "99999.0", "1.١"):
        assert room.do("bob", "read", id=id_) == "malformed"
    room.leave("bob")
    assert room.chat.read == {}


# The window


@pytest.mark.usefixtures("small")
def test_the_window_is_bounded_and_the_view_is_its_end(room: Talk) -> None:
    longest = 0
    for counter in range(1, 91):
        room.post("ada", f"m{counter}")
        longest = max(longest, len(room.chat.messages))
        assert room.chat.total - room.chat.settled <= 15
    assert longest == 35
    assert room.chat.total == 90
    assert room.texts("ada") == ["m87", "m88", "m89", "m90"]
    assert room.view("ada")["earlier"] is True


@pytest.mark.usefixtures("small")
def test_what_is_settled_is_written_for_nobody_and_in_its_final_form(room: Talk) -> None:
    first = room.post("ada", "helo")
    room.do("ada", "whisper", to="bob", text="secret")
    room.do("ada", "edit", id=first, text="hello")
    settled = []
    for counter in range(20):
        room.post("ada", str(counter))
        settled += [e for e in room.last.events if e.type == "settled"]
    assert all(event.audience == () for event in settled)
    bodies = [body_of(event) for event in settled]
    assert [body["through"] for body in bodies] == [5, 10]
    hello, secret = bodies[0]["messages"][:2]
    assert hello["text"] == "hello" and secret["audience"] == ["ada", "bob"]


@pytest.mark.usefixtures("small")
def test_what_is_settled_stays_as_it_is_but_can_be_deleted(room: Talk) -> None:
    first = room.post("ada", "old")
    for counter in range(16):
        room.post("bob", str(counter))
    assert room.do("ada", "edit", id=first, text="x") == "too_old"
    assert room.do("bob", "react", id=first, emoji="👍", on=True) == "too_old"
    assert room.do("ada", "delete", id=first) == ""
    assert room.chat.removed == {first: "ada"}
    for counter in range(40):
        room.post("bob", str(counter))
    second = room.chat.messages[0].id
    gone = first.replace(".0", ".1")
    assert room.do("ada", "delete", id=gone) == "not_found"
    assert room.do("hal", "delete", id=first) == "not_found", "it is deleted already"
    assert room.do("hal", "delete", id=gone) == ""
    assert room.do("hal", "edit", id=gone, text="x") == "too_old"
    assert order(gone) < order(second)  # type: ignore[operator]


def test_a_removal_takes_effect_only_by_who_could_see_it(room: Talk) -> None:
    room.post("ada", "open")
    room.do("ada", "whisper", to="bob", text="secret")
    messages = room.chat.messages
    removed = {message.id: "hal" for message in messages}
    assert [m.text for m in with_removals(messages, "ada", removed)] == ["secret"]
    assert with_removals(messages, "eve", {}) == messages[:1]


def test_earlier_messages_are_found_by_the_one_they_precede(room: Talk) -> None:
    ids = [room.post("ada", str(n)) for n in range(5)]
    room.do("ada", "whisper", to="bob", text="secret")
    last = room.post("ada", "5")

    def before(id_: str, count: int, person: str = "eve") -> list[str] | None:
        found = earlier_in(room.chat, id_, count, person)
        return None if found is None else [m.text for m in found]

    assert before(ids[3], 2) == ["1", "2"]
    assert before(last, 2) == ["3", "4"]
    assert before(last, 2, "bob") == ["4", "secret"]
    assert before(ids[0], 2) is None
    assert before("9999.0", 1) == ["5"]
    assert before("nonsense", 1) is None


# Previews


def test_a_preview_is_for_whom_the_message_will_be(room: Talk) -> None:
    state = room.replica.state
    chat = room.applications["chat"]

    def preview(body: object) -> object:
        return chat.preview(room.chat, body, state.persons["ada"], state)

    open_ = preview(Post("hello"))
    assert open_ is not None and getattr(open_, "audience") is None  # noqa: B009
    secret = preview(chat_module.Whisper("bob", "secret"))
    assert getattr(secret, "audience") == ("ada", "bob")  # noqa: B009
    assert preview(chat_module.Read("1.0")) is None
    with pytest.raises(Rejected):
        preview(Post(" "))
    with pytest.raises(Rejected):
        preview(chat_module.Whisper("nobody", "x"))
    assert room.chat.total == 0
