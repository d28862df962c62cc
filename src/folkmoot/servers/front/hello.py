"""What a TLS ClientHello says before anything is encrypted: a name and protocols. Pure.

Only hints are taken from it: whoever decrypts the connection reads the request and decides.

Source: RFC 8446 section 4.1.2, RFC 6066 section 3 (server name), RFC 7301 (ALPN).
"""

from __future__ import annotations

from typing import Final, NamedTuple

HANDSHAKE_RECORD: Final = 0x16
CLIENT_HELLO: Final = 1
SERVER_NAME: Final = 0
PROTOCOLS: Final = 16
RECORD_HEAD_BYTES: Final = 5
RECORD_BYTES_MAX: Final = 1 << 14


class Hello(NamedTuple):
    """Shape: `name` is lower case, empty when none was sent; `protocols` as offered."""

    name: str = ""
    protocols: tuple[str, ...] = ()


class _Short(Exception):
    """The bytes end before the field does."""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise _Short
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """Bytes preceded by their length, which takes `size` bytes."""
        return self.take(self.number(size))


def read_hello(head: bytes, *, complete: bool = False) -> Hello | None:
    """Reads the first record; None while it has not all arrived.

    Shape: what cannot be read gives an empty hello, and so does an unfinished one that is
    `complete` by the caller's word.
    """
    if len(head) >= RECORD_HEAD_BYTES:
        length = int.from_bytes(head[3:5], "big")
        if head[0] != HANDSHAKE_RECORD or head[1] != 3 or length > RECORD_BYTES_MAX:
            return Hello()
        record = head[RECORD_HEAD_BYTES : RECORD_HEAD_BYTES + length]
        if len(record) == length:
            try:
                return _hello(record)
            except (_Short, UnicodeDecodeError):
                return Hello()
    return Hello() if complete else None


def _hello(record: bytes) -> Hello:
    reader = _Reader(record)
    if reader.number(1) != CLIENT_HELLO:
        return Hello()
    # The rest may come in further records; what is in the first is enough for a hint.
    reader.take(3 + 2 + 32)
    reader.vector(1)
    reader.vector(2)
    reader.vector(1)
    extensions = _Reader(reader.vector(2))
    name = ""
    protocols: tuple[str, ...] = ()
    while extensions.left:
        kind = extensions.number(2)
        content = extensions.vector(2)
        if kind == SERVER_NAME:
            name = _name(content)
        elif kind == PROTOCOLS:
            protocols = _protocols(content)
    return Hello(name, protocols)


def _name(content: bytes) -> str:
    names = _Reader(_Reader(content).vector(2))
    while names.left:
        kind, name = names.number(1), names.vector(2)
        if kind == 0:
            return name.decode("ascii").lower()
    return ""


def _protocols(content: bytes) -> tuple[str, ...]:
    listed = _Reader(_Reader(content).vector(2))
    found = []
    while listed.left:
        found.append(listed.vector(1).decode("ascii"))
    return tuple(found)
