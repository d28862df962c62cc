"""What an application server and its child agree on: bounds of one job, and how a child may end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import msgspec

JOB_BYTES_MAX: Final = 256 << 20
REPLY_BYTES_MAX: Final = 256 << 20
REASON_CHARACTERS_MAX: Final = 200
TRIES_MAX: Final = 3
"""Of the same job when children are ended from outside."""

Reply = TypeVar("Reply")


class ChildLimits(msgspec.Struct, frozen=True):
    """`wall_s` is generous, for a machine may be busy; `cpu_s` is what a job may really use."""

    wall_s: float = 60.0
    cpu_s: int = 20
    memory_bytes: int = 1 << 30


class Died(msgspec.Struct, frozen=True):
    """A child ended without a reply. `by_itself`: it will again; else something else ended it.

    Shape: `begun` is false when no child could be started: it says nothing about the job. `late`
    when it was ended for saying nothing in time, as a child of a frozen machine does once.
    """

    reason: str
    by_itself: bool
    begun: bool = True
    late: bool = False


async def tried(ask: Callable[[], Awaitable[Reply | Died]]) -> Reply | Died:
    """The first reply that nobody ended from outside, or the last of `TRIES_MAX` that somebody did.

    A child that could not be started is told at once: another one could not be, either.
    """
    reply = await ask()
    for _ in range(TRIES_MAX - 1):
        if not isinstance(reply, Died) or reply.by_itself or not reply.begun:
            break
        reply = await ask()
    return reply
