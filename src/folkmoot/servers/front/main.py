"""The front door's process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import TYPE_CHECKING, Final

from folkmoot.servers.front.door import WAITING_MAX, FrontDoor
from folkmoot.servers.sockets import allow_descriptors

if TYPE_CHECKING:
    from folkmoot.servers.runtime import Runtime

LISTEN_FD: Final = "FOLKMOOT_LISTEN_FD"
STOP_WAIT_S: Final = 1.0
REPORT_INTERVAL_S: Final = 0.5


async def main(runtime: Runtime) -> None:
    """Serves the listening socket whose descriptor is in FOLKMOOT_LISTEN_FD until told to stop."""
    listener = socket.socket(fileno=int(os.environ[LISTEN_FD]))
    allow_descriptors(WAITING_MAX + 256)
    door = FrontDoor(listener, runtime.data, runtime.log, encrypted=runtime.node_record.encrypted)
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
