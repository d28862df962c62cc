"""Two nodes, each behind its own TLS: people wait on the other one, and go there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from folkmoot.client import Conference, connect
from folkmoot.testing.certificates import Authority
from folkmoot.testing.engine_process import free_ports
from folkmoot.testing.operator import command
from folkmoot.testing.zone import running_zone

LEAN = {"collaboration_servers": 1, "front_doors": 1}
WAIT_S = 40.0


async def waits_elsewhere(ada: Conference, others_url: str) -> None:
    async with asyncio.timeout(WAIT_S):
        while not (
            ada.standby_ready and any(path.startswith(others_url) for path in ada._attachment.paths)
        ):
            await asyncio.sleep(0.1)


@pytest.mark.timeout(180)
async def test_the_standby_on_another_node_takes_over_by_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "files")
    authority.write()
    zone = ("--zone-address", "127.0.0.1", "--zone-port", str(free_ports(1)[0]))
    async with running_zone(
        tmp_path / "a", *zone, *authority.options, settings=LEAN, trust=authority.trust
    ) as first:
        code, token = await command("token", "--data", str(tmp_path / "a"))
        assert code == 0, token
        lean = ("--collaboration-servers", "1", "--name", "second", "--join", token.strip())
        async with running_zone(
            tmp_path / "b", *lean, *authority.options, trust=authority.trust
        ) as second:
            room = (await first.create_room())["slug"]
            async with connect(second.url, room=room, name="Ada", tls=authority.trust) as ada:
                await waits_elsewhere(ada, first.url)
                await second.kill("collaboration-1")
                async with asyncio.timeout(WAIT_S):
                    await ada.chat.post("still here")
                assert ada._attachment.paths[0].startswith(first.url), "by its standby"
