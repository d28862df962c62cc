"""What a client knows of a conference: views of the welcome, advanced by events. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from folkmoot.client.breakouts import breakouts_after, new_breakouts
from folkmoot.client.chat import advance as advance_chat
from folkmoot.client.talk_state import AFTER, new_agenda, new_hands, new_polls, new_questions
from folkmoot.protocol.frames import Batch, PendingEvent
from folkmoot.protocol.frames import Event as WireEvent
from folkmoot.protocol.position import START, Position

PENDING_MAX: Final = 1_000


class Event(msgspec.Struct, frozen=True):
    """Something that took effect in the conference.

    Shape: `author` is a person's id or empty; `body` is plain values; (`number`, `counter`) name
    the session and its operation that caused it, or are 0.
    """

    position: Position
    index: int
    time_ms: int
    app: str
    type: str
    author: str
    number: int
    counter: int
    body: Any


class ConferenceView(msgspec.Struct):
    """Current state as plain values.

    Shape: `roster["persons"]` maps a person's id to name, role, present, joined_ms, and
    `roster["sessions"]` a session's number to its person; `chat["messages"]` is oldest first;
    `documents["documents"]` maps an id to kind and title. `pending` holds what others did and the
    log has not confirmed yet, by (number, counter): a preview, which may never come to be.
    `person` is whose view it is.
    """

    position: Position = START
    roster: dict[str, Any] = msgspec.field(default_factory=lambda: {"persons": {}, "sessions": {}})
    chat: dict[str, Any] = msgspec.field(default_factory=lambda: {"messages": [], "earlier": False})
    documents: dict[str, Any] = msgspec.field(default_factory=lambda: {"documents": {}})
    polls: dict[str, Any] = msgspec.field(default_factory=new_polls)
    questions: dict[str, Any] = msgspec.field(default_factory=new_questions)
    hands: dict[str, Any] = msgspec.field(default_factory=new_hands)
    agenda: dict[str, Any] = msgspec.field(default_factory=new_agenda)
    breakouts: dict[str, Any] = msgspec.field(default_factory=new_breakouts)
    person: str = ""
    pending: dict[tuple[int, int], dict[str, Any]] = msgspec.field(default_factory=dict)

    def replace(self, position: Position, state: dict[str, Any]) -> None:
        """Takes over the views of a welcome."""
        self.position = position
        self.pending = {}
        self.roster = state.get("roster", self.roster)
        self.chat = state.get("chat", self.chat)
        self.documents = state.get("documents", self.documents)
        self.polls = state.get("polls", self.polls)
        self.questions = state.get("questions", self.questions)
        self.hands = state.get("hands", self.hands)
        self.agenda = state.get("agenda", self.agenda)
        self.breakouts = new_breakouts() | state.get("breakouts", {})

    def advance(self, epoch: str, batch: Batch) -> list[Event]:
        """Applies one batch and returns its events."""
        self.position = Position(epoch, batch.sequence)
        events = [_event(self.position, batch.time_ms, event) for event in batch.events]
        for event in events:
            self.pending.pop((event.number, event.counter), None)
            if event.app == "chat":
                advance_chat(self.chat, event.type, event.author, event.time_ms, event.body)
            handler = _HANDLERS.get((event.app, event.type))
            if handler is not None:
                handler(self, event)
            elif event.app == "breakouts":
                breakouts_after(self.breakouts, event, self.person)
            elif event.app in AFTER:
                AFTER[event.app](getattr(self, event.app), event)
        return events

    def preview(self, events: list[PendingEvent], own: int) -> None:
        """Notes what others did and is not confirmed; `own` is this session's number."""
        for event in events:
            if event.number != own and len(self.pending) < PENDING_MAX:
                self.pending[event.number, event.counter] = {
                    "app": event.app,
                    "type": event.type,
                    "author": event.author,
                    "body": msgspec.msgpack.decode(event.body),
                }

    def settle(self, number: int, through: int) -> None:
        """The log has decided all of that session through a counter."""
        self.pending = {
            key: told for key, told in self.pending.items() if key[0] != number or key[1] > through
        }

    def _present(self, person: str) -> None:
        entry = self.roster["persons"].get(person)
        if entry is not None:
            entry["present"] = any(
                p == person and n not in self.roster.get("away", {})
                for n, p in self.roster["sessions"].items()
            )


def _event(position: Position, time_ms: int, wire: WireEvent) -> Event:
    return Event(
        position,
        wire.index,
        time_ms,
        wire.app,
        wire.type,
        wire.author,
        wire.number,
        wire.counter,
        msgspec.msgpack.decode(wire.body),
    )


def _joined(view: ConferenceView, event: Event) -> None:
    body = event.body
    view.roster["persons"][body["person"]] = {
        "name": body["name"],
        "role": body["role"],
        "present": True,
        "joined_ms": event.time_ms,
    }
    view.roster["sessions"][str(body["number"])] = body["person"]


def _attached(view: ConferenceView, event: Event) -> None:
    view.roster["sessions"][str(event.body["number"])] = event.body["person"]
    view.roster.setdefault("away", {}).pop(str(event.body["number"]), None)
    view._present(event.body["person"])


def _away(view: ConferenceView, event: Event) -> None:
    view.roster.setdefault("away", {})[str(event.body["number"])] = True
    view._present(event.body["person"])


def _left(view: ConferenceView, event: Event) -> None:
    person, number = event.body["person"], str(event.body["number"])
    view.roster["sessions"].pop(number, None)
    view.roster.setdefault("away", {}).pop(number, None)
    if person in view.roster["sessions"].values():
        view._present(person)
    else:
        view.roster["persons"].pop(person, None)


def _renamed(view: ConferenceView, event: Event) -> None:
    person = view.roster["persons"].get(event.body["person"])
    if person is not None:
        person["name"] = event.body["name"]


def _created(view: ConferenceView, event: Event) -> None:
    view.documents["documents"][event.body["document"]] = {
        "kind": event.body["kind"],
        "title": event.body["title"],
    }


_HANDLERS = {
    ("roster", "joined"): _joined,
    ("roster", "attached"): _attached,
    ("roster", "away"): _away,
    ("roster", "left"): _left,
    ("roster", "renamed"): _renamed,
    ("documents", "created"): _created,
}
