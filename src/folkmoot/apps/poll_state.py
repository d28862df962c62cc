"""Polls: what the state holds, and what each person sees of it. Pure, without operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from folkmoot.apps.poll_counting import count_choices, quiz_points, rank
from folkmoot.conference.replicated import State

SINGLE: Final = "single"
MULTIPLE: Final = "multiple"
RANKED: Final = "ranked"
TEXT: Final = "text"
YES_NO: Final = "yesno"
QUIZ: Final = "quiz"
KINDS: Final = (SINGLE, MULTIPLE, RANKED, TEXT, YES_NO, QUIZ)
YES_NO_OPTIONS: Final = ("yes", "no", "abstain")
"""Names of what a vote of yes or no can say; a client shows its own words for them."""

DRAFT: Final = "draft"
OPEN: Final = "open"
CLOSED: Final = "closed"

BALLOT_BYTES: Final = 64
"""Reckoned for a ballot beside its text."""


class Ballot(State):
    """One person's vote. Shape: `choices` are numbers of options, in a ranked poll best first.

    `name` is the person's at that time, and empty in a secret poll.
    """

    choices: list[int]
    text: str = ""
    name: str = ""


class Terms(State):
    """What a poll asks, and how. Shape: `right` and `points` are a quiz's; `choices_max` says how
    many options one may name; `quorum_percent` of those who may vote must have voted, 0 for none.
    """

    kind: str
    title: str
    options: list[str] = []
    right: list[int] = []
    points: int = 1
    secret: bool = True
    live: bool = False
    changeable: bool = True
    choices_max: int = 1
    quorum_percent: int = 0


class Poll(State):
    """One poll.

    Shape: `ballots` are by person. When a secret poll closes they become `sealed`, ordered by what
    they say, so that from then on nothing in the state leads from a vote to a person; only a quiz
    keeps each person's points, in `scores`. `eligible` counts who could vote when last counted.
    """

    terms: Terms
    created_ms: int
    phase: str = DRAFT
    published: bool = False
    started_ms: int = 0
    deadline_ms: int = 0
    closed_ms: int = 0
    eligible: int = 0
    ballots: dict[str, Ballot] = msgspec.field(default_factory=dict)
    sealed: list[Ballot] = msgspec.field(default_factory=list)
    scores: dict[str, int] = msgspec.field(default_factory=dict)
    bytes: int = 0


class PollsState(State):
    """Polls by id, oldest first; `uncounted` those with votes that people were not told of yet."""

    polls: dict[str, Poll] = msgspec.field(default_factory=dict)
    uncounted: dict[str, bool] = msgspec.field(default_factory=dict)


def votes_of(poll: Poll) -> Sequence[Ballot]:
    """All votes; of a secret poll that is over, in an order that tells nothing."""
    return poll.sealed or list(poll.ballots.values())


def counts_of(poll: Poll) -> list[int]:
    """Votes for each option; of a ranked poll how often each was put first."""
    choices = [ballot.choices for ballot in votes_of(poll)]
    if poll.terms.kind == RANKED:
        choices = [ranked[:1] for ranked in choices]
    return count_choices(choices, len(poll.terms.options))


def seal(poll: Poll) -> None:
    """Parts the votes of a secret poll from their persons, for good."""
    terms = poll.terms
    if terms.kind == QUIZ:
        poll.scores = {
            person: quiz_points(ballot.choices, terms.right, terms.points)
            for person, ballot in poll.ballots.items()
        }
    if terms.secret:
        poll.sealed = sorted(poll.ballots.values(), key=lambda b: (b.choices, b.text))
        poll.ballots = {}


def tally_of(id_: str, poll: Poll, *, counts: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"poll": id_, "votes": len(votes_of(poll)), "eligible": poll.eligible}
    return told | {"counts": counts_of(poll)} if counts else told


def shown(id_: str, poll: Poll, *, manager: bool) -> dict[str, Any]:
    """A poll as everyone sees it, or as who runs it does."""
    terms = poll.terms
    results = poll.published or manager
    told = tally_of(id_, poll, counts=results or terms.live) | {
        "kind": terms.kind,
        "title": terms.title,
        "options": terms.options,
        "secret": terms.secret,
        "live": terms.live,
        "changeable": terms.changeable,
        "choices_max": terms.choices_max,
        "quorum_percent": terms.quorum_percent,
        "points": terms.points if terms.kind == QUIZ else 0,
        "phase": poll.phase,
        "published": poll.published,
        "created_ms": poll.created_ms,
        "started_ms": poll.started_ms,
        "deadline_ms": poll.deadline_ms,
        "closed_ms": poll.closed_ms,
    }
    if results and terms.kind == QUIZ:
        told["right"] = terms.right
    if results and terms.kind == RANKED and poll.phase == CLOSED:
        told["ranking"] = rank([b.choices for b in votes_of(poll)], len(terms.options))
    return told


def own_part(poll: Poll, person: str) -> dict[str, Any]:
    """What a person alone is told of a poll: the own vote while it is kept, the own points."""
    ballot = poll.ballots.get(person)
    told: dict[str, Any] = {}
    if ballot is not None:
        told["mine"] = {"choices": ballot.choices, "text": ballot.text}
    if poll.published and person in poll.scores:
        told["score"] = poll.scores[person]
    return told


def answers(poll: Poll) -> list[dict[str, Any]]:
    """Every vote, with names, of an open poll; of a secret one only what was said in words.

    Whole votes of a secret poll are not listed: an unusual order of options could be a signature.
    """
    if not poll.terms.secret:
        return [
            {"name": b.name, "choices": b.choices, "text": b.text} for b in poll.ballots.values()
        ]
    said: dict[str, int] = {}
    for ballot in votes_of(poll) if poll.terms.kind == TEXT else ():
        said[ballot.text] = said.get(ballot.text, 0) + 1
    ordered = sorted(said.items(), key=lambda item: (-item[1], item[0]))
    return [{"votes": votes, "text": text} for text, votes in ordered]


def standings(state: PollsState, places: int) -> list[dict[str, Any]]:
    """The points of everyone over all published open quizzes, best first."""
    points: dict[str, int] = {}
    names: dict[str, str] = {}
    for poll in state.polls.values():
        if poll.terms.kind != QUIZ or poll.terms.secret or not poll.published:
            continue
        for person, score in poll.scores.items():
            points[person] = points.get(person, 0) + score
            names[person] = poll.ballots[person].name
    ordered = sorted(points, key=lambda person: (-points[person], names[person], person))
    return [
        {"person": person, "name": names[person], "points": points[person]}
        for person in ordered[:places]
    ]
