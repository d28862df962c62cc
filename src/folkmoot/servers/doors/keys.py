"""The zone's signing key: made once, by whoever needs it first, and kept in memory."""

from __future__ import annotations

import secrets
from typing import Final

from folkmoot.conference.state import LEVEL
from folkmoot.errors import invariant
from folkmoot.ports import Bucket, Conflict, LogUnavailable
from folkmoot.servers.doors.tokens import KEY_BYTES
from folkmoot.servers.zone_level import create_level

SIGNING_KEY: Final = "signing-key.1"
"""Its name in the bucket `zone`; the number grows when the kind of signature changes."""


class ZoneKeys:
    """Reads the signing key from the bucket `zone`, or creates it."""

    def __init__(self, zone: Bucket) -> None:
        self._zone = zone
        self._signing: bytes | None = None

    @property
    def known(self) -> bytes | None:
        """The signing key, if it was read already."""
        return self._signing

    async def signing(self) -> bytes:
        """The signing key. Errors: `LogUnavailable` the first time, while the engine is away."""
        if self._signing is None:
            self._signing = await self._read_or_create()
        return self._signing

    async def _read_or_create(self) -> bytes:
        entry = await self._zone.get(SIGNING_KEY)
        if entry is not None:
            return _checked(entry.value)
        # Whoever makes the key makes the zone; what was made before there were levels has none. The
        # level comes first, so that nobody who sees the key opens a room below it.
        await self._zone.check_gone(SIGNING_KEY)
        await create_level(self._zone, LEVEL)
        fresh = secrets.token_bytes(KEY_BYTES)
        try:
            await self._zone.create(SIGNING_KEY, fresh)
        except Conflict:
            # Somebody was faster, or our own attempt before this one came through after all.
            entry = await self._zone.get(SIGNING_KEY)
            if entry is None:
                raise LogUnavailable("the signing key cannot be read yet") from None
            return _checked(entry.value)
        return fresh


def _checked(key: bytes) -> bytes:
    invariant(len(key) == KEY_BYTES, "the signing key is damaged", bytes=len(key))
    return key
