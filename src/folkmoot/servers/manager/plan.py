"""Which processes a node runs, and by which command line each is started."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from folkmoot.errors import OperatorError
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.settings import Settings
from folkmoot.zone.child import Child, Spec

ENGINE_ID: Final = "engine"
ESSENTIAL_ROLES: Final = ("engine", "front", "web", "collaboration", "proxy")
"""Of each of these that is planned, one must be ready before people can meet."""


class Planned(msgspec.Struct, frozen=True):
    """One process; `listens` says that it inherits the listening socket."""

    spec: Spec
    argv: tuple[str, ...]
    listens: bool = False


class Plan(msgspec.Struct, frozen=True):
    """All processes; with `probe`, the zone is ready when `/readyz` answers through its port."""

    processes: tuple[Planned, ...]
    probe: bool = True


def default_plan(
    data: Path,
    settings: Settings,
    *,
    engine: tuple[str, ...] | None,
    roles: Sequence[str] = (),
    proxy: bool = False,
) -> Plan:
    """The processes of a node.

    Shape: `engine` is the embedded engine's command line, None when somebody else runs it. With
    `roles`, only those run here.
    """
    processes = []
    if engine is not None:
        spec = Spec(ENGINE_ID, "engine", beats=False, after_engine=False)
        processes.append(Planned(spec, engine))
    for role, count in (
        ("proxy", int(proxy)),
        ("front", settings.front_doors),
        ("web", 1),
        ("collaboration", settings.collaboration_servers),
        ("documents", 1),
        ("export", 1),
        ("meeting-manager", 1),
    ):
        # The proxy belongs to the front doors.
        if roles and (role if role != "proxy" else "front") not in roles:
            continue
        for number in range(1, count + 1):
            id = f"{role}-{number}"
            # All start at once: each waits for the engine itself where it needs it, so that most
            # of loading is done when the engine is ready.
            spec = Spec(id, role, after_engine=False)
            processes.append(Planned(spec, serve_command(role, id, data), role == "front"))
    running = {planned.spec.role for planned in processes}
    return Plan(tuple(processes), probe={"front", "web"} <= running)


def is_open(children: Iterable[Child], *, patient: bool) -> bool:
    """Whether people can meet; while `patient`, only when nothing is missing at all."""
    children = list(children)
    if all(child.phase == "ready" for child in children):
        return True
    planned = {child.spec.role for child in children}
    ready = {child.spec.role for child in children if child.phase == "ready"}
    needed = [role for role in ESSENTIAL_ROLES if role in planned]
    return not patient and bool(needed) and all(role in ready for role in needed)


def serve_command(role: str, id: str, data: Path) -> tuple[str, ...]:
    # -P: a file in the working directory must not take the place of a module.
    command = (sys.executable, "-P", "-m", "folkmoot.cli.serve")
    return (*command, role, "--id", id, "--data", str(data))


def load_plan(path: Path) -> Plan:
    """A plan from a JSON file, for tests and for those who embed the process manager."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Plan)
    except (OSError, *UNREADABLE) as error:
        raise OperatorError(f"The plan {path} cannot be read: {error}.") from None
