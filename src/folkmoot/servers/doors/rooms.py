"""Rooms: their records in the bucket `rooms`, their links, their keys.

A room's address is its slug, which nobody can guess; who has it may come in as a participant. The
host key makes a host; it is given out once, in the fragment of the host link, which browsers do
not send to servers, and only its hash is kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from folkmoot.conference.batch import RoomPlan
from folkmoot.errors import FolkmootError, Refused, invariant
from folkmoot.ports import Bucket, BucketEntry, Conflict, LogUnavailable
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.doors.tickets import Role

ID_BYTES: Final = 16
_ID: Final = re.compile(r"[a-z2-7]{26}")
KEY_CHARACTERS_MAX: Final = 64
ROOMS_CACHED_MAX: Final = 10_000
FRESH_MS: Final = 60_000
"""A cached record is read again when it is older than this and the engine answers."""


class RoomDamaged(FolkmootError):
    """A room's record cannot be read."""


class RoomRecord(msgspec.Struct, frozen=True):
    """What the zone keeps about a room outside its log.

    Shape: `id` is the conference; hashes are SHA-256 in hex, an empty `participant_key_hash` means
    that the slug alone lets a participant in. `plan` is how its doors and settings begin; from then
    on the log has them.
    """

    id: str
    slug: str
    title: str
    created_ms: int
    host_key_hash: str
    participant_key_hash: str = ""
    plan: RoomPlan | None = None


class Created(msgspec.Struct, frozen=True):
    """A new room with its host key, which is known only now."""

    record: RoomRecord
    host_key: str


_encode = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(RoomRecord)


def new_id() -> str:
    """128 random bits as 26 lower-case letters and digits."""
    return base64.b32encode(secrets.token_bytes(ID_BYTES)).rstrip(b"=").decode("ascii").lower()


def is_id(text: str) -> bool:
    return bool(_ID.fullmatch(text))


def key_hash(key: str) -> str:
    """The kept form of a key; a plain hash is enough for 128 random bits."""
    return hashlib.sha256(b"folkmoot room key\n" + key.encode()).hexdigest()


def role_for(record: RoomRecord, key: str | None, viewer_key: str = "") -> Role:
    """The role that a key gives in a room. Errors: `Refused` `not_allowed` for a wrong one."""
    if key:
        given = key_hash(key) if len(key) <= KEY_CHARACTERS_MAX else ""
        if hmac.compare_digest(given, record.host_key_hash):
            return "host"
        if record.participant_key_hash and hmac.compare_digest(given, record.participant_key_hash):
            return "participant"
        if viewer_key and hmac.compare_digest(key.encode(), viewer_key.encode()):
            return "viewer"
        raise Refused("not_allowed", "The key in this link is not valid. Ask for a new link.")
    if record.participant_key_hash:
        raise Refused("not_allowed", "This room needs a key. Ask for the full link.")
    return "participant"


def participant_path(slug: str) -> str:
    return f"/r/{slug}"


def host_path(slug: str, key: str) -> str:
    return f"/r/{slug}#k={key}"


def viewer_path(slug: str, key: str) -> str:
    return f"/r/{slug}#v={key}"


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Rooms:
    """Creates and finds rooms.

    Shape: records that were found are kept in memory, the least recently used go first; a slug
    that was not found is asked for again each time, for it may be created any moment.
    """

    def __init__(
        self,
        bucket: Bucket,
        wall_ms: Callable[[], int],
        now_ms: Callable[[], int] = _monotonic_ms,
    ) -> None:
        self._bucket = bucket
        self._wall_ms = wall_ms
        self._now_ms = now_ms
        self._cached: OrderedDict[str, tuple[RoomRecord, int]] = OrderedDict()

    def draft(self, title: str, plan: RoomPlan | None = None) -> Created:
        """A room that is not stored yet. `title` is normalised."""
        host_key = new_id()
        record = RoomRecord(
            id=new_id(),
            slug=new_id(),
            title=title,
            created_ms=self._wall_ms(),
            host_key_hash=key_hash(host_key),
            plan=plan,
        )
        return Created(record, host_key)

    async def store(self, created: Created) -> None:
        """Stores a draft; storing the same one again is harmless.

        Errors: `LogUnavailable`, with the outcome open: store the same draft again.
        """
        record = created.record
        try:
            await self._bucket.create(record.slug, _encode(record))
        except Conflict:
            entry = await self._bucket.get(record.slug)
            if entry is None:
                raise LogUnavailable("the room's record cannot be read yet") from None
            invariant(_record_of(entry) == record, "a room's slug was taken", slug=record.slug)
        self._keep(record)

    async def find(self, slug: str) -> RoomRecord | None:
        """The room at a slug, or None.

        Errors: `LogUnavailable` only for a room that is not cached; `RoomDamaged`.
        """
        if not is_id(slug):
            return None
        cached = self._cached.get(slug)
        if cached is not None:
            self._cached.move_to_end(slug)
            if self._now_ms() - cached[1] < FRESH_MS:
                return cached[0]
        try:
            entry = await self._bucket.get(slug)
        except LogUnavailable:
            if cached is None:
                raise
            self._keep(cached[0])
            return cached[0]
        if entry is None:
            self._cached.pop(slug, None)
            return None
        record = _record_of(entry)
        self._keep(record)
        return record

    async def check_gone(self, slug: str) -> None:
        """Returns when there is no such room, whatever one replica said. Errors: `LogUnavailable`.

        Caller: only for who proves to know a room, for it costs the store's leader an answer.
        """
        if is_id(slug):
            await self._bucket.check_gone(slug)

    def _keep(self, record: RoomRecord) -> None:
        self._cached[record.slug] = (record, self._now_ms())
        self._cached.move_to_end(record.slug)
        while len(self._cached) > ROOMS_CACHED_MAX:
            self._cached.popitem(last=False)


def _record_of(entry: BucketEntry) -> RoomRecord:
    try:
        return _decoder.decode(entry.value)
    except UNREADABLE as problem:
        raise RoomDamaged(f"the record of room {entry.key} cannot be read: {problem}") from None
