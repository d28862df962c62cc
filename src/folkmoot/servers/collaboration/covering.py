"""Covering: what a client missed before this server had the conference, read from the log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from folkmoot.conference.application import Applications
from folkmoot.conference.applied import Applied
from folkmoot.conference.replica import Fenced
from folkmoot.engine import Engine
from folkmoot.ports import LogUnavailable
from folkmoot.servers.collaboration.delivery import Backlog, Delivery
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.missed import read_missed

log = logging.getLogger(__name__)


def extend_backlog(host: ConferenceHost, start: int, applied: Iterable[Applied]) -> None:
    """Puts what happened after `start` before what the backlog has; bounds hold."""
    settings, newer = host.settings, host.backlog
    backlog = Backlog(start, settings.backlog_batches_max, settings.backlog_bytes_max)
    for batch in applied:
        if batch.events:
            backlog.add(Delivery(batch))
    for delivery in newer.since(newer.floor) or ():
        backlog.add(delivery)
    host.backlog = backlog


class Cover:
    """Reads further back for those who come from another server, one read at a time."""

    def __init__(self, engine: Engine, applications: Applications) -> None:
        self._engine = engine
        self._applications = applications
        self._reading = asyncio.Lock()
        self._uncovered = 0

    async def reach(self, host: ConferenceHost, sequence: int) -> None:
        """Makes the backlog begin at `sequence`, where that can still be told.

        The room may have been opened after the client lost its server, from a newer snapshot.
        """
        async with self._reading:
            floor = host.backlog.floor
            if not self._uncovered < sequence < floor:
                return
            try:
                told = await read_missed(
                    self._engine, host.conference, self._applications, sequence, floor
                )
            except (Fenced, LogUnavailable) as error:
                log.warning("what a client missed cannot be told: %s", error)
                return
            if told is not None and host.backlog.floor == floor:
                start, applied = told
                extend_backlog(host, start, applied)
            if sequence < host.backlog.floor:
                self._uncovered = sequence
