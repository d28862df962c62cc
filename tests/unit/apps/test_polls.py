"""Polls: who may, what counts, what is told to whom, and that a secret stays one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from folkmoot.apps import polls as polls_module
from folkmoot.apps.poll_state import PollsState, answers, standings
from folkmoot.protocol.limits import POLL_OPTIONS_MAX, POLLS_MAX
from folkmoot.testing.meetings import Meeting

PEOPLE = {"ada": "host", "bob": "participant", "eva": "participant", "vic": "viewer"}
LUNCH = {"kind": "single", "title": "Lunch?", "options": ["Soup", "Salad"]}


@pytest.fixture
def room() -> Meeting:
    return Meeting(PEOPLE)


def poll_of(room: Meeting, person: str = "ada") -> dict[str, Any]:
    poll: dict[str, Any] = room.views[person].polls["polls"][-1]
    return poll


def draft(room: Meeting, **terms: object) -> str:
    assert room.do("ada", "polls", "create", **(LUNCH | terms)) == ""
    return room.newest("ada", "polls", "poll")


def start(room: Meeting, *, seconds: int = 0, **terms: object) -> str:
    poll = draft(room, **terms)
    assert room.do("ada", "polls", "start", poll=poll, seconds=seconds) == ""
    return poll


def vote(room: Meeting, who: str, poll: str, *choices: int, **more: object) -> str:
    return room.do(who, "polls", "vote", poll=poll, choices=list(choices), **more)


def test_a_draft_is_seen_by_those_who_run_polls_only(room: Meeting) -> None:
    poll = draft(room)
    assert poll_of(room)["phase"] == "draft"
    assert room.views["bob"].polls["polls"] == [] and room.view("polls", "bob")["polls"] == []
    assert room.do("bob", "polls", "create", **LUNCH) == "not_allowed"
    assert vote(room, "bob", poll, 0) == "poll_not_open"
    assert room.do("ada", "polls", "edit", poll=poll, **(LUNCH | {"title": "Supper?"})) == ""
    assert room.do("ada", "polls", "start", poll=poll) == ""
    assert poll_of(room, "bob")["title"] == "Supper?"
    assert room.do("ada", "polls", "edit", poll=poll, **LUNCH) == "changed_meanwhile"


def test_a_person_has_one_vote_on_however_many_devices(room: Meeting) -> None:
    poll = start(room)
    room.join("bob", session="bob-phone")
    assert vote(room, "bob", poll, 0) == "" and vote(room, "bob-phone", poll, 1) == ""
    assert vote(room, "eva", poll, 1) == ""
    room.again("eva", "polls", "vote", poll=poll, choices=[0], text="")
    room.reload()
    assert vote(room, "bob-phone", poll, 1) == ""
    assert room.do("ada", "polls", "close", poll=poll) == ""
    told = poll_of(room)
    assert (told["votes"], told["counts"], told["eligible"]) == (2, [0, 2], 4)


def test_a_vote_stays_where_the_poll_says_so(room: Meeting) -> None:
    poll = start(room, changeable=False)
    assert vote(room, "bob", poll, 0) == ""
    assert vote(room, "bob", poll, 1) == "voted_already"
    assert room.view("polls", "bob")["polls"][0]["mine"] == {"choices": [0], "text": ""}


def test_a_deadline_ends_a_poll_by_the_logs_time_also_when_its_timer_is_late(
    room: Meeting,
) -> None:
    poll = start(room, seconds=30)
    assert (
        vote(
            room,
            "bob",
            poll,
            0,
        )
        == ""
    )
    late = room.do("eva", "polls", "vote", after_ms=30_000, poll=poll, choices=[0])
    assert late == "poll_not_open"
    assert poll_of(room)["phase"] == "open"
    room.run_timers("polls/close")
    assert poll_of(room, "eva")["phase"] == "closed"
    assert room.told("eva", "polls").count("changed") == 2, "started and closed, once each"
    assert room.do("ada", "polls", "close", poll=poll) == "poll_not_open"


def test_closing_by_hand_takes_the_deadline_away(room: Meeting) -> None:
    poll = start(room, seconds=30)
    assert room.do("ada", "polls", "close", poll=poll) == ""
    assert not [id_ for id_ in room.replica.state.timers if id_.startswith("polls/close")]


def test_counts_go_out_together_and_not_with_each_vote(room: Meeting) -> None:
    poll = start(room, live=True)
    for who, choice in (("bob", 0), ("eva", 1), ("vic", 1), ("bob", 1)):
        assert vote(room, who, poll, choice) == ""
    assert room.told("ada", "polls").count("counted") == 0
    room.run_timers("polls/tally")
    assert room.told("ada", "polls").count("counted") == 1
    assert poll_of(room, "bob")["counts"] == [0, 3] and poll_of(room, "bob")["votes"] == 3
    assert vote(room, "eva", poll, 0) == ""
    room.run_timers("polls/tally")
    assert poll_of(room, "vic")["counts"] == [1, 2]


def test_without_live_bars_only_those_who_run_polls_see_counts_before_the_results(
    room: Meeting,
) -> None:
    poll = start(room)
    vote(room, "bob", poll, 0)
    room.run_timers("polls/tally")
    assert poll_of(room)["counts"] == [1, 0]
    assert "counts" not in poll_of(room, "bob") and poll_of(room, "bob")["votes"] == 1
    assert room.do("ada", "polls", "publish", poll=poll) == "changed_meanwhile"
    assert room.do("ada", "polls", "close", poll=poll) == ""
    assert "counts" not in poll_of(room, "bob")
    assert room.do("ada", "polls", "publish", poll=poll) == ""
    assert poll_of(room, "bob")["counts"] == [1, 0] and poll_of(room, "bob")["published"]


def test_who_voted_what_in_a_secret_poll_is_in_no_frame_and_after_closing_in_no_state(
    room: Meeting,
) -> None:
    poll = start(room, kind="single", options=["Soup", "Salad"], live=True)
    for person in room.frames:
        room.frames[person].clear()
        room.seen[person].clear()
    vote(room, "bob", poll, 1)
    vote(room, "eva", poll, 0)
    room.run_timers("polls")
    room.do("ada", "polls", "close", poll=poll)
    room.do("ada", "polls", "publish", poll=poll)
    for person in ("ada", "vic"):
        told = b"".join(room.frames[person])
        assert b"bob" not in told and b"eva" not in told
        assert {event.author for event in room.seen[person]} == {"", "ada"}
        assert all(e.number in (0, 1) for e in room.seen[person])
    assert all(event.author != "bob" for event in room.seen["eva"])
    state: PollsState = room.replica.state.apps["polls"]
    stored = msgspec.msgpack.encode(state)
    assert b"bob" not in stored and b"eva" not in stored
    assert answers(state.polls[poll]) == []


def test_an_open_poll_tells_who_voted_what_and_a_secret_one_only_words(room: Meeting) -> None:
    poll = start(room, secret=False)
    vote(room, "bob", poll, 1)
    state: PollsState = room.replica.state.apps["polls"]
    assert answers(state.polls[poll]) == [{"name": "Bob", "choices": [1], "text": ""}]
    words = start(room, kind="text", options=[])
    for who, text in (("bob", "tea"), ("eva", "coffee"), ("vic", "tea")):
        assert vote(room, who, words, text=text) == ""
    assert vote(room, "ada", words, text=" ") == "empty"
    room.do("ada", "polls", "close", poll=words)
    assert answers(state.polls[words]) == [
        {"votes": 2, "text": "tea"},
        {"votes": 1, "text": "coffee"},
    ]


def test_a_quiz_gives_its_points_for_the_right_answer_when_it_is_published(room: Meeting) -> None:
    quiz = {"kind": "quiz", "options": ["1", "2", "3"], "right": [2, 0], "points": 5}
    poll = start(room, **quiz, choices_max=2, secret=False)
    vote(room, "bob", poll, 0, 2)
    vote(room, "eva", poll, 0)
    room.do("ada", "polls", "close", poll=poll)
    assert "right" not in poll_of(room, "bob") and "score" not in poll_of(room, "bob")
    state: PollsState = room.replica.state.apps["polls"]
    assert standings(state, 10) == []
    room.do("ada", "polls", "publish", poll=poll)
    assert (poll_of(room, "bob")["score"], poll_of(room, "eva")["score"]) == (5, 0)
    assert room.view("polls", "bob")["polls"][0]["score"] == 5
    assert [(s["name"], s["points"]) for s in standings(state, 10)] == [("Bob", 5), ("Eva", 0)]


def test_a_secret_quiz_tells_each_person_only_their_own_points(room: Meeting) -> None:
    quiz = {"kind": "quiz", "options": ["1", "2"], "right": [0]}
    poll = start(room, **quiz)
    vote(room, "bob", poll, 0)
    room.do("ada", "polls", "close", poll=poll)
    room.do("ada", "polls", "publish", poll=poll)
    assert poll_of(room, "bob")["score"] == 1 == room.view("polls", "bob")["polls"][0]["score"]
    assert "score" not in room.view("polls", "ada")["polls"][0]
    assert standings(room.replica.state.apps["polls"], 10) == []


def test_a_ranked_poll_shows_its_rounds(room: Meeting) -> None:
    poll = start(room, kind="ranked", options=["a", "b", "c"], choices_max=3)
    for who, ranking in (("ada", [0, 1]), ("bob", [1]), ("eva", [2, 1]), ("vic", [0, 2, 1])):
        assert vote(room, who, poll, *ranking) == ""
    room.do("ada", "polls", "close", poll=poll)
    assert "ranking" not in poll_of(room, "bob")
    room.do("ada", "polls", "publish", poll=poll)
    assert poll_of(room, "bob")["counts"] == [2, 1, 1]
    assert poll_of(room, "bob")["ranking"]["winners"] == [1], (
        "of equals the one with fewer points goes"
    )


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"kind": "dance"}, "malformed"),
        ({"title": " "}, "empty"),
        ({"title": "x" * 501}, "too_large"),
        ({"options": ["one"]}, "malformed"),
        ({"options": [str(n) for n in range(POLL_OPTIONS_MAX + 1)]}, "malformed"),
        ({"options": ["a", "a"]}, "exists"),
        ({"options": ["a\nb", "c"]}, "malformed"),
        ({"kind": "quiz", "right": []}, "malformed"),
        ({"kind": "quiz", "right": [2]}, "malformed"),
        ({"kind": "quiz", "right": [0, 0]}, "malformed"),
        ({"kind": "quiz", "right": [0], "points": 0}, "malformed"),
        ({"quorum_percent": 101}, "malformed"),
        ({"surprise": 1}, "malformed"),
    ],
)
def test_terms_that_make_no_poll_are_refused(
    room: Meeting, terms: dict[str, object], code: str
) -> None:
    assert room.do("ada", "polls", "create", **(LUNCH | terms)) == code


@pytest.mark.parametrize(
    ("kind", "choices", "text", "code"),
    [
        ("single", [], "", "empty"),
        ("single", [0, 1], "", "malformed"),
        ("single", [2], "", "malformed"),
        ("single", [-1], "", "malformed"),
        ("single", [0], "also", "malformed"),
        ("multiple", [0, 0], "", "malformed"),
        ("yesno", [3], "", "malformed"),
        ("yesno", [2], "", ""),
        ("text", [0], "x", "malformed"),
        ("text", [], "x" * 281, "too_large"),
        ("ranked", [1, 0], "", ""),
    ],
)
def test_a_vote_fits_its_poll_or_is_refused(
    room: Meeting, kind: str, choices: list[int], text: str, code: str
) -> None:
    poll = start(room, kind=kind, choices_max=2)
    assert vote(room, "bob", poll, *choices, text=text) == code


def test_polls_and_votes_of_a_room_are_bounded(
    room: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(POLLS_MAX):
        draft(room)
    assert room.do("ada", "polls", "create", **LUNCH) == "limit_reached"
    poll = room.newest("ada", "polls", "poll")
    assert room.do("ada", "polls", "remove", poll=poll) == ""
    monkeypatch.setattr(polls_module, "BYTES_EACH_MAX", 150)
    poll = start(room)
    assert [vote(room, who, poll, 0) for who in PEOPLE] == ["", "", *["limit_reached"] * 2]
    assert vote(room, "bob", poll, 1) == "", "a change takes no more than it had"
    monkeypatch.setattr(polls_module, "BYTES_MAX", 150)
    assert (
        room.do("ada", "polls", "start", poll=room.newest("ada", "polls", "poll"))
        == "changed_meanwhile"
    )
    poll = draft(room) if room.do("ada", "polls", "remove", poll=poll) == "" else ""
    assert room.do("ada", "polls", "start", poll=poll) == ""


def test_a_removed_poll_is_gone_with_its_deadline_and_its_count(room: Meeting) -> None:
    poll = start(room, seconds=9)
    vote(room, "bob", poll, 0)
    assert room.do("bob", "polls", "remove", poll=poll) == "not_allowed"
    assert room.do("ada", "polls", "remove", poll=poll) == ""
    assert room.views["bob"].polls["polls"] == []
    room.run_timers("polls")
    assert vote(room, "bob", poll, 0) == "not_found"


def test_who_becomes_a_presenter_sees_drafts_and_counts_at_once(room: Meeting) -> None:
    poll = start(room)
    vote(room, "eva", poll, 0)
    draft(room, title="Supper?")
    assert len(room.views["bob"].polls["polls"]) == 1
    assert room.do("ada", "roster", "set_role", person="bob", role="presenter") == ""
    first, second = room.views["bob"].polls["polls"]
    assert first["counts"] == [1, 0] and second["title"] == "Supper?"
    assert room.do("ada", "roster", "set_role", person="bob", role="participant") == ""
    assert len(room.views["bob"].polls["polls"]) == 1
