"""Doors: who gets into a conference, as what, and who does not. Pure, decided in log order.

`admit` judges one new session by its grant; a server may ask it before the log does, to refuse at
once, but what counts is the answer at the entry's own position. Sessions that are in already pass
no door again when they come back.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from folkmoot.conference.batch import Grant, RoomPlan
from folkmoot.conference.rights import LOCKABLE, SETTINGS, Locks, Role, is_open
from folkmoot.conference.state import (
    Ban,
    ConferenceState,
    Doors,
    Known,
    Tries,
)

PASSCODE_TRIES_MAX: Final = 5
PASSCODE_WINDOW_MS: Final = 60_000
"""So many wrong passcodes from one address in so long; then that address waits."""

FOR_GOOD: Final = "for_good"
"""Why a room is ended that not even a host opens again: a breakout that is over."""

ADDRESSES_MAX: Final = 1_000
KNOWN_MAX: Final = 5_000
BANS_MAX: Final = 1_000
WAITING_MAX: Final = 1_000
PASSCODE_CHARACTERS_MAX: Final = 64
PARTICIPANTS_MAX: Final = 5_000
CLOSE_WHEN_EMPTY_MS_MAX: Final = 7 * 24 * 3600 * 1000


class Admitted(msgspec.Struct, frozen=True):
    """Shape: `role` is `waiting` for the lobby, `wants` then the one upon being admitted."""

    role: str
    wants: str = ""


def passcode_proof(conference: str, passcode: str) -> str:
    """How a passcode that somebody gave stands in a grant."""
    text = f"folkmoot passcode\n{conference}\n{passcode}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def doors_of(plan: RoomPlan | None) -> tuple[Doors, Locks]:
    """The doors of a new room, and what is closed in it."""
    if plan is None:
        return Doors(), Locks()
    doors = Doors(
        lobby=plan.lobby,
        passcode=plan.passcode,
        participants_max=plan.participants_max,
        close_when_empty_ms=plan.close_when_empty_ms,
    )
    closed: dict[str, list[str]] = {name: [] for name in plan.closed if name in SETTINGS}
    return doors, Locks(open_to=closed)


def admit(
    state: ConferenceState, doors: Doors, grant: Grant, present: int, now_ms: int
) -> Admitted | str:
    """What a new session gets: a role, or the code of its refusal.

    Shape: `present` counts the persons who are here. A banned person stays out whatever key they
    show; else a host's key opens everything.
    """
    if is_banned(doors, grant) or doors.ended == FOR_GOOD:
        return "room_ended" if doors.ended == FOR_GOOD else "banned"
    person = state.persons.get(grant.person)
    if grant.role == Role.HOST:
        return Admitted(Role.HOST)
    if is_ended(doors, now_ms):
        return "room_ended"
    if person is not None:
        return Admitted(person.role, person.wants)
    if doors.locked:
        return "room_locked"
    known = doors.known.get(grant.person)
    invited = known is not None or grant.invited
    refused = "" if invited else _passcode_refused(state.conference, doors, grant, now_ms)
    if refused:
        return refused
    if doors.participants_max and present >= doors.participants_max:
        return "room_full"
    role = known.role if known is not None else grant.role
    if doors.lobby and not invited:
        waiting = sum(p.role == Role.WAITING for p in state.persons.values())
        return Admitted(Role.WAITING, role) if waiting < WAITING_MAX else "room_full"
    return Admitted(role)


def _passcode_refused(conference: str, doors: Doors, grant: Grant, now_ms: int) -> str:
    if not doors.passcode:
        return ""
    if is_throttled(doors, grant.address, now_ms):
        return "passcode_throttled"
    if not grant.passcode:
        return "passcode_needed"
    right = grant.passcode == passcode_proof(conference, doors.passcode)
    return "" if right else "passcode_wrong"


def name_of(doors: Doors, locks: Locks | None, grant: Grant, role: str) -> str:
    """The name somebody comes in with: their last one, where the hosts decide about names."""
    known = doors.known.get(grant.person)
    if known is not None and role in LOCKABLE and not is_open(locks, "rename", role):
        return known.name
    return grant.name


def is_banned(doors: Doors, grant: Grant) -> bool:
    if grant.person in doors.bans:
        return True
    return bool(grant.device) and any(grant.device in ban.devices for ban in doors.bans.values())


def is_ended(doors: Doors, now_ms: int) -> bool:
    """Whether the room was ended, or has been empty for too long."""
    if doors.ended:
        return True
    limit_ms = doors.close_when_empty_ms
    return bool(limit_ms and doors.empty_since_ms) and now_ms - doors.empty_since_ms >= limit_ms


def is_throttled(doors: Doors, address: str, now_ms: int) -> bool:
    tries = doors.tries.get(address)
    return (
        tries is not None
        and tries.count >= PASSCODE_TRIES_MAX
        and now_ms - tries.since_ms < PASSCODE_WINDOW_MS
    )


def note_wrong_passcode(doors: Doors, address: str, now_ms: int) -> None:
    """Counts a wrong passcode against its address."""
    tries = doors.tries.pop(address, None)
    if tries is None or now_ms - tries.since_ms >= PASSCODE_WINDOW_MS:
        tries = Tries(since_ms=now_ms)
    tries.count += 1
    doors.tries[address] = tries
    while len(doors.tries) > ADDRESSES_MAX:
        del doors.tries[next(iter(doors.tries))]


def note_known(doors: Doors, person: str, role: str, name: str) -> None:
    """Remembers somebody whose last session closed."""
    doors.known.pop(person, None)
    if role != Role.WAITING:
        doors.known[person] = Known(role, name)
    while len(doors.known) > KNOWN_MAX:
        del doors.known[next(iter(doors.known))]


def ban(doors: Doors, person: str, made: Ban) -> None:
    doors.known.pop(person, None)
    doors.bans[person] = made
    while len(doors.bans) > BANS_MAX:
        del doors.bans[next(iter(doors.bans))]
