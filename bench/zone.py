"""A zone of machines in network namespaces, and the meetings that a fault is measured with.

Every run has people and rooms of its own, a history that they wrote (`folkmoot.testing.machines`),
and the checker's word on it: what was acknowledged is there, once, in one order for all.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from bench import report
from bench.members import SETTINGS
from folkmoot.drill.checker import check
from folkmoot.drill.history import Line
from folkmoot.testing.machines import Machines, People, running_machines, why_not
from folkmoot.testing.machines.machine import LEAN

ROOMS: Final = 3
PEOPLE: Final = 30
PER_S: Final = 60.0
WARM_S: Final = 2.0
SETTLE_S: Final = 40.0
WELL_S: Final = 120.0
ONE: Final = 1_000_000


@contextmanager
def zone_of(
    count: int, *, pythons: Sequence[str] = (sys.executable,), **settings: int
) -> Iterator[Machines]:
    """So many hosts with an engine on three of them, everything kept on three."""
    reason = why_not()
    if reason:
        sys.exit(f"bench: this needs network namespaces: {reason}")
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        options = {"settings": {**LEAN, **SETTINGS, **settings}, "pythons": pythons}
        with running_machines(Path(folder), count, **options) as zone:
            zone.grow()
            yield zone


class Run:
    """Three meetings of ten, everybody speaking in turn; a third of each on either host.

    Shape: with `together` each meeting has its ten on one host, where placement tends to bring
    them. `host` maps a person to the host they were on at the begin.
    Caller: in a `with`; `judge` once the zone is well again.
    """

    def __init__(self, zone: Machines, folder: Path, *, together: bool = False) -> None:
        self.zone = zone
        self.people: People = zone.people(folder / f"{time.monotonic_ns()}.jsonl")
        self.lines: list[Line] = []
        names = [host.name for host in zone.hosts.values()][:ROOMS]
        self.rooms = [self.people.create_room(zone.first.url) for _ in range(ROOMS)]
        # They speak in this order: room after room, in each room host after host.
        for number, room in itertools.product(range(PEOPLE // ROOMS), range(ROOMS)):
            host = names[(room if together else room + number) % len(names)]
            who = [f"{host}-{room}-{number}"]
            self.people.join(who, self.rooms[room], zone[host].url, here=True)
        time.sleep(WARM_S)  # standbys open
        self.host = {who: zone.host_of(url) for who, url in self.people.servers().items()}
        self.people.begin(PER_S)
        time.sleep(WARM_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.zone.dismiss(self.people)

    def on(self, host: str) -> set[str]:
        """Who was on this host."""
        return {who for who, at in self.host.items() if at == host}

    def judge(self) -> dict[str, int | bool]:
        """Lets people end, reads the rooms anew and checks all that was seen."""
        self.people.settle(SETTLE_S)
        self.people.final(self.rooms, self.zone.first.url)
        self.lines = self.people.lines()
        told = check(self.lines)
        if told.violations:
            print(told.text(), flush=True)
        return {
            "acknowledged": told.ok,
            "not_acknowledged": told.fail + told.unknown,
            "acknowledged_and_lost": told.lost,
            "doubled": told.doubled,
            "promises_broken": len(told.violations),
            "order_equal": not any(one.promise == "I2" for one in told.violations),
            "states_replaced": sum(line.kind == "replaced" for line in self.lines) - len(self.host),
        }


class Sights:
    """When people saw what others did, read from a history.

    Shape: `seen` counts pending as seen, which is what people see; `confirmed` does not.
    """

    def __init__(self, lines: list[Line]) -> None:
        self.sent: dict[str, tuple[float, str]] = {}
        self.seen: dict[str, list[float]] = defaultdict(list)
        self.confirmed: dict[str, list[float]] = defaultdict(list)
        self.first: dict[tuple[str, str], float] = {}
        self.saved: dict[str, float] = {}
        for line in lines:
            if line.kind == "send":
                self.sent[line.key] = line.t, line.who
            elif line.kind == "ok":
                self.saved[line.key] = line.t
            elif line.kind in ("got", "preview") and line.key in self.sent:
                self._sight(line)

    def _sight(self, line: Line) -> None:
        if self.sent[line.key][1] == line.who:
            return
        self.first.setdefault((line.who, line.key), line.t)
        self.seen[line.who].append(line.t)
        if line.kind == "got":
            self.confirmed[line.who].append(line.t)

    def gap_ms(self, moments: list[float], since_s: float, until_s: float) -> float:
        """The longest silence that touches a span of time."""
        inside = [t for t in moments if since_s < t < until_s]
        before = [t for t in moments if t <= since_s][-1:]
        return 1000 * max(
            (b - a for a, b in itertools.pairwise([*before, *inside, until_s])), default=0.0
        )

    def gaps_ms(
        self, who: set[str], since_s: float, until_s: float, *, confirmed: bool = False
    ) -> list[float]:
        kept = self.confirmed if confirmed else self.seen
        return [self.gap_ms(kept[one], since_s, until_s) for one in sorted(who)]

    def ways_ms(self, who: set[str], since_s: float, until_s: float) -> list[float]:
        """How long what these sent in that time was on its way to the others of them."""
        return [
            1000 * (at_s - self.sent[key][0])
            for (reader, key), at_s in self.first.items()
            if reader in who and self.sent[key][1] in who and since_s <= self.sent[key][0] < until_s
        ]

    def confirmations_ms(self, since_s: float, until_s: float) -> list[float]:
        """How long saving took of what was sent in that time."""
        return [
            1000 * (self.saved[key] - at_s)
            for key, (at_s, _) in self.sent.items()
            if since_s <= at_s < until_s and key in self.saved
        ]


class Tally:
    """Adds up what rounds of a measurement told."""

    def __init__(self) -> None:
        self.values: dict[str, list[float]] = defaultdict(list)
        self.judged: dict[str, Any] = {}

    def add(self, name: str, values: list[float]) -> None:
        self.values[name] += values

    def judge(self, told: dict[str, int | bool]) -> None:
        for name, value in told.items():
            before = self.judged.get(name)
            if isinstance(value, bool):
                self.judged[name] = value and before is not False
            else:
                self.judged[name] = value + (before or 0)

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled or seen in another order, nor any promise broken."""
        told = self.judged
        broken = told["acknowledged_and_lost"] + told["doubled"] + told["promises_broken"]
        return not broken and bool(told["order_equal"])

    def figures(self) -> dict[str, Any]:
        spreads = {name: report.spread(values) for name, values in self.values.items() if values}
        return self.judged | spreads


def percentile(tally: Tally, name: str, part: float) -> float:
    return report.percentile(tally.values[name], part)


def tell(name: str, tally: Tally, extra: dict[str, Any], *, kept: bool) -> bool:
    """Prints and writes what a measurement found."""
    rows = [
        report.row(what.replace("_", " "), report.spread(v))
        for what, v in tally.values.items()
        if v
    ]
    report.table((name, *report.PARTS), rows)
    told = extra | tally.figures()
    report.facts(told, *extra, *(one for one in tally.judged))
    print("promise:", report.verdict(kept))
    report.write(name, told, kept=kept)
    return kept


def options(name: str, about: str | None, times: int) -> argparse.ArgumentParser:
    """What all of these have in common."""
    parser = argparse.ArgumentParser(prog=f"python -m bench {name}", description=about)
    parser.add_argument("--times", type=int, default=times, help="how often")
    parser.add_argument("--seed", type=int, default=random.randrange(ONE))
    return parser
