"""Watches this node's engine: whether it is well, and what its store and its disk have left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from folkmoot.pulse import pulse
from folkmoot.servers.manager.engine_child import EmbeddedEngine, StreamsLost
from folkmoot.servers.manager.plan import ENGINE_ID
from folkmoot.zone.effects import Effect
from folkmoot.zone.load import Load
from folkmoot.zone.supervisor import Supervisor

HEALTH_INTERVAL_S: Final = 0.5
HEALTH_STARTING_INTERVAL_S: Final = 0.02
STORE_INTERVAL_S: Final = 2.0
"""How often the engine is asked for the room that is left."""


class EngineWatch:
    """Tells the supervisor of the engine's health, and the zone of its store.

    Caller: `run` until it is cancelled; `perform` is given what the supervisor decides.
    """

    def __init__(
        self,
        engine: EmbeddedEngine,
        supervisor: Supervisor,
        load: Load,
        perform: Callable[[Sequence[Effect]], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._supervisor = supervisor
        self._load = load
        self._perform = perform
        self._now_ms = now_ms

    async def run(self) -> None:
        engine, child = self._engine, self._supervisor.children[ENGINE_ID]
        store_at_ms = 0
        while True:
            interval_s = HEALTH_INTERVAL_S
            if child.phase in ("starting", "ready"):
                starting = child.phase == "starting"
                interval_s = HEALTH_STARTING_INTERVAL_S if starting else HEALTH_INTERVAL_S
                pid = child.pid
                told = await self._health()
                # An answer about a predecessor says nothing about the one that runs now.
                if pid == child.pid:
                    self._perform(told(self._now_ms(), ENGINE_ID))
                if child.phase == "ready" and self._now_ms() >= store_at_ms:
                    self._load.store_free_bytes = await engine.store_free_bytes()
                    store_at_ms = self._now_ms() + round(STORE_INTERVAL_S * 1000)
            self._load.engine_runs = child.phase == "ready"
            self._load.disk_errors = engine.disk_errors.look()
            await pulse(interval_s)

    async def _health(self) -> Callable[[int, str], list[Effect]]:
        """What the supervisor is to be told of the engine."""
        try:
            healthy, detail, answered = await self._engine.health()
        except StreamsLost as error:
            return partial(self._supervisor.give_up, detail=str(error))
        return partial(self._supervisor.health, healthy=healthy, detail=detail, answered=answered)
