"""Which faults a drill can inject, what each would hit, and whom it would hurt. Pure.

The rows are those of `folkmoot status --json`.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

import msgspec

Rows = list[dict[str, Any]]

RESTARTS_IN_A_ROW_MAX: Final = 4
"""One less than after how many restarts a process counts as failed."""

RESTARTS_WINDOW_S: Final = 31.0


class Target(msgspec.Struct, frozen=True):
    """What one fault hits; `process` is empty for a whole node, both are for own connections."""

    kind: str
    node: str = ""
    process: str = ""

    @property
    def text(self) -> str:
        if not self.node:
            return self.kind
        what = self.process or "all processes"
        return f"{what if what.startswith(self.kind) else f'{self.kind} {what}'} on {self.node}"


def nodes_of(rows: Rows) -> list[str]:
    """Nodes whose process manager is heard."""
    return sorted(
        {
            str(row["node"])
            for row in rows
            if row["role"] == "process-manager" and row["state"] == "ready"
        }
    )


def targets(kind: str, rows: Rows) -> list[Target]:
    """All that a fault of this kind could hit, in the order of the rows."""
    if kind == "connection":
        return [Target(kind)]
    nodes = nodes_of(rows)
    if kind == "node":
        return [Target(kind, node) for node in nodes]
    found = []
    for row in rows:
        role, node, id_ = str(row["role"]), str(row["node"]), str(row["id"])
        if node not in nodes or row["state"] != "ready" or not row["pid"]:
            continue
        fits = {
            "engine": role == "engine",
            "freeze": role == "collaboration",
            "drain": role == "collaboration",
            "process": role not in ("engine", "launcher"),
        }[kind]
        if fits:
            found.append(Target(kind, node, id_))
    return found


def cannot(kind: str, rows: Rows) -> str:
    """Why a kind of fault makes no sense on this zone; empty when it does."""
    servers = [row for row in rows if row["role"] == "collaboration" and row["state"] == "ready"]
    if kind in ("freeze", "drain") and len(servers) < 2:
        return "it needs a second collaboration server to go to"
    if kind == "engine" and not targets(kind, rows):
        return "no engine of this zone's own runs (--engine names somebody else's)"
    return ""


def people_elsewhere(rows: Rows) -> int:
    """How many people are attached to servers of the zone, before the drill's own come."""
    return sum(int(row["attached"]) for row in rows if row["role"] == "collaboration")


def unheard(rows: Rows) -> list[str]:
    """Servers that run and have not told their node yet whom they serve."""
    return sorted(
        f"{row['id']} on {row['node']}"
        for row in rows
        if row["role"] == "collaboration" and row["pid"] and int(row["qos"]) < 0
    )


class Draw:
    """Chooses what is hit next, repeatable from a seed.

    Shape: each kind in turn; within a kind a role is chosen before a process, so that many
    collaboration servers do not hide the one web server; none so often that it would be given up.
    """

    def __init__(self, kinds: Iterable[str], seed: int) -> None:
        self._kinds = list(kinds)
        self._random = random.Random(seed)
        self._number = 0
        self._hit_s: dict[tuple[str, str], list[float]] = defaultdict(list)
        self._roles: list[str] = []

    def next(self, rows: Rows, now_s: float) -> Target | None:
        """The next target; None when nothing of the next kind can be hit just now."""
        kind = self._kinds[self._number % len(self._kinds)]
        self._number += 1
        able = [target for target in targets(kind, rows) if self._is_able(target, rows, now_s)]
        if kind == "process":
            able = self._of_next_role(able, rows)
        if not able:
            return None
        busy = _with_people(rows)
        # One with nobody on it would show nothing.
        able = [target for target in able if (target.node, target.process) in busy] or able
        chosen = self._random.choice(able)
        for process in _hit(chosen, rows):
            self._hit_s[process].append(now_s)
        return chosen

    def _of_next_role(self, able: list[Target], rows: Rows) -> list[Target]:
        """Of the role that was hit longest ago, collaboration servers first."""
        role_of = {(row["node"], row["id"]): str(row["role"]) for row in rows}
        there = {role_of[target.node, target.process] for target in able}
        self._roles += sorted(there - set(self._roles), key=lambda role: role != "collaboration")
        for role in self._roles:
            if role in there:
                self._roles.remove(role)
                self._roles.append(role)
                return [t for t in able if role_of[t.node, t.process] == role]
        return []

    def _is_able(self, target: Target, rows: Rows, now_s: float) -> bool:
        since_s = now_s - RESTARTS_WINDOW_S
        return all(
            sum(at > since_s for at in self._hit_s[process]) < RESTARTS_IN_A_ROW_MAX
            for process in _hit(target, rows)
        )


def _with_people(rows: Rows) -> set[tuple[str, str]]:
    return {(str(row["node"]), str(row["id"])) for row in rows if row["attached"]}


def _hit(target: Target, rows: Rows) -> list[tuple[str, str]]:
    """The processes that end by it."""
    if target.kind in ("connection", "drain"):
        return []
    if target.process:
        return [(target.node, target.process)]
    return [(target.node, str(row["id"])) for row in rows if row["node"] == target.node]
