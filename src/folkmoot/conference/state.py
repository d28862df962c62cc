"""State of a conference: what all replicas hold alike at a position."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from folkmoot.conference.replicated import State
from folkmoot.conference.rights import Locks
from folkmoot.protocol.frames import Rejection

REJECTED_KEPT_MAX: Final = 512
"""Rejections kept per session; twice what a client may have in flight."""

REJECTED_BEHIND_SEEN: Final = 256
"""Counters at or below `seen` whose rejections are still kept.

A page that is opened again may know less than what its predecessor said it had seen.
"""

CLOSED_KEPT_MAX: Final = 1_000
"""Closed sessions remembered; older ones are covered by `closed_floor`."""

SESSIONS_MAX: Final = 5_000
"""Sessions of one conference, those that are away included; they end by leaving or expiry."""

HOST_GRACE_MS: Final = 60_000
"""How long a room waits for a host who is gone, before somebody else hosts."""

LEVEL_FIRST: Final = 1
"""The level at which every conference begins; 0.1.0 knew no other."""

LEVEL: Final = 2
"""The highest level of behaviour this code knows (docs/levels.md)."""


class Person(State):
    """Somebody with a session.

    Shape: `wants` is the role of who waits, once admitted; `before` the one to go back to of who
    stands in as host, `returns` the one that a host gets back who was stood in for. Their clients
    need a whole view when they come from before `view_from`. `wrote` counts operations that took
    effect, by application. `colour` is 0 until they are in the room (`apps.roster.colours`).
    """

    id: str
    name: str
    role: str
    joined_ms: int
    wants: str = ""
    before: str = ""
    returns: str = ""
    view_from: int = 0
    wrote: dict[str, int] = msgspec.field(default_factory=dict)
    colour: int = 0


class Session(State):
    """One participant's membership from one device.

    Shape: `counter` is the last one decided; `rejected` holds those refused, oldest first, from a
    little below `seen` on; `proof` is the hash of the nonce of the client that joined; `device` is
    the hash of what the browser keeps.
    """

    id: str
    number: int
    person: str
    generation: int
    server: str
    attached: bool
    proof: str
    counter: int = 0
    seen: int = 0
    rejected: list[Rejection] = msgspec.field(default_factory=list)
    away_since_ms: int = 0
    device: str = ""


class ClosedSession(State):
    """`last` counter of a session that was closed at `sequence`, and its unseen rejections."""

    last: int
    sequence: int
    reason: str
    rejected: list[Rejection] = msgspec.field(default_factory=list)


class Timer(State):
    deadline_ms: int
    app: str


class Ban(State):
    """Somebody who may not come back; `devices` are those they were seen with."""

    name: str
    by: str = ""
    time_ms: int = 0
    devices: list[str] = msgspec.field(default_factory=list)


class Known(State):
    """Somebody who was let in and has no session now."""

    role: str
    name: str


class Tries(State):
    """Wrong passcodes from one address since a time."""

    count: int = 0
    since_ms: int = 0


class Doors(State):
    """How one gets in.

    Shape: `ended` says why nobody but a host does (`ended`, `empty`), or nobody at all
    (`for_good`); `empty_since_ms` is 0 while somebody is here; `participants_max` 0 is the server's
    own bound, `close_when_empty_ms` 0 never; `message` is for those who wait. `bans` and `known`
    are by person, `tries` by address.
    """

    lobby: bool = False
    locked: bool = False
    passcode: str = ""
    participants_max: int = 0
    close_when_empty_ms: int = 0
    host_grace_ms: int = HOST_GRACE_MS
    muted_on_entry: bool = False
    message: str = ""
    ended: str = ""
    empty_since_ms: int = 0
    bans: dict[str, Ban] = msgspec.field(default_factory=dict)
    known: dict[str, Known] = msgspec.field(default_factory=dict)
    tries: dict[str, Tries] = msgspec.field(default_factory=dict)


class ConferenceState(State):
    """Everything, in plain values.

    Shape: dicts keep the order of the log; `apps` maps each application that exists at `level` to
    its own state. `digest` is the running hash described in `machine`.
    """

    conference: str
    epoch: str
    sequence: int = 0
    time_ms: int = 0
    level: int = LEVEL_FIRST
    batches: int = 0
    operations: int = 0
    digest: bytes = b"\0" * 16
    numbers: int = 0
    closed_floor: int = 0
    sessions: dict[str, Session] = msgspec.field(default_factory=dict)
    closed: dict[str, ClosedSession] = msgspec.field(default_factory=dict)
    persons: dict[str, Person] = msgspec.field(default_factory=dict)
    timers: dict[str, Timer] = msgspec.field(default_factory=dict)
    apps: dict[str, Any] = msgspec.field(default_factory=dict)
    locks: Locks | None = None
    doors: Doors | None = None
