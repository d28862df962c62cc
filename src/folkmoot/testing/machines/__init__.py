"""Machines for tests: hosts with networks and disks of their own, and people who use them.

    with running_machines(tmp_path, 3) as machines:
        machines.grow()
        people = machines.people(tmp_path / "history.jsonl")
        room = people.create_room("h2")
        people.join("ada", room, "h1")
        machines["h1"].power_off()

A host is a network namespace with a small disk in memory that runs the real `folkmoot up`; people
are Python clients in a namespace and a process of their own, which write down all they do and see.
Everything here waits and blocks: it is for tests and measurements, never for a server's loop.
docs/cluster-tests.md describes it.
"""

from __future__ import annotations

from folkmoot.testing.machines.machine import Machine
from folkmoot.testing.machines.people import People
from folkmoot.testing.machines.zone import Machines, running_machines, why_not

__all__ = ["Machine", "Machines", "People", "running_machines", "why_not"]
