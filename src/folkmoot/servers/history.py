"""History segments: what the log sheds, kept readable by position.

A segment covers the batches after one snapshot through the next: their bytes, and the events they
had with the audiences that were computed then. Encoding: `FMH` and a format byte, 32 bytes sha256
of the rest, then zlib-compressed MessagePack. The bucket `snapshots` holds the index of a
conference's segments under `<conference>.history`, oldest first.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import Final

import msgspec

from folkmoot.conference.application import Emitted
from folkmoot.ports import Conflict, Damaged
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.named import get_named
from folkmoot.servers.store import CONFLICTS_MAX, Stores

_MAGIC: Final = b"FMH\x01"
SEGMENT_BYTES_MAX: Final = 256 << 20


class Record(msgspec.Struct, array_like=True, frozen=True):
    """One batch of the log and what it did."""

    sequence: int
    time_ms: int
    payload: bytes
    events: list[Emitted]


class SegmentEntry(msgspec.Struct, frozen=True):
    """Where a segment is; it holds the batches with `after` < sequence <= `last`.

    Shape: `time_ms` is the time of the last batch; `messages` counts the chat messages in it, from
    `chat_first` to `chat_last`; `chat_through` is the number of the last that was settled.
    """

    epoch: str
    after: int
    last: int
    time_ms: int
    messages: int
    object: str
    sha256: str
    chat_first: str = ""
    chat_last: str = ""
    chat_through: int = 0


class HistoryIndex(msgspec.Struct):
    segments: list[SegmentEntry] = []


_decoder = msgspec.msgpack.Decoder(list[Record])


def encode_segment(records: list[Record]) -> bytes:
    body = zlib.compress(msgspec.msgpack.encode(records), 6)
    return _MAGIC + hashlib.sha256(body).digest() + body


def decode_segment(data: bytes) -> list[Record]:
    """The records, oldest first. Errors: `Damaged`."""
    body = data[36:]
    if data[:4] != _MAGIC or hashlib.sha256(body).digest() != data[4:36]:
        raise Damaged("the checksum or format of a history segment does not fit")
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(body, SEGMENT_BYTES_MAX)
        if inflater.unconsumed_tail:
            raise Damaged("a history segment is larger than one may be")
        return _decoder.decode(plain)
    except (zlib.error, *UNREADABLE) as error:
        raise Damaged(f"a history segment cannot be read: {error}") from error


def _key(conference: str) -> str:
    return f"{conference}.history"


async def read_index(stores: Stores, conference: str) -> tuple[HistoryIndex, int]:
    """The index and the revision of its entry (0: none). Errors: `LogUnavailable`."""
    entry = await stores.bucket("snapshots").get(_key(conference))
    if entry is None:
        return HistoryIndex(), 0
    return msgspec.json.decode(entry.value, type=HistoryIndex), entry.revision


async def write_index(stores: Stores, conference: str, index: HistoryIndex) -> None:
    """Replaces the whole index. Caller: nobody else writes to this conference, as in a restore."""
    await stores.bucket("snapshots").put(_key(conference), msgspec.json.encode(index))


async def add_segment(stores: Stores, conference: str, segment: SegmentEntry) -> None:
    """Adds a written and verified segment at the index's end; nothing if it is there already.

    Errors: `LogUnavailable`; `Conflict` when it does not go on where the index ends by now.
    """
    bucket = stores.bucket("snapshots")
    for _ in range(CONFLICTS_MAX):
        index, revision = await read_index(stores, conference)
        if any(s.epoch == segment.epoch and s.last >= segment.last for s in index.segments):
            return
        ours = [s for s in index.segments if s.epoch == segment.epoch]
        if ours and ours[-1].last != segment.after:
            raise Conflict(f"the history of {conference} goes on after {ours[-1].last} by now")
        value = msgspec.json.encode(HistoryIndex([*index.segments, segment]))
        try:
            if revision:
                await bucket.update(_key(conference), value, revision)
            else:
                await bucket.create(_key(conference), value)
            return
        except Conflict:
            continue
    raise Conflict(f"the history index of {conference} is written by too many at once")


async def read_segment(stores: Stores, segment: SegmentEntry) -> list[Record]:
    """Errors: `Damaged` when it is missing or not what the index says."""
    data = await get_named(stores.objects, segment.object)
    if data is None:
        raise Damaged(f"history segment {segment.object} is missing")
    return decode_segment(data)
