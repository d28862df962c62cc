"""Whether any one machine may die without anything being lost or stopped, and what lacks. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

ENGINE_NODES_NEEDED: Final = 3
COPIES_NEEDED: Final = 3
PEOPLE_NODES_NEEDED: Final = 2
RUNNING: Final = ("ready", "running", "unhealthy")


class Stream(msgspec.Struct):
    """How a stream is kept, as `engine.log.Replication` tells it."""

    name: str
    copies: int
    current: int
    leader: str = ""
    engines: list[str] = []


def _serves_people(node: Mapping[str, Any]) -> bool:
    """Whether somebody could come in there: a machine with an engine only is no help to them."""
    ready = {p["role"] for p in node["processes"] if p["state"] in RUNNING}
    return node["state"] == "alive" and {"web", "collaboration"} <= ready


def availability(
    nodes: Sequence[Mapping[str, Any]], streams: Sequence[Stream] | None
) -> dict[str, Any]:
    """What the status says of it: `high`, else what is `missing`.

    Shape: each of the nodes has `name`, `state`, `engine` (whether one runs there) and the rows of
    its `processes`; `streams` is None while the engine is away.
    """
    engines = sum(1 for node in nodes if node["engine"] and node["state"] == "alive")
    missing = []
    if streams is None:
        missing.append("engine_away")
    if engines < ENGINE_NODES_NEEDED:
        missing.append("engine_nodes")
    copies = min((stream.copies for stream in streams or []), default=0)
    if streams is not None and copies < COPIES_NEEDED:
        missing.append("copies")
    if any(stream.current < stream.copies for stream in streams or []):
        missing.append("copies_behind")
    people = sum(map(_serves_people, nodes))
    if people < PEOPLE_NODES_NEEDED:
        missing.append("people_nodes")
    return {
        "people_nodes": people,
        "unheard": [node["name"] for node in nodes if node["state"] in ("silent", "gone")],
        "high": not missing,
        "engine_nodes": engines,
        "engine_nodes_needed": ENGINE_NODES_NEEDED,
        "copies": copies,
        "missing": missing,
    }
