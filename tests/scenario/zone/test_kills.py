"""Any process of a real zone is killed while people talk: they go on, nothing is lost (I1-I5)."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest
from pycrdt import Text

from folkmoot.client import Conference, connect
from folkmoot.testing.zone import Zone, running_zone

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROCESSES = (
    "collaboration-1",
    "collaboration-2",
    "front-1",
    "front-2",
    "web-1",
    "documents-1",
    "export-1",
    "meeting-manager-1",
    "engine",
    "process-manager",
    "launcher",
)


def texts(conference: Conference) -> list[str]:
    return [message["text"] for message in conference.state.chat["messages"]]


def present(conference: Conference, name: str) -> bool:
    persons = conference.state.roster["persons"].values()
    return any(person["present"] for person in persons if person["name"] == name)


async def wait_until_equal(conferences: list[Conference], expected: list[str]) -> None:
    async with asyncio.timeout(20):
        while any(texts(conference) != expected for conference in conferences):
            await asyncio.sleep(0.01)


async def talk(conference: Conference, prefix: str, until: asyncio.Event) -> list[str]:
    """Posts one message after the other until told to stop; returns what was acknowledged."""
    said: list[str] = []
    while not until.is_set() or len(said) < 5:
        text = f"{prefix} {len(said)}"
        async with asyncio.timeout(30):
            await conference.chat.post(text)
        said.append(text)
        await asyncio.sleep(0.01)
    return said


@pytest.mark.parametrize("process", PROCESSES)
async def test_people_go_on_when_a_process_is_killed(zone: Zone, process: str) -> None:
    room = (await zone.create_room(f"Kill {process}"))["slug"]
    async with (
        connect(zone.url, room=room, name="Ada") as ada,
        connect(zone.url, room=room, name="Bob") as bob,
    ):
        replaced = asyncio.Event()
        talking = [
            asyncio.create_task(talk(ada, "ada", replaced)),
            asyncio.create_task(talk(bob, "bob", replaced)),
        ]
        pad = ada.documents["pad"]
        await pad.loaded()
        written = pad.get("text", type=Text)
        written += f"before {process}. "
        pid = await zone.kill(process)
        written += "after. "
        await zone.wait_replaced(process, pid)
        replaced.set()
        said = [await task for task in talking]
        await pad.saved()

        everything = texts(ada)
        assert sorted(everything) == sorted(said[0] + said[1])
        for own in said:
            assert [text for text in everything if text in own] == own
        await wait_until_equal([bob], everything)
        async with connect(zone.url, room=room, name="Carol") as carol:
            assert texts(carol) == everything[-200:]
            copy = carol.documents["pad"]
            await copy.loaded()
            assert str(copy.get("text", type=Text)) == f"before {process}. after. "


async def test_a_frozen_front_door_cuts_nobody(zone: Zone) -> None:
    room = (await zone.create_room("Frozen"))["slug"]
    async with connect(zone.url, room=room, name="Ada") as ada:
        pid = await zone.kill("front-1", signal.SIGSTOP)
        for number in range(20):
            await ada.chat.post(f"still here {number}")
        assert ada.reconnections == 0
        # The watchdog takes it for dead and replaces it.
        await zone.wait_replaced("front-1", pid)
        assert ada.reconnections == 0


async def test_a_frozen_collaboration_server_does_no_harm_when_it_wakes(zone: Zone) -> None:
    room = (await zone.create_room("Asleep"))["slug"]
    async with (
        connect(zone.url, room=room, name="Ada") as ada,
        connect(zone.url, room=room, name="Bob") as bob,
    ):
        await ada.chat.post("first")
        frozen = ada.server
        pid = await zone.kill(frozen, signal.SIGSTOP)
        try:
            waiting = asyncio.create_task(ada.chat.post("second"))
            async with asyncio.timeout(30):
                await waiting
        finally:
            try:
                await zone.kill(frozen, signal.SIGCONT)
            except (ProcessLookupError, TimeoutError):
                pass  # the watchdog was quicker
        await bob.chat.post("third")
        await wait_until_equal([ada, bob], ["first", "second", "third"])
        assert pid


async def test_everything_is_there_after_a_stop_and_a_start(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with running_zone(folder) as zone:
        room = (await zone.create_room("Tomorrow"))["slug"]
        async with connect(zone.url, room=room, name="Ada") as ada:
            for number in range(10):
                await ada.chat.post(f"kept {number}")
            pad = ada.documents["pad"]
            await pad.loaded()
            text = pad.get("text", type=Text)
            text += "written down"
            await pad.saved()
            seconds = await zone.stop()
            assert seconds < 5, f"stopping took {seconds:.1f} s"
    async with running_zone(folder) as zone, connect(zone.url, room=room, name="Bob") as bob:
        assert texts(bob) == [f"kept {number}" for number in range(10)]
        pad = bob.documents["pad"]
        await pad.loaded()
        assert str(pad.get("text", type=Text)) == "written down"
        # Ada's session was on a server that is no more: she is away, and did not leave.
        async with asyncio.timeout(30):
            while any(
                p["present"] for p in bob.state.roster["persons"].values() if p["name"] == "Ada"
            ):
                await asyncio.sleep(0.05)
        assert {p["name"] for p in bob.state.roster["persons"].values()} == {"Ada", "Bob"}


async def test_a_client_leaves_a_frozen_server_for_its_standby_at_once(zone: Zone) -> None:
    room = (await zone.create_room("Standby"))["slug"]
    async with (
        connect(zone.url, room=room, name="Ada") as ada,
        connect(zone.url, room=room, name="Bob") as bob,
    ):
        ada.move_to("/s/collaboration-1")
        bob.move_to("/s/collaboration-2")
        async with asyncio.timeout(20):
            while (ada.server, bob.server) != ("collaboration-1", "collaboration-2"):
                await asyncio.sleep(0.02)
        await ada.wait_attached()
        stop = asyncio.Event()
        talking = asyncio.create_task(talk(bob, "bob", stop))
        await asyncio.sleep(1)  # lets Ada's standby open
        pid = await zone.kill("collaboration-1", signal.SIGSTOP)
        async with asyncio.timeout(20):
            while ada.server != "collaboration-2" or not ada.session.attached:
                await asyncio.sleep(0.01)
        # The watchdog, which takes ten seconds, had no part in it.
        assert await zone.pid("collaboration-1") == pid
        stop.set()
        said = await talking
        await wait_until_equal([ada, bob], said)
        await zone.wait_replaced("collaboration-1", pid)


async def test_a_client_leaves_a_frozen_server_also_when_nobody_speaks(zone: Zone) -> None:
    room = (await zone.create_room("Silence"))["slug"]
    async with connect(zone.url, room=room, name="Ada") as ada:
        ada.move_to("/s/collaboration-1")
        async with asyncio.timeout(20):
            while ada.server != "collaboration-1" or not ada.standby_ready:
                await asyncio.sleep(0.02)
        pid = await zone.kill("collaboration-1", signal.SIGSTOP)
        async with asyncio.timeout(20):
            while ada.server != "collaboration-2" or not ada.session.attached:
                await asyncio.sleep(0.01)
        # The zone suspects it and the standby told; the watchdog takes ten seconds.
        assert await zone.pid("collaboration-1") == pid
        await ada.chat.post("still here")
        await zone.wait_replaced("collaboration-1", pid)
