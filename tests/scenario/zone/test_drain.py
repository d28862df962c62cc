"""Draining under load: people go elsewhere, nothing is lost, and the operator sees it."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from folkmoot.client import Conference, connect
from folkmoot.engine import Engine
from folkmoot.engine import connect as connect_engine
from folkmoot.servers.manager.control import ask
from folkmoot.settings import Settings
from folkmoot.testing.engine_process import running_engine
from folkmoot.testing.zone import Zone, running_zone

pytestmark = pytest.mark.asyncio(loop_scope="module")

GAP_S_MAX = 2.0
"""Of a machine that runs other tests too; what is usual stands in docs/upgrade.md."""


async def folkmoot(zone: Zone, *words: str) -> tuple[int, str]:
    """Runs a command of the command line on the zone's data folder."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "folkmoot.cli.main",
        *words,
        "--data",
        str(zone.folder),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await running.communicate()
    return running.returncode or 0, told.decode()


class Talk:
    """People who talk while something is done to their servers."""

    def __init__(self, conferences: list[Conference]) -> None:
        self.conferences = conferences
        self.said: list[str] = []
        self.gaps_s = [0.0] * len(conferences)
        self._over = asyncio.Event()
        self._tasks = [
            asyncio.create_task(coroutine)
            for number, conference in enumerate(conferences)
            for coroutine in (self._talk(number, conference), self._hear(number, conference))
        ]

    async def _talk(self, number: int, conference: Conference) -> None:
        count = 0
        while not self._over.is_set():
            async with asyncio.timeout(30):
                await conference.chat.post(f"{number}: {count}")
            self.said.append(f"{number}: {count}")
            count += 1
            await asyncio.sleep(0.02)

    async def _hear(self, number: int, conference: Conference) -> None:
        last_s = time.perf_counter()
        seen = conference.state.position
        while not self._over.is_set():
            await asyncio.sleep(0.005)
            if conference.state.position != seen:
                seen, now_s = conference.state.position, time.perf_counter()
                self.gaps_s[number] = max(self.gaps_s[number], now_s - last_s)
                last_s = now_s

    async def end(self) -> None:
        """Everything that was acknowledged is there, once, in one order for all (I1-I4)."""
        self._over.set()
        await asyncio.gather(*self._tasks)

        def texts(conference: Conference) -> list[str]:
            return [message["text"] for message in conference.state.chat["messages"]]

        async with asyncio.timeout(20):
            while any(
                conference.state.position.sequence
                < max(other.state.position.sequence for other in self.conferences)
                for conference in self.conferences
            ):
                await asyncio.sleep(0.01)
        everything = texts(self.conferences[0])
        assert all(texts(conference) == everything for conference in self.conferences)
        assert len(set(everything)) == len(everything)
        # A client keeps the newest messages; none of these is missing, and all are in order.
        assert everything
        for number in range(len(self.conferences)):
            own = [text for text in everything if text.startswith(f"{number}: ")]
            said = [text for text in self.said if text.startswith(f"{number}: ")]
            assert own == said[-len(own) :]
            assert own


@asynccontextmanager
async def talking(zone: Zone, people: int) -> AsyncIterator[Talk]:
    room = (await zone.create_room("Noon"))["slug"]
    async with AsyncExitStack() as stack:
        talk = Talk(
            [
                await stack.enter_async_context(
                    connect(zone.url, room=room, name=f"Person {number}")
                )
                for number in range(people)
            ]
        )
        await asyncio.sleep(0.5)
        yield talk
        await talk.end()


async def test_a_collaboration_server_is_drained_and_takes_people_again(zone: Zone) -> None:
    # A server that has just started is busy, and another one is then the better place.
    await zone.wait_status(
        lambda rows: all(row["qos"] == 100 for row in rows if row["role"] == "collaboration")
    )
    async with talking(zone, 4) as talk:
        server = talk.conferences[0].server
        # Participants of one conference are sent to the same server.
        assert {conference.server for conference in talk.conferences} == {server}
        code, told = await folkmoot(zone, "drain", "--process", server)
        assert code == 0, told
        assert f"{server} is empty" in told
        assert all(conference.server != server for conference in talk.conferences)
        assert all(c.reconnections == 0 and c.moves == 1 for c in talk.conferences)
        row = next(row for row in await zone.status() if row["id"] == server)
        assert (row["draining"], row["qos"], row["state"]) == (True, 0, "ready")
        async with connect(zone.url, room=(await zone.create_room())["slug"], name="Eve") as eve:
            assert eve.server != server
        code, told = await folkmoot(zone, "drain", "--process", server, "--undo")
        assert code == 0, told
        await zone.wait_status(
            lambda rows: any(r["id"] == server and not r["draining"] and r["qos"] > 0 for r in rows)
        )
    assert all(conference.reconnections <= 1 for conference in talk.conferences)
    assert max(talk.gaps_s) < GAP_S_MAX
    print("gaps of a drain, ms:", [round(gap_s * 1000) for gap_s in talk.gaps_s])


async def test_the_only_node_is_not_drained(zone: Zone) -> None:
    code, told = await folkmoot(zone, "drain", "test-node")
    assert code == 2
    assert "the only one" in told
    code, told = await folkmoot(zone, "drain", "nowhere")
    assert code == 2
    assert "no node 'nowhere'" in told
    code, told = await folkmoot(zone, "drain", "--process", "collaboration-9")
    assert code == 2
    assert "no process 'collaboration-9'" in told
    assert (await folkmoot(zone, "drain"))[0] == 2


@pytest.mark.timeout(300)
async def test_everything_is_restarted_while_people_talk(zone: Zone) -> None:
    before = {row["id"]: row["pid"] for row in await zone.status()}
    async with talking(zone, 4) as talk:
        code, told = await folkmoot(zone, "upgrade")
        assert code == 0, told
        assert "Done: 1 node restarted" in told
        # Once for each of the two servers.
        assert all(conference.reconnections <= 2 for conference in talk.conferences)
    after = {row["id"]: row["pid"] for row in await zone.status()}
    assert set(after) == set(before)
    kept = {id for id, pid in after.items() if pid == before[id]}
    assert kept == {"launcher"}
    assert not any(row["draining"] for row in await zone.status())
    print("gaps of an upgrade, ms:", [round(gap_s * 1000) for gap_s in talk.gaps_s])


async def order(zone: Zone, **fields: object) -> dict[str, Any]:
    return await asyncio.to_thread(ask, zone.folder, "order", order=fields)


async def test_extra_collaboration_servers_come_and_go(zone: Zone) -> None:
    extra = "collaboration-101"
    for _ in range(2):
        assert (await order(zone, op="start", id=extra, fence=3))["refused"] == ""
    await zone.wait_status(
        lambda rows: any(row["id"] == extra and row["state"] == "ready" for row in rows)
    )
    assert "has taken over" in (await order(zone, op="start", id=extra, fence=2))["refused"]
    # A new process manager knows it as one of its own.
    pid = await zone.pid(extra)
    await zone.wait_replaced("process-manager", await zone.kill("process-manager"))
    assert await zone.pid(extra) == pid
    assert "only extras" in (await order(zone, op="stop", id="collaboration-1"))["refused"]
    assert (await order(zone, op="stop", id=extra, fence=4))["refused"] == ""
    await zone.wait_status(lambda rows: all(row["id"] != extra for row in rows))


@asynccontextmanager
async def two_nodes(folder: Path) -> AsyncIterator[tuple[Zone, Zone, str]]:
    """Two nodes on one machine, with the engine that both of them use."""
    async with running_engine(folder / "engine") as engine, AsyncExitStack() as stack:
        url = f"nats://admin:{engine.credentials['admin']}@127.0.0.1:{engine.port}"
        zones = []
        for name in ("north", "south"):
            data = folder / name
            data.mkdir()
            settings = {"collaboration_servers": 1, "front_doors": 1}
            (data / "node.json").write_text(json.dumps({"name": name, "settings": settings}))
            zones.append(await stack.enter_async_context(running_zone(data, "--engine", url)))
        north, south = zones
        await north.wait_status(lambda rows: {row["node"] for row in rows} == {"north", "south"})
        yield north, south, url


@pytest.mark.timeout(300)
async def test_node_after_node_is_restarted_while_people_talk(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as (north, south, _):
        async with talking(north, 4) as talk:
            code, told = await folkmoot(south, "upgrade")
            assert code == 0, told
            assert "Done: 2 nodes restarted" in told
            assert told.index("node north") < told.index("node south")
        # To the other node, and perhaps back when theirs was up again.
        assert all(conference.reconnections <= 2 for conference in talk.conferences)
        assert max(talk.gaps_s) < GAP_S_MAX
        await north.wait_status(lambda rows: not any(row["draining"] for row in rows))
        print("gaps of an upgrade of two nodes, ms:", [round(gap * 1000) for gap in talk.gaps_s])


@pytest.mark.timeout(300)
async def test_a_node_is_drained_to_another(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as (north, south, url):
        async with talking(north, 4) as talk:
            first = {conference.session.server for conference in talk.conferences}
            assert first == {"collaboration-1"}
            nodes = await asyncio.to_thread(nodes_with_people, south)
            assert len(nodes) == 1
            drained, other = (north, south) if nodes == {"north"} else (south, north)
            left = {"north", "south"} - nodes
            # Told from either node, by way of the zone.
            code, told = await folkmoot(other, "drain", nodes.pop())
            assert code == 0, told
            # The table is as old as the last heartbeats: those who moved show up in the next ones.
            await south.wait_status(
                lambda rows: {row["node"] for row in rows if row["attached"]} == left
            )
            async with httpx.AsyncClient(trust_env=False) as http:
                await until_status(http, f"{drained.url}/readyz", 503)
                await until_status(http, f"{other.url}/readyz", 200)
        assert all(conference.reconnections <= 1 for conference in talk.conferences)
        assert max(talk.gaps_s) < GAP_S_MAX
        print("gaps of a node's drain, ms:", [round(gap_s * 1000) for gap_s in talk.gaps_s])
        link = await connect_engine(url, name="test", settings=Settings())
        try:
            await watch_the_seat(link, drained, other)
        finally:
            await link.close()


async def watch_the_seat(link: Engine, drained: Zone, other: Zone) -> None:
    """The duty of a drained node's meeting manager, and of a frozen one, goes to the other's."""
    at = {zone: await manager_of(zone) for zone in (drained, other)}

    async def wait_for_seat(zone: Zone) -> float:
        began_s = time.perf_counter()
        async with asyncio.timeout(20):
            while True:
                entry = await link.bucket("zone").get("meeting-manager")
                if entry is not None and json.loads(entry.value)["server"] == at[zone]:
                    return time.perf_counter() - began_s
                await asyncio.sleep(0.02)

    await wait_for_seat(other)
    code, told = await folkmoot(other, "drain", await node_of(drained), "--undo")
    assert code == 0, told
    await drained.wait_status(lambda rows: not any(row["draining"] for row in rows))
    await other.kill("meeting-manager-1", signal.SIGSTOP)
    took_s = await wait_for_seat(drained)
    print(f"meeting manager taken over from a frozen one after {took_s:.1f} s")


async def node_of(zone: Zone) -> str:
    return str(next(row["node"] for row in await zone.status() if row["id"] == "launcher"))


async def manager_of(zone: Zone) -> str:
    """`<id>.<incarnation>` of the node's meeting manager."""
    records = json.loads((zone.folder / "run" / "processes.json").read_bytes())
    record = next(r for r in records["processes"] if r["id"] == "meeting-manager-1")
    return f"{record['id']}.{record['incarnation']}"


def nodes_with_people(zone: Zone) -> set[str]:
    rows = ask(zone.folder, "status")["processes"]
    return {row["node"] for row in rows if row["attached"]}


async def until_status(http: httpx.AsyncClient, url: str, wanted: int) -> None:
    async with asyncio.timeout(20):
        while (await http.get(url)).status_code != wanted:
            await asyncio.sleep(0.05)
