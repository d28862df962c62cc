"""Which admin tokens count: those that have a line in the bucket `zone`."""

from __future__ import annotations

from typing import Final

import msgspec

from folkmoot.ports import Bucket
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.doors.tickets import AdminToken

PREFIX: Final = "admin."


class Admins:
    """Caller: `note` for each token that is made. Every call may raise `LogUnavailable`."""

    def __init__(self, zone: Bucket) -> None:
        self._zone = zone

    async def note(self, token: AdminToken, now_ms: int) -> None:
        """Lets the token count; forgets those that have expired."""
        for old in await self.listed():
            if old.expires_ms < now_ms:
                await self._zone.delete(PREFIX + old.id)
        await self._zone.put(PREFIX + token.id, msgspec.msgpack.encode(token))

    async def counts(self, id: str) -> bool:
        return await self._zone.get(PREFIX + id) is not None

    async def revoke(self, id: str) -> bool:
        """Whether there was such a token."""
        there = id.isalnum() and await self.counts(id)
        if there:
            await self._zone.delete(PREFIX + id)
        return there

    async def listed(self) -> list[AdminToken]:
        """Those that count, the first to expire first."""
        found = []
        for key in await self._zone.keys(PREFIX):
            entry = await self._zone.get(key)
            if entry is None:
                continue
            try:
                found.append(msgspec.msgpack.decode(entry.value, type=AdminToken))
            except UNREADABLE:
                continue
        return sorted(found, key=lambda token: (token.expires_ms, token.id))
