"""Loading a replica: the newest valid snapshot, then the log's tail from the snapshot's own place.

The message at the snapshot's position must be there before and after the tail was read: if not, the
log was trimmed meanwhile and what was read may have a hole; then a newer snapshot is taken.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final, Protocol

from folkmoot.conference.application import Applications
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import BatchInvalid, decode_batch
from folkmoot.conference.replica import Fenced, Replica
from folkmoot.ports import Bucket, ConferenceLog, LogMessage, Objects
from folkmoot.servers.store import fenced_positions, note_fence, read_pointers, read_snapshot

log = logging.getLogger(__name__)

PAGE_MESSAGES: Final = 2_000
APPLY_AT_ONCE: Final = 250
TRIES_MAX: Final = 5


class LoadFrom(Protocol):
    """The part of the engine that loading uses."""

    @property
    def log(self) -> ConferenceLog: ...
    @property
    def objects(self) -> Objects: ...
    def bucket(self, name: str) -> Bucket: ...


class Unloadable(Exception):
    """The conference cannot be opened; the text says why and what an operator can do."""


async def load_replica(
    engine: LoadFrom,
    conference: str,
    applications: Applications,
    *,
    snapshots: bool = True,
    from_snapshot: int | None = None,
    tail: deque[Applied] | None = None,
) -> Replica:
    """A replica at the log's end.

    Shape: `snapshots` false reads the whole log; `from_snapshot` starts at that snapshot only;
    `tail` is given what the batches after the snapshot did, as many as fit.
    Errors: `Unloadable`, `Fenced`, `LogUnavailable`.
    """
    for _ in range(TRIES_MAX):
        replica = await _start(engine, conference, applications, snapshots, from_snapshot)
        try:
            if await _read_tail(engine, replica, tail):
                return replica
        except Fenced as fenced:
            # Whoever opens a room is stopped like those that have it open.
            if fenced.poisonous:
                await note_fence(engine, conference, fenced.sequence)
            raise
        if tail is not None:
            tail.clear()
        log.info("the log of %s was trimmed while it was read; reading again", conference)
    raise Unloadable("The room's history changes faster than it can be read.")


async def _start(
    engine: LoadFrom,
    conference: str,
    applications: Applications,
    snapshots: bool,
    from_snapshot: int | None,
) -> Replica:
    epoch = engine.log.epoch(conference)
    pointers, _ = await read_pointers(engine, conference)
    for pointer in pointers.snapshots if snapshots else []:
        if pointer.epoch != epoch or from_snapshot not in (None, pointer.sequence):
            continue
        state = await read_snapshot(engine, pointer, applications)
        if state is not None:
            return Replica(conference, epoch, applications, state)
    return Replica(conference, epoch, applications)


async def replica_before(
    engine: LoadFrom, conference: str, applications: Applications, sequence: int
) -> Replica:
    """A replica at the newest snapshot that is not after `sequence`, or at the log's beginning.

    Errors: `LogUnavailable`.
    """
    epoch = engine.log.epoch(conference)
    pointers, _ = await read_pointers(engine, conference)
    for pointer in pointers.snapshots:
        if pointer.epoch == epoch and pointer.sequence <= sequence:
            state = await read_snapshot(engine, pointer, applications)
            if state is not None:
                return Replica(conference, epoch, applications, state)
    return Replica(conference, epoch, applications)


async def read_log(
    engine: LoadFrom, conference: str, start: int, last: int
) -> list[LogMessage] | None:
    """The log from the message at `start` (0: its beginning) through `last` at least.

    None when what should be at its front is not there any more. Errors: `LogUnavailable`.
    """
    tail: list[LogMessage] = []
    more = last > 0
    while more:
        first = tail[-1].sequence + 1 if tail else max(start, 1)
        page = await engine.log.read(conference, first, PAGE_MESSAGES)
        tail.extend(page.messages)
        more = bool(page.messages) and (page.more or tail[-1].sequence < last)
    return None if tail and not begins_at(tail[0], start) else tail


async def _read_tail(engine: LoadFrom, replica: Replica, keep: deque[Applied] | None) -> bool:
    """Brings the replica to the log's end; False when the log was trimmed under it."""
    start = replica.sequence
    last = await engine.log.last(replica.conference)
    if last < start:
        raise Fenced(replica.conference, last, "the log ends before the snapshot")
    tail = await read_log(engine, replica.conference, start, last)
    if tail is None:
        return False
    replica.note_voids(tail)
    await _refuse_fenced(engine, replica)
    for at in range(0, len(tail), APPLY_AT_ONCE):
        applied = replica.receive_page(tail[at : at + APPLY_AT_ONCE])
        if keep is not None:
            keep.extend(applied)
        await asyncio.sleep(0)
    if start == 0:
        return True
    again = await engine.log.read(replica.conference, start, 1)
    return bool(again.messages) and again.messages[0].sequence == start


def begins_at(message: LogMessage, start: int) -> bool:
    """Whether the tail has no hole at its front.

    The first batch of a log is known by its base: nobody had applied anything before it.
    """
    if start:
        return message.sequence == start
    try:
        return decode_batch(message.payload).base == 0
    except BatchInvalid:
        return True  # applying it tells more


async def _refuse_fenced(engine: LoadFrom, replica: Replica) -> None:
    for sequence in await fenced_positions(engine, replica.conference):
        if sequence > replica.sequence and not replica.is_void(sequence):
            raise Unloadable(
                f"The room is closed since an operation at {sequence} stopped its servers twice."
                " An operator can open it again without that operation:"
                f" folkmoot void {replica.conference} {sequence}"
            )
