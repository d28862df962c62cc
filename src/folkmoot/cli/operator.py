"""What an operator's commands share: the engine of the zone that runs on a data folder.

Commands are given when a machine has just died, so each of them outlasts an election of the engine:
what it asks goes through `patiently`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from folkmoot.data_folder import load_node
from folkmoot.engine import Engine
from folkmoot.engine.elections import ELECTIONS_S_MAX, through_elections
from folkmoot.errors import OperatorError
from folkmoot.folder_lock import is_locked
from folkmoot.ports import LogFull, LogUnavailable
from folkmoot.servers.access import connect_engine
from folkmoot.servers.runtime import settings_of

OPERATOR_ROLE: Final = "process-manager"
"""Whose rights an operator has at the engine: all of them, on a node that has them."""

_Result = TypeVar("_Result")


@asynccontextmanager
async def zone_engine(data: Path) -> AsyncIterator[Engine]:
    """The engine of the zone that runs on this data folder, with its streams known.

    Errors: `OperatorError` when there is no zone, or it does not run; `LogUnavailable` when its
    engine does not answer.
    """
    node = load_node(data)
    if not is_locked(data):
        raise OperatorError(
            f"No Folkmoot runs on the data folder {data};"
            f" start it with `folkmoot up --data {data}` first."
        )
    settings = settings_of(node)
    engine = await connect_engine(data, node, settings, f"operator {os.getpid()}", OPERATOR_ROLE)
    try:
        await patiently(engine.look_prepared)
        yield engine
    finally:
        await engine.close()


async def patiently(ask: Callable[[], Awaitable[_Result]]) -> _Result:
    """What the engine answers, also while it chooses a leader; says so where it takes a while.

    Caller: gives only what may be done again, for what came through may be unknown.
    Errors: `LogUnavailable` when no answer came in time, which `run` makes a sentence.
    """
    return await through_elections(ask, tell_waiting)


def tell_waiting(line: str) -> None:
    """On standard error: on the other one is what a program may read."""
    print(line, file=sys.stderr, flush=True)


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Runs a command's work; what the engine refuses becomes a sentence."""
    try:
        return asyncio.run(work)
    except LogUnavailable as error:
        raise OperatorError(no_answer(error)) from None
    except LogFull:
        raise OperatorError(
            "The zone's storage is full; free some space, then try again."
        ) from None


def no_answer(error: LogUnavailable) -> str:
    return (
        f"The zone's engines did not answer within {ELECTIONS_S_MAX:g} s ({error}). They can when"
        " most of them run: start those that are off, see `folkmoot status`, then try again; or"
        " restore a backup into a new zone."
    )
