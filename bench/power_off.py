"""The host that a third of 30 participants are on loses its power, many times.

Three meetings of ten, 60 messages a second in all. The link is cut and all processes are killed at
once, so nobody is told. Measured from then on: for how long each participant saw nothing of others
(pending counts as seen, for people see it; the same for what is confirmed is told apart), how long
saving took, and that nothing acknowledged was lost, doubled or seen in another order.

Who was not on that host still misses those who were, so their silence has gaps by itself: what is
promised of them is the time that messages among them were on their way.

Meanwhile the status is asked for on each of the other hosts, again and again: how long after the
power-off `folkmoot status` says that the host is not heard.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

from bench.zone import WELL_S, Run, Sights, Tally, options, percentile, tell, zone_of
from folkmoot.errors import OperatorError
from folkmoot.testing.machines import Machines
from folkmoot.testing.machines.machine import Machine

AFTER_S: Final = 15.0
"""How long it is looked after each power-off: the engine's elections take up to 12 s."""

GAP_P50_MS_MAX: Final = 400
GAP_P99_MS_MAX: Final = 1_500
OTHERS_WAY_MS_MAX: Final = 100
CONFIRMED_P95_MS_MAX: Final = 9_000
CONFIRMED_MS_MAX: Final = 15_000
STATUS_MS_MAX: Final = 1_500
STATUS_EVERY_S: Final = 0.02


def fail(zone: Machines, victim: str) -> None:
    zone[victim].power_off()


def mend(zone: Machines, victim: str) -> None:
    zone[victim].power_on()


def choose(zone: Machines, chance: random.Random, *, leading: bool) -> str:
    """A host; with `leading` always the one whose engine leads the conferences' log."""
    leader = zone.leaders().get("CONF_0", "")
    return leader if leading and leader else chance.choice(sorted(zone.hosts))


class Watch:
    """Asks a host for its status until that says that another one is not heard.

    Caller: `join` before `told_s` is looked at; None when it was not told within `AFTER_S`.
    """

    def __init__(self, host: Machine, victim: str) -> None:
        self.told_s: float | None = None
        self._host = host
        self._victim = victim
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _look(self) -> None:
        until_s = time.monotonic() + AFTER_S
        while time.monotonic() < until_s:
            try:
                nodes = self._host.status()["nodes"]
            except (OperatorError, OSError, ValueError):
                nodes = []
            states = {node["name"]: node["state"] for node in nodes}
            if states.get(self._victim) in ("silent", "gone"):
                self.told_s = time.monotonic()
                return
            time.sleep(STATUS_EVERY_S)


def once(zone: Machines, folder: Path, victim: str, tally: Tally, *, together: bool) -> str:
    """One power-off, measured; returns a line about it."""
    leads = ", ".join(sorted(name for name, host in zone.leaders().items() if host == victim))
    with Run(zone, folder, together=together) as run:
        affected = run.on(victim)
        others = set(run.host) - affected
        run.people.mark("fault")
        began_s = run.people.mark("power_off")
        fail(zone, victim)
        watches = [Watch(host, victim) for host in zone.others(victim)]
        time.sleep(max(0.0, began_s + AFTER_S - time.monotonic()))
        for watch in watches:
            watch.join()
        mend(zone, victim)
        zone.wait_well(WELL_S)
        run.people.mark("healed")
        tally.judge(run.judge())
        sights, until_s = Sights(run.lines), began_s + AFTER_S
        gaps = sights.gaps_ms(affected, began_s, until_s)
        tally.add("affected_saw_nothing_ms", gaps)
        tally.add(
            "affected_nothing_confirmed_ms",
            sights.gaps_ms(affected, began_s, until_s, confirmed=True),
        )
        tally.add("others_way_ms", sights.ways_ms(others, began_s, until_s))
        tally.add("others_saw_nothing_ms", sights.gaps_ms(others, began_s, until_s))
        confirmed = sights.confirmations_ms(began_s, until_s)
        tally.add("saved_after_ms", confirmed)
        told = [((watch.told_s or until_s) - began_s) * 1_000 for watch in watches]
        tally.add("status_told_ms", told)
        return (
            f"{victim} ({len(affected)} people, led {leads or 'nothing'}): saw nothing for up to "
            f"{max(gaps, default=0):.0f} ms, saved within {max(confirmed, default=0):.0f} ms, "
            f"status told after {max(told):.0f} ms"
        )


def measure(times: int, seed: int, *, together: bool, leading: bool) -> Tally:
    tally, chance = Tally(), random.Random(seed)
    with zone_of(3) as zone, tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        for number in range(times):
            victim = choose(zone, chance, leading=leading)
            told = once(zone, Path(folder), victim, tally, together=together)
            print(f"{number + 1}: {told}", flush=True)
    return tally


def keeps(tally: Tally) -> bool:
    return (
        tally.sound
        and percentile(tally, "affected_saw_nothing_ms", 0.5) <= GAP_P50_MS_MAX
        and percentile(tally, "affected_saw_nothing_ms", 0.99) <= GAP_P99_MS_MAX
        and percentile(tally, "others_way_ms", 0.99) <= OTHERS_WAY_MS_MAX
        and percentile(tally, "saved_after_ms", 0.95) <= CONFIRMED_P95_MS_MAX
        and percentile(tally, "saved_after_ms", 1.0) <= CONFIRMED_MS_MAX
        and percentile(tally, "status_told_ms", 1.0) <= STATUS_MS_MAX
    )


def main(words: list[str]) -> bool:
    parser = options("power_off", __doc__, 20)
    parser.add_argument(
        "--together", action="store_true", help="each meeting on one host, not spread over all"
    )
    parser.add_argument(
        "--leading", action="store_true", help="always the host that leads the conferences' log"
    )
    arguments = parser.parse_args(words)
    print("seed", arguments.seed)
    tally = measure(
        arguments.times, arguments.seed, together=arguments.together, leading=arguments.leading
    )
    extra: dict[str, Any] = {"times": arguments.times, "seed": arguments.seed}
    return tell("power_off", tally, extra, kept=keeps(tally))
