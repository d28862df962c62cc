"""What an operator's commands share: the engine of the zone that runs on a data folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from folkmoot.data_folder import load_node
from folkmoot.engine import Engine
from folkmoot.errors import OperatorError
from folkmoot.folder_lock import is_locked
from folkmoot.ports import LogFull, LogUnavailable
from folkmoot.servers.access import connect_engine
from folkmoot.servers.runtime import settings_of

CONNECT_S_MAX: Final = 30.0
"""More than an election of the engine takes: commands are given when a machine has just died."""

OPERATOR_ROLE: Final = "process-manager"
"""Whose rights an operator has at the engine: all of them, on a node that has them."""

_Result = TypeVar("_Result")


@asynccontextmanager
async def zone_engine(data: Path) -> AsyncIterator[Engine]:
    """The engine of the zone that runs on this data folder, with its streams known.

    Errors: `OperatorError` when there is no zone, it does not run, or its engine does not answer.
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
        try:
            async with asyncio.timeout(CONNECT_S_MAX):
                await engine.wait_prepared()
        except TimeoutError:
            raise OperatorError(
                "The zone's engine does not answer; see `folkmoot status`, then try again."
            ) from None
        yield engine
    finally:
        await engine.close()


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Runs a command's work; what the engine refuses becomes a sentence."""
    try:
        return asyncio.run(work)
    except LogUnavailable as error:
        raise OperatorError(
            f"The zone's engine did not answer in time ({error}); see `folkmoot status`,"
            " then try again."
        ) from None
    except LogFull:
        raise OperatorError(
            "The zone's storage is full; free some space, then try again."
        ) from None
