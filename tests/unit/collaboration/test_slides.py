"""Slides at a collaboration server: who may point, the way to pages, who is asked to make them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from folkmoot.apps.files import File
from folkmoot.apps.slides import Deck
from folkmoot.conference.rights import Locks, Role
from folkmoot.protocol.frames import Fault, Get, LiveSend
from folkmoot.servers.applications.work import SLIDES
from folkmoot.servers.collaboration.duties import AGAIN_AFTER_MS, TIMERS_EVERY_MS
from folkmoot.servers.collaboration.effects import AnswerDeck, PublishLive, RequestWork
from folkmoot.testing.hosts import HostBench


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(value))


@pytest.fixture
def bench() -> HostBench:
    bench = HostBench()
    for connection, person in enumerate(("ada", "bob"), 1):
        bench.joined(connection, f"s{connection}", person)
    bench.host.replica.state.persons["ada"].role = Role.PRESENTER
    deck = Deck("Talk", "ada", 0, "o", "aa", 7, "application/pdf")
    bench.host.replica.state.apps["slides"].decks["f1"] = deck
    bench.others.clear()
    return bench


def deck_of(bench: HostBench) -> Deck:
    deck: Deck = bench.host.replica.state.apps["slides"].decks["f1"]
    return deck


def test_pointers_of_those_who_may_not_draw_are_dropped(bench: HostBench) -> None:
    def points(connection: int) -> bool:
        bench.others.clear()
        member = bench.host.members[connection]
        frame = LiveSend("slides.pointer", raw({"deck": "f1", "x": 0.5, "y": 0.5}))
        bench.ingress.live(member, frame, bench.now_ms)
        bench.flush()
        return any(isinstance(effect, PublishLive) for effect in bench.others)

    assert points(1) and not points(2)
    bench.host.replica.state.locks = Locks({"annotate": [Role.PARTICIPANT]})
    assert points(2)


def ask(bench: HostBench, connection: int, deck: str = "f1") -> Any:
    member = bench.host.members[connection]
    bench.take(connection)
    bench.others.clear()
    bench.ingress.get(member, Get(1, "deck", raw({"deck": deck})), bench.now_ms)
    bench.flush()
    frames = bench.take(connection)
    if frames:
        assert isinstance(frames[0], Fault)
        return frames[0].message
    (answer,) = [effect for effect in bench.others if isinstance(effect, AnswerDeck)]
    return answer.folder, answer.export


def test_the_way_to_pages_is_given_once_there_are_some(bench: HostBench) -> None:
    assert "ready yet" in ask(bench, 2)
    deck = deck_of(bench)
    deck.folder, deck.sizes, deck.ready, deck.phase = "decks/aa.1/v/", [9, 9], 1, "converting"
    assert ask(bench, 2) == ("decks/aa.1/v/", True)
    bench.host.replica.state.locks = Locks({"export": []})
    assert ask(bench, 2) == ("decks/aa.1/v/", False)
    assert "not there" in ask(bench, 2, "none")
    deck.phase = "removing"
    assert "not there" in ask(bench, 2)


def test_who_makes_slides_is_asked_soon_and_again_until_it_is_done(bench: HostBench) -> None:
    def asked(after_ms: int) -> int:
        bench.others.clear()
        bench.tick(after_ms)
        return bench.others.count(RequestWork(SLIDES))

    assert [asked(TIMERS_EVERY_MS), asked(TIMERS_EVERY_MS), asked(AGAIN_AFTER_MS)] == [1, 0, 1]
    deck_of(bench).phase = "converting"
    assert asked(TIMERS_EVERY_MS) == 1, "what has changed is told at once"
    deck_of(bench).phase = "ready"
    assert asked(AGAIN_AFTER_MS) == 0
    upload = File("ada", "Ada", "deck", "b.pdf", "application/pdf", 7, "bb", "o", "u", 0)
    bench.host.replica.state.apps["files"].files["f2"] = upload
    assert asked(TIMERS_EVERY_MS) == 1
