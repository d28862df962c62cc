"""What a collaboration server signs for its clients: sessions, downloads, ways into breakouts."""

from __future__ import annotations

import time
from typing import Any, cast, get_args

from folkmoot.errors import invariant
from folkmoot.protocol.limits import SESSION_LIFETIME_MS, TICKET_LIFETIME_MS
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
    DECK_TICKET_LIFETIME_MS,
    EXPORT_TICKET_LIFETIME_MS,
    FILE_TICKET_LIFETIME_MS,
    PERSON_TOKEN_LIFETIME_MS,
    UPLOAD_TICKET_LIFETIME_MS,
    DeckTicket,
    EditorToken,
    ExportTicket,
    FileTicket,
    PersonToken,
    Role,
    SessionToken,
    Ticket,
    UploadTicket,
    sign_deck,
    sign_editor,
    sign_export,
    sign_file,
    sign_person,
    sign_session,
    sign_ticket,
    sign_upload,
    viewer_key,
)


class Signer:
    """Signs with the zone's key, for as long as each kind of statement lives."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def session(self, conference: str, session: str, person: str) -> str:
        expires_ms = _now_ms() + SESSION_LIFETIME_MS
        return sign_session(self._key, SessionToken(conference, session, person, expires_ms))

    def editor(self, conference: str, asked: AnswerEditor) -> str:
        """The token of a link for editors that are not ours."""
        token = EditorToken(conference, asked.link, asked.expires_ms)
        return sign_editor(self._key, token)

    def export(self, conference: str, asked: AnswerExport) -> str:
        """A ticket for one download."""
        expires_ms = _now_ms() + EXPORT_TICKET_LIFETIME_MS
        ticket = ExportTicket(
            conference,
            asked.person,
            asked.export,
            asked.object,
            asked.sha256,
            expires_ms,
            asked.name,
        )
        return sign_export(self._key, ticket)

    def upload(self, conference: str, asked: AnswerUpload) -> str:
        """A ticket for bringing files, as many as fit, for some minutes."""
        expires_ms = _now_ms() + UPLOAD_TICKET_LIFETIME_MS
        ticket = UploadTicket(conference, asked.person, asked.purpose, asked.bytes_max, expires_ms)
        return sign_upload(self._key, ticket)

    def file(self, conference: str, asked: AnswerFile) -> str:
        """A ticket for reading one file."""
        expires_ms = _now_ms() + FILE_TICKET_LIFETIME_MS
        ticket = FileTicket(
            conference, asked.person, asked.file, asked.object, asked.preview, asked.name,
            asked.type, expires_ms,
        )  # fmt: skip
        return sign_file(self._key, ticket)

    def deck(self, conference: str, asked: AnswerDeck) -> dict[str, Any]:
        """A ticket for a deck's pages, and what tells one making of them from another."""
        expires_ms = _now_ms() + DECK_TICKET_LIFETIME_MS
        ticket = DeckTicket(
            conference, asked.person, asked.deck, asked.folder, asked.title, asked.export,
            expires_ms,
        )  # fmt: skip
        return {
            "ticket": sign_deck(self._key, ticket),
            "room": conference,
            "version": asked.folder.rstrip("/").rpartition("/")[2],
            "export": asked.export,
        }

    def link(self, conference: str, asked: AnswerLink) -> dict[str, Any]:
        """What follows in a link's fragment: `key` for `#v=`, or `person` for `#p=`."""
        if asked.kind == "viewer":
            return {"key": viewer_key(self._key, conference)}
        role = _role(asked.role) if asked.role else ""
        expires_ms = _now_ms() + PERSON_TOKEN_LIFETIME_MS
        token = PersonToken(conference, asked.person or new_id(), asked.name, role, expires_ms)
        return {"person": sign_person(self._key, token)}

    def breakout(self, asked: AnswerBreakout) -> str:
        """A ticket for joining a breakout, as the person of the main room."""
        expires_ms = _now_ms() + TICKET_LIFETIME_MS
        ticket = Ticket(
            asked.conference, asked.person, new_id(), asked.name, _role(asked.role), expires_ms
        )
        return sign_ticket(self._key, ticket)


def _role(text: str) -> Role:
    """The role as a ticket has it. Errors: `InvariantViolated` for one that no ticket gives."""
    invariant(text in get_args(Role), "a role that no ticket gives", role=text)
    return cast(Role, text)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
