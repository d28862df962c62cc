"""`folkmoot upgrade`: restarts process after process, node after node, while people talk.

The new version is installed on every node before: into the environment that runs there, or into
one of its own, whose Python is named (`--python`) or is the one that this command runs with. Every
step waits until what was restarted serves again; where that fails, nothing more is touched.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from folkmoot.errors import OperatorError

ORDER: Final = ("front", "web", "collaboration")
LAST: Final = ("meeting-manager", "process-manager", "launcher", "engine")
BACK_S: Final = 60.0
EMPTY_S: Final = 30.0
STATUS_S: Final = 6.0
OTHERS_S: Final = 20.0
_STAYS: Final = "does not get rid of the people on {}"

Rows = list[dict[str, Any]]
Say = Callable[[str], None]


def upgrade(data: Path, say: Say, python: str = "", *, in_place: bool = False) -> int:
    """Restarts the whole zone, the node that is asked last. Errors: `OperatorError`."""
    from folkmoot.cli.drain import own_node
    from folkmoot.servers.manager.control import ask

    status = ask(data, "status", STATUS_S)
    own = own_node(status)
    others = sorted({str(row["node"]) for row in status["processes"]} - {own})
    if not python and not in_place and sys.executable != status.get("python", sys.executable):
        python = sys.executable  # another environment's command brings that environment
    if python:
        _use(data, [*others, own], python, say)
    for node in [*others, own]:
        say(f"node {node}")
        _Upgrade(data, node, say).run()
    count = len(others) + 1
    say(f"Done: {count} node{'s' if count > 1 else ''} restarted, nobody was sent away.")
    versions = _versions(data)
    say("Versions that run: " + ", ".join(f"{v} on {n}" for n, v in sorted(versions.items())))
    if len(set(versions.values())) > 1:
        say("They differ: install the new one on the others, too, and upgrade again.")
    _tell_level(data, say)
    return 0


def _use(data: Path, nodes: list[str], python: str, say: Say) -> None:
    """Names the environment on every node, before anything is touched. Errors: `OperatorError`."""
    from folkmoot.cli.orders import AWAY_S_MAX, order

    for node in nodes:
        version = order(data, node, "use", again_s=AWAY_S_MAX, python=python)["body"]["version"]
        say(f"node {node} has {version} at {python}")


def _versions(data: Path) -> dict[str, str]:
    """Which versions run on each node."""
    from folkmoot.servers.manager.control import ask

    found: dict[str, set[str]] = {}
    for row in ask(data, "status", STATUS_S)["processes"]:
        if row.get("version"):
            found.setdefault(str(row["node"]), set()).add(str(row["version"]))
    return {node: " and ".join(sorted(versions)) for node, versions in found.items()}


def _tell_level(data: Path, say: Say) -> None:
    """Says that the new version's new behaviour is still to be switched on, if it is."""
    from folkmoot.cli.level import known_by_all
    from folkmoot.cli.operator import patiently, run, zone_engine
    from folkmoot.servers.manager.control import ask
    from folkmoot.servers.zone_level import read_level

    async def zone_level() -> int:
        async with zone_engine(data) as engine:
            return (await patiently(lambda: read_level(engine.bucket("zone"))))[0]

    now = run(zone_level())
    known = known_by_all(ask(data, "status", STATUS_S)["processes"])
    if known > now:
        say(
            f"The zone is still at level {now}, so that you can go back to the old version;"
            f" `folkmoot level raise` switches on what came with level {known}."
        )


class _Upgrade:
    """The upgrade of one node."""

    def __init__(self, data: Path, node: str, say: Say) -> None:
        self._data = data
        self._node = node
        self._say = say

    def run(self) -> None:
        from folkmoot.cli.orders import AWAY_S_MAX, rows_of
        from folkmoot.zone.orders import is_extra

        away = self._others_take()
        if away:
            self._drain("")
        rows = rows_of(self._data, self._node, again_s=AWAY_S_MAX)
        for row in sorted(rows, key=_place):
            id = str(row["id"])
            if not row["pid"]:
                continue  # somebody else's engine
            if is_extra(id):
                # Ordered again, of the new version, where it is needed.
                self._order("stop", id=id)
                continue
            if row["role"] == "collaboration" and away:
                # Somebody may have come back since: who leaves a slow server goes where it can.
                self._wait_until(partial(_is_empty, id), _STAYS.format(id), EMPTY_S)
            elif self._siblings(row):
                self._drain(id)
            self._restart(id, int(row["pid"]), int(row["restarts"]))
        if away:
            self._order("drain", on=False)
            self._wait_until(_takes_people, "does not take people again")

    def _others_take(self) -> bool:
        """Whether another node takes this one's people, as this one sees it.

        Shape: the one before may just be back, which is heard here a moment later than there, so
        others that do not take them are waited for. Going on at once would cut everybody off.
        """
        from folkmoot.cli.orders import POLL_S, status_of

        until_s = time.monotonic() + OTHERS_S
        while True:
            try:
                rows = status_of(self._data, self._node)["processes"]
            except OperatorError:
                rows = None
            if rows is not None:
                others = [
                    row
                    for row in rows
                    if row["node"] != self._node and row["role"] == "collaboration"
                ]
                if any(map(_takes, others)):
                    return True
                if not others:
                    return False
            if time.monotonic() > until_s:
                return False
            time.sleep(POLL_S)

    def _siblings(self, row: dict[str, Any]) -> bool:
        """Whether people go through this process who could go through another one."""
        from folkmoot.cli.orders import AWAY_S_MAX, rows_of

        relays = row["role"] == "web" and row.get("relayed", 0) > 0
        if row["role"] != "collaboration" and not relays:
            return False
        rows = rows_of(self._data, self._node, again_s=AWAY_S_MAX)
        return any(_takes(r) and r["id"] != row["id"] for r in rows)

    def _drain(self, id: str) -> None:
        from folkmoot.cli.orders import EMPTY_FOR_S

        self._order("drain", id=id, on=True)
        self._say(f"  {id or 'it'} drains ...")
        self._wait_until(
            partial(_is_empty, id), _STAYS.format(id or "its servers"), EMPTY_S, EMPTY_FOR_S
        )

    def _restart(self, id: str, pid: int, restarts: int) -> None:
        self._order("restart", id=id)

        def is_back(row: dict[str, Any]) -> bool:
            # The launcher becomes another program in the same process.
            same = row["restarts"] == restarts if id == "launcher" else row["pid"] in (None, pid)
            return row["id"] == id and not same and row["state"] == "ready"

        self._wait_until(
            lambda rows: any(map(is_back, rows)),
            f"does not bring back {id}; see `folkmoot logs {id}` there",
        )
        self._say(f"  {id} is back")

    def _order(self, op: str, **fields: object) -> None:
        from folkmoot.cli.orders import AWAY_S_MAX, order

        # What was replaced before may still be on its way back into the zone. A restart that comes
        # twice costs one more; who was stopped is not known any more.
        again_s = 0.0 if op == "stop" else AWAY_S_MAX
        order(self._data, self._node, op, again_s=again_s, **fields)

    def _wait_until(
        self,
        reached: Callable[[Rows], bool],
        trouble: str,
        within_s: float = BACK_S,
        for_s: float = 0.0,
    ) -> None:
        from folkmoot.cli.orders import wait_for

        if wait_for(self._data, self._node, reached, within_s, for_s) is None:
            raise OperatorError(
                f"The upgrade stops: node {self._node} {trouble}. The other nodes and processes"
                " serve on. Mend it and run `folkmoot upgrade` again;"
                f" `folkmoot drain {self._node} --undo` lets it take people as it is."
            )


def _place(row: dict[str, Any]) -> tuple[int, str]:
    """Doors first; what the others stand on last."""
    role = str(row["role"])
    if role in ORDER:
        return ORDER.index(role), str(row["id"])
    middle = len(ORDER)
    return (middle + 1 + LAST.index(role) if role in LAST else middle), str(row["id"])


def _is_empty(id: str, rows: Rows) -> bool:
    from folkmoot.cli.orders import clients_of

    return _drains(rows, id) and clients_of(rows, id) == 0


def _takes(row: dict[str, Any]) -> bool:
    return row["role"] == "collaboration" and row["state"] == "ready" and not row["draining"]


def _drains(rows: Rows, id: str) -> bool:
    """Whether the zone has heard that the servers drain: their QoS value says so."""
    return all(
        row["qos"] == 0
        for row in rows
        if row["role"] == "collaboration" and id in ("", row["id"]) and row["state"] == "ready"
    )


def _takes_people(rows: Rows) -> bool:
    servers = [row for row in rows if row["role"] == "collaboration"]
    # Not known (-1) is not enough: the process manager itself may just have come back.
    return all(_takes(row) and row["qos"] > 0 for row in servers)


def add_upgrade(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--python", metavar="PATH", default="", help="run this Python's Folkmoot, on every node"
    )
    where.add_argument(
        "--in-place", action="store_true", help="stay in the environment that runs on each node"
    )
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    return upgrade(
        asked.data.resolve(),
        lambda line: print(line, flush=True),
        asked.python,
        in_place=asked.in_place,
    )
