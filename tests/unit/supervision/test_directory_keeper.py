"""When the first node writes the zone's list of nodes, and when it waits."""

from __future__ import annotations

from pathlib import Path

from folkmoot.data_folder import Node, change_node, write_node
from folkmoot.engine import certificates
from folkmoot.servers.manager import directory
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
