"""How a deck comes to its pages: queued, claimed, opened, page after page, ready or failed.

Every claim names the attempt that it begins, so of two servers the first one counts, and one that
comes back late cannot speak for an attempt that is over. Pages that were ready stay ready: the next
attempt goes on behind them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from folkmoot.apps.common import clean_line, those_who_may
from folkmoot.apps.files import DECK, FilesState, forget
from folkmoot.apps.slides.operations import (
    Added,
    Failed,
    Finished,
    Noted,
    Opened,
    Pages,
    Progress,
    Removed,
    Started,
)
from folkmoot.apps.slides.state import (
    CONVERTING,
    FAILED,
    OPEN,
    QUEUED,
    READY,
    REMOVING,
    Deck,
    SlidesState,
    shown,
    told_deck,
)
from folkmoot.apps.texts import clean_text
from folkmoot.conference.application import Context, Rejected
from folkmoot.conference.rights import PRESENTERS, Right
from folkmoot.conference.state import ConferenceState
from folkmoot.protocol.codes import message_of
from folkmoot.protocol.limits import (
    DECK_NOTES_CHARACTERS_MAX,
    DECK_PAGES_MAX,
    DECKS_MAX,
    NOTE_CHARACTERS_MAX,
    TITLE_CHARACTERS_MAX,
)

TRIED_FOR_MS: Final = 3_600_000
"""From when a deck was queued: later no attempt is excused."""

STALLED_AFTER_MS: Final = 45_000
"""Without a word from its worker for so long, a deck waits for another one. A log without a leader
keeps the worker silent for some 15 s."""

LATE_MS: Final = 3_000
"""A timer that comes so much too late tells that the log took nothing meanwhile."""

REMOVING_MAX: Final = 40
"""Decks that are still to be let go of; beyond it nothing new is taken."""

GONE_KEPT_MAX: Final = 200
OPEN_MAX: Final = 5
"""Decks of one room that wait or are being converted."""

REASON_CHARACTERS_MAX: Final = 200
NAME_CHARACTERS_MAX: Final = 200
PIXELS_MAX: Final = 10_000
"""Of a page's image, each way."""

STEPS: Final = ("fetching", "checking", "converting", "drawing")

_PRESENT: Final = Right(PRESENTERS)
_PREFIX: Final = "slides/"


def files_of(conference: ConferenceState) -> FilesState:
    """The room's files, which are another application's; of level 2 as this one is."""
    files: FilesState = conference.apps["files"]
    return files


def uploads_waiting(conference: ConferenceState) -> list[str]:
    """Files that were uploaded to be decks and are none yet."""
    state: SlidesState | None = conference.apps.get("slides")
    if state is None:
        return []
    return [
        id_
        for id_, file in files_of(conference).files.items()
        if file.purpose == DECK and id_ not in state.decks and id_ not in state.gone
    ]


def add(state: SlidesState, file: str, title: str, person: str, context: Context) -> None:
    """Queues a file's deck. Errors: `Rejected`."""
    if file in state.decks:
        raise Rejected("exists", "This file is among the slides already.")
    source = files_of(context.conference).files.get(file)
    if source is None:
        raise Rejected("not_found", "This file is not there any more.")
    if title:
        title = clean_line(title, TITLE_CHARACTERS_MAX)
    seen = [d for d in state.decks.values() if d.phase != REMOVING]
    if len(seen) >= DECKS_MAX:
        raise Rejected("limit_reached", f"A room holds {DECKS_MAX} decks. Remove one first.")
    if len(state.decks) - len(seen) >= REMOVING_MAX:
        raise Rejected("limit_reached", "Too many slides are being removed. Try again later.")
    if sum(d.phase in OPEN for d in seen) >= OPEN_MAX:
        raise Rejected("limit_reached", "Too many slides are being converted. Try again later.")
    deck = Deck(
        title or title_of(source.name),
        person,
        context.time_ms,
        source.object,
        source.sha256,
        source.bytes,
        source.type,
        queued_ms=context.time_ms,
    )
    state.decks[file] = deck
    if file in state.gone:
        state.gone.remove(file)
    _tell_whole(file, deck, context)


def title_of(name: str) -> str:
    """A file's name without its ending."""
    stem, dot, ending = name.rpartition(".")
    return (stem if dot and stem and len(ending) <= 5 else name)[:TITLE_CHARACTERS_MAX]


def added(state: SlidesState, body: Added, context: Context) -> None:
    """An upload that was meant to be a deck; where it finds no place, its person is told."""
    source = files_of(context.conference).files.get(body.file)
    if source is None or body.file in state.gone or body.file in state.decks:
        raise Rejected("exists")
    try:
        add(state, body.file, "", source.person, context)
    except Rejected as rejected:
        _forget(state, body.file, context)
        reason = rejected.message or message_of(rejected.code)
        told = {"file": body.file, "title": title_of(source.name), "reason": reason}
        context.emit("refused", told, (source.person,))


def remove(state: SlidesState, id_: str, deck: Deck, context: Context) -> None:
    """Takes a deck out of sight; it is forgotten once its pages were let go of."""
    context.cancel_timer(_PREFIX + id_)
    _forget(state, id_, context)
    if deck.attempt:
        deck.phase, deck.marks, deck.notes, deck.sizes = REMOVING, {}, {}, []
    else:
        del state.decks[id_]
    context.emit("removed", {"deck": id_})


def _forget(state: SlidesState, file: str, context: Context) -> None:
    """Nobody makes a deck of this file again unasked; one that came for that is let go of."""
    forget(files_of(context.conference), file, DECK)
    state.gone = [*state.gone, file][-GONE_KEPT_MAX:]


def served(state: SlidesState, body: Any, deck: Deck, context: Context) -> None:
    """What a documents server says of a deck. Errors: `Rejected`."""
    if isinstance(body, Removed):
        if deck.phase != REMOVING:
            raise Rejected("not_found")
        del state.decks[body.deck]
        return
    _HANDLERS[type(body)](body, deck, context)


def stalled(state: SlidesState, timer: str, context: Context) -> None:
    id_ = timer.removeprefix(_PREFIX)
    deck = state.decks.get(id_)
    if deck is not None and deck.phase == CONVERTING:
        late_ms = context.time_ms - (deck.heard_ms + STALLED_AFTER_MS)
        if late_ms >= LATE_MS and not _old(deck, context):
            _heard(id_, deck, context)
            return
        _attempt_over(id_, deck, "The documents server did not get on with it.", False, context)


def _started(body: Started, deck: Deck, context: Context) -> None:
    if deck.phase not in OPEN or body.attempt != deck.attempt + 1:
        raise Rejected("exists")
    worker = clean_text(body.worker, NAME_CHARACTERS_MAX)
    # Who begins again has not died of it: something kept the end from being said.
    again = deck.phase == CONVERTING and worker == deck.worker and not _old(deck, context)
    if deck.spent and not again:
        raise Rejected("limit_reached")
    deck.excused += again
    deck.phase, deck.worker, deck.attempt, deck.step = CONVERTING, worker, body.attempt, ""
    _heard(body.deck, deck, context)
    _tell(body.deck, deck, context)


def _progress(body: Progress, deck: Deck, context: Context) -> None:
    _expect(deck, body.attempt)
    if body.step not in STEPS:
        raise Rejected("malformed")
    _heard(body.deck, deck, context)
    if deck.step != body.step:
        deck.step = body.step
        _tell(body.deck, deck, context)


def _opened(body: Opened, deck: Deck, context: Context) -> None:
    _expect(deck, body.attempt)
    folder = clean_line(body.folder, NAME_CHARACTERS_MAX)
    count, odd = divmod(len(body.sizes), 2)
    if odd or not 1 <= count <= DECK_PAGES_MAX:
        raise Rejected("malformed")
    if any(not 1 <= size <= PIXELS_MAX for size in body.sizes):
        raise Rejected("malformed")
    _heard(body.deck, deck, context)
    if (deck.folder, deck.sizes) == (folder, body.sizes):
        return
    # Another version of what makes pages may count otherwise.
    deck.marks = {page: marks for page, marks in deck.marks.items() if int(page) <= count}
    lost = [page for page in deck.notes if int(page) > count]
    deck.notes = {page: text for page, text in deck.notes.items() if int(page) <= count}
    deck.folder, deck.sizes, deck.ready = folder, body.sizes, 0
    deck.page = min(deck.page, count)
    _tell_whole(body.deck, deck, context)
    if lost:
        _tell_notes(body.deck, [{"page": int(page), "text": ""} for page in lost], context)


def _pages(body: Pages, deck: Deck, context: Context) -> None:
    _expect(deck, body.attempt)
    if not 0 <= body.ready <= deck.pages:
        raise Rejected("malformed")
    _heard(body.deck, deck, context)
    if body.ready > deck.ready:
        deck.ready, deck.step = body.ready, "drawing"
        _tell(body.deck, deck, context)


def _noted(body: Noted, deck: Deck, context: Context) -> None:
    """What somebody typed meanwhile stays, and what finds no place is left out."""
    _expect(deck, body.attempt)
    if len(body.pages) != len(body.texts):
        raise Rejected("malformed")
    for page, text in zip(body.pages, body.texts, strict=True):
        if not 1 <= page <= deck.pages:
            raise Rejected("malformed")
        clean_text(text, NOTE_CHARACTERS_MAX)
    _heard(body.deck, deck, context)
    noted = []
    left = DECK_NOTES_CHARACTERS_MAX - deck.note_characters
    for page, text in zip(body.pages, body.texts, strict=True):
        if str(page) not in deck.notes and len(text) <= left:
            left -= len(text)
            deck.notes[str(page)] = text
            noted.append({"page": page, "text": text})
    if noted:
        _tell_notes(body.deck, noted, context)


def _finished(body: Finished, deck: Deck, context: Context) -> None:
    _expect(deck, body.attempt)
    if not deck.pages or deck.ready != deck.pages:
        raise Rejected("malformed")
    deck.phase, deck.step, deck.worker = READY, "", ""
    context.cancel_timer(_PREFIX + body.deck)
    _tell(body.deck, deck, context)


def _failed(body: Failed, deck: Deck, context: Context) -> None:
    _expect(deck, body.attempt)
    reason = clean_text(body.reason, REASON_CHARACTERS_MAX)
    deck.excused += body.excused and not _old(deck, context)
    _attempt_over(body.deck, deck, reason, body.final, context)


def _attempt_over(id_: str, deck: Deck, reason: str, final: bool, context: Context) -> None:
    deck.step, deck.worker = "", ""
    context.cancel_timer(_PREFIX + id_)
    if final or deck.spent:
        # Its pages are let go of.
        deck.phase, deck.reason, deck.sizes, deck.ready = FAILED, reason, [], 0
        _tell_whole(id_, deck, context)
    else:
        deck.phase = QUEUED
        _tell(id_, deck, context)


def _expect(deck: Deck, attempt: int) -> None:
    if deck.phase != CONVERTING or attempt != deck.attempt:
        raise Rejected("not_found")


def _old(deck: Deck, context: Context) -> bool:
    return context.time_ms - (deck.queued_ms or deck.added_ms) >= TRIED_FOR_MS


def _heard(id_: str, deck: Deck, context: Context) -> None:
    deck.heard_ms = context.time_ms
    context.set_timer(_PREFIX + id_, context.time_ms + STALLED_AFTER_MS)


def _tell(id_: str, deck: Deck, context: Context) -> None:
    context.emit("changed", told_deck(id_, deck))


def _tell_whole(id_: str, deck: Deck, context: Context) -> None:
    """The deck with the sizes of its pages; notes are told apart."""
    context.emit("opened", shown(id_, deck, presents=False))


def _tell_notes(id_: str, notes: list[dict[str, Any]], context: Context) -> None:
    audience = those_who_may(context.conference, _PRESENT)
    context.emit("noted", {"deck": id_, "notes": notes}, audience)


_HANDLERS: Final[dict[type[Any], Callable[[Any, Deck, Context], None]]] = {
    Started: _started,
    Progress: _progress,
    Opened: _opened,
    Pages: _pages,
    Noted: _noted,
    Finished: _finished,
    Failed: _failed,
}
