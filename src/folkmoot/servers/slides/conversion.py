"""One attempt at one deck: from its file to a PDF, from that to pages, and what is said of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, TypeVar

import msgspec

from folkmoot.apps.slides import Deck
from folkmoot.apps.slides.operations import (
    Finished,
    Noted,
    Opened,
    Pages,
    Progress,
)
from folkmoot.apps.slides.state import REMOVING
from folkmoot.ports import Damaged, LogUnavailable, Objects
from folkmoot.servers.applications.conferences import NotNow
from folkmoot.servers.applications.jobs import Died
from folkmoot.servers.named import describe_named, get_named
from folkmoot.servers.slides.conferences import SlidesConference
from folkmoot.servers.slides.job import SOURCE_BYTES_MAX, Looked, Made, Office, Picture, Small
from folkmoot.servers.slides.kinds import OFFICE, PDF, NotTaken, kind_of
from folkmoot.servers.slides.libreoffice import MISSING, LibreOffice
from folkmoot.servers.slides.pages import UNREADABLE, Drawing, Parts, patiently, replies
from folkmoot.servers.slides.store import (
    DeckStore,
    Gone,
    Kept,
    key_of,
    small_name,
    text_name,
    use_of,
)

log = logging.getLogger(__name__)

TOLD_EVERY_S: Final = 0.4
"""Pages are told together; the first one at once."""

STILL_HERE_EVERY_S: Final = 5.0
LARGE_BYTES: Final = 24 << 20
LANES_OF_LARGE: Final = 2
"""Each child is given the whole PDF, so a large one goes to few."""

NOTES_CHARACTERS_AT_ONCE: Final = 20_000
TEXT_CHARACTERS_MAX: Final = 1_000_000
"""Of all pages together, for searching."""

LINES_MAX: Final = 20_000
"""Of all pages together."""

Answer = TypeVar("Answer", bound=msgspec.Struct)
Result = TypeVar("Result")


class Means(msgspec.Struct):
    """What decks are made with."""

    objects: Objects
    store: DeckStore
    child: Callable[[], Parts]
    office: LibreOffice
    lanes: int


class Conversion:
    """One attempt at one deck. Caller: `run`; after `Gone` sweeps `folder`."""

    def __init__(self, means: Means, conference: SlidesConference, id_: str, deck: Deck) -> None:
        self._means = means
        self._objects = means.objects
        self._store = means.store
        self._conference = conference
        self._id = id_
        self._deck = deck
        self._attempt = deck.attempt
        self._key = key_of(deck.sha256)
        self._step = "fetching"
        self.folder = ""
        self._told = asyncio.Event()

    async def run(self) -> None:
        """Errors: `NotTaken`, `TooMany`, `NotNow`, `Gone`, `Damaged`, and the engine's."""
        kept = await self._store.take(self._key, use_of(self._conference.conference, self._id))
        self.folder = kept.folder
        if not kept.finished:
            kept = await _with(self._made(kept), self._report())
        else:
            await self._say_opened(kept)
        await self._say("pages", Pages(self._id, self._attempt, kept.pages))
        await self._say("finished", Finished(self._id, self._attempt))
        log.info("slides %s: %d pages", self._id, kept.pages)

    async def _made(self, kept: Kept) -> Kept:
        pdf, kept = await self._pdf(kept)
        self._step = "drawing"
        ready = await self._ready(kept)
        drawing = Drawing(
            self._objects,
            self._means.child,
            min(self._means.lanes, LANES_OF_LARGE) if len(pdf) > LARGE_BYTES else self._means.lanes,
            lambda sizes: self._opened(kept.folder, sizes),
            self._told.set,
        )
        await _with(drawing.run(pdf, ready), self._tell(drawing, kept.folder))
        await self._put_text(kept.folder, drawing.pages)

        def finish(now: Kept) -> None:
            now.ready, now.finished = drawing.pages, True

        return await self._store.change(self._key, kept.folder, finish)

    async def _ready(self, kept: Kept) -> int:
        """How many pages are there; some may have been put just before a death."""
        ready = kept.ready
        while ready < kept.pages and await self._objects.get(small_name(kept.folder, ready + 1)):
            ready += 1
        return ready

    # From the file to a PDF

    async def _pdf(self, kept: Kept) -> tuple[bytes, Kept]:
        if kept.pdf:
            made = await get_named(self._objects, kept.pdf)
            if made is not None:
                return made, kept
        if self._deck.bytes > SOURCE_BYTES_MAX:
            raise NotTaken(f"Slides may have at most {SOURCE_BYTES_MAX >> 20} MB.")
        info = await describe_named(self._objects, self._deck.object)
        if info is not None and info.sha256 != self._deck.sha256:
            raise Damaged(f"object {self._deck.object} is not what the log says")
        # Its checksum is looked at while it is read.
        data = await get_named(self._objects, self._deck.object) if info is not None else None
        if data is None:
            raise NotTaken("The file of these slides was removed.")
        self._step = "checking"
        kind = kind_of(data)
        if kind == PDF:
            return data, kept
        notes: dict[int, str] = {}
        if kind == OFFICE:
            pdf, notes = await self._office(data)
        else:
            pdf = (await self._asked(Picture(data), Made)).pdf
        name = f"{kept.folder}pdf"
        await self._objects.put(name, pdf)

        def note(now: Kept) -> None:
            now.pdf, now.notes = name, {str(page): text for page, text in notes.items()}

        return pdf, await self._store.change(self._key, kept.folder, note)

    async def _office(self, data: bytes) -> tuple[bytes, dict[int, str]]:
        office = self._means.office
        looked = await self._asked(Office(data), Looked)
        if not office.program:
            raise NotTaken(MISSING)
        self._step = "converting"
        await self._say("progress", Progress(self._id, self._attempt, self._step))
        pdf = await office.pdf_of(looked.kind, data)
        if isinstance(pdf, Died):
            if pdf.by_itself:
                log.error("alarm: LibreOffice: %s", pdf.reason)
                raise NotTaken("LibreOffice could not open this file. Try it as PDF.")
            text = f"It could not be converted: {pdf.reason}."
            raise NotNow(text, excused=not pdf.begun)
        if len(pdf) > SOURCE_BYTES_MAX:
            raise NotTaken(f"As PDF it has more than {SOURCE_BYTES_MAX >> 20} MB.")
        return pdf, looked.notes

    async def _asked(self, job: msgspec.Struct, kind: type[Answer]) -> Answer:
        """A child's one reply."""
        async with contextlib.aclosing(replies(self._means.child(), job)) as said:
            async for reply in said:
                if isinstance(reply, kind):
                    return reply
                if isinstance(reply, Died) and not reply.by_itself:
                    text = f"It could not be read: {reply.reason}."
                    raise NotNow(text, excused=not reply.begun)
                if isinstance(reply, Died):
                    log.error("alarm: a child of slides: %s", reply.reason)
        raise NotTaken(UNREADABLE)

    # What is said

    async def _say(self, type_: str, body: msgspec.Struct) -> None:
        await self._conference.say(f"{self._id}/{self._attempt}", type_, body)
        deck = self._conference.deck(self._id)
        if deck is None or deck.phase == REMOVING or deck.attempt != self._attempt:
            raise Gone(self._id)

    async def _opened(self, folder: str, sizes: list[int]) -> str:
        def note(now: Kept) -> None:
            now.sizes = sizes

        await self._say_opened(await self._store.change(self._key, folder, note))
        return folder

    async def _say_opened(self, kept: Kept) -> None:
        await self._say("opened", Opened(self._id, self._attempt, kept.folder, kept.sizes))
        batch: dict[int, str] = {}
        notes = {int(p): t for p, t in kept.notes.items() if 1 <= int(p) <= kept.pages}
        for page, text in notes.items():
            batch[page] = text
            if sum(map(len, batch.values())) > NOTES_CHARACTERS_AT_ONCE:
                await self._say_notes(batch)
                batch = {}
        await self._say_notes(batch)

    async def _say_notes(self, notes: dict[int, str]) -> None:
        if notes:
            texts = list(notes.values())
            await self._say("noted", Noted(self._id, self._attempt, list(notes), texts))

    async def _report(self) -> None:
        """Says every few seconds that somebody still works on it, and at which step."""
        while True:
            await asyncio.sleep(STILL_HERE_EVERY_S)
            body = Progress(self._id, self._attempt, self._step)
            # A log without a leader is spoken to until it hears.
            with contextlib.suppress(LogUnavailable):
                await patiently(partial(self._say, "progress", body))

    async def _tell(self, drawing: Drawing, folder: str) -> None:
        """Says which pages are ready: the first one at once, then several together."""
        while True:
            await self._told.wait()
            self._told.clear()
            await patiently(partial(self._tell_ready, drawing.ready, folder))
            await asyncio.sleep(TOLD_EVERY_S)

    async def _tell_ready(self, ready: int, folder: str) -> None:
        def note(now: Kept) -> None:
            now.ready = max(now.ready, ready)

        await self._say("pages", Pages(self._id, self._attempt, ready))
        await self._store.change(self._key, folder, note)

    async def _put_text(self, folder: str, pages: int) -> None:
        """The text of all pages as one object, for searching."""
        words: list[dict[str, Any]] = []
        characters, lines = TEXT_CHARACTERS_MAX, LINES_MAX
        for page in range(1, pages + 1):
            data = await get_named(self._objects, small_name(folder, page))
            if data is None:
                raise NotNow("A page that was drawn is not there.")
            small = msgspec.msgpack.decode(data, type=Small)
            kept = {"text": small.text[:characters], "lines": small.lines[:lines]}
            characters -= len(kept["text"])
            lines -= len(kept["lines"])
            words.append(kept)
        await self._objects.put(text_name(folder), msgspec.json.encode(words))


async def _with(work: Coroutine[Any, Any, Result], beside: Coroutine[Any, Any, None]) -> Result:
    """The result of `work`; what is met beside it ends it."""
    tasks: list[asyncio.Task[Any]] = [asyncio.create_task(work), asyncio.create_task(beside)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if tasks[1].done():
            tasks[1].result()
        result: Result = await tasks[0]
        return result
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
