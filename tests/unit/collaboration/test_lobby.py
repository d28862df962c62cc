"""Those who wait in the lobby, are let in or put out: what their connections are sent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from folkmoot.conference.batch import AttachEntry
from folkmoot.conference.doors import PASSCODE_TRIES_MAX, passcode_proof
from folkmoot.conference.rights import Role
from folkmoot.protocol.frames import (
    Bye,
    Events,
    Fault,
    Get,
    Got,
    LiveSend,
    Outcomes,
    ServerFrame,
    Welcome,
)
from folkmoot.servers.collaboration.effects import AnswerLink, PublishLive
from folkmoot.testing.batches import operation
from folkmoot.testing.hosts import HostBench

HOST, GUEST = 1, 2


@pytest.fixture
def bench() -> HostBench:
    """A host inside, a lobby, and a guest who waits."""
    made = HostBench()
    made.join(HOST, "s1", "ada", role=Role.HOST)
    made.commit()
    roster(made, 1, "configure", lobby=True)
    made.join(GUEST, "s2", "bob")
    made.commit()
    return made


def roster(bench: HostBench, counter: int, type_: str, **body: object) -> None:
    bench.say(HOST, counter, app="roster", type_=type_, body=body)
    bench.commit()


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(value))


def kinds(frames: list[ServerFrame]) -> list[str]:
    return [type(frame).__name__ for frame in frames]


def told(frames: list[ServerFrame]) -> list[tuple[str, Any]]:
    events = [e for frame in frames if isinstance(frame, Events) for e in frame.batch.events]
    return [(event.type, msgspec.msgpack.decode(event.body)) for event in events]


def test_who_waits_is_sent_their_waiting_and_nothing_else(bench: HostBench) -> None:
    bench.say(HOST, 2, "a word among us")
    bench.commit()
    bench.say(HOST, 3, "not confirmed yet")
    bench.tick(100)
    bench.host.live_received(b"\x94\xa4live\x01\xa6cursor\x01", bench.now_ms)
    bench.commit()
    frames = bench.take(GUEST)
    assert kinds(frames) == ["Welcome"]
    (welcome,) = frames
    assert isinstance(welcome, Welcome)
    assert set(welcome.state) == {"roster"}
    assert set(welcome.state["roster"]) == {"lobby"}
    for secret in (b"a word among us", b"not confirmed yet", b"Ada", b"cursor"):
        assert secret not in bench.written[GUEST]


def test_who_waits_can_ask_for_nothing(bench: HostBench) -> None:
    bench.take(GUEST)
    member = bench.host.members[GUEST]
    for query in ("views", "chat", "document", "attendance", "link"):
        bench.ingress.get(member, Get(7, query, raw({})), bench.now_ms)
    bench.ingress.live(member, LiveSend("cursor", raw("hi")), bench.now_ms)
    bench.say(GUEST, 1, "let me in")
    bench.commit()
    frames = bench.take(GUEST)
    assert kinds(frames) == ["Fault"] * 5 + ["Outcomes"]
    assert isinstance(frames[-1], Outcomes)
    assert [rejection.code for rejection in frames[-1].rejected] == ["not_allowed"]
    assert not any(isinstance(effect, PublishLive) for effect in bench.others)


def test_who_is_admitted_gets_whole_views_on_the_same_connection(bench: HostBench) -> None:
    bench.say(HOST, 2, "before")
    bench.commit()
    bench.take(GUEST)
    roster(bench, 3, "admit", persons=["bob"])
    (welcome,) = bench.take(GUEST)
    assert isinstance(welcome, Welcome)
    assert not welcome.resumed
    assert welcome.generation == 1
    assert sorted(welcome.state["roster"]["persons"]) == ["ada", "bob"]
    assert [m["text"] for m in welcome.state["chat"]["messages"]] == ["before"]
    bench.say(GUEST, 1, "thanks")
    bench.commit()
    assert told(bench.take(GUEST))[0][1]["text"] == "thanks"
    assert [type_ for type_, _ in told(bench.take(HOST))][-3:] == ["admitted", "joined", "posted"]


def test_who_was_admitted_while_their_connection_was_lost_gets_whole_views(
    bench: HostBench,
) -> None:
    asked = bench.host.members[GUEST].position
    bench.host.disconnected(GUEST, bench.now_ms)
    roster(bench, 2, "admit", persons=["bob"])
    bench.resume(3, 2, asked, session="s2", person="bob")
    bench.commit()
    welcome = bench.take(3)[0]
    assert isinstance(welcome, Welcome)
    assert not welcome.resumed
    assert "chat" in welcome.state


def test_who_is_sent_to_the_lobby_loses_what_was_queued(bench: HostBench) -> None:
    roster(bench, 2, "admit", persons=["bob"])
    bench.take(GUEST)
    bench.written.clear()
    bench.say(HOST, 3, "a secret")
    bench.say(HOST, 4, app="roster", type_="to_lobby", body={"person": "bob"})
    for batch, message in bench.store():
        bench.host.live_message(message, bench.now_ms)
        bench.host.published(batch, message.sequence, bench.now_ms)
    bench.commit()
    frames = bench.take(GUEST)
    assert isinstance(frames[-1], Welcome)
    assert set(frames[-1].state["roster"]) == {"lobby"}
    bench.say(HOST, 5, "among us again")
    bench.commit()
    assert bench.take(GUEST) == []
    assert b"among us again" not in bench.written[GUEST]


def test_who_is_removed_is_told_so_and_nothing_that_was_queued(bench: HostBench) -> None:
    roster(bench, 2, "admit", persons=["bob"])
    bench.take(GUEST)
    bench.written.clear()
    bench.other_server(
        *(
            entry
            for counter, (app, type_, body) in enumerate(
                (
                    ("chat", "post", {"text": "about bob"}),
                    ("roster", "remove", {"person": "bob"}),
                    ("chat", "post", {"text": "he is gone"}),
                ),
                3,
            )
            for entry in [_host_operation(counter, app, type_, body)]
        )
    )
    (bye,) = bench.take(GUEST)
    assert isinstance(bye, Bye)
    assert (bye.code, bye.reason, bye.reconnect) == ("session_closed", "banned", False)
    assert b"about bob" not in bench.written[GUEST]
    assert bench.closed[GUEST] == "session_closed"


def _host_operation(counter: int, app: str, type_: str, body: object) -> Any:
    return operation(counter, app, type_, body, session="s1")


def test_a_removed_session_resumes_nowhere(bench: HostBench) -> None:
    roster(bench, 2, "deny", person="bob", ban=True)
    bench.resume(3, 2, 1, session="s2", person="bob")
    bench.commit()
    bye = bench.take(3)[-1]
    assert isinstance(bye, Bye)
    assert (bye.code, bye.reason) == ("session_closed", "banned")
    bench.join(4, "s4", "bob")
    bench.commit()
    assert bench.closed[4] == "banned"


def test_a_crowd_at_a_locked_door_costs_the_log_nothing(bench: HostBench) -> None:
    roster(bench, 2, "configure", locked=True)
    for connection in range(10, 210):
        bench.join(connection, f"s{connection}", f"p{connection}")
    assert not [e for e in bench.entries() if isinstance(e, AttachEntry)]
    assert {bench.closed[connection] for connection in range(10, 210)} == {"room_locked"}


def test_wrong_passcodes_are_counted_by_the_log_and_then_refused_without_it(
    bench: HostBench,
) -> None:
    roster(bench, 2, "configure", passcode="4711", lobby=False)
    wrong = passcode_proof("room", "0000")
    for connection in range(10, 10 + PASSCODE_TRIES_MAX + 3):
        bench.join(connection, f"s{connection}", f"p{connection}", address="a", passcode=wrong)
        bench.commit()
    codes = [bench.closed[connection] for connection in range(10, 10 + PASSCODE_TRIES_MAX + 3)]
    assert codes == ["passcode_wrong"] * PASSCODE_TRIES_MAX + ["passcode_throttled"] * 3


def test_links_and_attendance_are_for_the_staff_and_ones_own_link_for_everybody(
    bench: HostBench,
) -> None:
    roster(bench, 2, "admit", persons=["bob"])
    bench.take(GUEST)
    for request, kind in enumerate(("viewer", "personal", "own")):
        body = raw({"kind": kind, "name": "Eve", "role": "co-host"})
        for connection in (HOST, GUEST):
            bench.ingress.get(
                bench.host.members[connection], Get(request, "link", body), bench.now_ms
            )
    for connection in (HOST, GUEST):
        bench.ingress.get(
            bench.host.members[connection], Get(9, "attendance", raw({})), bench.now_ms
        )
    links = [
        (effect.connection, effect.kind)
        for effect in (bench.flush(), bench.others)[1]
        if isinstance(effect, AnswerLink)
    ]
    assert links == [(HOST, "viewer"), (HOST, "personal"), (HOST, "own"), (GUEST, "own")]
    refused = [frame for frame in bench.take(GUEST) if isinstance(frame, Fault)]
    assert [fault.request for fault in refused] == [0, 1, 9]
    (got,) = [frame for frame in bench.take(HOST) if isinstance(frame, Got)]
    answer = msgspec.msgpack.decode(got.body)
    assert [row["name"] for row in answer["rows"]] == ["Ada", "Bob"]
    assert answer["csv"].splitlines()[2].startswith("Bob,participant,")
