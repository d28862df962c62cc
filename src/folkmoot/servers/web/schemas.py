"""What the API takes and gives. Unknown fields in requests are refused."""

from __future__ import annotations

import msgspec

from folkmoot.servers.doors.tickets import Role


class CreateRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str


class RoomLinks(msgspec.Struct, frozen=True):
    """Absolute links; the host link holds the host key in its fragment and is told only once."""

    host: str
    participant: str


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
    """Shape: `key` is what follows `#k=` in a host link; without it one joins as participant."""

    name: str
    key: str | None = None


class ServerEntry(msgspec.Struct, frozen=True):
    """A collaboration server: `path` on the address the client came by, and the whole `url`."""

    id: str
    path: str
    url: str


class Joined(msgspec.Struct, frozen=True):
    """Shape: `ticket` is used once, in the first frame, within 30 s; `servers` best first."""

    ticket: str
    session: str
    person: str
    name: str
    role: Role
    servers: list[ServerEntry]


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
