"""Meetings: a conference with people of several roles, for tests of what they say and see.

Each person's client is fed with the very frames that a server would write, so that what goes over
the wire is what is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from folkmoot.apps import all_applications
from folkmoot.client.state import ConferenceView, Event
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import AttachEntry, AwayEntry, Entry, Grant, TimerEntry
from folkmoot.conference.levels import exist_at
from folkmoot.conference.replica import Replica
from folkmoot.conference.snapshot import decode_snapshot, encode_snapshot
from folkmoot.protocol.frames import Events, decode_server, join_frames
from folkmoot.protocol.position import Position
from folkmoot.servers.collaboration.delivery import Delivery
from folkmoot.testing.batches import LogWriter, newest_replica, operation


class Meeting:
    """Shape: `seen` holds what each person was told, `frames` the bytes that told it."""

    def __init__(self, roles: Mapping[str, str]) -> None:
        self.log = LogWriter()
        self.applications = all_applications()
        self.replica = newest_replica()
        self.seen: dict[str, list[Event]] = {}
        self.frames: dict[str, list[bytes]] = {}
        self.views: dict[str, ConferenceView] = {}
        self._positions: dict[str, int] = {}
        self._counters: dict[str, int] = {}
        for person, role in roles.items():
            self.join(person, role)

    def join(self, person: str, role: str = "participant", session: str = "") -> None:
        grant = Grant(person, person.title(), role, "proof")
        self.add(AttachEntry(session or person, 1, "one.1", grant))
        self._counters[session or person] = 0
        if person not in self.views:
            self.seen[person], self.frames[person] = [], []
            self.views[person] = ConferenceView()
            self.welcome(person)

    def welcome(self, person: str) -> None:
        """The person's client takes over the whole view, as after a long absence."""
        state = self.replica.state
        views = {
            name: msgspec.msgpack.decode(msgspec.msgpack.encode(self.view(name, person)))
            for name in exist_at(self.applications, state.level)
        }
        self.views[person].replace(Position("e1", state.sequence), views)
        self._positions[person] = state.sequence

    def view(self, app: str, person: str) -> Any:
        state = self.replica.state
        view = self.applications[app].view(state.apps[app], state, person)
        return msgspec.msgpack.decode(msgspec.msgpack.encode(view))

    def add(self, *entries: Entry, after_ms: int = 1) -> Applied:
        (applied,) = self.replica.receive_page([self.log.add(*entries, after_ms=after_ms)])
        if applied.events:
            delivery = Delivery(applied)
            for person in self.views:
                if person not in applied.renewed:
                    self._deliver(person, delivery)
        for person in applied.renewed:
            self.welcome(person)
        return applied

    def _deliver(self, person: str, delivery: Delivery) -> None:
        frame = delivery.frame(person, self._positions[person])
        if frame is None:
            return
        self.frames[person].append(frame)
        self._positions[person] = delivery.sequence
        for read in decode_server(join_frames([frame])):
            assert isinstance(read, Events)
            self.seen[person] += self.views[person].advance("e1", read.batch)

    def do(self, session: str, app: str, type_: str, *, after_ms: int = 1, **body: object) -> str:
        """One operation. Returns the code of its rejection, or empty."""
        self._counters[session] += 1
        entry = operation(self._counters[session], app, type_, body, session=session)
        rejected = self.add(entry, after_ms=after_ms).outcomes[session].rejected
        return rejected[0].code if rejected else ""

    def again(self, session: str, app: str, type_: str, **body: object) -> None:
        """The last operation comes once more, with another body: a copy that nobody may take."""
        counter = self._counters[session]
        self.add(operation(counter, app, type_, body, session=session))

    def away(self, session: str) -> None:
        self.add(AwayEntry(session, 1))

    def run_timers(self, prefix: str = "") -> None:
        """Every deadline of these passes, each told twice, as two servers would."""
        due = sorted((t.deadline_ms, i) for i, t in self.replica.state.timers.items())
        for deadline_ms, id_ in due:
            if id_.startswith(prefix) and id_ in self.replica.state.timers:
                wait_ms = max(1, deadline_ms - self.replica.state.time_ms)
                entry = TimerEntry(id_, deadline_ms)
                self.add(entry, entry, after_ms=wait_ms)

    def reload(self) -> None:
        """Another server takes over: the state goes through a snapshot."""
        state = decode_snapshot(encode_snapshot(self.replica.state), self.applications)
        self.replica = Replica("room", "e1", self.applications, state)

    def newest(self, person: str, app: str, key: str) -> str:
        """Id of the youngest entry of a list that the person sees, such as a poll's."""
        entries = getattr(self.views[person], app)[app]
        return str(entries[-1][key])

    def told(self, person: str, app: str) -> list[str]:
        return [event.type for event in self.seen[person] if event.app == app]
