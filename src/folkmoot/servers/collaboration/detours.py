"""Detours: people whom another process of the node decrypts, and when they are sent here anew.

Pure. Under TLS a front door cannot see for whom a connection is (docs/adr/0008-tls-for-people.md),
so some people come through another process, and are cut off when either one dies. Each new
connection is a new guess: they are asked a few times, seconds apart, to make another one beside
that which they have, and notice nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

FIRST_AFTER_MS: Final = 2_000
AGAIN_AFTER_MS: Final = 4_000
TRIES_MAX: Final = 6
"""Of two servers one of two guesses is right: one of 64 people stays on a detour."""

KEPT_MS: Final = 60_000
"""For so long a session that is not seen on a detour keeps its count: it may be back at once."""


class Detours:
    """Shape: bounded by the sessions that came by a detour within the last minute."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, int]] = {}

    def due(self, now_ms: int, sessions: Iterable[str]) -> list[str]:
        """Which of the sessions that are on a detour now to send anew, oldest first.

        Caller: tells all of them, again and again; `sent` for each that was sent.
        """
        found = []
        for session in sessions:
            tries, at_ms = self._known.setdefault(session, (0, now_ms + FIRST_AFTER_MS))
            if tries < TRIES_MAX and at_ms <= now_ms:
                found.append((at_ms, session))
        return [session for _, session in sorted(found)]

    def sent(self, now_ms: int, session: str) -> None:
        tries, _ = self._known.get(session, (0, 0))
        self._known[session] = (tries + 1, now_ms + AGAIN_AFTER_MS)

    def forget(self, now_ms: int, sessions: Iterable[str]) -> None:
        """Drops what is known of sessions that are on no detour any more."""
        here = set(sessions)
        self._known = {
            session: (tries, at_ms)
            for session, (tries, at_ms) in self._known.items()
            if session in here or at_ms + KEPT_MS > now_ms
        }
