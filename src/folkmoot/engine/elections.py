"""How whoever asks the engine once outlasts an election: asks again, for a bounded time.

When an engine dies, what it led has no leader for 4 to 15 s, and longer on a busy machine; others
call the machine silent after one. Who says "no majority" meanwhile says something that is not so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

from folkmoot.ports import LogUnavailable

ELECTIONS_S_MAX: Final = 45.0
"""More than elections take that were seen: 12 s on a quiet machine, one vote more on a busy one."""

TOLD_AFTER_S: Final = 2.0
"""Who waits is told for what, unless it is over before anybody could read it."""

AGAIN_S: Final = 0.25

Say = Callable[[str], None]
Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

T = TypeVar("T")


class Patiently(Protocol):
    """Asks until it is answered. Caller: gives only what may be done again."""

    async def __call__(self, ask: Callable[[], Awaitable[T]]) -> T: ...


async def at_once(ask: Callable[[], Awaitable[T]]) -> T:
    """A `Patiently` without patience, for who asks again later anyway."""
    return await ask()


async def through_elections(
    ask: Callable[[], Awaitable[T]],
    say: Say,
    *,
    within_s: float = ELECTIONS_S_MAX,
    clock: Clock = time.monotonic,
    sleep: Sleep = asyncio.sleep,
) -> T:
    """The answer, however often it takes while the engines choose a leader.

    Shape: `ask` may be called again after any `LogUnavailable`; `say` is told once for what we
    wait, when it takes longer than a moment.
    Errors: the last `LogUnavailable` once the time is over; what else `ask` raises, at once.
    """
    began_s, told = clock(), False
    while True:
        try:
            return await ask()
        except LogUnavailable as error:
            waited_s = clock() - began_s
            if waited_s + AGAIN_S > within_s:
                raise
            if not told and waited_s >= TOLD_AFTER_S:
                told = True
                say(
                    f"Waiting for the zone's engines to choose a leader ({error}); this may take"
                    f" up to {within_s:g} s."
                )
        await sleep(AGAIN_S)
