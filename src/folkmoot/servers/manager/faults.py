"""Faults that an operator's drill orders of a process manager: on this node, on purpose.

They end processes as a crash does, without a word to anybody; what follows is what follows a crash.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Mapping
from typing import Final

from folkmoot.servers.manager import procfs
from folkmoot.zone.child import Child
from folkmoot.zone.orders import Answer, Order

PROCESS_MANAGER: Final = "process-manager"
ANSWERED_S: Final = 0.05
"""So long the answer has before the process manager ends itself."""

FREEZE_MS_MAX: Final = 60_000

log = logging.getLogger("folkmoot.manager")


def kill(order: Order, children: Mapping[str, Child]) -> Answer:
    """Kills a process, or with an empty `id` all of the node at once but its launcher."""
    if order.id == PROCESS_MANAGER:
        _kill_self()
        return Answer(count=1)
    if order.id:
        child = children.get(order.id)
        if child is None or not child.pid:
            return Answer(refused=f"{order.id!r} does not run here, so it cannot be killed.")
        procfs.kill_group(child.pid)
        return Answer(count=1)
    killed = [child.pid for child in children.values() if child.pid]
    for pid in killed:
        procfs.kill_group(pid)
    _kill_self()
    return Answer(count=len(killed) + 1)


def freeze(order: Order, children: Mapping[str, Child]) -> Answer:
    """Lets a process stand still for `for_ms`."""
    child = children.get(order.id)
    if child is None or not child.pid:
        return Answer(refused=f"{order.id!r} does not run here, so it cannot stand still.")
    if not 0 < order.for_ms <= FREEZE_MS_MAX:
        return Answer(refused=f"A process stands still for 1 to {FREEZE_MS_MAX} ms.")
    pid, started = child.pid, procfs.started(child.pid)
    if not started or not procfs.kill_same(pid, started, signal.SIGSTOP):
        return Answer(refused=f"{order.id!r} has just ended.")
    asyncio.get_running_loop().call_later(
        order.for_ms / 1000, procfs.kill_same, pid, started, signal.SIGCONT
    )
    return Answer(count=1)


def _kill_self() -> None:
    loop = asyncio.get_running_loop()
    loop.call_later(ANSWERED_S, os.kill, os.getpid(), signal.SIGKILL)
