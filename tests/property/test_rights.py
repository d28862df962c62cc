"""Every role, setting and operation: allowed or refused as the table says, on all replicas alike,
and nobody is sent what is not theirs."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.apps import all_applications
from folkmoot.conference.application import Emitted
from folkmoot.conference.batch import AttachEntry, AwayEntry, decode_batch
from folkmoot.conference.levels import operations_at
from folkmoot.conference.machine import Machine, new_state
from folkmoot.conference.replica import Replica
from folkmoot.conference.rights import (
    LOCKABLE,
    SETTINGS,
    STAFF,
    Locks,
    Right,
    Role,
    allowed,
)
from folkmoot.conference.snapshot import decode_snapshot, encode_snapshot
from folkmoot.conference.state import LEVEL
from folkmoot.protocol.frames import Bye, Events, Welcome
from folkmoot.settings import Settings
from folkmoot.testing import room_settings
from folkmoot.testing.batches import LogWriter, operation
from folkmoot.testing.hosts import HostBench
from folkmoot.testing.people import Meeting

OPERATIONS = [
    (name, type_, application.rights.get(type_))
    for name, application in all_applications().items()
    for type_ in operations_at(application, LEVEL)
]
SUBSETS = [[], [Role.PARTICIPANT], [Role.VIEWER], list(LOCKABLE)]
SAYS_NOTHING = 7
"""A body that fits no operation: it is refused as malformed where the right was there."""


def may(right: Right | None, role: str, open_to: list[Role] | None, suspended: bool) -> bool:
    """The table, said once more and simply."""
    if right is None or role not in right.roles:
        return False
    if not right.setting or role in STAFF:
        return True
    if suspended and SETTINGS[right.setting].activity:
        return False
    usual = SETTINGS[right.setting].open_to
    return role == Role.PRESENTER or role in (usual if open_to is None else open_to)


def test_the_page_has_the_settings_of_the_table() -> None:
    assert room_settings.FILE.read_text("utf-8") == room_settings.source(), "run `make web-types`"


def test_every_operation_is_decided_as_the_table_says_for_every_role_and_setting() -> None:
    meeting = Meeting().with_roles()
    twin = Machine(new_state("room", "e1", LEVEL), all_applications())
    tried = 0
    for suspended in (False, True):
        meeting.do("host", "roster", "suspend", {"on": suspended})
        for open_to in (None, *SUBSETS):
            for setting, usual in SETTINGS.items():
                roles = list(usual.open_to) if open_to is None else open_to
                meeting.do("host", "roster", "allow", {"setting": setting, "roles": roles})
            for app, type_, right in OPERATIONS:
                for role in Role:
                    code = meeting.do(role, app, type_, SAYS_NOTHING)
                    wanted = may(right, role, open_to, suspended)
                    assert code == ("malformed" if wanted else "not_allowed"), (app, type_, role)
                    tried += 1
    assert tried == 2 * 5 * len(OPERATIONS) * len(Role)
    for message in meeting.log.messages:
        batch = decode_batch(message.payload)
        twin.apply(message.sequence, message.time_ms, message.payload, batch)
    assert twin.state.digest == meeting.state.digest


@given(
    role=st.sampled_from(list(Role)),
    operation_=st.sampled_from(OPERATIONS),
    open_to=st.sampled_from(SUBSETS),
    suspended=st.booleans(),
)
def test_the_table_is_what_it_says(
    role: Role, operation_: Any, open_to: list[Role], suspended: bool
) -> None:
    _, _, right = operation_
    closed = {right.setting: [r.value for r in open_to]} if right and right.setting else {}
    locks = Locks(closed, suspended)
    assert allowed(right, role, locks) == may(right, role, open_to, suspended)


# On the wire

PEOPLE = ("host", "co-host", "presenter", "participant", "viewer", "zoe", "yan")

step = st.one_of(
    st.tuples(st.just("post"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("rename"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("join"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("lose"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("back"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("leave"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("admit"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("to_lobby"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("remove"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("lobby"), st.booleans()),
    st.tuples(st.just("see_people"), st.sampled_from(SUBSETS)),
    st.tuples(st.just("role"), st.sampled_from(PEOPLE), st.sampled_from(list(Role)[:5])),
    st.tuples(st.just("commit"), st.just(0)),
)


class Wire:
    """Two servers and one log, people on both, and a machine of our own that reads the log."""

    def __init__(self) -> None:
        self.log = LogWriter()
        self.servers = [
            HostBench(
                Settings(rejections_per_minute_max=100_000),
                server=f"server-{n}.1",
                log=self.log,
                replica=Replica("room", "e1", all_applications(), new_state("room", "e1", LEVEL)),
            )
            for n in range(2)
        ]
        self.twin = Machine(new_state("room", "e1", LEVEL), all_applications())
        self.seen: dict[tuple[int, int], tuple[Emitted, frozenset[str]]] = {}
        self.joins = 0
        self.connections: dict[str, tuple[HostBench, int, str]] = {}
        self.owners: dict[tuple[int, int], str] = {}
        self.counters: dict[str, int] = {}
        self.generations: dict[str, int] = {}

    def join(self, person: str) -> None:
        if person in self.connections:
            return
        self.joins += 1
        server = self.servers[self.joins % 2]
        session = f"{person}/{self.joins}"
        role = person if person in list(Role) else Role.PARTICIPANT
        server.join(self.joins, session, person, role=role)
        self._connected(server, person, session)
        self.generations[session] = 1

    def _connected(self, server: HostBench, person: str, session: str) -> None:
        self.connections[person] = (server, self.joins, session)
        self.owners[self.servers.index(server), self.joins] = person

    def back(self, person: str) -> None:
        """Over the other server."""
        if person not in self.connections:
            return
        old, connection, session = self.connections[person]
        position = old.host.members[connection].position if connection in old.host.members else 0
        old.host.disconnected(connection, old.now_ms)
        self.joins += 1
        server = self.servers[1 - self.servers.index(old)]
        self.generations[session] += 1
        server.resume(
            self.joins, self.generations[session], position, session=session, person=person
        )
        self._connected(server, person, session)

    def do(self, person: str, app: str, type_: str, body: object) -> None:
        if person not in self.connections:
            return
        server, connection, _ = self.connections[person]
        member = server.host.members.get(connection)
        if member is None or not member.attached:
            return
        server.say(connection, member.next_counter, app=app, type_=type_, body=body)

    def commit(self) -> None:
        """All servers store and hear of everything."""
        while True:
            before = self.log.last
            for server in self.servers:
                for batch, message in server.store():
                    for other in self.servers:
                        other.host.live_message(message, other.now_ms)
                    server.host.published(batch, message.sequence, server.now_ms)
            if self.log.last == before:
                break
        for server in self.servers:
            server.flush()
        for message in self.log.messages[len(self.seen_messages) :]:
            self._read(message)
        for person, (server, connection, _) in list(self.connections.items()):
            if connection in server.closed:
                del self.connections[person]

    @property
    def seen_messages(self) -> range:
        return range(self.twin.state.sequence)

    def _read(self, message: Any) -> None:
        batch = decode_batch(message.payload)
        applied = self.twin.apply(message.sequence, message.time_ms, message.payload, batch)
        persons = self.twin.state.persons
        inside = frozenset(p.id for p in persons.values() if p.role != Role.WAITING)
        for event in applied.events:
            may_see = inside if event.audience is None else frozenset(event.audience)
            self.seen[message.sequence, event.index] = (event, may_see)

    def check(self) -> None:
        for at, server in enumerate(self.servers):
            assert server.host.replica.state.digest == self.twin.state.digest
            for connection, frames in server.frames.items():
                self._check_frames(self.owners[at, connection], frames)

    def _check_frames(self, person: str, frames: list[Any]) -> None:
        waits = False
        for frame in frames:
            if isinstance(frame, Welcome):
                waits = "lobby" in frame.state.get("roster", {})
                assert not waits or set(frame.state) == {"roster"}
            elif isinstance(frame, Events):
                assert not waits, "who waits is sent no events"
                for event in frame.batch.events:
                    emitted, may_see = self.seen[frame.batch.sequence, event.index]
                    assert bytes(event.body) == bytes(emitted.body)
                    assert person in may_see, (person, event.type)
            elif isinstance(frame, Bye):
                assert frame is frames[-1]


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(step, min_size=5, max_size=60))
def test_nobody_is_sent_what_is_not_theirs(steps: list[Any]) -> None:
    wire = Wire()
    for person in PEOPLE[:5]:
        wire.join(person)
        wire.commit()
    for number, (what, *arguments) in enumerate(steps):
        first = arguments[0]
        if what == "commit":
            wire.commit()
        elif what == "join":
            wire.join(first)
        elif what == "back":
            wire.back(first)
        elif what == "lose" and first in wire.connections:
            server, _, session = wire.connections[first]
            server.host.add_entry(AwayEntry(session, wire.generations[session]), server.now_ms)
        elif what == "post":
            wire.do(first, "chat", "post", {"text": f"words {number}"})
        elif what == "rename":
            wire.do(first, "roster", "rename", {"name": f"name {number}"})
        elif what == "leave" and first != "host":
            wire.do(first, "roster", "leave", {})
        elif what == "admit":
            wire.do("host", "roster", "admit", {"persons": [first]})
        elif what in ("to_lobby", "remove"):
            wire.do("host", "roster", what, {"person": first})
        elif what == "lobby":
            wire.do("host", "roster", "configure", {"lobby": first})
        elif what == "see_people":
            body = {"setting": "see_people", "roles": [role.value for role in first]}
            wire.do("host", "roster", "allow", body)
        elif what == "role":
            body = {"person": first, "role": arguments[1].value}
            wire.do("host", "roster", "set_role", body)
    wire.commit()
    wire.check()


@settings(max_examples=20, deadline=None)
@given(steps=st.lists(step, min_size=5, max_size=40), at=st.integers(0, 40))
def test_a_snapshot_at_any_place_changes_no_decision(steps: list[Any], at: int) -> None:
    meeting = Meeting().with_roles()
    for role in (Role.PARTICIPANT, Role.VIEWER):
        meeting.add(AttachEntry(f"{role}+", 1, "two.1", None))
    for number, (what, *arguments) in enumerate(steps):
        if number == at:
            packed = encode_snapshot(meeting.state)
            state = decode_snapshot(packed, all_applications())
            meeting.machine = Machine(state, all_applications())
        first = arguments[0]
        if what in ("to_lobby", "remove", "admit"):
            body: Any = {"persons": [first]} if what == "admit" else {"person": first}
            meeting.do("host", "roster", what, body)
        elif what == "role":
            body = {"person": first, "role": arguments[1].value}
            meeting.do("host", "roster", "set_role", body)
        elif isinstance(first, str) and first in meeting.state.sessions:
            meeting.add(operation_of(meeting, first, number))
    twin = Machine(new_state("room", "e1", LEVEL), all_applications())
    for message in meeting.log.messages:
        batch = decode_batch(message.payload)
        twin.apply(message.sequence, message.time_ms, message.payload, batch)
    assert twin.state.digest == meeting.state.digest


def operation_of(meeting: Meeting, session: str, number: int) -> Any:
    held = meeting.state.sessions[session]
    body = {"text": f"words {number}"}
    return operation(
        held.counter + 1, "chat", "post", body, session=session, generation=held.generation
    )
