"""Backup and restore on a real engine: trimmed logs, stopped rooms, and every refusal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from folkmoot.apps import all_applications
from folkmoot.conference.batch import FORMAT, AttachEntry, Batch, Entry, encode_batch
from folkmoot.conference.restored import GENERATIONS_APART
from folkmoot.conference.snapshot import SnapshotPointer, encode_snapshot
from folkmoot.data_folder import Node
from folkmoot.engine import Engine
from folkmoot.errors import OperatorError
from folkmoot.servers.archive import Archive
from folkmoot.servers.backup import restore as restoring
from folkmoot.servers.backup.container import FORMAT as FILE_FORMAT
from folkmoot.servers.backup.container import BackupUnusable
from folkmoot.servers.backup.restore import restore_backup
from folkmoot.servers.backup.save import verify, write_backup
from folkmoot.servers.chat_history import query_of, read_chat
from folkmoot.servers.history import read_index
from folkmoot.servers.replicas import load_replica
from folkmoot.servers.store import add_pointer
from folkmoot.servers.web.services import wall_ms
from folkmoot.settings import Settings
from folkmoot.testing.batches import join, operation
from folkmoot.testing.engine_process import EngineProcess, running_engine

SETTINGS = Settings(trim_behind_ms=0)
NODE = Node("test", zone="town")
ROOM = "room-1"


def quiet(told: str) -> None:
    assert told


@asynccontextmanager
async def engine_on(process: EngineProcess) -> AsyncIterator[Engine]:
    engine = await Engine.connect(
        process.url,
        name="test",
        settings=SETTINGS,
        user="admin",
        password=process.credentials["admin"],
    )
    try:
        await engine.prepare(process.known_file)
        yield engine
    finally:
        await engine.close()


class Talk:
    """Writes a conference's log as a collaboration server would, one message a batch."""

    def __init__(self, engine: Engine, *, counter: int = 0) -> None:
        self.engine = engine
        self.counter = counter
        self.generation = 1
        self.base = 0
        self._batches = 0

    async def add(self, *entries: Entry) -> None:
        self._batches += 1
        epoch = self.engine.log.epoch(ROOM)
        batch = Batch(FORMAT, epoch, "one.1", self._batches, self.base, list(entries))
        self.base = await self.engine.log.publish(ROOM, encode_batch(batch))

    async def say(self, count: int) -> None:
        for _ in range(count):
            self.counter += 1
            await self.add(operation(self.counter, generation=self.generation))

    async def go_on(self) -> None:
        """Comes back to a restored room, under a generation that nobody had before."""
        self.base = await self.engine.log.last(ROOM)
        self.generation = GENERATIONS_APART + 2
        await self.add(AttachEntry("s1", self.generation, "one.1"))

    async def snapshot(self, *, archive: bool = True) -> None:
        state = (await load_replica(self.engine, ROOM, all_applications())).state
        name = f"snapshots/{ROOM}/{state.epoch}/{state.sequence}"
        sha256 = await self.engine.objects.put(name, encode_snapshot(state))
        digest = state.digest.hex()
        pointer = SnapshotPointer(
            state.epoch, state.sequence, digest, name, sha256, state.operations, state.time_ms
        )
        await add_pointer(self.engine, ROOM, pointer)
        if archive:
            await Archive(self.engine, all_applications(), SETTINGS, wall_ms).archive(ROOM)


async def chat_of(engine: Engine) -> list[str]:
    """The whole chat, history included, oldest first."""
    state = (await load_replica(engine, ROOM, all_applications())).state
    view = all_applications()["chat"].view(state.apps["chat"], state, "ada")
    texts = [message["text"] for message in view["messages"]]
    first = view["messages"][0]["id"]
    query = query_of(state.apps["chat"], "ada", first, 1_000)
    earlier = await read_chat(engine, ROOM, query)
    return [message["text"] for message in earlier["messages"]] + texts


async def test_a_trimmed_log_comes_back_whole_and_is_trimmed_again(tmp_path: Path) -> None:
    file = tmp_path / "zone.backup"
    async with running_engine(tmp_path / "first") as process, engine_on(process) as engine:
        talk = Talk(engine)
        await talk.add(join())
        for _ in range(4):
            await talk.say(80)
            await talk.snapshot()
        await talk.say(5)
        assert (await engine.log.read(ROOM, 1, 1)).messages[0].sequence > 1
        before = await chat_of(engine)
        assert before == [f"s1 {number}" for number in range(1, 326)]
        old_last, old_epoch = await engine.log.last(ROOM), engine.log.epoch(ROOM)
        await engine.bucket("rooms").put("slug", b"record")
        await engine.objects.put("documents/a", b"merged" * 100_000)
        summary = await write_backup(engine, NODE, file, quiet)
    assert (summary.conferences, summary.lacking, summary.left_out) == (1, {}, {})

    manifest, _ = verify(file, "it")
    assert (manifest.zone, manifest.epochs[f"CONF_{0}"] != "") == ("town", True)
    await restore_backup(file, tmp_path / "second", quiet)
    process = EngineProcess(tmp_path / "second" / "engine")
    try:
        await process.start()
        async with engine_on(process) as engine:
            assert engine.log.epoch(ROOM) != old_epoch
            assert await engine.log.last(ROOM) > old_last
            assert await chat_of(engine) == before
            record = await engine.bucket("rooms").get("slug")
            assert record is not None
            assert record.value == b"record"
            assert await engine.objects.get("documents/a") == b"merged" * 100_000
            # The room goes on where it was: counters, history and trimming.
            talk = Talk(engine, counter=325)
            await talk.go_on()
            for _ in range(3):
                await talk.say(40)
                await talk.snapshot()
            assert await chat_of(engine) == [f"s1 {number}" for number in range(1, 446)]
            index, _ = await read_index(engine, ROOM)
            chain = [(segment.after, segment.last) for segment in index.segments]
            assert [after for after, _ in chain] == [0, *(last for _, last in chain[:-1])]
            first = (await engine.log.read(ROOM, 1, 1)).messages[0].sequence
            assert first > old_last + 40
            again = await write_backup(engine, NODE, tmp_path / "again", quiet)
            assert again.conferences == 1
    finally:
        await process.kill9()


async def test_segments_do_not_overlap_where_snapshots_were_quicker_than_the_archive(
    tmp_path: Path,
) -> None:
    async with running_engine(tmp_path / "first") as process, engine_on(process) as engine:
        talk = Talk(engine)
        await talk.add(join())
        for archive in (True, False, False, False, True, True):
            await talk.say(10)
            await talk.snapshot(archive=archive)
        index, _ = await read_index(engine, ROOM)
        chain = [(segment.after, segment.last) for segment in index.segments]
        assert [after for after, _ in chain] == [0, *(last for _, last in chain[:-1])]
        assert (await engine.log.read(ROOM, 1, 1)).messages[0].sequence > 1


async def test_what_stops_a_room_is_left_out_and_said(tmp_path: Path) -> None:
    file = tmp_path / "zone.backup"
    async with running_engine(tmp_path / "first") as process, engine_on(process) as engine:
        talk = Talk(engine)
        await talk.add(join())
        await talk.say(3)
        poison = await engine.log.publish(ROOM, b"\0\0\0\0no batch")
        await talk.say(2)
        summary = await write_backup(engine, NODE, file, quiet)
    assert summary.left_out == {ROOM: [poison]}
    await restore_backup(file, tmp_path / "second", quiet)
    process = EngineProcess(tmp_path / "second" / "engine")
    try:
        await process.start()
        async with engine_on(process) as engine:
            assert await chat_of(engine) == [f"s1 {number}" for number in range(1, 6)]
    finally:
        await process.kill9()


@pytest.fixture(scope="module")
def backup_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("file")

    async def make() -> None:
        async with running_engine(folder / "engine") as process, engine_on(process) as engine:
            talk = Talk(engine)
            await talk.add(join())
            await talk.say(3)
            await write_backup(engine, NODE, folder / "zone.backup", quiet)

    asyncio.run(make())
    return folder / "zone.backup"


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda data: data[: len(data) // 2], "is cut off"),
        (lambda data: data[:-1], "is cut off"),
        (lambda data: data[:5], "is cut off"),
        (lambda data: b"", "is no backup"),
        (lambda data: b"PK" + data, "is no backup"),
        (lambda data: data[:4] + bytes([FILE_FORMAT + 1]) + data[5:], "newer Folkmoot"),
        (lambda data: data + b"x", "is damaged"),
        (lambda data: data[:600] + bytes([data[600] ^ 1]) + data[601:], "is damaged"),
        (lambda data: data[:7] + bytes([data[7] ^ 1]) + data[8:], "is damaged|is cut off"),
    ],
)
async def test_a_file_that_is_not_whole_restores_nothing(
    backup_file: Path, tmp_path: Path, spoil: object, told: str
) -> None:
    spoilt = tmp_path / "spoilt"
    spoilt.write_bytes(spoil(backup_file.read_bytes()))  # type: ignore[operator]
    with pytest.raises(BackupUnusable, match=told):
        await restore_backup(spoilt, tmp_path / "data", quiet)
    assert not (tmp_path / "data").exists()


async def test_every_byte_is_checked(backup_file: Path, tmp_path: Path) -> None:
    data = backup_file.read_bytes()
    spoilt = tmp_path / "spoilt"
    for at in range(0, len(data), max(1, len(data) // 200)):
        spoilt.write_bytes(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
        with pytest.raises(BackupUnusable):
            verify(spoilt, "it")


async def test_restoring_refuses_a_used_folder_and_a_missing_file(
    backup_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "letter").write_text("mine")
    with pytest.raises(OperatorError, match="is not empty"):
        await restore_backup(backup_file, tmp_path / "used", quiet)
    assert (tmp_path / "used" / "letter").read_text() == "mine"
    with pytest.raises(OperatorError, match="There is no file"):
        await restore_backup(tmp_path / "nothing", tmp_path / "data", quiet)


async def test_restoring_refuses_a_small_disk(
    backup_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "DISK_SPARE_BYTES", 1 << 60)
    with pytest.raises(OperatorError, match="are needed to restore"):
        await restore_backup(backup_file, tmp_path / "data", quiet)
    assert list((tmp_path / "data").iterdir()) == []


async def test_a_restore_that_was_cut_off_is_done_again(backup_file: Path, tmp_path: Path) -> None:
    work = tmp_path / "data" / restoring.WORK_FOLDER
    work.mkdir(parents=True)
    (work / "half").write_text("half")
    await restore_backup(backup_file, tmp_path / "data", quiet)
    assert {entry.name for entry in (tmp_path / "data").iterdir()} == {"engine", "node.json"}
