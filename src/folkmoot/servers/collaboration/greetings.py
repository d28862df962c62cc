"""Greetings: the first and the last frame that a host sends to a client. Pure."""

from __future__ import annotations

from typing import Any

from folkmoot.conference.replica import Replica
from folkmoot.conference.state import ClosedSession, Session
from folkmoot.protocol.codes import BY_NAME
from folkmoot.protocol.frames import Bye, Welcome, encode
from folkmoot.protocol.position import Position
from folkmoot.servers.collaboration.member import Member


def welcome(
    member: Member,
    session: Session,
    replica: Replica,
    views: dict[str, Any] | None,
    *,
    server: str,
    token: str,
    rate_per_s: int,
) -> bytes:
    """The welcome of a member at its position.

    Shape: `views` are what the person sees of each application; None when the client goes on from
    where it was.
    """
    frame = Welcome(
        session=member.session,
        number=session.number,
        person=member.person,
        token=token,
        generation=member.generation,
        server=server.partition(".")[0],
        position=Position(replica.epoch, member.position),
        last=session.counter,
        rejected=session.rejected,
        resumed=views is None,
        state=views or {},
        rate_per_s=rate_per_s,
        sequence=replica.sequence,
    )
    return encode(frame)


def goodbye(code: str, message: str, closed: ClosedSession | None) -> bytes:
    """Why the connection ends; with the session's outcomes when that is closed."""
    told = BY_NAME[code]
    if closed is None:
        return encode(Bye(code, message or told.message, told.reconnect))
    reason = closed.reason
    text = message or BY_NAME.get(reason, told).message
    bye = Bye(code, text, told.reconnect, closed.last, closed.rejected, closed.sequence, reason)
    return encode(bye)
