"""The zone's list of its nodes, kept in the engine so that it outlives the node that writes it.

One part is for everybody: names, addresses, who keeps data. The other is sealed with the engine
administrator's password, which engine nodes have and no others: whose keys count, and what another
engine node needs to take the first one's place (the certificate authority's key). Only the zone's
first node writes; the number grows with each change, and nobody goes back to a lower one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from folkmoot.data_folder import Node, host_in_url, load_node, tls_paths
from folkmoot.engine.certificates import pin_of_certificate
from folkmoot.errors import FolkmootError
from folkmoot.ports import Bucket
from folkmoot.servers.manager import membership
from folkmoot.servers.manager.membership import Member

KEY: Final = "nodes"
"""Its name in the bucket `zone`."""

NONCE_BYTES: Final = 12


class Unreadable(FolkmootError):
    """What is kept is not what a first node of this zone wrote."""


class Place(msgspec.Struct, frozen=True):
    """A node as everybody may know it.

    Shape: `address` is HOST:PORT of its engine, empty where it can have none; `engine` says that it
    keeps the data now, not only that it might.
    """

    address: str = ""
    engine: bool = False


class Listed(msgspec.Struct, frozen=True):
    """The part for everybody."""

    version: int
    first: str
    nodes: dict[str, Place]


class Trust(msgspec.Struct, frozen=True):
    """The sealed part. `authority_key` is in PEM; `pins` are empty when a key is not known."""

    listed: Listed
    members: dict[str, Member]
    first_member: Member
    pins: list[str]
    authority_key: str


class Stored(msgspec.Struct, array_like=True, frozen=True):
    listed: bytes
    sealed: bytes


def of_first(data: Path, node: Node, version: int) -> Trust:
    """The list as the first node knows it. Errors: `OperatorError`, OSError."""
    paths = tls_paths(data)
    members = membership.read(data).members
    present = {name: one for name, one in members.items() if not one.removed_s}
    own = Member(node.zone_address, node.zone_port, not node.engine_external, 0)
    own.key = pin_of_certificate(paths.certificate.read_bytes())
    keys = [own.key, *(one.key for one in present.values())]
    engines = set(node.cluster)
    places = {node.name: Place(address_of(own), True)}
    for name, one in sorted(present.items()):
        address = address_of(one)
        places[name] = Place(address, address in engines)
    return Trust(
        Listed(version, node.name, places),
        members,
        own,
        sorted(set(keys)) if all(keys) else [],
        paths.authority_key.read_text(),
    )


def address_of(member: Member) -> str:
    """HOST:PORT of a node's engine; empty where it can have none."""
    return f"{host_in_url(member.address)}:{member.port}" if member.address else ""


def seal(trust: Trust, admin_password: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    packed = msgspec.msgpack.encode(trust)
    sealed = nonce + AESGCM(_key(admin_password)).encrypt(nonce, packed, KEY.encode())
    return msgspec.msgpack.encode(Stored(msgspec.msgpack.encode(trust.listed), sealed))


def listed_of(value: bytes) -> Listed:
    """The part for everybody. Errors: `Unreadable`."""
    try:
        stored = msgspec.msgpack.decode(value, type=Stored)
        return msgspec.msgpack.decode(stored.listed, type=Listed)
    except msgspec.MsgspecError as error:
        raise Unreadable(f"the list of nodes cannot be read: {error}") from None


def opened(value: bytes, admin_password: str) -> Trust:
    """The sealed part, which proves itself. Errors: `Unreadable`."""
    try:
        sealed = msgspec.msgpack.decode(value, type=Stored).sealed
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        packed = AESGCM(_key(admin_password)).decrypt(nonce, text, KEY.encode())
        return msgspec.msgpack.decode(packed, type=Trust)
    except (msgspec.MsgspecError, InvalidTag, ValueError) as error:
        raise Unreadable(f"the list of nodes has no valid seal: {error!r}") from None


def _key(admin_password: str) -> bytes:
    return hmac.digest(admin_password.encode(), b"folkmoot list of nodes", hashlib.sha256)


async def read(bucket: Bucket) -> bytes | None:
    """Errors: `LogUnavailable`."""
    entry = await bucket.get(KEY)
    return None if entry is None else entry.value


def engine_urls(listed: Listed) -> list[str]:
    return [f"tls://{one.address}" for one in listed.nodes.values() if one.engine and one.address]


def changes_by(listed: Listed, pins: list[str] | None, node: Node) -> Mapping[str, object]:
    """The fields of a joined node that this list changes; none when it is not newer."""
    if listed.version <= node.directory or node.name not in listed.nodes:
        return {}
    own = node.engine_url
    changes: dict[str, object] = {"directory": listed.version}
    others = [url for url in engine_urls(listed) if url != own]
    if others:
        changes["engine_servers"] = others
    if pins is not None:
        changes["pins"] = pins
    return changes


def is_first(data: Path) -> bool:
    """Whether this node writes the list: it can sign, and did not join."""
    node = load_node(data)
    return bool(node.zone_address) and not node.joined and tls_paths(data).authority_key.exists()
