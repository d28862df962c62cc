"""Which streams a zone has, making them, and noticing that one was lost.

An empty stream is never made over a lost one: the caller keeps a file of what was known, and a
stream that is missing, is another one, or ends earlier than it did stops the start. Streams are
made here only; replica counts change by an operator's command only.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import msgspec

from folkmoot.engine import jetstream
from folkmoot.engine.link import Link
from folkmoot.errors import OperatorError
from folkmoot.ports import LogUnavailable

BUCKETS = ("rooms", "zone", "snapshots", "fences", "uploads", "decks")
OBJECTS = "objects"
EPOCH = "folkmoot_epoch"
MESSAGE_BYTES_MAX = 1 << 20
CALL_TIMEOUT_S = 5.0


class EngineLost(OperatorError):
    """The engine lacks what it was known to have: recovery, not service."""


class KnownStream(msgspec.Struct, frozen=True):
    """What a stream was seen to have: its epoch and its last sequence."""

    epoch: str
    sequence: int


class _KnownFile(msgspec.Struct):
    streams: dict[str, KnownStream]
    version: int = 1


def configurations(shards: int, replicas: int, log_bytes_max: int) -> list[dict[str, Any]]:
    """Configurations of all streams, as the engine's API takes them; `log_bytes_max` 0: no own
    limit (the engine's `max_file` still holds)."""
    logs = [_log_stream(shard, log_bytes_max) for shard in range(shards)]
    buckets = [_bucket_stream(name) for name in BUCKETS]
    every = [*logs, *buckets, _objects_stream()]
    for configuration in every:
        configuration |= {
            "storage": "file",
            "num_replicas": replicas,
            "retention": "limits",
            "discard": "new",
            "allow_direct": True,
            "deny_delete": True,
            "max_msg_size": MESSAGE_BYTES_MAX,
        }
    return every


def _log_stream(shard: int, bytes_max: int) -> dict[str, Any]:
    return {
        "name": f"CONF_{shard}",
        "subjects": [f"conf.{shard}.>"],
        "republish": {"src": f"conf.{shard}.>", "dest": f"log.{shard}.>"},
        "max_bytes": bytes_max or -1,
    }


def _bucket_stream(name: str) -> dict[str, Any]:
    return {
        "name": f"KV_{name}",
        "subjects": [f"$KV.{name}.>"],
        "max_msgs_per_subject": 1,
        "allow_rollup_hdrs": True,
    }


def _objects_stream() -> dict[str, Any]:
    return {
        "name": f"OBJ_{OBJECTS}",
        "subjects": [f"$O.{OBJECTS}.C.>", f"$O.{OBJECTS}.M.>"],
        "allow_rollup_hdrs": True,
    }


async def prepare_streams(
    link: Link,
    known_file: Path,
    *,
    shards: int,
    replicas: int = 1,
    log_bytes_max: int = 0,
) -> dict[str, KnownStream]:
    """Makes what is missing and returns what there is; several may call it at once.

    Errors: `EngineLost`, `OperatorError` (the engine refuses), `LogUnavailable`.
    """
    known = read_known(known_file)
    found: dict[str, KnownStream] = {}
    for configuration in configurations(shards, replicas, log_bytes_max):
        name = configuration["name"]
        stream = await _look(link, name)
        _compare(name, known.get(name), stream)
        found[name] = stream or await _make(link, configuration)
    write_known(known_file, found)
    return found


async def remember_streams(link: Link, known_file: Path) -> None:
    """Brings the file of what is known up to date. Errors: `EngineLost`, `LogUnavailable`."""
    known = read_known(known_file)
    found: dict[str, KnownStream] = {}
    for name, before in known.items():
        stream = await _look(link, name)
        _compare(name, before, stream)
        if stream is not None:
            found[name] = stream
    if found != known:
        write_known(known_file, found)


async def look_epochs(link: Link, shards: int) -> dict[int, str] | None:
    """Epoch by shard, None when a stream is not there yet. Errors: `LogUnavailable`."""
    epochs: dict[int, str] = {}
    for shard in range(shards):
        stream = await _look(link, f"CONF_{shard}")
        if stream is None:
            return None
        epochs[shard] = stream.epoch
    # The objects' stream is made last: with it, everything is there.
    return epochs if await _look(link, f"OBJ_{OBJECTS}") else None


def read_known(path: Path) -> dict[str, KnownStream]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_KnownFile).streams
    except FileNotFoundError:
        return {}
    except msgspec.MsgspecError as error:
        raise OperatorError(
            f"{path} is unreadable ({error}): restore it from a backup, or remove it if you are"
            " sure that the engine's store is complete"
        ) from error


def write_known(path: Path, streams: dict[str, KnownStream]) -> None:
    """Replaces the file so that a crash leaves the old or the new one."""
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(_KnownFile(streams)))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _compare(name: str, before: KnownStream | None, now: KnownStream | None) -> None:
    if before is None:
        return
    if now is None:
        what = "is gone from the engine's store"
    elif now.epoch != before.epoch:
        what = "is another one than the one known here"
    elif now.sequence < before.sequence:
        what = f"ends at {now.sequence} but was known up to {before.sequence}"
    else:
        return
    raise EngineLost(
        f"The stream {name} {what}, so data is missing. Nothing was changed. Restore the data"
        " folder from a backup; or, to go on with what is left, remove the file of known streams."
    )


async def _look(link: Link, name: str) -> KnownStream | None:
    try:
        reply = await jetstream.call(link, f"STREAM.INFO.{name}", None, CALL_TIMEOUT_S)
    except jetstream.ApiError as error:
        if error.number == jetstream.STREAM_NOT_FOUND:
            return None
        raise LogUnavailable(str(error)) from error
    metadata = reply["config"].get("metadata") or {}
    return KnownStream(metadata.get(EPOCH, ""), int(reply["state"]["last_seq"]))


async def _make(link: Link, configuration: dict[str, Any]) -> KnownStream:
    name = configuration["name"]
    body = configuration | {"metadata": {EPOCH: secrets.token_hex(6)}}
    try:
        await jetstream.call(link, f"STREAM.CREATE.{name}", body, CALL_TIMEOUT_S)
    except jetstream.ApiError as error:
        # Another process may have made it a moment ago, with an epoch of its own.
        if error.number != jetstream.STREAM_NAME_IN_USE:
            raise OperatorError(
                f"The engine refuses to make the stream {name} ({error}). Check its free space,"
                " its limits and the rights of the user that was given."
            ) from error
    stream = await _look(link, name)
    if stream is None:
        raise LogUnavailable(f"the stream {name} was made but cannot be read yet")
    return stream
