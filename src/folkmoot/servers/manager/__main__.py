"""`python -m folkmoot.servers.manager --data DIR`: started by the launcher, never by hand."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Final

import uvloop

from folkmoot.data_folder import Node, load_node, tls_paths
from folkmoot.errors import OperatorError
from folkmoot.servers.logs import set_up_logging
from folkmoot.servers.manager.changing_on import keep_changing
from folkmoot.servers.manager.engine_child import EmbeddedEngine
from folkmoot.servers.manager.join_server import JoinServer
from folkmoot.servers.manager.launcher_link import LINK_FD, LISTEN_FD, LOCK_FD
from folkmoot.servers.manager.manager import ProcessManager, Replaced
from folkmoot.servers.manager.plan import default_plan, load_plan
from folkmoot.servers.manager.records import Fenced
from folkmoot.servers.runtime import settings_of

EXIT_OPERATOR: Final = 2
EXIT_FENCED: Final = 3
EXIT_REPLACED: Final = 4

log = logging.getLogger("folkmoot.manager")


def main() -> int:
    parser = argparse.ArgumentParser(prog="folkmoot-process-manager")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--plan", type=Path, help="run these processes instead of a node's usual")
    parser.add_argument("--stop", action="store_true", help="adopt what runs, and stop it")
    arguments = parser.parse_args()
    set_up_logging(arguments.data, "process-manager")
    try:
        uvloop.run(_run(arguments.data, arguments.plan, stop=arguments.stop))
    except OperatorError as error:
        log.error("%s", error)
        print(error, file=sys.stderr)
        return EXIT_OPERATOR
    except Fenced as fenced:
        log.warning("%s; this one ends", fenced)
        return EXIT_FENCED
    except Replaced as replaced:
        log.info("%s", replaced)
        return EXIT_REPLACED
    except Exception:
        log.exception("the process manager ends with a bug")
        raise
    return 0


async def _run(data: Path, plan_file: Path | None, *, stop: bool) -> None:
    node = load_node(data)
    settings = settings_of(node)
    embedded = None
    if plan_file is not None:
        plan = load_plan(plan_file)
    else:
        embedded = None if node.engine_external else EmbeddedEngine(data, node)
        plan = default_plan(
            data,
            settings,
            engine=embedded.command_line() if embedded else None,
            roles=node.roles,
            proxy=bool(node.domain),
        )
    descriptors = {name: int(os.environ.pop(name)) for name in (LISTEN_FD, LOCK_FD, LINK_FD)}
    for descriptor in descriptors.values():
        os.set_inheritable(descriptor, False)
    manager = ProcessManager(
        data,
        node,
        settings,
        plan,
        embedded,
        in_zone=plan_file is None,
        descriptors=descriptors,
        launcher_arguments=("--plan", str(plan_file)) if plan_file else (),
    )
    _stop_on_signals(manager)
    if stop:
        asyncio.get_running_loop().call_soon(manager.stop)
    gc.freeze()
    doorkeeper = await _let_others_in(data, node)
    changing = asyncio.get_running_loop().create_task(_keep_changing(data, node), name="changing")
    try:
        await manager.run()
    finally:
        changing.cancel()
        if doorkeeper is not None:
            doorkeeper.close()


def _stop_on_signals(manager: ProcessManager) -> None:
    """SIGTERM stops in order; a terminal's Ctrl-C is the launcher's to hear.

    SIGHUP looks at the certificate at once: what renews certificates knows that signal.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, manager.stop)
    loop.add_signal_handler(signal.SIGHUP, manager.certificate.look)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


async def _keep_changing(data: Path, node: Node) -> None:
    if not node.zone_address:
        return
    try:
        await keep_changing(data)
    except Exception:
        # Supervision goes on; an operator can go on by hand.
        log.exception("what looks after changes of the engines has ended")


async def _let_others_in(data: Path, node: Node) -> JoinServer | None:
    """The server for nodes that join, on the node that can sign their certificates."""
    if not node.zone_address or not tls_paths(data).authority_key.exists():
        return None
    server = JoinServer(data, node)
    try:
        await server.start()
    except OSError as error:
        # The zone works without it; only joining does not.
        log.error("other nodes cannot join: %s", error)
        return None
    return server


if __name__ == "__main__":
    sys.exit(main())
