"""Roster: who is in the conference, in which role, behind which doors, and present or away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.apps.roster import attendance, doors, people, telling
from folkmoot.apps.roster import operations as ops
from folkmoot.apps.roster.colours import give_colour, give_colours
from folkmoot.apps.roster.state import RosterState
from folkmoot.apps.texts import clean_name
from folkmoot.conference.application import Context, Defaults, Later, SessionChange
from folkmoot.conference.rights import STAFF, Rights, Role
from folkmoot.conference.state import ConferenceState, Person, Session
from folkmoot.protocol.limits import NAME_CHARACTERS_MAX

EMPTY_TIMER: Final = "roster/empty"


class Roster(Defaults):
    """Tells of comings and goings, and keeps the doors. From level 2 on with roles."""

    name: ClassVar[str] = "roster"
    state_type: ClassVar[type[Any]] = RosterState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = ops.FIRST
    later: ClassVar[Later] = {2: ops.SECOND}
    rights: ClassVar[Rights] = ops.RIGHTS

    def initial(self) -> RosterState:
        return RosterState()

    def reduce(self, state: RosterState, body: Any, context: Context) -> None:
        if isinstance(body, ops.Rename):
            name = clean_name(body.name, NAME_CHARACTERS_MAX)
            people.rename(context.author, name, context)
        elif isinstance(body, ops.Leave):
            if context.session is not None:
                context.close_session(context.session.id, "left")
        elif isinstance(body, ops.RenamePerson):
            people.rename_person(body, context)
        elif isinstance(body, ops.SetRole):
            people.set_role(state, body, context)
        elif isinstance(body, ops.HandOver):
            people.hand_over(state, body, context)
        elif isinstance(body, ops.Remove):
            people.remove(state, body, context)
        elif isinstance(body, ops.ToLobby):
            people.to_lobby(state, body, context)
            attendance.note(state, people.find(context, body.person), context)
        else:
            self._doors(state, body, context)

    def _doors(self, state: RosterState, body: Any, context: Context) -> None:
        if isinstance(body, ops.Admit):
            doors.admit(state, body, context)
        elif isinstance(body, ops.AdmitAll):
            doors.admit_all(state, context)
        elif isinstance(body, ops.Deny):
            doors.deny(body, context)
        elif isinstance(body, ops.TellWaiting):
            doors.tell_waiting(body, context)
        elif isinstance(body, ops.Unban):
            doors.unban(body.person, context)
        elif isinstance(body, ops.Configure):
            doors.configure(state, body, context)
        elif isinstance(body, ops.Allow):
            doors.allow(body, context)
        elif isinstance(body, ops.Suspend):
            doors.suspend(body, context)
        elif isinstance(body, ops.End):
            doors.end(context.doors(), "ended", context)
        for person in context.renewed:
            attendance.note(state, person, context)

    def on_level(self, state: RosterState, context: Context) -> None:
        for person in context.conference.persons.values():
            people.note_host(state, person)
            attendance.note(state, person, context)
        give_colours(context.conference)
        people.check_hosts(state, context)

    def on_session(
        self,
        state: RosterState,
        change: SessionChange,
        session: Session,
        reason: str,
        context: Context,
    ) -> None:
        person = context.conference.persons[session.person]
        if context.level >= 2:
            self._reckon(state, change, person, context)
        if person.role == Role.WAITING:
            self._waiting(change, person, context)
        elif change is SessionChange.JOINED:
            if context.level >= 2:
                give_colour(context.conference, person)
            telling.joined(context, session, person)
        else:
            told: dict[str, object] = {"person": session.person, "number": session.number}
            closed = change is SessionChange.CLOSED
            if closed:
                told["reason"] = reason
            about = telling.about(context, person)
            context.emit("left" if closed else change.value, told, about)

    def _waiting(self, change: SessionChange, person: Person, context: Context) -> None:
        """Of those who wait, the staff are told, by person."""
        sessions = len(context.sessions_of(person.id))
        if change is SessionChange.JOINED and sessions == 1:
            people.knocked(context, person)
        elif change is SessionChange.CLOSED and sessions == 0:
            context.emit("gone", {"person": person.id}, context.persons_with(STAFF))

    def _reckon(
        self, state: RosterState, change: SessionChange, person: Person, context: Context
    ) -> None:
        """Who hosts, who was here, and whether anybody is."""
        gone = change is SessionChange.CLOSED and not context.sessions_of(person.id)
        attendance.note(state, person, context)
        if gone:
            attendance.note_gone(state, person)
            if person.id in state.hosts:
                state.hosts.remove(person.id)
        elif change is not SessionChange.AWAY and (
            person.returns or (change is SessionChange.JOINED and person.role == Role.HOST)
        ):
            people.note_host(state, person)
            if person.returns or not person.before:
                people.host_is_back(state, person, context)
        people.check_hosts(state, context)
        self._check_empty(context)

    def _check_empty(self, context: Context) -> None:
        settings = context.doors()
        if context.anybody_present:
            settings.empty_since_ms = 0
            context.cancel_timer(EMPTY_TIMER)
        elif not settings.empty_since_ms:
            settings.empty_since_ms = context.time_ms
            if settings.close_when_empty_ms:
                context.set_timer(EMPTY_TIMER, context.time_ms + settings.close_when_empty_ms)

    def on_timer(self, state: RosterState, id_: str, context: Context) -> None:
        if id_ == people.HOST_TIMER:
            people.succeed(state, context)
        elif id_ == EMPTY_TIMER and not context.anybody_present:
            doors.end(context.doors(), "empty", context)

    def view(self, state: RosterState, conference: ConferenceState, person: str) -> Any:
        own = conference.persons.get(person)
        if own is not None and own.role == Role.WAITING:
            message = conference.doors.message if conference.doors else ""
            return {"lobby": {"since_ms": own.joined_ms, "message": message}}
        view = telling.people_for(conference, person)
        staff = own is not None and own.role in STAFF
        view["doors"] = telling.doors_shown(conference.doors, staff=staff)
        view["locks"] = telling.locks_shown(conference.locks)
        if staff:
            view["waiting"] = telling.waiting(conference)
        return view
