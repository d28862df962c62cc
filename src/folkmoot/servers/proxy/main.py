"""The proxy's process: starts Caddy, watches it, and ends with it.

Its manager starts it again, as any process. When this one is killed, Linux ends Caddy too.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import signal
import socket
from typing import TYPE_CHECKING, Final

from folkmoot.data_folder import write_atomically
from folkmoot.errors import OperatorError
from folkmoot.servers.proxy.caddy import addresses, configuration, program

if TYPE_CHECKING:
    from folkmoot.servers.runtime import Runtime

STOP_WAIT_S: Final = 2.0
LOOK_S: Final = 0.1
PR_SET_PDEATHSIG: Final = 1

_libc = ctypes.CDLL(None, use_errno=True)


async def main(runtime: Runtime) -> None:
    """Runs Caddy until told to stop. Errors: `OperatorError` when it ends by itself."""
    node, storage = runtime.node_record, runtime.data / "caddy"
    storage.mkdir(mode=0o700, exist_ok=True)
    told = runtime.data / "run" / "caddy.json"
    write_atomically(told, json.dumps(configuration(node, storage), indent=2).encode())
    caddy = await asyncio.create_subprocess_exec(
        str(program()),
        "run",
        "--config",
        str(told),
        stdin=asyncio.subprocess.DEVNULL,
        preexec_fn=_end_with_parent,
    )
    ended = asyncio.create_task(caddy.wait(), name="caddy")
    try:
        while not runtime.stopping.is_set():
            if ended.done():
                raise OperatorError(
                    f"Caddy ended (exit code {ended.result()}); its words are in"
                    f" {runtime.data / 'logs' / (runtime.id + '.out')}."
                )
            if runtime.load.state != "ready" and all(map(_answers, addresses(node))):
                runtime.load.state = "ready"
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(runtime.stopping.wait(), LOOK_S)
    finally:
        if caddy.returncode is None:
            caddy.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(ended), STOP_WAIT_S)
        if caddy.returncode is None:
            caddy.kill()
        await ended


def _answers(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection((address[0] or "127.0.0.1", address[1]), LOOK_S):
            return True
    except OSError:
        return False


def _end_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
