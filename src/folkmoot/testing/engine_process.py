"""A real engine for tests, on a free port and a folder of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from folkmoot.engine import embedded
from folkmoot.engine.configuration import LOOPBACK, USERS
from folkmoot.errors import invariant

READY_S_MAX = 20.0
POLL_S = 0.01


class EngineProcess:
    """One embedded engine; `kill9` and `restart` keep its port, folder and passwords."""

    def __init__(self, folder: Path, *, store_bytes_max: int = 0) -> None:
        self.folder = folder
        self.store_bytes_max = store_bytes_max
        self.port, self.monitor_port = free_ports(2)
        self.url = f"nats://{LOOPBACK}:{self.port}"
        self.credentials = {user: secrets.token_hex(12) for user in USERS}
        self.known_file = folder / embedded.KNOWN_FILE
        self.log_file = folder / "engine.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        invariant(self._process is not None, "the engine was started")
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Returns when the engine is healthy. Errors: OperatorError, TimeoutError."""
        embedded.write_configuration(
            self.folder,
            name="test",
            port=self.port,
            monitor_port=self.monitor_port,
            credentials=self.credentials,
            store_bytes_max=self.store_bytes_max,
        )
        with self.log_file.open("ab") as output:
            self._process = embedded.start(self.folder, output)
        async with asyncio.timeout(READY_S_MAX):
            while not (await embedded.check_health(self.monitor_port)).healthy:
                invariant(
                    self._process.poll() is None,
                    "the engine stays up",
                    log=self.log_file.read_text()[-2000:],
                )
                await asyncio.sleep(POLL_S)

    async def kill9(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    async def restart(self) -> None:
        """Kills the engine if it runs and starts it again."""
        await self.kill9()
        await self.start()

    async def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(number)
        try:
            await asyncio.to_thread(process.wait, READY_S_MAX)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


@asynccontextmanager
async def running_engine(folder: Path, *, store_bytes_max: int = 0) -> AsyncIterator[EngineProcess]:
    """A healthy engine in the folder, killed at the end."""
    engine = EngineProcess(folder, store_bytes_max=store_bytes_max)
    try:
        await engine.start()
        yield engine
    finally:
        await engine.kill9()


class _Ports:
    """Ports to listen on, below those that the kernel gives to connections on their way out.

    Shape: each is told once, and the next ones up to `APART` are not told at all: a zone's engine
    takes some of them. Processes begin at different places, so that tests that run beside each
    other do not meet.
    """

    FIRST: Final = 12_000
    LAST: Final = 32_000
    STEP: Final = 389
    APART: Final = 8

    def __init__(self) -> None:
        self._next = os.getpid() * self.STEP

    def take(self) -> int:
        count = (self.LAST - self.FIRST) // self.APART
        for _ in range(count):
            self._next += 1
            port = self.FIRST + self._next % count * self.APART
            with socket.socket() as one, contextlib.suppress(OSError):
                one.bind((LOOPBACK, port))
                return port
        raise OSError("no port is free")


_ports = _Ports()


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different. Errors: OSError when there is none."""
    return [_ports.take() for _ in range(count)]
