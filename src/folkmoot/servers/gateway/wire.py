"""What y-websocket and Hocuspocus put on the wire, read and written. Pure.

Both speak the messages of y-protocols (sync, awareness, auth); Hocuspocus puts an address before
each, so that one connection serves several documents, and has a few messages of its own.

Source: y-protocols `PROTOCOL.md`, y-websocket 3.1 `src/y-websocket.js`, Hocuspocus 4.7
`packages/provider/src`, `packages/common/src/auth.ts`.
"""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from folkmoot.apps.lib0 import Reader, UpdateInvalid, number, sized

ADDRESS_BYTES_MAX: Final = 200

SYNC, AWARENESS, AUTH, QUERY_AWARENESS = 0, 1, 2, 3
_STATELESS, _CLOSE, _SYNC_STATUS, _PING, _PONG = 5, 7, 8, 9, 10
_SYNC_REPLY: Final = 4
_STEP_1, _STEP_2, _UPDATE = 0, 1, 2
_TOKEN, _DENIED, _AUTHENTICATED = 0, 1, 2

_HEAD_STEP_1: Final = bytes((SYNC, _STEP_1))
_HEAD_STEP_2: Final = bytes((SYNC, _STEP_2))
_HEAD_UPDATE: Final = bytes((SYNC, _UPDATE))

Malformed = UpdateInvalid
"""The bytes are no message of the protocol."""


class Kind(enum.Enum):
    """What a client says."""

    STEP_1 = "step 1"
    """What it has: a state vector. It wants what it lacks."""
    STEP_2 = "step 2"
    """All that it has and we lack, as an update."""
    UPDATE = "update"
    AWARENESS = "awareness"
    QUERY_AWARENESS = "query awareness"
    TOKEN = "token"
    CLOSE = "close"
    OTHER = "other"
    """Nothing that is to be done here: a pong, a word between applications."""


class Message(msgspec.Struct, frozen=True):
    kind: Kind
    data: bytes = b""


OTHER: Final = Message(Kind.OTHER)
_KINDS: Final = (Kind.STEP_1, Kind.STEP_2, Kind.UPDATE)


def read_plain(data: bytes) -> Message:
    """A message of y-websocket. Errors: `Malformed`."""
    return _message(Reader(data), hocuspocus=False)


def read_addressed(data: bytes) -> tuple[str, Message]:
    """A message of Hocuspocus with its address; a bare pong has none. Errors: `Malformed`."""
    if data in (bytes((_PONG,)), bytes((_PING,))):
        return "", OTHER
    reader = Reader(data)
    address = reader.string()
    if len(address) > ADDRESS_BYTES_MAX:
        raise Malformed("an address is too long")
    return address, _message(reader, hocuspocus=True)


def _message(reader: Reader, *, hocuspocus: bool) -> Message:
    type_ = reader.number()
    if type_ == SYNC or (hocuspocus and type_ == _SYNC_REPLY):
        return _sync(reader)
    if type_ == AWARENESS:
        return Message(Kind.AWARENESS, reader.block())
    if type_ == QUERY_AWARENESS:
        return Message(Kind.QUERY_AWARENESS)
    if type_ == AUTH and hocuspocus and reader.number() == _TOKEN:
        return Message(Kind.TOKEN, reader.block())
    if type_ == _CLOSE and hocuspocus:
        return Message(Kind.CLOSE)
    return OTHER


def _sync(reader: Reader) -> Message:
    step = reader.number()
    if step > _UPDATE:
        raise Malformed("a step of synchronisation is unknown")
    return Message(_KINDS[step], reader.block())


def address(text: str) -> bytes:
    """What stands before each message to a Hocuspocus client."""
    return sized(text.encode())


def step_1(vector: bytes) -> bytes:
    return _HEAD_STEP_1 + sized(vector)


def step_2(update: bytes) -> bytes:
    return _HEAD_STEP_2 + sized(update)


def update(data: bytes) -> bytes:
    return _HEAD_UPDATE + sized(data)


def awareness(data: bytes) -> bytes:
    return bytes((AWARENESS,)) + sized(data)


def denied(reason: str) -> bytes:
    """To Hocuspocus: permission was denied."""
    return bytes((AUTH, _DENIED)) + sized(reason.encode())


def denied_plain(reason: str) -> bytes:
    """The same to y-websocket, which numbers it otherwise (y-protocols `auth.js`)."""
    return bytes((AUTH, 0)) + sized(reason.encode())


def authenticated(*, write: bool) -> bytes:
    return bytes((AUTH, _AUTHENTICATED)) + sized(b"read-write" if write else b"readonly")


def sync_status(*, saved: bool) -> bytes:
    return bytes((_SYNC_STATUS, int(saved)))


def closed(reason: str) -> bytes:
    return bytes((_CLOSE,)) + sized(reason.encode())


def write_awareness(states: list[tuple[int, int, str]]) -> bytes:
    """Client id, clock and state as JSON of each."""
    parts = [number(len(states))]
    for client, clock, state in states:
        parts.append(number(client) + number(clock) + sized(state.encode()))
    return b"".join(parts)


def read_awareness(data: bytes, states_max: int) -> list[tuple[int, int, str]]:
    """Errors: `Malformed`, also for a state that is not JSON or nested too deep."""
    reader = Reader(data)
    count = reader.count()
    if count > states_max:
        raise Malformed("it speaks for too many")
    states = []
    for _ in range(count):
        client, clock = reader.number(), reader.number()
        start = reader.at
        reader.json()
        state = Reader(reader.data[start : reader.at]).string()
        states.append((client, clock, state))
    if reader.at != len(data):
        raise Malformed("bytes follow its end")
    return states
