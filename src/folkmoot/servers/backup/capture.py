"""Capturing one conference while people go on in it: its state, and its history up to there.

The state is made by loading the conference as a server does, so that a backup holds only what can
be opened. The position is the log's end at that moment; every operation acknowledged before is in.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from folkmoot.apps.documents import DocumentsState
from folkmoot.conference.application import Applications
from folkmoot.conference.batch import FORMAT, Batch, VoidEntry, encode_batch
from folkmoot.conference.replica import Fenced, Replica
from folkmoot.conference.snapshot import encode_snapshot
from folkmoot.conference.state import ConferenceState
from folkmoot.ports import LogMessage
from folkmoot.servers.history import Record, SegmentEntry, encode_segment, read_index
from folkmoot.servers.replicas import APPLY_AT_ONCE, LoadFrom, read_log, replica_before

TRIES_MAX: Final = 5
LEFT_OUT_MAX: Final = 100


class Captured(msgspec.Struct):
    """One conference as it is kept in a backup.

    Shape: `snapshot` is its state at `sequence`; `segments` are the history segments that there
    were, oldest first, and `tail` one more with what came after them; `left_out` names positions
    that stop whoever applies them, which are passed over.
    """

    conference: str
    epoch: str
    sequence: int
    digest: str
    snapshot: bytes
    segments: list[SegmentEntry]
    tail: bytes
    tail_after: int
    messages: int
    left_out: list[int]
    documents: list[str]

    @property
    def objects(self) -> list[str]:
        """Names of the objects without which this is not whole."""
        return [*(segment.object for segment in self.segments), *self.documents]


class Uncapturable(Exception):
    """The conference cannot be read; the text says why."""


async def capture(engine: LoadFrom, conference: str, applications: Applications) -> Captured:
    """The conference at its log's end. Errors: `Uncapturable`, `LogUnavailable`."""
    left_out: list[int] = []
    tries = 0
    while tries < TRIES_MAX:
        try:
            captured = await _once(engine, conference, applications, left_out)
        except Fenced as fenced:
            if not fenced.poisonous or len(left_out) >= LEFT_OUT_MAX:
                raise Uncapturable(fenced.reason) from fenced
            left_out.append(fenced.sequence)
            continue
        if captured is not None:
            return captured
        tries += 1  # trimmed while it was read
    raise Uncapturable("its history changes faster than it can be read")


async def _once(
    engine: LoadFrom, conference: str, applications: Applications, left_out: list[int]
) -> Captured | None:
    """None when the log was trimmed meanwhile."""
    index, _ = await read_index(engine, conference)
    epoch = engine.log.epoch(conference)
    segments = [segment for segment in index.segments if segment.epoch == epoch]
    covered = segments[-1].last if segments else 0
    replica = await replica_before(engine, conference, applications, covered)
    start = replica.sequence
    replica.note_voids([_void(conference, epoch, sequence) for sequence in left_out])
    records = await _read(engine, replica, covered)
    if records is None:
        return None
    if start:
        again = await engine.log.read(conference, start, 1)
        if not again.messages or again.messages[0].sequence != start:
            return None
    state = replica.state
    return Captured(
        conference,
        epoch,
        state.sequence,
        state.digest.hex(),
        await asyncio.to_thread(encode_snapshot, state),
        segments,
        await asyncio.to_thread(encode_segment, records),
        covered,
        sum(e.app == "chat" and e.type == "posted" for r in records for e in r.events),
        list(left_out),
        documents_of(state),
    )


async def _read(engine: LoadFrom, replica: Replica, covered: int) -> list[Record] | None:
    """Applies the log to its end; what came after `covered`. None: there is a hole."""
    start = replica.sequence
    last = await engine.log.last(replica.conference)
    tail = await read_log(engine, replica.conference, start, last)
    if tail is None:
        return None
    replica.note_voids(tail)
    records: list[Record] = []
    news = [message for message in tail if message.sequence > start]
    for at in range(0, len(news), APPLY_AT_ONCE):
        run = news[at : at + APPLY_AT_ONCE]
        for message, applied in zip(run, replica.receive_page(run), strict=True):
            if message.sequence > covered:
                events = list(applied.events)
                records.append(Record(applied.sequence, applied.time_ms, message.payload, events))
        await asyncio.sleep(0)
    return records


def _void(conference: str, epoch: str, sequence: int) -> LogMessage:
    """What an operator would have written to pass over a position."""
    batch = Batch(FORMAT, epoch, "backup", 1, sequence, [VoidEntry(sequence)])
    return LogMessage(0, -1, 0, encode_batch(batch))


def documents_of(state: ConferenceState) -> list[str]:
    """Objects that the state of the applications `documents` and `files` names."""
    documents: DocumentsState | None = state.apps.get("documents")
    named: list[str] = []
    for document in documents.documents.values() if documents else ():
        if document.base:
            named.append(document.base.object)
        if document.history:
            named += [version.object for version in document.history.versions]
            named += [document.history.known] if document.history.known else []
            for segment in document.history.segments:
                named += [name for name in (segment.object, segment.ground) if name]
    files = getattr(state.apps.get("files"), "files", {})
    named += [name for file in files.values() for name in (file.object, file.preview) if name]
    return list(dict.fromkeys(named))
