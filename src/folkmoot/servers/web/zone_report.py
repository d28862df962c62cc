"""What one node tells of itself for the operator's page: processes, memory, disk.

Every web server answers for its node on `zone.report.<node>` and asks those of the others. A node
whose web server does not answer in time is shown by what its heartbeats say.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from folkmoot.errors import OperatorError
from folkmoot.ports import LogUnavailable, Messaging
from folkmoot.servers.logs import LOG_BYTES_MAX, LOG_FILES_KEPT
from folkmoot.protocol.reading import UNREADABLE

SUBJECT: Final = "zone.report."
ASK_S: Final = 0.5
STATUS_S: Final = 0.8
DISK_EVERY_S: Final = 10.0
FILES_MAX: Final = 20_000


class Disk(msgspec.Struct):
    engine_bytes: int
    logs_bytes: int
    free_bytes: int
    log_bytes_max: int = LOG_BYTES_MAX * (1 + LOG_FILES_KEPT)


class NodeReport(msgspec.Struct):
    """One node. `rows` are those of `folkmoot status`, with `memory_bytes` (None: unknown).

    Shape: `members` are the zone's nodes as this one knows them, heard or not; `encryption` as in `Node`, empty where it is not known; `certificate` as in the status.
    """

    node: str
    zone: str = ""
    rows: list[dict[str, Any]] = []
    disk: Disk | None = None
    members: list[str] = []
    encryption: str = ""
    certificate: dict[str, Any] | None = None


def subject_of(node: str) -> str:
    """A node's name may hold what separates a subject's parts."""
    return SUBJECT + "".join(c if c.isalnum() or c in "-_" else "_" for c in node)


class Reporter:
    """Makes this node's report."""

    def __init__(
        self,
        data: Path,
        node: str,
        query_status: Callable[[], Awaitable[dict[str, Any]]],
        encryption: str = "",
    ) -> None:
        self._data = data
        self._node = node
        self._query_status = query_status
        self._encryption = encryption
        self._disk: Disk | None = None
        self._disk_s = float("-inf")

    async def report(self) -> NodeReport:
        """Never fails: what is not known is left out."""
        report = NodeReport(self._node, encryption=self._encryption)
        try:
            async with asyncio.timeout(STATUS_S):
                told = await self._query_status()
            report.zone = str(told.get("zone", ""))
            report.members = [str(node["name"]) for node in told.get("nodes", ())]
            for node in told.get("nodes", []):
                if node["name"] == self._node:
                    report.certificate = node.get("certificate")
            report.rows = [
                row | {"memory_bytes": memory_bytes(row.get("pid"))}
                for row in told.get("processes", [])
                if row["node"] == self._node
            ]
        except (OperatorError, OSError, TimeoutError):
            pass  # being replaced; heartbeats tell the rest
        report.disk = await self._disk_now()
        return report

    async def _disk_now(self) -> Disk | None:
        if time.monotonic() - self._disk_s > DISK_EVERY_S:
            self._disk_s = time.monotonic()
            self._disk = await asyncio.to_thread(self._look)
        return self._disk

    def _look(self) -> Disk | None:
        try:
            free = shutil.disk_usage(self._data).free
        except OSError:
            return None
        return Disk(used_bytes(self._data / "engine"), used_bytes(self._data / "logs"), free)

    async def answer(self, request: bytes) -> bytes:
        """What others on the zone get."""
        return msgspec.msgpack.encode(await self.report())


async def ask_nodes(messaging: Messaging, nodes: Iterable[str]) -> dict[str, NodeReport]:
    """The reports of other nodes; who does not answer in time is left out."""

    async def ask(node: str) -> NodeReport | None:
        try:
            answer = await messaging.request(subject_of(node), b"", ASK_S)
            return msgspec.msgpack.decode(answer, type=NodeReport)
        except (LogUnavailable, *UNREADABLE):
            return None

    reports = await asyncio.gather(*(ask(node) for node in nodes))
    return {report.node: report for report in reports if report is not None}


def memory_bytes(pid: int | None) -> int | None:
    """How much of the machine's memory a process holds."""
    if not pid:
        return None
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def used_bytes(folder: Path) -> int:
    """What a folder takes on the disk; of very many files only the first are counted."""
    used = 0
    for seen, path in enumerate(folder.rglob("*")):
        if seen >= FILES_MAX:
            break
        try:
            used += path.lstat().st_blocks * 512
        except OSError:
            continue  # a living engine replaces its files
    return used
