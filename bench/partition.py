"""One of three hosts is cut off from the others for a while, with the people who are on it.

Ten people reach only the host that is alone; ten more are on it and reach all hosts; ten are on the
others. Nothing may be acknowledged on the smaller side while it is alone, those who can go
elsewhere go, the others are told that saving is paused, and when the network is well again all
goes on by itself.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from bench.zone import PER_S, WARM_S, WELL_S, Sights, Tally, options, percentile, tell, zone_of
from folkmoot.drill.checker import check
from folkmoot.drill.history import read
from folkmoot.testing.machines import Machines

ALONE_S: Final = 12.0
GRACE_S: Final = 0.5
"""What was on its way when the network was cut may still be acknowledged."""

HEALED_MS_MAX: Final = 10_000
TOLD_MS_MAX: Final = 3_000
OF_EACH: Final = 10
SETTLE_S: Final = 40.0


def once(zone: Machines, folder: Path, alone: str, tally: Tally) -> str:
    """One partition, measured; returns a line about it."""
    rest = [name for name in zone.hosts if name != alone]
    shut_in = zone.people(folder / f"{time.monotonic_ns()}-in.jsonl", "shut-in")
    free = zone.people(folder / f"{time.monotonic_ns()}-free.jsonl")
    try:
        slug = free.create_room(zone[rest[0]].url)
        inside = [f"in-{n}" for n in range(OF_EACH)]
        between = [f"between-{n}" for n in range(OF_EACH)]
        shut_in.join(inside, slug, zone[alone].url, here=True)
        free.join(between, slug, zone[alone].url, here=True)
        free.join([f"out-{n}" for n in range(OF_EACH)], slug, zone[rest[0]].url, here=True)
        time.sleep(WARM_S)
        shut_in.begin(PER_S / 3)
        free.begin(2 * PER_S / 3)
        time.sleep(WARM_S)
        free.mark("fault")
        began_s = free.mark("alone")
        zone.network.divide([alone, shut_in.place, free.place], [*rest, free.place])
        cut_s = time.monotonic()
        time.sleep(ALONE_S)
        shut_in.pause()
        free.pause()
        zone.network.heal()
        healed_s = free.mark("healed")
        took_s = [people.settle(SETTLE_S) for people in (shut_in, free)]
        tally.add("healed_after_ms", [1000 * (time.monotonic() - healed_s)])
        zone.wait_well(WELL_S)
        free.final([slug], zone[rest[0]].url, [shut_in])
        shut_in.mark("read")
        lines = read(shut_in.history, free.history)
    finally:
        zone.dismiss(shut_in)
        zone.dismiss(free)
    told = check(lines)
    if told.violations:
        print(told.text(), flush=True)
    early = [
        line
        for line in lines
        if line.kind == "ok" and line.who in inside and cut_s + GRACE_S < line.t < healed_s
    ]
    paused = {
        line.who: line.t - began_s
        for line in reversed(lines)
        if line.kind == "saving" and line.code == "paused" and line.who in inside
        if began_s < line.t < healed_s
    }
    tally.add("told_that_saving_pauses_ms", [1000 * after_s for after_s in paused.values()])
    sights = Sights(lines)
    tally.add("who_can_goes_after_ms", sights.gaps_ms(set(between), began_s, healed_s))
    tally.judge(
        {
            "acknowledged": told.ok,
            "not_acknowledged": told.fail + told.unknown,
            "acknowledged_and_lost": told.lost,
            "doubled": told.doubled,
            "promises_broken": len(told.violations),
            "order_equal": not any(one.promise == "I2" for one in told.violations),
            "acknowledged_while_alone": len(early),
            "not_told": len(inside) - len(paused),
        }
    )
    return f"{alone} alone for {ALONE_S:g} s; all decided {max(took_s):.1f} s after it was back"


def main(words: list[str]) -> bool:
    arguments = options("partition", __doc__, 5).parse_args(words)
    tally = Tally()
    with zone_of(3) as zone, tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        names = list(zone.hosts)
        for number in range(arguments.times):
            # The first time it is the one that leads the conferences' log.
            alone = names[number % 3] if number else zone.leaders().get("CONF_0", names[0])
            print(f"{number + 1}: {once(zone, Path(folder), alone, tally)}", flush=True)
    kept = (
        tally.sound
        and not tally.judged["acknowledged_while_alone"]
        and not tally.judged["not_told"]
        and percentile(tally, "healed_after_ms", 1.0) <= HEALED_MS_MAX
        and percentile(tally, "told_that_saving_pauses_ms", 1.0) <= TOLD_MS_MAX
    )
    return tell("partition", tally, {"times": arguments.times}, kept=kept)
