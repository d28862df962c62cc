"""Runs one job in one fresh child, within limits, and says what became of it."""

from __future__ import annotations

from typing import Protocol

import msgspec

from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.applications.child_process import ConfinedChild
from folkmoot.servers.applications.jobs import ChildLimits as TrialLimits
from folkmoot.servers.documents.job import (
    Attempt,
    CompactionJob,
    Died,
    Gathered,
    Job,
    Painted,
    Reply,
    Reworked,
)

__all__ = ["ChildTrial", "Trial", "TrialLimits"]

_decoder: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


class Trial(Protocol):
    """Tries a job, each time in a fresh child."""

    limits: TrialLimits

    async def __call__(self, job: CompactionJob) -> Attempt: ...


class ChildTrial:
    """The real one.

    Shape: `pid` is that of the child at work, 0 when there is none. `module` is what the child
    runs.
    """

    def __init__(
        self,
        limits: TrialLimits | None = None,
        *,
        module: str = "folkmoot.servers.documents.child",
    ) -> None:
        self._child = ConfinedChild(module, "merging", limits)
        self.limits = self._child.limits

    @property
    def pid(self) -> int:
        return self._child.pid

    async def __call__(self, job: CompactionJob) -> Attempt:
        reply = await self.ask(job)
        if isinstance(reply, Painted | Gathered | Reworked):
            return Died("the child did another job than it was given", by_itself=True)
        return reply

    async def ask(self, job: Job) -> Reply | Died:
        """What a fresh child says to a job. Errors: none."""
        reply = await self._child.run(msgspec.msgpack.encode(job))
        if isinstance(reply, Died):
            return reply
        try:
            return _decoder.decode(reply)
        except UNREADABLE as error:
            return Died(f"the child's reply cannot be read: {error}", by_itself=True)
