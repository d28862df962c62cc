"""Frames: what travels over one WebSocket between a client and a collaboration server.

A frame is a MessagePack array whose first element names its type; further elements are the fields
below, in their order. A client sends one frame as one binary WebSocket message; a server's message
is an array of frames, those that came together in one turn of its loop. Trailing fields that a peer
does not know are ignored, missing ones take their defaults, so fields are only ever added at the
end.

May not live here: anything that decides. See docs/protocol.md for the order of frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from folkmoot.protocol.position import START, Position
from folkmoot.protocol.reading import UNREADABLE

Raw = msgspec.Raw


class _Frame(msgspec.Struct, array_like=True, frozen=True, tag_field="frame"):
    pass


# Client to server


class Join(_Frame, frozen=True, tag="join"):
    """First frame of a new session.

    Shape: `nonce` is random, 16 bytes or more, made once per ticket and kept until the welcome: it
    lets the same client, and nobody else, try the ticket again after a lost connection.
    `generation` is 1, or what an `attach_refused` fault told plus one; `revision` is the
    `PROTOCOL_REVISION` whose frames the client knows.
    """

    version: int
    ticket: str
    nonce: str
    generation: int = 1
    revision: int = 1


class Resume(_Frame, frozen=True, tag="resume"):
    """First frame of a session that goes on, on any server.

    Shape: `generation` is the last known one plus one; `position` is what the client has applied;
    `seen` is the highest counter whose outcome the client knows; `revision` as in `Join`; `number`
    is that of the welcome, by which the session is known to be the same one still, 0 if unknown.
    """

    version: int
    token: str
    generation: int
    position: Position = START
    seen: int = 0
    revision: int = 1
    number: int = 0


class Operation(_Frame, frozen=True, tag="op"):
    """One operation. Counters of a session start at 1 and have no gaps, over all generations."""

    counter: int
    app: str
    type: str
    body: Raw
    seen: int = 0


class LiveSend(_Frame, frozen=True, tag="live"):
    """An ephemeral message, never stored; of one topic only the latest counts."""

    topic: str
    body: Raw


class Get(_Frame, frozen=True, tag="get"):
    """A query; answered by `Got` or by a `Fault` with the same `request`."""

    request: int
    query: str
    arguments: Raw


class Ping(_Frame, frozen=True, tag="ping"):
    nonce: int = 0


class Standby(_Frame, frozen=True, tag="standby"):
    """First frame of a second connection that waits: the server keeps the conference loaded.

    It is told heads, and where it is needed becomes the session's connection by a `Resume`.
    """

    version: int
    token: str


ClientFrame = Join | Resume | Operation | LiveSend | Get | Ping | Standby


# Server to client


class Rejection(msgspec.Struct, array_like=True, frozen=True):
    """A counter that was refused for good."""

    counter: int
    code: str
    message: str = ""


class Welcome(_Frame, frozen=True, tag="welcome"):
    """The attachment is in the log, and the client's state is `position`.

    Shape: `resumed` true means that what follows continues from the client's own position and
    `state` is empty; false means that the client replaces its state by `state`, a map from
    application to that person's view. `last` is the last counter the log decided; every counter
    up to it that is not in `rejected` took effect. `number` identifies the session within the
    conference and is its Yjs client id. `rate_per_s` is the sustained rate of operations.
    `sequence` is where `last` and `rejected` were looked up, at or after `position`.

    It comes again on the same connection, never resumed, when all changes that the person may see:
    somebody in the lobby, whose `state` tells of that alone, is let in.
    """

    session: str
    number: int
    person: str
    token: str
    generation: int
    server: str
    position: Position
    last: int
    rejected: list[Rejection]
    resumed: bool
    state: dict[str, Any]
    rate_per_s: int = 0
    sequence: int = 0


class Event(msgspec.Struct, array_like=True, frozen=True):
    """Something that took effect.

    Shape: `index` orders events of one position; `number` and `counter` say which operation of
    which session caused it (0, 0 when none did); `author` is a person's id, or empty.
    """

    index: int
    app: str
    type: str
    author: str
    number: int
    counter: int
    body: Raw


class Batch(msgspec.Struct, array_like=True, frozen=True):
    """What one batch of the log did, for one audience."""

    sequence: int
    time_ms: int
    events: list[Event]


class Events(_Frame, frozen=True, tag="events"):
    """The next batch after `prev` that concerns this client, which must not be behind `prev`."""

    prev: int
    batch: Batch


class Outcomes(_Frame, frozen=True, tag="outcomes"):
    """All counters up to `through` are decided at `sequence`: saved, unless in `rejected`."""

    sequence: int
    through: int
    rejected: list[Rejection]


class LiveRelay(_Frame, frozen=True, tag="live"):
    """Somebody's ephemeral message; `number` is the sender's session."""

    number: int
    topic: str
    body: Raw


class Got(_Frame, frozen=True, tag="got"):
    request: int
    body: Raw


class Fault(_Frame, frozen=True, tag="fault"):
    """A request or frame could not be served; the connection stays.

    Shape: `request` answers a `get`, else 0. For `attach_refused`, `generation` is the current one.
    """

    code: str
    message: str
    request: int = 0
    generation: int = 0


class Pong(_Frame, frozen=True, tag="pong"):
    """Answers `ping`. `sequence` is what the server has applied of the conference, 0 if none.

    Shape: `time_ms` is the log's time as the server reckons it, 0 if unknown; deadlines in the
    conference, such as a timer's end, are in it.
    """

    nonce: int = 0
    sequence: int = 0
    time_ms: int = 0


class Head(_Frame, frozen=True, tag="head"):
    """To a standby connection: how far the conference is; at most ten times a second.

    A client whose own connection stays behind this for 200 ms goes over to the standby.
    """

    position: Position


class Servers(_Frame, frozen=True, tag="servers"):
    """The servers to use next, best first, sent after the welcome and on every change.

    Shape: paths such as `/s/collaboration-1`, relative to the address the client came by. `away`
    names the services of the room, such as `export`, that nobody offers just now.
    """

    paths: list[str]
    away: list[str] = []


class Saving(_Frame, frozen=True, tag="saving"):
    """Whether commits get through just now; `paused` true shows "saving is paused"."""

    paused: bool


class PendingEvent(msgspec.Struct, array_like=True, frozen=True):
    """What operation `counter` of session `number` will do if the log takes it as it stands."""

    number: int
    counter: int
    app: str
    type: str
    author: str
    body: Raw


class Pending(_Frame, frozen=True, tag="pending"):
    """Operations that every server has seen and the log has not confirmed yet.

    A preview: shown apart from what is saved, never counted as such. The event with the same number
    and counter confirms it; `settled` ends what did not come to be.
    """

    events: list[PendingEvent]


class Settled(_Frame, frozen=True, tag="settled"):
    """The log has decided of session `number` all counters up to `through`."""

    number: int
    through: int


class Move(_Frame, frozen=True, tag="move"):
    """Attach elsewhere: this server goes on serving meanwhile, for `within_ms`.

    Shape: `paths` are fit servers, best first, as in `Servers`. The client resumes on one of them
    over another connection while this one goes on, and leaves this one once it is welcomed there.
    Sent to clients of revision 2 and above; others are closed with `going_away`.
    """

    paths: list[str]
    within_ms: int


class Bye(_Frame, frozen=True, tag="bye"):
    """Said before the connection is closed with the code's number.

    Shape: for `session_closed`, `last` is the last counter the log decided and `rejected` those of
    them that were refused; what is above `last` never took effect. `sequence` is where it closed,
    `reason` why: `left`, `removed`, `banned`, `denied`, `ended`, `expired` or `restored`.
    """

    code: str
    message: str
    reconnect: bool
    last: int = 0
    rejected: list[Rejection] = []
    sequence: int = 0
    reason: str = ""


class Attaching(_Frame, frozen=True, tag="attaching"):
    """The attachment `generation` waits for the log; operations are taken already.

    Only to who comes back to an open session, when it takes long. What is sent now follows the
    attachment in the log and is shown to others as pending. The welcome tells what was decided;
    the rest is sent again after it as ever.
    """

    generation: int


ServerFrame = (
    Welcome
    | Events
    | Outcomes
    | LiveRelay
    | Got
    | Fault
    | Pong
    | Servers
    | Saving
    | Bye
    | Head
    | Pending
    | Settled
    | Attaching
    | Move
)

_encoder = msgspec.msgpack.Encoder()
_client_decoder = msgspec.msgpack.Decoder(ClientFrame)
_any_decoder = msgspec.msgpack.Decoder()
_server_decoder = msgspec.msgpack.Decoder(list[ServerFrame])

encode = _encoder.encode
"""Bytes of any frame."""


def decode_client(data: bytes | memoryview) -> ClientFrame:
    """One frame of a client (clients send one frame a message).

    Errors: `msgspec.DecodeError` (with `ValidationError`) when it is none, or nested too deep.
    """
    try:
        frame: ClientFrame = _client_decoder.decode(data)
        if isinstance(frame, Operation | LiveSend | Get):
            # What is passed on, kept or decoded later: here is where a person's bytes are judged.
            body = frame.arguments if isinstance(frame, Get) else frame.body
            _check_plain(_any_decoder.decode(body))
    except (RecursionError, UnicodeDecodeError) as error:
        raise msgspec.DecodeError(f"the frame cannot be read: {error}") from None
    return frame


_PLAIN: Final = (bool, int, float, str, bytes)


def _check_plain(value: object) -> None:
    """Refuses what no client of ours sends, and some client could not read.

    Source: the browser's decoder ends with an exception at the key `__proto__`, at keys that are no
    text, and at extensions that it does not like; whoever is sent such a live message loses the
    connection.
    Errors: `msgspec.DecodeError`.
    """
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            if not all(type(key) is str and key != "__proto__" for key in one):
                raise msgspec.DecodeError("a key of a map is none")
            left += one.values()
        elif isinstance(one, list):
            left += one
        elif one is not None and not isinstance(one, _PLAIN):
            raise msgspec.DecodeError("a value is of a kind that is not spoken here")


def decode_server(data: bytes | memoryview) -> list[ServerFrame]:
    """The frames of one message of a server. Errors: `msgspec.DecodeError`."""
    try:
        frames: list[ServerFrame] = _server_decoder.decode(data)
    except (RecursionError, UnicodeDecodeError) as error:
        raise msgspec.DecodeError(f"the message cannot be read: {error}") from None
    return frames


_relay_decoder = msgspec.msgpack.Decoder(LiveRelay)


def live_sender(relay: bytes) -> int:
    """The number of the session that sent an encoded `LiveRelay`; 0 when it is none."""
    try:
        return _relay_decoder.decode(relay).number
    except UNREADABLE:
        return 0


def join_frames(frames: Sequence[bytes]) -> bytes:
    """One server's message from encoded frames."""
    count = len(frames)
    head = bytes((0x90 | count,)) if count < 16 else b"\xdd" + count.to_bytes(4, "big")
    return head + b"".join(frames)
