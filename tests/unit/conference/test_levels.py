"""Levels: old and new code on one log agree, and what is above a level is not there."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.apps.chat import Chat
from folkmoot.apps.chat_operations import Post
from folkmoot.apps.chat_state import ChatState
from folkmoot.conference.application import Applications, Context, Defaults, Later, Rejected
from folkmoot.conference.batch import LevelEntry, ServiceEntry, encode_body
from folkmoot.conference.levels import Bodies, operations_at, service_operations_at
from folkmoot.conference.machine import canonical, new_state
from folkmoot.conference.replica import Outdated, Replica
from folkmoot.conference.replicated import State
from folkmoot.conference.rights import EVERYONE, Right, Rights
from folkmoot.conference.snapshot import SnapshotNewer, decode_snapshot, encode_snapshot
from folkmoot.conference.state import LEVEL, LEVEL_FIRST, ConferenceState
from folkmoot.protocol.frames import Rejection
from folkmoot.testing.batches import LogWriter, join, newest_replica, operation

NEXT = LEVEL + 1


class Loud(msgspec.Struct, forbid_unknown_fields=True):
    text: str


class PostTo(Post):
    to: str = ""


class LaterChatState(ChatState):
    loud: int = 0


class LaterChat(Chat):
    """The next version's chat: a new operation, and a body with another shape."""

    state_type: ClassVar[type[Any]] = LaterChatState
    later: ClassVar[Later] = {NEXT: {"loud": Loud, "post": PostTo}}
    rights: ClassVar[Rights] = {**Chat.rights, "loud": Right(EVERYONE)}

    def initial(self) -> LaterChatState:
        return LaterChatState()

    def reduce(self, state: Any, body: Any, context: Context) -> None:
        if isinstance(body, Loud):
            state.loud += 1
            context.emit("loud", {"text": body.text})
        else:
            super().reduce(state, body, context)


class PollsState(State):
    people: list[str] = msgspec.field(default_factory=list)


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    pass


class Polls(Defaults):
    """An application of the next version."""

    name: ClassVar[str] = "raffle"
    since: ClassVar[int] = NEXT
    state_type: ClassVar[type[Any]] = PollsState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {}
    service_operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {"ask": Ask}
    rights: ClassVar[Rights] = {}

    def initial(self) -> PollsState:
        return PollsState()

    def on_level(self, state: PollsState, context: Context) -> None:
        state.people = list(context.conference.persons)

    def reduce(self, state: PollsState, body: Any, context: Context) -> None:
        context.emit("asked", {})

    def view(self, state: PollsState, conference: ConferenceState, person: str) -> Any:
        return {}


def next_applications() -> Applications:
    return {**all_applications(), "chat": LaterChat(), "raffle": Polls()}


@pytest.fixture
def log() -> LogWriter:
    made = LogWriter()
    made.add(join())
    return made


def replicas(log: LogWriter) -> tuple[Replica, Replica]:
    """This version and the next one, after the whole log."""
    old = Replica("room", "e1", all_applications())
    new = Replica("room", "e1", next_applications(), knows=NEXT)
    for replica in (old, new):
        replica.receive_page(log.messages)
    return old, new


def test_two_versions_agree_on_a_log_below_the_newer_ones_level(log: LogWriter) -> None:
    log.add(LevelEntry(LEVEL))
    log.add(operation(1))
    log.add(operation(2, "chat", "loud", {"text": "x"}), operation(3, "raffle", "open", {}))
    log.add(operation(4, body={"text": "x", "to": "bob"}))
    log.add(ServiceEntry("polls-1", "x", "raffle", "ask", encode_body({})))
    for counter in range(5, 300):  # the state itself is in every 256th digest
        log.add(operation(counter, seen=counter - 1))
    old, new = replicas(log)
    assert old.state.digest == new.state.digest
    assert canonical(old.state) == canonical(new.state)
    assert set(new.state.apps) == set(all_applications())


def test_codes_above_the_level_are_those_of_code_that_does_not_know(log: LogWriter) -> None:
    log.add(LevelEntry(LEVEL))
    message = log.add(
        operation(1, "chat", "loud", {"text": "x"}),
        operation(2, "raffle", "open", {}),
        operation(3, body={"text": "x", "to": "bob"}),
    )
    for replica in replicas(log):
        kept = [(r.counter, r.code) for r in replica.state.sessions["s1"].rejected]
        assert kept == [(1, "unknown_operation"), (2, "unknown_application"), (3, "malformed")]
        assert replica.sequence == message.sequence


def test_a_raised_conference_has_what_is_new_and_tells_of_it(log: LogWriter) -> None:
    new = Replica("room", "e1", next_applications(), knows=NEXT)
    new.receive_page(log.messages)
    (raised,) = new.receive_live(log.add(LevelEntry(NEXT)))
    assert raised.level == new.state.level == NEXT
    events = [(e.app, e.type) for e in raised.events]
    assert events == [("conference", "level")]
    assert new.state.apps["raffle"].people == ["ada"]
    (said,) = new.receive_live(
        log.add(operation(1, "chat", "loud", {"text": "x"}), operation(2, body={"text": "y"}))
    )
    assert not said.outcomes["s1"].rejected
    assert [e.type for e in said.events] == ["loud", "posted"]


def test_who_does_not_know_a_level_stops_before_it_unharmed(log: LogWriter) -> None:
    old = Replica("room", "e1", all_applications())
    old.receive_page(log.messages)
    before = old.state.digest
    raising = log.add(operation(1), LevelEntry(NEXT))
    with pytest.raises(Outdated) as stopped:
        old.receive_live(raising)
    assert not stopped.value.poisonous and stopped.value.level == NEXT
    assert (old.sequence, old.state.digest) == (raising.sequence - 1, before)


def test_a_level_in_a_batch_that_is_ignored_stops_nobody(log: LogWriter) -> None:
    old = Replica("room", "e1", all_applications())
    old.receive_page(log.messages)
    old.receive_live(log.add(LevelEntry(NEXT), epoch="e0"))
    assert old.state.level == LEVEL_FIRST


def test_a_level_is_raised_once_and_never_lowered() -> None:
    log, replica = LogWriter(), newest_replica()
    replica.receive_live(log.add(join()))
    for level in (LEVEL, LEVEL_FIRST, 0, -1):
        (applied,) = replica.receive_live(log.add(LevelEntry(level)))
        assert (applied.level, list(applied.events)) == (0, [])
    assert replica.state.level == LEVEL


def test_a_snapshot_of_a_higher_level_is_not_damaged_but_newer(log: LogWriter) -> None:
    new = Replica("room", "e1", next_applications(), knows=NEXT)
    log.add(LevelEntry(NEXT))
    new.receive_page(log.messages)
    data = encode_snapshot(new.state)
    with pytest.raises(SnapshotNewer):
        decode_snapshot(data, all_applications())
    loaded = decode_snapshot(data, next_applications(), knows=NEXT)
    assert canonical(loaded) == canonical(new.state)
    with pytest.raises(Outdated):
        Replica("room", "e1", all_applications(), new_state("room", "e1", NEXT))


def test_exports_came_with_level_two() -> None:
    bodies = Bodies(all_applications(), LEVEL_FIRST)
    with pytest.raises(Rejected, match="unknown_application"):
        bodies.operation("exports", "request")
    assert Bodies(all_applications(), 2).operation("exports", "request") is not None


def test_a_higher_level_only_adds() -> None:
    """What was there stays, under its name; levels have no holes and none is above this code's."""
    told = set()
    for application in all_applications().values():
        assert LEVEL_FIRST <= application.since <= LEVEL
        told |= {application.since, *application.later, *application.service_later}
        for later in (application.later, application.service_later):
            assert all(application.since < since <= LEVEL for since in later), application.name
        for level in range(LEVEL_FIRST, LEVEL):
            assert set(operations_at(application, level)) <= set(
                operations_at(application, level + 1)
            )
            assert set(service_operations_at(application, level)) <= set(
                service_operations_at(application, level + 1)
            )
    assert max(told) == LEVEL, "nothing came with the level: take it back"


# The encoding of the state


def structs_of(type_: Any, seen: set[type]) -> Iterator[type[msgspec.Struct]]:
    """All structs that a value of this type may hold."""
    for argument in typing.get_args(type_):
        yield from structs_of(argument, seen)
    if isinstance(type_, types.GenericAlias) or not isinstance(type_, type) or type_ in seen:
        return
    if issubclass(type_, msgspec.Struct):
        seen.add(type_)
        yield type_
        for field in msgspec.structs.fields(type_):
            yield from structs_of(field.type, seen)


def replicated() -> list[type[msgspec.Struct]]:
    seen: set[type] = set()
    roots = [ConferenceState, *(a.state_type for a in all_applications().values())]
    return [struct for root in roots for struct in structs_of(root, seen)]


ARRAYS = {
    "ForeignAuthor": ("link", "clock"),
    "Rejection": ("counter", "code", "message"),
    "StoredUpdate": ("sequence", "index", "number", "from_", "to", "update"),
}
"""Structs that are encoded as arrays: a field more would change every digest, so they stay."""

ALWAYS_ENCODED = {("ConferenceState", "locks")}
"""Made by a factory that is not `list` or `dict`: always seen. There since level 2; no more."""

REQUIRED = {
    "ConferenceState": {"conference", "epoch"},
    "Person": {"id", "name", "role", "joined_ms"},
    "Session": {"id", "number", "person", "generation", "server", "attached", "proof"},
    "ClosedSession": {"last", "sequence", "reason"},
    "Timer": {"deadline_ms", "app"},
    "Message": {"id", "author", "name", "time_ms", "text"},
    "Document": {"kind", "title"},
    "Base": {"object", "sha256", "upto", "bytes"},
    "Export": {"person", "formats", "requested_ms"},
}
"""Fields without a default of level 2 and before; structs of a higher level are not named here."""


@pytest.mark.parametrize("struct", replicated(), ids=lambda struct: struct.__name__)
def test_a_new_field_of_the_state_changes_no_digest(struct: type[msgspec.Struct]) -> None:
    config = struct.__struct_config__
    if config.array_like:
        assert struct.__struct_fields__ == ARRAYS[struct.__name__]
        return
    assert issubclass(struct, State) and config.omit_defaults
    for field in msgspec.structs.fields(struct):
        seen = field.default_factory not in (msgspec.NODEFAULT, list, dict)
        assert not seen or (struct.__name__, field.name) in ALWAYS_ENCODED, field.name
    if struct.__name__ in REQUIRED:
        required = {f.name for f in msgspec.structs.fields(struct) if f.required}
        assert required == REQUIRED[struct.__name__], "a new field needs a default"


def test_the_walk_finds_structs_within_structs() -> None:
    names = {struct.__name__ for struct in replicated()}
    assert {"Session", "ClosedSession", "Message", "StoredUpdate", "Base", "Export"} <= names
    assert Rejection in replicated()
