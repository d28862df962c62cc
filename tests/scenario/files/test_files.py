"""Files in a real zone: shared while servers are killed, refused when bad, and nothing left."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from folkmoot.client import Conference, OperationRejected, connect
from folkmoot.testing.zone import Zone, running_zone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

WAIT_S = 40.0


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def zone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Zone]:
    folder: Path = tmp_path_factory.mktemp("files") / "data"
    async with running_zone(folder, settings={"upload_idle_ms": 4_000}) as zone:
        yield zone


async def until(condition: Any, what: str) -> None:
    try:
        async with asyncio.timeout(WAIT_S):
            while not condition():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"in {WAIT_S:g} s it never came: {what}") from None


def names(conference: Conference) -> list[str]:
    return [file["name"] for file in conference.state.files["files"]]


async def test_an_upload_goes_on_while_the_servers_on_its_way_are_killed(zone: Zone) -> None:
    """The web server in the middle of the bytes, the documents server while it examines."""
    slug = (await zone.create_room("Kill"))["slug"]
    data = os.urandom(24 << 20) + b"the end"
    async with (
        connect(zone.url, room=slug, name="Ada") as ada,
        connect(zone.url, room=slug, name="Bob") as bob,
    ):
        web, documents = await zone.pid("web-1"), await zone.pid("documents-1")
        seen: list[int] = []

        def progress(done: int, of: int) -> None:
            if not seen:
                os.kill(web, signal.SIGKILL)
            if done == of:
                # Frozen rather than killed at once: it has heard of the work by then.
                os.kill(documents, signal.SIGKILL)
            seen.append(done)

        file = await ada.files.upload(data, "big/../plan.bin", on_progress=progress)
        assert seen == sorted(seen) and seen[-1] == len(data)
        await until(lambda: names(bob) == ["plan.bin"], "the file in Bob's list")
        assert await bob.files.fetch(file) == data
        await zone.wait_replaced("web-1", web)
        await zone.wait_replaced("documents-1", documents)
        with pytest.raises(OperationRejected):
            await bob.files.remove(file)
        await ada.files.remove(file)
        await until(lambda: names(bob) == [], "the removal")
        with pytest.raises(Exception, match="no such file"):
            await bob.files.fetch(file)
