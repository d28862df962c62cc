"""Reads what comes in parts: compactions, versions, segments of points."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from folkmoot.client.conference import Conference

PARTS_AT_ONCE: Final = 4
"""Asked for at a time; a server's send queue for one client holds many more."""


async def read_parts(conference: Conference, wanted: dict[str, Any], total: int) -> bytes:
    """All parts; `total` is 0 where the first one is to tell it."""
    first = await conference.get("document_part", wanted | {"from": 0})
    size, total = len(first["bytes"]), first["total"]
    parts = [first["bytes"]]
    starts = list(range(size, total, size)) if size else []
    for at in range(0, len(starts), PARTS_AT_ONCE):
        asked = [
            conference.get("document_part", wanted | {"from": start})
            for start in starts[at : at + PARTS_AT_ONCE]
        ]
        parts += [answer["bytes"] for answer in await asyncio.gather(*asked)]
    return b"".join(parts)
