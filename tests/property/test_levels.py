"""Two versions of the code on one log: equal digests below the newer level, and then a stop."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.apps import all_applications
from folkmoot.apps.chat import Chat
from folkmoot.apps.exports import Exports
from folkmoot.conference import machine as machine_module
from folkmoot.conference.application import Applications, Context, Later, Rejected
from folkmoot.conference.batch import (
    AwayEntry,
    Entry,
    HereEntry,
    LevelEntry,
    ServiceEntry,
    encode_body,
)
from folkmoot.conference.machine import canonical
from folkmoot.conference.replica import Outdated, Replica
from folkmoot.conference.rights import EVERYONE, Right, Rights
from folkmoot.conference.snapshot import decode_snapshot, encode_snapshot
from folkmoot.conference.state import LEVEL, LEVEL_FIRST
from folkmoot.testing.batches import LogWriter, join, operation

SESSIONS = ("s1", "s2", "s3")


class Clear(msgspec.Struct, forbid_unknown_fields=True):
    pass


class NextChat(Chat):
    """With one operation more."""

    later: ClassVar[Later] = {LEVEL + 1: {"clear": Clear}}
    rights: ClassVar[Rights] = {**Chat.rights, "clear": Right(EVERYONE)}

    def reduce(self, state: Any, body: Any, context: Context) -> None:
        if isinstance(body, Clear):
            if not state.messages:
                raise Rejected("empty")
            state.messages.clear()
            context.emit("cleared", {})
        else:
            super().reduce(state, body, context)


def version(level: int) -> Applications:
    """The applications as code of a level has them: what came later is not there at all."""
    known: dict[str, Any] = dict(all_applications())
    if level == LEVEL_FIRST:
        return {name: app for name, app in known.items() if app.since == LEVEL_FIRST}
    return {**known, "chat": NextChat()} if level > LEVEL else known


def entries() -> st.SearchStrategy[tuple[str, str, str, object]]:
    return st.one_of(
        st.tuples(st.just("op"), st.sampled_from(SESSIONS), st.just("chat"), st.just("post")),
        st.tuples(st.just("op"), st.sampled_from(SESSIONS), st.just("chat"), st.just("clear")),
        st.tuples(st.just("op"), st.sampled_from(SESSIONS), st.just("exports"), st.just("request")),
        st.tuples(st.just("op"), st.sampled_from(SESSIONS), st.just("none"), st.just("x")),
        st.tuples(st.just("service"), st.just(""), st.just("exports"), st.just("removed")),
        st.tuples(st.just("away"), st.sampled_from(SESSIONS), st.just(""), st.just("")),
        st.tuples(st.just("here"), st.sampled_from(SESSIONS), st.just(""), st.just("")),
        st.tuples(st.just("level"), st.just(""), st.just(""), st.just("")),
    )


BODIES = {
    "post": {"text": "hello"},
    "clear": {},
    "request": {"formats": ["json"]},
    "x": {},
    "removed": {"export": "9.0"},
}


@st.composite
def logs(draw: st.DrawFn, level: int) -> LogWriter:
    """Three people, whatever they do, and levels up to this one."""
    log = LogWriter()
    log.add(*(join(session, session) for session in SESSIONS))
    counters = dict.fromkeys(SESSIONS, 0)
    for drawn in draw(st.lists(st.lists(entries(), min_size=1, max_size=4), max_size=12)):
        made: list[Entry] = []
        for kind, session, app, type_ in drawn:
            if kind == "op":
                counters[session] += 1
                body = encode_body(BODIES[str(type_)])
                made.append(operation(counters[session], app, str(type_), body, session=session))
            elif kind == "service":
                body = encode_body(BODIES[str(type_)])
                made.append(ServiceEntry("export-1.a", "x", app, str(type_), body))
            elif kind == "level":
                made.append(LevelEntry(draw(st.integers(0, level))))
            else:
                made.append((AwayEntry if kind == "away" else HereEntry)(session, 1))
        log.add(*made)
    return log


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_module, "STATE_DIGEST_EVERY_BATCHES", 3)


def check_agreement(log: LogWriter, older: int, newer: int) -> None:
    old = Replica("room", "e1", version(older), knows=older)
    new = Replica("room", "e1", version(newer), knows=newer)
    for message in log.messages:
        old.receive_live(message)
        new.receive_live(message)
        assert old.state.digest == new.state.digest, f"differ at {message.sequence}"
    assert canonical(old.state) == canonical(new.state)
    # Each reads what the other has saved.
    loaded = decode_snapshot(encode_snapshot(new.state), version(older), knows=older)
    assert canonical(loaded) == canonical(old.state)


@pytest.mark.parametrize("older", range(LEVEL_FIRST, LEVEL + 1))
def test_two_versions_have_equal_digests_below_the_newer_ones_level(older: int) -> None:
    @given(logs(older))
    @settings(max_examples=80, deadline=None)
    def agree(log: LogWriter) -> None:
        check_agreement(log, older, older + 1)

    agree()


@given(logs(LEVEL), logs(LEVEL + 1))
@settings(max_examples=60, deadline=None)
def test_the_older_one_stops_at_the_raise_and_the_newer_one_goes_on(
    before: LogWriter, after: LogWriter
) -> None:
    old = Replica("room", "e1", version(LEVEL), knows=LEVEL)
    new = Replica("room", "e1", version(LEVEL + 1), knows=LEVEL + 1)
    for message in before.messages:
        old.receive_live(message)
        new.receive_live(message)
    digest = old.state.digest
    raising = before.add(LevelEntry(LEVEL + 1))
    with pytest.raises(Outdated):
        old.receive_live(raising)
    assert old.state.digest == digest
    new.receive_live(raising)
    for message in after.messages:
        new.receive_live(before.add_payload(message.payload))
    assert new.state.level == LEVEL + 1
    assert new.sequence == before.last


def test_an_application_without_its_level_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutation: what came later says that it was always there."""
    monkeypatch.setattr(Exports, "since", LEVEL_FIRST)
    log = LogWriter()
    log.add(join())
    log.add(operation(1, "exports", "request", {"formats": ["json"]}))
    old = {n: a for n, a in all_applications().items() if n != "exports"}
    replicas = [
        Replica("room", "e1", applications, knows=LEVEL_FIRST)
        for applications in (old, all_applications())
    ]
    for replica in replicas:
        replica.receive_page(log.messages)
    assert replicas[0].state.digest != replicas[1].state.digest


def test_an_operation_without_its_level_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NextChat, "operations", {**Chat.operations, "clear": Clear})
    log = LogWriter()
    log.add(join())
    log.add(operation(1))
    log.add(operation(2, "chat", "clear", {}))
    with pytest.raises(AssertionError, match="differ at 3"):
        check_agreement(log, LEVEL, LEVEL + 1)
