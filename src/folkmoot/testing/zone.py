"""A real zone for tests: `folkmoot up` with every process, in a folder and on a port of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from folkmoot.errors import OperatorError, invariant
from folkmoot.servers.manager.control import query_status
from folkmoot.testing.engine_process import free_ports

READY_S_MAX: Final = 60.0
STOP_S_MAX: Final = 20.0
POLL_S: Final = 0.02


class Zone:
    """One `folkmoot up` as a child.

    Shape: with `trust` its address is one of TLS, and that is whom we believe; `python` is whose
    Folkmoot runs.
    Caller: `start`, then kill what is wanted, then `stop`; or use `running_zone`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: dict[str, int] | None = None,
        trust: ssl.SSLContext | None = None,
        python: str = sys.executable,
    ) -> None:
        self.folder = folder
        self.python = python
        self.trust = trust
        self.port = free_ports(1)[0]
        self.url = f"{'https' if trust else 'http'}://127.0.0.1:{self.port}"
        self.settings = settings or {}
        self._launcher: asyncio.subprocess.Process | None = None

    @property
    def launcher(self) -> asyncio.subprocess.Process:
        if self._launcher is None:
            raise RuntimeError("the zone was not started")
        return self._launcher

    async def start(self, *options: str) -> None:
        """Returns when it says that it is ready. Errors: `TimeoutError`, `InvariantViolated`."""
        if self.settings:
            self.folder.mkdir(parents=True, exist_ok=True)
            node = {"name": "test-node", "settings": self.settings}
            (self.folder / "node.json").write_text(json.dumps(node))
        self._launcher = await asyncio.create_subprocess_exec(
            self.python,
            "-P",
            "-m",
            "folkmoot.cli.main",
            "up",
            "--data",
            str(self.folder),
            "--port",
            str(self.port),
            *options,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told = []
        async with asyncio.timeout(READY_S_MAX):
            while line := await self._output().readline():
                told.append(line.decode())
                if b"Folkmoot is ready" in line:
                    return
        invariant(False, "folkmoot up says that it is ready", output="".join(told))

    async def stop(self) -> float:
        """Ends it in order, as Ctrl-C does; returns how many seconds that took.

        If the launcher was killed, its successor is asked by `folkmoot down`.
        """
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        async with asyncio.timeout(STOP_S_MAX):
            if self.launcher.returncode is None:
                self.launcher.send_signal(signal.SIGINT)
                await self._output().read()
                await self.launcher.wait()
            else:
                await self._down()
        return loop.time() - began_s

    async def _down(self) -> None:
        down = await asyncio.create_subprocess_exec(
            self.python,
            "-P",
            "-m",
            "folkmoot.cli.main",
            "down",
            "--data",
            str(self.folder),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await down.wait()

    async def status(self) -> list[dict[str, Any]]:
        """The rows of `folkmoot status --json`."""
        told = await query_status(self.folder)
        rows: list[dict[str, Any]] = told["processes"]
        return rows

    async def pid(self, id_: str) -> int:
        """Pid of a process, once it runs. Errors: `TimeoutError`."""
        found: list[int] = []

        def runs(rows: list[dict[str, Any]]) -> bool:
            found[:] = [int(row["pid"]) for row in rows if row["id"] == id_ and row["pid"]]
            return bool(found)

        await self.wait_status(runs)
        return found[0]

    async def kill(self, id_: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Sends a signal to one process and returns its pid."""
        pid = await self.pid(id_)
        os.kill(pid, number)
        return pid

    async def wait_replaced(self, id_: str, old_pid: int, within_s: float = 30.0) -> None:
        """Returns when another process with this id is ready. Errors: `TimeoutError`."""

        def replaced(rows: list[dict[str, Any]]) -> bool:
            return any(
                row["id"] == id_
                and row["pid"] not in (0, None, old_pid)
                and row["state"] in ("ready", "running")
                for row in rows
            )

        await self.wait_status(replaced, within_s)

    async def wait_status(
        self, condition: Callable[[list[dict[str, Any]]], bool], within_s: float = 30.0
    ) -> None:
        """Returns when the status satisfies a condition. Errors: `TimeoutError`."""
        async with asyncio.timeout(within_s):
            while True:
                try:
                    if condition(await self.status()):
                        return
                except (OSError, ValueError, OperatorError):
                    pass  # the process manager is being replaced
                await asyncio.sleep(POLL_S)

    async def create_room(self, title: str = "Test", **plan: object) -> dict[str, Any]:
        """Creates a room; returns the API's answer."""
        async with httpx.AsyncClient(
            trust_env=False, timeout=10, verify=self.trust or False
        ) as http:
            answer = await http.post(f"{self.url}/api/v1/rooms", json={"title": title, **plan})
            answer.raise_for_status()
            room: dict[str, Any] = answer.json()
            return room

    def _output(self) -> asyncio.StreamReader:
        output = self.launcher.stdout
        if output is None:
            raise RuntimeError("the launcher has no output")
        return output


@asynccontextmanager
async def running_zone(
    folder: Path,
    *options: str,
    settings: dict[str, int] | None = None,
    trust: ssl.SSLContext | None = None,
    python: str = sys.executable,
) -> AsyncIterator[Zone]:
    """A ready zone, stopped at the end; whatever is left of it then is killed."""
    zone = Zone(folder, settings=settings, trust=trust, python=python)
    try:
        await zone.start(*options)
        yield zone
    finally:
        try:
            await zone.stop()
        finally:
            _kill_rest(zone)


def _kill_rest(zone: Zone) -> None:
    """Kills what survived, managers first so that nothing is started again."""
    for _ in range(3):
        left = [pid for pid, words in _commands() if _names(words, str(zone.folder))]
        supervising = [
            pid
            for pid, words in _commands()
            if pid in left and not any(word == "folkmoot.cli.serve" for word in words)
        ]
        for pid in supervising + left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def _commands() -> list[tuple[int, list[str]]]:
    """Every other process with its command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            found.append((int(entry.name), words))
    return found


def _names(words: list[str], folder: str) -> bool:
    return any(word == folder or word.startswith(folder + "/") for word in words)
