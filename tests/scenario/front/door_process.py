"""A front door as a process of its own: `python door_process.py DATA [DESCRIPTORS_MAX]`.

Runs the real `main`; the runtime around it is the least that `main` uses.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import uvloop

from folkmoot.data_folder import Node
from folkmoot.servers.front.main import main


async def run(data: Path) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    runtime = SimpleNamespace(
        data=data,
        log=logging.getLogger("front"),
        node_record=Node("one"),
        load=SimpleNamespace(state="starting", connections=0),
        stopping=stopping,
    )
    await main(runtime)  # type: ignore[arg-type]


if __name__ == "__main__":
    if len(sys.argv) > 2:
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]), int(sys.argv[2])))
    uvloop.run(run(Path(sys.argv[1])))
