"""Entry of the role `collaboration`."""

from __future__ import annotations

import asyncio
from typing import Final

from folkmoot.ports import LogUnavailable
from folkmoot.servers.collaboration.server import CollaborationServer
from folkmoot.servers.doors.keys import ZoneKeys
from folkmoot.servers.runtime import Runtime
from folkmoot.servers.websocket import WebSocketServer

DRAIN_LIMIT_S: Final = 2.0
REPORT_EVERY_S: Final = 0.2
RETRY_S: Final = 0.1


async def main(runtime: Runtime) -> None:
    """Serves until the process is told to stop."""
    engine, settings = runtime.engine, runtime.settings
    await engine.wait_prepared()
    server = CollaborationServer(
        engine,
        runtime.zone,
        f"{runtime.id}.{runtime.incarnation}",
        settings,
        await _signing_key(runtime),
    )
    sockets = WebSocketServer(
        server.accept,
        log=runtime.log,
        half_open_timeout_ms=settings.half_open_timeout_ms,
        connections_max=settings.connections_max,
    )
    await sockets.start()
    sockets.serve_passed(runtime.data / "run" / "pass" / f"{runtime.id}.sock")
    runtime.load.port = sockets.port
    runtime.load.state = "ready"
    runtime.spawn(server.run(), "ticks")
    while not runtime.stopping.is_set():
        runtime.load.connections = server.connections
        runtime.load.conferences = len(server.rooms)
        try:
            async with asyncio.timeout(REPORT_EVERY_S):
                await runtime.stopping.wait()
        except TimeoutError:
            continue
    runtime.load.state = "stopping"
    sockets.stop_accepting()
    await server.drain(DRAIN_LIMIT_S)
    await sockets.stop()


async def _signing_key(runtime: Runtime) -> bytes:
    keys = ZoneKeys(runtime.engine.bucket("zone"))
    while True:
        try:
            return await keys.signing()
        except LogUnavailable:
            await asyncio.sleep(RETRY_S)
