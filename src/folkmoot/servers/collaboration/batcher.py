"""Batcher: packs entries of one conference into batches, one publish in flight.

Pure. A batch keeps its bytes until its outcome is known: acknowledged, or seen in the log. A retry
may be stored twice; the sessions' counters make that harmless (DESIGN, section 3).
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Final

from folkmoot.conference.batch import CHECKSUM_BYTES, FORMAT, Batch, Entry, encode_batch

RETRY_AFTER_MS: Final = 100
FULL_RETRY_AFTER_MS: Final = 1_000
ENTRY_OVERHEAD_BYTES: Final = 96
STALLED_AFTER_MS: Final = 40
"""A batch so long without an outcome is held up: what waits behind it is told ahead."""


class Batcher:
    """Entries in, batches out.

    Caller: after `add`, `published` and `applied` call `next_batch`, and publish what it returns;
    call `retry_due` on each tick.
    """

    def __init__(self, server: str, epoch: str, bytes_max: int, entries_max: int) -> None:
        self._server = server
        self._epoch = epoch
        self._bytes_max = bytes_max
        self._entries_max = entries_max
        self._queue: deque[tuple[Entry, int]] = deque()
        self._queue_bytes = 0
        self._last_id = 0
        self._in_flight: tuple[int, bytes] | None = None
        self._since_ms = 0
        self._retry_at_ms: int | None = None
        self._unapplied: dict[int, tuple[bytes, list[tuple[Entry, int]]]] = {}
        self._told_ahead = 0

    @property
    def idle(self) -> bool:
        return not self._queue and self._in_flight is None

    @property
    def waits(self) -> bool:
        """Whether something is in no batch yet."""
        return bool(self._queue)

    @property
    def ready(self) -> bool:
        """Whether there is a next batch now."""
        return self.waits and self._in_flight is None

    @property
    def queue_bytes(self) -> int:
        return self._queue_bytes

    def waiting_ms(self, now_ms: int) -> int:
        """How long the batch in flight has been without an outcome."""
        return now_ms - self._since_ms if self._in_flight else 0

    def add(self, entry: Entry, size_bytes: int = 0) -> None:
        self._queue.append((entry, size_bytes + ENTRY_OVERHEAD_BYTES))
        self._queue_bytes += size_bytes + ENTRY_OVERHEAD_BYTES

    def next_batch(self, base: int, now_ms: int) -> tuple[int, bytes] | None:
        """A new batch to publish now, if none is in flight and something waits."""
        if not self.ready:
            return None
        taken: list[tuple[Entry, int]] = []
        size = 0
        while self._queue and len(taken) < self._entries_max:
            entry_bytes = self._queue[0][1]
            if taken and size + entry_bytes > self._bytes_max:
                break
            size += entry_bytes
            taken.append(self._queue.popleft())
        self._queue_bytes -= size
        self._told_ahead = max(0, self._told_ahead - len(taken))
        entries = [entry for entry, _ in taken]
        self._last_id += 1
        payload = encode_batch(
            Batch(FORMAT, self._epoch, self._server, self._last_id, base, entries)
        )
        self._unapplied[self._last_id] = (payload[:CHECKSUM_BYTES], taken)
        self._in_flight = (self._last_id, payload)
        self._since_ms = now_ms
        self._retry_at_ms = None
        return self._in_flight

    def ahead(self, base: int, now_ms: int) -> bytes | None:
        """What newly waits behind a batch that is held up, for others to see meanwhile.

        Shape: a batch's bytes, which are for showing and never for the log.
        """
        if self._told_ahead >= len(self._queue) or self.waiting_ms(now_ms) < STALLED_AFTER_MS:
            return None
        entries: list[Entry] = []
        size = 0
        for entry, entry_bytes in islice(self._queue, self._told_ahead, None):
            if len(entries) >= self._entries_max or (
                entries and size + entry_bytes > self._bytes_max
            ):
                break
            size += entry_bytes
            entries.append(entry)
        self._told_ahead += len(entries)
        return encode_batch(Batch(FORMAT, self._epoch, self._server, 0, base, entries))

    def published(self, id_: int) -> None:
        """The engine acknowledged the batch."""
        if self._in_flight and self._in_flight[0] == id_:
            self._in_flight = None

    def awaits(self, id_: int) -> bool:
        """Whether the batch was not seen in the log yet."""
        return id_ in self._unapplied

    def unknown(self, id_: int, now_ms: int, *, full: bool = False) -> None:
        """The publish failed or timed out: the same bytes are due again soon."""
        if self._in_flight and self._in_flight[0] == id_:
            self._retry_at_ms = now_ms + (FULL_RETRY_AFTER_MS if full else RETRY_AFTER_MS)

    def retry_due(self, now_ms: int) -> tuple[int, bytes] | None:
        """The batch in flight when it is time to publish it again."""
        if self._in_flight is None or self._retry_at_ms is None or now_ms < self._retry_at_ms:
            return None
        self._retry_at_ms = None
        return self._in_flight

    def applied(self, id_: int, checksum: bytes, *, ignored: bool) -> bool:
        """One of our batches came back from the log; False when it is a second copy.

        A host that was opened again counts its batches anew, so the checksum tells ours from one of
        its predecessor's. An ignored batch was made before closed sessions were forgotten: its
        entries go into a new batch, ahead of the others.
        """
        known = self._unapplied.get(id_)
        if known is None or known[0] != checksum:
            return False
        del self._unapplied[id_]
        self.published(id_)
        if ignored:
            self._queue.extendleft(reversed(known[1]))
            self._told_ahead += len(known[1])
            self._queue_bytes += sum(size_bytes for _, size_bytes in known[1])
        return True
