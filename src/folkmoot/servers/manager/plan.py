"""Which processes a node runs, and by which command line each is started."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from folkmoot.errors import OperatorError
from folkmoot.settings import Settings
from folkmoot.zone.supervisor import Spec

ENGINE_ID = "engine"


class Planned(msgspec.Struct, frozen=True):
    """One process; `listens` says that it inherits the listening socket."""

    spec: Spec
    argv: tuple[str, ...]
    listens: bool = False


class Plan(msgspec.Struct, frozen=True):
    """All processes; with `probe`, the zone is ready when `/readyz` answers through its port."""

    processes: tuple[Planned, ...]
    probe: bool = True


def default_plan(data: Path, settings: Settings, *, engine: tuple[str, ...] | None) -> Plan:
    """The processes of a node.

    Shape: `engine` is the embedded engine's command line, None when somebody else runs it.
    """
    processes = []
    if engine is not None:
        spec = Spec(ENGINE_ID, "engine", beats=False, after_engine=False)
        processes.append(Planned(spec, engine))
    for role, count in (
        ("front", settings.front_doors),
        ("web", 1),
        ("collaboration", settings.collaboration_servers),
        ("documents", 1),
        ("meeting-manager", 1),
    ):
        for number in range(1, count + 1):
            id = f"{role}-{number}"
            # Front doors hand on connections without the engine, so they need not wait for it.
            spec = Spec(id, role, after_engine=role != "front")
            processes.append(Planned(spec, serve_command(role, id, data), role == "front"))
    return Plan(tuple(processes))


def serve_command(role: str, id: str, data: Path) -> tuple[str, ...]:
    # -P: a file in the working directory must not take the place of a module.
    command = (sys.executable, "-P", "-m", "folkmoot.cli.serve")
    return (*command, role, "--id", id, "--data", str(data))


def load_plan(path: Path) -> Plan:
    """A plan from a JSON file, for tests and for those who embed the process manager."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Plan)
    except (OSError, msgspec.DecodeError) as error:
        raise OperatorError(f"The plan {path} cannot be read: {error}.") from None
