"""What clients say: at their rate, in their order, within bounds."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from folkmoot.conference.batch import AwayEntry, OperationEntry, RefusedEntry
from folkmoot.protocol.frames import Bye, Fault, Get, Got, LiveSend
from folkmoot.protocol.limits import (
    LIVE_BYTES_MAX,
    OPERATION_BYTES_MAX,
    OPERATIONS_IN_FLIGHT_MAX,
)
from folkmoot.servers.collaboration import ingress as ingress_module
from folkmoot.servers.collaboration.effects import (
    AnswerDocument,
    AnswerHistory,
    Pause,
    PublishLive,
    Resume,
)
from folkmoot.servers.collaboration.member import HELD_OPERATIONS_MAX
from folkmoot.settings import Settings
from folkmoot.testing.hosts import HostBench


@pytest.fixture
def bench() -> HostBench:
    made = HostBench()
    made.joined(1)
    return made


def slow_bench(per_s: int = 10, burst: int = 2) -> HostBench:
    made = HostBench(Settings(operations_per_s=per_s, operations_burst=burst))
    made.joined(1)
    return made


def counters(bench: HostBench) -> list[int]:
    return [e.counter for e in bench.entries() if isinstance(e, OperationEntry | RefusedEntry)]


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(value))


# Rate


def test_a_sender_over_its_rate_is_paused_and_nothing_is_lost() -> None:
    bench = slow_bench()
    for counter in range(1, 6):
        bench.say(1, counter)
    bench.flush()
    assert bench.others == [Pause(1)]
    assert counters(bench) == [1]
    bench.commit()
    bench.tick(100)
    bench.commit()
    assert bench.host.replica.state.sessions["s1"].counter == 3
    assert Resume(1) not in bench.others
    for _ in range(3):
        bench.tick(100)
        bench.commit()
    assert bench.host.replica.state.sessions["s1"].counter == 5
    assert bench.others == [Pause(1), Resume(1)]


def test_what_comes_while_others_are_held_waits_behind_them() -> None:
    bench = slow_bench(burst=1)
    bench.say(1, 1)
    bench.say(1, 2)
    bench.commit()
    bench.now_ms += 10_000
    bench.say(1, 3)
    assert [op.counter for op, _ in bench.host.members[1].held] == [2, 3]


def test_who_sends_on_though_paused_is_closed() -> None:
    bench = slow_bench(burst=1)
    for counter in range(1, HELD_OPERATIONS_MAX + 3):
        bench.say(1, counter)
    bench.flush()
    assert bench.closed == {1: "too_many_operations"}
    bye = bench.take(1)[-1]
    assert isinstance(bye, Bye) and bye.reconnect


# What waits for the log is bounded (I9)


def test_while_the_log_stands_still_a_sender_has_a_window() -> None:
    bench = slow_bench(per_s=1_000, burst=1_000)
    for counter in range(1, OPERATIONS_IN_FLIGHT_MAX + 20):
        bench.say(1, counter)
    bench.flush()
    assert bench.others == [Pause(1)]
    assert len(bench.host.members[1].held) == 19
    for _ in range(5):
        bench.commit()
        bench.tick()
    assert bench.host.replica.state.sessions["s1"].counter == OPERATIONS_IN_FLIGHT_MAX + 19
    assert bench.others == [Pause(1), Resume(1)]


def test_while_the_log_stands_still_a_room_has_a_bound(
    bench: HostBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingress_module, "QUEUE_BYTES_MAX", 20_000)
    for counter in range(1, 6):
        bench.say(1, counter, "x" * 9_000)
    bench.flush()
    assert bench.host.batcher.queue_bytes < 20_000 + 9_200
    assert bench.others == [Pause(1)]
    for _ in range(5):
        bench.commit()
        bench.tick()
    assert bench.host.replica.state.sessions["s1"].counter == 5


# Order


def test_an_operation_sent_again_is_taken_once(bench: HostBench) -> None:
    bench.say(1, 1)
    bench.say(1, 1)
    bench.commit()
    bench.say(1, 1)
    assert bench.entries() == []
    assert bench.host.replica.state.operations == 1


def test_a_counter_that_jumps_ends_the_connection_with_a_sentence(bench: HostBench) -> None:
    bench.say(1, 3)
    bye = bench.take(1)[-1]
    assert isinstance(bye, Bye)
    assert (bye.code, bye.reconnect) == ("too_many_operations", True)
    assert bye.message == "Operation 3 came where 1 was expected."
    assert bench.entries() == []


def test_after_a_close_nothing_held_goes_on() -> None:
    bench = slow_bench(burst=1)
    for counter in (1, 2, 9, 10):
        bench.say(1, counter)
    bench.commit()
    for _ in range(4):
        bench.tick(1_000)
    assert bench.closed == {1: "too_many_operations"}
    assert counters(bench) == [2]
    assert [type(f) for f in bench.take(1)].count(Bye) == 1


# Refused at the door, decided by the log


@pytest.mark.parametrize(
    ("app", "type_", "body", "code"),
    [
        ("chat", "post", {"text": 5}, "malformed"),
        ("chat", "post", {"text": "x", "extra": [[[]]]}, "malformed"),
        ("chat", "shout", {}, "unknown_operation"),
        ("documents", "compacted", {}, "unknown_operation"),
        ("raffle", "draw", {}, "unknown_application"),
        (
            "documents",
            "update",
            {"document": "pad", "from": 0, "to": 1, "update": b"\xff"},
            "document_invalid",
        ),
        ("chat", "post", {"text": "x" * OPERATION_BYTES_MAX}, "too_large"),
    ],
)
def test_what_every_server_refuses_takes_its_counter_in_the_log(
    bench: HostBench, app: str, type_: str, body: Any, code: str
) -> None:
    bench.say(1, 1, app=app, type_=type_, body=body)
    assert bench.entries() == [RefusedEntry("s1", 1, 1, code, 0)]
    bench.say(1, 2)
    bench.commit()
    session = bench.host.replica.state.sessions["s1"]
    assert session.counter == 2
    assert [(r.counter, r.code) for r in session.rejected] == [(1, code)]


def test_a_body_nested_deeply_is_refused(bench: HostBench) -> None:
    nested = msgspec.Raw(b"\x82\xa4text\xa1x\xa4more" + b"\x91" * 100_000 + b"\x01")
    bench.say(1, 1, body=nested)
    assert bench.entries() == [RefusedEntry("s1", 1, 1, "malformed", 0)]


# Ephemeral traffic


def test_live_signals_are_relayed_within_their_rate_and_size() -> None:
    bench = HostBench(Settings(live_per_s=2))
    member = bench.joined(1)
    for _ in range(10):
        bench.ingress.live(member, LiveSend("caret", raw([1, 2])), bench.now_ms)
    bench.flush()
    assert len([e for e in bench.others if isinstance(e, PublishLive)]) == 4
    bench.ingress.live(member, LiveSend("caret", raw(b"x" * LIVE_BYTES_MAX)), bench.now_ms)
    bench.ingress.live(member, LiveSend("t" * 100, raw(1)), bench.now_ms)
    told = [f.code for f in bench.take(1) if isinstance(f, Fault)]
    assert told == ["live_dropped", "live_dropped"]


# Queries


def test_chat_before_a_message_comes_from_the_window(bench: HostBench) -> None:
    for counter in range(1, 6):
        bench.say(1, counter, f"m{counter}")
        bench.commit()
    bench.frames.clear()
    messages = bench.host.replica.state.apps["chat"].messages
    member = bench.host.members[1]
    bench.ingress.get(
        member, Get(7, "chat", raw({"before": messages[3].id, "count": 2})), bench.now_ms
    )
    (got,) = bench.take(1)
    assert isinstance(got, Got) and got.request == 7
    answer = msgspec.msgpack.decode(got.body)
    assert [m["text"] for m in answer["messages"]] == ["m2", "m3"]
    assert answer["earlier"] is True
    bench.ingress.get(member, Get(8, "chat", raw({"before": messages[0].id})), bench.now_ms)
    bench.flush()
    (answer,) = bench.others
    assert isinstance(answer, AnswerHistory)
    assert (answer.connection, answer.request) == (1, 8)
    assert (answer.query.person, answer.query.before) == ("ada", messages[0].id)


def test_a_document_is_answered_with_what_follows_its_base(bench: HostBench) -> None:
    member = bench.host.members[1]
    bench.ingress.get(member, Get(7, "document", raw({"document": "pad"})), bench.now_ms)
    bench.flush()
    (answer,) = bench.others
    assert isinstance(answer, AnswerDocument)
    assert (answer.request, answer.object) == (7, "")
    assert answer.answer == {
        "base": None,
        "updates": [],
        "sequence": bench.log.last,
        "clock": 0,
    }


@pytest.mark.parametrize(
    ("query", "arguments", "code"),
    [
        ("weather", {}, "request_unknown"),
        ("chat", {}, "request_failed"),
        ("chat", 5, "request_failed"),
        ("document", {"document": "nowhere"}, "request_failed"),
    ],
)
def test_a_query_that_cannot_be_answered_says_so(
    bench: HostBench, query: str, arguments: Any, code: str
) -> None:
    bench.ingress.get(bench.host.members[1], Get(3, query, raw(arguments)), bench.now_ms)
    (fault,) = bench.take(1)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.request) == (code, 3)
    assert fault.message and bench.closed == {}


def test_held_operations_of_a_lost_connection_go_nowhere() -> None:
    bench = slow_bench(burst=1)
    for counter in (1, 2, 3):
        bench.say(1, counter)
    bench.commit()
    bench.host.disconnected(1, bench.now_ms)
    bench.tick(10_000)
    assert bench.entries() == [AwayEntry("s1", 1)]
