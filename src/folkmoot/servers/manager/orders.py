"""Orders to a process manager: drain, restart, start, stop and faults, by operator or zone.

They come by the control socket, which is for those who may open the data folder, or by the zone;
an order for another node is passed on to its process manager.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from folkmoot.errors import OperatorError
from folkmoot.ports import LogUnavailable
from folkmoot.servers import interpreter
from folkmoot.servers.draining import DrainingFile
from folkmoot.servers.manager import faults
from folkmoot.servers.manager.adoption import extra_spec
from folkmoot.servers.manager.plan import Planned, serve_command
from folkmoot.settings import Settings
from folkmoot.zone.child import Child
from folkmoot.zone.manager import ZoneManager
from folkmoot.zone.orders import (
    FENCE,
    Answer,
    Fence,
    Order,
    encode,
    is_extra,
    read_answer,
    read_order,
)

PROCESS_MANAGER: Final = "process-manager"
LAUNCHER: Final = "launcher"
PASS_ON_S: Final = 2.8

log = logging.getLogger("folkmoot.manager")


class Head(Protocol):
    """What orders need of the process manager."""

    @property
    def children(self) -> Mapping[str, Child]: ...
    def add(self, planned: Planned) -> None: ...
    def remove(self, id: str) -> None: ...
    def restart(self, id: str) -> None: ...
    def replace(self) -> None: ...
    def renew_launcher(self) -> bool: ...
    def keep_fence(self, highest: int) -> None: ...
    def status(self) -> dict[str, Any]: ...


class Orders:
    """Carries out orders on one node.

    Shape: `fence` is the highest number of a meeting manager that was ever obeyed here.
    """

    def __init__(
        self,
        head: Head,
        data: Path,
        node: str,
        settings: Settings,
        zone: Callable[[], ZoneManager | None],
        fence: int = 0,
    ) -> None:
        self._head = head
        self._data = data
        self._node = node
        self._settings = settings
        self._zone = zone
        self._fence = Fence(fence)
        self.draining = DrainingFile(data)
        self._operations: dict[str, Callable[[Order], Answer]] = {
            "status": self._status,
            "drain": self._drain,
            "restart": self._restart,
            "start": self._start,
            "stop": self._stop,
            "kill": lambda order: faults.kill(order, self._head.children),
            "freeze": lambda order: faults.freeze(order, self._head.children),
        }

    def carry_out(self, order: Order) -> Answer:
        """Does it at once, or begins to. Errors: none; a refusal is an answer."""
        operation = self._operations.get(order.op)
        if operation is None:
            return Answer(refused=f"A process manager does not know the order {order.op!r}.")
        before = self._fence.highest
        refused = self._fence.refuses(order)
        if refused:
            return Answer(refused=refused, body={FENCE: self._fence.highest})
        if self._fence.highest > before:
            self._head.keep_fence(self._fence.highest)
        if order.op in ("kill", "freeze"):
            log.warning("a drill: %s %s", order.op, order.id or "all of this node")
        elif order.op != "status":
            log.info("ordered: %s %s", order.op, order.id or "this node")
        return operation(order)

    async def answer(self, payload: bytes) -> bytes:
        """Answers an order that came by the zone."""
        order = read_order(payload)
        if order is None:
            return encode(Answer(refused="The order could not be read."))
        return encode(await self._do(order))

    async def _do(self, order: Order) -> Answer:
        if order.op != "use":
            return self.carry_out(order)
        log.info("ordered: use %s", order.python)
        try:
            return Answer(body={"version": await interpreter.use(self._data, order.python)})
        except (OperatorError, OSError) as error:
            return Answer(refused=f"Node {self._node}: {error}")

    async def control(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Answers an order that came by the control socket, for this node or another."""
        told: dict[str, Any] = msgspec.to_builtins(await self._answer_control(asked))
        return told

    async def _answer_control(self, asked: Mapping[str, Any]) -> Answer:
        try:
            order = msgspec.convert(asked.get("order"), Order)
        except msgspec.ValidationError:
            return Answer(refused="The order could not be read.")
        node = str(asked.get("node") or self._node)
        return await (self._do(order) if node == self._node else self._pass_on(node, order))

    async def _pass_on(self, node: str, order: Order) -> Answer:
        zone = self._zone()
        if zone is None:
            why = f"This node's process manager is just being started, and has not heard of {node}."
            return Answer(refused=why, unanswered=True)
        known = {entry.node for entry in zone.processes(PROCESS_MANAGER)}
        if node not in known:
            names = ", ".join(sorted(known | {self._node}))
            return Answer(refused=f"There is no node {node!r} in the zone; known are: {names}.")
        try:
            return read_answer(
                await zone.request(PROCESS_MANAGER, encode(order), PASS_ON_S, node=node)
            )
        except LogUnavailable:
            why = f"The process manager of {node} does not answer just now."
            return Answer(refused=why, unanswered=True)

    # Operations

    def _status(self, _order: Order) -> Answer:
        return Answer(body=self._head.status())

    def _drain(self, order: Order) -> Answer:
        """Says who drains; processes see it within a fraction of a second."""
        before = self.draining.read()
        if order.id and order.id not in self._head.children:
            return Answer(refused=self._unknown(order.id))
        node, processes = before.node, set(before.processes)
        if not order.id:
            # A node that takes people again does so with all of its processes.
            node, processes = order.on, processes if order.on else set()
        elif order.on:
            processes.add(order.id)
        else:
            processes.discard(order.id)
        try:
            self.draining.write(node=node, processes=tuple(processes))
        except OSError as error:
            return Answer(refused=f"That it drains could not be written down: {error}.")
        return Answer()

    def _restart(self, order: Order) -> Answer:
        """Starts a process anew; one that drained takes people again when it is back."""
        if order.id == PROCESS_MANAGER:
            self._head.replace()
            return Answer()
        if order.id == LAUNCHER:
            told = self._head.renew_launcher()
            return Answer(refused="" if told else "The launcher is just being replaced.")
        if order.id not in self._head.children:
            return Answer(refused=self._unknown(order.id))
        before = self.draining.read()
        if order.id in before.processes:
            left = tuple(id for id in before.processes if id != order.id)
            self.draining.write(node=before.node, processes=left)
        self._head.restart(order.id)
        return Answer()

    def _start(self, order: Order) -> Answer:
        """Starts an extra collaboration server, within this node's bound."""
        if not is_extra(order.id):
            return Answer(refused=f"{order.id!r} is not an id of an extra collaboration server.")
        if order.id in self._head.children:
            return Answer()
        running = [c for c in self._head.children.values() if c.spec.role == "collaboration"]
        if len(running) >= self._settings.collaboration_servers_max:
            many = len(running)
            return Answer(refused=f"{self._node} runs {many} collaboration servers, its most.")
        self._head.add(extra(order.id, self._data))
        return Answer()

    def _stop(self, order: Order) -> Answer:
        if not is_extra(order.id):
            return Answer(refused=f"{order.id} is one of this node's own; only extras are stopped.")
        self._head.remove(order.id)
        before = self.draining.read()
        if order.id in before.processes:
            left = tuple(id for id in before.processes if id != order.id)
            self.draining.write(node=before.node, processes=left)
        return Answer()

    def _unknown(self, id: str) -> str:
        known = ", ".join(sorted(self._head.children))
        return f"There is no process {id!r} on {self._node}; there are: {known}."


def extra(id: str, data: Path) -> Planned:
    """An extra collaboration server as a node runs it."""
    return Planned(extra_spec(id), serve_command("collaboration", id, data))
