"""Channel: one editor at one document, and how what it writes comes into the log. Sans-IO.

What it sends is one operation at a time; what comes meanwhile shares the next one. It is told that
something is saved when the log has it. What the log does not take stays with the editor, which is
asked for all that we lack as soon as it may be taken.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

from folkmoot.apps.yjs_parts import Taken
from folkmoot.servers.collaboration.limits import TokenBucket
from folkmoot.servers.gateway.ends import End
from folkmoot.servers.gateway.wire import Message
from folkmoot.settings import Settings

WAITING_BYTES_MAX: Final = 1 << 20
"""Beyond it nothing more is read from the editor."""

TRIES_MAX: Final = 3
"""How often an editor is asked again for what did not fit to the log."""

ASK_AGAIN_MS: Final = 250
"""How long after a refusal an editor is asked for all that it has, longer each time."""

ANSWERS_PER_S: Final = 2
"""How often an editor may ask for all that it lacks."""

FULL_AGAIN_MS: Final = 5_000
"""The same for a document that is full."""


class Outlet(Protocol):
    """The way to the editor, in its protocol.

    Shape: `prefix` stands before each message; `tells_saved` where the protocol has a word for it.
    """

    prefix: bytes
    tells_saved: bool

    def send(self, message: bytes) -> None:
        """Sends a whole message, prefix and all."""
        ...

    def status(self, saved: bool) -> None:
        """Tells, where the protocol can, that one message is saved, or cannot be."""
        ...

    def denied(self, reason: str) -> None:
        """Tells that something is not allowed; the connection stays."""
        ...

    def end(self, end: End, reason: str) -> None:
        """Ends it; nothing is sent any more."""
        ...

    def pause(self) -> None: ...
    def resume(self) -> None: ...

    @property
    def queued_bytes(self) -> int: ...


class Channel:
    """What is known of one editor at one document.

    Shape: `early` is what it said before the document was there. `waiting` is what it wrote and
    what is not in an operation yet, each with the number of words "saved" that it is owed;
    `in_flight` are the ids of operations on their way, `promised` the words that they bring.
    `behind` says why it holds text that the log did not take: until it offered all of it again
    (step 2), what else it writes is not looked at, and `owed` counts the words for all that.
    Operations are `apart_ms` from each other, the next one not before `write_at_ms`: who types
    faster than that has several edits in one.
    One that `rests` is not read until others may write again, too.
    `steps` says of each step 2 that was asked for whether it is owed a word of its own.
    """

    def __init__(
        self, id_: int, outlet: Outlet, document: str, link: str, settings: Settings, now_ms: int
    ) -> None:
        self.id = id_
        self.outlet = outlet
        self.document = document
        self.link = link
        self.begun = False
        self.early: list[Message] = []
        self.waiting: deque[tuple[Taken, int]] = deque()
        self.waiting_bytes = 0
        self.paused = False
        self.rests = False
        self.in_flight: dict[str, None] = {}
        self.promised = 0
        self.refused = ""
        self.owed = 0
        self.steps: deque[bool] = deque()
        self.behind = ""
        self.ask_at_ms = 0
        self.tries = 0
        self.told_denied = ""
        self.written = 0
        self.sent_ms = now_ms
        self.synced_bytes = 0
        self.write_at_ms = now_ms
        self.apart_ms = max(1, 1_000 // settings.operations_per_s)
        self.answers = TokenBucket(ANSWERS_PER_S, ANSWERS_PER_S * 10, now_ms)
        self.live_bucket = TokenBucket(settings.live_per_s, settings.live_per_s * 2, now_ms)

    @property
    def only_waits(self) -> bool:
        """Whether what came last only joined what waits already: nothing is to be done for it."""
        return len(self.waiting) > 1

    def send(self, message: bytes, now_ms: int) -> None:
        self.sent_ms = now_ms
        self.outlet.send(self.outlet.prefix + message)

    def hold_early(self, message: Message) -> None:
        """Keeps what it says until the document is there."""
        self.early.append(message)
        self._add_waiting(len(message.data) + 1)

    def take_early(self) -> list[Message]:
        early, self.early = self.early, []
        self._nothing_waits()
        return early

    def hold(self, taken: Taken, acks: int) -> None:
        """Keeps an update until it can go; reads no more when that is much."""
        self.waiting.append((taken, acks))
        self._add_waiting(taken.size_bytes)

    def take_waiting(self) -> tuple[list[Taken], int]:
        """All that waits, and how many words "saved" it is worth."""
        taken = [one for one, _ in self.waiting]
        acks = sum(acks for _, acks in self.waiting)
        self.waiting.clear()
        self._nothing_waits()
        return taken, acks

    def _add_waiting(self, size_bytes: int) -> None:
        self.waiting_bytes += size_bytes
        if self.waiting_bytes > WAITING_BYTES_MAX:
            self._set_reading(paused=True, rests=self.rests)

    def _nothing_waits(self) -> None:
        self.waiting_bytes = 0
        self._set_reading(paused=False, rests=self.rests)

    def rest(self, rests: bool) -> None:
        """What it sends from now on stays with the system, or is read again."""
        self._set_reading(paused=self.paused, rests=rests)

    def _set_reading(self, *, paused: bool, rests: bool) -> None:
        read = not (self.paused or self.rests)
        self.paused, self.rests = paused, rests
        if read and (paused or rests):
            self.outlet.pause()
        elif not (read or paused or rests):
            self.outlet.resume()

    def saved(self, acks: int) -> None:
        for _ in range(acks):
            self.outlet.status(True)

    def not_saved(self, acks: int) -> None:
        """Some words stay owed: said when the same has come into the log after all."""
        self.owed += acks
        for _ in range(acks):
            self.outlet.status(False)

    def settle(self) -> None:
        """Says what was owed, once all that the editor has is in the log."""
        if not (self.in_flight or self.waiting or self.behind):
            owed, self.owed = self.owed, 0
            self.tries = 0
            self.saved(owed)
