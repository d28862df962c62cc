"""What the roster keeps besides the conference's own persons, sessions, doors and locks."""

from __future__ import annotations

import msgspec

from folkmoot.conference.replicated import State


class Attended(State):
    """One person's attendance.

    Shape: `visits` are pairs of times, from and to, oldest first; `to` is 0 while they are here.
    `wrote` counts operations by application in visits whose sessions are closed.
    """

    name: str
    role: str
    visits: list[list[int]] = msgspec.field(default_factory=list)
    wrote: dict[str, int] = msgspec.field(default_factory=dict)


class RosterState(State):
    """Shape: `hosts` are persons who are hosts now; `attended` is by person, first come first."""

    hosts: list[str] = msgspec.field(default_factory=list)
    had_host: bool = False
    attended: dict[str, Attended] = msgspec.field(default_factory=dict)
