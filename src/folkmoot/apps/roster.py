"""Roster: who is in the conference, under which name, and present or away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.conference.application import Context, Defaults, Rejected, SessionChange
from folkmoot.conference.replicated import State
from folkmoot.conference.rights import ANYBODY, EVERYONE, Right, Rights
from folkmoot.conference.state import ConferenceState, Session
from folkmoot.protocol.limits import NAME_CHARACTERS_MAX

_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
"""C0 and C1 controls but tab and line feed, surrogates, and the bidirectional overrides."""


class Rename(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class Leave(msgspec.Struct, forbid_unknown_fields=True):
    pass


class RosterState(State):
    """Nothing of its own: persons and sessions belong to the conference's core."""


def clean_text(text: str, characters_max: int) -> str:
    """Refuses what a text field must not hold.

    Only code points are judged, never Unicode categories: those differ between versions of Python,
    and replicas must agree. Normalising happens before the log, at the door.
    Errors: `Rejected` with `empty`, `too_large` or `malformed`.
    """
    if not text.strip(" \t\n"):
        raise Rejected("empty")
    if len(text) > characters_max:
        raise Rejected("too_large", f"At most {characters_max} characters.")
    if _CONTROL.search(text):
        raise Rejected("malformed", "Control characters are not allowed.")
    return text


class Roster(Defaults):
    """Tells everyone of comings and goings."""

    name: ClassVar[str] = "roster"
    state_type: ClassVar[type[Any]] = RosterState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {"rename": Rename, "leave": Leave}
    rights: ClassVar[Rights] = {
        "rename": Right(EVERYONE, "rename"),
        "leave": Right(ANYBODY),
    }

    def initial(self) -> RosterState:
        return RosterState()

    def reduce(self, state: RosterState, body: Any, context: Context) -> None:
        if isinstance(body, Rename):
            name = clean_text(body.name, NAME_CHARACTERS_MAX)
            if "\n" in name or "\t" in name:
                raise Rejected("malformed", "A name is one line.")
            context.author.name = name
            context.emit("renamed", {"person": context.author.id, "name": name})
        elif isinstance(body, Leave) and context.session is not None:
            context.close_session(context.session.id, "left")

    def on_session(
        self,
        state: RosterState,
        change: SessionChange,
        session: Session,
        reason: str,
        context: Context,
    ) -> None:
        told: dict[str, object] = {"person": session.person, "number": session.number}
        if change is SessionChange.JOINED:
            person = context.conference.persons[session.person]
            told |= {"name": person.name, "role": person.role}
        elif change is SessionChange.CLOSED:
            told["reason"] = reason
        context.emit("left" if change is SessionChange.CLOSED else change.value, told)

    def view(self, state: RosterState, conference: ConferenceState, person: str) -> Any:
        sessions = conference.sessions.values()
        here = {s.person for s in sessions}
        attached = {s.person for s in sessions if s.attached}
        return {
            "persons": {
                p.id: {
                    "name": p.name,
                    "role": p.role,
                    "present": p.id in attached,
                    "joined_ms": p.joined_ms,
                }
                for p in conference.persons.values()
                if p.id in here
            },
            "sessions": {str(s.number): s.person for s in sessions},
            "away": {str(s.number): True for s in sessions if not s.attached},
        }
