"""More people than a zone's limits allow: who is too many is told so, and nobody else notices."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from folkmoot.client import Conference, connect
from folkmoot.client.errors import JoinRefused
from folkmoot.testing.zone import running_zone

CONNECTIONS_MAX = 12
PEOPLE = CONNECTIONS_MAX + 8
SETTINGS = {
    "collaboration_servers": 1,
    "collaboration_servers_max": 1,
    "front_doors": 1,
    "connections_max": CONNECTIONS_MAX,
}


async def came_in(url: str, room: str, stack: AsyncExitStack) -> bool:
    try:
        await stack.enter_async_context(connect(url, room=room, name="Next"))
    except JoinRefused:
        return False
    return True


async def test_who_is_too_many_is_refused_with_a_hint_and_nobody_else_notices(
    tmp_path: Path,
) -> None:
    async with (
        running_zone(tmp_path / "data", settings=SETTINGS) as zone,
        AsyncExitStack() as stack,
    ):
        room = (await zone.create_room())["slug"]
        people: list[Conference] = []
        refused: JoinRefused | None = None
        for number in range(PEOPLE):
            try:
                one = connect(zone.url, room=room, name=f"Person {number}")
                people.append(await stack.enter_async_context(one))
            except JoinRefused as error:
                refused = error
                break
            if len(people) >= CONNECTIONS_MAX - 1:
                # The next one comes when the servers' own figures have gone round.
                await zone.wait_status(
                    lambda rows: any(
                        row["role"] == "collaboration" and row["connections"] >= len(people)
                        for row in rows
                    )
                )
        assert refused is not None, f"{len(people)} people came in"
        assert refused.code == "servers_full"
        assert len(people) >= CONNECTIONS_MAX // 2
        async with httpx.AsyncClient(trust_env=False, base_url=zone.url, timeout=20) as http:
            path = f"/api/v1/rooms/{room}/join"
            answers = await asyncio.gather(
                *(http.post(path, json={"name": f"Late {number}"}) for number in range(20))
            )
            assert {answer.status_code for answer in answers} == {503}
            for answer in answers:
                assert answer.json()["code"] == "servers_full"
                assert int(answer.headers["retry-after"]) > 0
        # Those who are in go on as before.
        async with asyncio.timeout(60):
            await people[0].chat.post("still here")
            for one in people:
                while [m["text"] for m in one.state.chat["messages"]] != ["still here"]:
                    await asyncio.sleep(0.02)
        assert [one.reconnections for one in people] == [0] * len(people)
        # One goes, and there is room again.
        await people[-1].close()
        async with asyncio.timeout(60):
            while not await came_in(zone.url, room, stack):
                await asyncio.sleep(0.5)
