"""Attendance: who was here, when, for how long, and how much they wrote."""

from __future__ import annotations

from typing import Any, Final

from folkmoot.apps.roster.state import Attended, RosterState
from folkmoot.conference.application import Context
from folkmoot.conference.rights import Role
from folkmoot.conference.state import ConferenceState, Person

ATTENDED_MAX: Final = 5_000
"""Persons remembered; whoever came first is forgotten first."""

VISITS_MAX: Final = 50
"""Visits told apart for each person; later ones extend the last."""


def note(state: RosterState, person: Person, context: Context) -> None:
    """Opens or closes a visit as the person is here or not."""
    if person.role == Role.WAITING and person.id not in state.attended:
        return
    here = context.present(person.id) and person.role != Role.WAITING
    attended = state.attended.get(person.id)
    if attended is None:
        if not here:
            return
        attended = state.attended[person.id] = Attended(person.name, person.role)
        while len(state.attended) > ATTENDED_MAX:
            del state.attended[next(iter(state.attended))]
    attended.name = person.name
    if person.role != Role.WAITING:
        attended.role = person.role
    visits = attended.visits
    is_open = bool(visits) and visits[-1][1] == 0
    if here and not is_open:
        if len(visits) < VISITS_MAX:
            visits.append([context.time_ms, 0])
        else:
            visits[-1][1] = 0
    elif is_open and not here:
        visits[-1][1] = context.time_ms


def note_gone(state: RosterState, person: Person) -> None:
    """The person's last session closed: what they wrote is added up."""
    attended = state.attended.get(person.id)
    if attended is not None:
        for app, count in person.wrote.items():
            attended.wrote[app] = attended.wrote.get(app, 0) + count


def rows(state: RosterState, conference: ConferenceState) -> list[dict[str, Any]]:
    """Attendance as it stands, in the order of first coming."""
    told = []
    for id_, attended in state.attended.items():
        person = conference.persons.get(id_)
        wrote = dict(attended.wrote)
        for app, count in person.wrote.items() if person else ():
            wrote[app] = wrote.get(app, 0) + count
        visits = [[start, end or conference.time_ms] for start, end in attended.visits]
        told.append(
            {
                "person": id_,
                "name": person.name if person else attended.name,
                "role": person.role if person else attended.role,
                "here": any(end == 0 for _, end in attended.visits),
                "visits": visits,
                "present_ms": sum(end - start for start, end in visits),
                "messages": wrote.get("chat", 0),
                "edits": wrote.get("documents", 0),
            }
        )
    return told
