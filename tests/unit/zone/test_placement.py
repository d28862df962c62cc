"""Placement: conferences meet, spread by weight, and move no more than they must."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from folkmoot.zone.placement import Candidate, rank, weight
from folkmoot.zone.qos import FLOOR

CONFERENCES = [f"conference-{number}" for number in range(200)]

candidates = st.builds(
    Candidate,
    node=st.sampled_from(["a", "b", "c"]),
    id=st.sampled_from([f"collaboration-{number}" for number in range(1, 5)]),
    qos=st.integers(-1, 100),
    connections=st.integers(0, 100),
    suspect=st.booleans(),
    draining=st.booleans(),
)
zones = st.lists(candidates, max_size=8, unique_by=lambda c: c.key)
conferences = st.text(max_size=20)


def servers(count: int, nodes: int = 1, qos: int = 100) -> list[Candidate]:
    return [Candidate(f"n{i % nodes}", f"collaboration-{i}", qos) for i in range(count)]


def firsts(zone: list[Candidate]) -> dict[str, str]:
    return {conference: rank(zone, conference)[0].key for conference in CONFERENCES}


@given(zones, conferences, st.randoms())
def test_the_order_in_which_servers_are_known_does_not_matter(
    zone: list[Candidate], conference: str, random: object
) -> None:
    mixed = list(zone)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert rank(mixed, conference) == rank(zone, conference)


@given(zones, conferences)
def test_refused_ones_are_left_out_and_draining_ones_last(
    zone: list[Candidate], conference: str
) -> None:
    ranked = rank(zone, conference)
    assert {c.key for c in ranked} == {
        c.key for c in zone if c.draining or c.qos == -1 or c.qos >= FLOOR
    }
    kinds = [(c.draining, c.suspect and not c.draining) for c in ranked]
    assert kinds == sorted(kinds)


@given(zones, conferences)
def test_the_second_is_on_another_node_where_there_is_one(
    zone: list[Candidate], conference: str
) -> None:
    sure = [c for c in rank(zone, conference) if not c.draining and not c.suspect]
    if len({c.node for c in sure}) > 1:
        assert sure[0].node != sure[1].node


@given(zones, candidates, st.lists(conferences, min_size=1, max_size=20))
def test_a_server_that_comes_takes_conferences_and_moves_no_others(
    zone: list[Candidate], newcomer: Candidate, some: list[str]
) -> None:
    zone = [c for c in zone if c.key != newcomer.key]
    for conference in filter(None, some):
        before = rank(zone, conference)
        after = rank([*zone, newcomer], conference)
        if before and after[0].key != newcomer.key:
            assert after[0] == before[0]


@given(st.integers(2, 6), st.integers(0, 5))
def test_a_server_that_goes_moves_only_what_it_had(count: int, gone: int) -> None:
    zone = servers(count)
    left = [c for i, c in enumerate(zone) if i != gone % count]
    before, after = firsts(zone), firsts(left)
    for conference in CONFERENCES:
        if before[conference] != zone[gone % count].key:
            assert after[conference] == before[conference]


@given(st.integers(2, 6), st.integers(0, 100), st.integers(0, 100))
def test_one_that_gets_busier_only_loses_conferences(count: int, one: int, other: int) -> None:
    zone = servers(count)
    quiet, busy = max(one, other), min(one, other)
    before = firsts([with_qos(zone[0], quiet), *zone[1:]])
    after = firsts([with_qos(zone[0], busy), *zone[1:]])
    for conference in CONFERENCES:
        assert after[conference] in (before[conference], *(c.key for c in zone[1:]))
        if before[conference] != zone[0].key:
            assert after[conference] == before[conference]


def with_qos(candidate: Candidate, qos: int) -> Candidate:
    return Candidate(candidate.node, candidate.id, qos)


def test_conferences_spread_over_servers_by_their_weight() -> None:
    even = Counter(firsts(servers(4)).values())
    assert all(25 <= count <= 80 for count in even.values()) and len(even) == 4
    busy = [Candidate("n0", "collaboration-0", 45), *servers(4)[1:]]
    assert Counter(firsts(busy).values())["n0/collaboration-0"] < even["n0/collaboration-0"]


def test_a_server_that_is_a_little_busier_keeps_its_conferences() -> None:
    assert firsts(servers(3, qos=100)) == firsts(servers(3, qos=61))
    assert [weight(qos) for qos in (-1, 100, 60, 59, 39, 19, 5, 4, 0)] == [
        1.0,
        1.0,
        1.0,
        0.5,
        0.2,
        0.05,
        0.05,
        0.0,
        0.0,
    ]


def test_every_process_computes_the_same() -> None:
    program = (
        "from folkmoot.zone.placement import Candidate, rank\n"
        "zone = [Candidate(f'n{i % 2}', f'collaboration-{i}', 100) for i in range(6)]\n"
        "print([c.key for name in 'abcdef' for c in rank(zone, name)])"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    zone = servers(6, nodes=2)
    assert str([c.key for name in "abcdef" for c in rank(zone, name)]) == told[0].decode().strip()


def test_without_a_conference_the_least_busy_comes_first() -> None:
    zone = [
        Candidate("a", "collaboration-1", 100, connections=9),
        Candidate("a", "collaboration-2", 100, connections=3),
        Candidate("a", "collaboration-3", 30, connections=0),
    ]
    assert [c.id[-1] for c in rank(zone, "")] == ["2", "1", "3"]
