"""The whole engine in memory: what `engine.connection.Engine` gives, for tests on one loop.

`FakeZone` is what all processes share; `zone.engine()` is one process's connection to it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from folkmoot.engine.log import shard_of
from folkmoot.ports import (
    Bucket,
    BucketEntry,
    ConferenceLog,
    Conflict,
    Damaged,
    LogFull,
    LogUnavailable,
    Messaging,
    ObjectInfo,
    Objects,
    ObjectSurvey,
    Subscription,
    Unfinished,
)
from folkmoot.settings import Settings
from folkmoot.testing.fake_log import (
    FakeConnection,
    FakeLog,
    FakeLogStore,
    FakeSubscription,
    LogFaults,
)


class FakeBus:
    """Subjects and who listens."""

    def __init__(self) -> None:
        self._listeners: list[tuple[str, Callable[[str, bytes], None]]] = []
        self.responders: list[tuple[str, Callable[[bytes], Awaitable[bytes]]]] = []

    def publish(self, subject: str, payload: bytes) -> None:
        for pattern, deliver in list(self._listeners):
            if subject_matches(pattern, subject):
                deliver(subject, payload)

    def subscribe(self, subject: str, deliver: Callable[[str, bytes], None]) -> FakeSubscription:
        entry = (subject, deliver)
        self._listeners.append(entry)
        return FakeSubscription(lambda: self._listeners.remove(entry))


class FakeMessaging:
    """One process's `ports.Messaging` on a shared bus."""

    def __init__(self, bus: FakeBus, connection: FakeConnection) -> None:
        self._bus = bus
        self._connection = connection

    async def publish(self, subject: str, payload: bytes) -> None:
        self.publish_nowait(subject, payload)

    def publish_nowait(self, subject: str, payload: bytes) -> None:
        if not self._connection.connected:
            raise LogUnavailable("there is no connection to the engine")
        self._bus.publish(subject, payload)

    async def subscribe(
        self, subject: str, on_message: Callable[[str, bytes], None]
    ) -> Subscription:
        await self._connection.wait()
        loop = asyncio.get_running_loop()
        subscription: FakeSubscription | None = None

        def hand_over(name: str, payload: bytes) -> None:
            if subscription is not None and not subscription.closed:
                on_message(name, payload)

        def deliver(name: str, payload: bytes) -> None:
            if self._connection.connected:
                loop.call_soon(hand_over, name, payload)

        subscription = self._bus.subscribe(subject, deliver)
        await asyncio.sleep(0)
        return subscription

    async def request(self, subject: str, payload: bytes, timeout_s: float) -> bytes:
        await self._connection.turn()
        for pattern, handler in self._bus.responders:
            if subject_matches(pattern, subject):
                try:
                    async with asyncio.timeout(timeout_s):
                        return await handler(payload)
                except TimeoutError as error:
                    raise LogUnavailable("nobody answered in time") from error
        raise LogUnavailable(f"nobody listens on {subject}")

    async def respond(self, subject: str, handler: Callable[[bytes], object]) -> Subscription:
        await self._connection.wait()
        entry = (subject, cast(Callable[[bytes], Awaitable[bytes]], handler))
        self._bus.responders.append(entry)
        return FakeSubscription(lambda: self._bus.responders.remove(entry))


class FakeBucketStore:
    """A bucket's entries and its revision counter; `seen` is what reads of a key answer instead,
    as from a replica that lags.
    """

    def __init__(self) -> None:
        self.entries: dict[str, BucketEntry] = {}
        self.seen: dict[str, BucketEntry | None] = {}
        self.revision = 0

    def write(self, key: str, value: bytes) -> int:
        self.revision += 1
        self.entries[key] = BucketEntry(key, value, self.revision)
        return self.revision


class FakeBucket:
    """One process's `ports.Bucket` on a shared store."""

    def __init__(self, store: FakeBucketStore, connection: FakeConnection) -> None:
        self._store = store
        self._connection = connection

    async def get(self, key: str) -> BucketEntry | None:
        await self._connection.turn()
        if key in self._store.seen:
            return self._store.seen[key]
        return self._store.entries.get(key)

    async def create(self, key: str, value: bytes) -> int:
        return await self.update(key, value, 0)

    async def update(self, key: str, value: bytes, revision: int) -> int:
        await self._connection.turn()
        entry = self._store.entries.get(key)
        if (0 if entry is None else entry.revision) != revision:
            raise Conflict(f"{key} has another revision than {revision}")
        return self._store.write(key, value)

    async def put(self, key: str, value: bytes) -> int:
        await self._connection.turn()
        return self._store.write(key, value)

    async def delete(self, key: str, upto: int = 0) -> None:
        await self._connection.turn()
        entry = self._store.entries.get(key)
        if entry is not None and (not upto or entry.revision <= upto):
            del self._store.entries[key]

    async def keys(self, prefix: str = "") -> list[str]:
        await self._connection.turn()
        return sorted(key for key in self._store.entries if key.startswith(prefix))

    async def check_gone(self, key: str) -> None:
        await self._connection.turn()
        if key in self._store.entries:
            raise LogUnavailable(f"a replica does not know {key} yet")


class FakePieces:
    """What is being written, by identity: how far it is, and its bytes; `full` takes no more."""

    def __init__(self) -> None:
        self.written: dict[str, tuple[Unfinished, bytes]] = {}
        self.sequence = 0
        self.full = False


class FakeObjects:
    """One process's `ports.Objects`; `stored` maps a name to its bytes and their sha256.

    Shape: names in `unknown` are stored, but the replica that answers does not know it yet.
    """

    piece_bytes_max = 128 * 1024

    def __init__(
        self,
        stored: dict[str, tuple[bytes, str]],
        connection: FakeConnection,
        pieces: FakePieces | None = None,
    ) -> None:
        self.stored = stored
        self._connection = connection
        self.pieces = pieces or FakePieces()
        self.unknown: set[str] = set()

    async def put(self, name: str, data: bytes) -> str:
        await self._connection.turn()
        sha256 = hashlib.sha256(data).hexdigest()
        self.stored[name] = (bytes(data), sha256)
        return sha256

    async def get(self, name: str) -> bytes | None:
        await self._connection.turn()
        if name not in self.stored or name in self.unknown:
            return None
        data, sha256 = self.stored[name]
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Damaged(f"object {name!r} does not have its checksum")
        return data

    async def delete(self, name: str) -> None:
        await self._connection.turn()
        self.stored.pop(name, None)

    async def names(self, prefix: str) -> list[str]:
        await self._connection.turn()
        return sorted(name for name in self.stored if name.startswith(prefix))

    async def describe(self, name: str) -> ObjectInfo | None:
        await self._connection.turn()
        if name not in self.stored or name in self.unknown:
            return None
        data, sha256 = self.stored[name]
        return ObjectInfo(name, sha256, len(data), sha256, id(self.stored[name]))

    async def check_gone(self, name: str) -> None:
        await self._connection.turn()
        if name in self.stored:
            raise LogUnavailable(f"a replica does not know object {name!r} yet")

    async def read(self, info: ObjectInfo, first: int = 0) -> AsyncIterator[bytes]:
        data = await self.get(info.name)
        if data is None:
            raise Damaged(f"pieces of {info.name} are missing")
        for at in range(first, len(data), self.piece_bytes_max):
            await self._connection.turn()
            yield data[at : at + self.piece_bytes_max]

    async def delete_as(self, info: ObjectInfo) -> None:
        await self._connection.turn()
        if info.name in self.stored and id(self.stored[info.name]) == info.revision:
            del self.stored[info.name]

    async def resume(self, identity: str) -> Unfinished:
        await self._connection.turn()
        return self.pieces.written.get(identity, (Unfinished(identity), b""))[0]

    async def append(self, unfinished: Unfinished, piece: bytes) -> Unfinished:
        await self._connection.turn()
        identity, pieces = unfinished.identity, self.pieces
        if pieces.full:
            raise LogFull("the fake store is full")
        before, data = pieces.written.get(identity, (Unfinished(identity), b""))
        if before.sequence != unfinished.sequence:
            raise Conflict(f"{identity} goes on after another piece")
        pieces.sequence += 1
        after = Unfinished(
            identity, len(data) + len(piece), pieces.sequence, before.time_ms, before.pieces + 1
        )
        pieces.written[identity] = (after, data + piece)
        return after

    async def survey(
        self, unfinished: Unfinished, on_piece: Callable[[bytes], None]
    ) -> ObjectSurvey:
        await self._connection.turn()
        _, data = self.pieces.written.get(unfinished.identity, (unfinished, b""))
        if len(data) != unfinished.bytes:
            raise Damaged(f"pieces of {unfinished.identity} are missing")
        for at in range(0, len(data), self.piece_bytes_max):
            on_piece(data[at : at + self.piece_bytes_max])
        sha256 = hashlib.sha256(data).hexdigest()
        return ObjectSurvey(unfinished.identity, len(data), sha256, 1)

    async def seal(self, survey: ObjectSurvey, name: str) -> ObjectInfo:
        await self._connection.turn()
        if name not in self.stored:
            self.stored[name] = (self.pieces.written[survey.identity][1], survey.sha256)
        info = await self.describe(name)
        if info is None:
            raise LogUnavailable("the object was deleted at once")
        return info

    async def drop(self, identity: str) -> None:
        await self._connection.turn()
        self.pieces.written.pop(identity, None)


class FakeZone:
    """The engine that all fake processes share."""

    def __init__(self, settings: Settings | None = None, *, log_bytes_max: int = 0) -> None:
        self.settings = settings or Settings()
        self.logs = FakeLogStore(self.settings, bytes_max=log_bytes_max)
        self.bus = FakeBus()
        self.buckets: dict[str, FakeBucketStore] = {}
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.pieces = FakePieces()
        self.engines: list[FakeEngine] = []
        self.logs.on_live.append(self._publish_live)

    @property
    def faults(self) -> LogFaults:
        return self.logs.faults

    def engine(self) -> FakeEngine:
        """A connection of one more process."""
        engine = FakeEngine(self)
        self.engines.append(engine)
        return engine

    def _publish_live(self, conference: str, payload: bytes) -> None:
        shard = shard_of(conference, self.settings.shards)
        self.bus.publish(f"conf.{shard}.{conference}", payload)


class FakeEngine:
    """Stands where `engine.connection.Engine` does; `connection.drop()` cuts it off."""

    def __init__(self, zone: FakeZone) -> None:
        self._zone = zone
        self.connection = FakeConnection()
        self.log = FakeLog(zone.logs, self.connection)
        self.objects = FakeObjects(zone.objects, self.connection, zone.pieces)
        self.messaging = FakeMessaging(zone.bus, self.connection)
        self.live = FakeMessaging(zone.bus, self.connection)

    @property
    def connected(self) -> bool:
        return self.connection.connected

    async def wait_connected(self) -> None:
        await self.connection.wait()

    async def wait_prepared(self) -> None:
        await self.connection.wait()

    def bucket(self, name: str) -> FakeBucket:
        store = self._zone.buckets.setdefault(name, FakeBucketStore())
        return FakeBucket(store, self.connection)

    def on_reconnect(self, callback: Callable[[], None]) -> None:
        self.connection.on_up.append(callback)

    def on_disconnect(self, callback: Callable[[], None]) -> None:
        self.connection.on_down.append(callback)

    async def prepare(self, known_file: Path, *, replicas: int = 1, log_bytes_max: int = 0) -> None:
        await self.connection.wait()

    async def remember(self, known_file: Path) -> None:
        await self.connection.turn()

    async def close(self) -> None:
        if self in self._zone.engines:
            self._zone.engines.remove(self)
        self.connection.drop()


def subject_matches(pattern: str, subject: str) -> bool:
    """Whether a subject falls under a pattern with `*` (one part) and a last `>` (the rest)."""
    wanted, parts = pattern.split("."), subject.split(".")
    for index, part in enumerate(wanted):
        if part == ">":
            return len(parts) > index
        if index >= len(parts) or part not in ("*", parts[index]):
            return False
    return len(wanted) == len(parts)


if TYPE_CHECKING:

    def _ports_are_kept(engine: FakeEngine) -> tuple[ConferenceLog, Objects, Messaging, Bucket]:
        return engine.log, engine.objects, engine.live, engine.bucket("rooms")
