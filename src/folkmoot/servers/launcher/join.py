"""`folkmoot up --join`: how a new node comes into a zone, before it is started.

The token is used once and then worth nothing; what it brought is kept in the data folder.
"""

from __future__ import annotations

import dataclasses
import hashlib
import ipaddress
import os
import socket
import ssl
import sys
import time
from pathlib import Path
from typing import Final

from folkmoot.data_folder import (
    Node,
    load_node,
    node_name,
    open_folder,
    tls_paths,
    write_atomically,
    write_node,
)
from folkmoot.errors import OperatorError
from folkmoot.folder_lock import take_lock

TIMEOUT_S: Final = 30.0
ANSWER_BYTES_MAX: Final = 64 * 1024
TOKEN_VARIABLE: Final = "FOLKMOOT_JOIN"


def token_text(told: str) -> str:
    """The token itself: `-` stands for standard input, `env` for $FOLKMOOT_JOIN."""
    if told == "-":
        return sys.stdin.readline()
    if told == "env":
        text = os.environ.pop(TOKEN_VARIABLE, "")
        if not text:
            raise OperatorError(f"${TOKEN_VARIABLE} is empty; put the join token there.")
        return text
    return told


def join(data: Path, text: str, *, name: str, zone_address: str, zone_port: int) -> str:
    """Makes the data folder that of a node of the token's zone; returns the zone's name.

    Errors: `OperatorError` when the token is not good, its zone does not answer, or the folder
    belongs to a zone already.
    """
    from folkmoot.servers.manager.membership import JoinRequest, decode_token

    token = decode_token(text)
    if token.engine and not zone_address:
        raise OperatorError("This token is for a node with an engine: add --zone-address IP.")
    if zone_address:
        check_address(zone_address)
    open_folder(data)
    lock = take_lock(data)
    try:
        node = _fresh_node(data, name, token.zone)
        if node is None:
            return token.zone
        # Nothing is asked before the folder could hold the answer.
        from folkmoot.engine.certificates import make_request

        write_node(data, node)
        request = make_request(data, node.name).decode()
        asked = JoinRequest(token.id, token.secret, node.name, request, zone_address, zone_port)
        _ask(data, node, token.host, token.port, token.fingerprint, asked)
    finally:
        os.close(lock)
    return token.zone


def check_address(address: str) -> None:
    """Errors: `OperatorError` unless it is one address, and of this machine."""
    try:
        parsed = ipaddress.ip_address(address)
        family = socket.AF_INET6 if parsed.version == 6 else socket.AF_INET
        if parsed.is_unspecified:
            raise ValueError("it is no single address")
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((address, 0))
    except (ValueError, OSError) as error:
        raise OperatorError(
            f"{address} is not an address of this machine ({error}); give --zone-address the one"
            " by which the zone's other nodes reach it."
        ) from None


def _fresh_node(data: Path, name: str, zone: str) -> Node | None:
    """A node to begin with; None when the folder is of that zone already."""
    if not (data / "node.json").exists():
        return Node(name or node_name())
    before = load_node(data)
    if before.joined and before.zone == zone:
        return None
    if before.joined or (data / "engine" / "store").exists():
        raise OperatorError(
            f"The data folder {data} belongs to a zone already; choose an empty one with --data."
        )
    return dataclasses.replace(before, name=name or before.name)


def _ask(data: Path, node: Node, host: str, port: int, fingerprint: bytes, asked: object) -> None:
    import msgspec

    from folkmoot.servers.manager.asking import asked_again
    from folkmoot.servers.manager.join_server import Admission

    # The same each time: who was let in, and has not heard of it, is let in again.
    request = msgspec.json.encode(asked) + b"\n"
    line = asked_again(
        lambda: _exchange(host, port, fingerprint, request), f"{host} port {port}", _say
    )
    try:
        told = msgspec.json.decode(line, type=Admission)
    except msgspec.MsgspecError:
        raise OperatorError(
            f"What {host} port {port} answered is not understood; is it of the same version?"
        ) from None
    if told.error:
        raise OperatorError(told.error)
    paths = tls_paths(data)
    write_atomically(paths.authority, told.authority.encode())
    write_atomically(paths.certificate, told.certificate.encode())
    write_node(
        data,
        dataclasses.replace(
            node,
            zone=told.zone,
            joined=True,
            member=told.engine,
            engine_external=True,
            engine_servers=told.engine_servers,
            engine_credentials=told.credentials,
            settings={**told.settings, **node.settings},
        ),
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _exchange(host: str, port: int, fingerprint: bytes, line: bytes) -> bytes:
    """Sends a line to the node with this certificate, and to no other; returns its answer.

    Errors: `OperatorError` when it is another node; OSError.
    """
    # Not by an authority, which we do not know yet: by the one certificate that the token names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    deadline = time.monotonic() + TIMEOUT_S
    answer = b""
    with (
        socket.create_connection((host, port), timeout=TIMEOUT_S) as plain,
        context.wrap_socket(plain) as asking,
    ):
        shown = asking.getpeercert(binary_form=True) or b""
        if hashlib.sha256(shown).digest() != fingerprint:
            raise OperatorError(
                f"What answers on {host} port {port} is not the node that printed this token;"
                " nothing was sent to it."
            )
        asking.sendall(line)
        while not answer.endswith(b"\n") and len(answer) < ANSWER_BYTES_MAX:
            part = asking.recv(65_536)
            if not part or time.monotonic() > deadline:
                break
            answer += part
    return answer
