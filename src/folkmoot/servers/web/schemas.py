"""What the API takes and gives. Unknown fields in requests are refused."""

from __future__ import annotations

from typing import Annotated

import msgspec

from folkmoot.conference.doors import CLOSE_WHEN_EMPTY_MS_MAX, PARTICIPANTS_MAX
from folkmoot.conference.rights import SETTINGS

from folkmoot.servers.doors.tickets import Role


class CreateRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shape: all but the title is how the doors begin; hosts change them in the room.

    Units: `participants_max` 0 for the server's own bound, `close_when_empty_ms` 0 for never;
    `closed` names settings that are closed for participants and viewers at first.
    """

    title: str
    lobby: bool = False
    passcode: str = ""
    participants_max: Annotated[int, msgspec.Meta(ge=0, le=PARTICIPANTS_MAX)] = 0
    close_when_empty_ms: Annotated[int, msgspec.Meta(ge=0, le=CLOSE_WHEN_EMPTY_MS_MAX)] = 0
    closed: Annotated[list[str], msgspec.Meta(max_length=len(SETTINGS))] = []


class RoomLinks(msgspec.Struct, frozen=True):
    """Absolute links; the host link holds the host key in its fragment and is told only once."""

    host: str
    participant: str
    viewer: str


class RoomCreated(msgspec.Struct, frozen=True):
    """Shape: `id` is the conference, `slug` the room's address."""

    id: str
    slug: str
    title: str
    links: RoomLinks


class RoomInfo(msgspec.Struct, frozen=True):
    slug: str
    title: str


class JoinRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shape: `key` is what follows `#k=` in a host link or `#v=` in a viewer link, if one has any.

    `person` is what follows `#p=` in a personal link, or what an earlier join told as such;
    `device` is random, kept by the browser for all rooms and told to nobody; `passcode` where the
    room asks for one.
    """

    name: str
    key: str | None = None
    person: str | None = None
    device: str = ""
    passcode: str = ""


class ServerEntry(msgspec.Struct, frozen=True):
    """A collaboration server: `path` on the address the client came by, and the whole `url`."""

    id: str
    path: str
    url: str


class Joined(msgspec.Struct, frozen=True):
    """Shape: `ticket` is used once, in the first frame, within 30 s; `servers` best first.

    `person_token` makes the next join the same person; `role` is what the link gives, and what the
    conference remembers of the person goes before it.
    """

    ticket: str
    session: str
    person: str
    name: str
    role: Role
    servers: list[ServerEntry]
    person_token: str


class UploadState(msgspec.Struct, frozen=True):
    """How far an upload is, and how it ended.

    Shape: `phase` is receiving, complete (it is being examined), stored (as the file `file`) or
    refused (with `code` and `message`).
    """

    upload: str
    phase: str
    offset: int
    bytes: int
    file: str
    code: str
    message: str


class ServerList(msgspec.Struct, frozen=True):
    servers: list[ServerEntry]


class Site(msgspec.Struct, frozen=True):
    """Shape: `insecure` says that others could read what this client sends and gets."""

    insecure: bool


class Health(msgspec.Struct, frozen=True):
    ok: bool


class ErrorBody(msgspec.Struct, frozen=True):
    """Every error: `code` for programs, `message` for people."""

    code: str
    message: str
