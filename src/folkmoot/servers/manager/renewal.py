"""A node's certificate is renewed long before it expires, with the old one as proof.

The key stays the same, and so does what the engines pin. The first node signs its own; the others
ask it, on the port where nodes join.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from folkmoot.data_folder import load_node, tls_paths, write_atomically
from folkmoot.engine import certificates
from folkmoot.engine.tls import NodeContext
from folkmoot.errors import OperatorError
from folkmoot.servers.manager import directory, membership
from folkmoot.servers.manager.asking import asked_again
from folkmoot.servers.manager.directory import Listed
from folkmoot.servers.manager.membership import JOIN_PORT_OFFSET, Renewal, RenewalRequest
from folkmoot.servers.manager.node_orders import reload_engine

LEFT_SHARE_MIN: Final = 1 / 3
"""Of its time, when a certificate has less than that left it is renewed."""

FIRST_LOOK_S: Final = 10.0
LOOK_S: Final = 3_600.0
TIMEOUT_S: Final = 10.0
ANSWER_BYTES_MAX: Final = 64 * 1024

log = logging.getLogger("folkmoot.manager")


def is_due(begins_s: float, ends_s: float, now_s: float) -> bool:
    return ends_s - now_s < LEFT_SHARE_MIN * (ends_s - begins_s)


def renewed_by_first(data: Path, shown: bytes, request: bytes) -> bytes:
    """Signs anew for a node that shows its present certificate (in DER).

    Errors: `OperatorError` when it is none of the zone's, or not any more.
    """
    name, key = certificates.name_and_pin(shown)
    member = membership.read(data).members.get(name)
    if member is None or member.removed_s or member.key != key:
        raise OperatorError(f"{name or 'Who asks'} is no node of this zone, or not any more.")
    if certificates.pin_of_request(request) != key:
        raise OperatorError("A certificate is renewed for the same key only.")
    log.info("the certificate of %s is renewed", name)
    return certificates.issue(data, request, name, member.address)


def renew(data: Path, listed: Listed | None) -> None:
    """Gets a new certificate for this node and lets its engine take it.

    Errors: `OperatorError`, with the old one still in place.
    """
    node, paths = load_node(data), tls_paths(data)
    request = certificates.make_request(data, node.name)
    if directory.is_first(data):
        made = certificates.issue(data, request, node.name, node.zone_address)
    else:
        first = listed.nodes.get(listed.first) if listed is not None else None
        if first is None or not first.address:
            raise OperatorError("The zone's first node is not known yet; try again in a moment.")
        host, _, port = first.address.rpartition(":")
        made = _ask(data, host.strip("[]"), int(port) + JOIN_PORT_OFFSET, request)
        certificates.check_issued(paths.authority.read_bytes(), made)
    write_atomically(paths.certificate, made)
    reload_engine(data)
    log.info("this node's certificate was renewed")


def _ask(data: Path, host: str, port: int, request: bytes) -> bytes:
    paths = tls_paths(data)
    context = NodeContext(ssl.PROTOCOL_TLS_CLIENT)
    # Any node of the zone has a certificate of its authority; what comes back is checked by that.
    context.check_hostname = False
    line = msgspec.json.encode(RenewalRequest(request.decode())) + b"\n"
    try:
        context.follow(paths.authority, paths.certificate, paths.key)
        # Signed twice is signed once more: the node takes the last one.
        answer = asked_again(
            lambda: _exchange(context, host, port, line), f"{host} port {port}", log.info
        )
        told = msgspec.json.decode(answer, type=Renewal)
    except (OSError, msgspec.MsgspecError) as error:
        raise OperatorError(
            f"The zone's first node at {host} port {port} does not renew certificates ({error});"
            " is it running, and of the same version?"
        ) from None
    if told.error:
        raise OperatorError(told.error)
    return told.certificate.encode()


def _exchange(context: ssl.SSLContext, host: str, port: int, line: bytes) -> bytes:
    answer = b""
    with (
        socket.create_connection((host, port), timeout=TIMEOUT_S) as plain,
        context.wrap_socket(plain) as asking,
    ):
        asking.sendall(line)
        while not answer.endswith(b"\n") and len(answer) < ANSWER_BYTES_MAX:
            part = asking.recv(65_536)
            if not part:
                break
            answer += part
    return answer


async def keep_renewed(data: Path, listed_now: Callable[[], Listed | None]) -> None:
    """Looks every hour whether this node's certificate is to be renewed.

    Shape: `listed_now` is called for the zone's list of nodes.
    """
    await asyncio.sleep(FIRST_LOOK_S)
    while True:
        try:
            begins_s, ends_s = certificates.times_of(tls_paths(data).certificate.read_bytes())
            if is_due(begins_s, ends_s, time.time()):
                await asyncio.to_thread(renew, data, listed_now())
        except (OperatorError, OSError) as error:
            log.error("this node's certificate could not be renewed: %s", error)
        await asyncio.sleep(LOOK_S)
