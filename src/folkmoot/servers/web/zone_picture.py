"""The zone as the operator's page shows it. Pure: from what was gathered to plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from folkmoot.servers.web.zone_report import Disk, NodeReport
from folkmoot.zone.table import ProcessEntry

ENGINE_NODES_NEEDED: Final = 3
COPIES_NEEDED: Final = 3
CONFERENCES_SHOWN_MAX: Final = 200
RUNNING: Final = ("ready", "running", "unhealthy")


class Event(msgspec.Struct):
    """Something that was seen, and what became of it.

    Shape: `done` is ready (again after `after_ms`), failed, or empty while nothing did.
    """

    id: str
    time_ms: int
    kind: str
    process: str
    node: str
    detail: str
    done: str = ""
    after_ms: int = 0


class Told(msgspec.Struct):
    """A conference as one collaboration server tells it."""

    conference: str
    people: int
    connections: int
    server: str
    node: str


class Stream(msgspec.Struct):
    """How a stream is kept: copies wanted, and how many are there and up to date."""

    name: str
    copies: int
    current: int


def processes_of(report: NodeReport | None, beats: Iterable[ProcessEntry]) -> list[dict[str, Any]]:
    """A node's processes: its own report where there is one, completed from heartbeats."""
    rows = {row["id"]: dict(row) for row in (report.rows if report else [])}
    for entry in beats:
        beat = entry.beat
        row = rows.setdefault(
            entry.id,
            {"id": entry.id, "role": entry.role, "state": entry.state, "restarts": None,
             "uptime_s": None, "memory_bytes": None, "detail": ""},
        )  # fmt: skip
        if entry.suspect:
            row["state"] = "suspect"
        row |= {
            "qos": beat.qos,
            "connections": beat.connections,
            "attached": beat.attached,
            "conferences": beat.conferences,
            "cpu": round(beat.cpu, 2),
            "loop_lag_ms": round(beat.loop_lag_ms, 1),
            "commit_ms": round(beat.commit_ms, 1),
            "draining": beat.draining,
            "version": beat.version,
        }
    keys = ("node", "pid")
    return [{k: v for k, v in row.items() if k not in keys} for _, row in sorted(rows.items())]


def node_of(name: str, report: NodeReport | None, beats: Sequence[ProcessEntry]) -> dict[str, Any]:
    processes = processes_of(report, beats)
    draining = any(b.role == "process-manager" and b.beat.draining for b in beats)
    silent = bool(beats) and all(b.suspect for b in beats)
    disk: Disk | None = report.disk if report else None
    return {
        "name": name,
        "url": next((b.beat.url for b in beats if b.beat.url), ""),
        "state": "silent" if silent else "draining" if draining else "alive",
        "encryption": report.encryption if report else "",
        "certificate": report.certificate if report else None,
        "engine": any(p["role"] == "engine" and p["state"] in RUNNING for p in processes),
        "disk": msgspec.to_builtins(disk) if disk else None,
        "processes": processes,
    }


def availability(
    nodes: Sequence[Mapping[str, Any]], streams: Sequence[Stream] | None
) -> dict[str, Any]:
    """Whether any one machine may die without anything being lost or stopped, else what lacks."""
    engines = sum(1 for node in nodes if node["engine"] and node["state"] == "alive")
    missing = []
    if streams is None:
        missing.append("engine_away")
    if engines < ENGINE_NODES_NEEDED:
        missing.append("engine_nodes")
    copies = min((stream.copies for stream in streams or []), default=0)
    if streams is not None and copies < COPIES_NEEDED:
        missing.append("copies")
    if any(stream.current < stream.copies for stream in streams or []):
        missing.append("copies_behind")
    return {
        "high": not missing,
        "engine_nodes": engines,
        "engine_nodes_needed": ENGINE_NODES_NEEDED,
        "copies": copies,
        "missing": missing,
    }


def conferences_of(told: Iterable[Told], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """One line for each open conference, most people first."""
    found: dict[str, dict[str, Any]] = {}
    for one in told:
        line = found.setdefault(
            one.conference,
            {"id": one.conference, "title": titles.get(one.conference, ""), "people": 0,
             "connections": 0, "servers": []},
        )  # fmt: skip
        # Every server's replica knows all people; one that lags knows of fewer.
        line["people"] = max(line["people"], one.people)
        line["connections"] += one.connections
        if one.connections:
            line["servers"].append({"node": one.node, "id": one.server})
    return sorted(found.values(), key=lambda line: (-line["people"], line["id"]))


def picture(
    *,
    zone: str,
    version: str,
    time_ms: int,
    reports: Mapping[str, NodeReport],
    beats: Sequence[ProcessEntry],
    streams: Sequence[Stream] | None,
    told: Iterable[Told],
    titles: Mapping[str, str],
    events: Iterable[Event],
) -> dict[str, Any]:
    """The whole answer of GET /api/v1/zone."""
    names = sorted({*reports, *(entry.node for entry in beats)})
    nodes = [
        node_of(name, reports.get(name), [entry for entry in beats if entry.node == name])
        for name in names
    ]
    conferences = conferences_of(told, titles)
    return {
        "zone": zone,
        "version": version,
        "time_ms": time_ms,
        "availability": availability(nodes, streams),
        "nodes": nodes,
        "conferences": conferences[:CONFERENCES_SHOWN_MAX],
        "conferences_total": len(conferences),
        "events": [msgspec.to_builtins(event) for event in events],
    }
