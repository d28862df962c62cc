"""The meeting manager that is active, and process managers, are killed while 30 participants talk.

Nobody is to notice. The last round kills the active meeting manager in the same moment in which
the host that leads everything in the engine loses its power: its lease is kept by that engine.
"""

from __future__ import annotations

import os
import re
import signal
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench.drain import absences_ms
from bench.zone import WELL_S, Run, Sights, Tally, options, percentile, tell, zone_of
from folkmoot.errors import OperatorError
from folkmoot.testing.machines import Machines
from folkmoot.testing.machines.machine import Machine, wait_until

ACTIVE: Final = re.compile(r"active meeting manager with number (\d+)")
REPLACED_MS_MAX: Final = 4_000
REPLACED_WITH_LEADER_MS_MAX: Final = 15_000
WAY_MS_MAX: Final = 100
REPLACED_S_MAX: Final = 60.0
AFTER_S: Final = 3.0


def rows_of(host: Machine, role: str) -> list[dict[str, Any]]:
    """The processes of a role in the whole zone, as a host sees them; empty when it is away."""
    try:
        rows: list[dict[str, Any]] = host.status()["processes"]
    except (OperatorError, OSError, ValueError):
        return []
    return [row for row in rows if row["role"] == role]


def seat(zone: Machines) -> tuple[int, str]:
    """The number of the meeting manager that was active last, and its host, as their logs say."""
    found = [(0, "")]
    for host in zone.hosts.values():
        for path in (host.data / "logs").glob("meeting-manager-1*"):
            text = path.read_text(errors="replace")
            found += [(int(number), host.name) for number in ACTIVE.findall(text)]
    return max(found)


def wait_seat(zone: Machines, before: int) -> float:
    """Returns after how many seconds another meeting manager was active. Errors: `TimeoutError`."""
    return wait_until(lambda: seat(zone)[0] > before, REPLACED_S_MAX, "a new active one")


def replaced(host: Machine, role: str, node: str, pid: int) -> bool:
    """Whether another process of that role is ready there."""
    return any(
        row["node"] == node and row["pid"] not in (0, None, pid) and row["state"] == "ready"
        for row in rows_of(host, role)
    )


def look(run: Run, tally: Tally, since_s: float, until_s: float) -> None:
    sights = Sights(run.lines)
    tally.add("on_its_way_ms", sights.ways_ms(set(run.host), since_s, until_s))
    tally.add("saved_after_ms", sights.confirmations_ms(since_s, until_s))
    tally.judge({"reconnects_seen": len(absences_ms(run.lines, since_s, until_s))})


def kill_meeting_manager(zone: Machines, folder: Path, tally: Tally) -> None:
    with Run(zone, folder) as run:
        number, node = seat(zone)
        began_s = run.people.mark("meeting manager killed")
        zone[node].kill("meeting-manager-1")
        took_s = wait_seat(zone, number)
        time.sleep(AFTER_S)
        until_s = run.people.mark("over")
        zone.wait_well(WELL_S)
        tally.add("meeting_manager_replaced_ms", [1000 * took_s])
        tally.judge(run.judge())
        look(run, tally, began_s, until_s)
        print(f"meeting manager of {node}: another was active after {took_s:.2f} s", flush=True)


def kill_process_manager(zone: Machines, folder: Path, node: str, tally: Tally) -> None:
    with Run(zone, folder) as run:
        began_s = run.people.mark("process manager killed")
        pid = next(
            int(row["pid"]) for row in rows_of(zone[node], "process-manager") if row["node"] == node
        )
        os.kill(pid, signal.SIGKILL)
        took_s = wait_until(
            lambda: replaced(zone[node], "process-manager", node, pid),
            REPLACED_S_MAX,
            "a new process manager",
        )
        time.sleep(AFTER_S)
        until_s = run.people.mark("over")
        zone.wait_well(WELL_S)
        tally.add("process_manager_replaced_ms", [1000 * took_s])
        tally.judge(run.judge())
        look(run, tally, began_s, until_s)
        print(f"process manager of {node}: replaced after {took_s:.2f} s", flush=True)


def kill_with_leader(zone: Machines, folder: Path, tally: Tally) -> None:
    """The people are told of apart: those of that host have lost their machine."""
    with Run(zone, folder) as run:
        number, node = seat(zone)
        zone.lead(node)
        run.people.mark("fault")
        zone[node].power_off()
        took_s = wait_seat(zone, number)
        zone[node].power_on()
        zone.wait_well(WELL_S)
        run.people.mark("healed")
        tally.add("replaced_with_leader_ms", [1000 * took_s])
        tally.judge(run.judge())
        print(f"{node} with the engine's leader: another was active after {took_s:.2f} s")


def main(words: list[str]) -> bool:
    arguments = options("managers", __doc__, 3).parse_args(words)
    tally = Tally()
    with zone_of(3) as zone, tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as name:
        folder, nodes = Path(name), list(zone.hosts)
        for number in range(arguments.times):
            kill_meeting_manager(zone, folder, tally)
            kill_process_manager(zone, folder, nodes[number % len(nodes)], tally)
        kill_with_leader(zone, folder, tally)
    kept = (
        tally.sound
        and not tally.judged["reconnects_seen"]
        and percentile(tally, "on_its_way_ms", 0.99) <= WAY_MS_MAX
        and percentile(tally, "meeting_manager_replaced_ms", 1.0) <= REPLACED_MS_MAX
        and percentile(tally, "process_manager_replaced_ms", 1.0) <= REPLACED_MS_MAX
        and percentile(tally, "replaced_with_leader_ms", 1.0) <= REPLACED_WITH_LEADER_MS_MAX
    )
    return tell("managers", tally, {"times": arguments.times}, kept=kept)
