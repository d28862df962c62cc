"""What can be asked of breakouts, and the bounds of it. Pure."""

from __future__ import annotations

from typing import Final

import msgspec

ROOMS_MAX: Final = 50
NAME_CHARACTERS_MAX: Final = 60
BROADCAST_CHARACTERS_MAX: Final = 500
RESULT_CHARACTERS_MAX: Final = 10_000
"""Of what one breakout brings back."""

MINUTES_MAX: Final = 24 * 60
RECALL_S_MAX: Final = 300
ASSIGNED_MAX: Final = 5_000
PERSON_CHARACTERS_MAX: Final = 64


class Create(msgspec.Struct, forbid_unknown_fields=True):
    """Makes a new set of rooms; with `choose`, people pick their own."""

    names: list[str]
    choose: bool = False


class Assign(msgspec.Struct, forbid_unknown_fields=True):
    """Who goes where: person to the number of a room, from 1; 0 takes somebody out."""

    rooms: dict[str, int]


class Open(msgspec.Struct, forbid_unknown_fields=True):
    """Lets people in; with `minutes`, they come back by themselves after so long."""

    minutes: int = 0


class Extend(msgspec.Struct, forbid_unknown_fields=True):
    minutes: int


class Broadcast(msgspec.Struct, forbid_unknown_fields=True):
    """A sentence to everybody, wherever they are."""

    text: str


class Recall(msgspec.Struct, forbid_unknown_fields=True):
    """Calls everybody back, after so many seconds."""

    seconds: int = 0


class Enter(msgspec.Struct, forbid_unknown_fields=True):
    room: int


class Back(msgspec.Struct, forbid_unknown_fields=True):
    pass


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """The log of a room's conference holds its orders up to this number."""

    conference: str
    through: int


class Collected(msgspec.Struct, forbid_unknown_fields=True):
    """What a breakout brought back: Markdown."""

    conference: str
    text: str
    shortened: bool
    messages: int


class Belong(msgspec.Struct, forbid_unknown_fields=True):
    """In a breakout: which room it belongs to, and its own name."""

    main: str
    name: str


class End(msgspec.Struct, forbid_unknown_fields=True):
    """In a breakout: everybody goes back."""
