"""The kinds of faults of a drill, and what is promised while they happen. Pure.

Standard library only: the command line reads it, and stays in memory as the launcher.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Kind(NamedTuple):
    """A kind of fault.

    Shape: `says` is for people; `shared` when others than the drill's own people could notice it.
    Units: `silent_ms_max` is how long those that it hits may see nothing of others (99 of 100),
    `saved_ms_max` how long saving may take meanwhile.
    """

    says: str
    silent_ms_max: int
    saved_ms_max: int
    shared: bool = True


KINDS: Final[Mapping[str, Kind]] = {
    "connection": Kind("cut the drill's own connections", 1_500, 5_000, shared=False),
    "process": Kind("kill one process, of each role in turn", 1_500, 9_000),
    "freeze": Kind("let a collaboration server stand still for 5 s", 2_500, 9_000),
    "engine": Kind("kill a node's engine", 1_500, 15_000),
    "drain": Kind("move everybody off a collaboration server, and let people back", 400, 5_000),
    "node": Kind("kill all processes of one node at once", 2_500, 15_000),
}
DEFAULT: Final = ("connection", "process", "engine", "node")

SAVED_ALONE_MS_MAX: Final = 30_000
"""A zone with a single engine node saves again when that node is back."""
