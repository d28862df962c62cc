"""Chat's state: the recent messages, who may see each, and how they look on the wire. Pure.

A message lives through three stages. *Open*: among the newest thousand, it may be edited and
reacted to. *Settled*: its final form was written into the log's events, for nobody's eyes, so that
history segments hold it as it was left. *Gone* from the window: only segments have it. It is
settled long before it is gone, so between the state and the segments there is no hole.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any, Final

from folkmoot.conference.replicated import State
from folkmoot.conference.rights import STAFF
from folkmoot.conference.state import ConferenceState

WINDOW_MESSAGES: Final = 3_000
"""Kept in the state."""

WINDOW_MESSAGES_AT_ONE: Final = 2_000
"""At level 1, where nothing is settled."""

OPEN_MESSAGES: Final = 1_000
"""The newest of them may be changed; older ones are settled."""

WINDOW_SLACK: Final = 200
"""Messages are settled, and leave the window, so many at a time."""

VIEW_MESSAGES: Final = 200
QUOTE_CHARACTERS: Final = 200
TRACE_ENTRIES: Final = 200
TRACE_CHARACTERS: Final = 500
REMOVED_MAX: Final = 5_000
REACTING_MAX: Final = 500
"""Reactions to one message, of all kinds."""

TO_HOSTS: Final = "hosts"

_ID: Final = re.compile(r"([0-9]{1,15})\.([0-9]{1,9})", re.ASCII)


class Quote(State):
    """What a message replies to; `text` is its beginning, empty once that was deleted.

    Shape: `audience` is that of the quoted message.
    """

    id: str
    author: str
    name: str
    text: str = ""
    audience: tuple[str, ...] | None = None

    def remove(self, by: str) -> None:
        """Somebody deleted what this quotes. An id alone is no right: they must have seen it."""
        if self.audience is None or by in self.audience:
            self.text = ""


class Message(State):
    """One message; `name` is the author's at that time. `id` is `<sequence>.<index>`.

    Shape: `to` is empty (everyone), `hosts`, or a person, whose name it was is `to_name`;
    `audience` are the persons who may see it, None for everyone; `mentions` maps a person to the
    name of that time; `reactions` an emoji to the persons who gave it. A deleted one has no text.
    """

    id: str
    author: str
    name: str
    time_ms: int
    text: str
    to: str = ""
    to_name: str = ""
    audience: tuple[str, ...] | None = None
    reply: Quote | None = None
    mentions: dict[str, str] = {}
    edited_ms: int = 0
    deleted_ms: int = 0
    deleted_by: str = ""
    reactions: dict[str, list[str]] = {}

    def visible_to(self, person: str) -> bool:
        return self.audience is None or person in self.audience


class Trace(State):
    """Who changed which message when, and how it began before; for the hosts of that moment."""

    id: str
    what: str
    by: str
    by_name: str
    author: str
    name: str
    time_ms: int
    text: str
    audience: tuple[str, ...]


class ChatState(State):
    """`total` counts all messages ever; `messages` are the newest of them, oldest first.

    Shape: `settled` is how many of all are settled, of which the first `plain` are in history as
    they were posted; `removed` maps settled messages that were
    deleted since to who did it, `removed_ms` is when last; `read` maps a person to the last message
    they have read; `pinned` is a copy.
    """

    total: int = 0
    messages: list[Message] = []
    settled: int = 0
    plain: int = 0
    removed: dict[str, str] = {}
    removed_ms: int = 0
    read: dict[str, str] = {}
    pinned: Message | None = None
    pinned_by: str = ""
    trace: list[Trace] = []

    @property
    def first(self) -> int:
        """The number of the oldest message in the window, counted from 1 over all ever."""
        return self.total - len(self.messages) + 1

    def find(self, id_: str) -> int | None:
        """Where in `messages` this one is."""
        place = order(id_)
        if place is None:
            return None
        at = bisect_left(self.messages, place, key=lambda message: order(message.id) or (0, 0))
        return at if at < len(self.messages) and self.messages[at].id == id_ else None

    def is_open(self, at: int) -> bool:
        """Whether `messages[at]` is not settled yet."""
        return self.first + at > self.settled

    def is_gone(self, id_: str) -> bool:
        """Whether `id_` lies before the window."""
        place = order(id_)
        if place is None or self.first == 1:
            return False
        oldest = order(self.messages[0].id)
        return oldest is not None and place < oldest


def order(id_: str) -> tuple[int, int] | None:
    """The place of a message, or None when this is no id."""
    found = _ID.fullmatch(id_)
    return (int(found[1]), int(found[2])) if found else None


def hosts_of(conference: ConferenceState) -> tuple[str, ...]:
    return tuple(p.id for p in conference.persons.values() if p.role in STAFF)


# On the wire


def told(message: Message) -> dict[str, Any]:
    """A message as its audience sees it. What is not there is left out."""
    body: dict[str, Any] = {
        "id": message.id,
        "author": message.author,
        "name": message.name,
        "time_ms": message.time_ms,
        "text": message.text,
        "to": message.to,
    }
    if message.to_name:
        body["to_name"] = message.to_name
    if message.reply is not None:
        body["reply"] = {
            "id": message.reply.id,
            "author": message.reply.author,
            "name": message.reply.name,
            "text": message.reply.text,
        }
    if message.mentions:
        body["mentions"] = message.mentions
    if message.edited_ms:
        body["edited_ms"] = message.edited_ms
    if message.deleted_ms:
        body["deleted_by"] = message.deleted_by
    if message.reactions:
        body["reactions"] = message.reactions
    return body


def view_of(state: ChatState, person: str) -> dict[str, Any]:
    """What a person sees on coming in: the newest messages that are theirs, and no others.

    Shape: `earlier` whether there may be older ones; `unread` counts those of others after `read`
    in the window; `touched_ms` is when anything of it was edited or deleted last.
    """
    theirs = [m for m in state.messages if m.visible_to(person)]
    read = state.read.get(person, "")
    place = order(read) or (0, 0)
    unread = sum(
        1
        for m in theirs
        if m.author != person and not m.deleted_ms and (order(m.id) or (0, 0)) > place
    )
    touched = max((max(m.edited_ms, m.deleted_ms) for m in theirs), default=0)
    return {
        "messages": [told(m) for m in theirs[-VIEW_MESSAGES:]],
        "earlier": len(theirs) > VIEW_MESSAGES or state.total > len(state.messages),
        "read": read,
        "unread": unread if read else 0,
        "pinned": pinned_of(state),
        "touched_ms": max(touched, state.removed_ms),
    }


def pinned_of(state: ChatState) -> dict[str, Any] | None:
    if state.pinned is None:
        return None
    return told(state.pinned) | {"pinned_by": state.pinned_by}


def earlier_in(state: ChatState, before: str, count: int, person: str) -> list[Message] | None:
    """A person's messages before one, at most `count`; None when the window does not reach there.

    Shape: oldest first; fewer than `count` when the window ends before.
    """
    place = order(before)
    if place is None or not state.messages:
        return None
    at = bisect_left(state.messages, place, key=lambda message: order(message.id) or (0, 0))
    if at == 0:
        return None
    found: list[Message] = []
    for message in reversed(state.messages[:at]):
        if message.visible_to(person):
            found.append(message)
            if len(found) == count:
                break
    found.reverse()
    return found


def with_removals(
    messages: Iterable[Message], person: str, removed: Mapping[str, str]
) -> list[Message]:
    """Settled messages as a person may see them: without what was deleted, then or since.

    Whoever deleted one since must have been able to see it: an id alone is no right.
    """
    kept = []
    for message in messages:
        if message.deleted_ms or not message.visible_to(person):
            continue
        by = removed.get(message.id)
        if by is not None and message.visible_to(by):
            continue
        if message.reply is not None and message.reply.id in removed:
            message.reply.remove(removed[message.reply.id])
        kept.append(message)
    return kept


def trace_for(state: ChatState, person: str) -> list[dict[str, Any]]:
    """Newest first: what this person, as a host of that moment, may know of changes."""
    return [
        {
            "id": t.id,
            "what": t.what,
            "by": t.by,
            "by_name": t.by_name,
            "author": t.author,
            "name": t.name,
            "time_ms": t.time_ms,
            "text": t.text,
        }
        for t in reversed(state.trace)
        if person in t.audience
    ]
