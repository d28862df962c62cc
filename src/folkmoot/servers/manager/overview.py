"""The status as this node's process manager knows it: own processes in full, others by the zone."""

from __future__ import annotations

import os
import time
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any, Final

from folkmoot.data_folder import Node
from folkmoot.servers.draining import DrainingFile
from folkmoot.servers.interpreter import interpreter
from folkmoot.servers.manager import procfs, records, status
from folkmoot.servers.manager.certificate import CertificateKeeper
from folkmoot.servers.manager.children import Children
from folkmoot.servers.manager.engine_child import ZoneSeat
from folkmoot.servers.manager.launcher_link import LauncherLink
from folkmoot.servers.manager.plan import ENGINE_ID
from folkmoot.zone.load import Load
from folkmoot.zone.supervisor import Supervisor
from folkmoot.zone.table import Heartbeat, ProcessEntry

EXTERNAL_ENGINE: Final = "external"


class Overview:
    """Answers `folkmoot status` from what the process manager's parts know; changes nothing."""

    def __init__(
        self,
        data: Path,
        node: Node,
        supervisor: Supervisor,
        children: Children,
        launcher: LauncherLink,
        own: records.Records,
        load: Load,
        seat: ZoneSeat | None,
        certificate: CertificateKeeper,
    ) -> None:
        self._data = data
        self._node = node
        self._supervisor = supervisor
        self._children = children
        self._launcher = launcher
        self._records = own
        self._load = load
        self._seat = seat
        self._draining = DrainingFile(data)
        self._certificate = certificate
        self._started_ms = _now_ms()

    def status(self) -> dict[str, Any]:
        name = self._node.name
        entries = self._entries()
        rows = self._own_rows()
        beats = {entry.id: entry.beat for entry in entries if entry.node == name}
        drains = self._draining.read()
        for made in rows:
            if (beat := beats.get(made["id"])) is not None and beat.pid == made["pid"]:
                _complete(made, beat)
            made["draining"] = drains.covers(made["id"])
        members = self._members()
        # A node that was removed is not missed.
        others = [e for e in entries if e.node != name and not (members and _removed(e, members))]
        rows += [status.foreign_row(entry) for entry in others]
        care = {e.node: e.beat for e in others if e.role == "process-manager"}
        told = status.whole(
            self._node,
            rows,
            self._certificate.status(),
            members,
            {**care, name: self._load},
            self._seat.streams() if self._seat is not None else None,
        )
        return {**told, "python": interpreter(self._data)}

    def _entries(self) -> list[ProcessEntry]:
        zone = self._seat.zone if self._seat is not None else None
        return zone.processes() if zone is not None else []

    def _members(self) -> Mapping[str, Any]:
        keeper = self._seat.directory if self._seat is not None else None
        return keeper.listed.nodes if keeper is not None and keeper.listed is not None else {}

    def _own_rows(self) -> list[dict[str, Any]]:
        name, at_ms = self._node.name, _now_ms()
        rows = [self._launcher_row(), self._manager_row(at_ms)]
        if self._node.engine_external and self._seat is not None:
            rows.append(status.row(ENGINE_ID, "engine", name, 0, EXTERNAL_ENGINE))
        for child in self._supervisor.children.values():
            # Its last words matter only when it has ended before.
            bad = child.detail and child.phase in ("starting", "due", "failed")
            said = self._children.last_line(child.spec.id) if bad else ""
            made = status.child_row(child, name, at_ms, said)
            if child.phase == "waiting" and self._seat is not None and self._seat.problem:
                made["detail"] = f"the engine is not prepared: {self._seat.problem}"
            rows.append(made)
        return rows

    def _launcher_row(self) -> dict[str, Any]:
        pid = self._launcher.pid
        state = "ready" if pid else "restarting"
        age_s = procfs.age_ms(pid) / 1000 if pid else 0.0
        return status.row(
            "launcher", "launcher", self._node.name, pid, state, self._launcher.restarts, age_s
        )

    def _manager_row(self, at_ms: int) -> dict[str, Any]:
        return status.row(
            "process-manager",
            "process-manager",
            self._node.name,
            os.getpid(),
            "stopping" if self._supervisor.stopping else "ready",
            self._records.restarts,
            (at_ms - self._started_ms) / 1000,
        )


def _complete(row: dict[str, Any], beat: Heartbeat) -> None:
    """What a process of ours says of itself to the zone."""
    row["qos"], row["attached"], row["relayed"] = beat.qos, beat.attached, beat.relayed
    row["version"], row["level"] = beat.version, beat.level


def _removed(entry: ProcessEntry, members: Container[str]) -> bool:
    return entry.suspect and entry.node not in members


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
