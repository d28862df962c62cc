"""Whole streams go from one engine alone to three together, and nothing is missing."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from folkmoot.data_folder import Node, tls_paths
from folkmoot.engine import copying, embedded
from folkmoot.engine.certificates import issue, make_authority, make_request
from folkmoot.engine.configuration import USERS
from folkmoot.engine.connection import Engine
from folkmoot.servers.access import connect_engine
from folkmoot.settings import Settings
from folkmoot.testing.engine_process import free_ports

SETTINGS = Settings(shards=2)
PASSWORDS = {user: secrets.token_hex(12) for user in USERS}


class Machine:
    """An engine with certificates, alone or with others; `node` says which."""

    def __init__(self, data: Path, name: str, port: int) -> None:
        self.data = data
        self.node = Node(
            name,
            engine_url=f"tls://127.0.0.1:{port}",
            zone_address="127.0.0.1",
            zone_port=port,
            engine_port=port,
            monitor_port=free_ports(1)[0],
            engine_credentials=PASSWORDS,
        )
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self, cluster: tuple[str, ...] = (), store: str = "store") -> None:
        node = dataclasses.replace(self.node, cluster=cluster)
        embedded.write_configuration(
            self.data / "engine",
            name=node.name,
            port=node.engine_port,
            monitor_port=node.monitor_port,
            credentials=PASSWORDS,
            place=embedded.EnginePlace(
                "127.0.0.1", str(tls_paths(self.data).folder), cluster, store=store
            ),
        )
        with (self.data / "engine.log").open("ab") as log:
            self.process = embedded.start(self.data / "engine", log)

    def end(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    async def connect(self) -> Engine:
        return await connect_engine(self.data, self.node, SETTINGS, "test", "process-manager")


@asynccontextmanager
async def machines(folder: Path, count: int) -> AsyncIterator[list[Machine]]:
    made = []
    for number in range(count):
        data = folder / f"m{number}"
        data.mkdir()
        made.append(Machine(data, f"m{number}", free_ports(1)[0]))
    make_authority(made[0].data, "test", "m0", "127.0.0.1")
    for machine in made[1:]:
        request = make_request(machine.data, machine.node.name)
        paths = tls_paths(machine.data)
        paths.certificate.write_bytes(issue(made[0].data, request, machine.node.name, "127.0.0.1"))
        paths.authority.write_bytes(tls_paths(made[0].data).authority.read_bytes())
    try:
        yield made
    finally:
        for machine in made:
            machine.end()


@pytest.mark.timeout(90)
async def test_streams_of_one_engine_are_whole_on_three(tmp_path: Path) -> None:
    async with machines(tmp_path, 3) as made:
        first = made[0]
        await first.start()
        engine = await first.connect()
        await engine.prepare(tmp_path / "known.json")
        epochs = {shard: engine.log.epoch(name) for shard, name in ((0, "a"), (1, "b"))}
        for number in range(50):
            await engine.log.publish("a", b"x%d" % number)
        await engine.bucket("rooms").put("slug", b"room")
        await engine.objects.put("object", b"o" * 600_000)
        copies = []
        for name in await copying.stream_names(engine.link):
            copy = await copying.save_stream(engine.link, name, tmp_path / name)
            copying.check_file(copy, tmp_path / name)
            assert await copying.check_stream(engine.link, copy, 1) == ""
            copies.append(copy)
        names = {copy.name for copy in copies}
        assert {"CONF_0", "CONF_1", "KV_rooms", "OBJ_objects"} <= names
        await engine.close()
        first.end()
        cluster = tuple(f"127.0.0.1:{machine.node.zone_port}" for machine in made)
        for machine in made:
            await machine.start(cluster, "store-2")
        engine = await first.connect()
        async with asyncio.timeout(60):
            while True:
                try:
                    assert await copying.stream_names(engine.link) == []
                    break
                except Exception:
                    await asyncio.sleep(0.2)
            for copy in copies:
                await copying.load_stream(engine.link, copy, tmp_path / copy.name, 3)
            for copy in copies:
                while await copying.check_stream(engine.link, copy, 3):
                    await asyncio.sleep(0.1)
        await engine.wait_prepared()
        assert {0: engine.log.epoch("a"), 1: engine.log.epoch("b")} == epochs
        page = await engine.log.read("a", 1, 1000)
        assert [message.payload for message in page.messages] == [b"x%d" % n for n in range(50)]
        assert await engine.log.publish("a", b"after") > 50
        entry = await engine.bucket("rooms").get("slug")
        assert entry is not None
        assert entry.value == b"room"
        assert await engine.objects.get("object") == b"o" * 600_000
        await engine.close()


async def test_a_copy_that_was_changed_is_refused(tmp_path: Path) -> None:
    copy = copying.StreamCopy("S", {}, {}, 3, "0" * 64)
    (tmp_path / "S").write_bytes(b"abc")
    with pytest.raises(copying.NotCopied, match="has changed"):
        copying.check_file(copy, tmp_path / "S")
    with pytest.raises(copying.NotCopied, match="cannot be read"):
        copying.check_file(copy, tmp_path / "T")
