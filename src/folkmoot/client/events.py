"""The stream of events that a user of the Python client reads."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final, Self

from folkmoot.client.errors import ConferenceEnded
from folkmoot.client.state import Event

EVENTS_KEPT_MAX: Final = 100_000


class EventStream:
    """Events from now on, for one reader. Errors: `OverflowError` when the reader lags too far."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._more = asyncio.Event()
        self._error: Exception | None = None

    def add(self, events: Iterable[Event]) -> None:
        self._events.extend(events)
        if len(self._events) > EVENTS_KEPT_MAX:
            self._error = OverflowError(f"more than {EVENTS_KEPT_MAX} events were not read")
            self._events.clear()
        self._more.set()

    def end(self, error: Exception) -> None:
        self._error = self._error or error
        self._more.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if isinstance(self._error, ConferenceEnded):
                raise StopAsyncIteration
            if self._error is not None:
                raise self._error
            self._more.clear()
            await self._more.wait()
        return self._events.popleft()
