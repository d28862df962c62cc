"""Whether this meeting manager is the zone's active one, and what it orders while it is. Pure.

The shell in `main.py` reads the seat from the `zone` bucket, writes the one that is wanted, and
says what came of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from folkmoot.servers.meeting.direction import Decision, Director
from folkmoot.servers.meeting.watch import Seat, next_seat, present, read_seat
from folkmoot.settings import Settings
from folkmoot.zone.table import ProcessEntry


class Chair:
    """One meeting manager's place; `fence` is its number while it is active, else 0.

    Caller: in each round `wanted`, then `seated` with what was read or written, or `unknown` when
    that failed; then `decide`.
    """

    def __init__(self, settings: Settings, server: str) -> None:
        self.fence = 0
        self._known = 0
        self._settings = settings
        self._server = server
        self._director = Director(settings, 0)

    def wanted(
        self,
        stored: bytes | None,
        revision: int,
        managers: Sequence[ProcessEntry],
        *,
        deaf: bool,
    ) -> tuple[Seat | None, Seat | None]:
        """The seat as it is, and the one to write instead, when we should be active now.

        Shape: a seat that was lost with the engine's data begins anew, but machines remember whom
        they obeyed; who has the seat and is refused takes it again with a higher number.
        """
        seat = read_seat(stored, revision) if stored is not None else None
        self._known = max(self._known, seat.fence if seat is not None else 0)
        staying = present(managers)
        if self._server not in staying:
            return seat, None
        wanted = next_seat(seat, self._server, staying.__contains__, deaf=deaf)
        if seat is not None and seat.server == self._server and seat.fence < self._known:
            wanted = seat
        if wanted is not None and wanted.fence <= self._known:
            wanted = Seat(self._known + 1, self._server)
        return seat, wanted

    def outnumbered(self, fence: int) -> None:
        """A process manager refused, as it obeys this number."""
        self._known = max(self._known, fence)

    def seated(self, seat: Seat | None) -> None:
        """This is the seat now."""
        fence = seat.fence if seat is not None and seat.server == self._server else 0
        if fence != self.fence:
            self.fence = fence
            self._director = Director(self._settings, fence, most=self._director.most)

    def unknown(self) -> None:
        """Nobody knows who is active: we are not."""
        self.fence = 0

    def decide(self, now_ms: int, entries: Sequence[ProcessEntry]) -> list[Decision]:
        """What to order, while active; looks at the zone in any case."""
        self._director.see(entries)
        return self._director.decide(now_ms, entries) if self.fence else []
