"""What is asked of the chat, and who may ask it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from folkmoot.conference.rights import EVERYONE, STAFF, Right, Rights


class PlainPost(msgspec.Struct, forbid_unknown_fields=True):
    """Says something to everyone, at level 1."""

    text: str


class Post(msgspec.Struct, forbid_unknown_fields=True):
    """Says something to everyone. Shape: `reply` is a message's id, `mentions` are persons."""

    text: str
    reply: str = ""
    mentions: list[str] = []


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    """Says something to the hosts alone."""

    text: str
    reply: str = ""
    mentions: list[str] = []


class Whisper(msgspec.Struct, forbid_unknown_fields=True):
    """Says something to one person alone."""

    to: str
    text: str
    reply: str = ""
    mentions: list[str] = []


Said = PlainPost | Post | Ask | Whisper


class Edit(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    text: str
    mentions: list[str] = []


class Delete(msgspec.Struct, forbid_unknown_fields=True):
    id: str


class React(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    emoji: str
    on: bool


class Pin(msgspec.Struct, forbid_unknown_fields=True):
    """Pins a message to everyone; an empty `id` takes the pinned one down."""

    id: str


class Read(msgspec.Struct, forbid_unknown_fields=True):
    """How far this person has read."""

    id: str


FIRST: Final[Mapping[str, type[msgspec.Struct]]] = {"post": PlainPost}
"""Operations of level 1."""

SECOND: Final[dict[str, type[msgspec.Struct]]] = {
    "post": Post,
    "ask": Ask,
    "whisper": Whisper,
    "edit": Edit,
    "delete": Delete,
    "react": React,
    "pin": Pin,
    "read": Read,
}

RIGHTS: Final[Rights] = {
    "post": Right(EVERYONE, "chat"),
    "ask": Right(EVERYONE),
    "whisper": Right(EVERYONE, "private_chat"),
    "edit": Right(EVERYONE),
    "delete": Right(EVERYONE),
    "react": Right(EVERYONE, "reactions"),
    "pin": Right(STAFF),
    "read": Right(EVERYONE),
}
