"""`folkmoot level`: shows the level of the zone's behaviour, and raises it.

Versions of different levels serve one zone side by side as long as the zone's own level is one that
all of them know. So raising it is a step of its own, after an upgrade, and cannot be taken back.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from folkmoot.errors import OperatorError

if TYPE_CHECKING:
    from folkmoot.ports import Bucket

STATUS_S: Final = 6.0
NOT_MEMBERS: Final = ("front", "launcher", "engine")
"""Roles that decide nothing of conferences and do not tell a level."""

NAMES_MAX: Final = 8

Rows = Iterable[Mapping[str, Any]]


def known_by_all(rows: Rows) -> int:
    """The highest level that every process of the zone knows; 0 when one has not told it yet."""
    return min((int(row.get("level", 1)) for row in rows if _decides(row)), default=0)


def behind(rows: Rows, level: int) -> list[str]:
    """Processes that do not know the level, as a person reads them."""
    told = []
    for row in rows:
        if _decides(row) and int(row.get("level", 1)) < level:
            version = row.get("version") or "not heard yet"
            told.append(f"{row['id']} on {row['node']} ({version})")
    return told


def _decides(row: Mapping[str, Any]) -> bool:
    return row["role"] not in NOT_MEMBERS and row["state"] not in ("stopped", "failed")


def level(data: Path, raise_it: bool, to: int | None) -> int:
    """Shows the level, or raises it. Errors: `OperatorError`."""
    from folkmoot.cli.operator import run
    from folkmoot.conference.state import LEVEL
    from folkmoot.servers.manager.control import ask

    status = ask(data, "status", STATUS_S)
    rows = status["processes"]
    wanted = LEVEL if to is None else to
    if not raise_it:
        print(described(run(_read(data)), rows))
        return 0
    if wanted > LEVEL:
        raise OperatorError(f"This version of Folkmoot knows level {LEVEL} at most.")
    missing = _missing_nodes(status)
    if missing:
        raise OperatorError(
            f"Not raised: nothing is heard of node {', '.join(missing)}, which may come back with"
            " an older version. Start it, or `folkmoot node remove` it, then try again."
        )
    late = behind(rows, wanted)
    if late:
        more = f" and {len(late) - NAMES_MAX} more" if len(late) > NAMES_MAX else ""
        raise OperatorError(
            f"Not raised: {', '.join(late[:NAMES_MAX])}{more} do not know level {wanted}."
            " Finish `folkmoot upgrade` first, then try again."
        )
    before = run(_raise(data, wanted))
    if before >= wanted:
        print(f"The zone is at level {before} already.")
    else:
        print(
            f"The zone is at level {wanted} now (it was at {before}). Rooms that are open follow"
            " within seconds, the others when somebody opens them."
        )
    return 0


def described(now: int, rows: Rows) -> str:
    """What the zone is at, and what it could be raised to."""
    lines = [f"The zone is at level {now}."]
    known = known_by_all(rows)
    if known > now:
        lines.append(f"All processes know level {known}: `folkmoot level raise` goes there.")
    elif known < now:
        lines.append("Do not know it: " + ", ".join(behind(rows, now)) + ".")
    else:
        lines.append("No higher one is known to all processes.")
    return "\n".join(lines)


def _missing_nodes(status: Mapping[str, Any]) -> list[str]:
    """Nodes that belong to the zone and are not heard."""
    return [str(n["name"]) for n in status.get("nodes", ()) if n["state"] in ("gone", "silent")]


async def _read(data: Path) -> int:
    from folkmoot.cli.operator import patiently, zone_engine
    from folkmoot.servers.zone_level import read_level

    async with zone_engine(data) as engine:
        return (await patiently(lambda: read_level(engine.bucket("zone"))))[0]


async def _raise(data: Path, to: int) -> int:
    from folkmoot.cli.operator import patiently, zone_engine
    from folkmoot.servers.zone_level import read_level

    async with zone_engine(data) as engine:
        zone = engine.bucket("zone")
        before, _ = await patiently(lambda: read_level(zone))
        await patiently(lambda: raised(zone, to))
        return before


async def raised(zone: Bucket, to: int) -> None:
    """Raises the level; may be done again, whatever came of the time before.

    Errors: `LogUnavailable`, also when another one wrote it: it is read anew.
    """
    from folkmoot.ports import Conflict, LogUnavailable
    from folkmoot.servers.zone_level import raise_level

    try:
        await raise_level(zone, to)
    except Conflict:
        raise LogUnavailable("the level was written in the same moment") from None


def add_level(command: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    command.add_argument("what", nargs="?", choices=("show", "raise"), default="show")
    command.add_argument("--to", type=int, metavar="N", help="to this level, not the highest")
    command.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    if asked.to is not None and asked.what != "raise":
        raise OperatorError("--to belongs to `folkmoot level raise`.")
    return level(asked.data.resolve(), asked.what == "raise", asked.to)
