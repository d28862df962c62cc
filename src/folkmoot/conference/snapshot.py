"""Snapshot: a conference's state as bytes, with a checksum.

Encoding: `FMS` and a format byte, 32 bytes sha256 of the rest, then zlib-compressed MessagePack of
(core state, application states).
"""

from __future__ import annotations

import hashlib
import zlib
from typing import Any, Final

import msgspec

from folkmoot.conference.application import Applications
from folkmoot.conference.state import LEVEL, ConferenceState
from folkmoot.protocol.reading import UNREADABLE

_MAGIC: Final = b"FMS\x01"
STATE_BYTES_MAX: Final = 256 << 20


class SnapshotInvalid(Exception):
    """The bytes are not a snapshot that this code can read."""


class SnapshotNewer(SnapshotInvalid):
    """Nothing is wrong with it: a newer server made it, at a level not known here."""

    def __init__(self, level: int) -> None:
        self.level = level
        super().__init__(f"level {level} needs a newer server")


DIGESTS: Final = 2
"""How digests are made; 0.1.0 encoded the state in another way, which was 1."""


class SnapshotPointer(msgspec.Struct, frozen=True):
    """Where a snapshot is and what it must be; kept in the bucket `snapshots`.

    Shape: `verified` once a second load from the log reported the same digest; `digests` says by
    which rules that was made.
    """

    epoch: str
    sequence: int
    digest: str
    object: str
    sha256: str
    operations: int
    time_ms: int
    verified: bool = False
    digests: int = 1


class _Stored(msgspec.Struct, array_like=True):
    core: ConferenceState
    apps: dict[str, msgspec.Raw]


_decoder = msgspec.msgpack.Decoder(_Stored)


def pack_state(state: ConferenceState) -> bytes:
    """The state as plain bytes: quick, so that the state may change right after."""
    apps = {name: msgspec.Raw(msgspec.msgpack.encode(app)) for name, app in state.apps.items()}
    core = msgspec.structs.replace(state, apps={})
    return msgspec.msgpack.encode(_Stored(core, apps))


def seal_snapshot(packed: bytes) -> bytes:
    """A snapshot from a packed state: slow for large ones, may run in a thread."""
    body = zlib.compress(packed, 1)
    return _MAGIC + hashlib.sha256(body).digest() + body


def encode_snapshot(state: ConferenceState) -> bytes:
    return seal_snapshot(pack_state(state))


def decode_snapshot(
    data: bytes, applications: Applications, *, knows: int = LEVEL
) -> ConferenceState:
    """The state. Shape: `knows` is the highest level the applications know.

    Errors: `SnapshotNewer`; `SnapshotInvalid` (damaged, newer format, unknown application).
    """
    body = data[36:]
    if data[:4] != _MAGIC or hashlib.sha256(body).digest() != data[4:36]:
        raise SnapshotInvalid("the checksum or format of a snapshot does not fit")
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(body, STATE_BYTES_MAX)
        if inflater.unconsumed_tail:
            raise SnapshotInvalid("a snapshot is larger than a state may be")
        stored = _decoder.decode(plain)
        if stored.core.level > knows:
            raise SnapshotNewer(stored.core.level)
        apps: dict[str, Any] = {
            name: msgspec.msgpack.decode(raw, type=applications[name].state_type)
            for name, raw in stored.apps.items()
        }
    except (zlib.error, *UNREADABLE, KeyError) as error:
        raise SnapshotInvalid(f"a snapshot cannot be read: {error}") from error
    stored.core.apps = apps
    return stored.core
