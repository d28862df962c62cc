"""Presence: who is at a document, with carets and names (Yjs awareness). Pure.

An id is held by the connection that first speaks for it, or by the participant whose number it is;
what others say of it is left out without a word, for y-websocket repeats to us what we told it.
A connection of the same link takes an id over when it says something newer: it came back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from folkmoot.apps.documents.foreign import FOREIGN_ID_MIN
from folkmoot.servers.gateway import wire

STATES_MAX: Final = 1_000
"""Ids of one document; more are not told."""

STATES_A_MESSAGE_MAX: Final = 1_000
OWN_MAX: Final = 4
"""Ids of one connection; a page that is opened anew on the same connection has another one."""

SILENT_MS: Final = 30_000
"""After so long without a word somebody elsewhere is gone; Yjs counts alike."""

GONE: Final = "null"
ELSEWHERE: Final = -1
"""Held by a participant, or by a connection of another server."""

Change = tuple[int, int, str]
"""Client id, clock, state as JSON."""


class _State(msgspec.Struct):
    clock: int
    state: str
    holder: int
    link: str
    said_ms: int


class Presence:
    """Of one document.

    Shape: a holder is the number of an editor's channel here, or `ELSEWHERE`.
    """

    def __init__(self) -> None:
        self._states: dict[int, _State] = {}

    def said(self, holder: int, changes: Iterable[Change], link: str, now_ms: int) -> list[Change]:
        """What of it counts, as it is to be told to all."""
        told = []
        for client, clock, state in changes:
            known = self._states.get(client)
            if known is None:
                if state == GONE or not self._has_room(holder):
                    continue
                self._states[client] = _State(clock, state, holder, link, now_ms)
            elif self._counts(known, client, clock, state, holder, link):
                self._states[client] = _State(clock, state, holder, link, now_ms)
                if state == GONE:
                    del self._states[client]
            else:
                continue
            told.append((client, clock, state))
        return told

    def _counts(
        self, known: _State, client: int, clock: int, state: str, holder: int, link: str
    ) -> bool:
        if clock <= known.clock:
            return clock == known.clock and state == GONE and known.holder == holder
        if known.holder == holder:
            return True
        if holder == ELSEWHERE:
            return False
        return known.link == link or (known.holder == ELSEWHERE and client >= FOREIGN_ID_MIN)

    def _has_room(self, holder: int) -> bool:
        if len(self._states) >= STATES_MAX:
            return False
        if holder == ELSEWHERE:
            return True
        return sum(state.holder == holder for state in self._states.values()) < OWN_MAX

    def left(self, holder: int) -> list[Change]:
        """A channel has ended: what is to be told of its ids."""
        return self._remove([c for c, s in self._states.items() if s.holder == holder])

    def gone(self, is_gone: Callable[[int], bool], now_ms: int) -> list[Change]:
        """Those elsewhere who are gone, by what is known of them or by their silence."""
        return self._remove(
            [
                client
                for client, known in self._states.items()
                if known.holder == ELSEWHERE
                and (is_gone(client) or now_ms - known.said_ms >= SILENT_MS)
            ]
        )

    def _remove(self, clients: list[int]) -> list[Change]:
        return [(client, self._states.pop(client).clock, GONE) for client in clients]

    def all(self) -> list[Change]:
        return [(client, known.clock, known.state) for client, known in self._states.items()]


def encode(changes: list[Change]) -> bytes:
    return wire.write_awareness(changes)
