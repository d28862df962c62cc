"""Participants of a room, each on a server of the measurement's choice."""

from __future__ import annotations

from typing import Any, Final

from folkmoot.client.conference import Conference, join
from folkmoot.testing.zone import Zone

SETTINGS: Final = {
    "operations_per_s": 100_000,
    "operations_burst": 100_000,
    "joins_per_minute_per_address": 100_000,
    "rooms_per_minute_per_address": 100_000,
}
"""Rates that a measurement raises: many participants, one machine."""


async def enter(zone: Zone, room: dict[str, Any], name: str, server: int = 0) -> Conference:
    """Joins a room, attached to `collaboration-<server>` (0: wherever the zone says)."""
    ticket, paths = await join(zone.url, room["slug"], name)
    first = f"/s/collaboration-{server}"
    if server:
        paths = [first, *(path for path in paths if path != first)]
    conference = Conference(zone.url, ticket, paths)
    await conference.wait_attached()
    return conference
