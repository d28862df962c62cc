"""What a client knows of people, doors and settings: a view, advanced by events. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol


class Told(Protocol):
    """What is used of an event."""

    @property
    def type(self) -> str: ...
    @property
    def time_ms(self) -> int: ...
    @property
    def body(self) -> Any: ...


Roster = dict[str, Any]


def new_roster() -> Roster:
    """What is known before anything was told."""
    return {"persons": {}, "sessions": {}, "away": {}}


def roster_after(roster: Roster, event: Told, own: str) -> None:
    """Changes the view in place; `own` is whose it is."""
    handler = _HANDLERS.get(event.type)
    if handler is not None:
        handler(roster, event)
    elif event.type == "listed":
        _listed(roster, event.body, own)


def _is_present(roster: Roster, person: str) -> bool:
    away = roster["away"]
    return any(p == person and n not in away for n, p in roster["sessions"].items())


def _joined(roster: Roster, event: Told) -> None:
    body = event.body
    person, number = body["person"], str(body["number"])
    before = roster["persons"].get(person)
    roster["persons"][person] = {
        **({"colour": body["colour"]} if "colour" in body else {}),
        "name": body["name"],
        "role": body["role"],
        "present": True,
        "joined_ms": before["joined_ms"] if before else event.time_ms,
    }
    roster["sessions"][number] = person
    roster["away"].pop(number, None)


def _attached(roster: Roster, event: Told) -> None:
    person, number = event.body["person"], str(event.body["number"])
    roster["sessions"][number] = person
    roster["away"].pop(number, None)
    if person in roster["persons"]:
        roster["persons"][person]["present"] = True


def _away(roster: Roster, event: Told) -> None:
    person = event.body["person"]
    roster["away"][str(event.body["number"])] = event.time_ms
    if person in roster["persons"]:
        roster["persons"][person]["present"] = _is_present(roster, person)


def _left(roster: Roster, event: Told) -> None:
    person, number = event.body["person"], str(event.body["number"])
    roster["sessions"].pop(number, None)
    roster["away"].pop(number, None)
    if person not in roster["sessions"].values():
        roster["persons"].pop(person, None)
    elif person in roster["persons"]:
        roster["persons"][person]["present"] = _is_present(roster, person)


def _renamed(roster: Roster, event: Told) -> None:
    for known in (roster["persons"], roster.get("waiting", {})):
        if event.body["person"] in known:
            known[event.body["person"]]["name"] = event.body["name"]


def _role(roster: Roster, event: Told) -> None:
    if event.body["person"] in roster["persons"]:
        roster["persons"][event.body["person"]]["role"] = event.body["role"]


def _listed(roster: Roster, body: Any, own: str) -> None:
    """Others are seen from now on, or are not; one sees oneself in any case."""
    myself = roster["persons"].get(own)
    numbers = {n: p for n, p in roster["sessions"].items() if p == own}
    away = {n: at for n, at in roster["away"].items() if n in numbers}
    roster["persons"] = ({own: myself} if myself else {}) | body["persons"]
    roster["sessions"] = numbers | body["sessions"]
    roster["away"] = away | body["away"]


def _doors(roster: Roster, event: Told) -> None:
    roster["doors"] = event.body
    if "bans" not in event.body:
        roster.pop("waiting", None)


def _locks(roster: Roster, event: Told) -> None:
    roster["locks"] = event.body


def _banned(roster: Roster, event: Told) -> None:
    told = {key: value for key, value in event.body.items() if key != "person"}
    roster.setdefault("doors", {}).setdefault("bans", {})[event.body["person"]] = told


def _unbanned(roster: Roster, event: Told) -> None:
    roster.get("doors", {}).get("bans", {}).pop(event.body["person"], None)


def _knocked(roster: Roster, event: Told) -> None:
    told = {"name": event.body["name"], "since_ms": event.body["since_ms"]}
    roster.setdefault("waiting", {})[event.body["person"]] = told


def _admitted(roster: Roster, event: Told) -> None:
    for person in event.body["persons"]:
        roster.get("waiting", {}).pop(person, None)


def _gone(roster: Roster, event: Told) -> None:
    roster.get("waiting", {}).pop(event.body["person"], None)


def _waiting(roster: Roster, event: Told) -> None:
    roster["waiting"] = event.body["persons"]


_HANDLERS: Final[dict[str, Callable[[Roster, Told], None]]] = {
    "joined": _joined,
    "attached": _attached,
    "away": _away,
    "left": _left,
    "renamed": _renamed,
    "role": _role,
    "doors": _doors,
    "locks": _locks,
    "banned": _banned,
    "unbanned": _unbanned,
    "knocked": _knocked,
    "admitted": _admitted,
    "gone": _gone,
    "waiting": _waiting,
}
