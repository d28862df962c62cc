"""Batches: bytes that are what was written, or nothing."""

from __future__ import annotations

import zlib

import msgspec
import pytest

from folkmoot.conference.batch import (
    FORMAT,
    AttachEntry,
    AwayEntry,
    Batch,
    BatchInvalid,
    Entry,
    HereEntry,
    RefusedEntry,
    ServiceEntry,
    TimerEntry,
    VoidEntry,
    decode_batch,
    encode_batch,
    encode_body,
)
from folkmoot.testing.batches import join, operation

ENTRIES: list[Entry] = [
    join(),
    AttachEntry("s1", 2, "two.1"),
    operation(1),
    RefusedEntry("s1", 1, 2, "malformed", 1),
    AwayEntry("s1", 1),
    HereEntry("s1", 1),
    TimerEntry("expire/s1", 5),
    ServiceEntry("documents-1", "1", "documents", "void", encode_body({})),
    VoidEntry(9),
]


def test_every_entry_comes_back_as_it_went() -> None:
    batch = Batch(FORMAT, "e1", "one.1", 7, 3, ENTRIES)
    again = decode_batch(encode_batch(batch))
    assert encode_batch(again) == encode_batch(batch)
    assert [type(entry) for entry in again.entries] == [type(entry) for entry in ENTRIES]


def test_a_flipped_bit_is_noticed() -> None:
    payload = bytearray(encode_batch(Batch(FORMAT, "e1", "one.1", 1, 0, ENTRIES)))
    for at in range(0, len(payload), 7):
        payload[at] ^= 4
        with pytest.raises(BatchInvalid):
            decode_batch(bytes(payload))
        payload[at] ^= 4


@pytest.mark.parametrize(
    "body",
    [b"", b"\xc1", b"\x01", msgspec.msgpack.encode([FORMAT, "e", "s", 1, 0, [["unheard", 1]]])],
)
def test_what_is_no_batch_is_refused_though_its_checksum_fits(body: bytes) -> None:
    with pytest.raises(BatchInvalid):
        decode_batch(zlib.crc32(body).to_bytes(4, "big") + body)


def test_nesting_without_end_is_refused() -> None:
    body = b"\x96\x01\xa1e\xa1s\x01\x00\x91\x98\xa2op\xa1s\x01\x01\xa1a\xa1t"
    body += b"\x91" * 100_000 + b"\x01\x00"
    with pytest.raises(BatchInvalid):
        decode_batch(zlib.crc32(body).to_bytes(4, "big") + body)
