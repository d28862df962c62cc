"""What the gate asks of uploads and downloads, which are larger and slower than other requests.

An upload's body is no JSON and may come for minutes, though never without a sign of life; a page of
another node of the zone may ask, since the node that it came from may be gone. Pure but for the
two wrappers.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from folkmoot.protocol.limits import FILE_BYTES_MAX
from folkmoot.servers.web.problems import Problem

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

SILENT_LIMIT_S: Final = 20.0
"""Nothing of an upload for so long, or nothing of a download taken: it is cut off."""

PATCH_LIMIT_S: Final = 300.0
"""For one request; a client sends the rest with the next one."""

TUS_VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,expiration,termination"
OFFSET_TYPE: Final = "application/offset+octet-stream"
_UPLOADS: Final = re.compile(r"/api/v1/rooms/[^/]+/uploads(?:/[^/]+)?")
_SHARED: Final = re.compile(r"/api/v1/rooms/[^/]+/(?:uploads|files|decks)(?:/.*)?")
_ASKED: Final = (
    "authorization, content-type, range, if-range, if-none-match, tus-resumable, upload-length,"
    " upload-metadata, upload-offset"
)
_TOLD: Final = (
    "location, etag, content-range, content-disposition, accept-ranges, retry-after,"
    " tus-resumable, upload-length, upload-offset, upload-expires"
)


def is_upload(path: str) -> bool:
    return _UPLOADS.fullmatch(path) is not None


def is_shared(path: str) -> bool:
    """Whether pages of all nodes of the zone may ask for it."""
    return _SHARED.fullmatch(path) is not None


def body_bytes_max(scope: Message, usual: int) -> int:
    return FILE_BYTES_MAX if scope["method"] == "PATCH" and is_upload(scope["path"]) else usual


def content_refusal(scope: Message, kind: str) -> Problem | None:
    """Why a body of this type is not taken. Caller: for `is_upload` paths."""
    if scope["method"] == "PATCH" and kind != OFFSET_TYPE:
        return Problem(415, "not_offset", f"Send the bytes with Content-Type: {OFFSET_TYPE}.")
    return None


def cors_headers(origin: str | None, origins: frozenset[str]) -> list[tuple[bytes, bytes]]:
    """For a page of another node of the zone; none for anybody else."""
    if origin is None or origin.lower() not in origins:
        return []
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", _TOLD.encode()),
        (b"vary", b"origin"),
    ]


def options_headers(path: str) -> list[tuple[bytes, bytes]]:
    """The answer to OPTIONS: what the server can do, for browsers and for tus clients."""
    uploads = is_upload(path)
    methods = "POST, HEAD, GET, PATCH, DELETE" if uploads else "GET, HEAD"
    tus = [
        (b"tus-resumable", TUS_VERSION.encode()),
        (b"tus-version", TUS_VERSION.encode()),
        (b"tus-extension", EXTENSIONS.encode()),
        (b"tus-max-size", b"%d" % FILE_BYTES_MAX),
    ]
    return [
        *(tus if uploads else []),
        (b"access-control-allow-methods", methods.encode()),
        (b"access-control-allow-headers", _ASKED.encode()),
        (b"access-control-max-age", b"600"),
    ]


_TOO_SLOW: Final = Problem(
    408, "body_too_slow", "The upload stood still. Go on from where it is.", retry_after_s=1
)


def patient(receive: Receive) -> Receive:
    """Gives a body time for as long as something comes. Errors: `Problem` 408."""
    ends_s = asyncio.get_running_loop().time() + PATCH_LIMIT_S
    complete = False

    async def receive_in_time() -> Message:
        nonlocal complete
        if complete:
            return await receive()
        now_s = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(min(ends_s, now_s + SILENT_LIMIT_S)):
                message = await receive()
        except TimeoutError:
            raise _TOO_SLOW from None
        complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return receive_in_time


def impatient(send: Send) -> Send:
    """Cuts off who takes nothing of an answer for too long. Errors: `ConnectionAbortedError`."""

    async def send_in_time(message: Message) -> None:
        try:
            async with asyncio.timeout(SILENT_LIMIT_S):
                await send(message)
        except TimeoutError:
            raise ConnectionAbortedError("a download stood still") from None

    return send_in_time
