"""A zone grows from one engine node to three, also when whoever grows it is killed half way."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from folkmoot.client import connect
from folkmoot.data_folder import load_node
from folkmoot.engine import copying
from folkmoot.servers.access import connect_engine
from folkmoot.servers.manager import procfs
from folkmoot.servers.runtime import settings_of
from folkmoot.testing.engine_process import free_ports
from folkmoot.testing.zone import Zone, running_zone

LEAN = {"collaboration_servers": 1, "front_doors": 1, "shards": 1}


async def folkmoot(*words: str) -> tuple[int, str]:
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "folkmoot.cli.main",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await running.communicate()
    return running.returncode or 0, said.decode()


async def three_nodes(folder: Path, stack: AsyncExitStack) -> list[Zone]:
    """One node with an engine and two that may get one, on addresses of loopback."""
    port = str(free_ports(1)[0])
    place = ("--zone-port", port, "--zone-address")
    zones = [
        await stack.enter_async_context(
            running_zone(folder / "n1", *place, "127.0.0.1", settings=LEAN)
        )
    ]
    lean = ("--collaboration-servers", "1")
    for number in (2, 3):
        code, token = await folkmoot("token", "--engine", "--data", str(folder / "n1"))
        assert code == 0, token
        join = ("--join", token.strip(), "--name", f"node{number}", *lean)
        zones.append(
            await stack.enter_async_context(
                running_zone(folder / f"n{number}", *join, *place, f"127.0.0.{number}")
            )
        )
    return zones


def step(data: Path) -> str:
    try:
        return str(json.loads((data / "engine" / "grow.json").read_bytes())["step"])
    except FileNotFoundError:
        return ""


async def until(data: Path, steps: tuple[str, ...], within_s: float = 60.0) -> str:
    async with asyncio.timeout(within_s):
        while (found := step(data)) not in steps:
            await asyncio.sleep(0.005)
    return found


async def kept(data: Path) -> dict[str, tuple[int, str]]:
    """Replicas and epoch of every stream."""
    node = load_node(data)
    engine = await connect_engine(data, node, settings_of(node), "test", "process-manager")
    try:
        await engine.wait_connected()
        told = {}
        for name in await copying.stream_names(engine.link):
            info = await copying.stream_info(engine.link, name)
            assert info is not None
            configuration = info["config"]
            told[name] = (
                configuration["num_replicas"],
                configuration["metadata"]["folkmoot_epoch"],
            )
        return told
    finally:
        await engine.close()


@pytest.mark.timeout(200)
async def test_a_zone_grows_to_three_and_survives_its_first_node(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        zones = await three_nodes(tmp_path, stack)
        data = tmp_path / "n1"
        room = (await zones[0].create_room())["slug"]
        before = await kept(data)
        assert {replicas for replicas, _ in before.values()} == {1}
        ada = await stack.enter_async_context(connect(zones[1].url, room=room, name="Ada"))
        ben = await stack.enter_async_context(connect(zones[2].url, room=room, name="Ben"))
        heard = ben.events()
        texts = [f"before {number}" for number in range(5)]
        for text in texts:
            await ada.chat.post(text)
        growing = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "folkmoot.cli.main",
            "grow",
            "--data",
            str(data),
            stdout=asyncio.subprocess.DEVNULL,
        )
        await until(data, ("saved", "switched"))
        growing.send_signal(signal.SIGKILL)
        await growing.wait()
        # What is said meanwhile waits, and is neither lost nor doubled.
        waiting = [ada.submit_nowait("chat", "post", {"text": f"meanwhile {n}"}) for n in range(3)]
        texts += [f"meanwhile {number}" for number in range(3)]
        await until(data, ("done",), 100)
        async with asyncio.timeout(30):
            await asyncio.gather(*waiting)
        after = await kept(data)
        assert {name: epoch for name, (_, epoch) in after.items()} == {
            name: epoch for name, (_, epoch) in before.items()
        }
        assert {replicas for replicas, _ in after.values()} == {3}
        code, said = await folkmoot("grow", "--data", str(data))
        assert (code, "has grown already" in said) == (2, True), said
        code, said = await folkmoot("grow", "--confirm", "--data", str(data))
        assert code == 0, said
        assert not (data / "engine" / "store").exists()
        power_off(data)
        await ada.chat.post("after")
        texts.append("after")
        got: list[str] = []
        async with asyncio.timeout(30):
            async for event in heard:
                if event.app == "chat":
                    got.append(event.body["text"])
                if len(got) == len(texts):
                    break
        assert got == texts


def power_off(data: Path) -> None:
    """Everything of a node ends at once; nothing is left that could start anything again."""
    holder = json.loads((data / "lock").read_bytes())["pid"]
    manager = json.loads((data / "run" / "processes.json").read_bytes())["pid"]
    for pid in (holder, manager):
        os.kill(pid, signal.SIGKILL)
    for running in procfs.find(data):
        procfs.kill_group(running.pid)


async def test_a_zone_without_engine_nodes_does_not_grow(tmp_path: Path) -> None:
    place = ("--zone-address", "127.0.0.1", "--zone-port", str(free_ports(1)[0]))
    async with running_zone(tmp_path / "n1", *place, settings=LEAN):
        code, said = await folkmoot("grow", "--data", str(tmp_path / "n1"))
        assert (code, "it needs two" in said) == (2, True), said
    code, said = await folkmoot("grow", "--confirm", "--data", str(tmp_path / "n1"))
    assert (code, "has not grown" in said) == (2, True), said
