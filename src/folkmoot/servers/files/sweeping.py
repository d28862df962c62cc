"""Sweeps uploads: nobody goes on with them, nobody asked for what became of them.

Every server that examines sweeps, and doing it twice is harmless. Also asks for what is complete
once more, for who asked may have died.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from folkmoot.ports import Damaged, LogUnavailable, Objects
from folkmoot.servers.applications.work import Work
from folkmoot.servers.files.records import COMPLETE, RECEIVING, UploadRecord, Uploads

log = logging.getLogger(__name__)

ENDED_KEPT_MS: Final = 600_000
"""So long the outcome of an upload can be asked for."""


async def sweep(
    objects: Objects,
    uploads: Uploads,
    ask: Callable[[Work], None],
    now_ms: int,
    idle_ms: int,
) -> None:
    """Goes through all records once. Errors: `LogUnavailable`."""
    for record in await uploads.of(""):
        if record.phase == COMPLETE:
            ask(Work(record.conference, record.upload))
        elif record.phase == RECEIVING:
            if await _idle_ms(objects, record, now_ms) >= idle_ms:
                # The bytes first: a record without them is found again, bytes without one are not.
                await objects.drop(record.upload)
                await uploads.forget(record)
                log.info("upload %s of %s was broken off", record.upload, record.conference)
        elif now_ms - record.ended_ms >= ENDED_KEPT_MS:
            await uploads.forget(record)


async def _idle_ms(objects: Objects, record: UploadRecord, now_ms: int) -> int:
    """For how long nothing came."""
    if now_ms <= record.created_ms:
        return 0
    try:
        last_ms = (await objects.resume(record.upload)).time_ms
    except Damaged:
        last_ms = 0
    return now_ms - max(record.created_ms, last_ms)


async def sweep_on(
    objects: Objects,
    uploads: Uploads,
    ask: Callable[[Work], None],
    now_ms: Callable[[], int],
    idle_ms: int,
) -> None:
    """Sweeps for ever, often enough for the time after which an upload counts as broken off."""
    every_s = min(30.0, max(1.0, idle_ms / 4_000))
    while True:
        await asyncio.sleep(every_s)
        try:
            await sweep(objects, uploads, ask, now_ms(), idle_ms)
        except LogUnavailable as error:
            log.warning("uploads could not be swept: %s", error)
