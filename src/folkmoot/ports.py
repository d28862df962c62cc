"""Ports: what the decisions need from the world, as protocols only.

Adapters live in `engine/` (the real ones) and in `testing/` and `simulation/` (fakes). Nothing
here imports an adapter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

import msgspec


class LogMessage(msgspec.Struct, frozen=True):
    """One committed batch as the engine keeps it.

    Shape: `previous` is the sequence before this one in the same conference (0: none), as told with
    a live message; messages that were read carry -1, for a read's reply does not say it reliably.
    Units: `time_ms` is the engine's time stamp, milliseconds since 1970.
    """

    sequence: int
    previous: int
    time_ms: int
    payload: bytes


class LogPage(msgspec.Struct, frozen=True):
    """A run of consecutive messages of one conference; `more` when the log goes on after it."""

    messages: Sequence[LogMessage]
    more: bool


class LogUnavailable(Exception):
    """The engine did not answer in time: the outcome of a publish is unknown."""


class LogFull(Exception):
    """The engine refuses to store more (quota or disk): certainly not stored."""


class Subscription(Protocol):
    async def close(self) -> None: ...


class ConferenceLog(Protocol):
    """The log of every conference.

    Caller: a publish that raised `LogUnavailable` may still take effect, and may be repeated.
    """

    def epoch(self, conference: str) -> str: ...

    async def publish(self, conference: str, payload: bytes) -> int:
        """Stores one batch and returns its sequence once it is on disk.

        Errors: `LogUnavailable` (unknown), `LogFull` (not stored).
        """
        ...

    async def subscribe(
        self, conference: str, on_message: Callable[[LogMessage], None]
    ) -> Subscription:
        """Calls `on_message` (synchronously, on the loop) for what is committed from now on.

        Delivery is at most once: copies may be lost. Returns when the engine has the subscription.
        """
        ...

    async def read(self, conference: str, first: int, count_max: int) -> LogPage:
        """Messages of the conference with sequence >= `first`, oldest first.

        May be stale: a page that ends may miss what was committed just before.
        Errors: `LogUnavailable`.
        """
        ...

    async def last(self, conference: str) -> int:
        """Sequence of the newest message, 0 when there is none. Errors: `LogUnavailable`."""
        ...

    async def purge(self, conference: str, before: int) -> int:
        """Removes messages with sequence < `before`, returns how many."""
        ...

    def on_reconnect(self, callback: Callable[[], None]) -> None:
        """Calls back after each reconnection to the engine: live copies may have been missed."""
        ...


class BucketEntry(msgspec.Struct, frozen=True):
    key: str
    value: bytes
    revision: int


class Conflict(Exception):
    """A conditional write lost: the key exists, or has another revision."""


class Bucket(Protocol):
    """A key-value bucket. Every call may raise `LogUnavailable`; a write's outcome is then open."""

    async def get(self, key: str) -> BucketEntry | None: ...
    async def create(self, key: str, value: bytes) -> int: ...
    async def update(self, key: str, value: bytes, revision: int) -> int: ...
    async def put(self, key: str, value: bytes) -> int: ...
    async def delete(self, key: str, upto: int = 0) -> None:
        """Deletes an entry; with `upto` only if it was not written after that revision."""
        ...

    async def keys(self, prefix: str = "") -> list[str]: ...
    async def check_gone(self, key: str) -> None:
        """Returns when there is no entry, whatever one replica said.

        Errors: `LogUnavailable` when there is one after all, or the store has no leader to ask.
        """
        ...


class ObjectInfo(msgspec.Struct, frozen=True):
    """A stored object. Shape: `revision` is that of its name; `index` is for who reads it."""

    name: str
    identity: str
    bytes: int
    sha256: str
    revision: int
    index: Sequence[tuple[int, int]] = ()


class Unfinished(msgspec.Struct, frozen=True):
    """An object that is being written: nobody sees it, whoever knows `identity` goes on with it.

    Shape: `bytes` so far, in so many `pieces`; `sequence` is where the last one lies, 0 before the
    first; `time_ms` is when that was, as far as it was read.
    """

    identity: str
    bytes: int = 0
    sequence: int = 0
    time_ms: int = 0
    pieces: int = 0


class ObjectSurvey(msgspec.Struct, frozen=True):
    """What is written, read once from beginning to end."""

    identity: str
    bytes: int
    sha256: str
    pieces: int
    index: Sequence[tuple[int, int]] = ()


class Objects(Protocol):
    """Large values, written once, addressed by name; checked by sha256 on reading.

    What is too large for memory is written in pieces of at most `piece_bytes_max`, under an
    identity of the writer's choice, then surveyed and sealed; and read in pieces.
    """

    piece_bytes_max: int

    async def put(self, name: str, data: bytes) -> str:
        """Stores and returns the sha256 in hex."""
        ...

    async def get(self, name: str) -> bytes | None:
        """The bytes, or None. Errors: `Damaged` when the checksum differs."""
        ...

    async def delete(self, name: str) -> None: ...
    async def names(self, prefix: str) -> list[str]: ...

    async def describe(self, name: str) -> ObjectInfo | None: ...

    async def check_gone(self, name: str) -> None:
        """Returns when nobody has an object of this name, whatever one replica said.

        Errors: `LogUnavailable` when it is there after all, or the store has no leader to ask.
        """
        ...

    def read(self, info: ObjectInfo, first: int = 0) -> AsyncIterator[bytes]:
        """The bytes from `first` on, piece by piece; their checksum is for who reads them all.

        Errors: `Damaged` when pieces are missing, after some may have been given.
        """
        ...

    async def delete_as(self, info: ObjectInfo) -> None:
        """Deletes the object unless it was written anew since it was described."""
        ...

    async def resume(self, identity: str) -> Unfinished:
        """How far it is written; nothing that was ever stored is missed for long."""
        ...

    async def append(self, unfinished: Unfinished, piece: bytes) -> Unfinished:
        """Stores the next piece.

        Errors: `Conflict` (another wrote meanwhile, or we are behind; not stored), `LogFull` (not
        stored), `LogUnavailable` (unknown). Caller: resumes after each of them.
        """
        ...

    async def survey(
        self, unfinished: Unfinished, on_piece: Callable[[bytes], None]
    ) -> ObjectSurvey:
        """Reads all that was written, which `on_piece` gets in order. Errors: `Damaged`."""
        ...

    async def seal(self, survey: ObjectSurvey, name: str) -> ObjectInfo:
        """Gives it a name; under one that has the same bytes already, those stay.

        Caller: drops the identity if the answer has another one, and once nobody resumes it.
        """
        ...

    async def drop(self, identity: str) -> None:
        """Deletes what was written and has no name."""
        ...


class Damaged(Exception):
    """Stored bytes do not have their checksum."""


class Messaging(Protocol):
    """Plain messaging between processes: at most once, nothing stored."""

    async def publish(self, subject: str, payload: bytes) -> None: ...
    async def subscribe(
        self, subject: str, on_message: Callable[[str, bytes], None]
    ) -> Subscription: ...
    async def request(self, subject: str, payload: bytes, timeout_s: float) -> bytes:
        """Errors: `LogUnavailable` when nobody answers in time."""
        ...

    async def respond(self, subject: str, handler: Callable[[bytes], object]) -> Subscription:
        """`handler` is an async function from request bytes to reply bytes."""
        ...
