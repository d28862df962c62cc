"""Entry of the role `collaboration`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from folkmoot.conference.state import LEVEL
from folkmoot.data_folder import people_pem
from folkmoot.ports import LogUnavailable
from folkmoot.servers.collaboration import told
from folkmoot.servers.collaboration.moves import Moves
from folkmoot.servers.collaboration.room import now_ms
from folkmoot.servers.collaboration.server import CollaborationServer
from folkmoot.servers.doors.keys import ZoneKeys
from folkmoot.servers.doors.origin import origins_of
from folkmoot.servers.draining import DrainingFile
from folkmoot.servers.runtime import Runtime
from folkmoot.servers.sockets import pass_path
from folkmoot.servers.tls.contexts import Contexts
from folkmoot.servers.tls.decrypting import Decrypting
from folkmoot.servers.websocket import WebSocketServer
from folkmoot.servers.zone_level import ZoneLevel

LET_GO_S: Final = 0.8
DRAIN_LIMIT_S: Final = 2.0
REPORT_EVERY_S: Final = 0.25
RETRY_S: Final = 0.1

_Known = TypeVar("_Known")


async def main(runtime: Runtime) -> None:
    """Serves until the process is told to stop."""
    engine, settings = runtime.engine, runtime.settings
    await engine.wait_prepared()
    server = CollaborationServer(
        engine,
        runtime.zone,
        f"{runtime.id}.{runtime.incarnation}",
        settings,
        await _until_known(ZoneKeys(engine.bucket("zone")).signing),
    )
    level = ZoneLevel(engine.bucket("zone"), lambda told: _level_told(runtime, told))
    await _until_known(level.look)
    server.zone_level = lambda: min(level.value, LEVEL)
    runtime.spawn(level.run(), "level")
    sockets = WebSocketServer(
        server.accept,
        log=runtime.log,
        origins_allowed=lambda: origins_of(e.beat.url for e in runtime.zone.processes()),
        half_open_timeout_ms=settings.half_open_timeout_ms,
        connections_max=settings.connections_max,
    )
    await sockets.start()
    decrypting = None
    if runtime.node_record.encrypted:
        contexts = Contexts(people_pem(runtime.data), runtime.log)
        runtime.spawn(contexts.watch(), "certificate")
        decrypting = Decrypting(
            contexts,
            runtime.data,
            runtime.id,
            sockets.make_protocol,
            on_relayed=sockets.not_ours,
        )
    sockets.serve_passed(pass_path(runtime.data, runtime.id), decrypting)
    runtime.load.port = sockets.port
    runtime.load.connections_max = settings.connections_max
    runtime.load.state = "ready"
    runtime.spawn(server.run(), "ticks")
    file = DrainingFile(runtime.data)
    moves = Moves(
        server,
        runtime.zone,
        runtime.server,
        lambda: runtime.load.draining,
        lambda: file.read().processes,
    )
    runtime.spawn(moves.run(), "moves")
    runtime.spawn(runtime.zone.respond(moves.answer), "orders")

    async def tell_rooms(request: bytes) -> bytes:
        return await told.answer(server)

    rooms = engine.messaging.respond(told.SUBJECT + runtime.server, tell_rooms)
    runtime.spawn(rooms, "rooms")
    while not await runtime.until_stopping(REPORT_EVERY_S):
        _tell_load(runtime, server)
        if decrypting is not None:
            runtime.load.relayed = decrypting.relayed
    runtime.load.state = "stopping"
    sockets.stop_accepting()
    await moves.let_all_go(LET_GO_S)
    await server.drain(DRAIN_LIMIT_S)
    await sockets.stop()


def _tell_load(runtime: Runtime, server: CollaborationServer) -> None:
    """Fills in what only this role knows of its load."""
    load, at_ms = runtime.load, now_ms()
    rooms = list(server.rooms.values())
    load.connections = server.connections
    load.attached = sum(m.attached for r in rooms for m in r.host.members.values())
    load.conferences = len(rooms)
    load.commit_ms = float(max((r.host.batcher.waiting_ms(at_ms) for r in rooms), default=0))
    load.backlog_bytes = sum(c.queued_bytes for r in rooms for c in r.connections.values())


def _level_told(runtime: Runtime, level: int) -> None:
    runtime.load.zone_level = level
    runtime.log.info("the zone is at level %d", level)
    if level > LEVEL:
        runtime.log.error("alarm: the zone is at level %d; this server knows %d", level, LEVEL)


async def _until_known(ask: Callable[[], Awaitable[_Known]]) -> _Known:
    """What the engine tells, once it does."""
    while True:
        try:
            return await ask()
        except LogUnavailable:
            await asyncio.sleep(RETRY_S)
