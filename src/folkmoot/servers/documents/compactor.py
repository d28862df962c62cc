"""Does for documents what is due, one after the other: compactions, versions, restorings.

The heavy part is done in a child, the result said in the log. Nothing here has to survive. A
request is repeated while the work is due, what was done twice counts once, and whatever is cut off
half way is simply done again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import msgspec

from folkmoot.apps.documents import (
    Compacted,
    CompactedWithAuthors,
    Document,
    Purged,
    Step,
    Void,
    next_task,
)
from folkmoot.conference.replica import Fenced
from folkmoot.ports import Damaged, LogFull, LogUnavailable, Objects
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.applications.work import Work
from folkmoot.servers.documents.blame import compact
from folkmoot.servers.documents.conferences import Conferences, OpenConference, Trimmed
from folkmoot.servers.documents.job import (
    REASON_CHARACTERS_MAX,
    CompactionJob,
    Merged,
    Poison,
    Stuck,
    Unavailable,
)
from folkmoot.servers.documents.keeper import Ask, Keeper, job_updates
from folkmoot.servers.documents.segments import Segments
from folkmoot.servers.documents.shelf import (
    AuthorLists,
    Postponed,
    compactions,
    purge,
    read_base,
    say,
)
from folkmoot.servers.documents.trial import Trial
from folkmoot.servers.replicas import Unloadable
from folkmoot.settings import Settings

log = logging.getLogger(__name__)

SUBJECT: Final = "work.documents"
WAITING_MAX: Final = 1_000
ROUNDS_MAX: Final = 64
"""Things done for one document in one go; the next request goes on."""
STUCK_S: Final = 30.0
"""How long an update may wait for one that it refers to, in a log that takes what is said, before
it is taken out."""
STUCK_KEPT_MAX: Final = 1_000
REST_S: Final = 15.0
"""How long a document is left alone after a failure that nobody could be blamed for."""
IDLE_CHECK_S: Final = 30.0

K = TypeVar("K")
V = TypeVar("V")


class Child(Trial, Ask, Protocol):
    """Does any job in a fresh child."""


class Compactor:
    """Does what is asked for.

    Caller: `run` until it is cancelled; `ask` at any time.
    """

    def __init__(
        self,
        conferences: Conferences,
        objects: Objects,
        trial: Child,
        settings: Settings,
        now_s: Callable[[], float],
        wall_ms: Callable[[], int],
    ) -> None:
        self._conferences = conferences
        self._objects = objects
        self._trial = trial
        self._settings = settings
        self._now_s = now_s
        self._wall_ms = wall_ms
        self._authors = AuthorLists(objects)
        self._segments = Segments(objects, self._authors)
        self._keeper = Keeper(objects, self._authors, trial)
        self._waiting: dict[Work, None] = {}
        self._more = asyncio.Event()
        self._resting: OrderedDict[Work, float] = OrderedDict()
        self._stuck: OrderedDict[tuple[Work, int, int], float] = OrderedDict()
        self._superseded: OrderedDict[Work, list[str]] = OrderedDict()

    def asked(self, subject: str, payload: bytes) -> None:
        """Takes a request as it came over messaging."""
        try:
            self.ask(msgspec.msgpack.decode(payload, type=Work))
        except UNREADABLE:
            log.warning("a request of %d bytes on %s could not be read", len(payload), subject)

    def ask(self, work: Work) -> None:
        """Queues work; forgotten when the queue is full, for it is asked again."""
        if self._resting.get(work, 0.0) <= self._now_s() and len(self._waiting) < WAITING_MAX:
            self._waiting[work] = None
            self._more.set()

    async def run(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._more.wait(), IDLE_CHECK_S)
            except TimeoutError:
                self._conferences.forget_idle()
                continue
            self._more.clear()
            while self._waiting:
                work = next(iter(self._waiting))
                del self._waiting[work]
                await self._guarded(work)

    async def _guarded(self, work: Work) -> None:
        """Does one piece of work; its failure is its own, never the next one's."""
        try:
            await self.work(work)
            self._resting.pop(work, None)
            return
        except LogUnavailable as error:
            log.warning("compacting %s: %s", work, error)
            # What an update waits for may wait for the same log: its time begins anew.
            for key in [key for key in self._stuck if key[0] == work]:
                del self._stuck[key]
        except (Postponed, LogFull, Unloadable, Fenced, Trimmed) as error:
            log.warning("compacting %s: %s", work, error)
        except Damaged as error:
            log.error("alarm: compacting %s: %s", work, error)
        except Exception:
            log.exception("compacting %s failed", work)
        self._conferences.forget(work.conference)
        _put(self._resting, work, self._now_s() + REST_S, WAITING_MAX)

    async def work(self, work: Work) -> None:
        """Does what is due for one document.

        Errors: `Postponed`, `Damaged` (an object), and those of conferences and objects.
        """
        conference = await self._conferences.open(work.conference)
        if work.document in conference.documents.purging:
            await self._purge(work, conference)
            return
        for _ in range(ROUNDS_MAX):
            document = conference.document(work.document)
            if document is None:
                return
            task = next_task(document, self._wall_ms(), self._settings)
            if task is None:
                return
            if task.step is Step.COMPACT:
                if not await self._round(work, conference, document, task.upto):
                    return
            elif task.step is Step.KEEP:
                await self._keeper.keep(work, conference, document, task)
            elif task.step is Step.KEEP_POINT:
                await self._keeper.keep_point(work, conference, document, task)
            else:
                await self._keeper.restore(work, conference, document)

    async def _purge(self, work: Work, conference: OpenConference) -> None:
        await purge(self._objects, work)

        def is_gone() -> bool:
            return work.document not in conference.documents.purging

        body = Purged(work.document)
        await say(conference, f"{work.document}/purged", "purged", body, is_gone)

    async def _round(
        self, work: Work, conference: OpenConference, document: Document, upto: int
    ) -> bool:
        """One job: it ends with a compaction, or with an update that is taken out.

        False when it came less far than asked for, and another try now would not get on either.
        """
        base, voids = await read_base(self._objects, document), document.voids
        job = CompactionJob(base, job_updates(document, upto), document.kind)
        result = await compact(job, self._trial)
        if isinstance(result, Stuck):
            poison = self._overdue(work, job, result)
            if poison is None:
                # What is before it can be compacted all the same.
                first = job.updates[result.positions[0]].sequence
                job = job.first(sum(u.sequence < first for u in job.updates))
                result = await compact(job, self._trial) if job.updates else result
            else:
                result = poison
        if isinstance(result, Poison):
            await self._take_out(work, conference, result)
            return True
        if isinstance(result, Merged):
            await self._save(work, conference, document, job, voids, result)
            return job.updates[-1].sequence >= upto
        if isinstance(result, Unavailable):
            raise Postponed(result.reason)
        raise Postponed("its first update waits for one that it refers to")

    def _overdue(self, work: Work, job: CompactionJob, stuck: Stuck) -> Poison | None:
        """The first update that has waited too long for what it refers to."""
        now_s = self._now_s()
        for position in stuck.positions:
            update = job.updates[position]
            key = (work, update.sequence, update.index)
            since_s = self._stuck.get(key)
            if since_s is None:
                _put(self._stuck, key, now_s, STUCK_KEPT_MAX)
            elif now_s - since_s >= STUCK_S:
                del self._stuck[key]
                return Poison(update, "it refers to text that is not there")
        return None

    async def _take_out(self, work: Work, conference: OpenConference, poison: Poison) -> None:
        update = poison.update
        at = (update.sequence, update.index)
        log.error("alarm: %s: the update at %s is taken out: %s", work, at, poison.reason)
        body = Void(work.document, *at, poison.reason[:REASON_CHARACTERS_MAX])

        def is_out() -> bool:
            document = conference.document(work.document)
            return document is None or all((u.sequence, u.index) != at for u in document.updates)

        # At once or not now: a log that has just come back may bring what was waited for.
        await say(
            conference, f"{work.document}/void/{at[0]}.{at[1]}", "void", body, is_out, patient=False
        )  # fmt: skip

    async def _save(
        self,
        work: Work,
        conference: OpenConference,
        document: Document,
        job: CompactionJob,
        voids: int,
        merged: Merged,
    ) -> None:
        before, upto = document.base, job.updates[-1].sequence
        sha256 = hashlib.sha256(merged.update).hexdigest()
        # The hash is in the name: another run may encode the same document differently, and must
        # not replace the bytes that the log already names.
        name = f"{compactions(work)}{upto}-{sha256[:16]}"
        await self._objects.put(name, merged.update)
        size_bytes = len(merged.update)
        history = document.history
        known = history.known if history else ""
        segments = list(history.segments) if history else []
        authors = ""
        body: Compacted | CompactedWithAuthors
        if conference.state.level >= 2:
            numbers = list(dict.fromkeys(u.number for u in job.updates))
            authors, authors_sha256 = await self._authors.write(work, history, numbers)
            segment = await self._segments.write(work, conference, document, job)
            body = CompactedWithAuthors(
                work.document, upto, name, sha256, size_bytes, authors, authors_sha256,
                {str(number): counts for number, counts in merged.written.items()}, voids,
                segment,
            )  # fmt: skip
        else:
            body = Compacted(work.document, upto, name, sha256, size_bytes, voids)

        def is_in() -> bool:
            now = conference.document(work.document)
            if now is None or now.voids != voids:
                return True
            return now.base is not None and now.base.upto >= upto

        await say(conference, f"{work.document}/{upto}", "compacted", body, is_in)
        log.info(
            "%s: %d updates merged into %d bytes in %d ms%s",
            work, len(job.updates), size_bytes, merged.cpu_ms,
            " without applying them, for one parts a character" if merged.plain else "",
        )  # fmt: skip
        now = conference.document(work.document)
        if now is not None:
            await self._segments.sweep(work, now, segments)
        if before is not None:
            await self._delete_older(work, before.object, name)
        if authors != known and known:
            await self._authors.delete_older(work, known, authors)

    async def _delete_older(self, work: Work, previous: str, newest: str) -> None:
        """Deletes compactions that are two generations behind.

        The one before stays: a server that lags by a moment still hands it out. What a crash left
        behind is found by listing once per document and process.
        """
        superseded = self._superseded.pop(work, None)
        if superseded is None:
            superseded = await self._objects.names(compactions(work))
        for name in superseded:
            if name not in (previous, newest):
                await self._objects.delete(name)
        _put(self._superseded, work, [previous], STUCK_KEPT_MAX)


def _put(kept: OrderedDict[K, V], key: K, value: V, count_max: int) -> None:
    """Adds to a dict that forgets its oldest beyond `count_max`."""
    kept[key] = value
    while len(kept) > count_max:
        kept.popitem(last=False)
