"""What somebody is answered about the chat, and how often they may say that they type."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from folkmoot.protocol.frames import Fault, Get, Got, LiveSend
from folkmoot.servers.collaboration.chat_queries import TYPING_PER_S, TYPING_TOPIC
from folkmoot.servers.collaboration.effects import PublishLive
from folkmoot.servers.collaboration.member import SEARCHES_PER_S
from folkmoot.testing.hosts import HostBench

NIL = msgspec.Raw(b"\xc0")


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(value))


@pytest.fixture
def bench() -> HostBench:
    bench = HostBench()
    for connection, person in enumerate(("ada", "bob", "eve"), 1):
        bench.joined(connection, f"s{connection}", person)
    bench.say(1, 1, "to all")
    bench.say(1, 2, type_="whisper", body={"text": "secret words", "to": "bob"})
    bench.say(1, 3, "words at the end")
    bench.commit()
    return bench


def ask(bench: HostBench, connection: int, query: str, **arguments: object) -> Any:
    member = bench.host.members[connection]
    bench.take(connection)
    bench.ingress.get(member, Get(1, query, raw(arguments)), bench.now_ms)
    (frame,) = bench.take(connection)
    if isinstance(frame, Fault):
        return frame.code
    assert isinstance(frame, Got)
    return [m["text"] for m in msgspec.msgpack.decode(frame.body)["messages"]]


def test_older_messages_and_search_answer_each_with_what_is_theirs(bench: HostBench) -> None:
    last = bench.host.replica.state.apps["chat"].messages[-1].id
    assert ask(bench, 2, "chat", before=last) == ["to all", "secret words"]
    assert ask(bench, 3, "chat", before=last) == ["to all"]
    assert ask(bench, 2, "chat.search", text="WORDS") == ["secret words", "words at the end"]
    assert ask(bench, 3, "chat.search", text="WORDS") == ["words at the end"]
    assert ask(bench, 3, "chat.search", text="secret") == []
    assert ask(bench, 3, "chat.search", text="  ") == []


def test_frames_of_a_whisper_go_to_the_two_alone(bench: HostBench) -> None:
    told = [msgspec.msgpack.encode(bench.take(connection)) for connection in (1, 2, 3)]
    assert [b"secret words" in frames for frames in told] == [True, True, False]
    bench.host.disconnected(3, bench.now_ms)
    bench.resume(4, 2, 1, session="s3", person="eve")
    bench.commit()
    assert b"secret words" not in msgspec.msgpack.encode(bench.take(4)), "nor after a resume"


def test_searches_of_one_connection_are_bounded_in_number(bench: HostBench) -> None:
    answers = [ask(bench, 3, "chat.search", text="at") for _ in range(SEARCHES_PER_S * 5 + 1)]
    assert answers[:-1] == [["words at the end"]] * (SEARCHES_PER_S * 5)
    assert answers[-1] == "request_failed"
    bench.now_ms += 1_000
    assert ask(bench, 3, "chat.search", text="at") == ["words at the end"]


def test_typing_says_nothing_but_who_and_is_bounded_for_the_room(bench: HostBench) -> None:
    def type_(connection: int, body: msgspec.Raw = NIL) -> int:
        bench.others.clear()
        member = bench.host.members[connection]
        bench.ingress.live(member, LiveSend(TYPING_TOPIC, body), bench.now_ms)
        bench.flush()
        return len([effect for effect in bench.others if isinstance(effect, PublishLive)])

    assert type_(1, raw("what I am about to say")) == 0
    assert [type_(1 + n % 3) for n in range(TYPING_PER_S + 1)] == [1] * TYPING_PER_S + [0]
    bench.now_ms += 1_000
    bench.host.replica.state.locks.open_to["chat"] = []
    assert type_(2) == 0, "who may not write does not type"
