"""Makes decks: claims one in the log, has it made, lets go of what was removed or failed.

Nothing here has to survive. Whoever dies in the middle leaves a claim, a use and some pages behind;
the next one takes the claim over as soon as the zone knows of the death, or the log's timer does,
and goes on behind the pages that are there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from folkmoot.apps.slides import Deck, needs_work
from folkmoot.apps.slides.conversion import REASON_CHARACTERS_MAX, uploads_waiting
from folkmoot.apps.slides.operations import (
    Added,
    Failed,
    Removed,
    Started,
)
from folkmoot.apps.slides.state import CONVERTING, OPEN, REMOVING
from folkmoot.conference.replica import Fenced
from folkmoot.ports import Conflict, Damaged, LogFull, LogUnavailable
from folkmoot.servers.applications.conferences import (
    STOPPED_WITHIN_S,
    NotNow,
    OpenConferences,
    Trimmed,
    excused,
)
from folkmoot.servers.applications.deaths import Alive, Deaths
from folkmoot.servers.applications.pauses import Pauses
from folkmoot.servers.applications.work import Work
from folkmoot.servers.replicas import LoadFrom, Unloadable
from folkmoot.servers.slides.conferences import SlidesConference
from folkmoot.servers.slides.conversion import Conversion, Means
from folkmoot.servers.slides.kinds import NotTaken
from folkmoot.servers.slides.libreoffice import LibreOffice
from folkmoot.servers.slides.pages import Parts
from folkmoot.servers.slides.store import (
    DeckStore,
    Gone,
    TooMany,
    annotated_folder,
    key_of,
    key_of_folder,
    use_of,
)

log = logging.getLogger(__name__)

LEFT_TO_OTHERS_S: Final = 8.0
"""How long a server without LibreOffice leaves an office file to one that has it."""

WAITING_KEPT_MAX: Final = 1_000
_FAILURES: Final = (NotNow, LogUnavailable, LogFull, Conflict)
_OFFICE_TYPES: Final = ("officedocument.", "opendocument.")


class Converter:
    """Does what is due, one conference at a time; several may be under way.

    Caller: `work` for each request; it may be cancelled at any point.
    """

    def __init__(
        self,
        engine: LoadFrom,
        conferences: OpenConferences[SlidesConference],
        zone: Alive,
        server: str,
        now_s: Callable[[], float],
        child: Callable[[], Parts],
        office: LibreOffice,
        lanes: int,
    ) -> None:
        self._store = DeckStore(engine)
        self._conferences = conferences
        self._deaths = Deaths(zone, now_s)
        self._pauses = Pauses(now_s)
        self._server = server
        self._now_s = now_s
        self._office = office
        self._means = Means(engine.objects, self._store, child, office, lanes)
        self._busy: set[str] = set()
        self._waiting: dict[tuple[str, str, int], float] = {}

    async def work(self, work: Work) -> None:
        """Does what is due in a conference, and lets go of it."""
        if work.conference in self._busy:
            return  # asked again while it is done
        self._busy.add(work.conference)
        try:
            conference = await self._conferences.open(work.conference)
            await self._add_uploads(conference)
            if conference.slides is None:
                return
            for id_, deck in needs_work(conference.slides):
                if deck.phase == REMOVING:
                    await self._let_go(conference, id_, deck)
                elif await self._may_claim(work.conference, id_, deck):
                    attempt = self._claim(conference, id_, deck.attempt + 1)
                    await self._pauses.after(f"{work.conference}/{id_}", attempt)
        except (*_FAILURES, Unloadable, Fenced, Trimmed) as error:
            log.warning("slides of %s: %s", work.conference, error)
        finally:
            self._busy.discard(work.conference)
            # A large conference is not worth its memory until somebody asks again.
            self._conferences.forget(work.conference)

    async def _add_uploads(self, conference: SlidesConference) -> None:
        for file in uploads_waiting(conference.state):
            await conference.say(f"{file}/added", "added", Added(file))

    async def _may_claim(self, conference: str, id_: str, deck: Deck) -> bool:
        if self._pauses.waits(f"{conference}/{id_}"):
            return False
        if deck.phase == CONVERTING and deck.worker != self._server:
            await asyncio.sleep(self._deaths.unknown_s)
            if not self._deaths.dead(deck.worker):
                return False
        if not self._office.program and any(part in deck.type for part in _OFFICE_TYPES):
            key = (conference, id_, deck.attempt)
            since_s = self._waiting.setdefault(key, self._now_s())
            while len(self._waiting) > WAITING_KEPT_MAX:
                del self._waiting[next(iter(self._waiting))]
            if self._now_s() - since_s < LEFT_TO_OTHERS_S:
                return False
        # In our own name: an attempt that was cut off, for here is only one at a time.
        ours = deck.phase == CONVERTING and deck.worker == self._server
        return deck.phase in OPEN and (ours or not deck.spent)

    async def _claim(
        self, conference: SlidesConference, id_: str, attempt: int
    ) -> Exception | None:
        """What the attempt failed of. Errors: what kept that from being said."""
        await conference.say(f"{id_}/{attempt}", "started", Started(id_, self._server, attempt))
        deck = conference.deck(id_)
        if deck is None or (deck.worker, deck.attempt) != (self._server, attempt):
            return None  # another server was faster
        log.info("slides %s of %s: attempt %d", id_, conference.conference, attempt)
        conversion = Conversion(self._means, conference, id_, deck)
        try:
            await conversion.run()
            return None
        except Gone:
            await self._store.sweep(key_of(deck.sha256), conversion.folder)
            return None
        except asyncio.CancelledError:
            stopped = Failed(id_, attempt, "The server was stopped.", excused=True)
            with contextlib.suppress(*_FAILURES, TimeoutError):
                async with asyncio.timeout(STOPPED_WITHIN_S):
                    await conference.say(f"{id_}/{attempt}", "failed", stopped)
            raise
        except (NotTaken, TooMany, Damaged, *_FAILURES) as error:
            ended: Exception = error
        final = isinstance(ended, NotTaken | TooMany)
        failed = Failed(id_, attempt, _sentence(ended), final, excused(ended))
        log.warning("slides %s of %s: %s", id_, conference.conference, failed.reason)
        await conference.say(f"{id_}/{attempt}", "failed", failed)
        if failed.final:
            await self._store.let_go(key_of(deck.sha256), use_of(conference.conference, id_))
        return ended

    async def _let_go(self, conference: SlidesConference, id_: str, deck: Deck) -> None:
        use = use_of(conference.conference, id_)
        # Where nothing was opened yet there may be a use all the same.
        for key in dict.fromkeys((key_of(deck.sha256), key_of_folder(deck.folder))):
            if key:
                await self._store.let_go(key, use)
        objects = self._means.objects
        for name in await objects.names(annotated_folder(conference.conference, id_)):
            await objects.delete(name)
        await conference.say(id_, "removed", Removed(id_))


def _sentence(error: Exception) -> str:
    if isinstance(error, LogUnavailable | Conflict):
        return "The storage could not be reached."
    if isinstance(error, LogFull):
        return "The server's storage is full."
    if isinstance(error, Damaged):
        return "A part of what is stored could not be read."
    return str(error)[:REASON_CHARACTERS_MAX] or "It could not be done."
