"""Records of uploads, in the bucket `uploads`: what any server needs to go on with one.

The bytes themselves are pieces of an object without a name, under the upload's id; how far they
are is read from them. The record says whose it is and how it ended; it lives for as long as
somebody may ask.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import msgspec

from folkmoot.errors import FolkmootError
from folkmoot.ports import Bucket, BucketEntry
from folkmoot.protocol.reading import UNREADABLE

RECEIVING: Final = "receiving"
COMPLETE: Final = "complete"
STORED: Final = "stored"
REFUSED: Final = "refused"
ENDED: Final = (STORED, REFUSED)
READ_AT_ONCE: Final = 32


class UploadDamaged(FolkmootError):
    """An upload's record cannot be read."""


class UploadRecord(msgspec.Struct, frozen=True):
    """One upload.

    Shape: `phase` is receiving, then complete (since `complete_ms`) until it was examined, then
    stored (as `file`) or refused (with `code` and `message`); `worker` is who examines it, since
    `claimed_ms`. `looking` is who has its bytes in hand just now: who finds there the name of a
    server that is dead, adds one to `attempts`, the times that an examination may have ended of the
    bytes. What the store does is never among them.
    """

    conference: str
    upload: str
    person: str
    purpose: str
    name: str
    bytes: int
    created_ms: int
    phase: str = RECEIVING
    worker: str = ""
    claimed_ms: int = 0
    attempts: int = 0
    ended_ms: int = 0
    file: str = ""
    code: str = ""
    message: str = ""
    complete_ms: int = 0
    looking: str = ""


class Found(msgspec.Struct, frozen=True):
    """A record and its revision, which a change of it has to name."""

    record: UploadRecord
    revision: int


_encode = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(UploadRecord)


class Uploads:
    """The records. Errors: every call may raise `LogUnavailable`, `change` also `Conflict`."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    async def create(self, record: UploadRecord) -> None:
        await self._bucket.create(_key(record.conference, record.upload), _encode(record))

    async def find(self, conference: str, upload: str) -> Found | None:
        """None only when there is none: a replica may not know yet what was just begun."""
        key = _key(conference, upload)
        entry = await self._bucket.get(key)
        if entry is None:
            await self._bucket.check_gone(key)
            return None
        return _found(entry)

    async def change(self, found: Found, **changes: object) -> Found:
        """Replaces what was found, unless another was quicker."""
        record = msgspec.structs.replace(found.record, **changes)
        key = _key(record.conference, record.upload)
        return Found(record, await self._bucket.update(key, _encode(record), found.revision))

    async def forget(self, record: UploadRecord) -> None:
        await self._bucket.delete(_key(record.conference, record.upload))

    async def of(self, conference: str) -> list[UploadRecord]:
        """Those of one conference, or of all for an empty one; damaged ones are left out."""
        found = []
        keys = await self._bucket.keys(f"{conference}." if conference else "")
        for at in range(0, len(keys), READ_AT_ONCE):
            entries = await asyncio.gather(*map(self._bucket.get, keys[at : at + READ_AT_ONCE]))
            for entry in entries:
                if entry is not None:
                    with contextlib.suppress(UploadDamaged):
                        found.append(_found(entry).record)
        return found


def _key(conference: str, upload: str) -> str:
    return f"{conference}.{upload}"


def _found(entry: BucketEntry) -> Found:
    try:
        return Found(_decoder.decode(entry.value), entry.revision)
    except UNREADABLE as problem:
        raise UploadDamaged(f"the record of upload {entry.key} cannot be read: {problem}") from None
