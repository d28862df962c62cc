"""A meeting: a conference at the newest level with people in roles, for tests of applications."""

from __future__ import annotations

from typing import Any

import msgspec

from folkmoot.apps import all_applications
from folkmoot.conference.application import Emitted
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import AttachEntry, AwayEntry, Entry, Grant, TimerEntry, decode_batch
from folkmoot.conference.machine import Machine, new_state
from folkmoot.conference.rights import Role
from folkmoot.conference.state import LEVEL, ConferenceState
from folkmoot.testing.batches import LogWriter, operation


class Meeting:
    """A machine, the log it applies, and one session for each person that joins.

    Shape: a person's session has the person's id, with `+2` and so on for further ones.
    """

    def __init__(self, level: int = LEVEL) -> None:
        self.log = LogWriter()
        self.machine = Machine(new_state("room", "e1", level), all_applications())
        self.last: Applied = Applied(0, 0, "", 0)

    @property
    def state(self) -> ConferenceState:
        return self.machine.state

    def add(self, *entries: Entry, after_ms: int = 1) -> Applied:
        message = self.log.add(*entries, after_ms=after_ms)
        batch = decode_batch(message.payload)
        machine = self.machine
        self.last = machine.apply(message.sequence, message.time_ms, message.payload, batch)
        return self.last

    def join(
        self, person: str, role: str = Role.PARTICIPANT, *, session: str = "", **grant: Any
    ) -> str:
        """Joins; returns the code of the refusal, or nothing."""
        made = Grant(person, person.title(), role, f"proof {person}", **grant)
        return self.add(AttachEntry(session or person, 1, "one.1", made)).attaches[0].code

    def with_roles(self) -> Meeting:
        """One person in each role, named by it; the host runs the room."""
        self.join("host", Role.HOST)
        for role in (Role.COHOST, Role.PRESENTER, Role.PARTICIPANT, Role.VIEWER):
            self.join(role, role)
        self.do("host", "roster", "configure", {"lobby": True})
        self.join("waiting")
        return self

    def do(self, session: str, app: str, type_: str, body: object) -> str:
        """One operation; returns the code of the rejection, or nothing."""
        held = self.state.sessions[session]
        entry = operation(
            held.counter + 1, app, type_, body, session=session, generation=held.generation
        )
        rejected = self.add(entry).outcomes[session].rejected
        return rejected[0].code if rejected else ""

    def away(self, session: str) -> None:
        self.add(AwayEntry(session, self.state.sessions[session].generation))

    def back(self, session: str) -> str:
        generation = self.state.sessions[session].generation + 1
        return self.add(AttachEntry(session, generation, "one.1")).attaches[0].code

    def fire(self, timer: str) -> bool:
        """Lets a timer's time come, and fires it; False when there is none."""
        found = self.state.timers.get(timer)
        if found is None:
            return False
        self.add(after_ms=max(0, found.deadline_ms - self.state.time_ms))
        self.add(TimerEntry(timer, found.deadline_ms))
        return True

    def role(self, person: str) -> str:
        return self.state.persons[person].role

    def view(self, app: str, person: str) -> Any:
        """A person's view as it goes over the wire."""
        view = all_applications()[app].view(self.state.apps[app], self.state, person)
        return msgspec.msgpack.decode(msgspec.msgpack.encode(view))

    def events(self) -> list[tuple[str, Any]]:
        """Type and body of the last batch's events."""
        return [(event.type, msgspec.msgpack.decode(event.body)) for event in self.last.events]

    def told(self, type_: str) -> tuple[str, ...] | None:
        """Audience of the last batch's event of a type."""
        event: Emitted = next(event for event in self.last.events if event.type == type_)
        return event.audience
