"""`folkmoot drain`: moves every participant off a node, or off one collaboration server."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from folkmoot.errors import OperatorError

EMPTY_S: Final = 30.0
STATUS_S: Final = 6.0


def drain(data: Path, node: str, process: str, *, undo: bool) -> int:
    """Begins to drain, or ends it; waits until nobody is left.

    Errors: `OperatorError` when it is refused, or people could not be moved in time.
    """
    from folkmoot.cli.orders import (
        AWAY_S_MAX,
        EMPTY_FOR_S,
        clients_of,
        order,
        row_of,
        rows_of,
        wait_for,
    )
    from folkmoot.servers.manager.control import ask

    status = ask(data, "status", STATUS_S)
    own = own_node(status)
    node = node or own
    if not process and not undo:
        _check_others(status, node)
    what = process or f"node {node}"
    order(data, node, "drain", again_s=AWAY_S_MAX, id=process, on=not undo)
    if undo:
        print(f"{what} takes people again.")
        return 0
    print(f"{what} drains: nobody new comes, and those who are there go elsewhere ...", flush=True)
    rows = rows_of(data, node, again_s=AWAY_S_MAX)
    if process and row_of(rows, process)["role"] not in ("collaboration", "web"):
        print(f"{what} drains.")
        return 0
    if wait_for(data, node, lambda r: clients_of(r, process) == 0, EMPTY_S, EMPTY_FOR_S) is None:
        left = clients_of(rows_of(data, node, again_s=AWAY_S_MAX), process)
        raise OperatorError(
            f"{left} clients are still on {what} after {EMPTY_S:g} s: no other server takes them."
            " They are served as before. Start another server, or undo with `folkmoot drain"
            f" {'--process ' + process if process else node} --undo`."
        )
    print(f"{what} is empty; undo with --undo.")
    return 0


def own_node(status: dict[str, Any]) -> str:
    """The node that answers: its launcher is never told by another one."""
    for row in status["processes"]:
        if row["role"] == "launcher":
            return str(row["node"])
    raise OperatorError("The process manager does not say which node it is on.")


def _check_others(status: dict[str, Any], node: str) -> None:
    """Says at once what would fail later: nobody can go anywhere."""
    others = [
        row
        for row in status["processes"]
        if row["role"] == "collaboration"
        and row["node"] != node
        and row["state"] == "ready"
        and not row["draining"]
    ]
    if not others:
        raise OperatorError(
            f"Node {node} is the only one with collaboration servers, so its people could go"
            " nowhere. Add a node first; to restart this one without a cut, use `folkmoot upgrade`."
        )


def add_drain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("node", nargs="?", default="", metavar="NODE", help="a node of the zone")
    parser.add_argument("--process", default="", metavar="ID", help="only this process of it")
    parser.add_argument("--undo", action="store_true", help="take people again")
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    if not asked.node and not asked.process:
        raise OperatorError("Name a node, as `folkmoot status` shows it, or a --process.")
    return drain(asked.data.resolve(), asked.node, asked.process, undo=asked.undo)
