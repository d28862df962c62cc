"""Member: one client connection as a conference's host sees it."""

from __future__ import annotations

from collections import deque
from typing import Final

from folkmoot.apps import reactions
from folkmoot.conference.batch import Grant
from folkmoot.conference.state import Session
from folkmoot.protocol.frames import Operation
from folkmoot.protocol.position import START, Position
from folkmoot.servers.collaboration.limits import TokenBucket
from folkmoot.settings import Settings

HELD_OPERATIONS_MAX: Final = 512
"""Operations kept while their sender is over its rate; reading is paused long before."""

SEARCHES_PER_S: Final = 4
"""Of one connection; one that looks through a long history asks several times."""


class Member:
    """One connection: waiting for its attachment, or attached.

    Shape: `position` is the sequence up to which the client was sent events; `chunks` are frames
    to be written in this loop turn; `held` are operations over the rate, in order; `waiting` while
    an attach of this connection is on its way to the log, `early` when its operations are taken
    meanwhile; `known_number` is that of the session as the client knows it, 0 if it tells none;
    `in_lobby` while the person waits to be let in and must be told nothing of the
    conference; `move_by_ms` until when it should have gone elsewhere, 0 while it may stay; one
    that `may_stay` is only asked.
    """

    __slots__ = (
        "asked",
        "attached",
        "bucket",
        "chunks",
        "connection",
        "early",
        "generation",
        "grant",
        "held",
        "in_lobby",
        "known_number",
        "live_bucket",
        "may_stay",
        "move_by_ms",
        "next_counter",
        "number",
        "paused",
        "person",
        "position",
        "reactions",
        "rejections",
        "revision",
        "search_bucket",
        "seen",
        "session",
        "waiting",
    )

    def __init__(
        self, connection: int, session: str, person: str, settings: Settings, now_ms: int
    ) -> None:
        self.connection = connection
        self.session = session
        self.person = person
        self.generation = 0
        self.grant: Grant | None = None
        self.asked: Position = START
        self.seen = 0
        self.known_number = 0
        self.revision = 1
        self.move_by_ms = 0
        self.may_stay = False
        self.attached = False
        self.waiting = False
        self.in_lobby = False
        self.early = False
        self.number = 0
        self.position = 0
        self.next_counter = 1
        self.chunks: list[bytes] = []
        self.held: deque[tuple[Operation, int]] = deque()
        self.paused = False
        self.bucket = TokenBucket(settings.operations_per_s, settings.operations_burst, now_ms)
        self.live_bucket = TokenBucket(settings.live_per_s, settings.live_per_s * 2, now_ms)
        self.reactions = TokenBucket(reactions.PER_S, reactions.BURST, now_ms)
        self.search_bucket = TokenBucket(SEARCHES_PER_S, SEARCHES_PER_S * 5, now_ms)
        self.rejections = TokenBucket(
            max(1, settings.rejections_per_minute_max // 60),
            settings.rejections_per_minute_max,
            now_ms,
        )

    def is_of(self, session: Session) -> bool:
        """Whether that is the session which the client knows, and not another of the same id."""
        return self.known_number in (0, session.number)

    def hold(self, operation: Operation, size_bytes: int) -> bool:
        """Keeps an operation for later; False when too many are kept already."""
        if len(self.held) >= HELD_OPERATIONS_MAX:
            return False
        self.held.append((operation, size_bytes))
        return True
