"""The zone's level: what its conferences may be raised to (docs/levels.md).

It stands in the bucket `zone`. A zone begins at the level of the version that makes it; afterwards
only an operator's command raises it. One without the entry was made before there were levels.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from folkmoot.conference.state import LEVEL_FIRST
from folkmoot.ports import Bucket, Conflict, LogUnavailable
from folkmoot.pulse import pulse

KEY: Final = "level"
DIGITS_MAX: Final = 6
LOOK_EVERY_S: Final = 1.0

log = logging.getLogger(__name__)


async def read_level(zone: Bucket) -> tuple[int, int]:
    """The zone's level and the revision of its entry (0: none). Errors: `LogUnavailable`."""
    entry = await zone.get(KEY)
    if entry is None:
        return LEVEL_FIRST, 0
    text = entry.value.decode("ascii", "replace")
    if not text.isdecimal() or len(text) > DIGITS_MAX:
        log.error("alarm: the zone's level is damaged: %.20r", entry.value)
        return LEVEL_FIRST, entry.revision
    return int(text), entry.revision


async def create_level(zone: Bucket, level: int) -> None:
    """Notes the level of a zone that was just made. Errors: `LogUnavailable`."""
    try:
        await zone.create(KEY, str(level).encode())
    except Conflict:
        log.info("somebody else has noted the zone's level")


async def raise_level(zone: Bucket, level: int) -> int:
    """Raises the zone's level, never lowers it; returns what it was.

    Errors: `LogUnavailable`; `Conflict` when somebody else raised it in the same moment.
    """
    before, revision = await read_level(zone)
    if before < level:
        value = str(level).encode()
        if revision:
            await zone.update(KEY, value, revision)
        else:
            await zone.create(KEY, value)
    return before


class ZoneLevel:
    """What a server knows of the zone's level.

    Caller: `look` before the first conference is opened, then `run` as a task. `told` is called
    with the level when it has risen.
    """

    def __init__(self, zone: Bucket, told: Callable[[int], None]) -> None:
        self._zone = zone
        self._told = told
        self.value = LEVEL_FIRST

    async def look(self) -> None:
        """Errors: `LogUnavailable`."""
        level, _ = await read_level(self._zone)
        if level > self.value:  # a stale read tells an older one
            self.value = level
            self._told(level)

    async def run(self) -> None:
        while True:
            await pulse(LOOK_EVERY_S)
            try:
                await self.look()
            except LogUnavailable:
                continue
