"""What a process manager knows of its processes: which should run, and how each one is.

Pure values; `supervisor.py` decides with them, the status page shows them.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from folkmoot.zone.restarts import History

Phase = Literal["waiting", "starting", "ready", "ending", "due", "failed", "stopped"]
ALIVE: Final = ("starting", "ready", "ending")


class Spec(msgspec.Struct, frozen=True):
    """One process that should run.

    Shape: `beats` says that it reports by itself and is frozen when silent; the engine does not
    and is watched by its health endpoint. `after_engine` children wait until it is prepared.
    """

    id: str
    role: str
    beats: bool = True
    after_engine: bool = True


class Bounds(msgspec.Struct, frozen=True):
    """Times of supervision, in milliseconds."""

    watchdog_ms: int = 10_000
    start_ms: int = 60_000
    unhealthy_max: int = 3
    heal_first_ms: int = 5_000
    heal_max_ms: int = 60_000
    blameless_ms: int = 1_000
    term_ms: int = 2_000
    order_ms: int = 5_000
    gap_ms: int = 2_000
    stage_ms: int = 800
    stop_ms: int = 3_000
    engine_stop_ms: int = 1_300


class Child(msgspec.Struct):
    """What is known of one process; read by the status page.

    Shape: an `ordered` end is a restart that somebody asked for; one that is `leaving` is not
    started again and is forgotten when it has ended. `starved_ms` is for how long it had waited for
    its turn at its last beat.
    """

    spec: Spec
    phase: Phase = "waiting"
    pid: int = 0
    pids_before: tuple[int, ...] = ()
    incarnation: str = ""
    restarts: int = 0
    started_ms: int = 0
    ready_ms: int | None = None
    beat_ms: int = 0
    starved_ms: int = 0
    due_ms: int = 0
    kill_ms: int = 0
    unhealthy: int = 0
    heals: int = 0
    heal_ms: int = 0
    connections: int = 0
    conferences: int = 0
    detail: str = ""
    history: History = History()
    ordered: bool = False
    leaving: bool = False


class Beat(msgspec.Struct, frozen=True):
    """What a child says of itself.

    Units: `sent_ms` is of the clock that goes on while the machine sleeps; 0: not told.
    """

    id: str
    pid: int
    state: str
    incarnation: str = ""
    connections: int = 0
    conferences: int = 0
    sent_ms: int = 0


class Found(msgspec.Struct, frozen=True):
    """A process of a predecessor that still runs."""

    id: str
    pid: int
    incarnation: str = ""
    restarts: int = 0
    ready: bool = True
    age_ms: int = 0
