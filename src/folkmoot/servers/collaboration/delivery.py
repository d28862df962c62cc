"""Delivery: what applied batches become on the wire.

Pure. Events are encoded once per audience; a client's own part of a frame is its `prev`. Recent
batches are kept, so that a client that comes back goes on where it was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from folkmoot.conference.application import Emitted
from folkmoot.conference.applied import Applied
from folkmoot.protocol.frames import Batch, Event

_encoder = msgspec.msgpack.Encoder()
_EVENTS_HEAD: Final = b"\x93" + _encoder.encode("events")
"""Start of an `events` frame: an array of three, then the tag; `prev` and the batch follow."""


class Delivery:
    """One batch with its events, encoded once for each set of persons that sees the same.

    Shape: `renews` when everybody is shown all views anew, for the level rose.
    """

    __slots__ = (
        "_encoded",
        "_events",
        "_last",
        "_personal",
        "_public",
        "renews",
        "sequence",
        "size_bytes",
        "time_ms",
    )

    def __init__(self, applied: Applied) -> None:
        self.sequence = applied.sequence
        self.time_ms = applied.time_ms
        self.renews = bool(applied.level)
        self._events: Sequence[Emitted] = applied.events
        self._public = tuple(i for i, event in enumerate(self._events) if event.audience is None)
        self._personal: dict[str, list[int]] = {}
        for i, event in enumerate(self._events):
            for person in dict.fromkeys(event.audience or ()):
                self._personal.setdefault(person, []).append(i)
        self._encoded: dict[tuple[int, ...], bytes] = {}
        self._last: tuple[int, tuple[int, ...], bytes] | None = None
        self.size_bytes = 64 + sum(len(bytes(event.body)) + 64 for event in self._events)

    def frame(self, person: str, prev: int) -> bytes | None:
        """The frame for a person whose client is at `prev`; None when nothing is visible."""
        visible = self._visible(person)
        if not visible:
            return None
        if self._last is not None and self._last[0] == prev and self._last[1] == visible:
            return self._last[2]
        frame = _EVENTS_HEAD + _encoder.encode(prev) + self._batch(visible)
        self._last = (prev, visible, frame)
        return frame

    def _visible(self, person: str) -> tuple[int, ...]:
        personal = self._personal.get(person)
        return self._public if personal is None else tuple(sorted((*self._public, *personal)))

    def _batch(self, visible: tuple[int, ...]) -> bytes:
        encoded = self._encoded.get(visible)
        if encoded is None:
            events = [_wire(self._events[i]) for i in visible]
            encoded = _encoder.encode(Batch(self.sequence, self.time_ms, events))
            self._encoded[visible] = encoded
        return encoded


def _wire(event: Emitted) -> Event:
    return Event(
        event.index,
        event.app,
        event.type,
        event.author,
        event.number,
        event.counter,
        event.body,
    )


class Backlog:
    """Recent deliveries, bounded by count and bytes. Covers what lies after `floor`.

    Nothing from before a higher level: who comes from there must be shown what appeared with it.
    """

    def __init__(self, floor: int, batches_max: int, bytes_max: int) -> None:
        self.floor = floor
        self._batches_max = batches_max
        self._bytes_max = bytes_max
        self._bytes = 0
        self._deliveries: deque[Delivery] = deque()

    def add(self, delivery: Delivery) -> None:
        if delivery.renews:
            self._deliveries.clear()
            self._bytes, self.floor = 0, delivery.sequence
            return
        self._deliveries.append(delivery)
        self._bytes += delivery.size_bytes
        while len(self._deliveries) > self._batches_max or self._bytes > self._bytes_max:
            oldest = self._deliveries.popleft()
            self._bytes -= oldest.size_bytes
            self.floor = oldest.sequence

    def since(self, sequence: int) -> list[Delivery] | None:
        """Deliveries after `sequence`, or None when some of them are no longer kept."""
        if sequence < self.floor:
            return None
        newer: list[Delivery] = []
        for delivery in reversed(self._deliveries):
            if delivery.sequence <= sequence:
                break
            newer.append(delivery)
        newer.reverse()
        return newer
