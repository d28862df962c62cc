"""When the first node writes the zone's list of nodes, and when it waits."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from folkmoot.data_folder import Node, change_node, write_node
from folkmoot.engine import certificates
from folkmoot.ports import LogFull
from folkmoot.servers.manager import directory, directory_keeper
from folkmoot.servers.manager.directory_keeper import DirectoryKeeper
from folkmoot.testing.fake_engine import FakeZone

PASSWORD = "admin-password-0123"


def first_node(data: Path) -> Path:
    node = Node("first", zone_address="127.0.0.1", zone_port=7422, engine_external=True)
    write_node(data, node)
    change_node(data, engine_credentials={"admin": PASSWORD})
    certificates.make_authority(data, "local", "first", "127.0.0.1")
    return data


async def test_a_fenced_zone_gets_no_list_until_the_fence_opens(tmp_path: Path) -> None:
    # A write while the streams were copied made them differ from their copies: a zone that grew
    # copied them again and again, until it gave up.
    data = first_node(tmp_path)
    change_node(data, fenced=True)
    bucket = FakeZone().engine().bucket("zone")
    keeper = DirectoryKeeper(data, bucket)
    await keeper.look(first=True)
    assert await directory.read(bucket) is None
    change_node(data, fenced=False)
    await keeper.look(first=True)
    value = await directory.read(bucket)
    assert value is not None
    assert directory.opened(value, PASSWORD).listed.first == "first"
    assert keeper.listed == directory.listed_of(value)


async def test_whatever_goes_wrong_the_list_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that came in waits for it, and nobody else would write it."""
    monkeypatch.setattr(directory_keeper, "LOOK_S", 0.0)
    monkeypatch.setattr(directory_keeper, "FOLLOW_S", 0.0)
    data, bucket = first_node(tmp_path), FakeZone().engine().bucket("zone")
    (data / "node.json").rename(data / "elsewhere")
    wrong: list[Exception] = [LogFull("full"), TimeoutError(), ValueError("unforeseen")]
    put = bucket.put

    async def failing(key: str, value: bytes) -> int:
        if wrong:
            raise wrong.pop()
        return await put(key, value)

    monkeypatch.setattr(bucket, "put", failing)
    keeping = asyncio.create_task(DirectoryKeeper(data, bucket).keep())
    try:
        await asyncio.sleep(0)
        (data / "elsewhere").rename(data / "node.json")
        async with asyncio.timeout(20):
            while await directory.read(bucket) is None:
                await asyncio.sleep(0)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    assert not wrong
