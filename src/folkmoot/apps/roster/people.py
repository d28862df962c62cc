"""Roles change hands: promoting, handing over, removing, and who hosts when the host is gone."""

from __future__ import annotations

from typing import Final

from folkmoot.apps.roster.colours import give_colour
from folkmoot.apps.roster.operations import (
    HandOver,
    Remove,
    RenamePerson,
    SetRole,
    ToLobby,
)
from folkmoot.apps.roster.state import RosterState
from folkmoot.apps.roster.telling import (
    about,
    joined,
    list_again,
    sees_people,
    tell_new_staff,
)
from folkmoot.apps.texts import clean_name
from folkmoot.conference.application import Context, Rejected
from folkmoot.conference.doors import ban, note_known
from folkmoot.conference.rights import EVERYONE, PRESENTERS, STAFF, Role
from folkmoot.conference.state import Ban, Person
from folkmoot.protocol.limits import NAME_CHARACTERS_MAX

HOST_TIMER: Final = "roster/host"

RANK: Final = {role: at for at, role in enumerate(Role)}


def find(context: Context, person: str) -> Person:
    """Somebody who is in the room, or waits. Errors: `Rejected` with `not_found`."""
    found = context.conference.persons.get(person)
    if found is None:
        raise Rejected("not_found", "That person is not in the room any more.")
    return found


def outranks(author: Person, other: Person) -> bool:
    """Whether one may decide about the other: a host about all, a co-host about those below."""
    if author.role == Role.HOST:
        return True
    return author.role in STAFF and RANK[Role(author.role)] < RANK[Role(other.role)]


def decide_about(context: Context, person: str) -> Person:
    """Errors: `Rejected` with `not_found`, or `not_allowed` when the author may not."""
    other = find(context, person)
    if other.id == context.author.id or not outranks(context.author, other):
        raise Rejected("not_allowed")
    return other


def rename_person(body: RenamePerson, context: Context) -> None:
    name = clean_name(body.name, NAME_CHARACTERS_MAX)
    person = find(context, body.person)
    if person.id != context.author.id and not outranks(context.author, person):
        raise Rejected("not_allowed")
    rename(person, name, context)


def rename(person: Person, name: str, context: Context) -> None:
    person.name = name
    told = {"person": person.id, "name": name}
    if person.role == Role.WAITING:
        context.emit("renamed", told, context.persons_with(STAFF))
    else:
        context.emit("renamed", told, about(context, person))


def set_role(state: RosterState, body: SetRole, context: Context) -> None:
    if body.role not in EVERYONE:
        raise Rejected("malformed", "There is no such role.")
    author, person = context.author, find(context, body.person)
    if person.role == Role.WAITING:
        raise Rejected("not_allowed", "Admit them first.")
    if RANK[Role(body.role)] < RANK[Role(author.role)]:
        raise Rejected("not_allowed")
    if person.id == author.id:
        if person.role == Role.HOST and len(state.hosts) < 2:
            raise Rejected("not_allowed", "Make somebody else host first.")
    elif not outranks(author, person):
        raise Rejected("not_allowed")
    person.before = person.returns = ""
    give(state, person, body.role, context)
    check_hosts(state, context)


def hand_over(state: RosterState, body: HandOver, context: Context) -> None:
    person = find(context, body.person)
    if person.role == Role.WAITING or person.id == context.author.id:
        raise Rejected("not_allowed")
    if not context.present(person.id):
        raise Rejected("not_allowed", "They are away just now.")
    for one, role in ((person, Role.HOST), (context.author, Role.COHOST)):
        one.before = one.returns = ""
        give(state, one, role, context)
    check_hosts(state, context)


def give(state: RosterState, person: Person, role: str, context: Context) -> None:
    """Gives a role to somebody who is in the room, and tells whom it concerns."""
    before = person.role
    if before == role:
        return
    locks = context.conference.locks
    person.role = role
    note_host(state, person)
    context.emit("role", {"person": person.id, "role": role}, about(context, person))
    if role in STAFF and before not in STAFF:
        tell_new_staff(context, person)
    if (role in PRESENTERS) != (before in PRESENTERS):
        context.renew(person)  # who runs polls and questions sees drafts and results of them
    if sees_people(locks, role) != sees_people(locks, before):
        list_again(context, [person])


def remove(state: RosterState, body: Remove, context: Context) -> None:
    conference, author = context.conference, context.author
    doors = context.doors()
    known = doors.known.get(body.person)
    if body.person not in conference.persons and known is not None and body.ban:
        if known.role in STAFF and author.role != Role.HOST:
            raise Rejected("not_allowed")
        made = Ban(known.name, author.name, context.time_ms)
        ban(doors, body.person, made)
        _tell_banned(body.person, made, context)
        return
    person = decide_about(context, body.person)
    put_out(person, "banned" if body.ban else "removed", context, banned=body.ban)


def put_out(person: Person, reason: str, context: Context, *, banned: bool) -> None:
    """Closes all sessions of a person."""
    doors = context.doors()
    sessions = context.sessions_of(person.id)
    if banned:
        devices = list(dict.fromkeys(s.device for s in sessions if s.device))
        made = Ban(person.name, context.author.name, context.time_ms, devices)
        ban(doors, person.id, made)
        _tell_banned(person.id, made, context)
    for session in sessions:
        context.close_session(session.id, reason)


def _tell_banned(person: str, made: Ban, context: Context) -> None:
    told = {"person": person, "name": made.name, "by": made.by, "time_ms": made.time_ms}
    context.emit("banned", told, context.persons_with(STAFF))


def to_lobby(state: RosterState, body: ToLobby, context: Context) -> None:
    person = decide_about(context, body.person)
    if person.role == Role.WAITING:
        raise Rejected("exists")
    told = about(context, person)
    sessions = context.sessions_of(person.id)
    person.wants, person.role, person.joined_ms = person.role, Role.WAITING, context.time_ms
    person.before = person.returns = ""
    note_host(state, person)
    note_known(context.doors(), person.id, Role.WAITING, person.name)
    context.renew(person)
    for session in sessions:
        gone = {"person": person.id, "number": session.number, "reason": "lobby"}
        context.emit("left", gone, told)
    knocked(context, person)
    check_hosts(state, context)


def knocked(context: Context, person: Person) -> None:
    told = {"person": person.id, "name": person.name, "since_ms": person.joined_ms}
    context.emit("knocked", told, context.persons_with(STAFF))


def let_in(state: RosterState, person: Person, context: Context) -> None:
    """Makes somebody who waits a member of the room."""
    person.role, person.wants = person.wants or Role.PARTICIPANT, ""
    person.joined_ms = context.time_ms
    give_colour(context.conference, person)
    note_host(state, person)
    context.renew(person)
    for session in context.sessions_of(person.id):
        joined(context, session, person)
        if not session.attached:
            away = {"person": person.id, "number": session.number}
            context.emit("away", away, about(context, person))


# Who hosts


def note_host(state: RosterState, person: Person) -> None:
    """Keeps the list of hosts after a role changed."""
    if person.role == Role.HOST:
        state.had_host = True
        if person.id not in state.hosts:
            state.hosts.append(person.id)
    elif person.id in state.hosts:
        state.hosts.remove(person.id)


def check_hosts(state: RosterState, context: Context) -> None:
    """Counts down while no host is here; whoever is here longest takes over then."""
    here = any(context.present(person) for person in state.hosts)
    if here or not state.had_host:
        context.cancel_timer(HOST_TIMER)
    elif HOST_TIMER not in context.conference.timers:
        grace_ms = context.doors().host_grace_ms
        context.set_timer(HOST_TIMER, context.time_ms + grace_ms)


def succeed(state: RosterState, context: Context) -> None:
    """The time is over: the next co-host, else whoever is here longest, hosts until a host is back.

    Viewers came to look on and are not asked.
    """
    here = [
        p
        for p in context.conference.persons.values()
        if p.role in (Role.COHOST, Role.PRESENTER, Role.PARTICIPANT) and context.present(p.id)
    ]
    if not here or any(context.present(person) for person in state.hosts):
        return
    successor = min(here, key=lambda p: (p.role != Role.COHOST, p.joined_ms))
    for id_ in list(state.hosts):
        absent = context.conference.persons[id_]
        absent.returns, absent.before = Role.HOST if not absent.before else "", ""
        give(state, absent, Role.COHOST, context)
    successor.before = successor.role
    give(state, successor, Role.HOST, context)


def host_is_back(state: RosterState, person: Person, context: Context) -> None:
    """Whoever stood in goes back to what they were."""
    person.before = person.returns = ""
    if person.role == Role.WAITING:
        person.wants = Role.HOST
        context.emit("admitted", {"persons": [person.id]}, context.persons_with(STAFF))
        let_in(state, person, context)
    give(state, person, Role.HOST, context)
    for id_ in list(state.hosts):
        other = context.conference.persons[id_]
        if other.before and other.id != person.id:
            before, other.before = other.before, ""
            give(state, other, before, context)
