"""A zone is upgraded from one wheel to another while people talk; then its level is raised."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from folkmoot.client import Conference, OperationRejected, connect
from folkmoot.client.session import Arrived, Notice, Welcomed
from folkmoot.conference.state import LEVEL
from folkmoot.testing.engine_process import free_ports
from folkmoot.testing.versions import NEXT, NEXT_VERSION, make_python
from folkmoot.testing.zone import Zone, running_zone

LEAN = {"collaboration_servers": 1, "front_doors": 1}
PEOPLE = 4


async def folkmoot(python: str, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(python, "-P", "-m", "folkmoot.cli.main", *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


@asynccontextmanager
async def two_nodes(folder: Path, python: str) -> AsyncIterator[tuple[Zone, Zone]]:
    base = free_ports(1)[0]
    address = ("--zone-address", "127.0.0.1", "--zone-port", str(base))
    async with running_zone(folder / "a", *address, settings=LEAN, python=python) as first:
        code, token = await folkmoot(python, "token", "--data", str(folder / "a"))
        assert code == 0, token
        join = ("--collaboration-servers", "1", "--name", "second", "--join", token.strip())
        async with running_zone(folder / "b", *join, python=python) as second:
            yield first, second


class Heard:
    """All that one person was told, by events and by the views of a welcome."""

    def __init__(self, person: Conference) -> None:
        self._messages: dict[tuple[int, int], str] = {}
        self._last = person.state.position.sequence
        person.on_notice = self._heed

    def texts(self) -> list[str]:
        return [self._messages[id] for id in sorted(self._messages)]

    def _heed(self, notice: Notice) -> None:
        if isinstance(notice, Arrived):
            assert notice.batch.sequence > self._last, "told twice, or out of order"
            self._last = notice.batch.sequence
            for event in notice.batch.events:
                if event.type == "posted":
                    self._keep(msgspec.msgpack.decode(event.body))
        elif isinstance(notice, Welcomed) and not notice.resumed:
            self._last = notice.position.sequence
            for message in notice.state["chat"]["messages"]:
                self._keep(message)

    def _keep(self, message: dict[str, Any]) -> None:
        sequence, _, index = message["id"].partition(".")
        self._messages[int(sequence), int(index)] = message["text"]


class Talk:
    """People who talk until it is over; each operation's outcome is awaited."""

    def __init__(self, people: list[Conference]) -> None:
        self._people = people
        self._said: list[str] = []
        self._heard = [Heard(person) for person in people]
        self._over = asyncio.Event()
        self._tasks = [asyncio.create_task(self._talk(n)) for n in range(len(people))]

    async def _talk(self, number: int) -> None:
        count = 0
        while not self._over.is_set():
            text = f"{number}: {count}"
            async with asyncio.timeout(60):
                await self._people[number].chat.post(text)
            self._said.append(text)
            count += 1
            await asyncio.sleep(0.05)

    async def end(self) -> None:
        """Nothing is lost or doubled, everybody has one order, and nobody saw an error."""
        self._over.set()
        await asyncio.gather(*self._tasks)

        async with asyncio.timeout(30):
            while len({person.state.position for person in self._people}) > 1:
                await asyncio.sleep(0.02)
        everything = self._heard[0].texts()
        assert all(heard.texts() == everything for heard in self._heard)
        assert sorted(everything) == sorted(self._said)
        for number in range(len(self._people)):
            own = [text for text in everything if text.startswith(f"{number}: ")]
            assert own == [f"{number}: {count}" for count in range(len(own))]
            assert own


async def wave(person: Conference) -> str:
    """The code of the refusal, or empty."""
    try:
        async with asyncio.timeout(60):
            await person.submit("exports", "wave", {})
    except OperationRejected as rejected:
        return rejected.code
    return ""


async def make_versions(folder: Path) -> tuple[str, str]:
    """The Pythons of this version and of the next one."""
    return await make_python(folder / "this one"), await make_python(folder / "next one", NEXT)


@pytest.mark.timeout(300)
async def test_a_zone_is_upgraded_to_another_wheel_and_then_raised(tmp_path: Path) -> None:
    this, following = await make_versions(tmp_path)
    async with two_nodes(tmp_path, this) as (first, second), AsyncExitStack() as stack:
        data = ("--data", str(first.folder))
        room = (await first.create_room("Noon"))["slug"]
        urls = [(first.url, second.url)[number % 2] for number in range(PEOPLE)]
        people = [
            await stack.enter_async_context(connect(url, room=room, name=f"Person {number}"))
            for number, url in enumerate(urls)
        ]
        talk = Talk(people)
        code, said = await folkmoot(following, "level", "raise", *data)
        assert code == 2 and f"do not know level {LEVEL + 1}" in said, said
        assert await wave(people[0]) == "unknown_operation"

        code, said = await folkmoot(following, "upgrade", *data)
        assert code == 0, said
        assert f"the zone is still at level {LEVEL}" in said.lower(), said
        members = [row for row in await first.status() if row["version"]]
        assert {row["node"] for row in members} == {"second", "test-node"}
        assert {(row["version"], row["level"]) for row in members} == {(NEXT_VERSION, LEVEL + 1)}
        assert await wave(people[0]) == "unknown_operation", "not before it is raised"

        code, said = await folkmoot(following, "level", "raise", *data)
        assert code == 0, said
        async with asyncio.timeout(60):
            while await wave(people[1]):
                await asyncio.sleep(0.1)
        code, said = await folkmoot(following, "level", *data)
        assert f"at level {LEVEL + 1}" in said
        await talk.end()
        # Who leaves a server that is slow on a busy machine goes over like anybody who is sent on.
        assert [person.reconnections for person in people] == [0] * PEOPLE
        assert all(person.moves for person in people)
