"""Admission: from an editor's token and the document it asks for to the room, or to a refusal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Final, Protocol
from urllib.parse import unquote

import msgspec

from folkmoot.conference.replica import Fenced
from folkmoot.errors import Refused
from folkmoot.ports import LogUnavailable
from folkmoot.servers.collaboration.room import Room, now_ms
from folkmoot.servers.doors.rooms import RoomDamaged, Rooms
from folkmoot.servers.doors.tickets import EditorToken
from folkmoot.servers.gateway.ends import End
from folkmoot.servers.replicas import Unloadable

log = logging.getLogger(__name__)

NEW_LINK_TRIES: Final = 5
NEW_LINK_WAIT_S: Final = 0.2
"""A link that was made on another server a moment ago is waited for."""


class Ended(Exception):
    """An editor may not come in."""

    def __init__(self, end: End, reason: str = "") -> None:
        self.end = end
        self.reason = reason or end.text
        super().__init__(end, self.reason)


class Server(Protocol):
    """What is needed of the collaboration server."""

    key: bytes
    rooms_by_slug: Rooms

    def wall_ms(self) -> int: ...
    def room(self, conference: str) -> Awaitable[Room]: ...


class Asked(msgspec.Struct, frozen=True):
    """What an editor asks for.

    Shape: `origin` is that of a page of another site, else None; `in_address` when the token stood
    in the address.
    """

    token: str
    slug: str
    document: str
    origin: str | None
    in_address: bool = False


def read_place(text: str) -> tuple[str, str]:
    """Room and document of `<room>/<document>`. Errors: `Ended`."""
    slug, slash, document = unquote(text).partition("/")
    if not slash or not document or "/" in document:
        raise Ended(End.NOT_FOUND, "Name a document like <room>/<document>.")
    return slug, document


async def admit(server: Server, asked: Asked) -> tuple[Room, str]:
    """The open room and the link. Errors: `Ended`."""
    try:
        token = EditorToken.verify(server.key, asked.token, server.wall_ms())
    except Refused:
        raise Ended(End.UNAUTHORIZED) from None
    try:
        record = await server.rooms_by_slug.find(asked.slug)
        if record is None or record.id != token.conference:
            raise Ended(End.FORBIDDEN, "This token is for another room.")
        room = await server.room(token.conference)
    except (Unloadable, Fenced, LogUnavailable, RoomDamaged) as error:
        log.warning("an editor cannot be let into %s: %s", token.conference, error)
        raise Ended(End.UNAVAILABLE) from None
    for _ in range(NEW_LINK_TRIES):
        if room.desk.link(token.link) is not None:
            break
        await asyncio.sleep(NEW_LINK_WAIT_S)
    link = room.desk.link(token.link)
    if link is not None and asked.in_address and not link.address:
        raise Ended(End.UNAUTHORIZED, "The token of this link may not stand in an address.")
    end = room.desk.refusal(token.link, asked.document, asked.origin, now_ms())
    if end is not None:
        raise Ended(end)
    return room, token.link
