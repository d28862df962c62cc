"""What `folkmoot status` and `GET /api/v1/status` show, made from what a process manager knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from folkmoot.data_folder import Node
from folkmoot.zone import upkeep
from folkmoot.zone.availability import Stream, availability
from folkmoot.zone.child import Child
from folkmoot.zone.load import Load
from folkmoot.zone.table import Heartbeat, ProcessEntry

STATES: Final = {
    "waiting": "waiting",
    "starting": "starting",
    "ready": "ready",
    "ending": "stopping",
    "due": "restarting",
    "failed": "failed",
    "stopped": "stopped",
}

UNHEALTHY_MIN: Final = 2
"""A single answer that is not good, or is late, is not yet worth a word."""


def row(
    id: str, role: str, node: str, pid: int, state: str, restarts: int = 0, uptime_s: float = 0.0
) -> dict[str, Any]:
    """One process; the keys are part of the contract of `folkmoot status --json`.

    Shape: `version` is empty and `level` 0 for what is no member of the zone: doors, launchers, the
    engine, and what has not been heard yet.
    """
    return {
        "id": id,
        "role": role,
        "node": node,
        "pid": pid or None,
        "state": state,
        "restarts": restarts,
        "uptime_s": round(uptime_s, 1),
        "connections": 0,
        "conferences": 0,
        "attached": 0,
        "relayed": 0,
        "qos": -1,
        "draining": False,
        "version": "",
        "level": 0,
        "detail": "",
    }


def child_row(child: Child, node: str, now_ms: int, last_line: str) -> dict[str, Any]:
    """A child of ours; one that does not run says why."""
    uptime_s = (now_ms - child.started_ms) / 1000 if child.pid else 0.0
    unwell = child.phase == "ready" and child.unhealthy >= UNHEALTHY_MIN
    state = "unhealthy" if unwell else STATES[child.phase]
    made = row(child.spec.id, child.spec.role, node, child.pid, state, child.restarts, uptime_s)
    made["connections"] = child.connections
    made["conferences"] = child.conferences
    if unwell or child.phase != "ready":
        made["detail"] = ": ".join(part for part in (child.detail, last_line) if part)
    return made


def foreign_row(entry: ProcessEntry) -> dict[str, Any]:
    """A process of another node, as the zone's table has it."""
    state = "suspect" if entry.suspect else entry.state
    made = row(entry.id, entry.role, entry.node, entry.pid, state)
    made["connections"] = entry.beat.connections
    made["conferences"] = entry.beat.conferences
    made["attached"], made["relayed"] = entry.beat.attached, entry.beat.relayed
    made["qos"] = entry.beat.qos
    made["draining"] = entry.beat.draining
    made["version"], made["level"] = entry.beat.version, entry.beat.level
    return made


def whole(
    node: Node,
    rows: list[dict[str, Any]],
    certificate: Mapping[str, Any] | None = None,
    members: Iterable[str] = (),
    care: Mapping[str, Heartbeat | Load] = MappingProxyType({}),
    streams: Sequence[Stream] | None = None,
) -> dict[str, Any]:
    """The answer, with a line for each node; only of our own `node` all is known.

    Shape: `members` are the nodes that belong to the zone, heard or not; `care` is what each one's
    process manager tells of its machine; `streams` is how the logs are kept, None while the engine
    is away.
    """
    names = sorted({made["node"] for made in rows}.union(members))
    # A node drains as its process manager does; single processes may drain by themselves.
    draining = {m["node"] for m in rows if m["role"] == "process-manager" and m["draining"]}
    nodes = [
        {
            "name": name,
            "address": node.own_url if name == node.name else "",
            "encryption": node.encryption if name == node.name else "",
            "certificate": certificate if name == node.name else None,
            "state": _node_state(name, rows, draining),
            "processes": sum(1 for made in rows if made["node"] == name),
            **_care(care.get(name) or Load()),
        }
        for name in names
    ]
    seen = [
        {
            **one,
            "engine": (care.get(one["name"]) or Load()).engine_runs,
            "processes": [made for made in rows if made["node"] == one["name"]],
        }
        for one in nodes
    ]
    return {
        "zone": node.zone,
        "availability": availability(seen, streams),
        "nodes": nodes,
        "processes": rows,
    }


def _care(told: Heartbeat | Load) -> dict[str, Any]:
    return {
        "free_bytes": told.free_bytes,
        "free_percent": told.free_percent,
        "certificate_days": told.certificate_days,
        "clock_off_s": told.clock_off_s,
        "disk_errors": told.disk_errors,
        "disk_ms": told.disk_ms,
        "warnings": upkeep.warnings(
            told.free_bytes,
            told.free_percent,
            told.certificate_days,
            told.clock_off_s,
            told.disk_errors,
            told.disk_ms,
        ),
    }


def _node_state(name: str, rows: list[dict[str, Any]], draining: set[str]) -> str:
    """Silent is a node of which nobody is heard: its power, its network or all of it is gone.

    Shape: gone, when it belongs to the zone and nothing at all is known of it.
    """
    states = [made["state"] for made in rows if made["node"] == name]
    if not states:
        return "gone"
    if all(state == "suspect" for state in states):
        return "silent"
    return "draining" if name in draining else "alive"
