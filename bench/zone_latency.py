"""From one participant to the others on other machines: three copies, on disk before it is seen.

Three meetings of ten, a third of each on either of three hosts, 60 messages a second in all. Only
the confirmed message counts here, which is on the disks of a majority, and only who is on another
host than its author.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from bench.zone import Run, Sights, Tally, options, percentile, tell, zone_of

P50_MS_MAX: Final = 6
P99_MS_MAX: Final = 30


def main(words: list[str]) -> bool:
    parser = options("zone_latency", __doc__, 1)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long people talk")
    arguments = parser.parse_args(words)
    tally = Tally()
    with zone_of(3) as zone, tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        for _ in range(arguments.times):
            with Run(zone, Path(folder)) as run:
                began_s = run.people.mark("begin")
                time.sleep(arguments.seconds)
                until_s = run.people.mark("end")
                tally.judge(run.judge())
                sights = Sights([line for line in run.lines if line.kind != "preview"])
                across = [
                    1000 * (at_s - sights.sent[key][0])
                    for (reader, key), at_s in sights.first.items()
                    if began_s <= sights.sent[key][0] < until_s
                    and reader in run.host
                    and run.host[reader] != run.host[sights.sent[key][1]]
                ]
                tally.add("to_other_hosts_ms", across)
                tally.add("saved_after_ms", sights.confirmations_ms(began_s, until_s))
    kept = (
        tally.sound
        and percentile(tally, "to_other_hosts_ms", 0.5) <= P50_MS_MAX
        and percentile(tally, "to_other_hosts_ms", 0.99) <= P99_MS_MAX
    )
    return tell("zone_latency", tally, {"seconds": arguments.seconds}, kept=kept)
