"""Batch: what one server publishes to a conference's log at once.

Encoding: 4 bytes CRC-32 (big endian) of what follows, then MessagePack of `Batch`. The format
number inside is raised when an old reader could misunderstand a new batch.
"""

from __future__ import annotations

import zlib
from typing import Final

import msgspec

from folkmoot.protocol.reading import UNREADABLE

FORMAT: Final = 1
CHECKSUM_BYTES: Final = 4


class _Entry(msgspec.Struct, array_like=True, frozen=True, tag_field="entry"):
    pass


class RoomPlan(msgspec.Struct, array_like=True, frozen=True):
    """How whoever made the room wanted its doors.

    Shape: it is in the room's record, and every ticket brings it until the log has it; `closed` are
    settings. Units: as in the roster's `configure`.
    """

    lobby: bool = False
    passcode: str = ""
    participants_max: int = 0
    close_when_empty_ms: int = 0
    closed: tuple[str, ...] = ()


class Grant(msgspec.Struct, array_like=True, frozen=True):
    """What a ticket gave: who the person is. `proof` is the hash of the client's nonce.

    Shape: `device` and `address` are hashes that mean something in this conference only; `passcode`
    is `doors.passcode_proof` of what was given; `invited` by a personal link.
    """

    person: str
    name: str
    role: str
    proof: str
    device: str = ""
    address: str = ""
    passcode: str = ""
    invited: bool = False
    plan: RoomPlan | None = None


class OperationEntry(_Entry, frozen=True, tag="op"):
    """One participant's operation, with the client's own bytes as body."""

    session: str
    generation: int
    counter: int
    app: str
    type: str
    body: msgspec.Raw
    seen: int = 0


class RefusedEntry(_Entry, frozen=True, tag="refused"):
    """In place of an operation that every server would refuse for ever.

    The log decides every outcome, so what is refused at the door still takes its counter here.
    """

    session: str
    generation: int
    counter: int
    code: str
    seen: int = 0


class AttachEntry(_Entry, frozen=True, tag="attach"):
    """A session moves to a server; `grant` is there when a ticket was shown."""

    session: str
    generation: int
    server: str
    grant: Grant | None = None


class AwayEntry(_Entry, frozen=True, tag="away"):
    """The session's connection of that generation is gone."""

    session: str
    generation: int


class HereEntry(_Entry, frozen=True, tag="here"):
    """The session was said to be away, and its connection of that generation is there.

    A server that others take for gone, since they do not hear it, may still hold its clients.
    """

    session: str
    generation: int


class TimerEntry(_Entry, frozen=True, tag="timer"):
    """A server's clock passed a deadline that the state holds."""

    id: str
    deadline_ms: int


class ServiceEntry(_Entry, frozen=True, tag="service"):
    """An application server's own operation; applications make it idempotent."""

    source: str
    id: str
    app: str
    type: str
    body: msgspec.Raw


class VoidEntry(_Entry, frozen=True, tag="void"):
    """An operator's word that the batch at `sequence` is skipped by every replica."""

    sequence: int


class LevelEntry(_Entry, frozen=True, tag="level"):
    """From here on the conference behaves as `level` says; a level never falls.

    Who knows only lower ones stops before the batch that holds it. So a batch may hold what is new
    with a level only once its server has applied that level.
    """

    level: int


Entry = (
    OperationEntry
    | RefusedEntry
    | AttachEntry
    | AwayEntry
    | HereEntry
    | TimerEntry
    | ServiceEntry
    | VoidEntry
    | LevelEntry
)


class Batch(msgspec.Struct, array_like=True, frozen=True):
    """Entries of one server, in order; immutable once published.

    Shape: `base` is the sequence that the server had applied when it made the batch; `id` counts
    the batches of this server, so that it recognises its own.
    """

    format: int
    epoch: str
    server: str
    id: int
    base: int
    entries: list[Entry]


class BatchInvalid(Exception):
    """The stored bytes are not a batch: damaged, or of a newer format."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Batch)


def encode_batch(batch: Batch) -> bytes:
    body = _encoder.encode(batch)
    return zlib.crc32(body).to_bytes(CHECKSUM_BYTES, "big") + body


def decode_batch(payload: bytes) -> Batch:
    """The batch. Errors: `BatchInvalid`."""
    body = payload[CHECKSUM_BYTES:]
    told = int.from_bytes(payload[:CHECKSUM_BYTES], "big")
    if not body or zlib.crc32(body) != told:
        raise BatchInvalid("the checksum of a batch does not fit its bytes")
    try:
        batch = _decoder.decode(body)
    except UNREADABLE as error:
        raise BatchInvalid(f"a batch cannot be read: {error}") from error
    if batch.format != FORMAT:
        raise BatchInvalid(f"a batch has format {batch.format}, known is {FORMAT}")
    return batch


def encode_body(value: object) -> msgspec.Raw:
    """A body from plain values or a Struct."""
    return msgspec.Raw(_encoder.encode(value))
