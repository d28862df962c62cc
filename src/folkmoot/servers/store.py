"""Snapshots and fences of conferences in the engine's buckets and objects.

The bucket `snapshots` holds, per conference, pointers to its newest snapshots, newest first; the
objects hold the bytes. The bucket `fences` counts how often a position fenced a replica.
"""

from __future__ import annotations

import logging
from typing import Final, Protocol

import msgspec

from folkmoot.conference.application import Applications
from folkmoot.conference.replica import Outdated
from folkmoot.conference.snapshot import (
    SnapshotInvalid,
    SnapshotNewer,
    SnapshotPointer,
    decode_snapshot,
)
from folkmoot.conference.state import ConferenceState
from folkmoot.ports import Bucket, Conflict, Damaged, Objects

log = logging.getLogger(__name__)

POINTERS_KEPT_MAX: Final = 3
FENCED_TIMES_MAX: Final = 2
CONFLICTS_MAX: Final = 20


class Stores(Protocol):
    """The part of the engine that this file uses."""

    @property
    def objects(self) -> Objects: ...

    def bucket(self, name: str) -> Bucket: ...


class Pointers(msgspec.Struct):
    """The newest snapshots of one conference, newest first."""

    snapshots: list[SnapshotPointer] = []


class Fences(msgspec.Struct):
    """How often each position of one conference fenced a replica."""

    times: dict[int, int] = {}


_encode = msgspec.json.encode


async def read_pointers(stores: Stores, conference: str) -> tuple[Pointers, int]:
    """The pointers and the revision of their entry (0: none). Errors: `LogUnavailable`."""
    entry = await stores.bucket("snapshots").get(conference)
    if entry is None:
        return Pointers(), 0
    return msgspec.json.decode(entry.value, type=Pointers), entry.revision


async def add_pointer(stores: Stores, conference: str, pointer: SnapshotPointer) -> None:
    """Points to a stored snapshot, or replaces its pointer (same sequence).

    Objects that no pointer names any more are deleted. Errors: `LogUnavailable`.
    """
    bucket = stores.bucket("snapshots")
    for _ in range(CONFLICTS_MAX):
        pointers, revision = await read_pointers(stores, conference)
        others = [p for p in pointers.snapshots if p.sequence != pointer.sequence]
        kept = sorted([pointer, *others], key=lambda p: p.sequence, reverse=True)
        dropped = [p for p in kept[POINTERS_KEPT_MAX:] if p.object != pointer.object]
        value = _encode(Pointers(kept[:POINTERS_KEPT_MAX]))
        try:
            if revision:
                await bucket.update(conference, value, revision)
            else:
                await bucket.create(conference, value)
        except Conflict:
            continue
        for old in dropped:
            await stores.objects.delete(old.object)
        return
    log.warning("snapshot of %s at %d: too many conflicts", conference, pointer.sequence)


async def forget_snapshots(stores: Stores, conference: str, epoch: str, before: int) -> None:
    """Forgets snapshots from before a position to which the log was trimmed: nothing follows them.

    Errors: `LogUnavailable`.
    """
    bucket = stores.bucket("snapshots")
    for _ in range(CONFLICTS_MAX):
        pointers, revision = await read_pointers(stores, conference)
        gone = [p for p in pointers.snapshots if p.epoch == epoch and p.sequence < before]
        if not gone:
            return
        kept = [p for p in pointers.snapshots if p not in gone]
        try:
            await bucket.update(conference, _encode(Pointers(kept)), revision)
        except Conflict:
            continue
        for old in gone:
            await stores.objects.delete(old.object)
        return


async def read_snapshot(
    stores: Stores, pointer: SnapshotPointer, applications: Applications
) -> ConferenceState | None:
    """The state a pointer names, checked against it; None (and an alarm) when it is damaged.

    Errors: `LogUnavailable`, `Outdated`.
    """
    try:
        data = await stores.objects.get(pointer.object)
        if data is None:
            log.error("alarm: snapshot object %s is missing", pointer.object)
            return None
        state = decode_snapshot(data, applications)
    except SnapshotNewer as newer:
        raise Outdated(pointer.object, pointer.sequence, newer.level) from newer
    except (Damaged, SnapshotInvalid) as error:
        log.error("alarm: snapshot %s cannot be used: %s", pointer.object, error)
        return None
    if (state.sequence, state.digest.hex(), state.epoch) != (
        pointer.sequence,
        pointer.digest,
        pointer.epoch,
    ):
        log.error("alarm: snapshot %s is not what its pointer says", pointer.object)
        return None
    return state


async def fenced_positions(stores: Stores, conference: str) -> list[int]:
    """Positions that fenced a replica too often to be tried again."""
    times = await counted_fences(stores, conference)
    return sorted(s for s, count in times.items() if count >= FENCED_TIMES_MAX)


async def counted_fences(stores: Stores, conference: str) -> dict[int, int]:
    """How often each position fenced a replica. Errors: `LogUnavailable`."""
    entry = await stores.bucket("fences").get(conference)
    return {} if entry is None else msgspec.json.decode(entry.value, type=Fences).times


async def clear_fence(stores: Stores, conference: str, sequence: int) -> None:
    """Forgets that a position fenced replicas. Errors: `LogUnavailable`, `Conflict`."""
    bucket = stores.bucket("fences")
    for _ in range(CONFLICTS_MAX):
        entry = await bucket.get(conference)
        times = msgspec.json.decode(entry.value, type=Fences).times if entry else {}
        if entry is None or times.pop(sequence, None) is None:
            return
        try:
            await bucket.update(conference, _encode(Fences(times)), entry.revision)
            return
        except Conflict:
            continue
    raise Conflict(f"the fences of {conference} are written by too many at once")


async def note_fence(stores: Stores, conference: str, sequence: int) -> None:
    """Counts a fence at a position. Errors: `LogUnavailable`."""
    bucket = stores.bucket("fences")
    for _ in range(CONFLICTS_MAX):
        entry = await bucket.get(conference)
        fences = msgspec.json.decode(entry.value, type=Fences) if entry else Fences({})
        fences.times[sequence] = fences.times.get(sequence, 0) + 1
        try:
            if entry:
                await bucket.update(conference, _encode(fences), entry.revision)
            else:
                await bucket.create(conference, _encode(fences))
            return
        except Conflict:
            continue
