"""What people do with the applications that the judge has no model of: agenda, timer, stage, files.

The log decides what becomes of it, by the reference; what is held against the servers is that they
tell people the same, and that everybody ends with the same view.
"""

from __future__ import annotations

from typing import Any, Final

from folkmoot.simulation.world import World

APPLICATIONS: Final = ("agenda", "stage", "files", "slides", "breakouts", "editors")


def other_wish(world: World, view: Any, number: int) -> tuple[str, str, dict[str, Any]]:
    """App, type and body of something that a client could want now; not all of it can be had."""
    dice = world.between(0, 9)
    if dice <= 1:
        return "stage", "hide", {}
    if dice <= 3:
        kind, id_ = (("text", "pad"), ("rich", "notes"), ("board", "b"))[world.between(0, 2)]
        return "stage", "show", {"kind": kind, "id": id_}
    if dice == 4:
        return "files", "remove", {"file": f"none-{number}"}
    if dice == 5:
        return "slides", "turn", {"deck": f"none-{number}", "page": 1}
    return _agenda(world, view.agenda, number)


def _agenda(world: World, agenda: Any, number: int) -> tuple[str, str, dict[str, Any]]:
    items = [item["id"] for item in agenda["items"]]
    dice = world.between(0, 8)
    if dice == 0 or not items:
        return "agenda", "add", {"title": f"item {number}", "duration_ms": 1_000 * (number % 4)}
    item = items[world.between(0, len(items) - 1)]
    if dice == 1:
        return "agenda", "remove", {"item": item}
    if dice == 2:
        return "agenda", "move", {"item": item, "place": world.between(0, len(items))}
    if dice == 3:
        return "agenda", "edit", {"item": item, "title": f"item {number} anew"}
    if dice == 4:
        return "agenda", "go", {"item": item}
    if dice == 5:
        return "agenda", "next", {"item": item}
    if dice == 6:
        return "agenda", "start", {"duration_ms": world.between(1_000, 20_000), "label": "talk"}
    return "agenda", ("pause", "resume", "stop")[world.between(0, 2)], {}
