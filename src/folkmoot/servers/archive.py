"""Archive: verifies snapshots, writes history segments, and trims the log behind them.

Asked for on `work.archive` whenever a snapshot was stored. Nothing is trimmed before a second load
of the log came to the same digest as the snapshot, the snapshot was read back, and the segment of
what goes was written and read back. Trimming stays one snapshot and ten minutes behind, and keeps
the message at its position, so that the chain holds (DESIGN, section 3). Every step may be done
twice, or be cut off and done again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Final

import msgspec

from folkmoot.conference.application import Applications
from folkmoot.conference.replica import Fenced, Replica
from folkmoot.conference.snapshot import DIGESTS, SnapshotPointer
from folkmoot.engine import Engine
from folkmoot.ports import Conflict, Damaged, LogUnavailable
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.chat_history import segment_entry
from folkmoot.servers.history import (
    Record,
    add_segment,
    encode_segment,
    read_index,
    read_segment,
)
from folkmoot.servers.replicas import APPLY_AT_ONCE, PAGE_MESSAGES
from folkmoot.servers.store import (
    add_pointer,
    forget_snapshots,
    read_pointers,
    read_snapshot,
)
from folkmoot.settings import Settings

log = logging.getLogger(__name__)

SUBJECT: Final = "work.archive"
WAITING_MAX: Final = 1_000
AGAIN_S: Final = 60.0
"""After what stopped it: the store may be without a leader, or a part of it damaged."""

LOOK_S: Final = 5.0
"""How often it is looked whether something has become old enough to be trimmed."""


class _Request(msgspec.Struct):
    conference: str


class Archive:
    """Does what is asked for, one conference at a time.

    Caller: `run` until it is cancelled.
    """

    def __init__(
        self,
        engine: Engine,
        applications: Applications,
        settings: Settings,
        wall_ms: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._applications = applications
        self._settings = settings
        self._wall_ms = wall_ms
        self._waiting: dict[str, None] = {}
        self._later_s: dict[str, float] = {}
        self._more = asyncio.Event()

    async def run(self) -> None:
        await self._engine.wait_prepared()
        await self._engine.messaging.subscribe(SUBJECT, self._asked)
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._more.wait(), LOOK_S)
            self._more.clear()
            now_s = time.monotonic()
            for conference in [c for c, at_s in self._later_s.items() if at_s <= now_s]:
                self._ask(conference)
            while self._waiting:
                conference = next(iter(self._waiting))
                del self._waiting[conference]
                await self._guarded(conference)

    def _asked(self, subject: str, payload: bytes) -> None:
        try:
            conference = msgspec.msgpack.decode(payload, type=_Request).conference
        except UNREADABLE:
            log.warning("a request of %d bytes could not be read", len(payload))
            return
        self._ask(conference)

    def _ask(self, conference: str) -> None:
        self._later_s.pop(conference, None)
        if len(self._waiting) < WAITING_MAX:
            self._waiting[conference] = None
            self._more.set()

    async def _guarded(self, conference: str) -> None:
        try:
            young_ms = await self.archive(conference)
            if young_ms and len(self._later_s) < WAITING_MAX:
                # Nobody may be there any more who would ask again.
                self._later_s[conference] = time.monotonic() + young_ms / 1000 + LOOK_S
        except (LogUnavailable, Damaged, Conflict, Fenced) as error:
            log.warning("archiving %s stopped: %s; it is tried again", conference, error)
            if len(self._later_s) < WAITING_MAX:
                # Nobody may be there any more to take the next snapshot.
                self._later_s[conference] = time.monotonic() + AGAIN_S

    async def archive(self, conference: str) -> int:
        """Verifies the newest snapshots and trims what they allow. Errors: as in `_guarded`.

        Units: the milliseconds after which more may be trimmed, 0 for nothing.
        """
        epoch = self._engine.log.epoch(conference)
        pointers, _ = await read_pointers(self._engine, conference)
        ours = [p for p in reversed(pointers.snapshots) if p.epoch == epoch]
        for pointer in ours:
            if not pointer.verified:
                await self._verify(conference, pointer, ours)
        return await self._trim(conference, epoch)

    async def _verify(
        self, conference: str, pointer: SnapshotPointer, known: list[SnapshotPointer]
    ) -> None:
        """A second load, from the last verified snapshot or from the log's beginning."""
        if await read_snapshot(self._engine, pointer, self._applications) is None:
            return
        verified = [p for p in known if p.verified and p.sequence < pointer.sequence]
        replica = await self._replica_before(conference, pointer.epoch, verified)
        if replica is None:
            return
        after = replica.sequence
        records = await self._replay(replica, pointer.sequence)
        # By older rules a digest cannot be made again. What the servers of a newer version begin
        # with is that snapshot all the same, and later ones are compared from there on.
        if replica.sequence < pointer.sequence:
            raise LogUnavailable(f"the log was not to be read through {pointer.sequence}")
        same = replica.state.digest.hex() == pointer.digest or pointer.digests < DIGESTS
        if replica.sequence != pointer.sequence or not same:
            log.error(
                "alarm: a second load of %s at %d has digest %s, the snapshot %s",
                conference,
                pointer.sequence,
                replica.state.digest.hex(),
                pointer.digest,
            )
            return
        await self._write_segment(conference, pointer, after, records)
        done = msgspec.structs.replace(pointer, verified=True)
        await add_pointer(self._engine, conference, done)
        known[known.index(pointer)] = done

    async def _replica_before(
        self, conference: str, epoch: str, verified: list[SnapshotPointer]
    ) -> Replica | None:
        if not verified:
            return Replica(conference, epoch, self._applications)
        state = await read_snapshot(self._engine, verified[-1], self._applications)
        return None if state is None else Replica(conference, epoch, self._applications, state)

    async def _replay(self, replica: Replica, through: int) -> list[Record]:
        """Applies the log through a sequence, keeping what each batch did."""
        records: list[Record] = []
        while replica.sequence < through:
            page = await self._engine.log.read(
                replica.conference, replica.sequence + 1, PAGE_MESSAGES
            )
            messages = [m for m in page.messages if m.sequence <= through]
            if not messages:
                break
            replica.note_voids(page.messages)
            for at in range(0, len(messages), APPLY_AT_ONCE):
                run = messages[at : at + APPLY_AT_ONCE]
                for message, applied in zip(run, replica.receive_page(run), strict=True):
                    records.append(
                        Record(
                            applied.sequence,
                            applied.time_ms,
                            message.payload,
                            list(applied.events),
                        )
                    )
                await asyncio.sleep(0)
        return records

    async def _write_segment(
        self, conference: str, pointer: SnapshotPointer, after: int, records: list[Record]
    ) -> None:
        index, _ = await read_index(self._engine, conference)
        ours = [s for s in index.segments if s.epoch == pointer.epoch]
        covered = ours[-1].last if ours else 0
        if covered >= pointer.sequence:
            return
        # Where snapshots came faster than they were archived, the last verified one is forgotten,
        # and the load began before what the segments cover.
        if after < covered:
            after, records = covered, [r for r in records if r.sequence > covered]
        loop = asyncio.get_running_loop()
        data = await loop.run_in_executor(None, encode_segment, records)
        name = f"history/{conference}/{pointer.epoch}/{after:016d}-{pointer.sequence:016d}"
        sha256 = await self._engine.objects.put(name, data)
        segment = segment_entry(pointer.epoch, after, pointer.sequence, pointer.time_ms, records)
        segment = msgspec.structs.replace(segment, object=name, sha256=sha256)
        if [r.sequence for r in await read_segment(self._engine, segment)] != [
            r.sequence for r in records
        ]:
            raise Damaged(f"history segment {name} does not read back as it was written")
        await add_segment(self._engine, conference, segment)

    async def _trim(self, conference: str, epoch: str) -> int:
        """Purges what lies before the newest segment end that is old enough; as `archive`."""
        pointers, _ = await read_pointers(self._engine, conference)
        verified = [p.sequence for p in pointers.snapshots if p.verified and p.epoch == epoch]
        if len(verified) < 2:
            return 0
        index, _ = await read_index(self._engine, conference)
        before_ms = self._wall_ms() - self._settings.trim_behind_ms
        covered = 0
        trim_to = young_ms = 0
        for segment in (s for s in index.segments if s.epoch == epoch):
            if segment.after != covered:
                log.error("alarm: history of %s has a hole after %d", conference, covered)
                return 0
            covered = segment.last
            if covered <= verified[1] and segment.time_ms <= before_ms:
                trim_to = covered
            elif covered <= verified[1]:
                young_ms = segment.time_ms - before_ms
        if trim_to:
            gone = await self._engine.log.purge(conference, trim_to)
            await forget_snapshots(self._engine, conference, epoch, trim_to)
            log.info("trimmed %d batches of %s before %d", gone, conference, trim_to)
        return young_ms
