"""`zone.json` of the first node: which tokens it gave out, and which nodes came in by them.

Only hashes of the tokens' secrets are kept. `folkmoot token` writes the file while the process
manager reads it, so every change is made under a lock.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from folkmoot.data_folder import write_atomically
from folkmoot.errors import OperatorError

PREFIX: Final = "folkmoot1."
SECRET_BYTES: Final = 32
TOKENS_MAX: Final = 1_000
TOKEN_CHARACTERS_MAX: Final = 1_024
JOIN_PORT_OFFSET: Final = 2
"""The port where nodes join, above that of the engine."""

NODE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")


class Token(msgspec.Struct, array_like=True, frozen=True):
    """What a token says to the node that joins.

    Shape: `fingerprint` is the SHA-256 of the certificate that the asked node shows. Units:
    `expires_s` is seconds since 1970.
    """

    zone: str
    host: str
    port: int
    fingerprint: bytes
    id: str
    secret: bytes
    expires_s: int
    engine: bool


class TokenRecord(msgspec.Struct):
    """What is kept of a token; `used_by` is the hash of the node that it was used for."""

    secret_hash: bytes
    expires_s: int
    engine: bool = False
    revoked: bool = False
    node: str = ""
    used_by: bytes = b""


class Member(msgspec.Struct):
    """A node that came in; `engine` says that it may keep a copy of everything.

    Shape: `key` is the SHA-256 of its public key, in hex; `removed_s` is 0 until the node was
    removed. A removed one stays in the list: nobody comes in under its name again.
    """

    address: str
    port: int
    engine: bool
    joined_s: int
    key: str = ""
    removed_s: int = 0


class Membership(msgspec.Struct):
    """The content of the file."""

    tokens: dict[str, TokenRecord] = {}
    members: dict[str, Member] = {}


def encode_token(token: Token) -> str:
    packed = msgspec.msgpack.encode(token)
    return PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_token(text: str) -> Token:
    """Errors: `OperatorError` when the text is no token."""
    text = "".join(text.split())
    try:
        if not text.startswith(PREFIX) or len(text) > TOKEN_CHARACTERS_MAX:
            raise ValueError("no prefix, or too long")
        packed = text.removeprefix(PREFIX)
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(raw, type=Token)
    except (ValueError, msgspec.MsgspecError):
        raise OperatorError(
            "This is no join token; print one with `folkmoot token` on the zone's first node, and"
            " copy all of it."
        ) from None


def read(data: Path) -> Membership:
    """Errors: `OperatorError` when the file is damaged."""
    path = data / "zone.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Membership)
    except FileNotFoundError:
        return Membership()
    except (msgspec.MsgspecError, OSError) as error:
        raise OperatorError(f"{path} cannot be read ({error}); restore it from a backup.") from None


@contextlib.contextmanager
def changed(data: Path) -> Iterator[Membership]:
    """The content, written back at the end unless something was raised."""
    descriptor = os.open(data / "zone.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        content = read(data)
        yield content
        write_atomically(data / "zone.json", msgspec.json.encode(content))
    finally:
        os.close(descriptor)


def make_token(data: Path, *, now_s: int, ttl_s: int, engine: bool) -> tuple[str, bytes]:
    """Makes a token's record; returns its id and its secret, which is kept nowhere."""
    id, secret = secrets.token_hex(4), secrets.token_bytes(SECRET_BYTES)
    with changed(data) as content:
        for old in [key for key, kept in content.tokens.items() if kept.expires_s < now_s - 86_400]:
            del content.tokens[old]
        if len(content.tokens) >= TOKENS_MAX:
            raise OperatorError(f"There are {TOKENS_MAX} tokens already; wait until some expire.")
        content.tokens[id] = TokenRecord(_hash(secret), now_s + ttl_s, engine)
    return id, secret


def revoke_token(data: Path, id: str) -> None:
    """A node that came in by it stays. Errors: `OperatorError` when there is no such token."""
    with changed(data) as content:
        record = content.tokens.get(id)
        if record is None:
            raise OperatorError(f"There is no token {id}; `folkmoot token --list` shows them.")
        record.revoked = True


class JoinRequest(msgspec.Struct, frozen=True):
    """What a node sends to come in; `request` asks for its certificate, in PEM."""

    token: str
    secret: bytes
    node: str
    request: str
    address: str = ""
    port: int = 0


class RenewalRequest(msgspec.Struct, frozen=True):
    """What is asked of the first node; who asks is told by the connection's certificate."""

    renew: str


class Renewal(msgspec.Struct, frozen=True):
    error: str = ""
    certificate: str = ""


def admit(content: Membership, asked: JoinRequest, now_s: int) -> Member:
    """Judges a request and writes down the node that comes in.

    Shape: the same node may ask again with the same key, for its answer may have been lost.
    Errors: `OperatorError`; which of the reasons a bad token has is told only to who knows its
    secret.
    """
    record = content.tokens.get(asked.token)
    # Compared whether there is one or not: the time it takes says nothing.
    known = record or TokenRecord(bytes(32), 0)
    right = hmac.compare_digest(known.secret_hash, _hash(asked.secret))
    if record is None or not right:
        raise OperatorError("The zone does not know this token; print another there.")
    if record.revoked:
        raise OperatorError("This token was revoked; print another with `folkmoot token`.")
    if record.expires_s < now_s:
        raise OperatorError("This token has expired; print another with `folkmoot token`.")
    # Here and not above: only who lets nodes in needs what it loads.
    from folkmoot.engine.certificates import pin_of_request

    # By its key and not by the request, which is signed anew each time that the command is run.
    key = pin_of_request(asked.request.encode())
    by = hashlib.sha256(f"{asked.node}\n{asked.address}\n{key}".encode()).digest()
    if record.used_by not in (b"", by):
        raise OperatorError("This token was used already; print another with `folkmoot token`.")
    if not NODE_NAME.fullmatch(asked.node):
        raise OperatorError("A node's name has letters, digits and - only, 63 at most.")
    before = content.members.get(asked.node)
    if before is not None and before.removed_s:
        raise OperatorError(
            f"The node {asked.node} was removed from the zone for good; join under another name,"
            " with an empty data folder."
        )
    if before is not None and record.node != asked.node:
        raise OperatorError(f"The zone has a node {asked.node} already; join under another name.")
    if record.engine and not (asked.address and 0 < asked.port < 65_534):
        raise OperatorError("This token is for a node with an engine: add --zone-address IP.")
    record.used_by, record.node = by, asked.node
    member = Member(asked.address, asked.port, record.engine, now_s)
    content.members[asked.node] = member
    return member


def _hash(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()
