"""Three hosts are upgraded from one wheel to another while 30 participants talk; see `drain`.

Each version is in an environment of its own. `--from` and `--to` name a wheel's file, a commit of
this repository, or `next`, a copy of the tree with a later version and a higher level. Without them
the tree's wheel is upgraded to `next`; with `--from` only, that one to the tree's.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.drain import kept, look
from bench.zone import WELL_S, Run, Tally, options, tell, zone_of
from folkmoot.testing.machines import Machines
from folkmoot.testing.versions import NEXT, make_python, version_of

AFTER_S: Final = 3.0
UPGRADE_S_MAX: Final = 600.0


def upgrade(zone: Machines, folder: Path, tally: Tally) -> None:
    """Every process of the zone is restarted, with the other version."""
    before = zone.versions()
    with Run(zone, folder) as run:
        began_s = run.people.mark("upgrade")
        zone.first.command("upgrade", within_s=UPGRADE_S_MAX, python=zone.next_python)
        time.sleep(AFTER_S)
        until_s = run.people.mark("upgraded")
        zone.upgraded()
        zone.wait_well(WELL_S)
        tally.judge(run.judge())
        told = look(run, tally, began_s, until_s)
    print(f"upgrade in {until_s - began_s:.0f} s: {told}", flush=True)
    found = set().union(*zone.versions().values())
    tally.judge({"every_process_upgraded": found == {version_of(zone.first.python)}})
    print(f"from {_words(before)} to {_words(zone.versions())}", flush=True)


def _words(versions: dict[str, set[str]]) -> str:
    return " and ".join(sorted(set().union(*versions.values())))


@contextmanager
def environments(before: str, after: str) -> Iterator[tuple[str, str]]:
    """The Pythons of both versions, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="folkmoot-versions-") as folder:
        yield (
            asyncio.run(make_python(Path(folder) / "before", before)),
            asyncio.run(make_python(Path(folder) / "after", after)),
        )


def main(words: list[str]) -> bool:
    parser = options("upgrade", __doc__, 1)
    parser.add_argument("--from", dest="before", default="", help="wheel, commit, or the tree")
    parser.add_argument("--to", dest="after", default="", help="wheel, commit, or `next`")
    asked = parser.parse_args(words)
    after = asked.after or ("" if asked.before else NEXT)
    tally = Tally()
    with (
        environments(asked.before, after) as pythons,
        zone_of(3, pythons=pythons) as zone,
        tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder,
    ):
        for _ in range(asked.times):
            # The second time back again: the zone's level was not raised.
            upgrade(zone, Path(folder), tally)
    extra = {"times": asked.times, "before": asked.before or "tree", "after": after or "tree"}
    whole = kept(tally) and bool(tally.judged["every_process_upgraded"])
    return tell("upgrade", tally, extra, kept=whole)
