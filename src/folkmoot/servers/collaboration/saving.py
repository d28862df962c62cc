"""Saving: a snapshot of a conference's state into the engine's store."""

from __future__ import annotations

import asyncio

from folkmoot.conference.snapshot import DIGESTS, SnapshotPointer, seal_snapshot
from folkmoot.engine import Engine
from folkmoot.servers.collaboration.effects import SaveSnapshot
from folkmoot.servers.store import add_pointer


async def save_snapshot(engine: Engine, conference: str, epoch: str, effect: SaveSnapshot) -> None:
    """Seals and stores the state beside the loop, then points to it. Errors: `LogUnavailable`."""
    loop = asyncio.get_running_loop()
    data = await loop.run_in_executor(None, seal_snapshot, effect.packed)
    name = f"snapshots/{conference}/{epoch}/{effect.sequence}"
    sha256 = await engine.objects.put(name, data)
    pointer = SnapshotPointer(
        epoch,
        effect.sequence,
        effect.digest.hex(),
        name,
        sha256,
        effect.operations,
        effect.time_ms,
        digests=DIGESTS,
    )
    await add_pointer(engine, conference, pointer)
