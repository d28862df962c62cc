"""Faults of a host's disk, and processes that stop and go on, again and again; see `faults`.

A disk's faults are those of the engine alone, and of what its process manager starts meanwhile:
nobody else on a host keeps anything on it.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

from folkmoot.servers.manager import procfs
from folkmoot.testing import disk_faults
from folkmoot.testing.machines.leftovers import signal_pid
from folkmoot.testing.machines.machine import Machine
from folkmoot.testing.machines.zone import Machines

DELAYS_MS: Final = (20, 100, 300)
STOPPED_S: Final = (0.2, 3.0)
RUNS_S: Final = (0.2, 2.0)
FLICKER_S: Final = 20.0


def fail_disk(host: Machine, rule: list[str]) -> None:
    """Puts a rule of `disk_faults` between the host's engine and its disk."""
    manager = int(json.loads((host.data / "run" / "processes.json").read_bytes())["pid"])
    pids = [pid for pid in (host.pid_of("engine"), manager) if pid and procfs.started(pid)]
    host.disk_fault.begin(rule, pids)


def _one(zone: Machines, random: Random) -> Machine:
    """A host with an engine; in half of all cases it is the one that leads everything."""
    host = zone[random.choice(zone.engines())]
    if len(zone.engines()) > 1 and random.random() < 0.5:
        zone.lead(host.name)
    return host


@contextmanager
def slow_disk(zone: Machines, random: Random) -> Iterator[str]:
    host, delay_ms = _one(zone, random), random.choice(DELAYS_MS)
    fail_disk(host, disk_faults.slow(delay_ms))
    yield f"each write and fsync of the engine of {host.name} takes {delay_ms} ms longer"
    host.disk_fault.end()


@contextmanager
def failed_sync(zone: Machines, random: Random) -> Iterator[str]:
    host = _one(zone, random)
    fail_disk(host, disk_faults.failing_sync(once=True))
    yield f"an fsync of the engine of {host.name} fails, in each of its threads once"
    host.disk_fault.end()


@contextmanager
def failing_writes(zone: Machines, random: Random) -> Iterator[str]:
    host = _one(zone, random)
    fail_disk(host, disk_faults.failing_writes())
    yield f"every write of the engine of {host.name} fails"
    host.disk_fault.end()


@contextmanager
def failing_reads(zone: Machines, random: Random) -> Iterator[str]:
    """What it has is read when it starts, at the latest."""
    host = _one(zone, random)
    fail_disk(host, disk_faults.failing_reads(host.data / "engine"))
    host.kill("engine")
    yield f"the engine of {host.name}, which starts anew, cannot read what it has"
    host.disk_fault.end()


def flicker(host: Machine, id: str, random: Random, for_s: float = FLICKER_S) -> int:
    """Stops a process and lets it go on, again and again; returns how often."""
    began_s, times = time.monotonic(), 0
    while time.monotonic() - began_s < for_s:
        pid = host.pid_of(id)
        if pid:
            # One that is started anew meanwhile is another one.
            signal_pid(pid, signal.SIGSTOP)
            time.sleep(random.uniform(*STOPPED_S))
            signal_pid(pid, signal.SIGCONT)
            times += 1
        time.sleep(random.uniform(*RUNS_S))
    return times


@contextmanager
def flickering_engine(zone: Machines, random: Random) -> Iterator[str]:
    host = _one(zone, random)
    times = flicker(host, "engine", random)
    yield f"the engine of {host.name} stood still {times} times"


@contextmanager
def flickering_server(zone: Machines, random: Random) -> Iterator[str]:
    host = zone[random.choice(list(zone.hosts))]
    times = flicker(host, "collaboration-1", random)
    yield f"collaboration-1 of {host.name} stood still {times} times"
