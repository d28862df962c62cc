"""Restored: the state that a backup holds, as the beginning of another log. Pure.

Positions of the new log lie above those of the old one, and so does all else that is counted and
was told to anybody: generations of sessions, and their numbers. What was said or asked for before
the backup was restored never fits again. Else an attach that is late by seconds could take a
session from its own client, since a generation that there was once would come round a second time;
and two sessions would write text under one number, of which one is gone.
"""

from __future__ import annotations

from typing import Final

from folkmoot.conference.state import ConferenceState

GENERATIONS_APART: Final = 1_000_000
"""More than any session is attached in its life."""

NUMBERS_APART: Final = 10_000
"""More sessions than come to a room between a backup and its loss; numbers end at 2**20."""


def as_restored(state: ConferenceState, epoch: str) -> ConferenceState:
    """The same state, changed in place: of another epoch, and above what was counted before."""
    state.epoch = epoch
    state.numbers += NUMBERS_APART
    for session in state.sessions.values():
        session.generation += GENERATIONS_APART
    return state
