"""Makes versions of documents, and makes a document what a version holds.

Nothing here has to survive: what is wished for stands in the log until it is said to be done, and
whoever comes next does it again. A version is made of the last compaction, which ends where the
version is to end; a restoring is computed anew from what the log has of it.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Final, Protocol

from folkmoot.apps.documents import (
    Document,
    History,
    Kept,
    KeptPoint,
    Restored,
    RestoreFailed,
    Restoring,
    Task,
    Unkept,
    Wish,
)
from folkmoot.ports import Damaged, Objects
from folkmoot.servers.applications.jobs import tried
from folkmoot.servers.applications.work import Work
from folkmoot.servers.document_files import VersionContent, decode_version, encode_version
from folkmoot.servers.document_points import PointGone, read_object, read_point
from folkmoot.servers.documents.conferences import OpenConference
from folkmoot.servers.documents.job import (
    REASON_CHARACTERS_MAX,
    Died,
    Gathered,
    JobUpdate,
    Painted,
    PointJob,
    Reply,
    RestoreJob,
    RestorePart,
    Reworked,
    VersionJob,
)
from folkmoot.servers.documents.shelf import AuthorLists, Postponed, read_base, say, versions

log = logging.getLogger(__name__)

_NOTHING: Final = RestorePart(0, 0, b"")


class Ask(Protocol):
    """Does a job in a fresh child."""

    async def ask(self, job: VersionJob | PointJob | RestoreJob) -> Reply | Died: ...


def job_updates(document: Document, upto: int | None = None) -> list[JobUpdate]:
    """The updates that are not compacted, all or those through a position."""
    return [
        JobUpdate(u.sequence, u.index, u.number, u.from_, u.to, u.update)
        for u in document.updates
        if upto is None or u.sequence <= upto
    ]


class Keeper:
    """Caller: `keep` or `restore` when that is the document's next task."""

    def __init__(self, objects: Objects, authors: AuthorLists, child: Ask) -> None:
        self._objects = objects
        self._authors = authors
        self._child = child

    async def keep(
        self, work: Work, conference: OpenConference, document: Document, task: Task
    ) -> None:
        """Makes a version of the last compaction. Errors: as in the compactor."""
        base, history = document.base, document.history
        if base is None or history is None:
            await self._drop(work, conference, task.wish, "")
            return
        state = await read_object(self._objects, base.object, base.sha256)
        authors = await self._authors.known(history)
        job = VersionJob(state, document.kind)
        painted = await tried(lambda: self._child.ask(job))
        if isinstance(painted, Died) and not painted.begun:
            raise Postponed(painted.reason)
        runs = painted.runs if isinstance(painted, Painted) else []
        if not isinstance(painted, Painted):
            log.warning("%s: nobody can say who wrote what: %s", work, painted)
        time_ms = next((w.time_ms for w in history.wishes if w.id == task.wish), 0)
        data = encode_version(
            VersionContent(
                document.kind,
                document.title,
                base.upto,
                time_ms or conference.state.time_ms,
                state,
                authors.persons,
                authors.numbers,
                runs,
            )
        )
        sha256 = hashlib.sha256(data).hexdigest()
        name = f"{versions(work)}{base.upto}-{sha256[:16]}"
        await self._objects.put(name, data)
        before = len(history.versions)

        def is_kept() -> bool:
            now = conference.document(work.document)
            if now is None or now.history is None:
                return True
            if task.wish:
                return all(wish.id != task.wish for wish in now.history.wishes)
            return now.history.changed_ms == 0 or len(now.history.versions) != before

        kept = Kept(work.document, task.wish, base.upto, name, sha256, len(data))
        id_ = f"{work.document}/kept/{task.wish or base.upto}"
        await say(conference, id_, "kept", kept, is_kept)
        log.info("%s: a version of %d bytes at %d", work, len(data), base.upto)
        await self._sweep(work, conference)

    async def _sweep(self, work: Work, conference: OpenConference) -> None:
        """Deletes versions that the log does not name any more.

        One at or after the newest may be another server's that is about to be said, and so may that
        of a point, which is called by where it was asked for.
        """
        document = conference.document(work.document)
        history = document.history if document else None
        if history is None or not history.versions:
            return
        named = {version.object for version in history.versions}
        asked = {mark.asked for mark in history.marks}
        newest = max(version.upto for version in history.versions)
        for name in await self._objects.names(versions(work)):
            upto = int(name.removeprefix(versions(work)).partition("-")[0])
            if name not in named and upto < newest and upto not in asked:
                await self._objects.delete(name)

    async def keep_point(
        self, work: Work, conference: OpenConference, document: Document, task: Task
    ) -> None:
        """Makes a version of a point that was named. Errors: as in the compactor."""
        history = document.history
        mark = _mark(history, task.wish)
        if history is None or mark is None:
            return
        try:
            point = await read_point(self._objects, document, mark.upto)
        except PointGone as error:
            await self._drop(work, conference, mark.id, str(error))
            return
        except Damaged as error:
            log.error("alarm: %s: the point at %d: %s", work, mark.upto, error)
            await self._drop(work, conference, mark.id, "This point cannot be read.")
            return
        reply = await self._child.ask(PointJob(point.updates, document.kind))
        if isinstance(reply, Died) and not reply.by_itself:
            raise Postponed(reply.reason)
        if not isinstance(reply, Gathered):
            reason = getattr(reply, "reason", "")
            log.error("alarm: %s: the point at %d: %s", work, mark.upto, reason)
            await self._drop(work, conference, mark.id, "This point cannot be put together.")
            return
        # Those whose edits are not compacted yet are in the state alone.
        authors = (await self._authors.known(history)).with_all(
            {int(number): (a.person, a.name) for number, a in history.authors.items()}
        )
        time_ms = point.time_ms or mark.time_ms
        content = VersionContent(
            document.kind, document.title, mark.upto, time_ms, reply.update,
            authors.persons, authors.numbers, reply.runs,
        )  # fmt: skip
        data = encode_version(content)
        sha256 = hashlib.sha256(data).hexdigest()
        name = f"{versions(work)}{mark.asked}-{sha256[:16]}"
        await self._objects.put(name, data)
        kept = KeptPoint(work.document, mark.id, name, sha256, len(data), point.time_ms)
        await say(
            conference, f"{work.document}/kept/{mark.id}", "kept_point", kept,
            lambda: _mark(_history(conference, work), mark.id) is None,
        )  # fmt: skip
        log.info("%s: the point at %d is a version of %d bytes", work, mark.upto, len(data))
        await self._sweep(work, conference)

    async def _drop(self, work: Work, conference: OpenConference, wish: str, reason: str) -> None:
        """Says that a version cannot be made."""
        await say(
            conference, f"{work.document}/unkept/{wish}", "unkept",
            Unkept(work.document, wish, reason),
            lambda: not _wished(conference, work, wish),
        )  # fmt: skip

    async def restore(self, work: Work, conference: OpenConference, document: Document) -> None:
        """Writes what is missing to make the document what the version holds."""
        history = document.history
        restoring = history.restoring if history else None
        if history is None or restoring is None:
            return
        label = f"version {restoring.version}" if restoring.version else "a point"
        try:
            wanted = await self._wanted(document, restoring)
        except PointGone as error:
            await self._fail(work, conference, restoring.id, str(error))
            return
        except Damaged as error:
            log.error("alarm: %s: %s: %s", work, label, error)
            await self._fail(work, conference, restoring.id, "The version cannot be read.")
            return
        base = await read_base(self._objects, document)
        job = RestoreJob(base, job_updates(document), wanted, document.kind, restoring.number)
        reply = await self._child.ask(job)
        if isinstance(reply, Died) and not reply.by_itself:
            raise Postponed(reply.reason)
        if not isinstance(reply, Reworked):
            reason = getattr(reply, "reason", "")
            log.error("alarm: %s: %s: %s", work, label, reason)
            text = "The version could not be compared with the document."
            await self._fail(work, conference, restoring.id, text)
            return
        parts = reply.parts or [_NOTHING]
        for place, part in enumerate(parts):
            last = place == len(parts) - 1
            await self._say_part(work, conference, restoring.id, restoring.number, part, last)
        log.info("%s: %s is restored in %d parts", work, label, len(parts))

    async def _wanted(self, document: Document, restoring: Restoring) -> list[bytes]:
        """What is to be restored, as updates. Errors: `PointGone`, `Damaged`, `LogUnavailable`."""
        if not restoring.version:
            return (await read_point(self._objects, document, restoring.position)).updates
        versions = document.history.versions if document.history else []
        for version in versions:
            if version.id == restoring.version:
                data = await read_object(self._objects, version.object, version.sha256)
                return [decode_version(data).state]
        raise PointGone("The version is no longer kept.")

    async def _say_part(
        self,
        work: Work,
        conference: OpenConference,
        id_: str,
        number: int,
        part: RestorePart,
        last: bool,
    ) -> None:
        def is_seen() -> bool:
            now = conference.document(work.document)
            restoring = now.history.restoring if now and now.history else None
            if now is None or restoring is None or restoring.id != id_:
                return True
            # A part of deletions moves no clock; said twice it deletes no more.
            return not last and now.clocks.get(str(number), 0) >= part.to

        body = Restored(work.document, id_, part.from_, part.to, part.update, last)
        await say(conference, f"{id_}/{part.from_}.{part.to}", "restored", body, is_seen)

    async def _fail(self, work: Work, conference: OpenConference, id_: str, reason: str) -> None:
        def is_over() -> bool:
            history = _history(conference, work)
            return history is None or history.restoring is None or history.restoring.id != id_

        body = RestoreFailed(work.document, id_, reason[:REASON_CHARACTERS_MAX])
        await say(conference, f"{id_}/failed", "restore_failed", body, is_over)


def _history(conference: OpenConference, work: Work) -> History | None:
    document = conference.document(work.document)
    return document.history if document else None


def _wished(conference: OpenConference, work: Work, wish: str) -> bool:
    history = _history(conference, work)
    wishes = (*history.wishes, *history.marks) if history else ()
    return any(w.id == wish for w in wishes)


def _mark(history: History | None, id_: str) -> Wish | None:
    return next((mark for mark in history.marks if mark.id == id_), None) if history else None
