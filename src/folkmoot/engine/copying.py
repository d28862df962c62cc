"""Copying whole streams: into files by the engine's own snapshot, and back by its restore.

What was read from an engine is checked before it is called a copy: by the engine's checksums while
it reads, by our SHA-256 of the file, by counts of messages.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from pathlib import Path
from typing import Any, Final

import msgspec

from folkmoot.engine import jetstream
from folkmoot.engine.link import Link, NobodyListens
from folkmoot.errors import FolkmootError
from folkmoot.ports import LogUnavailable

CHUNK_BYTES: Final = 256 * 1024
CALL_S: Final = 10.0
CHUNK_S: Final = 20.0
LISTENING_S: Final = 3.0
AGAIN_S: Final = 0.02
CHUNKS_WAITING_MAX: Final = 256


class NotCopied(FolkmootError):
    """A copy is not what it was made from."""


class Refused(NotCopied):
    """The engine did not take a copy, as while it chooses a leader; it may the next time."""


class StreamCopy(msgspec.Struct, frozen=True):
    """A stream in a file: `configuration` and `state` as the engine told them."""

    name: str
    configuration: dict[str, Any]
    state: dict[str, Any]
    bytes: int
    sha256: str


async def stream_names(link: Link, timeout_s: float = CALL_S) -> list[str]:
    """Errors: `LogUnavailable`, `ApiError`."""
    reply = await jetstream.call(link, "STREAM.NAMES", {"offset": 0}, timeout_s)
    return sorted(reply.get("streams") or [])


async def stream_info(link: Link, name: str, timeout_s: float = CALL_S) -> dict[str, Any] | None:
    """Configuration, state and replicas; None when there is no such stream."""
    try:
        return await jetstream.call(link, f"STREAM.INFO.{name}", None, timeout_s)
    except jetstream.ApiError as error:
        if error.number == jetstream.STREAM_NOT_FOUND:
            return None
        raise


async def step_down(link: Link, name: str, to: str) -> None:
    """Asks a stream's leader to let another engine lead it.

    Errors: `LogUnavailable`, `ApiError`.
    """
    body = {"placement": {"preferred": to}}
    await jetstream.call(link, f"STREAM.LEADER.STEPDOWN.{name}", body, CALL_S)


async def save_stream(link: Link, name: str, path: Path) -> StreamCopy:
    """Writes the stream into a file, which is on disk when this returns.

    Errors: `NotCopied`, `LogUnavailable`, `ApiError`, OSError.
    """
    chunks: asyncio.Queue[tuple[bytes, bytes]] = asyncio.Queue(CHUNKS_WAITING_MAX)

    def handle(_subject: bytes, reply: bytes, data: bytes, _headers: bytes) -> None:
        # The engine waits for our answers, so that what is on its way stays below this bound.
        chunks.put_nowait((data, reply))

    inbox = f"_INBOX.snapshot.{secrets.token_hex(8)}"
    subscription = await link.subscribe(inbox, handle)
    try:
        asked = {
            "deliver_subject": inbox,
            "no_consumers": True,
            "jsck": True,
            "chunk_size": CHUNK_BYTES,
        }
        told = await jetstream.call(link, f"STREAM.SNAPSHOT.{name}", asked, CALL_S)
        size, digest = await _write_chunks(link, chunks, path)
    finally:
        await subscription.close()
    return StreamCopy(name, told["config"], told["state"], size, digest)


async def _write_chunks(
    link: Link, chunks: asyncio.Queue[tuple[bytes, bytes]], path: Path
) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while True:
            try:
                async with asyncio.timeout(CHUNK_S):
                    data, reply = await chunks.get()
            except TimeoutError:
                raise LogUnavailable(f"the engine stopped in the middle of {path.name}") from None
            if not data:
                break
            file.write(data)
            digest.update(data)
            size += len(data)
            if reply:
                link.send(reply.decode(), b"")
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def check_file(copy: StreamCopy, path: Path) -> None:
    """Errors: `NotCopied` when the file is not what was written."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    except OSError as error:
        raise NotCopied(f"the copy {path} cannot be read: {error}") from None
    if digest.hexdigest() != copy.sha256:
        raise NotCopied(f"the copy {path} has changed since it was written")


async def load_stream(link: Link, copy: StreamCopy, path: Path, replicas: int) -> None:
    """Makes the stream from its file, in an engine that has none of that name.

    Errors: `NotCopied` (of which `Refused`), `LogUnavailable`, `ApiError`, OSError.
    """
    check_file(copy, path)
    asked = {"config": copy.configuration | {"num_replicas": replicas}, "state": copy.state}
    told = await jetstream.call(link, f"STREAM.RESTORE.{copy.name}", asked, CALL_S)
    subject = told["deliver_subject"]
    with path.open("rb") as file:
        while part := file.read(CHUNK_BYTES):
            data = await _send_chunk(link, subject, part)
            if data and b'"error"' in data:
                raise Refused(f"the engine refused a part of {copy.name}: {data[:300]!r}")
    data = await _send_chunk(link, subject, b"")
    answer = msgspec.json.decode(data) if data else {}
    if answer.get("error"):
        raise Refused(f"the engine refused {copy.name}: {answer['error']}")


async def _send_chunk(link: Link, subject: str, part: bytes) -> bytes:
    """Sends it again while nobody listens: the other engines learn late who does."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + LISTENING_S
    while True:
        try:
            data, _ = await link.request(subject, part, CHUNK_S)
            return data
        except NobodyListens:
            if loop.time() > deadline_s:
                raise
        await asyncio.sleep(AGAIN_S)


async def check_stream(
    link: Link, copy: StreamCopy, replicas: int, timeout_s: float = CALL_S
) -> str:
    """What is not yet as in the copy; empty when the stream and all its replicas are whole.

    Errors: `LogUnavailable`, `ApiError`.
    """
    now = await stream_info(link, copy.name, timeout_s)
    if now is None:
        return "it is not there"
    # Where an empty stream would begin is told in two ways.
    begin = ("first_seq",) if copy.state.get("messages") else ()
    for key in ("messages", "last_seq", "num_subjects", *begin):
        if now["state"].get(key) != copy.state.get(key):
            return f"{key} is {now['state'].get(key)}, not {copy.state.get(key)}"
    if now["config"].get("metadata", {}).get("folkmoot_epoch") != copy.configuration.get(
        "metadata", {}
    ).get("folkmoot_epoch"):
        return "its epoch is another"
    if now["config"]["num_replicas"] != replicas:
        return f"it has {now['config']['num_replicas']} replicas"
    if replicas > 1:
        followers = (now.get("cluster") or {}).get("replicas") or []
        current = [one for one in followers if one.get("current") and not one.get("offline")]
        if len(current) != replicas - 1:
            return f"{len(current) + 1} of {replicas} replicas are whole"
    return ""


async def delete_stream(link: Link, name: str) -> None:
    """Errors: `LogUnavailable`, `ApiError`."""
    await jetstream.call(link, f"STREAM.DELETE.{name}", None, CALL_S)
