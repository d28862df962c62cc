"""Admission: what a server makes of a grant before it asks the log. Pure."""

from __future__ import annotations

import msgspec

from folkmoot.conference.batch import Grant
from folkmoot.conference.doors import admit
from folkmoot.conference.replica import Replica


def without_plan(replica: Replica, grant: Grant | None) -> Grant | None:
    """The grant for the log, which needs the room's plan only once."""
    if grant is None or grant.plan is None or replica.state.doors is None:
        return grant
    return msgspec.structs.replace(grant, plan=None)


def refused_at_once(replica: Replica, session: str, grant: Grant | None) -> str:
    """A code for who would be refused by the log as well, so that a crowd costs it nothing.

    A wrong passcode goes to the log, which counts them.
    """
    state = replica.state
    if grant is None or state.doors is None or session in state.sessions:
        return ""
    present = replica.presence.count if state.doors.participants_max else 0
    admitted = admit(state, state.doors, grant, present, state.time_ms)
    return admitted if isinstance(admitted, str) and admitted != "passcode_wrong" else ""
