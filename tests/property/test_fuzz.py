"""Whatever bytes come, a reader gives what it promises or refuses in the way it promises.

Bytes are any at all, or good ones of which some were changed, cut, doubled or nested.
"""

from __future__ import annotations

import hashlib
import json
import random
import zlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.apps import all_applications
from folkmoot.apps.yjs_update import UpdateInvalid, parse_update
from folkmoot.conference.application import Rejected
from folkmoot.conference.batch import BatchInvalid, decode_batch
from folkmoot.conference.levels import Bodies, decode_body
from folkmoot.conference.machine import Machine, new_state
from folkmoot.conference.snapshot import SnapshotInvalid, decode_snapshot, pack_state
from folkmoot.conference.state import LEVEL
from folkmoot.protocol.frames import decode_client, decode_server, live_sender
from folkmoot.testing.frames import golden
from folkmoot.zone.orders import read_answer, read_order

DEEP = 50_000


def sealed_snapshot(body: bytes) -> bytes:
    """With a checksum that fits, so that what is inside is read."""
    packed = zlib.compress(body, 1)
    return b"FMS\x01" + hashlib.sha256(packed).digest() + packed


def sealed_batch(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(4, "big") + body


READERS: dict[str, tuple[Callable[[bytes], Any], tuple[type[Exception], ...]]] = {
    "a client's frame": (decode_client, (msgspec.DecodeError,)),
    "a server's message": (decode_server, (msgspec.DecodeError,)),
    "the sender of a live message": (live_sender, ()),
    "a batch": (decode_batch, (BatchInvalid,)),
    "what is in a batch": (lambda data: decode_batch(sealed_batch(data)), (BatchInvalid,)),
    "a snapshot": (lambda data: decode_snapshot(data, all_applications()), (SnapshotInvalid,)),
    "what is in a snapshot": (
        lambda data: decode_snapshot(sealed_snapshot(data), all_applications()),
        (SnapshotInvalid,),
    ),
    "a Yjs update": (parse_update, (UpdateInvalid,)),
    "an order": (read_order, ()),
    "an answer": (read_answer, ()),
}


def mutated(data: bytes, seed: int) -> bytes:
    """The same with a few changes such as a bad memory or a bad person makes."""
    dice, made = random.Random(seed), bytearray(data)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(made) + 1)
        what = dice.randrange(6)
        if what == 0 and at < len(made):
            made[at] = dice.randrange(256)
        elif what == 1:
            made[at:at] = bytes(dice.randrange(256) for _ in range(dice.randint(1, 8)))
        elif what == 2:
            del made[at : at + dice.randint(1, 8)]
        elif what == 3:
            made[at:at] = made[at : at + dice.randint(1, 40)]
        elif what == 4:
            # A length that promises far more than there is.
            made[at:at] = (
                b"\xdd\xff\xff\xff\xff" if dice.random() < 0.5 else b"\xc6\x7f\xff\xff\xff"
            )
        else:
            made[at:at] = b"\x91" * dice.choice((10, 200, 3_000))
    return bytes(made)


def read(name: str, data: bytes) -> None:
    reader, refusals = READERS[name]
    try:
        reader(data)
    except refusals:
        pass


@pytest.mark.parametrize("name", READERS)
@given(data=st.binary(max_size=300))
@settings(max_examples=150)
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    read(name, data)


@pytest.mark.parametrize("name", READERS)
@given(which=st.integers(0, 10_000), seed=st.integers(0, 2**32))
@settings(max_examples=300)
def test_good_bytes_with_changes_are_read_or_refused(name: str, which: int, seed: int) -> None:
    good = GOOD[which % len(GOOD)]
    read(name, mutated(good, seed))


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("nest", [b"\x91", b"\x81\xa1a", b"\xdd\x00\x00\x00\x01"])
@pytest.mark.parametrize("head", [b"", b"\x92\xa3get", b"\x94\xa2op\x01\xa4chat\xa4post", b"\x92"])
def test_what_is_nested_deeply_is_refused_and_nobody_dies(
    name: str, nest: bytes, head: bytes
) -> None:
    read(name, head + nest * DEEP)


def _good() -> list[bytes]:
    """Every frame there is, alone and as a server's message; and a state, as snapshots have it."""
    frames = [bytes.fromhex(example["hex"]) for example in json.loads(golden())]
    state = Machine(new_state("c", "e", level=LEVEL), all_applications()).state
    return [*frames, *(b"\x91" + frame for frame in frames), pack_state(state)]


GOOD = _good()


@pytest.mark.parametrize("frame", ["op", "live", "get"])
def test_text_that_is_no_text_is_refused_at_the_door_also_within_a_body(frame: str) -> None:
    """It would pass as raw bytes, and end whoever decodes the body later."""
    body = b"\x81\xa4text\xa2\xff\xfe"
    heads = {
        "op": b"\x95\xa2op\x01\xa4chat\xa4post",
        "live": b"\x93\xa4live\xa6cursor",
        "get": b"\x94\xa3get\x01\xa8document",
    }
    with pytest.raises(msgspec.DecodeError):
        decode_client(heads[frame] + body)
    decode_client(heads[frame] + b"\x81\xa4text\xa2ok")


@pytest.mark.parametrize(
    "body",
    [
        b"\x81\xa9__proto__\x01",
        b"\x91\x81\xa1a\x81\xa9__proto__\xc0",
        b"\x81\x01\x01",
        b"\x81\xc0\x01",
        b"\x81\xc4\x01a\x01",
        b"\x81\x91\x01\x01",
        b"\xd4\x05a",
        b"\xd6\xff\x00\x00\x00\x01",
        b"\xc7\x03\xffabc",
    ],
    ids=[
        "proto",
        "proto within",
        "number",
        "nil",
        "bytes",
        "array",
        "extension",
        "time",
        "no time",
    ],
)
def test_what_would_end_a_browsers_reader_is_refused_at_the_door(body: bytes) -> None:
    """Such a live message would cut off everybody who is sent it, as often as it is sent."""
    with pytest.raises(msgspec.DecodeError):
        decode_client(b"\x93\xa4live\xa6cursor" + body)


def test_such_a_body_in_a_log_is_rejected_and_stops_nobody() -> None:
    body = msgspec.Raw(b"\x81\xa4text\xa2\xff\xfe")
    decoder = Bodies(all_applications(), LEVEL).operation("chat", "post")
    with pytest.raises(Rejected, match="malformed"):
        decode_body(decoder, body)
