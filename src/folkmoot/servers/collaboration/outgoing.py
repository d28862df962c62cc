"""Outgoing: effects for the shell, and frames for clients, each client's joined into one message.

Sans-IO; the part of a conference's host that knows who is connected, and nothing of the log.
"""

from __future__ import annotations

from collections.abc import Sequence

from folkmoot.conference.state import ClosedSession
from folkmoot.protocol.codes import BY_NAME
from folkmoot.protocol.frames import join_frames
from folkmoot.servers.collaboration.effects import Close, Effect, Send
from folkmoot.servers.collaboration.greetings import goodbye
from folkmoot.servers.collaboration.member import Member
from folkmoot.servers.collaboration.pace import TELL_APART_MS, Pace
from folkmoot.servers.collaboration.waiting import Waiting


class Outgoing:
    """Members by connection, and what is to be done for them.

    Shape: `editors` are the editors that are not ours and listen too.
    Caller: `take_effects` once per loop turn, and again when `later_due_ms` says so.
    """

    def __init__(self) -> None:
        self.members: dict[int, Member] = {}
        self._by_session: dict[str, Member] = {}
        self._waiting = Waiting()
        self.editors = 0
        self._dirty: dict[int, Member] = {}
        self._later: dict[int, Member] = {}
        self._urgent: dict[int, None] = {}
        self._pace = Pace(TELL_APART_MS)
        self._effects: list[Effect] = []

    @property
    def listeners(self) -> int:
        return len(self._by_session) + self.editors

    @property
    def later_due_ms(self) -> int:
        """When what was not written at once is to be written; 0 when there is nothing."""
        return self._pace.due_ms if self._later else 0

    def take_effects(self, now_ms: int | None = None) -> list[Effect]:
        """What is to be done now; each client's frames are joined into one message.

        Shape: without a time, all of it.
        """
        later: dict[int, Member] = {}
        if now_ms is not None and self._later and not self._pace.take(now_ms, self.listeners):
            for connection in self._urgent:
                self._later.pop(connection, None)
            later = {c: m for c, m in self._dirty.items() if c in self._later}
            for connection in later:
                del self._dirty[connection]
        else:
            self._later.clear()
        self._urgent.clear()
        joined: dict[tuple[int, ...], bytes] = {}
        for member in self._dirty.values():
            key = tuple(map(id, member.chunks))
            data = joined.get(key) or joined.setdefault(key, join_frames(member.chunks))
            self._effects.append(Send(member.connection, data))
        for member in self._dirty.values():
            member.chunks = []
        self._dirty = later
        effects, self._effects = self._effects, []
        # Closing comes after what was still to be said.
        effects.sort(key=lambda effect: isinstance(effect, Close))
        return effects

    def do(self, effect: Effect) -> None:
        self._effects.append(effect)

    def _do_if(self, effect: Effect | None) -> None:
        if effect is not None:
            self._effects.append(effect)

    def send(self, member: Member, frame: bytes) -> None:
        member.chunks.append(frame)
        self._dirty[member.connection] = member
        self._urgent[member.connection] = None

    def send_soon(self, member: Member, frame: bytes) -> None:
        """As `send`, for what the member does not wait for: together with what else comes."""
        member.chunks.append(frame)
        self._dirty[member.connection] = self._later[member.connection] = member

    def tell_all(self, frames: Sequence[bytes]) -> None:
        """The same frames for every attached client."""
        for frame in frames:
            for member in self._by_session.values():
                self.send(member, frame)

    def member_of(self, session: str) -> Member | None:
        return self._by_session.get(session)

    def close(
        self,
        member: Member,
        code: str,
        *,
        message: str = "",
        closed: ClosedSession | None = None,
        after_queued: bool = False,
    ) -> None:
        """Tells the client why and closes; what was queued for it goes only if `after_queued`."""
        member.held.clear()
        member.chunks = [*(member.chunks if after_queued else ()), goodbye(code, message, closed)]
        self.do(Close(member.connection, BY_NAME[code].close, code))
        self._forget(member.connection)
        self._dirty[member.connection] = member
        self._urgent[member.connection] = None

    def close_all(self, code: str) -> None:
        for member in list(self.members.values()):
            self.close(member, code)

    def _forget(self, connection: int) -> Member | None:
        member = self.members.pop(connection, None)
        if member is None:
            return None
        self._dirty.pop(connection, None)
        self._later.pop(connection, None)
        self._urgent.pop(connection, None)
        if self._by_session.get(member.session) is member:
            del self._by_session[member.session]
        self._waiting.remove(member)
        return member
