"""What a command that changes the zone's engines has done on this node and on others."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from folkmoot.data_folder import change_node, load_node
from folkmoot.engine import embedded
from folkmoot.engine.connection import Engine
from folkmoot.errors import OperatorError
from folkmoot.ports import LogUnavailable
from folkmoot.servers.manager.engine_child import EmbeddedEngine
from folkmoot.servers.manager.node_orders import (
    Answer,
    Order,
    reload_engine,
    sealed,
    subject_of,
)

ORDER_S: Final = 3.0
HELLO_S: Final = 30.0
STEP_S: Final = 120.0
POLL_S: Final = 0.1


async def monitored(port: int, path: str, within_s: float = HELLO_S) -> dict[str, Any]:
    """What this node's engine tells of itself; a busy one is asked again.

    Errors: `OperatorError` when it does not answer: no word is not a good word.
    """
    deadline_s = time.monotonic() + within_s
    while not (told := await embedded.monitor(port, path)):
        if time.monotonic() > deadline_s:
            raise OperatorError(
                "The engine of this node does not answer; see `folkmoot status` and `folkmoot logs"
                " engine`, then try again."
            )
        await asyncio.sleep(POLL_S)
    return told


class Others:
    """The other nodes, and this one's own engine. Caller: by the command that holds its lock."""

    def __init__(self, data: Path, engine: Engine) -> None:
        self._data = data
        self._engine = engine

    async def fence_own(self, fenced: bool) -> None:
        """Returns when this node's engine takes writes, or does not any more."""
        await self.configure_own(fenced=fenced)

    async def configure_own(self, **changes: object) -> None:
        """Changes this node, and returns when its engine has taken that and is reached again."""
        # Without this answer an engine that is only slow would seem to have taken it already.
        before = await monitored(load_node(self._data).monitor_port, "/varz")
        node = change_node(self._data, **changes)
        EmbeddedEngine(self._data, node).configure(while_running=True)
        reload_engine(self._data)
        async with asyncio.timeout(STEP_S):
            while True:
                now = await embedded.monitor(node.monitor_port, "/varz")
                loaded = now.get("config_load_time")
                if loaded and loaded != before.get("config_load_time"):
                    break
                await asyncio.sleep(POLL_S)
            await self._engine.wait_connected()

    async def order(self, name: str, order: Order) -> None:
        """Gives an order until it is answered; `hello` not for long. Errors: `OperatorError`."""
        password = load_node(self._data).engine_credentials["admin"]
        payload = sealed(order, name, password)
        told = await self._request(name, payload, HELLO_S if order.op == "hello" else STEP_S)
        answer = msgspec.msgpack.decode(told, type=Answer)
        if answer.error:
            raise OperatorError(f"The node {name} refuses: {answer.error}")

    async def _request(self, name: str, payload: bytes, within_s: float) -> bytes:
        deadline_s = time.monotonic() + within_s
        while True:
            try:
                return await self._engine.messaging.request(subject_of(name), payload, ORDER_S)
            except LogUnavailable as error:
                if time.monotonic() > deadline_s:
                    raise OperatorError(
                        f"The node {name} does not answer ({error}); start it first."
                    ) from None
            await asyncio.sleep(POLL_S)
