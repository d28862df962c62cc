"""What the documents server and its child say to each other, and what comes of a job.

One child does one job: the whole of its input is a `CompactionJob`, of its output a `Reply`, both
as MessagePack.
"""

from __future__ import annotations

import msgspec

from folkmoot.servers.applications.jobs import REASON_CHARACTERS_MAX, Died

__all__ = [
    "REASON_CHARACTERS_MAX", "Attempt", "Bad", "CompactionJob", "CompactionResult", "Died",
    "Failed", "JobUpdate", "Merged", "Poison", "Reply", "Stuck", "Unavailable",
]  # fmt: skip


class JobUpdate(msgspec.Struct, array_like=True, frozen=True):
    """One update as the log has it: its place, its author's Yjs client id, the clocks it covers."""

    sequence: int
    index: int
    number: int
    from_: int
    to: int
    update: bytes


class CompactionJob(msgspec.Struct, frozen=True):
    """Merge the updates, in the order of the log, onto the last compaction, if there was one."""

    base: bytes | None
    updates: list[JobUpdate]

    def first(self, count: int) -> CompactionJob:
        """The same with the first `count` updates alone."""
        return CompactionJob(self.base, self.updates[:count])


class _Reply(msgspec.Struct, frozen=True, tag_field="reply"):
    pass


class Merged(_Reply, frozen=True, tag="merged"):
    """One update that says all; `plain` when it was put together without applying it.

    Units: what the child needed of its limits, so that a big document is told from a bad update.
    """

    update: bytes
    levels: int
    plain: bool
    cpu_ms: int
    memory_bytes: int


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


Reply = Merged | Stuck | Bad | Failed


Attempt = Merged | Stuck | Bad | Failed | Died


class Poison(msgspec.Struct, frozen=True):
    """A job's result: this update must be taken out of the log."""

    update: JobUpdate
    reason: str


class Unavailable(msgspec.Struct, frozen=True):
    """A job's result: not now; nobody is to blame for sure."""

    reason: str


CompactionResult = Merged | Stuck | Poison | Unavailable
