"""The engine's own requests: streams, conditional publishing, direct reads.

Words and numbers of JetStream stay in this file and in `streams.py`; what leaves it are our ports'
errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from folkmoot.engine import headers as h
from folkmoot.engine.link import Link, status_of
from folkmoot.errors import FolkmootError
from folkmoot.ports import Conflict, LogFull, LogUnavailable

T = TypeVar("T")

API = "$JS.API."
RETRY_WAIT_S = 0.05
READ_BYTES_MAX = 32 << 20
INDEX_S = 0.5
"""For so long the engine's index is waited for: a stream without a leader has none to ask."""


# https://github.com/nats-io/nats-server/blob/main/server/errors.json
STREAM_NOT_FOUND = 10059
STREAM_NAME_IN_USE = 10058
WRONG_LAST_SEQUENCE = frozenset({10071, 10164})
FULL = frozenset({10002, 10023, 10028, 10047, 10077})
CLOSED = "store is closed"
"""What it says instead of how full it is, under the same number, while it ends."""
LEADERLESS = frozenset({10009, 10118})
"""Said with another status than 503 of what has no leader just now."""

STATUS_END = 204
STATUS_NOT_FOUND = 404


class ApiError(FolkmootError):
    """The engine refused a request: HTTP-like `status`, its own `number`, its words."""

    def __init__(self, status: int, number: int, words: str) -> None:
        self.status = status
        self.number = number
        super().__init__(f"engine error {number}: {words}")


class _Error(msgspec.Struct):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _Ack(msgspec.Struct):
    seq: int = 0
    error: _Error | None = None


_decode_ack = msgspec.json.Decoder(_Ack).decode


class Stored(msgspec.Struct):
    """A message as a direct read returns it."""

    sequence: int
    headers: bytes
    payload: bytes


async def store(
    link: Link, subject: str, payload: bytes, timeout_s: float, headers: bytes = b""
) -> int:
    """Publishes into a stream and returns the sequence once it is on disk.

    Errors: `LogUnavailable` (unknown), `LogFull` (not stored), `Conflict` (an expected sequence
    differs; not stored), `ApiError` (not stored).
    """
    data, _ = await link.request(subject, payload, timeout_s, headers)
    ack = _decode_ack(data)
    if ack.error is None:
        return ack.seq
    if ack.error.err_code in FULL and CLOSED not in ack.error.description:
        raise LogFull(ack.error.description)
    if ack.error.err_code in WRONG_LAST_SEQUENCE:
        raise Conflict(ack.error.description)
    if ack.error.code == 503 or CLOSED in ack.error.description:
        raise LogUnavailable(ack.error.description)
    raise ApiError(ack.error.code, ack.error.err_code, ack.error.description)


def expect(sequence: int, *, rollup: bool = False) -> bytes:
    """Headers for: only if the newest message of the subject has this sequence (0: none).

    Shape: with `rollup` the message also takes the place of all older ones of its subject.
    """
    line = b"Nats-Rollup: sub\r\n" if rollup else b""
    return b"NATS/1.0\r\n%sNats-Expected-Last-Subject-Sequence: %d\r\n\r\n" % (line, sequence)


async def call(
    link: Link, name: str, body: dict[str, Any] | None, timeout_s: float
) -> dict[str, Any]:
    """Calls the engine's management. Errors: `LogUnavailable`, `ApiError`."""
    payload = b"" if body is None else msgspec.json.encode(body)
    data, _ = await link.request(API + name, payload, timeout_s)
    reply: dict[str, Any] = msgspec.json.decode(data)
    error = reply.get("error")
    if error:
        if error.get("code") == 503 or error.get("err_code") in LEADERLESS:
            raise LogUnavailable(error.get("description", ""))
        raise ApiError(error.get("code", 0), error.get("err_code", 0), error.get("description", ""))
    return reply


async def purge(link: Link, stream: str, subject: str, before: int, timeout_s: float) -> int:
    """Removes messages of the subject below a sequence (0: all), returns how many."""
    body: dict[str, Any] = {"filter": subject}
    if before:
        body["seq"] = before
    reply = await call(link, f"STREAM.PURGE.{stream}", body, timeout_s)
    return int(reply.get("purged", 0))


async def subjects(link: Link, stream: str, under: str, timeout_s: float) -> list[str]:
    """Subjects that hold a message, sorted."""
    found: list[str] = []
    while True:
        body = {"subjects_filter": under, "offset": len(found)}
        reply = await call(link, f"STREAM.INFO.{stream}", body, timeout_s)
        page = list(reply["state"].get("subjects") or {})
        found += page
        if not page or len(found) >= int(reply.get("total", 0)):
            return sorted(found)


async def count(link: Link, stream: str, subject: str, timeout_s: float) -> int:
    """How many messages of a subject the stream's leader has.

    Unlike a direct read, no follower answers that: without a leader it is `LogUnavailable`.
    """
    body = {"subjects_filter": subject}
    reply = await call(link, f"STREAM.INFO.{stream}", body, timeout_s)
    return int((reply["state"].get("subjects") or {}).get(subject, 0))


async def _indexed(link: Link, stream: str, subject: str) -> bool:
    """Whether the engine's index, which needs no disk, has the subject; False if nobody says."""
    try:
        return await count(link, stream, subject, INDEX_S) > 0
    except (LogUnavailable, ApiError):
        return False


async def newest(link: Link, stream: str, subject: str, timeout_s: float) -> Stored | None:
    """The newest message of a subject, None when there is none; may be stale on followers.

    Shape: an engine answers "not found" for what it cannot read, too; that is not believed.
    """

    async def once() -> Stored | None:
        data, headers = await link.request(f"{API}DIRECT.GET.{stream}.{subject}", b"", timeout_s)
        status = status_of(headers)
        if status == STATUS_NOT_FOUND:
            if await _indexed(link, stream, subject):
                raise LogUnavailable(f"{subject} is stored, and cannot be read")
            return None
        if status:
            raise LogUnavailable(f"direct read answered {status}")
        return Stored(h.number_of(headers, h.SEQUENCE, 0), headers, data)

    return await _patiently(once, timeout_s)


async def page(
    link: Link,
    stream: str,
    subject: str,
    first: int,
    count_max: int,
    timeout_s: float,
    *,
    bytes_max: int = READ_BYTES_MAX,
) -> tuple[list[Stored], int]:
    """Messages of a subject from a sequence on, and how many come after them.

    Shape: fewer than `count_max` may come although there are more: the reply is bounded in bytes.
    """

    async def once() -> tuple[list[Stored], int]:
        messages: list[Stored] = []
        end = [0, 0]

        def on_reply(data: bytes, headers: bytes) -> bool:
            status = status_of(headers)
            if status:
                end[0] = status
                end[1] = h.number_of(headers, h.NUM_PENDING, 0)
                return True
            messages.append(Stored(h.number_of(headers, h.SEQUENCE, 0), headers, data))
            return False

        body = {
            "seq": max(first, 1),
            "batch": count_max,
            "max_bytes": bytes_max,
            "next_by_subj": subject,
        }
        name = f"{API}DIRECT.GET.{stream}"
        await link.request_many(name, msgspec.json.encode(body), timeout_s, on_reply)
        if end[0] == STATUS_NOT_FOUND:
            last = await newest(link, stream, subject, timeout_s)
            if last is not None and last.sequence >= first:
                raise LogUnavailable(f"{subject} is stored from {first} on, and cannot be read")
            return [], 0
        if end[0] != STATUS_END:
            raise LogUnavailable(f"direct read answered {end[0]}")
        return messages, end[1]

    return await _patiently(once, timeout_s)


async def _patiently(once: Callable[[], Awaitable[T]], timeout_s: float) -> T:
    """Repeats a read, which is harmless, until it is answered or its time is over."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + timeout_s
    while True:
        try:
            return await once()
        except LogUnavailable:
            if loop.time() + RETRY_WAIT_S >= deadline_s:
                raise
            await asyncio.sleep(RETRY_WAIT_S)
