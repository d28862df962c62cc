"""Orders to a process manager, and who drains."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from folkmoot.ports import LogUnavailable
from folkmoot.servers.draining import Draining, DrainingFile
from folkmoot.servers.manager.machine import MachineLoad, Upkeep
from folkmoot.servers.manager.orders import Orders
from folkmoot.servers.manager.plan import Planned
from folkmoot.settings import Settings
from folkmoot.testing.fake_engine import FakeZone
from folkmoot.zone.child import Child, Spec
from folkmoot.zone.load import Identity, Load
from folkmoot.zone.manager import ZoneManager, request_subject
from folkmoot.zone.orders import Answer, Order, encode, is_extra, next_extra, read_answer


class Head:
    """A process manager that only notes what it is asked."""

    def __init__(self) -> None:
        ids = ("front-1", "collaboration-1", "engine")
        self.children = {id: Child(spec=Spec(id, id.partition("-")[0])) for id in ids}
        self.asked: list[str] = []
        self.fence = 0

    def add(self, planned: Planned) -> None:
        self.asked.append(f"add {planned.spec.id}")
        self.children[planned.spec.id] = Child(spec=planned.spec)

    def remove(self, id: str) -> None:
        self.asked.append(f"remove {id}")
        self.children.pop(id, None)

    def restart(self, id: str) -> None:
        self.asked.append(f"restart {id}")

    def replace(self) -> None:
        self.asked.append("replace")

    def renew_launcher(self) -> bool:
        self.asked.append("renew")
        return True

    def keep_fence(self, highest: int) -> None:
        self.fence = highest

    def status(self) -> dict[str, Any]:
        return {"zone": "local"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path


@pytest.fixture
def head() -> Head:
    return Head()


@pytest.fixture
def orders(head: Head, folder: Path) -> Orders:
    return Orders(head, folder, "here", Settings(collaboration_servers_max=2), lambda: None)


def test_who_drains_is_written_down_and_taken_back(orders: Orders, folder: Path) -> None:
    seen = DrainingFile(folder)
    assert not seen.read().covers("front-1")
    assert orders.carry_out(Order("drain", id="collaboration-1")) == Answer()
    assert seen.read().covers("collaboration-1") and not seen.read().covers("front-1")
    assert orders.carry_out(Order("drain")) == Answer()
    assert seen.read().covers("front-1")
    # A node that takes people again does so with all of its processes.
    assert orders.carry_out(Order("drain", on=False)) == Answer()
    assert seen.read() == msgspec.structs.replace(seen.read(), node=False, processes=())


def test_what_is_said_of_draining_ends_with_the_boot_and_damage_is_nothing(folder: Path) -> None:
    path = folder / "run" / "draining.json"
    path.write_bytes(msgspec.json.encode(Draining(True, ("web-1",), "another boot")))
    assert DrainingFile(folder).read() == Draining()
    path.write_bytes(b"{")
    assert DrainingFile(folder).read() == Draining()
    DrainingFile(folder).write(node=True, processes=())
    assert DrainingFile(folder).read().covers("web-1")
    DrainingFile(folder).clear()
    DrainingFile(folder).clear()
    assert DrainingFile(folder).read() == Draining()


def test_one_that_is_restarted_takes_people_again(orders: Orders, head: Head) -> None:
    orders.carry_out(Order("drain", id="collaboration-1"))
    assert orders.carry_out(Order("restart", id="collaboration-1")) == Answer()
    assert not orders.draining.read().covers("collaboration-1")
    assert orders.carry_out(Order("restart", id="process-manager")) == Answer()
    assert orders.carry_out(Order("restart", id="launcher")) == Answer()
    assert head.asked == ["restart collaboration-1", "replace", "renew"]


def test_extra_servers_start_once_and_within_the_bound(orders: Orders, head: Head) -> None:
    start = Order("start", id="collaboration-101", fence=1)
    assert orders.carry_out(start) == orders.carry_out(start) == Answer()
    assert "its most" in orders.carry_out(Order("start", id="collaboration-102")).refused
    orders.carry_out(Order("drain", id="collaboration-101"))
    assert orders.carry_out(Order("stop", id="collaboration-101")) == Answer()
    assert not orders.draining.read().covers("collaboration-101")
    assert head.asked == ["add collaboration-101", "remove collaboration-101"]


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (Order("nonsense"), "does not know"),
        (Order("drain", id="web-9"), "no process 'web-9'"),
        (Order("restart", id="web-9"), "no process 'web-9'"),
        (Order("start", id="collaboration-3"), "not an id of an extra"),
        (Order("stop", id="collaboration-1"), "only extras"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(
    orders: Orders, head: Head, order: Order, sentence: str
) -> None:
    assert sentence in orders.carry_out(order).refused
    assert head.asked == []


def test_a_meeting_manager_that_was_replaced_is_refused(
    orders: Orders, head: Head, folder: Path
) -> None:
    assert orders.carry_out(Order("status", fence=5)).body == {"zone": "local"}
    # Also by the process managers that come later.
    later = Orders(head, folder, "here", Settings(), lambda: None, head.fence)
    assert "has taken over" in later.carry_out(Order("status", fence=4)).refused
    assert (
        "has taken over"
        in orders.carry_out(Order("start", id="collaboration-101", fence=4)).refused
    )
    # An operator has no number and is always heard.
    assert orders.carry_out(Order("status")).refused == ""


async def test_orders_by_the_zone_and_by_the_control_socket(head: Head, folder: Path) -> None:
    fake = FakeZone(Settings())
    engine = fake.engine()
    zone = ZoneManager(
        engine,
        Identity("process-manager", "process-manager", "here", "a", 1),
        Load(state="ready"),
        Settings(heartbeat_interval_ms=10),
    )
    await zone.start()
    orders = Orders(head, folder, "here", Settings(), lambda: zone)
    there = Orders(Head(), folder, "there", Settings(), lambda: None)
    await engine.messaging.respond(request_subject("there", "process-manager"), there.answer)
    assert read_answer(await orders.answer(b"\xc1")).refused
    assert read_answer(await orders.answer(encode(Order("status")))).body == {"zone": "local"}
    asked = {"op": "order", "order": {"op": "status"}}
    assert (await orders.control(asked))["body"] == {"zone": "local"}
    assert "no node 'there'" in (await orders.control(asked | {"node": "there"}))["refused"]
    other = ZoneManager(
        engine,
        Identity("process-manager", "process-manager", "there", "b", 2),
        Load(state="ready"),
        Settings(heartbeat_interval_ms=10),
    )
    await other.start()
    async with asyncio.timeout(10):
        while len(zone.processes()) < 2:
            await asyncio.sleep(0.01)
    assert (await orders.control(asked | {"node": "there"}))["body"] == {"zone": "local"}
    for malformed in ({}, {"order": 7}, {"order": {"op": 1}}):
        assert (await orders.control(malformed))["refused"]
    await other.close()
    await zone.close()
    await engine.close()
    with pytest.raises(LogUnavailable):
        await zone.request("process-manager", b"", 0.05, node="there")


def test_ids_of_extra_servers() -> None:
    assert is_extra("collaboration-101") and is_extra("collaboration-9999")
    for id in ("collaboration-100", "collaboration-x", "web-101", "collaboration", ""):
        assert not is_extra(id)
    assert next_extra(set()) == "collaboration-101"
    assert next_extra({"collaboration-101", "collaboration-103"}) == "collaboration-102"


def test_the_machines_load_is_the_share_of_ticks_that_were_not_idle(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu 100 0 100 700 100 0 0 0 0 0\n")
    machine = MachineLoad(stat)
    assert machine.share() == 0.0
    stat.write_text("cpu 130 0 130 730 110 0 0 0 0 0\n")
    assert machine.share() == pytest.approx(0.6)
    stat.write_text("nonsense\n")
    assert machine.share() == 0.0
    stat.unlink()
    assert machine.share() == 0.0
    assert 0.0 <= MachineLoad().share() <= 1.0


def test_that_a_full_disk_has_room_again_is_told_once(tmp_path: Path) -> None:
    upkeep, load = Upkeep(tmp_path), Load()
    told = []
    for free in (-1, 1 << 30, 0, 4 << 20, 8 << 20, 1 << 30):
        load.free_bytes = free
        told.append(upkeep.has_room_again(load))
    assert told == [False, False, False, False, True, False]
