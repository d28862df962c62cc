"""What replicas hold of breakouts, and what follows from it. Pure."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

import msgspec

from folkmoot.conference.replicated import State
from folkmoot.conference.rights import STAFF

RESULTS_MAX: Final = 50
"""Kept of all breakouts ever; the oldest go first."""

DRAFT: Final = "draft"
OPEN: Final = "open"
CLOSING: Final = "closing"
CLOSED: Final = "closed"

BELONG: Final = 1
END: Final = 2
"""Orders to a breakout, by number: each is given once, in this order."""


class Room(State):
    """One breakout. Shape: orders up to `ordered` are wanted, up to `told` in its log."""

    name: str
    conference: str = ""
    ordered: int = 0
    told: int = 0
    collected: bool = False


class Result(State):
    """What one breakout brought back: Markdown, `shortened` where it was longer."""

    name: str
    ended_ms: int
    text: str
    shortened: bool
    messages: int


class BreakoutsState(State):
    """Of a main room: the rooms and who is where. Of a breakout: `main`, `name` and `ended`.

    Shape: `assigned` and `inside` map persons to numbers of rooms, from 1; `leaving` are rooms of
    an earlier set whose end has not reached their logs yet.
    """

    phase: str = ""
    choose: bool = False
    rooms: list[Room] = msgspec.field(default_factory=list)
    assigned: dict[str, int] = msgspec.field(default_factory=dict)
    inside: dict[str, int] = msgspec.field(default_factory=dict)
    deadline_ms: int = 0
    leaving: list[Room] = msgspec.field(default_factory=list)
    results: list[Result] = msgspec.field(default_factory=list)
    main: str = ""
    name: str = ""
    ended: bool = False


def to_carry(state: BreakoutsState) -> list[Room]:
    """Rooms that somebody has to be told something, or from which something is to be brought."""
    return [room for room in (*state.leaving, *state.rooms) if is_due(room)]


def is_due(room: Room) -> bool:
    return room.told < room.ordered or (room.ordered == END and not room.collected)


def may_enter(state: BreakoutsState, person: str, role: str, number: int) -> bool:
    """Whether somebody may go into a room as things stand."""
    if state.phase not in (OPEN, CLOSING) or not 1 <= number <= len(state.rooms):
        return False
    return state.choose or role in STAFF or state.assigned.get(person) == number


def conference_of(main: str, epoch: str, event: str, number: int) -> str:
    """The id of a breakout's conference: who makes it again makes the same one."""
    words = f"folkmoot breakout\n{main}\n{epoch}\n{event}\n{number}".encode()
    digest = hashlib.blake2b(words, digest_size=16).digest()
    return base64.b32encode(digest).rstrip(b"=").decode("ascii").lower()
