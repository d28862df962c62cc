"""Examines uploads that are complete, and puts into the log what may be shared.

Nothing here has to survive. Whoever dies half way leaves a record that says `complete`, and another
examines it again; of two that do, the first in the log counts. Bytes get their name only when the
conference would take them, and lose it only by way of the log (`removing`), so that nobody deletes
what another has just come to name.

Bytes that end whoever looks at them must not be looked at for ever. So a server writes that it has
them in hand before it takes them, and takes that back when it lives on: what is counted against a
file is a child or a server that died of it, or may have. A store that does not answer ends nothing
and is not counted; it is waited for, until the upload is an hour old.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import ClassVar, Final, Protocol

import msgspec

from folkmoot.apps.files import Deleted, FilesState, Stored, Unused, file_of_upload, refusal_of
from folkmoot.conference.replica import Fenced
from folkmoot.ports import (
    Conflict,
    Damaged,
    LogFull,
    LogUnavailable,
    Objects,
    ObjectSurvey,
    Unfinished,
)
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.applications.child_process import ConfinedChild
from folkmoot.servers.applications.conferences import (
    NotNow,
    OpenConference,
    OpenConferences,
    Trimmed,
)
from folkmoot.servers.applications.deaths import Alive, Deaths
from folkmoot.servers.applications.jobs import ChildLimits, Died
from folkmoot.servers.applications.pauses import Pauses
from folkmoot.servers.applications.work import Work
from folkmoot.servers.files.job import (
    HEAD_BYTES,
    TAIL_BYTES,
    WHOLE_BYTES_MAX,
    ExamineJob,
    NotTaken,
    Taken,
    Verdict,
)
from folkmoot.servers.files.records import (
    COMPLETE,
    REFUSED,
    STORED,
    Found,
    UploadRecord,
    Uploads,
)
from folkmoot.servers.replicas import Unloadable

log = logging.getLogger(__name__)

LIMITS: Final = ChildLimits(wall_s=60.0, cpu_s=20, memory_bytes=1 << 30)
CLAIM_MS: Final = 120_000
"""So long a claim of somebody who lives is left alone."""

ATTEMPTS_MAX: Final = 4
"""So often may somebody have died of the bytes."""

EXAMINED_WITHIN_MS: Final = 3_600_000
"""So long the store is waited for, from when all of an upload had come."""

SAID_TRIES_MAX: Final = 5
TAKEN_BACK_WITHIN_S: Final = 0.3
"""Who is told to stop has no more time than that."""

DELETED_AT_ONCE: Final = 50

_Failures = (LogUnavailable, LogFull, Unloadable, Fenced, Trimmed, Conflict)


class Look(Protocol):
    """Looks at a job's bytes in a child."""

    async def run(self, payload: bytes) -> bytes | Died: ...


def examining_child() -> ConfinedChild:
    return ConfinedChild("folkmoot.servers.files.child", "examining", LIMITS)


class FilesConference(OpenConference):
    """One conference, and its files."""

    app: ClassVar[str] = "files"

    @property
    def files(self) -> FilesState:
        state: FilesState = self.state.apps["files"]
        return state


class Ends:
    """Keeps the beginning and the end of what passes by, all of it if it is not too long."""

    def __init__(self, size: int) -> None:
        self._head_max = size if size <= WHOLE_BYTES_MAX else HEAD_BYTES
        self._tail_max = 0 if size <= WHOLE_BYTES_MAX else TAIL_BYTES
        self.head, self.tail = bytearray(), bytearray()

    def add(self, piece: bytes) -> None:
        taken = piece[: self._head_max - len(self.head)]
        self.head += taken
        if self._tail_max and len(taken) < len(piece):
            self.tail += piece[len(taken) :]
            del self.tail[: -self._tail_max]


class Examiner:
    """Does what is asked for, one upload or conference at a time.

    Caller: `work` for each request; it may be cancelled at any point.
    """

    def __init__(
        self,
        objects: Objects,
        uploads: Uploads,
        conferences: OpenConferences[FilesConference],
        zone: Alive,
        server: str,
        now_ms: Callable[[], int],
        now_s: Callable[[], float],
        look: Look,
    ) -> None:
        self._objects = objects
        self._uploads = uploads
        self._conferences = conferences
        self._deaths = Deaths(zone, now_s)
        self._server = server
        self._now_ms = now_ms
        self._look = look
        self._pauses = Pauses(now_s)

    async def work(self, work: Work) -> None:
        """Examines the upload that is named; without one, deletes what the conference let go."""
        try:
            if work.document:
                await self._upload(work.conference, work.document)
            else:
                await self._delete(await self._conferences.open(work.conference))
        except (*_Failures, NotNow, Damaged) as error:
            log.warning("files of %s: %s", work.conference, error)
            self._conferences.forget(work.conference)

    # Uploads

    async def _upload(self, conference: str, upload: str) -> None:
        if self._pauses.waits(upload):
            return  # asked for again
        try:
            found = await self._uploads.find(conference, upload)
            if found is not None and self._may_claim(found.record):
                await self._examine(await self._claim(found))
        except Exception:
            self._pauses.failed(upload)
            raise
        self._pauses.over(upload)

    def _may_claim(self, record: UploadRecord) -> bool:
        """In our own name: an attempt that was cut off, for here is only one at a time."""
        if record.phase != COMPLETE:
            return False
        if not record.worker or record.worker == self._server:
            return True
        if self._now_ms() - record.claimed_ms >= CLAIM_MS:
            return True
        return self._deaths.dead(record.worker)

    async def _claim(self, found: Found) -> Found:
        """Whoever has died with the bytes in hand may have died of them. We have not."""
        record = found.record
        died = record.looking not in ("", self._server) and self._deaths.dead(record.looking)
        return await self._uploads.change(
            found, worker=self._server, claimed_ms=self._now_ms(),
            attempts=record.attempts + died, looking="",
        )  # fmt: skip

    async def _examine(self, found: Found) -> None:
        record = found.record
        room = await self._conferences.open(record.conference)
        file = file_of_upload(room.files, record.upload)
        if file:
            await self._end_stored(found, room, file)
            return
        waited_ms = self._now_ms() - (record.complete_ms or record.created_ms)
        if record.attempts >= ATTEMPTS_MAX or waited_ms >= EXAMINED_WITHIN_MS:
            text = "The file could not be examined. Try again."
            await self._refuse(found, room, NotTaken("not_examined", text))
            return
        found, survey, verdict = await self._looked_at(found)
        if isinstance(verdict, NotTaken):
            await self._refuse(found, room, verdict)
            return
        try:
            await self._store(found, room, survey, verdict)
        except LogFull:
            full = "The server's storage is full, so the file was not taken."
            await self._refuse(found, room, NotTaken("storage_full", full))

    async def _looked_at(self, found: Found) -> tuple[Found, ObjectSurvey, Verdict]:
        """The verdict on the bytes, between saying that we have them in hand and taking it back.

        When a store that does not answer leaves that standing, our next claim takes it back.
        """
        record = found.record
        survey = ObjectSurvey(record.upload, 0, "", 0)
        found = await self._uploads.change(found, looking=self._server)
        try:
            ends = Ends(record.bytes)
            whole = Unfinished(record.upload, record.bytes)
            survey = await self._objects.survey(whole, ends.add)
            reply: bytes | Died | NotTaken = await self._look.run(_job(record, ends))
        except Damaged as error:
            log.error("alarm: upload %s: %s", record.upload, error)
            reply = NotTaken("damaged", "The upload is damaged. Try again.")
        except (asyncio.CancelledError, *_Failures):
            # Whoever stops us does not mean the file, nor does the store.
            with contextlib.suppress(*_Failures, TimeoutError):
                async with asyncio.timeout(TAKEN_BACK_WITHIN_S):
                    await self._uploads.change(found, looking="")
            raise
        died = isinstance(reply, Died) and reply.begun and not reply.by_itself
        found = await self._uploads.change(found, looking="", attempts=found.record.attempts + died)
        return found, survey, reply if isinstance(reply, NotTaken) else _verdict(record, reply)

    async def _store(
        self, found: Found, room: FilesConference, survey: ObjectSurvey, taken: Taken
    ) -> None:
        record = found.record
        name = f"files/{room.conference}/{survey.sha256}"
        preview = f"{name}.preview" if taken.preview else ""
        body = Stored(
            record.upload, record.person, record.purpose, record.name, taken.type,
            survey.bytes, survey.sha256, name, taken.width, taken.height, preview,
        )  # fmt: skip
        for _ in range(SAID_TRIES_MAX):
            refusal = refusal_of(room.state, body)
            if refusal is not None and refusal.code == "changed_meanwhile":
                await self._delete(room)
                continue
            if refusal is not None and refusal.code != "exists":
                await self._refuse(found, room, NotTaken(refusal.code, refusal.message))
                return
            if refusal is None:
                if preview:
                    await self._objects.put(preview, taken.preview)
                await self._objects.seal(survey, name)
                await room.publish(record.upload, "stored", body)
            file = file_of_upload(room.files, record.upload)
            if file:
                await self._end_stored(found, room, file)
                return
        raise NotNow("the log does not take an upload")

    async def _end_stored(self, found: Found, room: FilesConference, file: str) -> None:
        """What had a name already was stored once; the second copy goes."""
        object_ = room.files.files[file].object
        record = found.record
        info = await self._objects.describe(object_)
        if info is not None and info.identity != record.upload:
            await self._objects.drop(record.upload)
        await self._uploads.change(found, phase=STORED, file=file, ended_ms=self._now_ms())
        log.info("upload %s of %s is file %s", record.upload, room.conference, file)

    async def _refuse(self, found: Found, room: FilesConference, reason: NotTaken) -> None:
        record = found.record
        await self.leave_nothing(record.upload, room)
        await self._uploads.change(
            found, phase=REFUSED, code=reason.code, message=reason.message,
            ended_ms=self._now_ms(),
        )  # fmt: skip
        log.info("upload %s of %s: %s", record.upload, room.conference, reason.code)

    async def leave_nothing(self, upload: str, room: FilesConference) -> None:
        """Deletes an upload's bytes, by way of the log where an attempt gave them a name."""
        named = [
            name
            for name in await self._objects.names(f"files/{room.conference}/")
            if (info := await self._objects.describe(name)) is not None and info.identity == upload
        ]
        if named:
            await room.publish(upload, "unused", Unused([*named, *(f"{n}.preview" for n in named)]))
        else:
            await self._objects.drop(upload)

    # Objects that no file names

    async def _delete(self, room: FilesConference) -> None:
        for _ in range(-(-len(room.files.removing) // DELETED_AT_ONCE)):
            names = room.files.removing[:DELETED_AT_ONCE]
            described = {name: await self._objects.describe(name) for name in names}
            # Looked at in this order: what is let go of now was so when it was described.
            await room.refresh()
            gone = [name for name in names if name in room.files.removing]
            for name in gone:
                info = described[name]
                if info is not None:
                    await self._objects.delete_as(info)
            if gone:
                await room.publish(f"deleted/{room.files.removing[0]}", "deleted", Deleted(gone))


def _job(record: UploadRecord, ends: Ends) -> bytes:
    job = ExamineJob(record.name, record.purpose, record.bytes, bytes(ends.head), bytes(ends.tail))
    return msgspec.msgpack.encode(job)


def _verdict(record: UploadRecord, reply: bytes | Died) -> Verdict:
    """What a child found. Errors: `NotNow`."""
    if isinstance(reply, Died):
        if reply.by_itself:
            log.error("alarm: examining upload %s: %s", record.upload, reply.reason)
            return NotTaken("damaged", "The file could not be read safely. It was not shared.")
        raise NotNow(f"an upload could not be examined: {reply.reason}")
    try:
        verdict: Verdict = msgspec.msgpack.decode(reply, type=Verdict)
    except UNREADABLE as error:
        raise NotNow("a verdict could not be read") from error
    return verdict
