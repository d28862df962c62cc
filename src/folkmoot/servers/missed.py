"""What a client missed, for a server that did not see it itself.

The log is replayed from a snapshot that lies before the client's place. So a client goes on where
it was on any server, also on one that has just opened the room and whose own replica began with a
newer snapshot.
"""

from __future__ import annotations

import asyncio
from typing import Final

from folkmoot.conference.application import Applications
from folkmoot.conference.applied import Applied
from folkmoot.servers.replicas import (
    APPLY_AT_ONCE,
    PAGE_MESSAGES,
    LoadFrom,
    begins_at,
    replica_before,
)

REPLAYED_MAX: Final = 10_000
"""Batches; replaying so many takes about a second. Who missed more is given the whole state."""


async def read_missed(
    engine: LoadFrom, conference: str, applications: Applications, after: int, through: int
) -> tuple[int, list[Applied]] | None:
    """What the batches through `through` did, from a place at or before `after`, and that place.

    Shape: None when the log does not tell any more, or it is too much.
    Errors: `Fenced`, `LogUnavailable`.
    """
    replica = await replica_before(engine, conference, applications, after)
    start = replica.sequence
    applied: list[Applied] = []
    while replica.sequence < through:
        first = replica.sequence + 1 if applied else max(start, 1)
        page = await engine.log.read(conference, first, PAGE_MESSAGES)
        messages = [message for message in page.messages if message.sequence <= through]
        if not messages or (not applied and not begins_at(messages[0], start)):
            return None
        for at in range(0, len(messages), APPLY_AT_ONCE):
            applied += replica.receive_page(messages[at : at + APPLY_AT_ONCE])
            await asyncio.sleep(0)
        if len(applied) > REPLAYED_MAX:
            return None
    return start, applied
