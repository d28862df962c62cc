"""A zone grows from one engine node to three, also when whoever grows it is killed half way."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from folkmoot.client import connect
from folkmoot.client.files import CHUNK_BYTES
from folkmoot.testing.engine_process import free_ports
from folkmoot.testing.nodes import LEAN, power_off, streams_of, three_nodes
from folkmoot.testing.operator import command as folkmoot
from folkmoot.testing.zone import running_zone


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
    return {
        name: (info["config"]["num_replicas"], info["config"]["metadata"]["folkmoot_epoch"])
        for name, info in (await streams_of(data)).items()
    }


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
        # A file that is half there when the first node dies goes on, and is on the others.
        shared = bytes(range(251)) * 80_000

        off: list[int] = []

        def progress(done: int, _of: int) -> None:
            if not off and done >= 2 * CHUNK_BYTES:
                off.append(done)
                power_off(data)

        file = await ada.files.upload(shared, "plan.bin", on_progress=progress)
        assert off and off[0] < len(shared)
        assert await ben.files.fetch(file) == shared
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


async def test_a_zone_without_engine_nodes_does_not_grow(tmp_path: Path) -> None:
    place = ("--zone-address", "127.0.0.1", "--zone-port", str(free_ports(1)[0]))
    async with running_zone(tmp_path / "n1", *place, settings=LEAN):
        code, said = await folkmoot("grow", "--data", str(tmp_path / "n1"))
        assert (code, "it needs two" in said) == (2, True), said
    code, said = await folkmoot("grow", "--confirm", "--data", str(tmp_path / "n1"))
    assert (code, "has not grown" in said) == (2, True), said
