"""Editors: links by which an editor that is not ours may read or write one document.

A link is what such an editor is known by: whoever has its token is the same author to the room.
What editors write are operations of `documents` (`foreign`), which look the link up here. The token
itself is signed by the servers and never in the log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.apps.texts import clean_name
from folkmoot.conference.application import Context, Defaults, Rejected
from folkmoot.conference.replicated import State
from folkmoot.conference.rights import STAFF, Right, Rights
from folkmoot.conference.state import ConferenceState
from folkmoot.protocol.limits import NAME_CHARACTERS_MAX

LINKS_MAX: Final = 200
"""Links of one room; those that have expired make place for new ones."""

DAYS_MAX: Final = 365
ORIGINS_MAX: Final = 10
_DAY_MS: Final = 24 * 3600 * 1000
_ORIGIN: Final = re.compile(
    r"https?://(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.ASCII
)


class Make(msgspec.Struct, forbid_unknown_fields=True):
    """A new link to a document.

    Shape: `origins` are the sites whose pages may use it, beside our own; `address` says that its
    token may stand in an address, where logs and histories keep it.
    """

    document: str
    name: str
    write: bool = True
    days: int = 30
    origins: list[str] = []
    address: bool = False


class Revoke(msgspec.Struct, forbid_unknown_fields=True):
    link: str


class EditorLink(State):
    """Shape: `by` is the person who made it; `wrote` counts what was taken from it."""

    document: str
    name: str
    write: bool
    expires_ms: int
    by: str
    made_ms: int
    origins: list[str] = msgspec.field(default_factory=list)
    address: bool = False
    wrote: int = 0
    last_ms: int = 0


class EditorsState(State):
    links: dict[str, EditorLink] = msgspec.field(default_factory=dict)


def links_of(conference: ConferenceState) -> dict[str, EditorLink]:
    """The links of a conference; none below the level that they came with."""
    state: EditorsState | None = conference.apps.get("editors")
    return state.links if state is not None else {}


def rows(state: EditorsState) -> list[dict[str, Any]]:
    """The links as hosts see them."""
    return [
        {
            "link": id_,
            "document": link.document,
            "name": link.name,
            "write": link.write,
            "expires_ms": link.expires_ms,
            "made_ms": link.made_ms,
            "origins": link.origins,
            "address": link.address,
            "wrote": link.wrote,
            "last_ms": link.last_ms,
        }
        for id_, link in state.links.items()
    ]


class Editors(Defaults):
    """Makes and revokes links."""

    name: ClassVar[str] = "editors"
    since: ClassVar[int] = 2
    state_type: ClassVar[type[Any]] = EditorsState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {"make": Make, "revoke": Revoke}
    rights: ClassVar[Rights] = {"make": Right(STAFF), "revoke": Right(STAFF)}

    def initial(self) -> EditorsState:
        return EditorsState()

    def reduce(self, state: EditorsState, body: Any, context: Context) -> None:
        if isinstance(body, Make):
            self._make(state, body, context)
            return
        if state.links.pop(body.link, None) is None:
            raise Rejected("not_found", "There is no such link.")
        context.emit("revoked", {"link": body.link}, context.persons_with(STAFF))

    def _make(self, state: EditorsState, body: Make, context: Context) -> None:
        name = clean_name(body.name, NAME_CHARACTERS_MAX)
        document = context.conference.apps["documents"].documents.get(body.document)
        if document is None or document.removed_ms:
            raise Rejected("not_found", "There is no such document in this room.")
        if not 1 <= body.days <= DAYS_MAX:
            raise Rejected("malformed", f"A link lasts for 1 to {DAYS_MAX} days.")
        if len(body.origins) > ORIGINS_MAX:
            raise Rejected("limit_reached", f"A link names at most {ORIGINS_MAX} sites.")
        if not all(_ORIGIN.fullmatch(origin) for origin in body.origins):
            raise Rejected("malformed", "A site is written like https://editor.example.org")
        expired = [i for i, link in state.links.items() if link.expires_ms <= context.time_ms]
        if len(state.links) - len(expired) >= LINKS_MAX:
            raise Rejected("limit_reached", f"A room has at most {LINKS_MAX} links for editors.")
        for id_ in expired:
            del state.links[id_]
        link = context.event_id.replace(".", "-")
        state.links[link] = EditorLink(
            body.document, name, body.write, context.time_ms + body.days * _DAY_MS,
            context.author.id, context.time_ms, list(dict.fromkeys(body.origins)), body.address,
        )  # fmt: skip
        context.emit("made", {"link": link}, context.persons_with(STAFF))

    def view(self, state: EditorsState, conference: ConferenceState, person: str) -> Any:
        """Nothing: who runs the room asks for the links when they look at them."""
        return {}
