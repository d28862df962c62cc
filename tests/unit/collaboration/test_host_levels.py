"""How a conference comes to the zone's level, and what one does that does not know it."""

from __future__ import annotations

import pytest

from folkmoot.apps import all_applications
from folkmoot.conference.batch import (
    AttachEntry,
    LevelEntry,
    decode_batch,
)
from folkmoot.conference.replica import Outdated, Replica
from folkmoot.conference.state import LEVEL, LEVEL_FIRST
from folkmoot.protocol.frames import (
    Outcomes,
    Welcome,
)
from folkmoot.servers.collaboration.duties import SLOW_EVERY_MS
from folkmoot.testing.hosts import HostBench


@pytest.fixture
def bench() -> HostBench:
    return HostBench()


def welcome_of(bench: HostBench, connection: int) -> Welcome:
    found = [f for f in bench.take(connection) if isinstance(f, Welcome)]
    assert len(found) == 1
    return found[0]


def at_first_level(zone_level: int = LEVEL) -> HostBench:
    bench = HostBench(replica=Replica("room", "e1", all_applications()))
    bench.host.zone_level = zone_level
    return bench


def test_a_new_conference_comes_to_the_zones_level_with_its_first_batch() -> None:
    bench = at_first_level()
    bench.join(1)
    bench.commit()
    entries = decode_batch(bench.log.messages[0].payload).entries
    assert [type(entry) for entry in entries] == [LevelEntry, AttachEntry]
    assert set(welcome_of(bench, 1).state) == set(all_applications())
    bench.tick(60_000)
    assert bench.entries() == [], "the level is raised once"


def test_an_open_conference_is_raised_when_the_zone_is() -> None:
    bench = at_first_level(LEVEL_FIRST)
    bench.joined(1).revision = 2
    bench.say(1, 1, app="exports", type_="request", body={"formats": ["json"]})
    bench.commit()
    (outcome,) = [f for f in bench.take(1) if isinstance(f, Outcomes)]
    assert [r.code for r in outcome.rejected] == ["unknown_application"]
    bench.host.zone_level = LEVEL
    bench.tick(SLOW_EVERY_MS)
    assert bench.entries() == [LevelEntry(LEVEL)]
    bench.commit()
    (renewed,) = [f for f in bench.take(1) if isinstance(f, Welcome)]
    assert set(renewed.state) == set(all_applications())
    bench.say(1, 2, app="exports", type_="request", body={"formats": ["json"]})
    bench.commit()
    assert [f.rejected for f in bench.take(1) if isinstance(f, Outcomes)] == [[]]


def test_who_was_away_while_the_level_rose_is_shown_what_appeared() -> None:
    bench = at_first_level(LEVEL_FIRST)
    member = bench.joined(1)
    position = member.position
    bench.host.disconnected(1, bench.now_ms)
    bench.other_server(LevelEntry(LEVEL))
    bench.resume(2, 2, position)
    bench.commit()
    welcome = welcome_of(bench, 2)
    assert not welcome.resumed
    assert set(welcome.state) == set(all_applications())


def test_a_zone_of_the_first_level_raises_nothing() -> None:
    bench = at_first_level(LEVEL_FIRST)
    bench.joined(1)
    bench.tick(60_000)
    entries = [e for m in bench.log.messages for e in decode_batch(m.payload).entries]
    assert [type(entry) for entry in entries] == [AttachEntry]


def test_a_level_above_ours_stops_the_replica(bench: HostBench) -> None:
    bench.joined(1)
    with pytest.raises(Outdated):
        bench.other_server(LevelEntry(LEVEL + 1))
