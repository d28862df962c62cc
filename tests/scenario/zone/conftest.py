"""One real zone for the tests that only use it; those that end it start their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from folkmoot.testing.zone import Zone, running_zone


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def zone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Zone]:
    folder: Path = tmp_path_factory.mktemp("zone") / "data"
    async with running_zone(folder, settings={"rooms_per_minute_per_address": 10_000}) as zone:
        yield zone
