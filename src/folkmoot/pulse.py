"""The pulse: the moments at which the processes of a machine do what they do again and again.

To wake a process costs more than most of what it wakes for: a beat, a look at a file, a ping. So
who does something every 250 ms does it at the multiples of 250 ms of the machine's own clock, which
all its processes share. In one process all that is due at a moment is done by one waking, and of
the beats that processes send each other several are read at once. Nothing comes more seldom for it.

What is to be done once after a time, or sooner than every 20 ms, has no moment: it uses the loop.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final
from weakref import WeakKeyDictionary

EARLY_MS: Final = 5
"""A moment so near is taken for the one that was just waited for: timers may come early."""

INTERVAL_MS_MIN: Final = 20

_Waiting = dict[int, list["asyncio.Future[None]"]]
_waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, _Waiting] = WeakKeyDictionary()


def next_moment_ms(now_ms: int, interval_ms: int) -> int:
    """The next multiple of the interval that is not just now. Pure."""
    return (now_ms + EARLY_MS) // interval_ms * interval_ms + interval_ms


class Pulse:
    """Waits for moments, one at a time.

    Caller: one task waits; `wake` may be called by any other on the same loop.
    """

    def __init__(self) -> None:
        self._future: asyncio.Future[None] | None = None

    async def wait(self, interval_s: float) -> float:
        """Returns at the next moment of this interval, or when woken before.

        Units: what is returned is how late it is, in seconds.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        interval_ms = max(INTERVAL_MS_MIN, round(interval_s * 1000))
        due_ms = next_moment_ms(_now_ms(), interval_ms)
        _wait_for(loop, due_ms, future)
        self._future = future
        await future
        return max(0.0, time.monotonic() - due_ms / 1000)

    def wake(self) -> None:
        """Ends the wait that is under way, if there is one."""
        if self._future is not None and not self._future.done():
            self._future.set_result(None)


async def pulse(interval_s: float) -> float:
    """Returns at the next moment of this interval, and how late that is, in seconds."""
    return await Pulse().wait(interval_s)


def _wait_for(loop: asyncio.AbstractEventLoop, due_ms: int, future: asyncio.Future[None]) -> None:
    moments = _waiting.get(loop)
    if moments is None:
        moments = _waiting[loop] = {}
    known = moments.get(due_ms)
    if known is not None:
        known.append(future)
        return
    moments[due_ms] = [future]
    loop.call_later(max(0, due_ms - _now_ms()) / 1000, _come, moments, due_ms)


def _come(moments: _Waiting, due_ms: int) -> None:
    for future in moments.pop(due_ms, ()):
        if not future.done():
            future.set_result(None)


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
