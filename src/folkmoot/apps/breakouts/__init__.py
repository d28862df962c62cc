"""Breakouts: rooms beside a room, each a conference of its own."""

from __future__ import annotations

from folkmoot.apps.breakouts.application import END_TIMER, Breakouts
from folkmoot.apps.breakouts.operations import (
    RESULT_CHARACTERS_MAX,
    ROOMS_MAX,
    Belong,
    Collected,
    End,
    Told,
)
from folkmoot.apps.breakouts.state import (
    BELONG,
    END,
    RESULTS_MAX,
    BreakoutsState,
    Room,
    conference_of,
    may_enter,
    to_carry,
)

__all__ = [
    "BELONG",
    "END",
    "END_TIMER",
    "RESULTS_MAX",
    "RESULT_CHARACTERS_MAX",
    "ROOMS_MAX",
    "Belong",
    "Breakouts",
    "BreakoutsState",
    "Collected",
    "End",
    "Room",
    "Told",
    "conference_of",
    "may_enter",
    "to_carry",
]
