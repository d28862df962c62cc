"""`folkmoot void`: opens a room again that an operation closed by stopping its servers.

Only a position that stopped servers can be made void: what some replica applied can never be taken
back, for the others would go on from another state.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from folkmoot.cli.operator import patiently, run, zone_engine
from folkmoot.conference.batch import FORMAT, Batch, VoidEntry, encode_batch
from folkmoot.engine import Engine
from folkmoot.errors import OperatorError
from folkmoot.servers.store import clear_fence, counted_fences


def void(data: Path, conference: str, sequence: int) -> int:
    """Makes the operation at `sequence` void. Errors: `OperatorError`."""
    run(_void(data, conference, sequence))
    print(
        f"The operation at {sequence} is void; everybody can enter the room again, and all else is"
        " kept."
    )
    return 0


async def _void(data: Path, conference: str, sequence: int) -> None:
    async with zone_engine(data) as engine:
        await make_void(engine, conference, sequence)


async def make_void(engine: Engine, conference: str, sequence: int) -> None:
    """Publishes the void and then forgets the fence; doing it twice is harmless.

    Errors: `OperatorError`, `LogUnavailable`, `LogFull`.
    """
    if not conference.replace("-", "").replace("_", "").isalnum() or not conference.isascii():
        raise OperatorError(
            f"{conference!r} is no conference; the logs name it, see `folkmoot logs`."
        )
    fences = await patiently(lambda: counted_fences(engine, conference))
    if sequence not in fences:
        known = ", ".join(map(str, sorted(fences))) or "none"
        raise OperatorError(
            f"No server was stopped by an operation at {sequence} of {conference}"
            f" (positions that stopped one: {known}). Only such an operation can be made void."
        )
    page = await patiently(lambda: engine.log.read(conference, sequence, 1))
    if not page.messages or page.messages[0].sequence != sequence:
        raise OperatorError(f"The log of {conference} holds nothing at {sequence} any more.")
    # Its base is the position itself: whoever applies this has passed over it.
    batch = Batch(
        FORMAT,
        engine.log.epoch(conference),
        f"operator.{secrets.token_hex(4)}",
        1,
        sequence,
        [VoidEntry(sequence)],
    )
    # One that is there twice is one: what was passed over is passed over again.
    await patiently(lambda: engine.log.publish(conference, encode_batch(batch)))
    await patiently(lambda: clear_fence(engine, conference, sequence))
