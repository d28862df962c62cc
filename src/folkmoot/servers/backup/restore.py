"""Restoring a backup into an empty data folder.

The streams are made anew, so they have new epochs, and begin above every position of the backup:
positions go on growing, and names made of them stay unique. A conference comes back as its state,
stamped with the new epoch, at a first batch that says nothing; what its log held is in history
segments. Clients that hold a position of the old epoch are told the whole state (ADR 0009).
Everything is made in a folder beside and moved in at the end, so that a crash leaves an empty one.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from folkmoot.apps import all_applications
from folkmoot.conference.application import Applications
from folkmoot.conference.batch import FORMAT, Batch, encode_batch
from folkmoot.conference.replica import Replica
from folkmoot.conference.restored import as_restored
from folkmoot.conference.snapshot import (
    DIGESTS,
    SnapshotPointer,
    decode_snapshot,
    encode_snapshot,
)
from folkmoot.engine import Engine, connect, embedded
from folkmoot.engine.configuration import LOOPBACK, USERS
from folkmoot.errors import OperatorError, invariant
from folkmoot.servers.backup.capture import Captured
from folkmoot.servers.backup.container import BackupUnusable, Part, read_parts
from folkmoot.servers.backup.save import Manifest, Progress, Summary, verify
from folkmoot.servers.chat_history import segment_entry
from folkmoot.servers.history import (
    HistoryIndex,
    Record,
    decode_segment,
    encode_segment,
    read_segment,
    write_index,
)
from folkmoot.servers.replicas import load_replica
from folkmoot.servers.store import add_pointer
from folkmoot.settings import Settings

WORK_FOLDER: Final = ".restoring"
READY_S_MAX: Final = 20.0
END_S_MAX: Final = 10.0
POLL_S: Final = 0.02
DISK_SPARE_BYTES: Final = 256 << 20
DISK_PER_BYTE: Final = 6
"""Room on the disk for each byte of the file: it is compressed, and the engine takes a share."""


async def restore_backup(path: Path, data: Path, progress: Progress) -> Summary:
    """Makes the zone of a backup in an empty folder, for `folkmoot up`.

    Errors: `OperatorError`, of which `BackupUnusable`; `LogUnavailable`, `LogFull`.
    """
    _refuse_used(data)
    progress("checking the backup")
    manifest, summary = await asyncio.to_thread(verify, path, path.name)
    work = data / WORK_FOLDER
    try:
        shutil.rmtree(work, ignore_errors=True)
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_small(path, data)
        (work / "engine").mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise OperatorError(
            f"The data folder {data} cannot be written ({error.strerror}); choose another with"
            " --data."
        ) from None
    try:
        settings = _settings_of(manifest)
        async with _running_engine(work / "engine", settings) as engine:
            await engine.log.begin_after(summary.sequence)
            await _Restoring(engine, path, progress).run()
            await engine.remember(work / "engine" / embedded.KNOWN_FILE)
        node = {"name": manifest.node, "zone": manifest.zone, "settings": manifest.settings}
        (data / "node.json").write_text(json.dumps(node, indent=2) + "\n")
        (data / "node.json").chmod(0o600)
        # The last step: without it the folder is still an empty one.
        (work / "engine").rename(data / "engine")
    except OSError as error:
        raise OperatorError(
            f"The backup cannot be restored to {data} ({error.strerror or error}); free some"
            " space, or choose another folder with --data."
        ) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return summary


def _refuse_used(data: Path) -> None:
    """Errors: `OperatorError` when the folder holds anything of a zone."""
    if data.exists() and not data.is_dir():
        raise OperatorError(f"{data} is a file; name a folder with --data.")
    held = {entry.name for entry in data.iterdir()} if data.is_dir() else set()
    # A restore that was cut off may have left these.
    left = {WORK_FOLDER, "node.json"} if "engine" not in held else set()
    if held - left:
        raise OperatorError(
            f"{data} is not empty; a backup is restored into an empty folder only. Choose another"
            " with --data, or move this one away."
        )


def _refuse_small(path: Path, data: Path) -> None:
    needed = path.stat().st_size * DISK_PER_BYTE + DISK_SPARE_BYTES
    free = shutil.disk_usage(data).free
    if free < needed:
        raise OperatorError(
            f"The disk of {data} has {free >> 20} MB free, and {needed >> 20} MB are needed"
            " to restore this backup; free some space, or choose another folder with --data."
        )


def _settings_of(manifest: Manifest) -> Settings:
    try:
        return msgspec.convert(manifest.settings, Settings)
    except msgspec.ValidationError as error:
        raise BackupUnusable(
            f"The backup's settings are not known here ({error}); install the version that wrote"
            f" it ({manifest.folkmoot})."
        ) from None


@asynccontextmanager
async def _running_engine(folder: Path, settings: Settings) -> AsyncIterator[Engine]:
    """An engine on the folder, with fresh streams; ended in order, for it must keep it all."""
    port, monitor_port = _free_ports()
    credentials = {user: secrets.token_urlsafe(24) for user in USERS}
    embedded.write_configuration(
        folder, name="restore", port=port, monitor_port=monitor_port, credentials=credentials
    )
    with (folder / "restore.log").open("wb") as output:
        process = embedded.start(folder, output)
    try:
        async with asyncio.timeout(READY_S_MAX):
            while not (await embedded.check_health(monitor_port)).healthy:
                await asyncio.sleep(POLL_S)
        engine = await connect(
            f"nats://{LOOPBACK}:{port}",
            name="restore",
            settings=settings,
            user="admin",
            password=credentials["admin"],
        )
        try:
            await engine.prepare(folder / embedded.KNOWN_FILE)
            yield engine
        finally:
            await engine.close()
    except TimeoutError:
        told = (folder / "restore.log").read_text(errors="replace").strip().splitlines()[-1:]
        raise OperatorError(
            f"The engine did not start for restoring ({' '.join(told) or 'no word from it'})."
        ) from None
    finally:
        await _end(process)
    (folder / "restore.log").unlink(missing_ok=True)


async def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(embedded.STOP_SIGNAL)
    try:
        await asyncio.to_thread(process.wait, END_S_MAX)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind((LOOPBACK, 0))
        other.bind((LOOPBACK, 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])


class _Restoring:
    """One backup being put into fresh streams."""

    def __init__(self, engine: Engine, path: Path, progress: Progress) -> None:
        self._engine = engine
        self._path = path
        self._progress = progress
        self._applications: Applications = all_applications()
        self._server = f"restore.{secrets.token_hex(4)}"
        self._done = 0

    async def run(self) -> None:
        with self._path.open("rb") as file:
            for part in read_parts(file, self._path.name):
                await self._put(part)
                self._done += len(part.body)
                self._progress(f"{part.kind} {part.name}, {self._done / 1_000_000:.1f} MB")

    async def _put(self, part: Part) -> None:
        if part.kind == "object":
            await self._engine.objects.put(part.name, part.body)
        elif part.kind == "bucket":
            bucket = self._engine.bucket(part.name)
            entries = msgspec.msgpack.decode(part.body, type=list[tuple[str, bytes]])
            for key, value in entries:
                await bucket.put(key, value)
        elif part.kind == "conference":
            await self._conference(msgspec.msgpack.decode(part.body, type=Captured))

    async def _conference(self, captured: Captured) -> None:
        engine, conference = self._engine, captured.conference
        epoch = engine.log.epoch(conference)
        held = decode_snapshot(captured.snapshot, self._applications)
        replica = Replica(conference, epoch, self._applications, as_restored(held, epoch))
        empty = encode_batch(Batch(FORMAT, epoch, self._server, 1, captured.sequence, []))
        sequence = await engine.log.publish(conference, empty)
        page = await engine.log.read(conference, sequence, 1)
        replica.receive_page(page.messages)
        invariant(
            replica.sequence == sequence > captured.sequence,
            "a restored conference stands at its first batch",
            conference=conference,
            sequence=sequence,
            at=replica.sequence,
        )
        await self._history(captured, epoch, Record(sequence, replica.state.time_ms, empty, []))
        await self._snapshot(replica)
        loaded = await load_replica(engine, conference, self._applications)
        invariant(
            loaded.state.digest == replica.state.digest,
            "a restored conference loads as it was written",
            conference=conference,
        )

    async def _history(self, captured: Captured, epoch: str, first: Record) -> None:
        """One chain of segments from the beginning through the first batch of the new log."""
        conference, after, last = captured.conference, captured.tail_after, first.sequence
        records = [*decode_segment(captured.tail), first]
        data = await asyncio.to_thread(encode_segment, records)
        name = f"history/{conference}/{epoch}/{after:016d}-{last:016d}"
        sha256 = await self._engine.objects.put(name, data)
        tail = segment_entry(epoch, after, last, first.time_ms, records)
        tail = msgspec.structs.replace(tail, object=name, sha256=sha256)
        await read_segment(self._engine, tail)
        segments = [msgspec.structs.replace(s, epoch=epoch) for s in captured.segments]
        await write_index(self._engine, conference, HistoryIndex([*segments, tail]))

    async def _snapshot(self, replica: Replica) -> None:
        state = replica.state
        data = await asyncio.to_thread(encode_snapshot, state)
        name = f"snapshots/{replica.conference}/{replica.epoch}/{state.sequence}"
        pointer = SnapshotPointer(
            replica.epoch,
            state.sequence,
            state.digest.hex(),
            name,
            await self._engine.objects.put(name, data),
            state.operations,
            state.time_ms,
            verified=True,
            digests=DIGESTS,
        )
        await add_pointer(self._engine, replica.conference, pointer)
