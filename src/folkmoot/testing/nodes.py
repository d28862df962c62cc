"""Several nodes of one zone on addresses of loopback, and what may happen to a whole node."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

from folkmoot.data_folder import load_node
from folkmoot.engine import copying
from folkmoot.engine.elections import through_elections
from folkmoot.errors import invariant
from folkmoot.servers.access import connect_engine
from folkmoot.servers.manager import procfs
from folkmoot.servers.runtime import settings_of
from folkmoot.testing.engine_process import free_ports
from folkmoot.testing.operator import command
from folkmoot.testing.zone import Zone, running_zone

LEAN: Final = {"collaboration_servers": 1, "front_doors": 1, "shards": 1}


async def joined(
    first: Path, data: Path, stack: AsyncExitStack, address: str, name: str, *more: str
) -> Zone:
    """A running node that joined the zone of `first` with a token for an engine node."""
    code, token = await command("token", "--engine", "--data", str(first))
    invariant(code == 0, "a token is printed", said=token)
    port = str(load_node(first).zone_port)
    options = ("--join", token.strip(), "--name", name, "--zone-port", port)
    lean = ("--collaboration-servers", "1", "--zone-address", address)
    return await stack.enter_async_context(running_zone(data, *options, *lean, *more))


async def three_nodes(folder: Path, stack: AsyncExitStack, *third: str) -> list[Zone]:
    """One node with an engine (n1) and two that may get one (n2, n3); `third` are options of it."""
    place = ("--zone-port", str(free_ports(1)[0]), "--zone-address", "127.0.0.1")
    zones = [await stack.enter_async_context(running_zone(folder / "n1", *place, settings=LEAN))]
    for number, more in ((2, ()), (3, third)):
        zones.append(
            await joined(
                folder / "n1",
                folder / f"n{number}",
                stack,
                f"127.0.0.{number}",
                f"node{number}",
                *more,
            )
        )
    return zones


async def streams_of(data: Path) -> dict[str, dict[str, Any]]:
    """Every stream as the engine tells of it. Errors: `LogUnavailable`, `ApiError`."""
    node = load_node(data)
    engine = await connect_engine(data, node, settings_of(node), "test", "process-manager")
    try:
        await engine.wait_connected()
        told = {}
        for name in await through_elections(partial(copying.stream_names, engine.link), print):
            look = partial(copying.stream_info, engine.link, name)
            info = await through_elections(look, print)
            invariant(info is not None, "a stream that was named is there", stream=name)
            told[name] = info or {}
        return told
    finally:
        await engine.close()


def heads_of(data: Path) -> list[int]:
    """Pids of a node's launcher and process manager."""
    holder = json.loads((data / "lock").read_bytes())["pid"]
    manager = json.loads((data / "run" / "processes.json").read_bytes())["pid"]
    return [int(holder), int(manager)]


def power_off(data: Path) -> None:
    """Everything of a node ends at once; nothing is left that could start anything again."""
    for pid in heads_of(data):
        os.kill(pid, signal.SIGKILL)
    for running in procfs.find(data):
        procfs.kill_group(running.pid)


class Frozen:
    """All processes of a node, stopped in one go. Caller: `thaw` lets those run that are left."""

    def __init__(self, data: Path) -> None:
        self._pids = [*heads_of(data), *(running.pid for running in procfs.find(data))]
        for pid in self._pids:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self._pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


async def until_whole(data: Path, copies: int, within_s: float = 90.0) -> None:
    """Returns when every stream has so many copies that are up to date. Errors: `TimeoutError`."""
    async with asyncio.timeout(within_s):
        while True:
            with contextlib.suppress(Exception):
                if all(whole(info, copies) for info in (await streams_of(data)).values()):
                    return
            await asyncio.sleep(0.2)


def whole(info: dict[str, Any], copies: int) -> bool:
    cluster = info.get("cluster") or {}
    followers = [one for one in cluster.get("replicas") or [] if one.get("current")]
    return bool(cluster.get("leader")) and len(followers) + 1 == copies
