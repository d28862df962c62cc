"""Who is told what of the people in a room: views and audiences. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from folkmoot.conference.application import Context
from folkmoot.conference.rights import EVERYONE, LOCKABLE, STAFF, Locks, Role, Roles, is_open
from folkmoot.conference.state import ConferenceState, Doors, Person, Session


def sees_people(locks: Locks | None, role: str) -> bool:
    """Whether somebody of this role sees who is here; else only the staff and themselves."""
    return role != Role.WAITING and is_open(locks, "see_people", role)


def roles_that_see(locks: Locks | None) -> Roles:
    return tuple(role for role in EVERYONE if sees_people(locks, role))


def about(context: Context, person: Person) -> tuple[str, ...] | None:
    """Audience of what happens to a person."""
    locks = context.conference.locks
    if person.role in STAFF or all(sees_people(locks, role) for role in LOCKABLE):
        return None
    others = context.persons_with(roles_that_see(locks))
    return others if person.id in others else (*others, person.id)


def _named(person: Person) -> dict[str, Any]:
    told: dict[str, Any] = {"name": person.name, "role": person.role}
    return told | ({"colour": person.colour} if person.colour else {})


def people(conference: ConferenceState, shown: Iterable[Person]) -> dict[str, Any]:
    """The list of these people."""
    persons = {p.id: p for p in shown if p.role != Role.WAITING}
    sessions = [s for s in conference.sessions.values() if s.person in persons]
    attached = {s.person for s in sessions if s.attached}
    with_session = {s.person for s in sessions}
    return {
        "persons": {
            p.id: _named(p) | {"present": p.id in attached, "joined_ms": p.joined_ms}
            for p in persons.values()
            if p.id in with_session
        },
        "sessions": {str(s.number): s.person for s in sessions},
        "away": {str(s.number): s.away_since_ms or True for s in sessions if not s.attached},
    }


def people_for(conference: ConferenceState, person: str) -> dict[str, Any]:
    """The list as this person sees it."""
    own = conference.persons.get(person)
    every = conference.persons.values()
    if own is not None and sees_people(conference.locks, own.role):
        return people(conference, every)
    return people(conference, [p for p in every if p.role in STAFF or p.id == person])


def doors_shown(doors: Doors | None, *, staff: bool) -> dict[str, Any]:
    """How one gets in, as the staff see it or as everyone does."""
    doors = doors or Doors()
    told: dict[str, Any] = {"lobby": doors.lobby, "locked": doors.locked}
    if staff:
        told |= {
            "passcode": doors.passcode,
            "participants_max": doors.participants_max,
            "close_when_empty_ms": doors.close_when_empty_ms,
            "host_grace_ms": doors.host_grace_ms,
            "muted_on_entry": doors.muted_on_entry,
            "message": doors.message,
            "bans": {
                id_: {"name": ban.name, "by": ban.by, "time_ms": ban.time_ms}
                for id_, ban in doors.bans.items()
            },
        }
    return told


def locks_shown(locks: Locks | None) -> dict[str, Any]:
    locks = locks or Locks()
    return {"open_to": locks.open_to, "suspended": locks.suspended}


def waiting(conference: ConferenceState) -> dict[str, Any]:
    """Who waits in the lobby."""
    return {
        p.id: {"name": p.name, "since_ms": p.joined_ms}
        for p in conference.persons.values()
        if p.role == Role.WAITING
    }


def joined(context: Context, session: Session, person: Person) -> None:
    """Tells of a session that is in the room from now on."""
    told = {"person": person.id, "number": session.number} | _named(person)
    context.emit("joined", told, about(context, person))


def list_again(context: Context, persons: Iterable[Person]) -> None:
    """Tells people who they see from now on, after that changed for them."""
    locks, conference = context.conference.locks, context.conference
    every = conference.persons.values()
    seeing = tuple(p.id for p in persons if sees_people(locks, p.role))
    blind = tuple(p.id for p in persons if p.role != Role.WAITING and p.id not in seeing)
    if seeing:
        context.emit("listed", people(conference, every), seeing)
    if blind:
        # Everyone keeps themselves: that is the client's to do, so that all are told the same.
        context.emit("listed", people(conference, [p for p in every if p.role in STAFF]), blind)


def tell_doors(context: Context) -> None:
    doors = context.conference.doors
    staff = context.persons_with(STAFF)
    others = tuple(
        p.id for p in context.conference.persons.values()
        if p.role not in STAFF and p.role != Role.WAITING
    )  # fmt: skip
    if others:
        context.emit("doors", doors_shown(doors, staff=False), others)
    if staff:
        context.emit("doors", doors_shown(doors, staff=True), staff)


def tell_new_staff(context: Context, person: Person) -> None:
    """Tells somebody who was just made host or co-host what only the staff see."""
    told = doors_shown(context.conference.doors, staff=True)
    context.emit("doors", told, (person.id,))
    context.emit("waiting", {"persons": waiting(context.conference)}, (person.id,))
