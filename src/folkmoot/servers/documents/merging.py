"""Merges updates into one with pycrdt, and checks what came out.

Runs in the child only: what is merged here may overflow a stack, or make Yrs panic. Pure otherwise.
"""

from __future__ import annotations

import resource
from collections.abc import Sequence
from typing import Any

import msgspec
import pycrdt

from folkmoot.apps.lib0 import Reader
from folkmoot.apps.yjs_update import UpdateInvalid, UpdateRefused, check_owned, parse_update
from folkmoot.servers.documents.halves import parts_a_character
from folkmoot.servers.documents.job import (
    REASON_CHARACTERS_MAX,
    Bad,
    CompactionJob,
    Failed,
    Merged,
    Reply,
    Stuck,
)
from folkmoot.servers.documents.tally import tally_or_nothing

Clocks = dict[int, int]


class _Wrong(msgspec.Struct, frozen=True):
    """What came out is not what went in."""

    reason: str


def merge(job: CompactionJob) -> Reply:
    """Does the job. Errors: none; the process may die instead, which is an answer too."""
    reply = _merge(job)
    if not isinstance(reply, Merged):
        return reply
    written = tally_or_nothing(job.base, job.updates, board=job.kind == "board")
    return msgspec.structs.replace(reply, written=written)


def _merge(job: CompactionJob) -> Reply:
    for position, stored in enumerate(job.updates):
        # The door checked it, but what is in the log may have come by another way.
        try:
            check_owned(stored.update, stored.number, stored.from_, stored.to)
        except UpdateRefused as error:
            return Bad(position, str(error))
    parts = [*([job.base] if job.base is not None else ()), *(u.update for u in job.updates)]
    try:
        if parts_a_character(parts):
            return _put_together(parts)
    except UpdateInvalid as error:
        return Failed(f"the last compaction is damaged: {error.reason}")
    reply = _applied(job)
    # A result that is wrong though every update was taken is Yrs's fault and nobody else's.
    return _put_together(parts) if isinstance(reply, _Wrong) else reply


def _put_together(parts: Sequence[bytes]) -> Reply:
    """Merges without applying: each struct stays as it is, also one that waits for others."""
    reply = _checked(pycrdt.merge_updates(*parts), None, plain=True)
    return Failed(reply.reason) if isinstance(reply, _Wrong) else reply


def _applied(job: CompactionJob) -> Reply | _Wrong:
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    # A panic of Yrs is no Exception, and leaves nothing to go on with. Being out of memory may be
    # the document's fault rather than the update's: the process dies of it, and the server judges.
    try:
        if job.base is not None:
            doc.apply_update(job.base)
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001
        return Failed(f"the last compaction cannot be applied: {sentence(error)}")
    for position, stored in enumerate(job.updates):
        try:
            doc.apply_update(stored.update)
        except MemoryError:
            raise
        except BaseException as error:  # noqa: BLE001
            return Bad(position, f"it cannot be applied: {sentence(error)}")
    clocks = clocks_of(doc)
    stuck = _stuck(job, clocks)
    if stuck:
        return Stuck(stuck)
    merged = doc.get_update()
    again: pycrdt.Doc[Any] = pycrdt.Doc()
    again.apply_update(merged)
    if clocks_of(again) != clocks:
        return _Wrong("the merged document does not read back")
    return _checked(merged, clocks, plain=False)


def gathered(updates: Sequence[bytes]) -> bytes:
    """The updates in one, without what is deleted. Errors: what Yrs raises, and `UpdateInvalid`."""
    if parts_a_character(updates):
        return pycrdt.merge_updates(*updates)
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    for update in updates:
        doc.apply_update(update)
    return doc.get_update()


def _checked(merged: bytes, clocks: Clocks | None, *, plain: bool) -> Merged | _Wrong:
    """The reply when the result has the shape of a document with these clocks."""
    try:
        shape = parse_update(merged, merged=True)
    except UpdateInvalid as error:
        return _Wrong(f"the merged document is damaged: {error.reason}")
    if clocks is not None and {c.client: c.end for c in shape.clients} != clocks:
        return _Wrong("the merged document has other clocks than its updates")
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu_ms = int((used.ru_utime + used.ru_stime) * 1000)
    return Merged(merged, shape.depth, plain, cpu_ms, _memory_bytes())


def _memory_bytes() -> int:
    """The most address space this process ever had: that is what its limit counts."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmPeak:"))


def clocks_of(doc: pycrdt.Doc[Any]) -> Clocks:
    """By client the clock that its next struct will have."""
    reader = Reader(doc.get_state())
    return {reader.number(): reader.number() for _ in range(reader.number())}


def _stuck(job: CompactionJob, clocks: Clocks) -> list[int]:
    """Updates that Yrs put aside: it leaves them out of what it writes, without a word.

    Deletions of what does not exist count too: they would delete what somebody types later.
    """
    return [
        position
        for position, stored in enumerate(job.updates)
        if (stored.to > stored.from_ and stored.to > clocks.get(stored.number, 0))
        or _ahead(parse_update(stored.update).deletes, clocks)
    ]


def _ahead(deletes: Sequence[tuple[int, int, int]], clocks: Clocks) -> bool:
    return any(end > clocks.get(client, 0) for client, _, end in deletes)


def sentence(error: BaseException) -> str:
    """What an error says, as short as a reason may be."""
    return f"{type(error).__name__}: {error}"[:REASON_CHARACTERS_MAX]
