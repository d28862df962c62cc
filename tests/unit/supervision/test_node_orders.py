"""Orders between process managers are obeyed with a proof only."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from folkmoot.data_folder import Node, load_node, write_node
from folkmoot.servers.manager import node_orders
from folkmoot.servers.manager.engine_child import is_behind
from folkmoot.servers.manager.node_orders import Answer, NodeOrders, Order, replicas_of, sealed

PASSWORDS = {user: f"{user}-password-0123" for user in ("admin", "collaboration", "service")}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "engine").mkdir()
    node = Node(
        "second",
        joined=True,
        member=True,
        engine_external=True,
        zone_address="10.0.0.2",
        zone_port=7422,
        engine_credentials=PASSWORDS,
        engine_servers=["tls://10.0.0.1:7422"],
    )
    write_node(tmp_path, node)
    return tmp_path


async def answer(data: Path, payload: bytes) -> Answer:
    return msgspec.msgpack.decode(await NodeOrders(data, "second").answer(payload), type=Answer)


@pytest.mark.parametrize(("name", "password"), [("second", "guessed"), ("third", "")])
async def test_an_order_without_a_proof_for_this_node_changes_nothing(
    data: Path, name: str, password: str
) -> None:
    before = load_node(data)
    order = Order("fence", fenced=True)
    told = await answer(data, sealed(order, name, password or PASSWORDS["admin"]))
    assert "no valid proof" in told.error
    assert "not understood" in (await answer(data, b"\xff")).error
    assert load_node(data) == before


async def test_a_node_becomes_one_of_the_cluster_once(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(node_orders, "ANSWERED_S", 0.0)
    monkeypatch.setattr("os._exit", ended.append)
    addresses = ["10.0.0.1:7422", "10.0.0.2:7422", "10.0.0.3:7422"]
    order = Order("cluster", addresses, "store-1", True)
    for _ in range(2):
        told = await answer(data, sealed(order, "second", PASSWORDS["admin"]))
        assert told == Answer(clustered=True)
        await asyncio.sleep(0.01)
    node = load_node(data)
    assert ended == [node_orders.EXIT_ANEW]
    assert (node.engine_url, node.engine_external) == ("tls://10.0.0.2:7422", False)
    assert (node.fenced, node.engine_store, replicas_of(node)) == (True, "store-1", 3)
    # Until everything is copied it listens where the zone still is.
    assert node.engine_urls == ["tls://10.0.0.1:7422", "tls://10.0.0.2:7422"]
    order = Order("fence", fenced=False)
    monkeypatch.setattr(node_orders, "reload_engine", lambda _: None)
    await answer(data, sealed(order, "second", PASSWORDS["admin"]))
    assert load_node(data).engine_urls == ["tls://10.0.0.2:7422", "tls://10.0.0.1:7422"]


async def test_a_cluster_without_this_node_is_refused(data: Path) -> None:
    order = Order("cluster", ["10.0.0.1:7422"], "store-1", True)
    told = await answer(data, sealed(order, "second", PASSWORDS["admin"]))
    assert "no place" in told.error
    (data / "engine" / "store-1").mkdir()
    order = Order("cluster", ["10.0.0.2:7422"], "store-1", True)
    told = await answer(data, sealed(order, "second", PASSWORDS["admin"]))
    assert "has data" in told.error
    assert load_node(data).cluster == []


def test_addresses_of_the_engine_are_kept_over_restarts(data: Path) -> None:
    NodeOrders(data, "second").learn_servers(["tls://10.0.0.1:7422", "tls://10.0.0.3:7422"])
    assert load_node(data).engine_urls == ["tls://10.0.0.1:7422", "tls://10.0.0.3:7422"]


@pytest.mark.parametrize(
    ("reason", "behind"),
    [
        ("JetStream stream '$G > KV_rooms' is not current: group node unhealthy", True),
        ("JetStream has not established contact with a meta leader", True),
        ("JetStream is still recovering meta layer", True),
        ("JetStream is not current with the meta leader", True),
        ("write error: no space left on device", False),
        ("stream '$G > CONF_0' is not current: node write error: input/output error", False),
        ("no answer within 1 s", False),
        ("JetStream is not enabled", False),
    ],
)
def test_an_engine_that_waits_for_others_is_not_restarted(reason: str, behind: bool) -> None:
    assert is_behind(reason) == behind
