"""`folkmoot node`: remove or replace a machine that will not come back; renew certificates."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from folkmoot.errors import OperatorError

if TYPE_CHECKING:
    from folkmoot.servers.manager.directory import Listed
    from folkmoot.servers.manager.replacing import Replacement

STATUS_S: Final = 6.0
SILENT_S: Final = 10.0
"""So long who says that a machine is gone may be ahead of the zone, which takes a second."""

POLL_S: Final = 0.1
ALIVE: Final = ("alive", "draining")


def add_node(command: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """Adds the commands about one machine; returns their parsers."""
    actions = command.add_subparsers(title="actions", required=True, metavar="ACTION")
    remove = actions.add_parser("remove", help="forget a machine that will not come back")
    replace = actions.add_parser("replace", help="give its place to a machine that waits for it")
    for action in (remove, replace):
        action.add_argument("node", metavar="NODE", help="as `folkmoot status` shows it")
        action.add_argument(
            "--yes-it-is-gone",
            action="store_true",
            help="you know that it is off, and never comes back with its data folder",
        )
        action.add_argument(
            "--backup", type=Path, metavar="FILE", help="where to write it (DATA/backups/...)"
        )
    replace.add_argument("--by", default="", metavar="NODE", help="which one, when several wait")
    remove.set_defaults(run=lambda asked: _run(asked, fill=False))
    replace.set_defaults(run=lambda asked: _run(asked, fill=True))
    resume = actions.add_parser("resume", help="go on where removing or replacing ended")
    resume.set_defaults(run=_resume)
    renew = actions.add_parser("renew", help="renew this machine's certificate now")
    renew.set_defaults(run=_renew)
    return [remove, replace, resume, renew]


def _run(asked: argparse.Namespace, *, fill: bool) -> int:
    from folkmoot.cli.operator import run

    data = asked.data.resolve()
    check_silent(data, asked.node, sure=asked.yes_it_is_gone)
    by = asked.by if fill else ""
    planned = run(_planned(data, asked.node, by, fill=fill))
    if planned.others or planned.by:
        _back_up(data, asked.node, asked.backup)
    _perform(data, planned)
    return 0


def _resume(asked: argparse.Namespace) -> int:
    _perform(asked.data.resolve(), None)
    return 0


def _renew(asked: argparse.Namespace) -> int:
    from folkmoot.cli.operator import run
    from folkmoot.data_folder import load_node, tls_paths
    from folkmoot.servers.manager.renewal import renew

    data = asked.data.resolve()
    if not tls_paths(data).certificate.exists():
        raise OperatorError(f"{load_node(data).name} has no certificate: it is alone.")
    renew(data, run(_listed(data)))
    print("The certificate is renewed, and the engine here shows it from now on.")
    return 0


async def _listed(data: Path) -> Listed | None:
    from folkmoot.cli.operator import patiently, zone_engine
    from folkmoot.servers.manager import directory

    async with zone_engine(data) as engine:
        value = await patiently(lambda: directory.read(engine.bucket("zone")))
        return directory.listed_of(value) if value is not None else None


def check_silent(
    data: Path,
    name: str,
    *,
    sure: bool,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Errors: `OperatorError` when the machine lives, or nobody said that it is gone for good."""
    from folkmoot.servers.manager.control import ask

    give_up_s = clock() + (SILENT_S if sure else 0.0)
    while True:
        told = ask(data, "status", STATUS_S)
        state = next((node["state"] for node in told["nodes"] if node["name"] == name), "")
        if state not in ALIVE or clock() >= give_up_s:
            break
        sleep(POLL_S)
    if state in ALIVE:
        raise OperatorError(
            f"{name} is alive. Move its people away with `folkmoot drain {name}`, stop it there"
            " with `folkmoot down`, then run this."
        )
    if not sure:
        raise OperatorError(
            f"{name} is silent, but a machine that is only cut off may come back. When it is off"
            " and its data folder is never used again, add --yes-it-is-gone."
        )


async def _planned(data: Path, name: str, by: str, *, fill: bool) -> Replacement:
    from folkmoot.cli.operator import tell_waiting, zone_engine
    from folkmoot.data_folder import load_node
    from folkmoot.servers.manager import growth, replacing
    from folkmoot.servers.manager.succession import known_nodes

    for unfinished in (growth.unfinished, replacing.unfinished):
        if unfinished(data):
            raise OperatorError(
                "The zone is being changed already; `folkmoot grow` or `folkmoot node resume` goes"
                " on with that."
            )
    async with zone_engine(data) as engine:
        node = load_node(data)
        known = await known_nodes(data, engine, tell_waiting)
        planned = replacing.plan(node, known, name, by, fill=fill)
        await replacing.check(data, node, engine, planned, tell_waiting)
        return planned


def _back_up(data: Path, name: str, file: Path | None) -> None:
    from folkmoot.cli.backup import backup

    if file is None:
        folder = data / "backups"
        folder.mkdir(mode=0o700, exist_ok=True)
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        file = folder / f"before-{name}-{stamp}.backup"
    if backup(data, file):
        raise OperatorError(
            "A room is missing in the backup, so nothing was changed. Mend that room first"
            " (`folkmoot void`), then run this again."
        )


def _perform(data: Path, planned: Replacement | None) -> None:
    import asyncio

    from folkmoot.data_folder import load_node
    from folkmoot.servers.manager import replacing

    was_first = not load_node(data).joined
    asyncio.run(replacing.replace(data, _say, planned))
    if not was_first and not load_node(data).joined:
        # Its process manager lets others in from now on.
        _order_anew(data)


def _order_anew(data: Path) -> None:
    from folkmoot.servers.manager.control import ask

    order: dict[str, Any] = {"op": "restart", "id": "process-manager"}
    ask(data, "order", STATUS_S, order=order)


def _say(line: str) -> None:
    print(line, flush=True)
