"""Files in a real zone: shared while servers are killed, refused when bad, and nothing left."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from folkmoot.client import Conference, OperationRejected, UploadRefused, connect
from folkmoot.data_folder import load_node
from folkmoot.servers.access import connect_engine
from folkmoot.settings import Settings
from folkmoot.testing import corpus
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
                # All is there, and it was asked to examine it.
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


async def begin(zone: Zone, conference: Conference, length: int) -> tuple[str, dict[str, str]]:
    """An upload by hand: its address, and the header that it needs."""
    told = await conference.get("upload", {"purpose": "file"})
    headers = {"Authorization": f"Bearer {told['ticket']}"}
    async with httpx.AsyncClient(trust_env=False, base_url=zone.url) as http:
        answer = await http.post(
            f"/api/v1/rooms/{told['room']}/uploads",
            headers=headers | {"Upload-Length": str(length), "Upload-Metadata": "name YS50eHQ="},
        )
        assert answer.status_code == 201, answer.text
        part = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        location = answer.headers["location"]
        await http.patch(location, content=b"x" * (length // 2), headers=headers | part)
    return location, headers


async def test_what_is_bad_or_broken_off_leaves_nothing_and_equal_names_are_told_apart(
    zone: Zone,
) -> None:
    slug = (await zone.create_room("Bad"))["slug"]
    async with (
        connect(zone.url, room=slug, name="Ada") as ada,
        connect(zone.url, room=slug, name="Bob") as bob,
    ):
        location, headers = await begin(zone, ada, 200_000)

        async def refused(what: str) -> tuple[str, str]:
            name, data, code = corpus.bad()[what]
            with pytest.raises(UploadRefused) as caught:
                await bob.files.upload(data, name)
            return caught.value.code, code

        codes = await asyncio.gather(*map(refused, [
            "a page called picture", "a picture and an archive", "half a picture",
            "a picture with more pixels than anybody has", "an archive that fills disks",
        ]))  # fmt: skip
        assert all(told == expected for told, expected in codes), codes
        assert names(ada) == []

        one, other = await asyncio.gather(
            ada.files.upload(corpus.picture(), "cat.png"),
            bob.files.upload(corpus.picture("GIF"), "cat.gif"),
        )
        again = await bob.files.upload(corpus.picture(), "../../CAT.png")
        await until(lambda: len(names(ada)) == 3, "all three")
        assert sorted(names(ada)) == ["CAT (2).png", "cat.gif", "cat.png"]
        assert await ada.files.fetch(again) == await bob.files.fetch(one) == corpus.picture()
        assert (await ada.files.fetch(other, preview=True))[8:12] == b"WEBP"

        async with httpx.AsyncClient(trust_env=False, base_url=zone.url) as http:
            async with asyncio.timeout(WAIT_S):
                while (await http.head(location, headers=headers)).status_code != 404:
                    await asyncio.sleep(0.1)
        await ada.files.remove(one)
        await bob.files.remove(other)
        await bob.files.remove(again)
        node = load_node(zone.folder)
        engine = await connect_engine(zone.folder, node, Settings(), "test", "process-manager")
        try:
            await engine.wait_connected()
            async with asyncio.timeout(WAIT_S):
                while left := await engine.objects.names("files/"):
                    await asyncio.sleep(0.05)
            assert left == []
        finally:
            await engine.close()
