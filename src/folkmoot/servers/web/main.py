"""The web server's process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import folkmoot
from folkmoot.data_folder import Node, people_pem
from folkmoot.ports import LogUnavailable
from folkmoot.servers.doors.origin import origins_of
from folkmoot.servers.sockets import pass_path
from folkmoot.servers.tls.contexts import Contexts
from folkmoot.servers.tls.decrypting import Decrypting
from folkmoot.servers.web.api import build_api
from folkmoot.servers.web.gate import Gate
from folkmoot.servers.web.http_server import LOOPBACK, HttpServer
from folkmoot.servers.web.pages import Pages
from folkmoot.servers.web.services import Services
from folkmoot.servers.web.zone_report import Reporter, subject_of
from folkmoot.servers.web.zone_watch import ZoneWatch

if TYPE_CHECKING:
    from folkmoot.servers.runtime import Runtime

REPORT_INTERVAL_S: Final = 0.5
KEY_RETRY_S: Final = 0.2


async def main(runtime: Runtime) -> None:
    """Serves HTTP until told to stop; also while the engine is away."""

    async def query_status() -> dict[str, Any]:
        from folkmoot.servers.manager.control import query_status as ask

        return await ask(runtime.data)

    node = runtime.node_record
    services = Services(
        runtime.engine,
        runtime.zone,
        runtime.settings,
        query_status,
        runtime.zone.wall_ms,
        draining=lambda: runtime.load.draining,
        unencrypted=node.unencrypted,
    )
    reporter = Reporter(
        runtime.data, runtime.node, query_status, runtime.node_record.encryption
    )
    services.watch = ZoneWatch(
        runtime.engine,
        runtime.zone,
        reporter,
        runtime.node,
        lambda: runtime.engine.log.replication(),
        services.now_ms,
    )
    runtime.zone.on_event(services.watch.heard)
    runtime.spawn(_report(runtime, reporter), "report")
    pages = Pages(Path(folkmoot.__file__).parent / "web_dist")
    gate = Gate(
        build_api(services),
        pages,
        services.metrics,
        lambda: origins_of(entry.beat.url for entry in runtime.zone.processes()),
        encrypted=node.encryption in ("tls", "domain"),
    )
    server = HttpServer(gate, runtime.log, proxies=_proxies(node))
    await server.start()
    decrypting = None
    if node.encrypted:
        contexts = Contexts(people_pem(runtime.data), runtime.log)
        runtime.spawn(contexts.watch(), "certificate")
        decrypting = Decrypting(contexts, runtime.data, runtime.id, server.make_protocol)
    server.serve_passed(pass_path(runtime.data, runtime.id), decrypting)
    runtime.load.address, runtime.load.port = "127.0.0.1", server.port
    runtime.load.state = "ready"
    runtime.spawn(_learn_key(services), "signing-key")
    while not await runtime.until_stopping(REPORT_INTERVAL_S):
        runtime.load.connections = server.connections
        if decrypting is not None:
            runtime.load.relayed = decrypting.relayed
    await server.stop()


def _proxies(node: Node) -> Sequence[str]:
    """Whose word about a client is taken: where only this machine can connect, a proxy's."""
    return LOOPBACK if node.encryption in ("local", "domain") else ()


async def _report(runtime: Runtime, reporter: Reporter) -> None:
    """Answers for this node when a web server of the zone asks, also when the engine comes late."""
    while True:
        await runtime.engine.wait_connected()
        try:
            await runtime.engine.messaging.respond(subject_of(runtime.node), reporter.answer)
            return
        except LogUnavailable:
            await asyncio.sleep(KEY_RETRY_S)


async def _learn_key(services: Services) -> None:
    """Reads the signing key as soon as the engine is there, so joins need not wait for it."""
    while services.keys.known is None:
        try:
            await services.keys.signing()
        except LogUnavailable:
            await asyncio.sleep(KEY_RETRY_S)
