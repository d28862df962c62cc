"""An operation stops its servers twice; the room is refused, and `folkmoot void` opens it (I8)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from folkmoot.apps import all_applications
from folkmoot.cli.operator import zone_engine
from folkmoot.client import connect
from folkmoot.conference.replica import Fenced
from folkmoot.servers.replicas import Unloadable, load_replica
from folkmoot.servers.store import counted_fences
from folkmoot.testing.operator import command, conference_of, texts
from folkmoot.testing.zone import Zone, running_zone

pytestmark = pytest.mark.asyncio(loop_scope="module")

POISON = b"\0\0\0\0" + b"no batch"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def zone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Zone]:
    async with running_zone(tmp_path_factory.mktemp("void") / "data") as zone:
        yield zone


async def test_void_opens_a_room_that_was_stopped_twice(zone: Zone) -> None:
    room = (await zone.create_room("Poison"))["slug"]
    async with (
        zone_engine(zone.folder) as engine,
        connect(zone.url, room=room, name="Ada") as ada,
    ):
        await ada.chat.post("before")
        conference = await conference_of(engine, room)
        poison = await engine.log.publish(conference, POISON)
        refused = None
        async with asyncio.timeout(30):
            # Her server was stopped; so is each that opens the room, until it was twice.
            while refused is None:
                try:
                    await load_replica(engine, conference, all_applications())
                except Fenced:
                    pass
                except Unloadable as unloadable:
                    refused = str(unloadable)
        assert f"folkmoot void {conference} {poison}" in refused
        assert (await counted_fences(engine, conference))[poison] >= 2
        waiting = asyncio.create_task(ada.chat.post("while it was closed"))

        code, output = await command("void", conference, str(poison), "--data", str(zone.folder))
        assert code == 0, output
        assert "is void" in output
        async with asyncio.timeout(30):
            await waiting
        async with connect(zone.url, room=room, name="Bob") as bob:
            await bob.chat.post("after")
            assert texts(bob) == ["before", "while it was closed", "after"]
            assert ada.session.session
        assert await counted_fences(engine, conference) == {}


async def test_void_refuses_what_stopped_nobody(zone: Zone) -> None:
    room = (await zone.create_room("Healthy"))["slug"]
    async with zone_engine(zone.folder) as engine, connect(zone.url, room=room, name="Ada") as ada:
        receipt = await ada.chat.post("healthy")
        conference = await conference_of(engine, room)
        code, output = await command(
            "void", conference, str(receipt.position.sequence), "--data", str(zone.folder)
        )
        assert code == 2
        assert "No server was stopped" in output
        await ada.chat.post("goes on")


@pytest.mark.parametrize("conference", ["a.b", "", "a b"])
async def test_void_refuses_what_is_no_conference(zone: Zone, conference: str) -> None:
    code, output = await command("void", conference, "7", "--data", str(zone.folder))
    assert code == 2
    assert "is no conference" in output


async def test_void_needs_a_running_zone(tmp_path: Path) -> None:
    code, output = await command("void", "a", "7", "--data", str(tmp_path))
    assert code == 2
    assert "There is no Folkmoot" in output
