"""What is kept of documents beside compactions: versions, segments, and whose the numbers are.

Encoding of each: four bytes for what it is and its format, 32 bytes sha256 of the rest, then
zlib-compressed MessagePack. Clients get that of versions and segments as it is (docs/protocol.md).
"""

from __future__ import annotations

import hashlib
import zlib
from typing import Final, TypeVar

import msgspec

from folkmoot.ports import Damaged

_VERSION: Final = b"FMV\x01"
_AUTHORS: Final = b"FMA\x01"
_SEGMENT: Final = b"FMP\x01"
FILE_BYTES_MAX: Final = 256 << 20

T = TypeVar("T")


class Authors(msgspec.Struct):
    """Shape: `persons` are (id, name); `numbers` maps a Yjs client id to a place among them."""

    persons: list[tuple[str, str]] = []
    numbers: dict[int, int] = {}

    def with_all(self, more: dict[int, tuple[str, str]]) -> Authors:
        """The same with more numbers; the newest name of a person stands."""
        places = {person: place for place, (person, _) in enumerate(self.persons)}
        persons, numbers = list(self.persons), dict(self.numbers)
        for number, (person, name) in more.items():
            place = places.get(person)
            if place is None:
                place = places[person] = len(persons)
                persons.append((person, name))
            else:
                persons[place] = (person, name)
            numbers[number] = place
        return Authors(persons, numbers)


class VersionContent(msgspec.Struct):
    """A version of a document.

    Shape: `state` is one Yjs update with all of it; `runs` are (number, how many characters, as
    JavaScript counts them), in the order of the text, empty where nobody could say; `persons` and
    `numbers` as in `Authors`.
    """

    kind: str
    title: str
    position: int
    time_ms: int
    state: bytes
    persons: list[tuple[str, str]]
    numbers: dict[int, int]
    runs: list[tuple[int, int]]


class Edit(msgspec.Struct, array_like=True):
    """One update: its place in the log, when it was made, and its author's Yjs client id."""

    sequence: int
    time_ms: int
    number: int
    update: bytes


class SegmentContent(msgspec.Struct):
    """The edits after position `since` through `position`, in the order of the log.

    Shape: `persons` and `numbers` as in `Authors`, for those who wrote here.
    """

    kind: str
    since: int
    position: int
    edits: list[Edit]
    persons: list[tuple[str, str]]
    numbers: dict[int, int]


def encode_version(content: VersionContent) -> bytes:
    return _sealed(_VERSION, content)


def plain_file(data: bytes) -> bytes:
    """The MessagePack of a version or a segment. Errors: `Damaged`."""
    return _opened(_SEGMENT if data[:4] == _SEGMENT else _VERSION, data)


def decode_version(data: bytes) -> VersionContent:
    """Errors: `Damaged`."""
    return _decoded(_opened(_VERSION, data), VersionContent)


def encode_segment(content: SegmentContent) -> bytes:
    return _sealed(_SEGMENT, content)


def decode_segment(data: bytes) -> SegmentContent:
    """Errors: `Damaged`."""
    return _decoded(_opened(_SEGMENT, data), SegmentContent)


def encode_authors(authors: Authors) -> bytes:
    return _sealed(_AUTHORS, authors)


def decode_authors(data: bytes) -> Authors:
    """Errors: `Damaged`."""
    return _decoded(_opened(_AUTHORS, data), Authors)


def _sealed(kind: bytes, content: msgspec.Struct) -> bytes:
    body = zlib.compress(msgspec.msgpack.encode(content), 6)
    return kind + hashlib.sha256(body).digest() + body


def _opened(kind: bytes, data: bytes) -> bytes:
    body = data[36:]
    if data[:4] != kind or hashlib.sha256(body).digest() != data[4:36]:
        raise Damaged("the checksum or format of a document's file does not fit")
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(body, FILE_BYTES_MAX)
    except zlib.error as error:
        raise Damaged(f"a document's file cannot be read: {error}") from error
    if inflater.unconsumed_tail:
        raise Damaged("a document's file is larger than one may be")
    return plain


def _decoded(plain: bytes, type_: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(plain, type=type_)
    except msgspec.DecodeError as error:
        raise Damaged(f"a document's file cannot be read: {error}") from error
