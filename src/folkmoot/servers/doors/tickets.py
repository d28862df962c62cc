"""The kinds of tokens, and what each of them states. Pure.

A ticket is for one purpose and lives for seconds or minutes; a token is kept for longer. How they
are signed and read is in `tokens`; elements may be added at the end of a statement, with defaults,
and nothing else may change: people hold these in links and browsers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import ClassVar, Final, Literal

from folkmoot.conference.batch import RoomPlan
from folkmoot.protocol.limits import SESSION_LIFETIME_MS, TICKET_LIFETIME_MS
from folkmoot.servers.doors.tokens import Token

Role = Literal["host", "co-host", "presenter", "participant", "viewer"]


class Ticket(Token, frozen=True):
    """Lets its bearer join a conference as this person, once: the reducer sees to that.

    Shape: from `device` on as in `conference.batch.Grant`.
    """

    mark: ClassVar = "t1"
    audience: ClassVar = "collaboration servers, in the frame `join`"
    lifetime_ms: ClassVar = TICKET_LIFETIME_MS

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


class SessionToken(Token, frozen=True):
    """Lets its bearer go on with a session, on any server of the zone."""

    mark: ClassVar = "s1"
    audience: ClassVar = "collaboration servers, in the frames `resume` and `standby`"
    lifetime_ms: ClassVar = SESSION_LIFETIME_MS

    conference: str
    session: str
    person: str
    expires_ms: int


class PersonToken(Token, frozen=True):
    """Says who comes: a browser keeps it, or it is in a personal link.

    Shape: with a role it is an invitation by somebody who runs the room, for a person called
    `name`; without one it only says that this is the same person as before.
    """

    mark: ClassVar = "p1"
    audience: ClassVar = "web servers, when somebody asks to join"
    lifetime_ms: ClassVar = 180 * 24 * 3600 * 1000

    conference: str
    person: str
    name: str
    role: Role | Literal[""]
    expires_ms: int


class ExportTicket(Token, frozen=True):
    """Lets its bearer download one finished export of a conference.

    Shape: `object` is what the export's state names, `sha256` its checksum in hex; `name` is that
    of the file, empty for an archive of the whole room.
    """

    mark: ClassVar = "x1"
    audience: ClassVar = "web servers, for a download"
    lifetime_ms: ClassVar = 60_000

    conference: str
    person: str
    export: str
    object: str
    sha256: str
    expires_ms: int
    name: str = ""


class UploadTicket(Token, frozen=True):
    """Lets its bearer bring files into a conference, for one purpose (see `apps.files`).

    Units: `bytes_max` is what the room had left for them, and one file may have.
    """

    mark: ClassVar = "u1"
    audience: ClassVar = "web servers, for uploads"
    lifetime_ms: ClassVar = 600_000

    conference: str
    person: str
    purpose: str
    bytes_max: int
    expires_ms: int


class FileTicket(Token, frozen=True):
    """Lets its bearer read one file of a conference; `object` and the rest as its state has it."""

    mark: ClassVar = "f1"
    audience: ClassVar = "web servers, for a download"
    lifetime_ms: ClassVar = 60_000

    conference: str
    person: str
    file: str
    object: str
    preview: str
    name: str
    type: str
    expires_ms: int


class DeckTicket(Token, frozen=True):
    """Lets its bearer read a deck's pages.

    Shape: `folder` is where they are; with `export` its PDF may be had, too, named by `title`.
    """

    mark: ClassVar = "d1"
    audience: ClassVar = "web servers, for pages of slides"
    lifetime_ms: ClassVar = 600_000

    conference: str
    person: str
    deck: str
    folder: str
    title: str
    export: bool
    expires_ms: int


class AdminToken(Token, frozen=True):
    """Lets its bearer see the whole zone. `id` names it in logs, `node` is where it was made."""

    mark: ClassVar = "a1"
    audience: ClassVar = "web servers, for the zone's page"

    id: str
    node: str
    expires_ms: int


class EditorToken(Token, frozen=True):
    """Lets an editor that is not ours use a link; what the link allows is in the room's log."""

    mark: ClassVar = "e1"
    audience: ClassVar = "collaboration servers, from editors of others"

    conference: str
    link: str
    expires_ms: int


KINDS: Final[tuple[type[Token], ...]] = (
    Ticket,
    SessionToken,
    PersonToken,
    ExportTicket,
    UploadTicket,
    FileTicket,
    DeckTicket,
    AdminToken,
    EditorToken,
)


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
