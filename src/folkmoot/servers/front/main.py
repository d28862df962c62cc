"""The front door's process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
from typing import TYPE_CHECKING, Final

from folkmoot.servers.front.door import WAITING_MAX, FrontDoor

if TYPE_CHECKING:
    from folkmoot.servers.runtime import Runtime

LISTEN_FD: Final = "FOLKMOOT_LISTEN_FD"
STOP_WAIT_S: Final = 1.0
REPORT_INTERVAL_S: Final = 0.5


async def main(runtime: Runtime) -> None:
    """Serves the listening socket whose descriptor is in FOLKMOOT_LISTEN_FD until told to stop."""
    listener = socket.socket(fileno=int(os.environ[LISTEN_FD]))
    _raise_descriptor_limit()
    door = FrontDoor(listener, runtime.data, runtime.log)
    runtime.load.state = "ready"
    try:
        while not runtime.stopping.is_set():
            runtime.load.connections = door.waiting
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(runtime.stopping.wait(), REPORT_INTERVAL_S)
        door.stop_accepting()
        await door.drain(STOP_WAIT_S)
    finally:
        door.close()
        listener.detach()


def _raise_descriptor_limit() -> None:
    """Room for all that may wait at once, as far as the hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WAITING_MAX + 256
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
