"""What a client knows of a conference: views of the welcome, advanced by events. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from folkmoot.client.breakouts import breakouts_after, new_breakouts
from folkmoot.client.chat import advance as advance_chat
from folkmoot.client.documents_state import documents_after, new_documents
from folkmoot.client.files import files_after, new_files
from folkmoot.client.roster_state import new_roster, roster_after
from folkmoot.client.slides_state import new_slides, slides_after
from folkmoot.client.stage import new_stage, stage_after
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

    Shape: `roster["persons"]` maps a person's id to name, role, present, joined_ms, colour, and
    `roster["sessions"]` a session's number to its person; `chat["messages"]` is oldest first;
    `documents["documents"]` maps an id to kind and title, `documents["removed"]` those removed;
    `files["files"]` is oldest first.
    `pending` holds what others did and the log has not confirmed yet, by (number, counter): a
    preview, which may never come to be.
    `person` is whose view it is.
    """

    position: Position = START
    roster: dict[str, Any] = msgspec.field(default_factory=new_roster)
    chat: dict[str, Any] = msgspec.field(default_factory=lambda: {"messages": [], "earlier": False})
    documents: dict[str, Any] = msgspec.field(default_factory=new_documents)
    polls: dict[str, Any] = msgspec.field(default_factory=new_polls)
    questions: dict[str, Any] = msgspec.field(default_factory=new_questions)
    hands: dict[str, Any] = msgspec.field(default_factory=new_hands)
    agenda: dict[str, Any] = msgspec.field(default_factory=new_agenda)
    breakouts: dict[str, Any] = msgspec.field(default_factory=new_breakouts)
    slides: dict[str, Any] = msgspec.field(default_factory=new_slides)
    stage: dict[str, Any] = msgspec.field(default_factory=new_stage)
    files: dict[str, Any] = msgspec.field(default_factory=new_files)
    person: str = ""
    pending: dict[tuple[int, int], dict[str, Any]] = msgspec.field(default_factory=dict)

    def replace(self, position: Position, state: dict[str, Any]) -> None:
        """Takes over the views of a welcome; of what it does not tell nothing is known."""
        fresh = ConferenceView()
        self.position = position
        self.pending = {}
        self.roster = new_roster() | state.get("roster", {})
        self.chat = state.get("chat", fresh.chat)
        self.documents = new_documents() | state.get("documents", {})
        self.polls = state.get("polls", fresh.polls)
        self.questions = state.get("questions", fresh.questions)
        self.hands = state.get("hands", fresh.hands)
        self.agenda = state.get("agenda", fresh.agenda)
        self.breakouts = new_breakouts() | state.get("breakouts", {})
        self.slides = state.get("slides", fresh.slides)
        self.stage = new_stage() | state.get("stage", {})
        self.files = state.get("files", fresh.files)

    def advance(self, epoch: str, batch: Batch) -> list[Event]:
        """Applies one batch and returns its events."""
        self.position = Position(epoch, batch.sequence)
        events = [_event(self.position, batch.time_ms, event) for event in batch.events]
        for event in events:
            self.pending.pop((event.number, event.counter), None)
            if event.app == "chat":
                advance_chat(self.chat, event.type, event.author, event.time_ms, event.body)
            if event.app == "documents":
                documents_after(self.documents, event.type, event.body)
            elif event.app == "roster":
                roster_after(self.roster, event, self.person)
            elif event.app == "breakouts":
                breakouts_after(self.breakouts, event, self.person)
            elif event.app == "slides":
                slides_after(self.slides, event)
            elif event.app == "stage":
                stage_after(self.stage, event)
            elif event.app == "files":
                files_after(self.files, event.type, event.body)
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
