"""What a collaboration server signs for its clients: sessions, downloads, ways into breakouts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast, get_args

from folkmoot.errors import invariant
from folkmoot.servers.collaboration.effects import (
    AnswerBreakout,
    AnswerDeck,
    AnswerEditor,
    AnswerExport,
    AnswerFile,
    AnswerLink,
    AnswerUpload,
)
from folkmoot.servers.doors.rooms import new_id
from folkmoot.servers.doors.tickets import (
    DeckTicket,
    EditorToken,
    ExportTicket,
    FileTicket,
    PersonToken,
    Role,
    SessionToken,
    Ticket,
    UploadTicket,
    viewer_key,
)


class Signer:
    """Signs with the zone's key, for as long as each kind of statement lives."""

    def __init__(self, key: bytes, wall_ms: Callable[[], int]) -> None:
        self._key = key
        self._wall_ms = wall_ms

    def session(self, conference: str, session: str, person: str) -> str:
        expires_ms = SessionToken.expiry_ms(self._wall_ms())
        return SessionToken(conference, session, person, expires_ms).sign(self._key)

    def editor(self, conference: str, asked: AnswerEditor) -> str:
        """The token of a link for editors that are not ours."""
        return EditorToken(conference, asked.link, asked.expires_ms).sign(self._key)

    def export(self, conference: str, asked: AnswerExport) -> str:
        """A ticket for one download."""
        expires_ms = ExportTicket.expiry_ms(self._wall_ms())
        ticket = ExportTicket(
            conference,
            asked.person,
            asked.export,
            asked.object,
            asked.sha256,
            expires_ms,
            asked.name,
        )
        return ticket.sign(self._key)

    def upload(self, conference: str, asked: AnswerUpload) -> str:
        """A ticket for bringing files, as many as fit, for some minutes."""
        expires_ms = UploadTicket.expiry_ms(self._wall_ms())
        ticket = UploadTicket(conference, asked.person, asked.purpose, asked.bytes_max, expires_ms)
        return ticket.sign(self._key)

    def file(self, conference: str, asked: AnswerFile) -> str:
        """A ticket for reading one file."""
        expires_ms = FileTicket.expiry_ms(self._wall_ms())
        ticket = FileTicket(
            conference, asked.person, asked.file, asked.object, asked.preview, asked.name,
            asked.type, expires_ms,
        )  # fmt: skip
        return ticket.sign(self._key)

    def deck(self, conference: str, asked: AnswerDeck) -> dict[str, Any]:
        """A ticket for a deck's pages, and what tells one making of them from another."""
        expires_ms = DeckTicket.expiry_ms(self._wall_ms())
        ticket = DeckTicket(
            conference, asked.person, asked.deck, asked.folder, asked.title, asked.export,
            expires_ms,
        )  # fmt: skip
        return {
            "ticket": ticket.sign(self._key),
            "room": conference,
            "version": asked.folder.rstrip("/").rpartition("/")[2],
            "export": asked.export,
        }

    def link(self, conference: str, asked: AnswerLink) -> dict[str, Any]:
        """What follows in a link's fragment: `key` for `#v=`, or `person` for `#p=`."""
        if asked.kind == "viewer":
            return {"key": viewer_key(self._key, conference)}
        role = _role(asked.role) if asked.role else ""
        expires_ms = PersonToken.expiry_ms(self._wall_ms())
        token = PersonToken(conference, asked.person or new_id(), asked.name, role, expires_ms)
        return {"person": token.sign(self._key)}

    def breakout(self, asked: AnswerBreakout) -> str:
        """A ticket for joining a breakout, as the person of the main room."""
        expires_ms = Ticket.expiry_ms(self._wall_ms())
        ticket = Ticket(
            asked.conference, asked.person, new_id(), asked.name, _role(asked.role), expires_ms
        )
        return ticket.sign(self._key)


def _role(text: str) -> Role:
    """The role as a ticket has it. Errors: `InvariantViolated` for one that no ticket gives."""
    invariant(text in get_args(Role), "a role that no ticket gives", role=text)
    return cast(Role, text)
