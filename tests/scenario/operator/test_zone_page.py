"""The zone's page as an operator gets it: a printed token, and a killed process that is told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx

from folkmoot.cli.operator import zone_engine
from folkmoot.client import connect
from folkmoot.testing.operator import command, conference_of
from folkmoot.testing.zone import running_zone


async def test_the_operator_sees_people_and_what_was_killed(tmp_path: Path) -> None:
    async with running_zone(tmp_path / "data") as zone:
        code, token = await command("token", "--admin", "--ttl", "1h", "--data", str(zone.folder))
        assert code == 0, token
        room = (await zone.create_room("Weekly"))["slug"]
        headers = {"authorization": f"Bearer {token.strip()}"}
        async with (
            httpx.AsyncClient(trust_env=False, base_url=zone.url, timeout=10) as http,
            connect(zone.url, room=room, name="Ada") as ada,
            connect(zone.url, room=room, name="Bob"),
        ):
            assert (await http.get("/api/v1/zone")).status_code == 401

            async def look() -> dict[str, Any]:
                answer = await http.get("/api/v1/zone", headers=headers)
                assert answer.status_code == 200, answer.text
                told: dict[str, Any] = answer.json()
                return told

            async with asyncio.timeout(20):
                while [c["people"] for c in (await look())["conferences"]] != [2]:
                    await asyncio.sleep(0.1)
            told = await look()
            async with zone_engine(zone.folder) as engine:
                assert told["conferences"][0]["id"] == await conference_of(engine, room)
            assert told["conferences"][0]["title"] == "Weekly"
            assert told["availability"]["missing"] == ["engine_nodes", "copies", "people_nodes"]
            assert room not in str(told), "the address of a room is for those who have it"
            processes = {p["id"]: p for p in told["nodes"][0]["processes"]}
            assert processes["engine"]["memory_bytes"] > 1_000_000
            assert processes["collaboration-1"]["uptime_s"] > 0

            pid = await zone.kill("documents-1")
            await zone.wait_replaced("documents-1", pid)
            async with asyncio.timeout(20):
                while not any(
                    (e["process"], e["kind"], e["done"]) == ("documents-1", "died", "ready")
                    for e in (await look())["events"]
                ):
                    await asyncio.sleep(0.1)
            await ada.chat.post("untouched")

            at = ("--admin", "--data", str(zone.folder))
            code, said = await command("token", "--list", *at)
            assert (code, said.count("counts for")) == (0, 1), said
            code, said = await command("token", "--revoke", said.split()[0], *at)
            assert code == 0, said
            assert (await http.get("/api/v1/zone", headers=headers)).status_code == 401
