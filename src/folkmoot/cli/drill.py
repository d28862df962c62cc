"""`folkmoot drill`: faults on purpose, in a room of synthetic people, with a report and a picture.

A drill says first what it will touch, and asks. Where real people are attached it refuses what they
could notice.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from folkmoot.drill.kinds import DEFAULT, KINDS
from folkmoot.errors import OperatorError

PARTICIPANTS_MAX: Final = 200
MINUTES_MAX: Final = 60.0
STATUS_S: Final = 20.0
LOOKS: Final = 5
LOOK_S: Final = 0.3
LOOKS_MAX: Final = 50
"""Who changes servers, or has lost one, is attached nowhere for a moment: one look could miss them.
What servers tell of themselves is up to half a second old."""

EXIT_FAILED: Final = 1


def drill(asked: argparse.Namespace) -> int:
    """Runs a drill; returns 0 when every promise was kept.

    Errors: `OperatorError` when it may not or cannot begin.
    """
    import asyncio

    from folkmoot.drill.figures import figures, text
    from folkmoot.drill.run import Drill, Wanted

    data: Path = asked.data.resolve()
    kinds = _kinds(asked.faults)
    _check_numbers(asked)
    picture = asked.picture or Path(time.strftime("folkmoot-drill-%Y%m%d-%H%M%S.html"))
    _check_writable(picture)
    zone = _Zone(data)
    rows, people = asyncio.run(_look(zone))
    kinds = _possible(kinds, rows)
    _permit(kinds, rows, people, asked)
    seed = asked.seed if asked.seed is not None else int(time.time()) % 100_000
    wanted = Wanted(kinds, asked.participants, asked.minutes, seed, alone=not asked.yes_really)

    def say(line: str) -> None:
        # Programs read standard output.
        print(line, file=sys.stderr if asked.json else sys.stdout, flush=True)

    say(f"Drill with seed {seed}: {', '.join(kinds)}")
    outcome = asyncio.run(Drill(zone, wanted, say).run())
    engines = sum(row["role"] == "engine" for row in rows)
    told = figures(outcome, engines=engines)
    _write(picture, outcome, told, kinds)
    if asked.history:
        _write_history(asked.history, outcome)
    if asked.json:
        import msgspec

        about = {"seed": seed, "participants": asked.participants, "picture": str(picture)}
        print(json.dumps({**about, **msgspec.to_builtins(told)}, indent=2))
    else:
        print()
        print(text(told))
        print(f"The picture: {picture}")
    return 0 if told.passed else EXIT_FAILED


def _kinds(told: str) -> tuple[str, ...]:
    kinds = tuple(dict.fromkeys(word.strip() for word in told.split(",") if word.strip()))
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        known = "\n".join(f"  {kind:<11} {about.says}" for kind, about in KINDS.items())
        raise OperatorError(
            f"There is no fault {', '.join(unknown) or 'named'}; these there are:\n{known}"
        )
    return kinds


def _check_numbers(asked: argparse.Namespace) -> None:
    if not 2 <= asked.participants <= PARTICIPANTS_MAX:
        raise OperatorError(f"A drill has 2 to {PARTICIPANTS_MAX} participants.")
    if not 0 < asked.minutes <= MINUTES_MAX:
        raise OperatorError(f"A drill takes up to {MINUTES_MAX:g} minutes.")


def _check_writable(path: Path) -> None:
    """Before people come and processes die for nothing; leaves nothing behind."""
    there = path.exists()
    try:
        with path.open("ab"):
            pass
        if not there:
            path.unlink()
    except OSError as error:
        raise OperatorError(
            f"The picture cannot be written to {path} ({error.strerror}); name another place with"
            " --picture FILE."
        ) from None


def _possible(kinds: tuple[str, ...], rows: list[dict[str, Any]]) -> tuple[str, ...]:
    from folkmoot.drill.targets import cannot

    found = []
    for kind in kinds:
        why = cannot(kind, rows)
        if why:
            print(f"Left out: {kind}; {why}.", file=sys.stderr)
        else:
            found.append(kind)
    if not found:
        raise OperatorError("None of the faults makes sense on this zone.")
    return tuple(found)


async def _look(zone: _Zone) -> tuple[list[dict[str, Any]], int]:
    """What runs, and the most people that were attached in several looks.

    Errors: `OperatorError` when a server does not say whom it serves: no word is not nobody.
    """
    import asyncio

    from folkmoot.drill.targets import people_elsewhere, unheard

    most, silent = 0, []
    for look in range(LOOKS_MAX):
        rows = await zone.rows()
        most, silent = max(most, people_elsewhere(rows)), unheard(rows)
        if look + 1 >= LOOKS and not silent:
            return rows, most
        await asyncio.sleep(LOOK_S)
    raise OperatorError(
        f"{', '.join(silent)} did not tell whom it serves; see `folkmoot status`. Nothing was"
        " touched."
    )


def _permit(
    kinds: tuple[str, ...], rows: list[dict[str, Any]], people: int, asked: argparse.Namespace
) -> None:
    """Errors: `OperatorError` when real people would be hurt, or the answer is no."""
    shared = [kind for kind in kinds if KINDS[kind].shared]
    if not shared or asked.yes_really:
        return
    if people:
        raise OperatorError(
            f"{people} client{'s are' if people > 1 else ' is'} attached to this zone, and would"
            f" notice: {'; '.join(KINDS[kind].says for kind in shared)}. Wait until nobody is"
            " there, run `folkmoot drill --faults connection`, which touches the drill's own"
            " connections only, or say --yes-really."
        )
    if asked.yes:
        return
    nodes = sorted({str(row["node"]) for row in rows})
    print(f"Nobody is attached to this zone. On {', '.join(nodes)} the drill will:")
    for kind in shared:
        print(f"  - {KINDS[kind].says}")
    if not sys.stdin.isatty():
        raise OperatorError("Say --yes where nobody can be asked.")
    if input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        raise OperatorError("Nothing was touched.")


def _write(picture: Path, outcome: Any, told: Any, kinds: tuple[str, ...]) -> None:
    from folkmoot.drill.timeline import page

    when = time.strftime("%Y-%m-%d %H:%M")
    try:
        picture.write_text(page(outcome, told, f"Folkmoot drill, {when}: {', '.join(kinds)}"))
    except OSError as error:
        print(f"The picture could not be written: {error}", file=sys.stderr)


def _write_history(path: Path, outcome: Any) -> None:
    from folkmoot.drill.history import write

    try:
        with path.open("wb") as file:
            for line in outcome.lines:
                write(file, line)
    except OSError as error:
        print(f"The history could not be written: {error}", file=sys.stderr)


class _Zone:
    """`run.Access` by the data folder of one of the zone's nodes."""

    def __init__(self, data: Path) -> None:
        import ssl

        from folkmoot.data_folder import load_node

        self._data = data
        self.url = load_node(data).own_url
        # We ask our own node: its certificate need not name the address that it listens on.
        self.encryption = (
            ssl._create_unverified_context() if self.url.startswith("https:") else None
        )

    async def rows(self) -> list[dict[str, Any]]:
        import asyncio

        return await asyncio.to_thread(self._rows)

    def _rows(self) -> list[dict[str, Any]]:
        """All processes; each node tells its own, which knows of doors and engines, too."""
        from folkmoot.cli.drain import own_node
        from folkmoot.cli.orders import rows_of
        from folkmoot.servers.manager.control import ask

        status = ask(self._data, "status", STATUS_S)
        own = own_node(status)
        rows: list[dict[str, Any]] = status["processes"]
        found = [row for row in rows if row["node"] == own]
        for node in sorted({str(row["node"]) for row in rows} - {own}):
            try:
                found += rows_of(self._data, node)
            except OperatorError:
                # Nobody there answers: what others have heard of it must do.
                found += [{**row, "state": "silent"} for row in rows if row["node"] == node]
        return found

    async def order(self, node: str, op: str, **fields: object) -> None:
        import asyncio

        from folkmoot.cli.orders import order

        given: dict[str, Any] = dict(fields)
        await asyncio.to_thread(lambda: order(self._data, node, op, **given))


def add_drill(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--faults",
        default=",".join(DEFAULT),
        metavar="LIST",
        help=f"of {', '.join(KINDS)} (default: %(default)s)",
    )
    parser.add_argument(
        "--participants", type=int, default=20, metavar="N", help="synthetic people (20)"
    )
    parser.add_argument("--minutes", type=float, default=2.0, metavar="M", help="how long (2)")
    parser.add_argument("--seed", type=int, help="draw the same faults again")
    parser.add_argument("--json", action="store_true", help="print the report for programs")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="where to write it (HTML)")
    parser.add_argument(
        "--history", type=Path, metavar="FILE", help="keep all that people saw (JSON lines)"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask when nobody is attached")
    parser.add_argument(
        "--yes-really", action="store_true", help="even when real people will notice"
    )
    parser.set_defaults(run=drill)
