"""How a process of a node gets to the engine: address, user, password and certificate."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from folkmoot.data_folder import Node, host_in_url, tls_paths
from folkmoot.engine.configuration import user_of_role
from folkmoot.engine.tls import NodeContext
from folkmoot.errors import OperatorError
from folkmoot.settings import Settings

if TYPE_CHECKING:
    from folkmoot.engine import Engine


def engine_user(node: Node, role: str) -> tuple[str, str]:
    """User and password for a role; the least of them on a node that has not got the role's own."""
    known = node.engine_credentials
    if not known:
        return "", ""
    user = user_of_role(role)
    user = user if user in known else "service"
    return user, known.get(user, "")


def tls_context(data: Path, node: Node) -> NodeContext | None:
    """What an engine on another machine is shown, and must show; None for one on loopback."""
    if not any(url.startswith("tls://") for url in node.engine_urls):
        return None
    paths = tls_paths(data)
    if not paths.certificate.exists():
        # Somebody else's engine: the client library checks its certificate by itself.
        return None
    try:
        context = NodeContext(ssl.PROTOCOL_TLS_CLIENT)
        context.follow(paths.authority, paths.certificate, paths.key)
    except OSError as error:
        raise OperatorError(
            f"The certificates in {paths.folder} cannot be used ({error}); restore them from a"
            " backup, or join again with an empty data folder."
        ) from None
    return context


async def connect_engine(data: Path, node: Node, settings: Settings, id: str, role: str) -> Engine:
    """Starts connecting as this process of the node; see `Engine.connect`."""
    user, password = engine_user(node, role)
    return await _connect(data, node, settings, id, user, password)


async def connect_system(data: Path, node: Node) -> Engine:
    """Connects as who may change which engines belong together; on engine nodes only."""
    from folkmoot.engine.configuration import SYSTEM_USER, system_password

    password = system_password(node.engine_credentials)
    return await _connect(data, node, Settings(), "system", SYSTEM_USER, password)


async def _connect(
    data: Path, node: Node, settings: Settings, id: str, user: str, password: str
) -> Engine:
    from folkmoot.engine.connection import connect

    return await connect(
        engine_order(node),
        name=f"{node.name} {id}",
        settings=settings,
        user=user,
        password=password,
        tls=tls_context(data, node),
        home=home_of(node),
    )


def home_of(node: Node) -> str:
    """The address that this node's engine has once it is one of several; empty without one."""
    may = node.zone_address and (node.member or not node.joined)
    return f"tls://{host_in_url(node.zone_address)}:{node.zone_port}" if may else ""


def engine_order(node: Node) -> list[str]:
    """In which order a process tries the engines: its own node's first.

    Shape: nodes without one begin with different ones, so that an engine's end is felt by few; all
    processes of a node with the same.
    """
    urls = node.engine_urls
    if home_of(node) or not node.joined:
        return urls
    return sorted(urls, key=lambda url: hashlib.sha256(f"{node.name} {url}".encode()).digest())
