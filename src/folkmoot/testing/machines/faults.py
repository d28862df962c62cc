"""What may happen to a zone of machines: each fault begins, says what it is, lasts, and ends.

    with FAULTS["freeze"](zone, random) as told: ...

At the end of the `with` the fault is over; whether the zone is well again is for the caller to
wait for (`Machines.heal`, `wait_well`). What is drawn comes from the given random numbers.
"""

from __future__ import annotations

import itertools
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from random import Random
from typing import Final

from folkmoot.errors import invariant
from folkmoot.testing import disk_faults
from folkmoot.testing.machines import failing
from folkmoot.testing.machines.machine import Machine
from folkmoot.testing.machines.zone import Machines

PEOPLE: Final = "people"
COMMAND_S_MAX: Final = 180.0
UPGRADE_S_MAX: Final = 600.0
CLOCK_JUMPS_S: Final = (-3_600, -300, -30, 30, 300, 3_600)
CLOCK_NOTICED_S: Final = 2.0
"""libfaketime looks at its file once a second."""
ROLES: Final = ("collaboration-1", "web-1", "front-1", "documents-1", "export-1")

Fault = Callable[[Machines, Random], AbstractContextManager[str]]


def _any(zone: Machines, random: Random) -> Machine:
    return zone[random.choice(list(zone.hosts))]


def _engine(zone: Machines, random: Random) -> Machine:
    return zone[random.choice(zone.engines())]


@contextmanager
def power_off(zone: Machines, random: Random) -> Iterator[str]:
    host = _any(zone, random)
    host.power_off()
    yield f"{host.name} is off"
    host.power_on()


@contextmanager
def leader_off(zone: Machines, random: Random) -> Iterator[str]:
    host = _engine(zone, random)
    zone.lead(host.name)
    host.power_off()
    yield f"{host.name}, which led everything, is off"
    host.power_on()


@contextmanager
def second_failure(zone: Machines, random: Random) -> Iterator[str]:
    first, second = random.sample(zone.engines(), 2)
    zone[first].power_off()
    time.sleep(random.uniform(0.5, 3.0))
    zone[first].power_on()
    time.sleep(random.uniform(0.2, 3.0))
    zone[second].power_off()
    yield f"{first} was off, and {second} is while it comes back"
    zone[second].power_on()


@contextmanager
def cut(zone: Machines, random: Random) -> Iterator[str]:
    host = _any(zone, random)
    zone.network.cut(host.name)
    yield f"{host.name} has no link"
    zone.network.mend(host.name)


@contextmanager
def flap(zone: Machines, random: Random) -> Iterator[str]:
    host = _any(zone, random)
    for _ in range(random.randint(2, 4)):
        zone.network.cut(host.name)
        time.sleep(random.uniform(0.2, 2.0))
        zone.network.mend(host.name)
        time.sleep(random.uniform(0.2, 2.0))
    yield f"the link of {host.name} came and went"


@contextmanager
def minority(zone: Machines, random: Random) -> Iterator[str]:
    """People reach both sides."""
    host = _engine(zone, random)
    others = [one.name for one in zone.others(host.name)]
    zone.network.divide([host.name, PEOPLE, "paths"], [*others, PEOPLE, "paths"])
    yield f"{host.name} does not reach the others"
    zone.network.heal()


@contextmanager
def bridge(zone: Machines, random: Random) -> Iterator[str]:
    """One host sees both sides, and so do people."""
    one, middle, other = random.sample(zone.engines(), 3)
    rest = [host.name for host in zone.others(one, middle, other)]
    shared = [middle, PEOPLE, "paths", *rest]
    zone.network.divide([one, *shared], [other, *shared])
    yield f"{one} and {other} do not reach each other, {middle} reaches both"
    zone.network.heal()


@contextmanager
def one_way(zone: Machines, random: Random) -> Iterator[str]:
    source, target = random.sample(list(zone.hosts), 2)
    zone.network.one_way(source, target)
    yield f"nothing of {source} arrives at {target}"
    zone.network.heal()


@contextmanager
def loss(zone: Machines, random: Random) -> Iterator[str]:
    host, percent = _any(zone, random), random.choice((1, 5, 10))
    zone.network.lose(host.name, percent)
    yield f"{percent} of 100 packets from and to {host.name} are lost"
    zone.network.heal()


@contextmanager
def half_open(zone: Machines, random: Random) -> Iterator[str]:
    """Of a pair that has any: a host without an engine is connected to one of those that have."""
    pairs = list(itertools.permutations([*zone.hosts, *([] if zone.paths else [PEOPLE])], 2))
    count = 0
    for one, other in random.sample(pairs, len(pairs)):
        count = zone.network.half_open(one, other)
        if count:
            break
    invariant(count > 0, "some hosts have connections")
    yield f"{count} connections between {one} and {other} are dead without a word"
    zone.network.heal()


@contextmanager
def freeze(zone: Machines, random: Random) -> Iterator[str]:
    host = _any(zone, random)
    host.freeze()
    yield f"{host.name} stands still, and goes on"
    host.thaw()


@contextmanager
def freeze_and_restart(zone: Machines, random: Random) -> Iterator[str]:
    host = _any(zone, random)
    host.freeze()
    yield f"{host.name} stands still, and is restarted"
    host.power_off()
    host.power_on()


@contextmanager
def full_disk(zone: Machines, random: Random) -> Iterator[str]:
    host = _engine(zone, random)
    host.fill_disk()
    yield f"the disk of {host.name} is full"
    host.free_disk()


@contextmanager
def kill_engine(zone: Machines, random: Random) -> Iterator[str]:
    host = _engine(zone, random)
    host.kill("engine")
    yield f"the engine of {host.name} is killed"


@contextmanager
def kill_process(zone: Machines, random: Random) -> Iterator[str]:
    host, id = _any(zone, random), random.choice(ROLES)
    number = random.choice((signal.SIGKILL, signal.SIGTERM))
    host.kill(id, number)
    yield f"{id} of {host.name} gets {number.name}"


@contextmanager
def kill_managers(zone: Machines, random: Random) -> Iterator[str]:
    """The meeting manager and the process manager of a host."""
    host = _any(zone, random)
    host.kill("meeting-manager-1")
    host.kill_manager()
    yield f"meeting manager and process manager of {host.name} are killed"


@contextmanager
def jump_clock(zone: Machines, random: Random) -> Iterator[str]:
    """Ahead and back, or back and ahead again; other machines' clocks are right."""
    host, seconds = _any(zone, random), random.choice(CLOCK_JUMPS_S)
    host.jump_clock(seconds)
    time.sleep(CLOCK_NOTICED_S)
    yield f"the clock of {host.name} jumps by {seconds} s"
    host.jump_clock(0)
    time.sleep(CLOCK_NOTICED_S)


@contextmanager
def slow(zone: Machines, random: Random) -> Iterator[str]:
    """People's ways to one host, or to all of them, are long and uneven."""
    chosen = list(zone.paths) if random.random() < 0.5 else [random.choice(list(zone.paths))]
    latency_ms, jitter_ms = random.choice((20, 100, 300)), random.choice((0, 50, 300))
    for name in chosen:
        zone.paths[name].delay(latency_ms, jitter_ms)
    yield f"the way to {', '.join(chosen)} takes {latency_ms} to {latency_ms + jitter_ms} ms"
    for name in chosen:
        zone.paths[name].mend()


@contextmanager
def stall(zone: Machines, random: Random) -> Iterator[str]:
    name = random.choice(list(zone.paths))
    zone.paths[name].stall()
    yield f"connections of people to {name} pass nothing on"
    zone.paths[name].mend()


@contextmanager
def drain(zone: Machines, random: Random) -> Iterator[str]:
    host = _any(zone, random)
    zone.first.command("drain", host.name, within_s=COMMAND_S_MAX)
    yield f"{host.name} is drained"
    zone.first.command("drain", host.name, "--undo", within_s=COMMAND_S_MAX)


@contextmanager
def upgrade(zone: Machines, random: Random) -> Iterator[str]:
    """To the other version, where the zone has two, and the next time back again."""
    host, python = _any(zone, random), zone.next_python
    running = host.begin("upgrade", python=python)
    try:
        said, _ = running.communicate(timeout=UPGRADE_S_MAX)
    except subprocess.TimeoutExpired:
        running.kill()
        said, _ = running.communicate()
    if running.returncode != 0:
        # The next fault is to find the zone as it was.
        for one in zone.hosts.values():
            zone.first.command("drain", one.name, "--undo", within_s=COMMAND_S_MAX)
    invariant(running.returncode == 0, "the upgrade comes to its end", said=said[-2000:])
    zone.upgraded()
    versions = " and ".join(sorted(set().union(*zone.versions().values())))
    yield f"all hosts are upgraded, from {host.name}; they have {versions}"


FAULTS: Final[dict[str, Fault]] = {
    "power_off": power_off,
    "leader_off": leader_off,
    "second_failure": second_failure,
    "cut": cut,
    "flap": flap,
    "minority": minority,
    "bridge": bridge,
    "one_way": one_way,
    "loss": loss,
    "half_open": half_open,
    "freeze": freeze,
    "freeze_and_restart": freeze_and_restart,
    "full_disk": full_disk,
    "kill_engine": kill_engine,
    "kill_process": kill_process,
    "kill_managers": kill_managers,
    "jump_clock": jump_clock,
    "slow": slow,
    "stall": stall,
    "slow_disk": failing.slow_disk,
    "failed_sync": failing.failed_sync,
    "failing_writes": failing.failing_writes,
    "failing_reads": failing.failing_reads,
    "flickering_engine": failing.flickering_engine,
    "flickering_server": failing.flickering_server,
    "drain": drain,
    "upgrade": upgrade,
}


OF_SEVERAL: Final = (
    *("leader_off", "second_failure", "minority", "bridge", "one_way", "half_open"),
    *("drain", "upgrade"),
)
"""What takes more than one host."""

DISK_FAULTS: Final = ("slow_disk", "failed_sync", "failing_writes", "failing_reads")


def possible(zone: Machines) -> list[str]:
    """The faults that this zone's hosts can have."""
    left = dict(FAULTS)
    if not zone.paths:
        del left["slow"], left["stall"]
    if not zone.clocks_can_jump:
        del left["jump_clock"]
    if not disk_faults.possible():
        for name in DISK_FAULTS:
            del left[name]
    if len(zone.hosts) == 1:
        left = {name: fault for name, fault in left.items() if name not in OF_SEVERAL}
    return list(left)
