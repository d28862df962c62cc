"""Makes exports: claims one in the log, gathers what goes into it, has a child pack it, says so.

Nothing here has to survive. Whoever dies in the middle leaves a claim behind, which the next one
takes over as soon as the zone knows of the death, or the log's timer does; what is made twice
counts once.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Final, Protocol

import msgspec

from folkmoot.apps.exports import (
    MAKING,
    OPEN,
    REASON_CHARACTERS_MAX,
    REMOVING,
    Export,
    Failed,
    Finished,
    Progress,
    Removed,
    Started,
    needs_work,
)
from folkmoot.conference.replica import Fenced
from folkmoot.ports import Damaged, LogFull, LogUnavailable
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.applications.child_process import ConfinedChild
from folkmoot.servers.applications.conferences import (
    STOPPED_WITHIN_S,
    NotNow,
    OpenConferences,
    Trimmed,
    excused,
)
from folkmoot.servers.applications.deaths import Alive, Deaths
from folkmoot.servers.applications.jobs import JOB_BYTES_MAX, ChildLimits, Died
from folkmoot.servers.applications.pauses import Pauses
from folkmoot.servers.applications.work import Work
from folkmoot.servers.export.gathering import ExportConference, Gathered, TooLarge, gather
from folkmoot.servers.export.job import ExportDocument, ExportJob, Made
from folkmoot.servers.export.one_document import Write, write_document, write_in_child
from folkmoot.servers.replicas import LoadFrom, Unloadable

log = logging.getLogger(__name__)

LIMITS: Final = ChildLimits(wall_s=120.0, cpu_s=60, memory_bytes=1 << 30)
ARCHIVE_BYTES_MAX: Final = 64 << 20
TOLD_EVERY_S: Final = 1.0
"""Progress is said at most this often, so that it costs the log little."""
STILL_HERE_EVERY_S: Final = 5.0
_FAILURES: Final = (NotNow, LogUnavailable, LogFull)


class Pack(Protocol):
    """Packs a job's bytes in a child."""

    async def run(self, payload: bytes) -> bytes | Died: ...


def export_child() -> ConfinedChild:
    return ConfinedChild("folkmoot.servers.export.child", "export", LIMITS)


class Exporter:
    """Does what is asked for, one conference at a time.

    Caller: `work` for each request; it may be cancelled at any point.
    """

    def __init__(
        self,
        engine: LoadFrom,
        conferences: OpenConferences[ExportConference],
        zone: Alive,
        server: str,
        now_s: Callable[[], float],
        pack: Pack,
        write: Write = write_in_child,
    ) -> None:
        self._engine = engine
        self._conferences = conferences
        self._deaths = Deaths(zone, now_s)
        self._pauses = Pauses(now_s)
        self._server = server
        self._pack = pack
        self._write = write

    async def work(self, work: Work) -> None:
        """Does what is due in a conference, and lets go of it."""
        try:
            conference = await self._conferences.open(work.conference)
            for id_, export in needs_work(conference.exports):
                if export.phase == REMOVING:
                    await self._remove(conference, id_)
                elif await self._may_claim(work.conference, id_, export):
                    attempt = self._claim(conference, id_, export.attempt + 1)
                    await self._pauses.after(f"{work.conference}/{id_}", attempt)
        except (*_FAILURES, Unloadable, Fenced, Trimmed) as error:
            log.warning("exports of %s: %s", work.conference, error)
        finally:
            # A large conference is not worth its memory until somebody asks again.
            self._conferences.forget(work.conference)

    async def _may_claim(self, conference: str, id_: str, export: Export) -> bool:
        if self._pauses.waits(f"{conference}/{id_}"):
            return False
        if export.phase == MAKING and export.worker != self._server:
            await asyncio.sleep(self._deaths.unknown_s)
            if not self._deaths.dead(export.worker):
                return False
        # In our own name: an attempt that was cut off, for here is only one at a time.
        ours = export.phase == MAKING and export.worker == self._server
        return export.phase in OPEN and (ours or not export.spent)

    async def _claim(
        self, conference: ExportConference, id_: str, attempt: int
    ) -> Exception | None:
        """What the attempt failed of. Errors: what kept that from being said."""
        await conference.say(f"{id_}/{attempt}", "started", Started(id_, self._server, attempt))
        export = conference.export(id_)
        if export is None or (export.worker, export.attempt) != (self._server, attempt):
            return None  # another server was faster
        log.info("export %s of %s: attempt %d", id_, conference.conference, attempt)
        try:
            await self._make(conference, id_, export)
            return None
        except asyncio.CancelledError:
            stopped = Failed(id_, attempt, "The server was stopped.", excused=True)
            with contextlib.suppress(*_FAILURES, TimeoutError):
                async with asyncio.timeout(STOPPED_WITHIN_S):
                    await conference.say(f"{id_}/{attempt}", "failed", stopped)
            raise
        except (TooLarge, Damaged, *_FAILURES) as error:
            ended: Exception = error
        log.warning("export %s of %s: %s", id_, conference.conference, ended)
        final = isinstance(ended, TooLarge)
        failed = Failed(id_, attempt, _sentence(ended), final, excused(ended))
        await conference.say(f"{id_}/{attempt}", "failed", failed)
        return ended

    async def _make(self, conference: ExportConference, id_: str, export: Export) -> None:
        gathered = Gathered()
        async with _reporting(conference, id_, export.attempt, gathered):
            if export.document:
                data, position = await write_document(
                    self._engine, conference, export, gathered, self._write
                )
            else:
                job = await gather(
                    self._engine, conference, export.person, export.formats, gathered
                )
                data, position = (await self._packed(job)).archive, job.position
            if len(data) > ARCHIVE_BYTES_MAX:
                raise TooLarge("The export would be larger than a download may be (64 MB).")
            sha256 = hashlib.sha256(data).hexdigest()
            # The hash is in the name: another attempt must not replace what the log names.
            name = f"{_folder(conference, id_)}{sha256[:16]}"
            await self._engine.objects.put(name, data)
        body = Finished(id_, name, sha256, len(data), position)
        await conference.say(id_, "finished", body)
        log.info("export %s of %s: %d bytes", id_, conference.conference, body.bytes)
        await self._delete_others(conference, id_)

    async def _packed(self, job: ExportJob) -> Made:
        """The archive; when a document kills the child, the archive without the documents."""
        payload = msgspec.msgpack.encode(job)
        if len(payload) > JOB_BYTES_MAX:
            raise TooLarge("The room holds more than an export can (256 MB).")
        reply = await self._pack.run(payload)
        if isinstance(reply, Died) and reply.by_itself:
            log.error("alarm: an export's child: %s", reply.reason)
            without = [
                ExportDocument(d.id, d.kind, d.title, [], readable=False) for d in job.documents
            ]
            bare = msgspec.structs.replace(job, documents=without)
            reply = await self._pack.run(msgspec.msgpack.encode(bare))
        if isinstance(reply, Died):
            raise NotNow(f"It could not be packed: {reply.reason}.", excused=not reply.begun)
        try:
            return msgspec.msgpack.decode(reply, type=Made)
        except UNREADABLE as error:
            raise NotNow("What was packed could not be read.") from error

    async def _delete_others(self, conference: ExportConference, id_: str) -> None:
        """Deletes what other attempts left behind; what the log names stays."""
        export = conference.export(id_)
        if export is None or not export.object:
            return
        for name in await self._engine.objects.names(_folder(conference, id_)):
            if name != export.object:
                await self._engine.objects.delete(name)

    async def _remove(self, conference: ExportConference, id_: str) -> None:
        for name in await self._engine.objects.names(_folder(conference, id_)):
            await self._engine.objects.delete(name)
        await conference.say(id_, "removed", Removed(id_))


@contextlib.asynccontextmanager
async def _reporting(
    conference: ExportConference, id_: str, attempt: int, gathered: Gathered
) -> AsyncIterator[None]:
    """Says how far it is, and every few seconds that somebody still works on it."""

    async def report() -> None:
        told, silent_s = (0, 0), 0.0
        while True:
            await asyncio.sleep(TOLD_EVERY_S)
            silent_s += TOLD_EVERY_S
            now = (gathered.done, gathered.of)
            if now != told or silent_s >= STILL_HERE_EVERY_S:
                # A log without a leader is spoken to until it hears.
                with contextlib.suppress(LogUnavailable):
                    await conference.say(id_, "progress", Progress(id_, attempt, *now))
                    told, silent_s = now, 0.0

    task = asyncio.get_running_loop().create_task(report())
    try:
        yield
    finally:
        task.cancel()
        # What kept it from being said will be met, and handled, by who says the end.
        await asyncio.gather(task, return_exceptions=True)


def _folder(conference: ExportConference, id_: str) -> str:
    return f"exports/{conference.conference}/{id_}-"


def _sentence(error: Exception) -> str:
    if isinstance(error, LogUnavailable):
        return "The storage could not be reached."
    if isinstance(error, LogFull):
        return "The server's storage is full."
    if isinstance(error, Damaged):
        return "A part of what is stored could not be read."
    return str(error)[:REASON_CHARACTERS_MAX]
