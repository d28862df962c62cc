"""What a collaboration server signs for its clients: sessions, downloads, ways into breakouts."""

from __future__ import annotations

import time
from typing import cast, get_args

from folkmoot.errors import invariant
from folkmoot.protocol.limits import SESSION_LIFETIME_MS, TICKET_LIFETIME_MS
from folkmoot.servers.collaboration.effects import AnswerBreakout, AnswerExport
from folkmoot.servers.doors.rooms import new_id
from folkmoot.servers.doors.tickets import (
    EXPORT_TICKET_LIFETIME_MS,
    ExportTicket,
    Role,
    SessionToken,
    Ticket,
    sign_export,
    sign_session,
    sign_ticket,
)


class Signer:
    """Signs with the zone's key, for as long as each kind of statement lives."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def session(self, conference: str, session: str, person: str) -> str:
        expires_ms = _now_ms() + SESSION_LIFETIME_MS
        return sign_session(self._key, SessionToken(conference, session, person, expires_ms))

    def export(self, conference: str, asked: AnswerExport) -> str:
        """A ticket for one download."""
        expires_ms = _now_ms() + EXPORT_TICKET_LIFETIME_MS
        ticket = ExportTicket(
            conference, asked.person, asked.export, asked.object, asked.sha256, expires_ms
        )
        return sign_export(self._key, ticket)

    def breakout(self, asked: AnswerBreakout) -> str:
        """A ticket for joining a breakout, as the person of the main room."""
        expires_ms = _now_ms() + TICKET_LIFETIME_MS
        ticket = Ticket(
            asked.conference, asked.person, new_id(), asked.name, _role(asked.role), expires_ms
        )
        return sign_ticket(self._key, ticket)


def _role(text: str) -> Role:
    """The role as a ticket has it. Errors: `InvariantViolated` for one that no ticket gives."""
    invariant(text in get_args(Role), "a breakout's ticket has an unknown role", role=text)
    return cast(Role, text)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
