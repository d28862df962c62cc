"""What the documents server and its child say to each other, and what comes of a job.

One child does one job: the whole of its input is a `Job`, of its output a `Reply`, both as
MessagePack.
"""

from __future__ import annotations

from typing import Final

import msgspec

from folkmoot.servers.applications.jobs import REASON_CHARACTERS_MAX, Died

__all__ = [
    "PART_BYTES", "REASON_CHARACTERS_MAX", "Attempt", "Bad", "CompactionJob", "CompactionResult",
    "Died", "Failed", "Gathered", "Job", "JobUpdate", "Merged", "Painted", "PointJob", "Poison",
    "Reply", "RestoreJob", "RestorePart", "Reworked", "Stuck", "Unavailable", "VersionJob",
]  # fmt: skip

PART_BYTES: Final = 48 * 1024
"""Of the edits of a restoring in one update; an operation holds 128 KB."""


class JobUpdate(msgspec.Struct, array_like=True, frozen=True):
    """One update as the log has it: its place, its author's Yjs client id, the clocks it covers."""

    sequence: int
    index: int
    number: int
    from_: int
    to: int
    update: bytes


class _Job(msgspec.Struct, frozen=True, tag_field="job"):
    pass


class CompactionJob(_Job, frozen=True, tag="compact"):
    """Merge the updates, in the order of the log, onto the last compaction, if there was one."""

    base: bytes | None
    updates: list[JobUpdate]
    kind: str = "text"

    def first(self, count: int) -> CompactionJob:
        """The same with the first `count` updates alone."""
        return CompactionJob(self.base, self.updates[:count], self.kind)


class VersionJob(_Job, frozen=True, tag="version"):
    """Say who wrote which part of the text of a document."""

    update: bytes
    kind: str


class PointJob(_Job, frozen=True, tag="point"):
    """Put together what a document was at a point, and say who wrote it."""

    updates: list[bytes]
    kind: str


class RestoreJob(_Job, frozen=True, tag="restore"):
    """Write what makes `present`, with `updates` on it, what the updates in `wanted` make, under
    the client id `number`.
    """

    present: bytes | None
    updates: list[JobUpdate]
    wanted: list[bytes]
    kind: str
    number: int


Job = CompactionJob | VersionJob | PointJob | RestoreJob


class _Reply(msgspec.Struct, frozen=True, tag_field="reply"):
    pass


class Merged(_Reply, frozen=True, tag="merged"):
    """One update that says all; `plain` when it was put together without applying it.

    Shape: `written` has by number what was added and removed in the updates.
    Units: what the child needed of its limits, so that a big document is told from a bad update.
    """

    update: bytes
    levels: int
    plain: bool
    cpu_ms: int
    memory_bytes: int
    written: dict[int, tuple[int, int]] = {}


class Stuck(_Reply, frozen=True, tag="stuck"):
    """Updates, by their place in the job, that refer to what is in none before them."""

    positions: list[int]


class Bad(_Reply, frozen=True, tag="bad"):
    """The update at this place in the job cannot be applied."""

    position: int
    reason: str


class Failed(_Reply, frozen=True, tag="failed"):
    """The job cannot be done, and the child cannot say by whose fault."""

    reason: str


class Painted(_Reply, frozen=True, tag="painted"):
    """Whose each part of the text is: (number, characters as JavaScript counts them), in order."""

    runs: list[tuple[int, int]]


class Gathered(_Reply, frozen=True, tag="gathered"):
    """A document in one update, and its runs as in `Painted`."""

    update: bytes
    runs: list[tuple[int, int]]


class RestorePart(msgspec.Struct, array_like=True, frozen=True):
    """One update and the clocks it covers; of deletions alone both are the same."""

    from_: int
    to: int
    update: bytes


class Reworked(_Reply, frozen=True, tag="reworked"):
    """The edits, in order; none when nothing differs."""

    parts: list[RestorePart]


Reply = Merged | Stuck | Bad | Failed | Painted | Gathered | Reworked


Attempt = Merged | Stuck | Bad | Failed | Died


class Poison(msgspec.Struct, frozen=True):
    """A job's result: this update must be taken out of the log."""

    update: JobUpdate
    reason: str


class Unavailable(msgspec.Struct, frozen=True):
    """A job's result: not now; nobody is to blame for sure."""

    reason: str


CompactionResult = Merged | Stuck | Poison | Unavailable
