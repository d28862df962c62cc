"""Hands: an ordered queue of who wants to speak, and whose turn it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from folkmoot.conference.application import Context, Defaults, Preview, Rejected, SessionChange
from folkmoot.conference.replicated import State
from folkmoot.conference.rights import EVERYONE, STAFF, Right, Rights
from folkmoot.conference.state import ConferenceState, Person, Session


class Raise(msgspec.Struct, forbid_unknown_fields=True):
    """Gets in line; somebody who is in line stays where they are."""


class Lower(msgspec.Struct, forbid_unknown_fields=True):
    """Takes one's own hand down, or ends one's own turn."""


class LowerPerson(msgspec.Struct, forbid_unknown_fields=True):
    person: str


class LowerAll(msgspec.Struct, forbid_unknown_fields=True):
    pass


class Next(msgspec.Struct, forbid_unknown_fields=True):
    """The first in line has the turn; with nobody in line, nobody has it."""


class HandsState(State):
    """Shape: `raised_ms` by person, in the order of raising; `turn` is a person's id, or empty."""

    raised_ms: dict[str, int] = msgspec.field(default_factory=dict)
    turn: str = ""


class Hands(Defaults):
    """Keeps who wants to speak. A person has one hand, on however many devices."""

    name: ClassVar[str] = "hands"
    since: ClassVar[int] = 2
    state_type: ClassVar[type[Any]] = HandsState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "raise": Raise,
        "lower": Lower,
        "lower_person": LowerPerson,
        "lower_all": LowerAll,
        "next": Next,
    }
    rights: ClassVar[Rights] = {
        "raise": Right(EVERYONE, "hand"),
        "lower": Right(EVERYONE),
        "lower_person": Right(STAFF),
        "lower_all": Right(STAFF),
        "next": Right(STAFF),
    }

    def initial(self) -> HandsState:
        return HandsState()

    def reduce(self, state: HandsState, body: Any, context: Context) -> None:
        if isinstance(body, Raise):
            person = context.author.id
            if person not in state.raised_ms:
                state.raised_ms[person] = context.time_ms
                context.emit("raised", {"person": person})
        elif isinstance(body, Lower):
            _lower(state, context.author.id, context)
        elif isinstance(body, LowerPerson):
            if body.person not in state.raised_ms and body.person != state.turn:
                raise Rejected("not_found", "This hand is down already.")
            _lower(state, body.person, context)
        elif isinstance(body, LowerAll):
            state.raised_ms, state.turn = {}, ""
            context.emit("all_lowered", {})
        else:
            state.turn = next(iter(state.raised_ms), "")
            state.raised_ms.pop(state.turn, None)
            context.emit("turn", {"person": state.turn})

    def on_session(
        self,
        state: HandsState,
        change: SessionChange,
        session: Session,
        reason: str,
        context: Context,
    ) -> None:
        """Who is away keeps the place in line; who has left loses it."""
        if change is not SessionChange.CLOSED:
            return
        others = context.conference.sessions.values()
        if all(other.person != session.person for other in others):
            _lower(state, session.person, context)

    def preview(
        self, state: HandsState, body: Any, author: Person, conference: ConferenceState
    ) -> Preview | None:
        up = author.id in state.raised_ms
        if isinstance(body, Raise) and not up:
            return Preview("raised", {"person": author.id})
        if isinstance(body, Lower) and up:
            return Preview("lowered", {"person": author.id})
        return None

    def view(self, state: HandsState, conference: ConferenceState, person: str) -> Any:
        return {
            "raised": [{"person": p, "time_ms": at} for p, at in state.raised_ms.items()],
            "turn": state.turn,
        }


def _lower(state: HandsState, person: str, context: Context) -> None:
    was_up = state.raised_ms.pop(person, None) is not None
    had_turn = state.turn == person
    if had_turn:
        state.turn = ""
    if was_up or had_turn:
        context.emit("lowered", {"person": person})
