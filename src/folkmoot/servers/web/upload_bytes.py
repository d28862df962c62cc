"""The bytes of uploads on their way into the object store: one piece in memory, never more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

from litestar import Request
from litestar.exceptions import InternalServerException

from folkmoot.ports import Conflict, LogFull, LogUnavailable, Unfinished
from folkmoot.servers.files.records import UploadRecord
from folkmoot.servers.web.problems import Problem, engine_away
from folkmoot.servers.web.services import Services

STORE_WAIT_S: Final = 10.0
STORE_AGAIN_S: Final = 0.1
KEPT_BYTES_MIN: Final = 64 * 1024
"""Of what came before a connection broke off; less is not worth a piece of its own."""

PIECES_MAX: Final = 2_048
"""Of one upload. Whole ones are 400 for the largest file; cuts may make the others."""

_BROKEN_OFF: Final = Problem(
    408, "broken_off", "The upload broke off. Go on from where it is.", retry_after_s=1
)


async def parts_of(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """The body as it comes. Errors: `Problem` 408 when it breaks off."""
    try:
        async for part in request.stream():
            yield part
    except InternalServerException:
        # What the framework calls a client that went away.
        raise _BROKEN_OFF from None


def store_full() -> Problem:
    return Problem(
        507,
        "storage_full",
        "The server's storage is full, so the file was not taken. Tell its operator.",
    )


async def take(
    services: Services, record: UploadRecord, offset: int, body: AsyncIterator[bytes]
) -> int:
    """Stores what comes, piece by piece, and returns how far it is. Errors: `Problem`."""
    objects = services.engine.objects
    unfinished = await services.through_engine(lambda: objects.resume(record.upload))
    if unfinished.bytes != offset:
        raise Problem(409, "wrong_offset", "Another request goes on with this upload.")
    if unfinished.pieces >= PIECES_MAX:
        raise Problem(413, "too_many_parts", "This upload came in too many parts. Begin again.")
    held = bytearray()
    try:
        async for part in body:
            if unfinished.bytes + len(held) + len(part) > record.bytes:
                raise Problem(413, "too_large", "More bytes came than Upload-Length announced.")
            held += part
            while len(held) >= objects.piece_bytes_max:
                if services.store_full():
                    raise LogFull("what is left is for the meetings")
                piece = bytes(held[: objects.piece_bytes_max])
                unfinished = await _store(services, unfinished, piece)
                del held[: len(piece)]
        if held:
            unfinished = await _store(services, unfinished, bytes(held))
    except Problem as problem:
        if problem.status == 408 and len(held) >= KEPT_BYTES_MIN:
            with contextlib.suppress(LogFull, Problem):
                await _store(services, unfinished, bytes(held))
        raise
    except LogFull:
        raise await refuse_full(services, record) from None
    return unfinished.bytes


async def refuse_full(services: Services, record: UploadRecord) -> Problem:
    """Leaves nothing of an upload: it would be in the way of what matters more."""
    await services.through_engine(lambda: services.engine.objects.drop(record.upload))
    await services.through_engine(lambda: services.uploads.forget(record))
    return store_full()


async def _store(services: Services, unfinished: Unfinished, piece: bytes) -> Unfinished:
    """Stores a piece once, whatever happens to the answers. Errors: `Problem`, `LogFull`."""
    objects, identity = services.engine.objects, unfinished.identity
    after = unfinished.bytes + len(piece)
    loop = asyncio.get_running_loop()
    ends_s, tried = loop.time() + STORE_WAIT_S, False
    while True:
        try:
            return await objects.append(unfinished, piece)
        except LogUnavailable:
            tried = True
        except Conflict:
            pass
        await asyncio.sleep(STORE_AGAIN_S)
        current = await services.through_engine(lambda: objects.resume(identity))
        if tried and current.bytes == after:
            return current
        if current.bytes > unfinished.bytes:
            raise Problem(409, "wrong_offset", "Another request goes on with this upload.")
        if loop.time() >= ends_s:
            # It reads and does not write: a disk that is full, or no majority.
            raise engine_away()
        if current.bytes == unfinished.bytes:
            unfinished = current
