"""Whatever people do, in whatever order: one vote a person, and clients see what servers hold.

The twin of each reducer is a few lines without events, audiences or timers. Clients are fed with
frames as they go over the wire; what they made of them must be the view that a newcomer would get.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.testing.meetings import Meeting

PEOPLE = {"ada": "host", "bob": "participant", "eva": "participant", "vic": "viewer"}
SESSIONS = (*PEOPLE, "bob-2")
KINDS = ("single", "multiple", "ranked", "text", "yesno", "quiz")
PLACES = st.integers(0, 2)

acts = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.sampled_from(KINDS), st.booleans(), st.booleans()),
        st.tuples(st.sampled_from(("start", "close", "publish", "remove")), PLACES),
        st.tuples(
            st.just("vote"),
            st.sampled_from(SESSIONS),
            PLACES,
            st.lists(st.integers(0, 2), unique=True, max_size=2),
        ),
        st.tuples(st.just("ask"), st.sampled_from(SESSIONS), st.booleans()),
        st.tuples(st.just("support"), st.sampled_from(SESSIONS), PLACES, st.booleans()),
        st.tuples(st.sampled_from(("take", "answer", "dismiss", "reopen", "withdraw")), PLACES),
        st.tuples(st.sampled_from(("raise", "lower")), st.sampled_from(SESSIONS)),
        st.tuples(st.sampled_from(("next", "lower_all"))),
        st.tuples(st.sampled_from(("timers", "reload", "welcome"))),
    ),
    max_size=40,
)


class Twin:
    """Votes by poll and person, supporters by question, hands as a list."""

    def __init__(self) -> None:
        self.votes: dict[str, dict[str, list[int]]] = {}
        self.supporters: dict[str, set[str]] = {}
        self.hands: list[str] = []


def person_of(session: str) -> str:
    return session.partition("-")[0]


def act(room: Meeting, twin: Twin, step: tuple[Any, ...]) -> None:
    name, *rest = step
    if name == "timers":
        room.run_timers()
    elif name == "reload":
        room.reload()
    elif name == "welcome":
        room.welcome("vic")
    elif name in ("next", "lower_all", "raise", "lower"):
        _act_hands(room, twin, name, *rest)
    elif name in ("create", "start", "close", "publish", "remove", "vote"):
        _act_polls(room, twin, name, *rest)
    else:
        _act_questions(room, twin, name, *rest)


def _act_hands(room: Meeting, twin: Twin, name: str, session: str = "ada") -> None:
    assert room.do(session, "hands", name) == ""
    person = person_of(session)
    if name == "raise" and person not in twin.hands:
        twin.hands.append(person)
    elif name == "lower" and person in twin.hands:
        twin.hands.remove(person)
    elif name == "next":
        del twin.hands[:1]
    elif name == "lower_all":
        twin.hands.clear()


def _act_polls(room: Meeting, twin: Twin, name: str, *rest: Any) -> None:
    if name == "create":
        kind, secret, live = rest
        terms = {"kind": kind, "secret": secret, "live": live, "right": [1], "choices_max": 2}
        room.do("ada", "polls", "create", title="?", options=["a", "b", "c"], **terms)
        return
    session = rest[0] if name == "vote" else "ada"
    polls = room.views["ada"].polls["polls"]
    place = rest[1] if name == "vote" else rest[0]
    if place >= len(polls):
        return
    poll = polls[place]["poll"]
    body: dict[str, Any] = {"poll": poll}
    if name == "vote":
        text = "x" if polls[place]["kind"] == "text" and not rest[2] else ""
        body |= {"choices": rest[2], "text": text}
    saved = room.do(session, "polls", name, **body) == ""
    if saved and name == "vote":
        twin.votes.setdefault(poll, {})[person_of(session)] = rest[2]
        room.again(session, "polls", "vote", poll=poll, choices=[0], text="")
    elif saved and name == "remove":
        twin.votes.pop(poll, None)


def _act_questions(room: Meeting, twin: Twin, name: str, *rest: Any) -> None:
    if name == "ask":
        room.do(rest[0], "questions", "ask", text="?", anonymous=rest[1])
        return
    session = rest[0] if name == "support" else "ada"
    place = rest[1] if name == "support" else rest[0]
    questions = room.views["ada"].questions["questions"]
    if place >= len(questions):
        return
    id_ = questions[place]["question"]
    body = {"question": id_} | ({"up": rest[2]} if name == "support" else {})
    if room.do(session, "questions", name, **body):
        return
    supporters = twin.supporters.setdefault(id_, set())
    if name == "support":
        (supporters.add if rest[2] else supporters.discard)(person_of(session))


def check(room: Meeting, twin: Twin) -> None:
    room.run_timers()
    for person in PEOPLE:
        client = room.views[person]
        assert client.polls == _kept(room.view("polls", person), client.polls), person
        assert client.questions == room.view("questions", person), person
        assert client.hands == room.view("hands", person), person
    for poll in room.view("polls", "ada")["polls"]:
        votes = twin.votes.get(poll["poll"], {})
        assert poll["votes"] == len(votes)
        named = [c for v in votes.values() for c in (v[:1] if poll["kind"] == "ranked" else v)]
        assert poll["counts"] == [named.count(n) for n in range(len(poll["options"]))]
    assert [h["person"] for h in room.view("hands", "ada")["raised"]] == twin.hands
    for question in room.view("questions", "ada")["questions"]:
        assert question["supports"] == len(twin.supporters.get(question["question"], ()))
    room.reload()


def _kept(view: dict[str, Any], client: dict[str, Any]) -> dict[str, Any]:
    """A client that saw its own vote in a secret poll remembers it after the state forgot it."""
    mine = {poll["poll"]: poll.get("mine") for poll in client["polls"]}
    for poll in view["polls"]:
        if poll["secret"] and poll["phase"] == "closed" and mine[poll["poll"]]:
            poll["mine"] = mine[poll["poll"]]
    return view


@settings(max_examples=120, deadline=None)
@given(acts)
def test_reducers_clients_and_twins_agree(steps: list[tuple[Any, ...]]) -> None:
    room = Meeting(PEOPLE)
    room.join("bob", session="bob-2")
    room.welcome("bob")
    twin = Twin()
    for step in steps:
        act(room, twin, step)
    check(room, twin)
