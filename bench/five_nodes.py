"""Five hosts with 2,000 people who only listen, and one host loses its power.

Eighty rooms of 25, a fifth of each on either host. Nobody speaks, so nothing but the zone's own
heartbeats tells that the host is gone: its people learn it from their standbys. In the measurement
`five_nodes_without_standbys` they have one connection each and find out by its silence.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

from bench.zone import Tally, options, percentile, tell, zone_of
from folkmoot.drill.history import Line
from folkmoot.testing.machines import Machines, People

ROOM: Final = 25
PROCESSES: Final = 2
STANDBYS_S: Final = 8.0
BACK_S_MAX: Final = 45.0
LOOK_EVERY_S: Final = 5.0
"""Reading what thousands wrote down takes a while, and would be in the way."""
WITH_STANDBY_MS_MAX: Final = 3_000
WITHOUT_MS_MAX: Final = 15_000


def gather(zone: Machines, crowds: list[People], count: int, *, standby: bool) -> None:
    """Everybody comes in, a room after the other."""
    hosts = list(zone.hosts)
    for number in range(count // ROOM):
        crowd = crowds[number % len(crowds)]
        slug = crowd.create_room(zone.first.url)
        for place, host in enumerate(hosts):
            names = [f"{host}-{number}-{n}" for n in range(place, ROOM, len(hosts))]
            crowd.join(names, slug, zone[host].url, here=True, standby=standby)
        if (number + 1) % 20 == 0:
            print(f"{(number + 1) * ROOM} people are there", flush=True)


def back(lines: list[Line], affected: set[str], since_s: float) -> dict[str, Line]:
    """For each of them who is attached again the line that tells it."""
    found: dict[str, Line] = {}
    for line in lines:
        if line.kind == "attached" and line.t > since_s and line.who in affected:
            found.setdefault(line.who, line)
    return found


def once(zone: Machines, folder: Path, count: int, victim: str, *, standby: bool) -> Tally:
    tally = Tally()
    places = [f"crowd{n}" for n in range(PROCESSES)]
    crowds = [
        zone.people(folder / f"{place}-{time.monotonic_ns()}.jsonl", place) for place in places
    ]
    gather(zone, crowds, count, standby=standby)
    time.sleep(STANDBYS_S)
    where = {who: zone.host_of(url) for crowd in crowds for who, url in crowd.servers().items()}
    affected = {who for who, host in where.items() if host == victim}
    print(f"{len(where)} people, {len(affected)} of them on {victim}", flush=True)
    began_s = crowds[0].mark("power_off")
    zone[victim].power_off()
    found: dict[str, Line] = {}
    while len(found) < len(affected) and time.monotonic() - began_s < BACK_S_MAX:
        time.sleep(LOOK_EVERY_S)
        lines = [line for crowd in crowds for line in crowd.lines() if line.t > began_s]
        found = back(lines, affected, began_s)
    lines = [line for crowd in crowds for line in crowd.lines() if line.t > began_s]
    tally.add("attached_again_after_ms", [1000 * (line.t - began_s) for line in found.values()])
    rates = Counter(
        (zone.host_of(line.more["url"]), int(line.t - began_s)) for line in found.values()
    )
    most = {host: max(n for (at, _), n in rates.items() if at == host) for host, _ in rates}
    tally.judge(
        {
            "people": len(where),
            "affected": len(affected),
            "never_back": len(affected) - len(found),
            "others_disturbed": len(
                {line.who for line in lines if line.kind == "lost" and line.who not in affected}
            ),
        }
    )
    for host, rate in sorted(most.items()):
        tally.judge({f"attached_in_a_second_on_{host}_at_most": rate})
    for crowd in crowds:
        zone.dismiss(crowd)
    return tally


def main(words: list[str]) -> bool:
    return measure(words, standby=True)


def measure(words: list[str], *, standby: bool) -> bool:
    name = "five_nodes" if standby else "five_nodes_without_standbys"
    parser = options(name, __doc__, 1)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--host", default="h5", help="which one is off; h4 and h5 have no engine")
    arguments = parser.parse_args(words)
    bound_ms = WITH_STANDBY_MS_MAX if standby else WITHOUT_MS_MAX
    with zone_of(5) as zone, tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        tally = once(zone, Path(folder), arguments.people, arguments.host, standby=standby)
    kept = (
        not tally.judged["never_back"]
        and percentile(tally, "attached_again_after_ms", 1.0) <= bound_ms
    )
    return tell(name, tally, {"host": arguments.host}, kept=kept)
