"""The roster: people, roles, doors and settings of a conference."""

from __future__ import annotations

from folkmoot.apps.roster.application import Roster
from folkmoot.apps.roster.operations import Leave, Rename
from folkmoot.apps.roster.state import RosterState
from folkmoot.apps.texts import clean_text

__all__ = ["Leave", "Rename", "Roster", "RosterState", "clean_text"]
