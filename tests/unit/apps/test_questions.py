"""Questions: asked, supported once by each person, answered, also without a name."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.apps import questions as questions_module
from folkmoot.apps.questions import QuestionsState
from folkmoot.conference.application import Preview
from folkmoot.protocol.limits import QUESTIONS_OPEN_EACH_MAX
from folkmoot.testing.meetings import Meeting

PEOPLE = {"ada": "host", "bob": "participant", "eva": "participant", "vic": "viewer"}


@pytest.fixture
def room() -> Meeting:
    return Meeting(PEOPLE)


def ask(room: Meeting, who: str = "bob", text: str = "Why?", **more: object) -> str:
    assert room.do(who, "questions", "ask", text=text, **more) == ""
    return room.newest(who, "questions", "question")


def seen(room: Meeting, person: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = room.views[person].questions["questions"]
    return entries


def test_a_question_is_asked_supported_taken_and_answered(room: Meeting) -> None:
    first, second = ask(room), ask(room, "eva", "How?")
    for who in ("eva", "vic", "eva"):
        assert room.do(who, "questions", "support", question=first) == ""
    room.run_timers("questions")
    assert [q["supports"] for q in seen(room, "bob")] == [2, 0]
    assert room.do("ada", "questions", "take", question=first) == ""
    assert room.do("ada", "questions", "take", question=second) == ""
    assert [q["phase"] for q in seen(room, "vic")] == ["answered", "taken"]
    assert room.do("ada", "questions", "answer", question=second, text="So.") == ""
    assert (seen(room, "vic")[1]["answer"], seen(room, "vic")[1]["answered_by"]) == ("So.", "Ada")
    assert room.do("vic", "questions", "support", question=first) == "not_found"
    assert room.do("ada", "questions", "reopen", question=first) == ""
    assert seen(room, "bob")[0]["phase"] == "open" and seen(room, "bob")[0]["supports"] == 2


def test_one_person_supports_once_whatever_is_sent_again(room: Meeting) -> None:
    question = ask(room)
    room.join("eva", session="eva-phone")
    for session in ("eva", "eva-phone"):
        assert room.do(session, "questions", "support", question=question) == ""
        room.again(session, "questions", "support", question=question, up=True)
    room.reload()
    assert room.do("bob", "questions", "support", question=question) == "not_allowed"
    room.run_timers("questions")
    assert seen(room, "ada")[0]["supports"] == 1
    assert room.do("eva", "questions", "support", question=question, up=False) == ""
    room.run_timers("questions")
    assert seen(room, "ada")[0]["supports"] == 0 and "supported" not in seen(room, "eva")[0]


def test_support_is_counted_for_all_together_and_names_nobody(room: Meeting) -> None:
    question = ask(room)
    for person in room.frames:
        room.frames[person].clear()
    for who in ("eva", "vic"):
        room.do(who, "questions", "support", question=question)
    room.run_timers("questions")
    assert room.told("ada", "questions").count("counted") == 1
    told = b"".join(room.frames["ada"])
    assert b"eva" not in told and b"vic" not in told


def test_a_question_without_a_name_names_nobody_on_the_wire(room: Meeting) -> None:
    for person in room.frames:
        room.frames[person].clear()
    question = ask(room, "eva", anonymous=True)
    room.do("vic", "questions", "support", question=question)
    room.run_timers("questions")
    room.do("ada", "questions", "answer", question=question, text="Well.")
    room.do("ada", "questions", "reopen", question=question)
    for person in ("ada", "bob"):
        assert b"eva" not in b"".join(room.frames[person]).lower()
        asked = next(e for e in room.seen[person] if e.type == "asked")
        assert (asked.author, asked.number, asked.counter) == ("", 0, 0)
        assert "eva" not in str(room.view("questions", person)).lower()
    assert seen(room, "eva")[0]["own"] is True and "own" not in seen(room, "ada")[0]
    assert room.do("eva", "questions", "withdraw", question=question) == ""
    assert room.seen["ada"][-1].author == "" and seen(room, "ada") == []


def test_a_host_decides_whether_one_may_ask_without_a_name(room: Meeting) -> None:
    assert room.do("bob", "questions", "allow_anonymous", allowed=False) == "not_allowed"
    assert room.do("ada", "questions", "allow_anonymous", allowed=False) == ""
    assert room.do("bob", "questions", "ask", text="Who?", anonymous=True) == "not_allowed"
    assert room.views["bob"].questions["anonymous_allowed"] is False


def test_a_dismissed_question_is_left_to_its_author_and_the_hosts(room: Meeting) -> None:
    question = ask(room, text="Rude?")
    assert room.do("ada", "questions", "dismiss", question=question) == ""
    assert [q["phase"] for q in seen(room, "ada")] == ["dismissed"]
    assert [q["phase"] for q in seen(room, "bob")] == ["dismissed"]
    assert seen(room, "vic") == [] == room.view("questions", "vic")["questions"]
    assert room.do("ada", "questions", "answer", question=question) == "changed_meanwhile"
    assert room.do("ada", "questions", "reopen", question=question) == ""
    assert [q["text"] for q in seen(room, "vic")] == ["Rude?"]


def test_only_who_asked_takes_a_question_back(room: Meeting) -> None:
    question = ask(room)
    assert room.do("eva", "questions", "withdraw", question=question) == "not_allowed"
    assert room.do("bob", "questions", "withdraw", question=question) == ""
    assert seen(room, "vic") == []
    room.run_timers("questions")


def test_questions_and_supports_are_bounded(room: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    questions = [ask(room) for _ in range(QUESTIONS_OPEN_EACH_MAX)]
    assert room.do("bob", "questions", "ask", text="More?") == "limit_reached"
    monkeypatch.setattr(questions_module, "SUPPORTS_MAX", 1)
    assert room.do("eva", "questions", "support", question=questions[0]) == ""
    assert room.do("eva", "questions", "support", question=questions[1]) == "limit_reached"
    monkeypatch.setattr(questions_module, "QUESTIONS_MAX", 20)
    assert room.do("eva", "questions", "ask", text="Me?") == "limit_reached"
    assert room.do("eva", "questions", "ask", text=" ") == "empty"


def test_a_preview_shows_named_questions_only(room: Meeting) -> None:
    app = room.applications["questions"]
    state: QuestionsState = room.replica.state.apps["questions"]
    bob = room.replica.state.persons["bob"]
    ask_body = questions_module.Ask("Why?")
    assert app.preview(state, ask_body, bob, room.replica.state) == Preview(
        "asked", {"text": "Why?", "name": "Bob"}
    )
    assert app.preview(state, questions_module.Ask("Why?", True), bob, room.replica.state) is None
    assert not state.questions
