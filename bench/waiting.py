"""Waiting until something holds, with a bound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

LOOK_S: Final = 0.002


async def until(condition: Callable[[], bool], within_s: float = 60.0) -> None:
    """Returns when the condition holds. Errors: `TimeoutError`."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(LOOK_S)
