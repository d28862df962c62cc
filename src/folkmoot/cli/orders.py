"""Orders from the command line to a node's process manager, by way of our own node's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from folkmoot.errors import OperatorError
from folkmoot.servers.manager.control import ask

ANSWER_S: Final = 6.0
POLL_S: Final = 0.1
AWAY_S_MAX: Final = 60.0
"""So long a node may take to be heard again after its process manager or an engine was replaced."""

EMPTY_FOR_S: Final = 0.75
"""Nobody for three heartbeats: who was on the way when it began to drain is counted late."""

Rows = list[dict[str, Any]]


def order(
    data: Path, node: str, op: str, *, again_s: float = 0.0, **fields: object
) -> dict[str, Any]:
    """Gives an order and returns the answer.

    Shape: `again_s` is for how long it is given again while the node does not answer, as one does
    whose process manager or engine was just replaced; only for orders that may come twice.
    Errors: `OperatorError` with the refusal, or when nobody answers.
    """
    deadline = time.monotonic() + again_s
    while True:
        answer = ask(data, "order", ANSWER_S, node=node, order={"op": op, **fields})
        refused = answer.get("refused")
        if not refused:
            return answer
        if not answer.get("unanswered") or time.monotonic() > deadline:
            raise OperatorError(str(refused))
        time.sleep(POLL_S)


def status_of(data: Path, node: str, *, again_s: float = 0.0) -> dict[str, Any]:
    """The status as the node itself tells it; `again_s` as for `order`."""
    body: dict[str, Any] = order(data, node, "status", again_s=again_s)["body"]
    return body


def rows_of(data: Path, node: str, *, again_s: float = 0.0) -> Rows:
    """The processes that run on the node; `again_s` as for `order`."""
    told = status_of(data, node, again_s=again_s)
    return [row for row in told["processes"] if row["node"] == node]


def wait_for(
    data: Path, node: str, reached: Callable[[Rows], bool], within_s: float, for_s: float = 0.0
) -> Rows | None:
    """The node's processes once they are as wanted; None when they are not in time.

    Shape: they are as wanted for `for_s` on end. A process manager that does not answer meanwhile
    is asked again.
    """
    deadline = time.monotonic() + within_s
    since: float | None = None
    while True:
        now = time.monotonic()
        try:
            rows = rows_of(data, node)
            wanted = reached(rows)
        except OperatorError:
            rows, wanted = [], False
        if not wanted:
            since = None
        elif since is None:
            since = now
        if since is not None and now - since >= for_s:
            return rows
        if now > deadline + for_s:
            return None
        time.sleep(POLL_S)


def clients_of(rows: Rows, id: str = "") -> int:
    """How many people go through the node's processes, or through one of them.

    Shape: they are attached there, or are decrypted there for another process of the node. Of a
    whole node only those count who are attached: the others stand by.
    """
    mine = [row for row in rows if id in ("", row["id"])]
    attached = sum(int(row["attached"]) for row in mine if row["role"] == "collaboration")
    return attached + sum(int(row.get("relayed", 0)) for row in mine if id)


def row_of(rows: Rows, id: str) -> Mapping[str, Any]:
    """The row of a process. Errors: `OperatorError` when there is none."""
    for row in rows:
        if row["id"] == id:
            return row
    raise OperatorError(f"There is no process {id!r}; there are: {names(rows)}.")


def names(rows: Rows) -> str:
    return ", ".join(sorted(str(row["id"]) for row in rows))
