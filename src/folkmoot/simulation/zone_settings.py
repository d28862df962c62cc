"""Bounds of the simulated zone: as in production, but for what would make a world too long."""

from __future__ import annotations

from typing import Final

from folkmoot.settings import Settings
from folkmoot.zone.child import Bounds, Spec
from folkmoot.zone.restarts import Policy

SETTINGS: Final = Settings(
    heartbeat_interval_ms=400,
    order_after_failure_ms=4_000,
    order_after_load_ms=3_000,
    surplus_after_ms=4_000,
    collaboration_servers_max=4,
)
POLICY: Final = Policy(SETTINGS.restarts_max, SETTINGS.restarts_window_ms)
BOUNDS: Final = Bounds(watchdog_ms=SETTINGS.watchdog_timeout_ms)
SPECS: Final = (
    Spec("engine", "engine", beats=False, after_engine=False),
    Spec("web-1", "web", after_engine=True),
    Spec("collaboration-1", "collaboration", after_engine=False),
    Spec("collaboration-2", "collaboration", after_engine=False),
    Spec("meeting-manager-1", "meeting-manager", after_engine=False),
)
