"""What applying one batch did: events, outcomes by session, what became of attaches."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from folkmoot.conference.application import Emitted
from folkmoot.conference.state import ClosedSession
from folkmoot.protocol.frames import Rejection


class AttachOutcome(msgspec.Struct, frozen=True):
    """What became of an attach; `code` is empty when it was accepted.

    Shape: `generation` is the one asked for, `current` the one in force after it (0: no session).
    """

    session: str
    server: str
    generation: int
    code: str
    current: int


class SessionOutcomes(msgspec.Struct):
    """What this batch decided of one session: counters through `through`."""

    through: int
    rejected: list[Rejection] = msgspec.field(default_factory=list)


class Applied(msgspec.Struct):
    """What one batch did.

    Shape: `ignored` says why it as a whole had no effect, else it is empty; `checksum` is the
    batch's own; `level` is the one that the conference came to, else 0; `renewed` has the persons
    whose clients get whole views; `out_of_order` maps a
    session to its generation when an operation of it was not taken since an earlier one is missing;
    `services` maps the id of a service's operation to the code of its rejection, empty when taken.
    """

    sequence: int
    time_ms: int
    server: str
    batch: int
    ignored: str = ""
    events: Sequence[Emitted] = ()
    outcomes: dict[str, SessionOutcomes] = msgspec.field(default_factory=dict)
    attaches: list[AttachOutcome] = msgspec.field(default_factory=list)
    closed: dict[str, ClosedSession] = msgspec.field(default_factory=dict)
    operations: int = 0
    checksum: bytes = b""
    out_of_order: dict[str, int] = msgspec.field(default_factory=dict)
    level: int = 0
    renewed: dict[str, bool] = msgspec.field(default_factory=dict)
    services: dict[str, str] = msgspec.field(default_factory=dict)
