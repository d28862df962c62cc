"""Orders from the zone's first node to this one's process manager: become part of the cluster.

They are few and rare, and are obeyed only with a proof that whoever gives them knows the engine's
administrator password; the same order may come again.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from folkmoot.data_folder import Node, change_node, free_port, host_in_url, load_node
from folkmoot.errors import OperatorError
from folkmoot.servers.manager import procfs

REPLICAS: Final = 3
EXIT_ANEW: Final = 75
ANSWERED_S: Final = 0.3
"""So long the answer to an order has before the process manager makes way for its successor."""

log = logging.getLogger("folkmoot.manager")


class Order(msgspec.Struct, frozen=True):
    """What is asked: `hello` only whether we are there.

    Shape: `cluster` makes this node's engine one of those at `addresses`, on an empty `store`;
    `engines` says which these are from now on, and whose keys count; `fence` whether it takes
    writes.
    """

    op: Literal["hello", "cluster", "engines", "fence"]
    addresses: list[str] = []
    store: str = ""
    fenced: bool = False
    pins: list[str] = []


class Answer(msgspec.Struct, frozen=True):
    error: str = ""
    clustered: bool = False


class _Proved(msgspec.Struct, array_like=True, frozen=True):
    order: bytes
    proof: bytes


def subject_of(node_name: str) -> str:
    return f"zone.node.{node_name}"


def replicas_of(node: Node) -> int:
    """How many engines keep each stream."""
    return REPLICAS if len(node.cluster) >= REPLICAS else 1


def sealed(order: Order, node_name: str, password: str) -> bytes:
    """The order with its proof, for one node only."""
    packed = msgspec.msgpack.encode(order)
    return msgspec.msgpack.encode(_Proved(packed, _proof(packed, node_name, password)))


def reload_engine(data: Path) -> None:
    """Tells this node's engine to read its configuration again, which was written before."""
    for running in procfs.find(data):
        if running.id == "engine":
            procfs.kill_same(running.pid, running.started, signal.SIGHUP)


class NodeOrders:
    """Answers orders for this node, and keeps what the engine tells of its like."""

    def __init__(self, data: Path, node_name: str) -> None:
        self._data = data
        self._name = node_name

    @property
    def subject(self) -> str:
        return subject_of(self._name)

    async def answer(self, payload: bytes) -> bytes:
        try:
            node = load_node(self._data)
            answer = self._obey(node, self._opened(node, payload))
        except (OperatorError, OSError) as error:
            log.warning("an order was not obeyed: %s", error)
            answer = Answer(str(error))
        return msgspec.msgpack.encode(answer)

    def learn_servers(self, urls: Sequence[str]) -> None:
        """Keeps the engine's addresses, so that a restart finds it when this one is gone."""
        node = load_node(self._data)
        others = list(dict.fromkeys([*node.engine_servers, *urls]))
        if not node.engine_external or node.joined:
            change_node(self._data, engine_servers=others)

    def _opened(self, node: Node, payload: bytes) -> Order:
        password = node.engine_credentials.get("admin", "")
        try:
            proved = msgspec.msgpack.decode(payload, type=_Proved)
            right = password and hmac.compare_digest(
                proved.proof, _proof(proved.order, self._name, password)
            )
            if not right:
                raise OperatorError("The order has no valid proof, or this node has no engine.")
            return msgspec.msgpack.decode(proved.order, type=Order)
        except msgspec.MsgspecError:
            raise OperatorError("The order is not understood.") from None

    def _obey(self, node: Node, order: Order) -> Answer:
        if order.op == "cluster" and node.engine_store != order.store:
            self._join_cluster(node, order)
            return Answer(clustered=True)
        if order.op == "fence" and node.fenced != order.fenced:
            self._change(fenced=order.fenced)
        if order.op == "engines" and list(node.cluster) != order.addresses:
            self._own_of(node, order)
            self._change(cluster=order.addresses, pins=order.pins)
        return Answer(clustered=bool(node.cluster))

    def _change(self, **changes: object) -> None:
        from folkmoot.servers.manager.engine_child import EmbeddedEngine

        changed = change_node(self._data, **changes)
        EmbeddedEngine(self._data, changed).configure(while_running=True)
        reload_engine(self._data)

    def _own_of(self, node: Node, order: Order) -> str:
        """This node's address in the cluster. Errors: `OperatorError` when it has none there."""
        own = f"{host_in_url(node.zone_address)}:{node.zone_port}"
        if own not in order.addresses or not (node.member or node.cluster):
            raise OperatorError(f"This node has no place in that cluster; its address is {own}.")
        return own

    def _join_cluster(self, node: Node, order: Order) -> None:
        own = self._own_of(node, order)
        if (self._data / "engine" / order.store).exists():
            raise OperatorError("This node has data of that cluster already.")
        log.warning("this node's engine becomes one of %d", len(order.addresses))
        change_node(
            self._data,
            cluster=order.addresses,
            engine_store=order.store,
            engine_url=f"tls://{own}",
            engine_external=False,
            engine_port=node.zone_port,
            monitor_port=free_port(),
            fenced=order.fenced,
        )
        # The launcher starts a successor, which takes over all processes and plans an engine too.
        asyncio.get_running_loop().call_later(ANSWERED_S, os._exit, EXIT_ANEW)


def _proof(packed: bytes, node_name: str, password: str) -> bytes:
    return hmac.digest(password.encode(), node_name.encode() + b"\0" + packed, hashlib.sha256)
