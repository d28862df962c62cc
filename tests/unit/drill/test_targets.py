"""What a drill may hit."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.drill.kinds import KINDS
from folkmoot.drill.targets import (
    RESTARTS_IN_A_ROW_MAX,
    RESTARTS_WINDOW_S,
    Draw,
    cannot,
    nodes_of,
    people_elsewhere,
    targets,
    unheard,
)

ROLES = ("launcher", "process-manager", "engine", "collaboration", "web", "front")


def rows(*nodes: str, servers: int = 2, attached: int = 0) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for node in nodes:
        for role in ROLES:
            count = servers if role == "collaboration" else 1
            for number in range(1, count + 1):
                made.append(
                    {
                        "id": f"{role}-{number}",
                        "role": role,
                        "node": node,
                        "pid": 1000 + len(made),
                        "state": "ready",
                        "attached": attached if role == "collaboration" else 0,
                        "qos": 100,
                    }
                )
    return made


def test_every_kind_finds_something_on_a_usual_node() -> None:
    for kind in KINDS:
        assert targets(kind, rows("a"))
        assert cannot(kind, rows("a")) == ""


def test_a_launcher_is_never_hit_and_an_engine_only_by_its_own_kind() -> None:
    hit = {target.process for target in targets("process", rows("a"))}
    assert hit == {"process-manager-1", "collaboration-1", "collaboration-2", "web-1", "front-1"}
    assert [target.process for target in targets("engine", rows("a"))] == ["engine-1"]


def test_a_node_that_is_not_heard_is_left_alone() -> None:
    there = rows("a", "b")
    for row in there:
        if row["node"] == "b":
            row["state"] = "suspect"
    assert nodes_of(there) == ["a"]
    assert {target.node for kind in KINDS for target in targets(kind, there)} == {"", "a"}


@pytest.mark.parametrize("kind", ["freeze", "drain"])
def test_a_single_server_has_nowhere_to_go(kind: str) -> None:
    assert "second" in cannot(kind, rows("a", servers=1))


def test_somebody_elses_engine_cannot_be_killed() -> None:
    there = [row | {"pid": None} if row["role"] == "engine" else row for row in rows("a")]
    assert "--engine" in cannot("engine", there)


def test_people_are_counted_on_all_nodes() -> None:
    assert people_elsewhere(rows("a", "b", attached=3)) == 12


def test_a_server_that_has_not_told_whom_it_serves_is_not_taken_for_empty() -> None:
    there = rows("a", "b")
    assert unheard(there) == []
    there[3]["qos"] = -1
    assert unheard(there) == ["collaboration-1 on a"]
    there[3]["pid"] = None
    assert unheard(there) == []


def test_kinds_take_turns_and_processes_are_of_each_role_in_turn() -> None:
    draw, there = Draw(["connection", "process"], 1), rows("a")
    hit = [draw.next(there, number * 10.0) for number in range(8)]
    assert [target.kind for target in hit if target] == ["connection", "process"] * 4
    processes = [target.process.rpartition("-")[0] for target in hit[1::2] if target]
    assert processes[0] == "collaboration"
    assert sorted(processes) == ["collaboration", "front", "process-manager", "web"]


def test_the_same_seed_draws_the_same() -> None:
    def draw(seed: int) -> list[Any]:
        made, there = Draw(["process"], seed), rows("a", "b")
        return [made.next(there, number * 10.0) for number in range(12)]

    assert draw(5) == draw(5)
    assert draw(5) != draw(6)


def test_nothing_is_hit_so_often_that_its_manager_gives_it_up() -> None:
    draw, there = Draw(["engine"], 1), rows("a")
    hit = [draw.next(there, number / 10) for number in range(RESTARTS_IN_A_ROW_MAX + 1)]
    assert all(hit[:RESTARTS_IN_A_ROW_MAX])
    assert hit[-1] is None
    assert draw.next(there, RESTARTS_WINDOW_S + 1) is not None


def test_what_a_node_loses_counts_for_each_of_its_processes() -> None:
    draw, there = Draw(["node", "engine"], 1), rows("a")
    hit = [draw.next(there, number / 10) for number in range(RESTARTS_IN_A_ROW_MAX + 1)]
    assert hit[-1] is None
