"""Any log, however it reaches a replica, makes one state; and reducers are total."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from folkmoot.apps import all_applications
from folkmoot.conference.batch import (
    AttachEntry,
    AwayEntry,
    Entry,
    HereEntry,
    RefusedEntry,
    ServiceEntry,
    TimerEntry,
    encode_body,
)
from folkmoot.conference.machine import EXPIRY_PREFIX, canonical
from folkmoot.conference.replica import Replica
from folkmoot.conference.snapshot import decode_snapshot, encode_snapshot
from folkmoot.conference.state import ConferenceState
from folkmoot.ports import LogMessage
from folkmoot.testing.batches import LogWriter, grant, operation

SESSIONS = st.sampled_from(["s1", "s2", "s3"])
GENERATIONS = st.integers(1, 4)
COUNTERS = st.integers(1, 8)
SERVERS = st.sampled_from(["one.1", "two.1", "two.2"])


def joins(session: str, server: str) -> AttachEntry:
    return AttachEntry(session, 1, server, grant(f"person of {session}", proof=session))


ENTRIES: st.SearchStrategy[Entry] = st.one_of(
    st.builds(joins, SESSIONS, SERVERS),
    st.builds(AttachEntry, SESSIONS, GENERATIONS, SERVERS),
    st.builds(
        lambda s, g, c, seen: operation(c, session=s, generation=g, seen=seen),
        SESSIONS,
        GENERATIONS,
        COUNTERS,
        st.integers(0, 9),
    ),
    st.builds(
        lambda s, g, c, d: operation(
            c,
            "documents",
            "create",
            {"document": d, "kind": "text", "title": d},
            session=s,
            generation=g,
        ),
        SESSIONS,
        GENERATIONS,
        COUNTERS,
        st.sampled_from(["d1", "d2"]),
    ),
    st.builds(
        lambda s, g, c: operation(c, "roster", "leave", {}, session=s, generation=g),
        SESSIONS,
        GENERATIONS,
        COUNTERS,
    ),
    st.builds(RefusedEntry, SESSIONS, GENERATIONS, COUNTERS, st.just("malformed")),
    st.builds(AwayEntry, SESSIONS, GENERATIONS),
    st.builds(HereEntry, SESSIONS, GENERATIONS),
    st.builds(lambda s: TimerEntry(EXPIRY_PREFIX + s, 0), SESSIONS),
)


@st.composite
def logs(draw: st.DrawFn) -> LogWriter:
    """Batches of any server with any base, some of them stored twice."""
    log = LogWriter(step=2)
    log.add(joins("s1", "one.1"))
    for _ in range(draw(st.integers(1, 14))):
        if draw(st.booleans()) and draw(st.booleans()):
            log.add_payload(draw(st.sampled_from(log.messages)).payload)
            continue
        known = [0, *(message.sequence for message in log.messages)]
        entries = draw(st.lists(ENTRIES, min_size=1, max_size=6))
        log.add(*entries, server=draw(SERVERS), base=draw(st.sampled_from(known)))
    return log


def fresh(state: ConferenceState | None = None) -> Replica:
    return Replica("room", "e1", all_applications(), state)


def read(log: LogWriter, first: int) -> list[LogMessage]:
    return [
        msgspec.structs.replace(message, previous=-1)
        for message in log.messages
        if message.sequence >= first
    ]


def same(left: Replica, right: Replica) -> None:
    assert left.sequence == right.sequence
    assert left.state.digest == right.state.digest
    assert canonical(left.state) == canonical(right.state)


@given(logs(), st.data())
@settings(max_examples=120, deadline=None)
def test_copies_lost_doubled_late_and_reordered_make_the_same_state(
    log: LogWriter, data: st.DataObject
) -> None:
    whole = fresh()
    whole.receive_page(read(log, 1))
    replica = fresh()
    copies = data.draw(st.lists(st.sampled_from(log.messages), max_size=30))
    for message in copies:
        replica.receive_live(message)
        if data.draw(st.booleans()) and replica.missing is not None:
            page = read(log, replica.missing)
            replica.receive_page(page[: data.draw(st.integers(0, len(page)))])
    replica.expect(log.last)
    if replica.missing is not None:
        replica.receive_page(read(log, replica.missing))
    same(replica, whole)


@given(logs(), st.data())
@settings(max_examples=120, deadline=None)
def test_a_snapshot_and_the_tail_are_the_whole_log(log: LogWriter, data: st.DataObject) -> None:
    whole = fresh()
    whole.receive_page(read(log, 1))
    replica = fresh()
    while replica.sequence < log.last:
        page = read(log, replica.sequence + 1)
        replica.receive_page(page[: data.draw(st.integers(1, len(page)))])
        snapshot = encode_snapshot(replica.state)
        replica = fresh(decode_snapshot(snapshot, all_applications()))
    same(replica, whole)


@given(logs())
@settings(max_examples=120, deadline=None)
def test_every_session_counts_without_gaps_and_nothing_takes_effect_twice(
    log: LogWriter,
) -> None:
    replica = fresh()
    decided: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for message in log.messages:
        before = {id_: s.counter for id_, s in replica.state.sessions.items()}
        (applied,) = replica.receive_live(message)
        for session, outcomes in applied.outcomes.items():
            assert outcomes.through > before.get(session, 0)
            decided[session] = outcomes.through
            for rejection in outcomes.rejected:
                assert before.get(session, 0) < rejection.counter <= outcomes.through
        for held in replica.state.sessions.values():
            assert numbers.setdefault(held.id, held.number) == held.number
            assert held.counter == decided.get(held.id, 0)
        assert not set(replica.state.sessions) & set(replica.state.closed)
    posted = [m.text for m in replica.state.apps["chat"].messages]
    assert len(posted) == len(set(posted))
    for session in ("s1", "s2", "s3"):
        own = [int(text.split()[1]) for text in posted if text.startswith(session)]
        assert own == sorted(own)


# Reducers are total

SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.floats(allow_nan=True),
    st.text(max_size=20),
    st.binary(max_size=20),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
SMALL = st.integers(-1, 4)
TEXTS = st.one_of(st.text(max_size=30), st.sampled_from(["", " ", "pad", "notes", "d1", "text"]))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "name": TEXTS,
    "title": TEXTS,
    "kind": st.sampled_from(["text", "rich", "other"]),
    "document": st.sampled_from(["pad", "notes", "d1", "Not an id", ""]),
    "from": SMALL,
    "to": SMALL,
    "update": st.binary(max_size=6),
    "upto": st.integers(0, 30),
    "object": TEXTS,
    "sha256": TEXTS,
    "bytes": SMALL,
    "sequence": st.integers(0, 30),
    "index": SMALL,
    "reason": TEXTS,
}
NAMES = [
    (app, type_, service)
    for app, application in all_applications().items()
    for service, types in ((False, application.operations), (True, application.service_operations))
    for type_ in types
]


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, str, bool, msgspec.Raw]:
    """Often of the right shape with odd values, sometimes anything at all."""
    app, type_, service = draw(st.sampled_from(NAMES))
    application = all_applications()[app]
    known = application.service_operations if service else application.operations
    fields = [f.encode_name for f in msgspec.structs.fields(known[type_])]
    value = draw(
        st.one_of(st.fixed_dictionaries({name: FIELDS.get(name, SMALL) for name in fields}), VALUES)
    )
    return app, type_, service, encode_body(value)


def untouched_parts(state: ConferenceState) -> bytes:
    """All that a rejected operation must not change."""
    parts = (state.apps, state.persons, state.timers, state.closed, list(state.sessions))
    return msgspec.msgpack.Encoder(order="deterministic").encode(parts)


@given(st.lists(bodies(), max_size=12))
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_reducers_take_or_reject_whatever_comes(
    operations: list[tuple[str, str, bool, msgspec.Raw]],
) -> None:
    log = LogWriter()
    replica = fresh()
    replica.receive_live(log.add(joins("s1", "one.1")))
    counter = 0
    for app, type_, service, body in operations:
        before = untouched_parts(replica.state)
        if service:
            entry: Entry = ServiceEntry("documents-1", "x", app, type_, body)
        else:
            counter += 1
            entry = operation(counter, app, type_, body)
        (applied,) = replica.receive_live(log.add(entry))
        rejected = [o for o in applied.outcomes.values() if o.rejected]
        if rejected or (service and not applied.events):
            assert untouched_parts(replica.state) == before
            assert applied.events == []
        if "s1" not in replica.state.sessions:
            break
        assert service or replica.state.sessions["s1"].counter == counter
    loaded = decode_snapshot(encode_snapshot(replica.state), all_applications())
    assert canonical(loaded) == canonical(replica.state)


def test_the_order_of_hashes_reaches_no_digest() -> None:
    code = (
        "from folkmoot.simulation.schedule import Schedule\n"
        "made = Schedule(11); made.run()\n"
        "for server in made.servers:\n"
        "    for name, room in sorted(server.rooms.items()):\n"
        "        print(name, room.host.replica.sequence, room.host.replica.state.digest.hex())\n"
    )

    def digests(hash_seed: str) -> str:
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    first = digests("1")
    assert first == digests("4242")
    assert "room-1" in first and "room-2" in first
