"""Rooms that nobody uses are closed, and no others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from folkmoot.servers.collaboration.room import now_ms
from folkmoot.servers.collaboration.server import CollaborationServer
from folkmoot.settings import Settings


async def test_a_room_is_not_closed_on_who_came_since_its_last_tick() -> None:
    """An editor came into a room that had rested for long, and was in a room that heard nothing."""
    closed: list[str] = []

    def room(name: str, *, used: bool, idle_ms: int) -> Any:
        async def close() -> None:
            closed.append(name)

        since_ms = now_ms() - idle_ms
        return SimpleNamespace(fenced=None, used=used, idle_since_ms=since_ms, close=close)

    settings = Settings()
    long_ms = settings.replica_idle_ms + 60_000
    rooms = {
        "left": room("left", used=False, idle_ms=long_ms),
        "entered": room("entered", used=True, idle_ms=long_ms),
        "just left": room("just left", used=False, idle_ms=0),
    }
    server: Any = SimpleNamespace(settings=settings, rooms=rooms)
    await CollaborationServer._close_idle(server)
    assert closed == ["left"]
    assert list(rooms) == ["entered", "just left"]
