"""Tickets and session tokens: signed statements of this zone about who may come in. Pure.

A ticket is for joining, lives for seconds and is used once (the reducer sees to that); a session
token is for resuming and lives as long as a session may be away. Both are
`<kind>.<payload>.<signature>` in unpadded base64url: the payload is a MessagePack array, the
signature is HMAC-SHA256 over kind and payload with the zone's key. There is no choice of algorithm
in a token, and the kind is signed, so one can never pass as the other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import Final, Literal, TypeVar

import msgspec

from folkmoot.conference.batch import RoomPlan
from folkmoot.errors import Refused, invariant
from folkmoot.protocol.reading import UNREADABLE

KEY_BYTES: Final = 32
TOKEN_CHARACTERS_MAX: Final = 2_048
EXPORT_TICKET_LIFETIME_MS: Final = 60_000
UPLOAD_TICKET_LIFETIME_MS: Final = 600_000
FILE_TICKET_LIFETIME_MS: Final = 60_000
DECK_TICKET_LIFETIME_MS: Final = 600_000
PERSON_TOKEN_LIFETIME_MS: Final = 180 * 24 * 3600 * 1000

Role = Literal["host", "co-host", "presenter", "participant", "viewer"]


class Ticket(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Lets its bearer join a conference as this person, once.

    Shape: from `device` on as in `conference.batch.Grant`.
    Units: `expires_ms` in milliseconds since 1970.
    """

    conference: str
    person: str
    session: str
    name: str
    role: Role
    expires_ms: int
    device: str = ""
    address: str = ""
    passcode: str = ""
    invited: bool = False
    plan: RoomPlan | None = None


class PersonToken(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Says who comes: a browser keeps it, or it is in a personal link.

    Shape: with a role it is an invitation by somebody who runs the room, for a person called
    `name`; without one it only says that this is the same person as before.
    """

    conference: str
    person: str
    name: str
    role: Role | Literal[""]
    expires_ms: int


class SessionToken(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Lets its bearer go on with a session, on any server of the zone."""

    conference: str
    session: str
    person: str
    expires_ms: int


class ExportTicket(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Lets its bearer download one finished export of a conference.

    Shape: `object` is what the export's state names, `sha256` its checksum in hex; `name` is that
    of the file, empty for an archive of the whole room.
    """

    conference: str
    person: str
    export: str
    object: str
    sha256: str
    expires_ms: int
    name: str = ""


class UploadTicket(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Lets its bearer bring files into a conference, for one purpose (see `apps.files`).

    Units: `bytes_max` is what the room had left for them, and one file may have.
    """

    conference: str
    person: str
    purpose: str
    bytes_max: int
    expires_ms: int


class FileTicket(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Lets its bearer read one file of a conference; `object` and the rest as its state has it."""

    conference: str
    person: str
    file: str
    object: str
    preview: str
    name: str
    type: str
    expires_ms: int


class DeckTicket(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Lets its bearer read a deck's pages.

    Shape: `folder` is where they are; with `export` its PDF may be had, too, named by `title`.
    """

    conference: str
    person: str
    deck: str
    folder: str
    title: str
    export: bool
    expires_ms: int


class AdminToken(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Lets its bearer see the whole zone. `id` names it in logs, `node` is where it was made."""

    id: str
    node: str
    expires_ms: int


class EditorToken(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Lets an editor that is not ours use a link; what the link allows is in the room's log."""

    conference: str
    link: str
    expires_ms: int


_TICKET: Final = "t1"
_SESSION: Final = "s1"
_ADMIN: Final = "a1"
_EXPORT: Final = "x1"
_PERSON: Final = "p1"
_UPLOAD: Final = "u1"
_FILE: Final = "f1"
_EDITOR: Final = "e1"
_DECK: Final = "d1"
_FORM: Final = re.compile(r"(t1|s1|x1|a1|p1|u1|f1|e1|d1)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})")
_encode = msgspec.msgpack.Encoder().encode
_decode_ticket: Final = msgspec.msgpack.Decoder(Ticket)
_decode_session: Final = msgspec.msgpack.Decoder(SessionToken)
_decode_admin: Final = msgspec.msgpack.Decoder(AdminToken)
_decode_export: Final = msgspec.msgpack.Decoder(ExportTicket)
_decode_person: Final = msgspec.msgpack.Decoder(PersonToken)
_decode_upload: Final = msgspec.msgpack.Decoder(UploadTicket)
_decode_file: Final = msgspec.msgpack.Decoder(FileTicket)
_Statement = TypeVar(
    "_Statement",
    Ticket, SessionToken, ExportTicket, AdminToken, PersonToken, UploadTicket, FileTicket,
    EditorToken, DeckTicket,
)  # fmt: skip
_decode_deck: Final = msgspec.msgpack.Decoder(DeckTicket)
_decode_editor: Final = msgspec.msgpack.Decoder(EditorToken)


def sign_ticket(key: bytes, ticket: Ticket) -> str:
    return _sign(key, _TICKET, _encode(ticket))


def sign_session(key: bytes, token: SessionToken) -> str:
    return _sign(key, _SESSION, _encode(token))


def sign_admin(key: bytes, token: AdminToken) -> str:
    return _sign(key, _ADMIN, _encode(token))


def verify_admin(key: bytes, text: str, now_ms: int) -> AdminToken:
    """The admin token that `text` is. Errors: as for `verify_ticket`."""
    return _verify(key, _ADMIN, text, now_ms, _decode_admin)


def verify_ticket(key: bytes, text: str, now_ms: int) -> Ticket:
    """The ticket that `text` is. Errors: `Refused` (`token_invalid`, `token_expired`)."""
    return _verify(key, _TICKET, text, now_ms, _decode_ticket)


def verify_session(key: bytes, text: str, now_ms: int) -> SessionToken:
    """The session token that `text` is. Errors: as for `verify_ticket`."""
    return _verify(key, _SESSION, text, now_ms, _decode_session)


def sign_export(key: bytes, ticket: ExportTicket) -> str:
    return _sign(key, _EXPORT, _encode(ticket))


def verify_export(key: bytes, text: str, now_ms: int) -> ExportTicket:
    """The download ticket that `text` is. Errors: as for `verify_ticket`."""
    return _verify(key, _EXPORT, text, now_ms, _decode_export)


def sign_deck(key: bytes, ticket: DeckTicket) -> str:
    return _sign(key, _DECK, _encode(ticket))


def verify_deck(key: bytes, text: str, now_ms: int) -> DeckTicket:
    """The ticket for pages that `text` is. Errors: as for `verify_ticket`."""
    return _verify(key, _DECK, text, now_ms, _decode_deck)


def sign_person(key: bytes, token: PersonToken) -> str:
    return _sign(key, _PERSON, _encode(token))


def verify_person(key: bytes, text: str, now_ms: int) -> PersonToken:
    """The person token that `text` is. Errors: as for `verify_ticket`."""
    return _verify(key, _PERSON, text, now_ms, _decode_person)


def sign_upload(key: bytes, ticket: UploadTicket) -> str:
    return _sign(key, _UPLOAD, _encode(ticket))


def verify_upload(key: bytes, text: str, now_ms: int) -> UploadTicket:
    """The upload ticket that `text` is. Errors: as for `verify_ticket`."""
    return _verify(key, _UPLOAD, text, now_ms, _decode_upload)


def sign_file(key: bytes, ticket: FileTicket) -> str:
    return _sign(key, _FILE, _encode(ticket))


def verify_file(key: bytes, text: str, now_ms: int) -> FileTicket:
    """The download ticket that `text` is. Errors: as for `verify_ticket`."""
    return _verify(key, _FILE, text, now_ms, _decode_file)


def sign_editor(key: bytes, token: EditorToken) -> str:
    return _sign(key, _EDITOR, _encode(token))


def verify_editor(key: bytes, text: str, now_ms: int) -> EditorToken:
    """The editor token that `text` is. Errors: as for `verify_ticket`."""
    return _verify(key, _EDITOR, text, now_ms, _decode_editor)


def viewer_key(key: bytes, conference: str) -> str:
    """The key of a room's viewer link: 26 letters and digits that follow from the zone's key."""
    digest = hmac.new(key, f"folkmoot viewer\n{conference}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:16]).rstrip(b"=").decode("ascii").lower()


def hidden(key: bytes, conference: str, kind: str, value: str) -> str:
    """A device or an address as it stands in a log: it tells nothing, and only there."""
    if not value:
        return ""
    text = f"folkmoot {kind}\n{conference}\n{value}".encode()
    return hmac.new(key, text, hashlib.sha256).hexdigest()[:16]


def _sign(key: bytes, kind: str, payload: bytes) -> str:
    invariant(len(key) == KEY_BYTES, "the signing key has the wrong length", bytes=len(key))
    signature = _signature(key, kind, payload)
    return f"{kind}.{_to_text(payload)}.{_to_text(signature)}"


def _signature(key: bytes, kind: str, payload: bytes) -> bytes:
    return hmac.new(key, f"folkmoot {kind}\n".encode() + payload, hashlib.sha256).digest()


def _verify(
    key: bytes,
    kind: str,
    text: str,
    now_ms: int,
    decoder: msgspec.msgpack.Decoder[_Statement],
) -> _Statement:
    invariant(len(key) == KEY_BYTES, "the signing key has the wrong length", bytes=len(key))
    form = _FORM.fullmatch(text) if len(text) <= TOKEN_CHARACTERS_MAX else None
    if form is None or form[1] != kind:
        raise Refused("token_invalid")
    payload = _from_text(form[2])
    if not hmac.compare_digest(_from_text(form[3]), _signature(key, kind, payload)):
        raise Refused("token_invalid")
    try:
        statement = decoder.decode(payload)
    except UNREADABLE:
        raise Refused("token_invalid") from None
    if statement.expires_ms <= now_ms:
        raise Refused("token_expired")
    return statement


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _from_text(text: str) -> bytes:
    """The bytes of unpadded base64url; exactly one text stands for some bytes."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise Refused("token_invalid") from None
    if _to_text(data) != text:
        raise Refused("token_invalid")
    return data
