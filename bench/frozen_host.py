"""The host that a third of 30 participants are on stands still, and goes on ten seconds later.

All its processes are stopped at once; its kernel still answers, so nobody is told anything. On
waking the host is to start its engine anew by itself and to do no harm: the checker reads all that
anybody saw, before, meanwhile and after.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.zone import WELL_S, Run, Sights, Tally, options, percentile, tell, zone_of
from folkmoot.servers.manager import procfs
from folkmoot.testing.machines import Machines

FROZEN_S: Final = 10.0
AFTER_S: Final = 10.0
GAP_P99_MS_MAX: Final = 2_500


def engine_pid(zone: Machines, host: str) -> int:
    """Pid of the engine on a host, 0 while there is none."""
    found = [one.pid for one in procfs.find(zone[host].data.resolve()) if one.id == "engine"]
    return found[0] if found else 0


def once(zone: Machines, folder: Path, victim: str, tally: Tally) -> str:
    """One freeze, measured; returns a line about it."""
    leads = ", ".join(sorted(name for name, host in zone.leaders().items() if host == victim))
    before = engine_pid(zone, victim)
    with Run(zone, folder) as run:
        affected = run.on(victim)
        run.people.mark("fault")
        began_s = run.people.mark("frozen")
        zone[victim].freeze()
        time.sleep(FROZEN_S)
        thawed_s = run.people.mark("thawed")
        zone[victim].thaw()
        time.sleep(AFTER_S)
        zone.wait_well(WELL_S)
        run.people.mark("healed")
        tally.judge(run.judge())
        sights, until_s = Sights(run.lines), thawed_s + AFTER_S
        gaps = sights.gaps_ms(affected, began_s, thawed_s)
        others = set(run.host) - affected
        tally.add("affected_saw_nothing_ms", gaps)
        tally.add("others_way_ms", sights.ways_ms(others, began_s, thawed_s))
        # On waking: nobody is to notice.
        tally.add("on_waking_way_ms", sights.ways_ms(set(run.host), thawed_s, until_s))
        tally.add("saved_after_ms", sights.confirmations_ms(began_s, until_s))
    anew = engine_pid(zone, victim) not in (0, before)
    tally.judge({"engines_started_anew": int(anew), "freezes": 1})
    return (
        f"{victim} ({len(affected)} people, led {leads or 'nothing'}): saw nothing for up to "
        f"{max(gaps, default=0):.0f} ms; its engine was {'' if anew else 'not '}started anew"
    )


def measure(times: int, seed: int) -> Tally:
    tally, chance = Tally(), random.Random(seed)
    with zone_of(3) as zone, tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        for number in range(times):
            victim = chance.choice(sorted(zone.hosts))
            print(f"{number + 1}: {once(zone, Path(folder), victim, tally)}", flush=True)
    return tally


def main(words: list[str]) -> bool:
    arguments = options("frozen_host", __doc__, 10).parse_args(words)
    print("seed", arguments.seed)
    tally = measure(arguments.times, arguments.seed)
    kept = (
        tally.sound
        and percentile(tally, "affected_saw_nothing_ms", 0.99) <= GAP_P99_MS_MAX
        and tally.judged["engines_started_anew"] == tally.judged["freezes"]
    )
    return tell("frozen_host", tally, {"times": arguments.times, "seed": arguments.seed}, kept=kept)
