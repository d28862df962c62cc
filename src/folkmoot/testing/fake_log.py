"""A conference log in memory, with the real one's semantics and its misfortunes on demand.

`FakeLogStore` is what the zone shares; each process under test has a `FakeLog` on it. Needs an
event loop, but no clock, no randomness and no sleeping.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from folkmoot.engine.log import shard_of
from folkmoot.ports import LogFull, LogMessage, LogPage, LogUnavailable, Subscription
from folkmoot.settings import Settings


class LogFaults(msgspec.Struct):
    """What goes wrong next. Counts go down as they are used up; flags stay until reset.

    Shape: `unknown_outcomes` holds, for each of the next publishes, whether the publish that
    raises `LogUnavailable` was stored all the same. `stale_reads` reads miss the newest
    `stale_behind` messages and look complete.
    """

    lose_copies: int = 0
    store_twice: int = 0
    unknown_outcomes: deque[bool] = msgspec.field(default_factory=deque)
    stale_reads: int = 0
    stale_behind: int = 1
    leaderless: bool = False
    full: bool = False

    def use(self, name: str) -> bool:
        """Whether a counted fault is due; takes one off."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0


class _Stream:
    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.sequence = 0
        self.bytes = 0
        self.logs: dict[str, list[LogMessage]] = {}


class FakeLogStore:
    """The streams of a zone. Units: `bytes_max` is per stream, 0: no limit."""

    def __init__(self, settings: Settings | None = None, *, bytes_max: int = 0) -> None:
        self.settings = settings or Settings()
        self.bytes_max = bytes_max
        self.faults = LogFaults()
        self.time_ms = 1_700_000_000_000
        self.on_live: list[Callable[[str, bytes], None]] = []
        self._streams = [_Stream(f"fake{shard:08x}") for shard in range(self.settings.shards)]
        self._copies: list[tuple[str, Callable[[LogMessage], None]]] = []

    def stream(self, conference: str) -> _Stream:
        return self._streams[shard_of(conference, len(self._streams))]

    def messages(self, conference: str) -> list[LogMessage]:
        """What is stored, oldest first, each with its true `previous`."""
        return self.stream(conference).logs.setdefault(conference, [])

    def renew(self, conference: str, epoch: str) -> None:
        """Puts an empty stream with another epoch in the place of the conference's."""
        stream = _Stream(epoch)
        self._streams[shard_of(conference, len(self._streams))] = stream

    def store(self, conference: str, payload: bytes) -> int:
        """Stores and republishes. Errors: `LogFull`."""
        stream = self.stream(conference)
        if self.faults.full or (self.bytes_max and stream.bytes + len(payload) > self.bytes_max):
            raise LogFull("maximum bytes exceeded")
        log = self.messages(conference)
        stream.sequence += 1
        stream.bytes += len(payload)
        self.time_ms += 1
        previous = log[-1].sequence if log else 0
        message = LogMessage(stream.sequence, previous, self.time_ms, payload)
        log.append(message)
        if not self.faults.use("lose_copies"):
            for wanted, deliver in list(self._copies):
                if wanted == conference:
                    deliver(message)
        return message.sequence

    def purge(self, conference: str, before: int) -> int:
        stream, log = self.stream(conference), self.messages(conference)
        before = min(before, log[-1].sequence if log else 0)
        gone = [message for message in log if message.sequence < before]
        del log[: len(gone)]
        stream.bytes -= sum(len(message.payload) for message in gone)
        return len(gone)

    def subscribe(self, conference: str, deliver: Callable[[LogMessage], None]) -> FakeSubscription:
        entry = (conference, deliver)
        self._copies.append(entry)
        return FakeSubscription(lambda: self._copies.remove(entry))


class FakeSubscription:
    """Ends with `close`; closing twice is harmless."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end
        self.closed = False

    async def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._end()


class FakeConnection:
    """Whether a process under test reaches the engine."""

    def __init__(self) -> None:
        self._up = asyncio.Event()
        self._up.set()
        self.on_up: list[Callable[[], None]] = []
        self.on_down: list[Callable[[], None]] = []

    @property
    def connected(self) -> bool:
        return self._up.is_set()

    async def wait(self) -> None:
        await self._up.wait()

    def drop(self) -> None:
        self._up.clear()
        for callback in self.on_down:
            callback()

    def restore(self) -> None:
        self._up.set()
        for callback in self.on_up:
            callback()

    async def turn(self) -> None:
        """One turn of the loop, as a round trip. Errors: `LogUnavailable` when cut off."""
        await asyncio.sleep(0)
        if not self._up.is_set():
            raise LogUnavailable("there is no connection to the engine")


class FakeLog:
    """One process's `ports.ConferenceLog` on a shared store."""

    def __init__(self, store: FakeLogStore, connection: FakeConnection | None = None) -> None:
        self.store = store
        self.connection = connection or FakeConnection()
        self._callbacks: list[Callable[[], None]] = []
        self.connection.on_up.append(self._reconnected)

    def epoch(self, conference: str) -> str:
        return self.store.stream(conference).epoch

    async def publish(self, conference: str, payload: bytes) -> int:
        await self.connection.turn()
        faults = self.store.faults
        for on_live in list(self.store.on_live):
            on_live(conference, payload)
        if faults.leaderless:
            raise LogUnavailable("the stream has no leader")
        if faults.unknown_outcomes:
            if faults.unknown_outcomes.popleft():
                self.store.store(conference, payload)
            raise LogUnavailable("the engine did not answer in time")
        if faults.use("store_twice"):
            self.store.store(conference, payload)
        sequence = self.store.store(conference, payload)
        await self.connection.turn()
        return sequence

    async def subscribe(
        self, conference: str, on_message: Callable[[LogMessage], None]
    ) -> Subscription:
        await self.connection.wait()
        loop = asyncio.get_running_loop()
        subscription: FakeSubscription | None = None

        def hand_over(message: LogMessage) -> None:
            if subscription is not None and not subscription.closed:
                on_message(message)

        def deliver(message: LogMessage) -> None:
            if self.connection.connected:
                loop.call_soon(hand_over, message)

        subscription = self.store.subscribe(conference, deliver)
        await asyncio.sleep(0)
        return subscription

    async def subscribe_live(
        self, conference: str, on_payload: Callable[[bytes], None]
    ) -> Subscription:
        await self.connection.wait()
        loop = asyncio.get_running_loop()
        subscription: FakeSubscription | None = None

        def hand_over(payload: bytes) -> None:
            if subscription is not None and not subscription.closed:
                on_payload(payload)

        def on_live(name: str, payload: bytes) -> None:
            if name == conference and self.connection.connected:
                loop.call_soon(hand_over, payload)

        self.store.on_live.append(on_live)
        subscription = FakeSubscription(lambda: self.store.on_live.remove(on_live))
        return subscription

    async def read(self, conference: str, first: int, count_max: int) -> LogPage:
        await self.connection.turn()
        messages = self.store.messages(conference)
        if self.store.faults.use("stale_reads"):
            messages = messages[: len(messages) - self.store.faults.stale_behind]
        wanted = [message for message in messages if message.sequence >= first]
        page = [msgspec.structs.replace(m, previous=-1) for m in wanted[:count_max]]
        return LogPage(page, len(wanted) > count_max)

    async def last(self, conference: str) -> int:
        await self.connection.turn()
        messages = self.store.messages(conference)
        if self.store.faults.use("stale_reads"):
            messages = messages[: len(messages) - self.store.faults.stale_behind]
        return messages[-1].sequence if messages else 0

    async def purge(self, conference: str, before: int) -> int:
        await self.connection.turn()
        return self.store.purge(conference, before)

    def on_reconnect(self, callback: Callable[[], None]) -> None:
        self._callbacks.append(callback)

    def _reconnected(self) -> None:
        for callback in self._callbacks:
            callback()
