"""Writing a backup of a running zone: to a name beside, read back whole, then renamed.

Order: all objects first, then one conference after the other (with the objects that it needs and
that came since), then the buckets. So every conference is whole at a position of its own, and every
conference in the file has its room's record.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from folkmoot import __version__
from folkmoot.apps import all_applications
from folkmoot.conference.application import Applications
from folkmoot.conference.snapshot import SnapshotInvalid, decode_snapshot
from folkmoot.data_folder import Node
from folkmoot.engine import Engine
from folkmoot.engine.elections import Patiently, at_once
from folkmoot.engine.streams import BUCKETS
from folkmoot.errors import OperatorError
from folkmoot.ports import Bucket, BucketEntry, Damaged
from folkmoot.servers.backup.capture import Captured, Uncapturable, capture
from folkmoot.servers.backup.container import BackupUnusable, Writer, read_parts
from folkmoot.servers.named import get_named

BUCKETS_LEFT_OUT: Final = ("snapshots", "fences", "uploads")
"""Made anew by restoring: they name positions of an epoch that is over."""

SNAPSHOTS: Final = "snapshots/"
ENTRIES_AT_ONCE: Final = 500
CAPTURES_MAX: Final = 10

Progress = Callable[[str], None]


class Summary(msgspec.Struct):
    """What a backup holds, as its end tells.

    Shape: `lacking` maps a conference that could not be read to why; `left_out` a conference to the
    positions that were passed over since they stop whoever applies them. `sequence` is the highest
    position of any conference.
    """

    conferences: int = 0
    objects: int = 0
    entries: int = 0
    bytes: int = 0
    sequence: int = 0
    lacking: dict[str, str] = {}
    left_out: dict[str, list[int]] = {}


class Manifest(msgspec.Struct):
    """The first part: which zone, when, and how it was set up."""

    zone: str
    node: str
    folkmoot: str
    created_ms: int
    epochs: dict[str, str]
    settings: dict[str, Any]


async def write_backup(
    engine: Engine,
    node: Node,
    path: Path,
    progress: Progress,
    patiently: Patiently = at_once,
) -> Summary:
    """Writes the zone into a new file, which is there only once it was read back whole.

    Shape: each thing is read by `patiently`, so that an election in the middle ends nothing.
    Errors: `OperatorError`, `LogUnavailable`.
    """
    if path.exists():
        raise OperatorError(f"{path} exists already; choose another name for the backup.")
    beside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            summary = await _Saving(engine, node, file, progress, patiently).run()
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        progress("reading it back")
        await asyncio.to_thread(verify, beside, path.name)
        os.rename(beside, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise OperatorError(
            f"The backup cannot be written to {path} ({error.strerror}); free some space or choose"
            " another place."
        ) from None
    finally:
        beside.unlink(missing_ok=True)
    return summary


def verify(path: Path, name: str) -> tuple[Manifest, Summary]:
    """Reads the whole file and opens every conference in it. Errors: `BackupUnusable`."""
    applications = all_applications()
    manifest: Manifest | None = None
    try:
        with path.open("rb") as file:
            for part in read_parts(file, name):
                if part.kind == "manifest":
                    manifest = msgspec.msgpack.decode(part.body, type=Manifest)
                elif part.kind == "conference":
                    captured = msgspec.msgpack.decode(part.body, type=Captured)
                    check_captured(captured, applications, name)
                elif part.kind == "end" and manifest is not None:
                    return manifest, msgspec.convert(part.meta["summary"], Summary)
    except FileNotFoundError:
        raise BackupUnusable(f"There is no file {path}.") from None
    except OSError as error:
        raise BackupUnusable(f"{path} cannot be read ({error.strerror}).") from None
    except (msgspec.MsgspecError, KeyError) as error:
        raise BackupUnusable(f"{name} is damaged ({error}); use another backup.") from None
    raise BackupUnusable(f"{name} is damaged (no manifest); use another backup.")


def check_captured(captured: Captured, applications: Applications, name: str) -> None:
    """Errors: `BackupUnusable` when its state cannot be opened, or is not what was captured."""
    try:
        state = decode_snapshot(captured.snapshot, applications)
    except SnapshotInvalid as error:
        raise BackupUnusable(
            f"{name} holds a room that this version cannot open ({error}); install the version"
            " that wrote it, or use another backup."
        ) from None
    told = (captured.conference, captured.epoch, captured.sequence, captured.digest)
    if (state.conference, state.epoch, state.sequence, state.digest.hex()) != told:
        raise BackupUnusable(f"{name} is damaged (a room is not what its part says).")


class _Saving:
    """One backup being written."""

    def __init__(
        self,
        engine: Engine,
        node: Node,
        file: IO[bytes],
        progress: Progress,
        patiently: Patiently,
    ) -> None:
        self._engine = engine
        self._patiently = patiently
        self._node = node
        self._writer = Writer(file)
        self._progress = progress
        self._applications = all_applications()
        self._written: set[str] = set()
        self._summary = Summary(lacking={}, left_out={})

    async def run(self) -> Summary:
        await self._add("manifest", "", msgspec.msgpack.encode(await self._manifest()))
        names = await self._patiently(lambda: self._engine.objects.names(""))
        for number, name in enumerate(names, 1):
            if not name.startswith(SNAPSHOTS):
                await self._object(name)
            self._progress(f"object {number} of {len(names)}, {self._told()}")
        conferences = await self._patiently(self._engine.log.conferences)
        for number, conference in enumerate(conferences, 1):
            await self._conference(conference)
            self._progress(f"room {number} of {len(conferences)}, {self._told()}")
        for bucket in BUCKETS:
            if bucket not in BUCKETS_LEFT_OUT:
                await self._bucket(bucket)
        self._summary.bytes = self._writer.bytes
        self._writer.finish({"summary": msgspec.to_builtins(self._summary)})
        return self._summary

    async def _manifest(self) -> Manifest:
        return Manifest(
            zone=self._node.zone,
            node=self._node.name,
            folkmoot=__version__,
            created_ms=time.time_ns() // 1_000_000,
            epochs=self._engine.log.epochs(),
            settings=dict(self._node.settings),
        )

    async def _conference(self, conference: str) -> None:
        for _ in range(CAPTURES_MAX):
            try:
                captured = await self._patiently(
                    lambda: capture(self._engine, conference, self._applications)
                )
            except Uncapturable as error:
                self._summary.lacking[conference] = str(error)
                return
            # An object may have been replaced since the capture; then a newer capture names the
            # newer one.
            if all([await self._object(name) for name in captured.objects]):
                break
        else:
            self._summary.lacking[conference] = "an object of it is missing"
            return
        await self._add("conference", conference, msgspec.msgpack.encode(captured))
        self._summary.conferences += 1
        self._summary.sequence = max(self._summary.sequence, captured.sequence)
        if captured.left_out:
            self._summary.left_out[conference] = captured.left_out

    async def _object(self, name: str) -> bool:
        """Whether the object is in the file now."""
        if name in self._written:
            return True
        try:
            data = await self._patiently(lambda: get_named(self._engine.objects, name))
        except Damaged:
            return False
        if data is None:
            return False
        await self._add("object", name, data)
        self._written.add(name)
        self._summary.objects += 1
        return True

    async def _bucket(self, name: str) -> None:
        bucket = self._engine.bucket(name)
        keys = await self._patiently(bucket.keys)
        for at in range(0, len(keys), ENTRIES_AT_ONCE):
            entries: list[tuple[str, bytes]] = []
            for key in keys[at : at + ENTRIES_AT_ONCE]:
                entry = await self._patiently(partial(_entry, bucket, key))
                if entry is not None:
                    entries.append((key, entry.value))
            await self._add("bucket", name, msgspec.msgpack.encode(entries))
            self._summary.entries += len(entries)

    async def _add(self, kind: str, name: str, body: bytes) -> None:
        await asyncio.to_thread(self._writer.add, kind, name, body)

    def _told(self) -> str:
        return f"{self._writer.bytes / 1_000_000:.1f} MB"


async def _entry(bucket: Bucket, key: str) -> BucketEntry | None:
    """None when it was deleted since it was listed, and not for a replica that lags."""
    entry = await bucket.get(key)
    if entry is None:
        await bucket.check_gone(key)
    return entry


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
