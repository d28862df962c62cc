"""Slides in an export: what there is, and the PDF with what was drawn on it where that is small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from folkmoot.apps.common import may
from folkmoot.apps.slides import RUN, SlidesState
from folkmoot.apps.slides.state import REMOVING
from folkmoot.conference.state import ConferenceState
from folkmoot.servers.applications.conferences import NotNow
from folkmoot.servers.export.job import ExportDeck
from folkmoot.servers.named import get_named
from folkmoot.servers.slides.annotated import Wanted, pdf_of
from folkmoot.servers.slides.kinds import NotTaken
from folkmoot.servers.slides.pages import Parts, writing_child
from folkmoot.servers.slides.store import Stores

PDF_BYTES_MAX: Final = 8 << 20
PDFS_BYTES_MAX: Final = 24 << 20
"""Of one deck, and of all together, that lie in an archive; the others are listed."""


class Shown:
    """The decks of a room at one position of its log."""

    def __init__(self, state: ConferenceState, person: str) -> None:
        slides: SlidesState | None = state.apps.get("slides")
        presents = may(state, person, RUN)
        self.decks: list[tuple[ExportDeck, Wanted, int]] = []
        for id_, deck in slides.decks.items() if slides is not None and person else ():
            if deck.phase == REMOVING or not deck.ready:
                continue
            adder = state.persons.get(deck.person)
            told = ExportDeck(
                deck.title, deck.pages, adder.name if adder else "", deck.added_ms,
                sum(len(marks) for marks in deck.marks.values()),
                dict(deck.notes) if presents else {},
            )  # fmt: skip
            self.decks.append((told, Wanted.of(state.conference, id_, deck), deck.bytes))

    async def read(
        self, stores: Stores, child: Callable[[], Parts] = writing_child
    ) -> list[ExportDeck]:
        """With their PDFs, as far as those are small. Errors: those of the engine."""
        found, left = [], PDFS_BYTES_MAX
        for told, drawn, size_bytes in self.decks:
            pdf = None
            if size_bytes <= min(PDF_BYTES_MAX, left):
                try:
                    pdf = await get_named(stores.objects, await pdf_of(stores, child, drawn))
                except (NotTaken, NotNow):
                    pdf = None
            if pdf is not None and len(pdf) > min(PDF_BYTES_MAX, left):
                pdf = None
            left -= len(pdf or b"")
            found.append(
                ExportDeck(
                    told.title, told.pages, told.by, told.added_ms, told.marks, told.notes, pdf
                )
            )
        return found
