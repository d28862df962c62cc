"""Shrink: makes a failing schedule smaller, so that what matters of it can be seen.

Faults and operations are left out as long as it fails in the same way. Randomness is one sequence,
so leaving something out changes what follows; what still fails is as good a case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from folkmoot.simulation.schedule import FAULTS_MAX, OPERATIONS, Failed, Without, run

KIND_CHARACTERS: Final = 24


def failure(seed: int, without: Without) -> str:
    """How it fails; empty when it holds."""
    try:
        run(seed, without=without)
    except Failed as failed:
        return failed.reason[:KIND_CHARACTERS]
    return ""


def shrink(seed: int, say: Callable[[str], None]) -> Without | None:
    """The smallest part that was found to fail in the same way; None when all of it holds."""
    kind = failure(seed, Without())
    if not kind:
        return None
    hostile = failure(seed, Without(hostile=True)) == kind
    restoring = failure(seed, Without(hostile=hostile, restoring=True)) == kind

    def fails(faults: frozenset[int], operations: frozenset[int]) -> bool:
        return failure(seed, Without(faults, operations, hostile, restoring)) == kind

    faults: frozenset[int] = frozenset()
    for size in (4, 2, 1):
        for start in range(0, FAULTS_MAX, size):
            more = faults | frozenset(range(start, start + size))
            if more != faults and fails(more, frozenset()):
                faults = more
    say(f"{len(faults)} of {FAULTS_MAX} faults are left out, or were not there")
    operations: frozenset[int] = frozenset()
    for size in (100, 50, 25, 10, 5):
        for start in range(0, OPERATIONS, size):
            more = operations | frozenset(range(start, min(start + size, OPERATIONS)))
            if more != operations and fails(faults, more):
                operations = more
    say(f"{OPERATIONS - len(operations)} of {OPERATIONS} operations are left")
    return Without(faults, operations, hostile, restoring)
