"""The documents server as a process, on a real engine."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pycrdt

from folkmoot.apps import all_applications
from folkmoot.apps.documents import Document
from folkmoot.conference.batch import decode_batch, encode_batch
from folkmoot.data_folder import Node, open_folder
from folkmoot.engine import Engine
from folkmoot.servers.applications.work import Work
from folkmoot.servers.documents.compactor import SUBJECT
from folkmoot.servers.replicas import load_replica
from folkmoot.testing.engine_process import EngineProcess, running_engine

WAIT_S = 30.0
IDLE_PSS_BYTES_MAX = 45 << 20
PAD = msgspec.msgpack.encode(Work("c1", "pad"))


@asynccontextmanager
async def connected(process: EngineProcess, room: Any, user: str) -> AsyncIterator[Engine]:
    engine = await Engine.connect(
        process.url,
        name="test",
        settings=room.settings,
        user=user,
        password=process.credentials[user],
    )
    try:
        await engine.wait_connected()
        yield engine
    finally:
        await engine.close()


async def copy_log(room: Any, engine: Engine, done: int) -> int:
    """Publishes on the real engine what is new in the fake one; returns how far it is."""
    messages = room.zone.logs.messages(room.conference)
    for message in messages[done:]:
        batch = decode_batch(message.payload)
        real = msgspec.structs.replace(batch, epoch=engine.log.epoch(room.conference))
        await engine.log.publish(room.conference, encode_batch(real))
    return len(messages)


async def pad_of(engine: Engine) -> Document:
    replica = await load_replica(engine, "c1", all_applications())
    document: Document = replica.state.apps["documents"].documents["pad"]
    return document


async def text_of(engine: Engine) -> str:
    pad = await pad_of(engine)
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    if pad.base is not None:
        doc.apply_update(await engine.objects.get(pad.base.object))
    for update in pad.updates:
        doc.apply_update(update.update)
    return str(doc.get("content", type=pycrdt.Text))


async def wait_until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not await condition():
            await asyncio.sleep(0.05)


def prepare_folder(data: Path, process: EngineProcess) -> None:
    open_folder(data)
    node = Node(
        "test",
        engine_url=process.url,
        engine_credentials=process.credentials,
        settings={"compact_after_updates": 10},
    )
    (data / "node.json").write_text(json.dumps(dataclasses.asdict(node)))


@asynccontextmanager
async def serving(data: Path) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "folkmoot.cli.serve", "documents", "--id", "documents-1", "--data", str(data)),
        stdin=DEVNULL,
        stdout=DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def pss_bytes_of(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


async def test_the_process_compacts_and_a_killed_one_is_followed_by_the_next(
    room: Any, tmp_path: Path
) -> None:
    ada = room.join()
    async with running_engine(tmp_path / "engine") as process:
        async with connected(process, room, "admin") as admin:
            await admin.prepare(process.known_file)
        prepare_folder(tmp_path / "data", process)
        async with connected(process, room, "collaboration") as engine:
            await engine.wait_prepared()
            done = 0
            for _ in range(3):
                for _ in range(12):
                    ada.type("a")
                done = await copy_log(room, engine, done)

                async def is_compacted() -> bool:
                    await engine.messaging.publish(SUBJECT, PAD)
                    return not (await pad_of(engine)).updates

                async with serving(tmp_path / "data") as server:
                    await wait_until(is_compacted)
                    print(f"{pss_bytes_of(server.pid) / (1 << 20):.1f} MB")
                    assert pss_bytes_of(server.pid) <= IDLE_PSS_BYTES_MAX
            assert await text_of(engine) == "a" * 36
            assert len(await engine.objects.names("documents/c1/pad/")) == 2


async def test_the_process_ends_in_order_also_while_it_works(room: Any, tmp_path: Path) -> None:
    ada = room.join()
    async with running_engine(tmp_path / "engine") as process:
        async with connected(process, room, "admin") as admin:
            await admin.prepare(process.known_file)
        prepare_folder(tmp_path / "data", process)
        async with connected(process, room, "collaboration") as engine:
            await engine.wait_prepared()
            for _ in range(12):
                ada.type("a")
            await copy_log(room, engine, 0)
            async with serving(tmp_path / "data") as server:
                children: list[int] = []

                async def has_child() -> bool:
                    await engine.messaging.publish(SUBJECT, PAD)
                    children[:] = children_of(server.pid)
                    return bool(children)

                await wait_until(has_child)
                server.send_signal(signal.SIGTERM)
                async with asyncio.timeout(WAIT_S):
                    assert await server.wait() == 0
            for child in children:
                assert not exists(child)
