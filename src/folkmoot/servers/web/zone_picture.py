"""The zone as the operator's page shows it. Pure: from what was gathered to plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from folkmoot.servers.web.zone_report import Disk, NodeReport
from folkmoot.zone.availability import RUNNING, Stream, availability
from folkmoot.zone.table import ProcessEntry
from folkmoot.zone.upkeep import warnings

CONFERENCES_SHOWN_MAX: Final = 200


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


def node_of(
    name: str,
    report: NodeReport | None,
    beats: Sequence[ProcessEntry],
    streams: Sequence[Stream] = (),
) -> dict[str, Any]:
    """A node: alive, draining, silent, or gone when nothing at all is known of it."""
    processes = processes_of(report, beats)
    head = next((b.beat for b in beats if b.role == "process-manager"), None)
    keeps = [stream for stream in streams if name in stream.engines]
    runs = any(p["role"] == "engine" and p["state"] in RUNNING for p in processes)
    warned = (
        warnings(
            head.free_bytes,
            head.free_percent,
            head.certificate_days,
            head.clock_off_s,
            head.disk_errors,
            head.disk_ms,
        )
        if head
        else []
    )
    draining = any(b.role == "process-manager" and b.beat.draining for b in beats)
    silent = bool(beats) and all(b.suspect for b in beats)
    disk: Disk | None = report.disk if report else None
    return {
        "name": name,
        "url": next((b.beat.url for b in beats if b.beat.url), ""),
        "state": _state(known=bool(processes), silent=silent, draining=draining),
        "encryption": report.encryption if report else "",
        "certificate": report.certificate if report else None,
        "engine": runs,
        "keeps": runs or bool(keeps),
        "leads": sum(1 for stream in streams if stream.leader == name),
        "streams": len(keeps),
        "free_percent": head.free_percent if head else -1,
        "certificate_days": head.certificate_days if head else -1,
        "clock_off_s": head.clock_off_s if head else 0,
        "disk_errors": head.disk_errors if head else 0,
        "disk_ms": head.disk_ms if head else -1,
        "warnings": warned,
        "disk": msgspec.to_builtins(disk) if disk else None,
        "processes": processes,
    }


def _state(*, known: bool, silent: bool, draining: bool) -> str:
    if not known:
        return "gone"
    return "silent" if silent else "draining" if draining else "alive"


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
    members = {name for report in reports.values() for name in report.members}
    heard = {entry.node for entry in beats if not entry.suspect or not members}
    names = sorted({*reports, *heard, *members})
    nodes = [
        node_of(
            name,
            reports.get(name),
            [entry for entry in beats if entry.node == name],
            streams or (),
        )
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
