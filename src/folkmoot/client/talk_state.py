"""Polls, questions, hands and agenda as a client knows them: what each event changes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol


class Told(Protocol):
    """What these need of an event."""

    @property
    def type(self) -> str: ...

    @property
    def time_ms(self) -> int: ...

    @property
    def body(self) -> Any: ...


def new_polls() -> dict[str, Any]:
    return {"polls": []}


def new_questions() -> dict[str, Any]:
    return {"questions": [], "anonymous_allowed": True}


def new_hands() -> dict[str, Any]:
    return {"raised": [], "turn": ""}


def new_agenda() -> dict[str, Any]:
    return {"items": [], "current": "", "since_ms": 0, "timer": None}


def _find(entries: list[dict[str, Any]], key: str, id_: str) -> dict[str, Any] | None:
    return next((entry for entry in entries if entry[key] == id_), None)


def _put(entries: list[dict[str, Any]], key: str, entry: dict[str, Any], own: list[str]) -> None:
    """Puts an entry in the place of the one with its id; what is one's own stays with it."""
    known = _find(entries, key, entry[key])
    if known is None:
        entries.append(dict(entry))
        # A draft that is started, or a question that is opened again, belongs where it was made.
        entries.sort(key=lambda one: [int(part) for part in one[key].split(".")])
        return
    kept = {name: known[name] for name in own if name in known}
    known.clear()
    known.update(entry | kept)


def polls_after(polls: dict[str, Any], event: Told) -> None:
    body, entries = event.body, polls["polls"]
    if event.type == "changed":
        _put(entries, "poll", body, ["mine", "score"])
        if body["phase"] == "closed":
            _settle_own(_find(entries, "poll", body["poll"]) or {})
    elif event.type == "removed":
        polls["polls"] = [entry for entry in entries if entry["poll"] != body["poll"]]
    elif (poll := _find(entries, "poll", body["poll"])) is None:
        return
    elif event.type == "voted":
        poll["mine"] = {"choices": body["choices"], "text": body["text"]}
    elif event.type == "counted":
        poll.update({k: v for k, v in body.items() if k != "poll"})


def _settle_own(poll: dict[str, Any]) -> None:
    """The own points follow from the own vote, which a secret poll keeps only until it closes."""
    mine = poll.get("mine")
    if mine is not None and poll["published"] and poll["kind"] == "quiz":
        right = sorted(mine["choices"]) == sorted(poll["right"])
        poll["score"] = poll["points"] if right else 0


def questions_after(questions: dict[str, Any], event: Told) -> None:
    body, entries = event.body, questions["questions"]
    if event.type in ("asked", "changed"):
        _put(entries, "question", body, ["own", "supported"])
    elif event.type == "removed":
        gone = body["question"]
        questions["questions"] = [entry for entry in entries if entry["question"] != gone]
    elif event.type == "anonymous_allowed":
        questions["anonymous_allowed"] = body["allowed"]
    elif event.type == "counted":
        for entry in entries:
            entry["supports"] = body["supports"].get(entry["question"], entry["supports"])
    elif (question := _find(entries, "question", body["question"])) is None:
        return
    elif event.type == "own":
        question["own"] = True
    elif event.type == "supported":
        question["supported"] = True
        if not body["up"]:
            del question["supported"]


def hands_after(hands: dict[str, Any], event: Told) -> None:
    if event.type == "all_lowered":
        hands["raised"], hands["turn"] = [], ""
        return
    person = event.body["person"]
    hands["raised"] = [entry for entry in hands["raised"] if entry["person"] != person]
    if event.type == "raised":
        hands["raised"].append({"person": person, "time_ms": event.time_ms})
    elif event.type == "turn":
        hands["turn"] = person
    elif hands["turn"] == person:
        hands["turn"] = ""


def agenda_after(agenda: dict[str, Any], event: Told) -> None:
    agenda.update(event.body)


AFTER: Final[dict[str, Callable[[dict[str, Any], Told], None]]] = {
    "polls": polls_after,
    "questions": questions_after,
    "hands": hands_after,
    "agenda": agenda_after,
}
"""By application: changes its part of the view in place."""
