"""Slides: decks in the order in which they came, the page that is on, and what is over it.

A documents server makes the pages (see `conversion`); this file has what people ask for. Speaker
notes go to those who present and to nobody else: as events to that audience, in views by role, and
whoever comes to present or ceases to gets a whole view.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.apps.common import clean_line, may, those_who_may
from folkmoot.apps.slides import conversion
from folkmoot.apps.slides.marks import check_place, checked_mark
from folkmoot.apps.slides.operations import (
    Add,
    Added,
    Clear,
    Failed,
    Finished,
    Note,
    Noted,
    Opened,
    Pages,
    Progress,
    Put,
    Remove,
    Removed,
    Rename,
    Retry,
    Started,
    Turn,
    Unmark,
)
from folkmoot.apps.slides.state import (
    FAILED,
    QUEUED,
    REMOVING,
    Deck,
    Mark,
    SlidesState,
    shown,
    told_deck,
    told_mark,
)
from folkmoot.apps.texts import clean_text
from folkmoot.conference.application import Context, Defaults, Preview, Rejected
from folkmoot.conference.rights import EVERYONE, PRESENTERS, Right, Rights
from folkmoot.conference.state import ConferenceState, Person
from folkmoot.protocol.limits import (
    DECK_NOTES_CHARACTERS_MAX,
    MARKS_OF_PAGE_MAX,
    NOTE_CHARACTERS_MAX,
    TITLE_CHARACTERS_MAX,
)

RUN: Final = Right(PRESENTERS)
MARK: Final = Right(EVERYONE, "annotate")


class Slides(Defaults):
    """Keeps decks, pages, marks and notes."""

    name: ClassVar[str] = "slides"
    since: ClassVar[int] = 2
    state_type: ClassVar[type[Any]] = SlidesState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "add": Add,
        "rename": Rename,
        "retry": Retry,
        "remove": Remove,
        "turn": Turn,
        "note": Note,
        "mark": Put,
        "unmark": Unmark,
        "clear": Clear,
    }
    service_operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "added": Added,
        "started": Started,
        "progress": Progress,
        "opened": Opened,
        "pages": Pages,
        "noted": Noted,
        "finished": Finished,
        "failed": Failed,
        "removed": Removed,
    }
    rights: ClassVar[Rights] = {
        "add": RUN,
        "rename": RUN,
        "retry": RUN,
        "remove": RUN,
        "turn": RUN,
        "note": RUN,
        "mark": MARK,
        "unmark": MARK,
        "clear": MARK,
    }

    def initial(self) -> SlidesState:
        return SlidesState()

    def reduce(self, state: SlidesState, body: Any, context: Context) -> None:
        if isinstance(body, Add):
            conversion.add(state, body.file, body.title, context.author.id, context)
            return
        if isinstance(body, Added):
            conversion.added(state, body, context)
            return
        deck = state.decks.get(body.deck)
        if deck is None or (deck.phase == REMOVING and not isinstance(body, Removed)):
            raise Rejected("not_found", "These slides are not there any more.")
        if isinstance(body, Put | Unmark | Clear):
            self._change_marks(state, body, deck, context)
        elif isinstance(body, Rename | Retry | Remove | Turn | Note):
            self._change_deck(state, body, deck, context)
        else:
            conversion.served(state, body, deck, context)

    def on_timer(self, state: SlidesState, id_: str, context: Context) -> None:
        conversion.stalled(state, id_, context)

    def view(self, state: SlidesState, conference: ConferenceState, person: str) -> Any:
        presents = may(conference, person, RUN)
        return {
            "decks": [
                shown(id_, deck, presents=presents)
                for id_, deck in state.decks.items()
                if deck.phase != REMOVING
            ]
        }

    def preview(
        self, state: SlidesState, body: Any, author: Person, conference: ConferenceState
    ) -> Preview | None:
        """Strokes are seen as they are drawn, also while the log has no leader."""
        if not isinstance(body, Put):
            return None
        deck = state.decks.get(body.deck)
        if deck is None or deck.phase == REMOVING:
            return None
        _page(deck, body.page)
        mark = checked_mark(body, author.id)
        check_place(state, deck, body, mark)
        return Preview("marked", {"deck": body.deck} | told_mark(body.page, body.mark, mark))

    # What is asked of a deck

    def _change_deck(
        self,
        state: SlidesState,
        body: Rename | Retry | Remove | Turn | Note,
        deck: Deck,
        context: Context,
    ) -> None:
        if isinstance(body, Turn):
            _page(deck, body.page)
            if deck.page != body.page:
                deck.page = body.page
                context.emit("turned", {"deck": body.deck, "page": body.page})
        elif isinstance(body, Note):
            self._note(body, deck, context)
        elif isinstance(body, Remove):
            conversion.remove(state, body.deck, deck, context)
        elif isinstance(body, Rename):
            deck.title = clean_line(body.title, TITLE_CHARACTERS_MAX)
            context.emit("changed", told_deck(body.deck, deck))
        else:
            if deck.phase != FAILED:
                raise Rejected("changed_meanwhile", "These slides have not failed.")
            deck.phase, deck.tried, deck.reason = QUEUED, deck.attempt, ""
            deck.excused, deck.queued_ms = 0, context.time_ms
            context.emit("changed", told_deck(body.deck, deck))

    def _note(self, body: Note, deck: Deck, context: Context) -> None:
        _page(deck, body.page)
        text = clean_text(body.text, NOTE_CHARACTERS_MAX) if body.text else ""
        others = deck.note_characters - len(deck.notes.get(str(body.page), ""))
        if others + len(text) > DECK_NOTES_CHARACTERS_MAX:
            raise Rejected("limit_reached", "The notes of these slides are full.")
        if text:
            deck.notes[str(body.page)] = text
        else:
            deck.notes.pop(str(body.page), None)
        told = {"deck": body.deck, "notes": [{"page": body.page, "text": text}]}
        context.emit("noted", told, those_who_may(context.conference, RUN))

    # Marks

    def _change_marks(
        self, state: SlidesState, body: Put | Unmark | Clear, deck: Deck, context: Context
    ) -> None:
        _page(deck, body.page)
        if isinstance(body, Put):
            mark = checked_mark(body, context.author.id)
            check_place(state, deck, body, mark)
            deck.marks.setdefault(str(body.page), {})[body.mark] = mark
            told = {"deck": body.deck} | told_mark(body.page, body.mark, mark)
            context.emit("marked", told)
            return
        marks = deck.marks.get(str(body.page), {})
        gone = (
            _named(marks, body, context) if isinstance(body, Unmark) else _all(marks, body, context)
        )
        for id_ in gone:
            del marks[id_]
        if not marks:
            deck.marks.pop(str(body.page), None)
        context.emit("unmarked", {"deck": body.deck, "page": body.page, "marks": gone})


def _named(marks: Mapping[str, Mark], body: Unmark, context: Context) -> list[str]:
    """Those that are there: a mark that somebody else took away meanwhile is away."""
    if not 1 <= len(body.marks) <= MARKS_OF_PAGE_MAX:
        raise Rejected("malformed")
    gone = [id_ for id_ in dict.fromkeys(body.marks) if id_ in marks]
    if not gone:
        raise Rejected("not_found")
    author = context.author
    if author.role not in PRESENTERS and any(marks[id_].person != author.id for id_ in gone):
        raise Rejected("not_allowed", "Only presenters take away what others drew.")
    return gone


def _all(marks: Mapping[str, Mark], body: Clear, context: Context) -> list[str]:
    author = context.author
    if not body.own and author.role not in PRESENTERS:
        raise Rejected("not_allowed", "Only presenters take away what others drew.")
    return [id_ for id_, mark in marks.items() if not body.own or mark.person == author.id]


def _page(deck: Deck, page: int) -> None:
    if not 1 <= page <= deck.pages:
        raise Rejected("not_found", "There is no such page.")
