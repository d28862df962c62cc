"""What a supervisor wants done: the process manager performs it and feeds back what came of it."""

from __future__ import annotations

import msgspec


class Start(msgspec.Struct, frozen=True):
    """Start this process; answer with `started` or `start_failed`."""

    id: str


class Signal(msgspec.Struct, frozen=True):
    """Ask (`kill` false) or force the process to end; answer with `exited` when it has."""

    id: str
    pid: int
    kill: bool


class Watch(msgspec.Struct, frozen=True):
    """Watch a process that was found running; answer with `exited` when it ends."""

    id: str
    pid: int


class Report(msgspec.Struct, frozen=True):
    """Tell the zone and the log.

    Shape: `kind` is started, ready, adopted, died, failed, frozen, unhealthy, stranger, thawed, or
    stopped: ended because somebody asked for it.
    """

    kind: str
    id: str
    pid: int
    incarnation: str
    detail: str


class Finished(msgspec.Struct, frozen=True):
    """Everything has ended after `stop`."""


Effect = Start | Signal | Watch | Report | Finished
