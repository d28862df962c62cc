"""Breakouts: rooms beside the room. Each is a conference of its own, on any server.

The main room's log decides who may be where and until when. What a breakout has to be told lies in
the main room's state as numbered orders until somebody has put them into the breakout's own log,
and what comes back (its notes, its polls) until it lies in the main room's. Both sides take an
order once, so any server may carry them, again and again, until both logs show it (DESIGN, "Two
logs").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.apps.breakouts.operations import (
    ASSIGNED_MAX,
    BROADCAST_CHARACTERS_MAX,
    MINUTES_MAX,
    NAME_CHARACTERS_MAX,
    PERSON_CHARACTERS_MAX,
    RECALL_S_MAX,
    RESULT_CHARACTERS_MAX,
    ROOMS_MAX,
    Assign,
    Back,
    Belong,
    Broadcast,
    Collected,
    Create,
    End,
    Enter,
    Extend,
    Open,
    Recall,
    Told,
)
from folkmoot.apps.breakouts.state import (
    BELONG,
    CLOSED,
    CLOSING,
    DRAFT,
    END,
    OPEN,
    RESULTS_MAX,
    BreakoutsState,
    Result,
    Room,
    conference_of,
    may_enter,
    to_carry,
)
from folkmoot.apps.texts import clean_name, clean_text
from folkmoot.conference.application import Context, Defaults, Rejected, SessionChange
from folkmoot.conference.doors import FOR_GOOD
from folkmoot.conference.rights import EVERYONE, STAFF, Right, Rights
from folkmoot.conference.state import ConferenceState, Session

END_TIMER: Final = "breakouts/end"
MINUTE_MS: Final = 60_000


class Breakouts(Defaults):
    """Keeps the rooms beside a room, and who is in which."""

    name: ClassVar[str] = "breakouts"
    since: ClassVar[int] = 2
    state_type: ClassVar[type[Any]] = BreakoutsState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "create": Create,
        "assign": Assign,
        "open": Open,
        "extend": Extend,
        "broadcast": Broadcast,
        "recall": Recall,
        "enter": Enter,
        "back": Back,
    }
    service_operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "told": Told,
        "collected": Collected,
        "belong": Belong,
        "end": End,
    }
    rights: ClassVar[Rights] = {
        "create": Right(STAFF),
        "assign": Right(STAFF),
        "open": Right(STAFF),
        "extend": Right(STAFF),
        "broadcast": Right(STAFF),
        "recall": Right(STAFF),
        "enter": Right(EVERYONE),
        "back": Right(EVERYONE),
    }

    def initial(self) -> BreakoutsState:
        return BreakoutsState()

    def reduce(self, state: BreakoutsState, body: Any, context: Context) -> None:
        _STEPS[type(body)](state, body, context)

    def on_session(
        self,
        state: BreakoutsState,
        change: SessionChange,
        session: Session,
        reason: str,
        context: Context,
    ) -> None:
        if change is not SessionChange.CLOSED or session.person not in state.inside:
            return
        others = context.conference.sessions.values()
        if all(other.person != session.person for other in others):
            del state.inside[session.person]
            _tell_moved(session.person, 0, context)

    def on_timer(self, state: BreakoutsState, id_: str, context: Context) -> None:
        if state.phase in (OPEN, CLOSING):
            _close(state, context)

    def view(self, state: BreakoutsState, conference: ConferenceState, person: str) -> Any:
        if state.main:
            return {"main": state.main, "name": state.name}
        told = _shown(state) | {
            "yours": state.assigned.get(person, 0),
            "inside": state.inside.get(person, 0),
            "results": state.results,
        }
        if conference.persons[person].role in STAFF:
            told |= {"assigned": dict(state.assigned), "people": dict(state.inside)}
        return told


def _create(state: BreakoutsState, body: Create, context: Context) -> None:
    if state.main:
        raise Rejected("not_allowed", "A breakout has no breakouts of its own.")
    if state.phase in (OPEN, CLOSING):
        raise Rejected("exists", "Call everybody back before you make other rooms.")
    if not body.names:
        raise Rejected("empty")
    if len(body.names) > ROOMS_MAX:
        raise Rejected("limit_reached", f"At most {ROOMS_MAX} rooms.")
    for name in body.names:
        clean_name(name, NAME_CHARACTERS_MAX)
    leaving = to_carry(state)
    if len(leaving) > ROOMS_MAX:
        raise Rejected("limit_reached", "The last rooms are still being closed. Try again soon.")
    state.leaving = leaving
    state.rooms = [Room(name) for name in body.names]
    state.phase, state.choose, state.deadline_ms = DRAFT, body.choose, 0
    state.assigned, state.inside = {}, {}
    _tell_changed(state, context)


def _assign(state: BreakoutsState, body: Assign, context: Context) -> None:
    if state.phase not in (DRAFT, OPEN):
        raise Rejected("not_found", "There are no rooms to go to.")
    if len(body.rooms) > ASSIGNED_MAX:
        raise Rejected("limit_reached")
    if not all(0 <= number <= len(state.rooms) for number in body.rooms.values()):
        raise Rejected("not_found", "There is no such room.")
    persons = context.conference.persons
    changed = {
        person: number
        for person, number in body.rooms.items()
        if person in persons and state.assigned.get(person, 0) != number
    }
    for person, number in changed.items():
        if number:
            state.assigned[person] = number
        else:
            state.assigned.pop(person, None)
    if changed:
        context.emit("assigned", {"rooms": changed}, context.persons_with(STAFF))
    for person, number in changed.items():
        context.emit("yours", {"room": number}, (person,))


def _open(state: BreakoutsState, body: Open, context: Context) -> None:
    if state.phase != DRAFT:
        raise Rejected("not_found", "There are no rooms to open.")
    if not 0 <= body.minutes <= MINUTES_MAX:
        raise Rejected("malformed", f"At most {MINUTES_MAX} minutes.")
    conference = context.conference
    for number, room in enumerate(state.rooms, 1):
        room.conference = conference_of(
            conference.conference, conference.epoch, context.event_id, number
        )
        room.ordered = BELONG
    state.phase = OPEN
    if body.minutes:
        _set_deadline(state, context.time_ms + body.minutes * MINUTE_MS, context)
    _tell_changed(state, context)


def _extend(state: BreakoutsState, body: Extend, context: Context) -> None:
    if state.phase not in (OPEN, CLOSING):
        raise Rejected("not_found", "No rooms are open.")
    if not 1 <= body.minutes <= MINUTES_MAX:
        raise Rejected("malformed", f"From 1 to {MINUTES_MAX} minutes.")
    state.phase = OPEN
    from_ms = max(state.deadline_ms, context.time_ms)
    _set_deadline(state, from_ms + body.minutes * MINUTE_MS, context)
    _tell_changed(state, context)


def _broadcast(state: BreakoutsState, body: Broadcast, context: Context) -> None:
    text = clean_text(body.text, BROADCAST_CHARACTERS_MAX)
    if state.phase not in (OPEN, CLOSING):
        raise Rejected("not_found", "No rooms are open.")
    context.emit("broadcast", {"text": text, "name": context.author.name})


def _recall(state: BreakoutsState, body: Recall, context: Context) -> None:
    if state.phase not in (OPEN, CLOSING):
        raise Rejected("not_found", "No rooms are open.")
    if not 0 <= body.seconds <= RECALL_S_MAX:
        raise Rejected("malformed", f"At most {RECALL_S_MAX} seconds.")
    if body.seconds == 0:
        _close(state, context)
        return
    state.phase = CLOSING
    _set_deadline(state, context.time_ms + body.seconds * 1000, context)
    _tell_changed(state, context)


def _enter(state: BreakoutsState, body: Enter, context: Context) -> None:
    author = context.author
    if state.phase not in (OPEN, CLOSING):
        raise Rejected("not_found", "No rooms are open.")
    if not 1 <= body.room <= len(state.rooms):
        raise Rejected("not_found", "There is no such room.")
    if not may_enter(state, author.id, author.role, body.room):
        raise Rejected("not_allowed", "You are not assigned to this room.")
    if state.inside.get(author.id) != body.room:
        state.inside[author.id] = body.room
        _tell_moved(author.id, body.room, context)


def _back(state: BreakoutsState, body: Back, context: Context) -> None:
    author = context.author
    if state.inside.pop(author.id, None) is not None:
        _tell_moved(author.id, 0, context)


def _told(state: BreakoutsState, body: Told, context: Context) -> None:
    room = _find(state, body.conference)
    if not room.told < body.through <= room.ordered:
        raise Rejected("exists")
    room.told = body.through


def _collected(state: BreakoutsState, body: Collected, context: Context) -> None:
    room = _find(state, body.conference)
    if room.ordered != END or room.collected:
        raise Rejected("exists")
    if len(body.text) > RESULT_CHARACTERS_MAX or body.messages < 0:
        raise Rejected("too_large")
    room.collected = True
    state.leaving = [other for other in state.leaving if other is not room]
    if body.text:
        result = Result(room.name, context.time_ms, body.text, body.shortened, body.messages)
        state.results.append(result)
        del state.results[:-RESULTS_MAX]
        context.emit("collected", msgspec.to_builtins(result))


def _belong(state: BreakoutsState, body: Belong, context: Context) -> None:
    if state.main or state.phase:
        raise Rejected("exists")
    if not body.main or len(body.main) > PERSON_CHARACTERS_MAX:
        raise Rejected("malformed")
    name = clean_name(body.name, NAME_CHARACTERS_MAX)
    state.main, state.name = body.main, name
    context.emit("belongs", {"main": state.main, "name": name})


def _end(state: BreakoutsState, body: End, context: Context) -> None:
    if not state.main:
        raise Rejected("not_found")
    state.ended = True
    context.doors().ended = FOR_GOOD
    for session in list(context.conference.sessions):
        context.close_session(session, "recalled")


def _find(state: BreakoutsState, conference: str) -> Room:
    for room in (*state.rooms, *state.leaving):
        if room.conference == conference and conference:
            return room
    raise Rejected("not_found")


def _close(state: BreakoutsState, context: Context) -> None:
    state.phase, state.deadline_ms = CLOSED, 0
    state.inside = {}
    context.cancel_timer(END_TIMER)
    for room in state.rooms:
        room.ordered = END
    _tell_changed(state, context)


def _set_deadline(state: BreakoutsState, deadline_ms: int, context: Context) -> None:
    state.deadline_ms = deadline_ms
    context.set_timer(END_TIMER, deadline_ms)


def _shown(state: BreakoutsState) -> dict[str, Any]:
    return {
        "phase": state.phase,
        "choose": state.choose,
        "rooms": [room.name for room in state.rooms],
        "deadline_ms": state.deadline_ms,
    }


def _tell_changed(state: BreakoutsState, context: Context) -> None:
    context.emit("changed", _shown(state))


def _tell_moved(person: str, room: int, context: Context) -> None:
    """Who is where is for the staff, and for the person on other devices."""
    audience = dict.fromkeys((*context.persons_with(STAFF), person))
    context.emit("moved", {"person": person, "room": room}, tuple(audience))


_STEPS: Final[Mapping[type[Any], Callable[[BreakoutsState, Any, Context], None]]] = {
    Create: _create,
    Assign: _assign,
    Open: _open,
    Extend: _extend,
    Broadcast: _broadcast,
    Recall: _recall,
    Enter: _enter,
    Back: _back,
    Told: _told,
    Collected: _collected,
    Belong: _belong,
    End: _end,
}
