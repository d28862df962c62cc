"""Catch-up: when a replica's missing part is read from the log, and whether the read can be true.

Pure. A read begins at the replica's own position: when that message is no longer there, the log was
trimmed past the replica. What was read is held until the message it began with was seen once more:
only then can nothing have been trimmed from its middle meanwhile (DESIGN, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from folkmoot.conference.applied import Applied
from folkmoot.conference.replica import Fenced, Replica
from folkmoot.ports import LogMessage
from folkmoot.servers.collaboration.effects import Fetch

FETCH_TIMEOUT_MS: Final = 5_000


class CatchUp:
    """One replica's reads, one at a time.

    Caller: performs each `Fetch` that a method returns and answers with `page` or `failed`, and
    with the number of the read: an answer that comes after its time is not heard.
    Errors: `page` may raise `Fenced`.
    """

    def __init__(self, replica: Replica, overdue_ms: int) -> None:
        self._replica = replica
        self._overdue_ms = overdue_ms
        self._asked_at_ms: int | None = None
        self._missing_since_ms: int | None = None
        self._asked = 0
        self._read = 0
        self._held: Sequence[LogMessage] | None = None
        self._more = False
        self._again = False

    def look(self, now_ms: int) -> Fetch | None:
        """Asks for what a head or an acknowledgement told of, once it is overdue."""
        if self._replica.missing is None:
            self._missing_since_ms = None
        elif self._missing_since_ms is None:
            self._missing_since_ms = now_ms
        elif now_ms - self._missing_since_ms >= self._overdue_ms:
            return self.ask(now_ms)
        return None

    def ask(self, now_ms: int) -> Fetch | None:
        """Reads now, unless a read is under way."""
        if self._asked_at_ms is not None and now_ms - self._asked_at_ms < FETCH_TIMEOUT_MS:
            return None
        self._asked_at_ms = now_ms
        self._held = None
        self._again = False
        self._asked = self._replica.sequence
        return self._fetch(max(1, self._asked))

    def reconnected(self, now_ms: int) -> Fetch | None:
        """Copies may have been missed: reads, and again if a read from before is under way."""
        fetch = self.ask(now_ms)
        self._again = fetch is None
        return fetch

    def failed(self, read: int, now_ms: int) -> None:
        """Nobody answered."""
        if read != self._read:
            return
        self._asked_at_ms = None
        self._held = None
        self._missing_since_ms = now_ms

    def page(
        self, messages: Sequence[LogMessage], *, read: int, more: bool, now_ms: int
    ) -> tuple[list[Applied], Fetch | None]:
        """The answer to a `Fetch`: what was applied, and what to ask for next."""
        if read != self._read:
            return [], None
        held, self._held = self._held, None
        if held is not None:
            return self._confirmed(held, messages, now_ms)
        if not messages:
            return self._done([], now_ms)  # the reply of a follower that is behind us
        first = messages[0].sequence
        if self._asked and first > self._asked:
            raise self._trimmed()
        if messages[-1].sequence <= self._replica.sequence:
            return self._done([], now_ms)
        self._held, self._more = messages, more
        self._asked_at_ms = now_ms
        return [], self._fetch(first, count_max=1)

    def _fetch(self, first: int, count_max: int = 0) -> Fetch:
        self._read += 1
        return Fetch(first, self._read, count_max)

    def _confirmed(
        self, held: Sequence[LogMessage], messages: Sequence[LogMessage], now_ms: int
    ) -> tuple[list[Applied], Fetch | None]:
        if not messages or messages[0].sequence != held[0].sequence:
            raise self._trimmed()
        return self._done(self._replica.receive_page(held), now_ms)

    def _done(self, applied: list[Applied], now_ms: int) -> tuple[list[Applied], Fetch | None]:
        self._asked_at_ms = None
        more, self._more = self._more, False
        missing = self._replica.missing is not None
        self._missing_since_ms = now_ms if missing else None
        if self._again or (missing and (more or applied)):
            return applied, self.ask(now_ms)
        return applied, None

    def _trimmed(self) -> Fenced:
        replica = self._replica
        return Fenced(replica.conference, replica.sequence, "the log was trimmed past this replica")
