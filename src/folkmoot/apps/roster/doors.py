"""The doors and the settings, as those who run the room change them."""

from __future__ import annotations

from typing import Final

import msgspec

from folkmoot.apps.roster.operations import Admit, Allow, Configure, Deny, Suspend, TellWaiting
from folkmoot.apps.roster.people import decide_about, let_in, put_out
from folkmoot.apps.roster.state import RosterState
from folkmoot.apps.roster.telling import list_again, locks_shown, sees_people, tell_doors
from folkmoot.apps.texts import clean_name, clean_text
from folkmoot.conference.application import Context, Rejected
from folkmoot.conference.doors import (
    CLOSE_WHEN_EMPTY_MS_MAX,
    PARTICIPANTS_MAX,
    PASSCODE_CHARACTERS_MAX,
)
from folkmoot.conference.rights import LOCKABLE, SETTINGS, STAFF, Locks, Role
from folkmoot.conference.state import Doors, Person

ADMITTED_MAX: Final = 500
MESSAGE_CHARACTERS_MAX: Final = 500
HOST_GRACE_MS_MIN: Final = 5_000
HOST_GRACE_MS_MAX: Final = 3_600_000


def admit(state: RosterState, body: Admit, context: Context) -> None:
    """Lets those in who still wait; whoever left meanwhile is passed over."""
    if len(body.persons) > ADMITTED_MAX:
        raise Rejected("too_large", f"At most {ADMITTED_MAX} people at once.")
    persons = [context.conference.persons.get(id_) for id_ in dict.fromkeys(body.persons)]
    waiting = [p for p in persons if p is not None and p.role == Role.WAITING]
    if not waiting:
        raise Rejected("not_found", "Nobody of them waits any more.")
    _let_in(state, waiting, context)


def admit_all(state: RosterState, context: Context) -> None:
    _let_in(state, _waiting(context), context)


def _waiting(context: Context) -> list[Person]:
    return [p for p in context.conference.persons.values() if p.role == Role.WAITING]


def _let_in(state: RosterState, waiting: list[Person], context: Context) -> None:
    """The staff are told before: they see them move from one list to the other."""
    ids = [person.id for person in waiting]
    if ids:
        context.emit("admitted", {"persons": ids}, context.persons_with(STAFF))
    for person in waiting:
        let_in(state, person, context)


def deny(body: Deny, context: Context) -> None:
    person = decide_about(context, body.person)
    if person.role != Role.WAITING:
        raise Rejected("not_found", "They do not wait any more.")
    put_out(person, "banned" if body.ban else "denied", context, banned=body.ban)


def tell_waiting(body: TellWaiting, context: Context) -> None:
    text = clean_text(body.text, MESSAGE_CHARACTERS_MAX) if body.text else ""
    context.doors().message = text
    tell_doors(context)
    for person in _waiting(context):
        context.renew(person)


def unban(person: str, context: Context) -> None:
    doors = context.doors()
    if doors.bans.pop(person, None) is None:
        raise Rejected("not_found")
    context.emit("unbanned", {"person": person}, context.persons_with(STAFF))


def configure(state: RosterState, body: Configure, context: Context) -> None:
    _check(body)
    doors = context.doors()
    for name in Configure.__struct_fields__:
        value = getattr(body, name)
        if value is not None:
            setattr(doors, name, value)
    if body.passcode is not None:
        doors.tries = {}
    tell_doors(context)
    if body.lobby is False:
        admit_all(state, context)


def _check(body: Configure) -> None:
    if body.passcode:
        clean_name(body.passcode, PASSCODE_CHARACTERS_MAX)
    _check_range(body.participants_max, 0, PARTICIPANTS_MAX)
    _check_range(body.close_when_empty_ms, 0, CLOSE_WHEN_EMPTY_MS_MAX)
    _check_range(body.host_grace_ms, HOST_GRACE_MS_MIN, HOST_GRACE_MS_MAX)


def _check_range(value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise Rejected("malformed", f"Give a number from {least} to {most}.")


def allow(body: Allow, context: Context) -> None:
    usual = SETTINGS.get(body.setting)
    if usual is None or body.roles != [role for role in LOCKABLE if role in body.roles]:
        raise Rejected("malformed", "There is no such setting, or no such role.")
    locks = context.conference.locks or Locks()
    open_to = dict(locks.open_to)
    open_to.pop(body.setting, None)
    if body.roles != list(usual.open_to):
        open_to[body.setting] = list(body.roles)
    _change(msgspec.structs.replace(locks, open_to=open_to), context)


def suspend(body: Suspend, context: Context) -> None:
    _change(
        msgspec.structs.replace(context.conference.locks or Locks(), suspended=body.on), context
    )


def _change(locks: Locks, context: Context) -> None:
    conference = context.conference
    before, conference.locks = conference.locks, locks
    context.emit("locks", locks_shown(locks))
    changed = [
        p
        for p in conference.persons.values()
        if sees_people(before, p.role) != sees_people(locks, p.role)
    ]
    if changed:
        list_again(context, changed)


def end(doors: Doors, reason: str, context: Context) -> None:
    """Ends the room for everyone who is in it or waits."""
    doors.ended = reason
    for session in list(context.conference.sessions.values()):
        context.close_session(session.id, "ended")
