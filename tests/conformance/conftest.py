"""A zone for all tests of the module, and a room in it for each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from folkmoot.client.conference import connect
from folkmoot.testing.npm_editor import Place
from folkmoot.testing.zone import Zone, running_zone


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def zone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Zone]:
    async with running_zone(tmp_path_factory.mktemp("editors")) as zone:
        yield zone


@pytest_asyncio.fixture(loop_scope="module")
async def place(zone: Zone) -> AsyncIterator[Place]:
    room = await zone.create_room("Editors")
    key = room["links"]["host"].partition("#k=")[2]
    async with connect(zone.url, room=room["slug"], name="Host", key=key) as host:
        yield Place(zone, room["slug"], host)
