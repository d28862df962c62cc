"""pycrdt-websocket on uvicorn with uvloop, at the port in argv; documents in memory.

Run by a Python that has it on its path; nothing of Folkmoot is imported.
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from pycrdt.websocket import ASGIServer, WebsocketServer


async def main() -> None:
    websockets = WebsocketServer()
    config = uvicorn.Config(
        ASGIServer(websockets), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning",
        loop="uvloop", lifespan="off", ws="auto",
    )  # fmt: skip
    async with websockets:
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
