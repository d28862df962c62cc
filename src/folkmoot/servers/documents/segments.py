"""Writes the segments that keep points between versions, and deletes those that are not named.

A segment is stored before the compaction that names it is said, so whoever dies in between leaves
an object that nobody names, and nothing is lost. One that grows is written anew under another name.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict
from typing import Final

from folkmoot.apps.documents import Document, Segment, SegmentWritten, base_upto, growing, time_of
from folkmoot.ports import Damaged, Objects
from folkmoot.servers.applications.work import Work
from folkmoot.servers.document_files import (
    Authors,
    Edit,
    SegmentContent,
    VersionContent,
    encode_segment,
    encode_version,
)
from folkmoot.servers.document_points import read_segment_file
from folkmoot.servers.documents.conferences import OpenConference
from folkmoot.servers.documents.job import CompactionJob
from folkmoot.servers.documents.shelf import AuthorLists, points

log = logging.getLogger(__name__)

SWEPT_MAX: Final = 1_000
"""Documents of which is known that nothing was left behind by a crash."""


class Segments:
    """Caller: `write` before a compaction is said, `sweep` once the state shows it."""

    def __init__(self, objects: Objects, authors: AuthorLists) -> None:
        self._objects = objects
        self._authors = authors
        self._swept: OrderedDict[Work, None] = OrderedDict()

    async def write(
        self, work: Work, conference: OpenConference, document: Document, job: CompactionJob
    ) -> SegmentWritten:
        """The segment with the job's edits. Errors: `Damaged` (authors), `LogUnavailable`."""
        history = document.history
        times = history.times if history else []
        edits = [
            Edit(u.sequence, time_of(times, u.sequence), u.number, u.update) for u in job.updates
        ]
        grown = growing(document, conference.state.time_ms)
        before = await self._before(work, grown) if grown is not None else None
        since = before.since if before is not None else base_upto(document)
        fresh = {
            edit.number: (author.person, author.name)
            for edit in edits
            if history is not None and (author := history.authors.get(str(edit.number))) is not None
        }
        known = Authors(before.persons, before.numbers) if before is not None else Authors()
        authors = known.with_all(fresh)
        upto = edits[-1].sequence
        edits = [*(before.edits if before is not None else ()), *edits]
        content = SegmentContent(
            document.kind, since, upto, edits, authors.persons, authors.numbers
        )
        data = await asyncio.to_thread(encode_segment, content)
        name, sha256 = await self._put(work, upto, data, "")
        ground, ground_sha256, ground_bytes = await self._ground(
            work, document, job.base, grown if before is not None else None
        )
        return SegmentWritten(
            since, edits[0].time_ms, edits[-1].time_ms, len(edits),
            sum(len(edit.update) for edit in edits), name, sha256, len(data),
            ground, ground_sha256, ground_bytes,
        )  # fmt: skip

    async def _before(self, work: Work, segment: Segment) -> SegmentContent | None:
        """What a segment held so far; None begins another one, for this one cannot be read."""
        try:
            return await read_segment_file(self._objects, segment)
        except Damaged as error:
            log.error("alarm: %s: history since %d: %s", work, segment.since, error)
            return None

    async def _ground(
        self, work: Work, document: Document, base: bytes | None, grown: Segment | None
    ) -> tuple[str, str, int]:
        """What the segment begins with: its object, hash and size."""
        if grown is not None:
            return grown.ground, grown.ground_sha256, grown.ground_bytes
        if base is None or document.base is None:
            return "", "", 0
        history, since = document.history, document.base.upto
        authors = await self._authors.known(history)
        time_ms = history.segments[-1].until_ms if history and history.segments else 0
        content = VersionContent(
            document.kind,
            document.title,
            since,
            time_ms,
            base,
            authors.persons,
            authors.numbers,
            [],
        )
        data = await asyncio.to_thread(encode_version, content)
        name, sha256 = await self._put(work, since, data, "-ground")
        return name, sha256, len(data)

    async def _put(self, work: Work, position: int, data: bytes, kind: str) -> tuple[str, str]:
        sha256 = hashlib.sha256(data).hexdigest()
        name = f"{points(work)}{position}-{sha256[:16]}{kind}"
        await self._objects.put(name, data)
        return name, sha256

    async def sweep(self, work: Work, document: Document, before: list[Segment]) -> None:
        """Deletes what the state named before and does not any more, and what a crash left.

        An object at or after the newest position may be another server's that is about to be said.
        """
        segments = document.history.segments if document.history else []
        named = {name for s in segments for name in (s.object, s.ground)}
        gone = {name for s in before for name in (s.object, s.ground) if name} - named
        if work not in self._swept and segments:
            newest = segments[-1].upto
            for name in await self._objects.names(points(work)):
                position = int(name.removeprefix(points(work)).partition("-")[0])
                if name not in named and position < newest:
                    gone.add(name)
            self._swept[work] = None
            while len(self._swept) > SWEPT_MAX:
                self._swept.popitem(last=False)
        for name in sorted(gone):
            await self._objects.delete(name)
