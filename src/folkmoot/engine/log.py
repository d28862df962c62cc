"""The log of every conference, on the engine's streams (the port is `ports.ConferenceLog`)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping

import msgspec

from folkmoot.engine import headers as h
from folkmoot.engine import jetstream, peers
from folkmoot.engine.link import Link
from folkmoot.errors import invariant
from folkmoot.ports import LogMessage, LogPage, LogUnavailable, Subscription
from folkmoot.settings import Settings

_CONFERENCE = re.compile(r"[A-Za-z0-9_-]{1,128}")


def shard_of(conference: str, shards: int) -> int:
    """Which stream a conference's log is in; never to change for a stored zone."""
    return zlib.crc32(conference.encode()) % shards


class Replication(msgspec.Struct, frozen=True):
    """How a stream is kept: copies wanted, how many are there and up to date, and by whom.

    Shape: `leader` is empty while there is none; `engines` are all that keep it, the leader first.
    """

    name: str
    copies: int
    current: int
    leader: str = ""
    engines: list[str] = []


class EngineLog:
    """Conference logs in the streams CONF_0, CONF_1, ...

    Caller: `epoch` works once the streams are known (`Engine.wait_prepared`).
    """

    def __init__(self, link: Link, settings: Settings) -> None:
        self._link = link
        self._shards = settings.shards
        self._timeout_s = settings.publish_timeout_ms / 1000
        self._epochs: dict[int, str] = {}
        self._callbacks: list[Callable[[], None]] = []
        link.on_reconnect(self._reconnected)

    def epoch(self, conference: str) -> str:
        """Errors: `LogUnavailable` while the streams are not known yet."""
        epoch = self._epochs.get(shard_of(conference, self._shards))
        if epoch is None:
            raise LogUnavailable("the engine's streams are not known yet")
        return epoch

    def epochs(self) -> dict[str, str]:
        """Epoch by stream, as far as they are known."""
        return {f"CONF_{shard}": epoch for shard, epoch in sorted(self._epochs.items())}

    async def conferences(self) -> list[str]:
        """Every conference that has a log, sorted. Errors: `LogUnavailable`."""
        found: list[str] = []
        for shard in range(self._shards):
            under = f"conf.{shard}."
            subjects = await jetstream.subjects(
                self._link, f"CONF_{shard}", under + ">", 5 * self._timeout_s
            )
            found += [subject[len(under) :] for subject in subjects]
        return sorted(found)

    async def begin_after(self, sequence: int) -> None:
        """Lets logs that are still empty begin above a sequence, as restoring needs it.

        Errors: `LogUnavailable`, `ApiError`.
        """
        for shard in range(self._shards if sequence else 0):
            name = f"STREAM.PURGE.CONF_{shard}"
            await jetstream.call(self._link, name, {"seq": sequence + 1}, 5 * self._timeout_s)

    async def replication(self) -> list[Replication]:
        """How each log is kept. Errors: `LogUnavailable`, `ApiError`."""
        found = []
        for shard in range(self._shards):
            name = f"CONF_{shard}"
            told = await jetstream.call(self._link, f"STREAM.INFO.{name}", None, self._timeout_s)
            others = (told.get("cluster") or {}).get("replicas") or []
            current = 1 + sum(bool(p.get("current")) and not p.get("offline") for p in others)
            copies = int(told["config"].get("num_replicas", 1))
            leader = str((told.get("cluster") or {}).get("leader") or "")
            kept = Replication(name, copies, min(current, copies), leader, peers.names(told))
            found.append(kept)
        return found

    def learn_epochs(self, epochs: Mapping[int, str]) -> None:
        """Takes the epochs of the shards; a change is like a reconnection."""
        changed = bool(self._epochs) and dict(epochs) != self._epochs
        self._epochs = dict(epochs)
        if changed:
            self._reconnected()

    async def publish(self, conference: str, payload: bytes) -> int:
        return await jetstream.store(
            self._link, self._subject("conf", conference), payload, self._timeout_s
        )

    async def subscribe(
        self, conference: str, on_message: Callable[[LogMessage], None]
    ) -> Subscription:
        """Waits for the engine, however long it is away."""

        def handle(_subject: bytes, _reply: bytes, data: bytes, headers: bytes) -> None:
            sequence = h.number_of(headers, h.SEQUENCE, 0)
            invariant(sequence > 0, "a republished message has its sequence", headers=headers)
            previous = h.number_of(headers, h.LAST_SEQUENCE, 0)
            on_message(LogMessage(sequence, previous, h.time_ms_of(headers), data))

        return await self._link.subscribe(self._subject("log", conference), handle)

    async def subscribe_live(
        self, conference: str, on_payload: Callable[[bytes], None]
    ) -> Subscription:
        """Calls back with batches as they are published, before anything stored them."""

        def handle(_subject: bytes, _reply: bytes, data: bytes, _headers: bytes) -> None:
            on_payload(data)

        return await self._link.subscribe(self._subject("conf", conference), handle)

    async def read(self, conference: str, first: int, count_max: int) -> LogPage:
        stored, pending = await jetstream.page(
            self._link,
            self._stream(conference),
            self._subject("conf", conference),
            first,
            count_max,
            self._timeout_s,
        )
        messages = [LogMessage(m.sequence, -1, h.time_ms_of(m.headers), m.payload) for m in stored]
        return LogPage(messages, pending > 0)

    async def last(self, conference: str) -> int:
        subject = self._subject("conf", conference)
        stored = await jetstream.newest(
            self._link, self._stream(conference), subject, self._timeout_s
        )
        return 0 if stored is None else stored.sequence

    async def purge(self, conference: str, before: int) -> int:
        """The newest message always stays: without it the chain would begin again at 0."""
        before = min(before, await self.last(conference))
        if before <= 1:
            return 0
        return await jetstream.purge(
            self._link,
            self._stream(conference),
            self._subject("conf", conference),
            before,
            5 * self._timeout_s,
        )

    def on_reconnect(self, callback: Callable[[], None]) -> None:
        self._callbacks.append(callback)

    def _reconnected(self) -> None:
        for callback in self._callbacks:
            callback()

    def _stream(self, conference: str) -> str:
        return f"CONF_{shard_of(conference, self._shards)}"

    def _subject(self, kind: str, conference: str) -> str:
        invariant(
            _CONFERENCE.fullmatch(conference) is not None,
            "a conference's id can be part of a subject",
            conference=conference,
        )
        return f"{kind}.{shard_of(conference, self._shards)}.{conference}"
