"""A machine that will not come back is taken out, and another takes its place."""

from __future__ import annotations

import asyncio
import ssl
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from folkmoot.client import connect
from folkmoot.data_folder import load_node, tls_paths
from folkmoot.engine import peers
from folkmoot.servers.manager.control import query_status
from folkmoot.testing.nodes import (
    joined,
    power_off,
    streams_of,
    three_nodes,
    until_whole,
)
from folkmoot.testing.operator import command
from folkmoot.testing.zone import Zone


async def grown(folder: Path, stack: AsyncExitStack) -> list[Zone]:
    zones = await three_nodes(folder, stack)
    code, said = await command("grow", "--data", str(folder / "n1"))
    assert code == 0, said
    await until_whole(folder / "n1", 3)
    return zones


async def until_lost(zone: Zone, node: str) -> None:
    """Returns when the zone's status does not call a node alive any more."""
    async with asyncio.timeout(60):
        while True:
            nodes = (await query_status(zone.folder))["nodes"]
            if any(n["name"] == node and n["state"] in ("silent", "gone") for n in nodes):
                return
            await asyncio.sleep(0.1)


async def lets_in(asking: Path, asked: Path) -> bool:
    """Whether the engine of one node speaks with who shows the other's certificate."""
    node, paths = load_node(asked), tls_paths(asking)
    context = ssl.create_default_context(cafile=str(paths.authority))
    context.load_cert_chain(paths.certificate, paths.key)
    try:
        reader, writer = await asyncio.open_connection(
            node.zone_address, node.zone_port, ssl=context
        )
        # TLS 1.3 tells only with the first bytes that a certificate is refused.
        said = await reader.read(4)
        writer.close()
    except (ssl.SSLError, ConnectionError):
        return False
    return said == b"INFO"


@pytest.mark.timeout(300)
async def test_another_machine_takes_the_place_of_one_that_is_gone(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        zones = await grown(tmp_path, stack)
        data = tmp_path / "n1"
        room = (await zones[0].create_room())["slug"]
        async with (
            connect(zones[0].url, room=room, name="Ada") as ada,
            connect(zones[1].url, room=room, name="Ben") as ben,
        ):
            await ada.chat.post("before")
            code, said = await command("node", "remove", "node3", "--data", str(data))
            assert (code, "is alive" in said) == (2, True), said
            power_off(tmp_path / "n3")
            await until_lost(zones[0], "node3")
            code, said = await command("node", "replace", "node3", "--data", str(data))
            assert (code, "--yes-it-is-gone" in said) == (2, True), said
            sure = ("--yes-it-is-gone", "--data", str(data))
            code, said = await command("node", "replace", "node3", *sure)
            assert (code, "No machine waits" in said) == (2, True), said
            await joined(data, tmp_path / "n4", stack, "127.0.0.4", "node4")
            running = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "folkmoot.cli.main", "node", "replace", "node3", *sure,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            assert running.stdout is not None
            async with asyncio.timeout(120):
                told = [await running.stdout.readline()]
                while b"Writing pauses" not in told[-1]:
                    assert told[-1], told
                    told.append(await running.stdout.readline())
            running.kill()
            await running.wait()
            # Whoever gave the command is gone; the first node's process manager goes on.
            await until_whole(tmp_path / "n1", 3, 120)
            async with asyncio.timeout(60):
                await ada.chat.post("after")
                while [m["text"] for m in ben.state.chat["messages"]] != ["before", "after"]:
                    await asyncio.sleep(0.02)
        for info in (await streams_of(data)).values():
            assert set(peers.names(info)) == {load_node(data).name, "node2", "node4"}
        addresses = {f"127.0.0.{n}:{load_node(data).zone_port}" for n in (1, 2, 4)}
        for folder in ("n1", "n2", "n4"):
            assert set(load_node(tmp_path / folder).cluster) == addresses
        assert list((data / "backups").glob("before-node3-*.backup"))
        # Whoever finds the machine's disk is let in nowhere.
        for folder in ("n1", "n2", "n4"):
            assert await lets_in(tmp_path / "n1", tmp_path / folder)
            assert not await lets_in(tmp_path / "n3", tmp_path / folder)
        code, said = await command("node", "remove", "node3", *sure)
        assert (code, "was removed already" in said) == (2, True), said


@pytest.mark.timeout(300)
async def test_another_engine_node_takes_over_from_the_first_one(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        zones = await grown(tmp_path, stack)
        first, heir = load_node(tmp_path / "n1").name, tmp_path / "n2"
        room = (await zones[0].create_room())["slug"]
        async with connect(zones[1].url, room=room, name="Ada") as ada:
            await ada.chat.post("before")
            power_off(tmp_path / "n1")
            # At once: nobody has noticed yet, and what it led has no leader for a while.
            sure = ("--yes-it-is-gone", "--data", str(heir))
            code, said = await command("node", "remove", "node3", *sure[1:])
            assert (code, "is alive" in said) == (2, True), said
            code, said = await command("node", "remove", first, *sure)
            assert code == 0, said
            assert "none of them may fail" in said.replace("\n", " ")
            for info in (await streams_of(heir)).values():
                assert set(peers.names(info)) == {"node2", "node3"}
            await joined(heir, tmp_path / "n4", stack, "127.0.0.4", "node4")
            code, said = await command("node", "replace", first, *sure)
            assert code == 0, said
            await until_whole(heir, 3)
            await ada.chat.post("after")
            assert [m["text"] for m in ada.state.chat["messages"]] == ["before", "after"]
        assert not await lets_in(tmp_path / "n1", heir)
