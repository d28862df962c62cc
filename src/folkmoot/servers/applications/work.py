"""Work: how collaboration servers tell that something waits, and application servers take it up.

Requests go over plain messaging and may be lost, doubled or heard by several servers: they are
repeated while the state says that the work is due, and only the log says who does it. So a queue
here may forget, a process may die, and nothing has to be remembered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

import msgspec

from folkmoot.protocol.reading import UNREADABLE

log = logging.getLogger(__name__)

ARCHIVE: Final = "work.archive"
DOCUMENTS: Final = "work.documents"
EXPORT: Final = "work.export"
FILES: Final = "work.files"
BREAKOUTS: Final = "work.breakouts"
SLIDES: Final = "work.slides"

SERVICES: Final = {
    "export": "export",
    "breakouts": "export",
    "files": "documents",
    "slides": "documents",
}
"""Services that people notice when they are away, and the role that offers each."""

WAITING_MAX: Final = 1_000


class Process(Protocol):
    """What is asked of an entry of the zone's table."""

    @property
    def state(self) -> str: ...
    @property
    def suspect(self) -> bool: ...


class ZoneView(Protocol):
    """What is asked of the zone's table."""

    @property
    def deaf(self) -> bool: ...
    def processes(self, role: str | None = None) -> Sequence[Process]: ...


def services_away(zone: ZoneView) -> list[str]:
    """Services that no process offers just now; none is said to be while we hear nobody."""
    if zone.deaf:
        return []
    return [
        service
        for service, role in SERVICES.items()
        if not any(p.state == "ready" and not p.suspect for p in zone.processes(role))
    ]


class Work(msgspec.Struct, frozen=True):
    """A request: look at this conference, and in it at this document where one is named."""

    conference: str
    document: str = ""


class WorkQueue:
    """Requests that wait, each once, done one after the other.

    Caller: subscribe `asked`, then `run` until it is cancelled. `work` sees to its own failures:
    an exception is logged and the request forgotten, for it is made again while it is due.
    """

    def __init__(self, work: Callable[[Work], Awaitable[None]]) -> None:
        self._work = work
        self._waiting: dict[Work, None] = {}
        self._more = asyncio.Event()

    def asked(self, subject: str, payload: bytes) -> None:
        """Takes a request as it came over messaging."""
        try:
            self.ask(msgspec.msgpack.decode(payload, type=Work))
        except UNREADABLE:
            log.warning("a request of %d bytes on %s could not be read", len(payload), subject)

    def ask(self, work: Work) -> None:
        """Queues work; forgotten when the queue is full, for it is asked again."""
        if len(self._waiting) < WAITING_MAX:
            self._waiting[work] = None
            self._more.set()

    async def run(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                work = next(iter(self._waiting))
                del self._waiting[work]
                try:
                    await self._work(work)
                except Exception:
                    log.exception("work on %s failed", work)
