"""Slides as every replica holds them, and as a person sees them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from folkmoot.conference.replicated import State

QUEUED: Final = "queued"
CONVERTING: Final = "converting"
READY: Final = "ready"
FAILED: Final = "failed"
REMOVING: Final = "removing"
OPEN: Final = (QUEUED, CONVERTING)

ATTEMPTS_MAX: Final = 3
"""Attempts that may come to nothing and are not excused."""


class Mark(State):
    """Something drawn over a page; see `operations.Put`."""

    person: str
    tool: str
    points: bytes
    colour: str
    width: int
    text: str = ""

    @property
    def kept_bytes(self) -> int:
        return len(self.points) + 4 * len(self.text)


class Deck(State):
    """One file that is shown.

    Shape: `object`, `sha256`, `bytes` and `type` are the file's; `folder` says where the images
    are, `sizes` holds width and height of each page in turn, and the first `ready` pages can be
    shown. `page` is everyone's, counted from 1. `marks` and `notes` are by page, as
    text, for the canonical encoding knows no other keys. `step` says what
    is done just now; `attempt` counts the starts, those before `tried` in an earlier go, and
    `excused` those since then that do not count. It is queued since `queued_ms`, and its worker
    last spoke at `heard_ms`.
    """

    title: str
    person: str
    added_ms: int
    object: str
    sha256: str
    bytes: int
    type: str
    phase: str = QUEUED
    attempt: int = 0
    tried: int = 0
    worker: str = ""
    step: str = ""
    reason: str = ""
    folder: str = ""
    sizes: list[int] = msgspec.field(default_factory=list)
    ready: int = 0
    page: int = 1
    marks: dict[str, dict[str, Mark]] = msgspec.field(default_factory=dict)
    notes: dict[str, str] = msgspec.field(default_factory=dict)
    excused: int = 0
    queued_ms: int = 0
    heard_ms: int = 0

    @property
    def spent(self) -> bool:
        """Whether enough attempts came to nothing."""
        return self.attempt - self.tried - self.excused >= ATTEMPTS_MAX

    @property
    def pages(self) -> int:
        return len(self.sizes) // 2

    @property
    def mark_bytes(self) -> int:
        return sum(mark.kept_bytes for marks in self.marks.values() for mark in marks.values())

    @property
    def note_characters(self) -> int:
        return sum(len(text) for text in self.notes.values())


class SlidesState(State):
    """Decks by their file's id, in the order in which they were added.

    Shape: `gone` has files whose decks were removed, so that nobody makes them again unasked.
    """

    decks: dict[str, Deck] = msgspec.field(default_factory=dict)
    gone: list[str] = msgspec.field(default_factory=list)


def needs_work(state: SlidesState) -> list[tuple[str, Deck]]:
    """What a documents server should look at: open ones, and those that are to be let go."""
    return [(i, d) for i, d in state.decks.items() if d.phase in OPEN or d.phase == REMOVING]


def told_deck(id_: str, deck: Deck) -> dict[str, Any]:
    """A deck without its pages' sizes, marks and notes."""
    return {
        "deck": id_,
        "title": deck.title,
        "person": deck.person,
        "added_ms": deck.added_ms,
        "bytes": deck.bytes,
        "type": deck.type,
        "phase": deck.phase,
        "step": deck.step,
        "reason": deck.reason,
        "ready": deck.ready,
        "pages": deck.pages,
        "page": deck.page,
    }


def told_mark(page: int, id_: str, mark: Mark) -> dict[str, Any]:
    told = {
        "page": page,
        "mark": id_,
        "person": mark.person,
        "tool": mark.tool,
        "points": mark.points,
        "colour": mark.colour,
        "width": mark.width,
    }
    return told | {"text": mark.text} if mark.text else told


def shown(id_: str, deck: Deck, *, presents: bool) -> dict[str, Any]:
    """All of a deck that somebody may see; notes are for who presents."""
    told = told_deck(id_, deck) | {
        "sizes": deck.sizes,
        "marks": [
            told_mark(int(page), mark_id, mark)
            for page, marks in deck.marks.items()
            for mark_id, mark in marks.items()
        ],
    }
    if presents:
        told["notes"] = [{"page": int(page), "text": text} for page, text in deck.notes.items()]
    return told
