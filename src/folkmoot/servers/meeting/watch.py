"""What a meeting manager decides: who is active, which process manager is frozen, what to tell.

Pure: the shell in `main.py` feeds it the zone's table and the time, and does what comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from folkmoot.protocol.reading import UNREADABLE
from folkmoot.zone.table import ProcessEntry

FROZEN_AFTER_MS: Final = 5_000
KILL_AGAIN_AFTER_MS: Final = 10_000
HEADLESS_LOOKS: Final = 3
HEADLESS_AGAIN_LOOKS: Final = 30
PROCESS_MANAGER: Final = "process-manager"


class Seat(msgspec.Struct, frozen=True):
    """Who is the zone's active meeting manager, as the `zone` bucket has it.

    Shape: `fence` grows with each taking; what an older one orders is void. `server` is
    `<id>.<incarnation>`.
    """

    fence: int
    server: str


def read_seat(value: bytes, revision: int) -> Seat:
    """The seat as stored; a damaged one is free, with a number that hardly any had before.

    Shape: numbers grow by one with each write, so hardly one is above the bucket's revision; who
    takes the seat with a number that is too low is refused, and takes it again.
    """
    try:
        return msgspec.json.decode(value, type=Seat)
    except UNREADABLE:
        return Seat(revision, "")


def next_seat(
    seat: Seat | None, own: str, alive: Callable[[str], bool], *, deaf: bool
) -> Seat | None:
    """The seat to write when this process should become active now, else None.

    Shape: nobody takes the seat while deaf, for then silence says nothing about its holder.
    """
    if seat is None:
        return Seat(1, own)
    if seat.server == own or deaf or alive(seat.server):
        return None
    return Seat(seat.fence + 1, own)


def present(entries: Iterable[ProcessEntry]) -> frozenset[str]:
    """The meeting managers among which the active one is: those that are sure and do not drain.

    Shape: when all of them drain, draining does not count.
    """
    sure = [entry for entry in entries if not entry.suspect and entry.state != "stopping"]
    staying = [entry for entry in sure if not entry.beat.draining]
    return frozenset(entry.server for entry in staying or sure)


class Watcher:
    """Finds this node's frozen process manager, and processes that fell silent."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._killed_ms: dict[str, int] = {}
        self._suspects: frozenset[str] = frozenset()

    def frozen(self, now_ms: int, entries: Iterable[ProcessEntry]) -> ProcessEntry | None:
        """Our node's process manager, when it has been silent for so long that it must be ended.

        Shape: told once; again only if the same one is still silent 10 s later, so that the
        launcher has its time to replace it.
        """
        for entry in entries:
            if entry.role != PROCESS_MANAGER or entry.node != self._node:
                continue
            silent_ms = now_ms - entry.heard_ms
            killed_ms = self._killed_ms.get(entry.server)
            again = killed_ms is None or now_ms - killed_ms >= KILL_AGAIN_AFTER_MS
            if silent_ms >= FROZEN_AFTER_MS and again:
                self._killed_ms = {entry.server: now_ms}
                return entry
        return None

    def newly_suspect(self, entries: Iterable[ProcessEntry]) -> list[ProcessEntry]:
        """Processes that fell silent since the last call."""
        suspects = [entry for entry in entries if entry.suspect]
        new = [entry for entry in suspects if entry.server not in self._suspects]
        self._suspects = frozenset(entry.server for entry in suspects)
        return new


class Headless:
    """Notices that nobody holds the data folder's lock any more: no launcher, no process manager.

    Shape: looks come once a second; told after three in a row, and again half a minute later. A
    folder that was never locked has no head to lose: a process was started there by hand.
    """

    def __init__(self) -> None:
        self._looks = 0
        self._had_head = False

    def seen(self, *, locked: bool) -> bool:
        self._had_head = self._had_head or locked
        if not self._had_head:
            return False
        self._looks = 0 if locked else self._looks + 1
        return self._looks % HEADLESS_AGAIN_LOOKS == HEADLESS_LOOKS
