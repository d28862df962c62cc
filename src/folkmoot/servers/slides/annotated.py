"""Slides as PDF with what was drawn on them: made when somebody asks, kept until it is drawn on.

A web server asks one documents server by name, and another one if that does not answer. What is
made is named by what went into it, so asking twice makes it once; whatever is older goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Callable
from typing import Final

import msgspec

from folkmoot.apps.slides import Deck
from folkmoot.conference.replica import Fenced
from folkmoot.ports import Damaged, LogFull, LogUnavailable
from folkmoot.servers.applications.conferences import NotNow, OpenConferences, Trimmed
from folkmoot.servers.applications.jobs import Died
from folkmoot.servers.named import get_named
from folkmoot.servers.replicas import LoadFrom, Unloadable
from folkmoot.servers.slides.conferences import SlidesConference
from folkmoot.servers.slides.job import Annotate, Made, Stroke
from folkmoot.servers.slides.kinds import NotTaken
from folkmoot.servers.slides.pages import Parts, replies
from folkmoot.servers.slides.store import Stores, annotated_folder, key_of_folder

log = logging.getLogger(__name__)

SUBJECT: Final = "work.slides-pdf."
"""Followed by the documents server that is asked."""

ANSWER_S: Final = 60.0
WAITING_MAX: Final = 20


class Asked(msgspec.Struct, frozen=True):
    conference: str
    deck: str


class Told(msgspec.Struct, frozen=True):
    """The object with the PDF; without one `reason` says why, `again` that it may change."""

    object: str
    reason: str = ""
    again: bool = False


class Annotator:
    """Caller: `answer` for each request."""

    def __init__(
        self,
        engine: LoadFrom,
        conferences: OpenConferences[SlidesConference],
        child: Callable[[], Parts],
    ) -> None:
        self._engine = engine
        self._conferences = conferences
        self._child = child
        self._one = asyncio.Lock()
        self._waiting = 0

    async def answer(self, payload: bytes) -> bytes:
        if self._waiting >= WAITING_MAX:
            return msgspec.msgpack.encode(
                Told("", "Too many ask for slides as PDF just now.", True)
            )
        self._waiting += 1
        try:
            asked = msgspec.msgpack.decode(payload, type=Asked)
            async with self._one:
                return msgspec.msgpack.encode(await self._make(asked))
        except NotTaken as refused:
            return msgspec.msgpack.encode(Told("", str(refused)))
        except NotNow as error:
            return msgspec.msgpack.encode(Told("", str(error), True))
        except (LogUnavailable, LogFull, Unloadable, Fenced, Trimmed, Damaged) as error:
            log.warning("the PDF of slides: %s", error)
            return msgspec.msgpack.encode(Told("", "The storage could not be read just now.", True))
        finally:
            self._waiting -= 1

    async def _make(self, asked: Asked) -> Told:
        """Errors: `NotTaken`, and those of the engine."""
        try:
            conference = await self._conferences.open(asked.conference)
            deck = conference.deck(asked.deck)
            if deck is None or not deck.ready:
                raise NotTaken("These slides are not there any more.")
            wanted = Wanted.of(asked.conference, asked.deck, deck)
        finally:
            self._conferences.forget(asked.conference)
        return Told(await pdf_of(self._engine, self._child, wanted))


class Wanted(msgspec.Struct, frozen=True):
    """What goes into the PDF of a deck, as it was at one position."""

    folder: str
    annotated: str
    object: str
    sha256: str
    marks: list[Stroke]

    @classmethod
    def of(cls, conference: str, id_: str, deck: Deck) -> Wanted:
        annotated = annotated_folder(conference, id_)
        return cls(deck.folder, annotated, deck.object, deck.sha256, strokes_of(deck))


async def pdf_of(stores: Stores, child: Callable[[], Parts], wanted: Wanted) -> str:
    """The object with the PDF, made if it is not there yet.

    Errors: `NotTaken`, `NotNow`, `LogUnavailable`, `LogFull`, `Damaged`.
    """
    objects = stores.objects
    entry = await stores.bucket("decks").get(key_of_folder(wanted.folder))
    made = "" if entry is None else msgspec.json.decode(entry.value, type=_Pdf).pdf
    source = made or wanted.object
    if not wanted.marks:
        return source
    digest = hashlib.sha256(msgspec.msgpack.encode([wanted.sha256, wanted.marks])).hexdigest()
    name = f"{wanted.annotated}{digest[:32]}"
    kept = await objects.names(wanted.annotated)
    if name not in kept:
        pdf = await get_named(objects, source)
        if pdf is None:
            raise NotTaken("The file of these slides was removed.")
        await objects.put(name, await _annotated(child(), Annotate(pdf, wanted.marks)))
        for other in kept:
            await objects.delete(other)
    return name


async def _annotated(child: Parts, job: Annotate) -> bytes:
    async with contextlib.aclosing(replies(child, job)) as said:
        async for reply in said:
            if isinstance(reply, Made):
                return reply.pdf
            if isinstance(reply, Died):
                log.error("alarm: the PDF of slides: %s", reply.reason)
                if reply.late or not reply.by_itself:
                    raise NotNow("These slides could not be written as PDF just now.")
    raise NotTaken("These slides could not be written as PDF.")


class _Pdf(msgspec.Struct):
    """The part of `store.Kept` that is asked for here."""

    pdf: str = ""


def strokes_of(deck: Deck) -> list[Stroke]:
    """A deck's marks, page by page."""
    return [
        Stroke(int(page), m.tool, m.points, m.colour, m.width, m.text)
        for page, marks in sorted(deck.marks.items(), key=lambda entry: int(entry[0]))
        for m in marks.values()
    ]
