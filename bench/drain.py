"""Each host in turn is drained while 30 participants talk.

People are to notice nothing: they see each other all the time, saving has no pause, and nobody's
connection is lost before the next is there. `upgrade` is measured in the same way.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.zone import WELL_S, Run, Sights, Tally, options, percentile, tell, zone_of
from folkmoot.drill.history import Line
from folkmoot.testing.machines import Machines

AFTER_S: Final = 3.0
LIVE_MS_MAX: Final = 100
CONFIRMED_MS_MAX: Final = 1_000


def absences_ms(lines: list[Line], since_s: float, until_s: float) -> list[float]:
    """From each loss of a connection until the person was attached again."""
    lost: dict[str, float] = {}
    found = []
    for line in lines:
        if line.kind == "lost" and since_s <= line.t < until_s:
            lost.setdefault(line.who, line.t)
        elif line.kind == "attached" and line.who in lost:
            found.append(1000 * (line.t - lost.pop(line.who)))
    return found + [1000 * (until_s - at_s) for at_s in lost.values()]


def largest_pause_ms(sights: Sights, since_s: float, until_s: float) -> float:
    """The longest time in which nothing at all was saved for anybody."""
    moments = sorted(at_s for at_s in sights.saved.values() if since_s <= at_s < until_s)
    return 1000 * max((b - a for a, b in itertools.pairwise(moments)), default=0.0)


def look(run: Run, tally: Tally, since_s: float, until_s: float) -> str:
    """Adds what happened in a span of time; returns a line about it."""
    sights, everybody = Sights(run.lines), set(run.host)
    ways = sights.ways_ms(everybody, since_s, until_s)
    saved = sights.confirmations_ms(since_s, until_s)
    absent = absences_ms(run.lines, since_s, until_s)
    moved = sum(line.kind == "attached" and since_s <= line.t < until_s for line in run.lines)
    tally.add("on_its_way_ms", ways)
    tally.add("saw_nothing_ms", sights.gaps_ms(everybody, since_s, until_s))
    tally.add("saved_after_ms", saved)
    tally.add("nothing_saved_ms", [largest_pause_ms(sights, since_s, until_s)])
    tally.add("without_a_server_ms", absent)
    tally.judge({"moved": moved, "reconnects_seen": len(absent)})
    return (
        f"{moved} moves, {len(absent)} of them with a lost connection; messages on their way up to "
        f"{max(ways, default=0):.0f} ms, saved within {max(saved, default=0):.0f} ms"
    )


def drain(zone: Machines, folder: Path, tally: Tally) -> None:
    """Every host in turn is drained and taken back."""
    for name in zone.hosts:
        with Run(zone, folder) as run:
            began_s = run.people.mark("drain")
            asked = zone.others(name)[0]
            asked.command("drain", name)
            time.sleep(AFTER_S)
            until_s = run.people.mark("drained")
            asked.command("drain", name, "--undo")
            zone.wait_well(WELL_S)
            tally.judge(run.judge())
            print(f"drain {name}: {look(run, tally, began_s, until_s)}", flush=True)


def kept(tally: Tally) -> bool:
    """Whether people noticed nothing."""
    return (
        tally.sound
        and percentile(tally, "on_its_way_ms", 1.0) <= LIVE_MS_MAX
        and percentile(tally, "nothing_saved_ms", 1.0) <= CONFIRMED_MS_MAX
        and not tally.judged["reconnects_seen"]
    )


def main(words: list[str]) -> bool:
    arguments = options("drain", __doc__, 1).parse_args(words)
    tally = Tally()
    with zone_of(3) as zone, tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        for _ in range(arguments.times):
            drain(zone, Path(folder), tally)
    return tell("drain", tally, {"times": arguments.times}, kept=kept(tally))
