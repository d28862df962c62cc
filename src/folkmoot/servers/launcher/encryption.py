"""How people's connections are to be encrypted, and whether the proxy of `--domain` can start."""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from folkmoot.data_folder import Node
from folkmoot.errors import OperatorError
from folkmoot.servers.manager import procfs

PROXY_ID: Final = "proxy-1"
_NAME: Final = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}")


class Asked(Protocol):
    """The part of `Options` that is looked at here."""

    @property
    def host(self) -> str: ...
    @property
    def domain(self) -> str | None: ...
    @property
    def https_port(self) -> int | None: ...
    @property
    def http_port(self) -> int | None: ...
    @property
    def internal_ca(self) -> bool | None: ...
    @property
    def insecure(self) -> bool | None: ...
    @property
    def tls_cert(self) -> Path | None: ...
    @property
    def tls_key(self) -> Path | None: ...


def encryption_fields(asked: Asked) -> dict[str, Any]:
    """Fields of `Node` that say how people's connections are encrypted; one way takes the others'
    place. Errors: `OperatorError`.
    """
    ways = (asked.tls_cert is not None, asked.domain is not None, asked.insecure is True)
    if sum(ways) > 1:
        raise OperatorError(
            "A certificate (--tls-cert), --domain and --insecure are three ways; give one of them."
        )
    if (asked.tls_cert is None) != (asked.tls_key is None):
        raise OperatorError("--tls-cert and --tls-key belong together; give both.")
    place: dict[str, Any] = {"tls_cert": "", "tls_key": "", "domain": ""} if any(ways) else {}
    if asked.tls_cert is not None and asked.tls_key is not None:
        place["tls_cert"] = str(asked.tls_cert.absolute())
        place["tls_key"] = str(asked.tls_key.absolute())
    if asked.insecure is not None:
        place["insecure"] = asked.insecure
    return place | _domain_fields(asked)


def _domain_fields(asked: Asked) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if asked.domain is not None:
        domain = asked.domain.lower().rstrip(".")
        if not _NAME.fullmatch(domain) or domain.replace(".", "").isdecimal():
            raise OperatorError(
                f"{asked.domain} is no name for --domain; write it as meet.example.org."
            )
        place["domain"] = domain
    for field, lowest in (("https_port", 1), ("http_port", 0)):
        port = getattr(asked, field)
        if port is None:
            continue
        if not lowest <= port <= 65_535:
            option = "--" + field.replace("_", "-")
            raise OperatorError(f"{option} takes a number from {lowest} to 65535, not {port}.")
        place[field] = port
    if asked.internal_ca is not None:
        place["internal_ca"] = asked.internal_ca
    return place


def check_proxy(node: Node, asked: Asked, left: Sequence[procfs.Running]) -> None:
    """Whether the proxy can be started, unless one of `left` is ours and runs already.

    Errors: `OperatorError`, a sentence that says what to do.
    """
    if not node.domain or (node.roles and "front" not in node.roles):
        return
    if asked.host not in ("127.0.0.1", "localhost"):
        raise OperatorError(
            "With --domain people come by the proxy; leave --host at 127.0.0.1, where it looks."
        )
    # Only now: who needs no proxy need not have it installed.
    from folkmoot.servers.proxy.caddy import addresses, program

    program()
    if not any(running.id == PROXY_ID for running in left):
        for host, port in addresses(node):
            _check_port(host, port, "https" if port == node.https_port else "http")


def _check_port(host: str, port: int, kind: str) -> None:
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise OperatorError(_why_not(port, kind, error)) from None


def _why_not(port: int, kind: str, error: OSError) -> str:
    other = f"choose another with --{kind}-port"
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port}, which --domain needs, is in use by another program; stop that, or"
            f" {other}."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            f"Port {port}, which --domain needs, may not be used by this user; allow it (sysctl"
            f" net.ipv4.ip_unprivileged_port_start={min(port, 80)}), or {other}."
        )
    return f"Port {port}, which --domain needs, cannot be used ({error.strerror}); {other}."
