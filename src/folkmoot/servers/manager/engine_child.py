"""The engine as the process manager sees it: how to start it, ask for its health, prepare it.

`prepare` and the zone's events use a connection of their own, which may come and go: nothing here
is waited for by supervision.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from folkmoot.data_folder import Node
from folkmoot.engine import embedded
from folkmoot.engine.configuration import user_of_role
from folkmoot.errors import FolkmootError
from folkmoot.ports import LogUnavailable
from folkmoot.settings import Settings
from folkmoot.zone.manager import Identity, Load, ZoneEvent, ZoneManager

HEALTH_TIMEOUT_S: Final = 1.0
PREPARE_AGAIN_S: Final = 0.5
PREPARE_AGAIN_MAX_S: Final = 5.0
EVENTS_WAITING_MAX: Final = 256

log = logging.getLogger("folkmoot.manager")


class EmbeddedEngine:
    """The engine that ships with us, on this node's data folder."""

    def __init__(self, data: Path, node: Node) -> None:
        self._folder = data / "engine"
        self._node = node

    def command_line(self) -> tuple[str, ...]:
        return tuple(embedded.command_line(self._folder))

    def configure(self) -> None:
        """Writes its configuration, anew at each start, for the free space may be another."""
        embedded.write_configuration(
            self._folder,
            name=self._node.name,
            port=self._node.engine_port,
            monitor_port=self._node.monitor_port,
            credentials=dict(self._node.engine_credentials),
        )

    def lock(self) -> int:
        """The descriptor that the engine inherits. Errors: OperatorError when one runs already."""
        return embedded.engine_lock(self._folder / embedded.LOCK_FILE)

    async def health(self) -> tuple[bool, str, bool]:
        """Whether it is well, its words, and whether it answered at all."""
        began_s = time.monotonic()
        health = await embedded.check_health(self._node.monitor_port, HEALTH_TIMEOUT_S)
        answered = time.monotonic() - began_s < HEALTH_TIMEOUT_S
        return health.healthy, health.reason, answered


class ZoneSeat:
    """The process manager's place in the zone, taken as soon as there is an engine.

    Caller: `take` runs as a task for the whole life; `tell` may be called at any time.
    """

    def __init__(
        self, data: Path, node: Node, settings: Settings, identity: Identity, load: Load
    ) -> None:
        self._data = data
        self._node = node
        self._settings = settings
        self._identity = identity
        self._load = load
        self._events: asyncio.Queue[ZoneEvent] = asyncio.Queue(EVENTS_WAITING_MAX)
        self.zone: ZoneManager | None = None
        self.problem = ""

    def tell(self, event: ZoneEvent) -> None:
        """Tells the zone soon; drops the event when the engine has been away for long."""
        if not self._events.full():
            self._events.put_nowait(event)

    async def take(self, on_prepared: Callable[[], None]) -> None:
        """Connects, prepares the engine (again and again until it succeeds), then tells events."""
        # Here and not above: the client library takes longest to load, the engine starts meanwhile.
        from folkmoot.engine.connection import connect

        user = user_of_role("process-manager")
        engine = await connect(
            self._node.engine_url,
            name=f"{self._node.name} {self._identity.id}",
            settings=self._settings,
            user=user if self._node.engine_credentials else "",
            password=self._node.engine_credentials.get(user, ""),
        )
        self.zone = ZoneManager(engine, self._identity, self._load, self._settings)
        try:
            await self.zone.start()
            wait_s = PREPARE_AGAIN_S
            while True:
                try:
                    await engine.prepare(self._data / "engine" / embedded.KNOWN_FILE)
                    break
                except (FolkmootError, LogUnavailable, OSError) as error:
                    self.problem = str(error) or type(error).__name__
                    log.error("the engine could not be prepared: %s", self.problem)
                await asyncio.sleep(wait_s)
                wait_s = min(PREPARE_AGAIN_MAX_S, 2 * wait_s)
            self.problem = ""
            on_prepared()
            while True:
                await self.zone.tell(await self._events.get())
        finally:
            await self.zone.close()
            await engine.close()
