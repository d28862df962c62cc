"""Reactions: what people let float for a moment. Pure; not a reducer, and not in the log.

A reaction is worth something for two seconds. In the log each would cost a write to disk on a
majority of machines, five hundred people who applaud would delay what has to be kept, and after a
failover old applause would come late, which is worse than not at all. So reactions go over the
live path; but a server lets them through, and not the page: it asks for the same right and setting
as the log would, takes few from each person, and tells what came in a moment together.
"""

from __future__ import annotations

from typing import Any, Final

from folkmoot.conference.rights import EVERYONE, Right
from folkmoot.protocol.limits import REACTIONS

REACT: Final = Right(EVERYONE, "reactions")

TOPIC: Final = "reaction"
"""Of one person's reaction to the server; the body is one of `REACTIONS`."""

TOLD_TOPIC: Final = "reactions"
"""Of what a server tells, in a message of session 0: `[[reaction, count, [numbers]]]`."""

GATHER_MS: Final = 250
NAMED_MAX: Final = 3
"""Sessions that are named for each reaction; of more than these only the number is told."""

PER_S: Final = 2
BURST: Final = 6


class Gatherer:
    """Gathers one conference's reactions on one server. Bounded by the kinds of reactions.

    Caller: `add` for each that may go, `due` on each tick.
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._numbers: dict[str, list[int]] = {}
        self._due_ms = 0

    def add(self, reaction: str, number: int, now_ms: int) -> None:
        if not self._counts:
            self._due_ms = now_ms + GATHER_MS
        self._counts[reaction] = self._counts.get(reaction, 0) + 1
        numbers = self._numbers.setdefault(reaction, [])
        if len(numbers) < NAMED_MAX and number not in numbers:
            numbers.append(number)

    @property
    def waits(self) -> bool:
        return bool(self._counts)

    def due(self, now_ms: int) -> list[list[Any]]:
        """What is to be told now; empty when nothing is."""
        if not self._counts or now_ms < self._due_ms:
            return []
        told = [[r, self._counts[r], self._numbers[r]] for r in REACTIONS if r in self._counts]
        self._counts, self._numbers = {}, {}
        return told
