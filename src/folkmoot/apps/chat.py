"""Chat: what people say to everyone, to the hosts, or to one person, and what becomes of it.

Every message has an audience, computed here at its position in the log and kept with it: whatever
shows it later asks that, and never today's roles. A message that replies is shown to nobody who
could not see what it quotes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.apps import chat_operations as ops
from folkmoot.apps.chat_operations import (
    Ask,
    Delete,
    Edit,
    Pin,
    PlainPost,
    Post,
    React,
    Read,
    Said,
    Whisper,
)
from folkmoot.apps.chat_state import (
    OPEN_MESSAGES,
    QUOTE_CHARACTERS,
    REACTING_MAX,
    REMOVED_MAX,
    TO_HOSTS,
    TRACE_CHARACTERS,
    TRACE_ENTRIES,
    WINDOW_MESSAGES,
    WINDOW_MESSAGES_AT_ONE,
    WINDOW_SLACK,
    ChatState,
    Message,
    Quote,
    Trace,
    hosts_of,
    order,
    pinned_of,
    told,
    view_of,
)
from folkmoot.apps.texts import clean_text
from folkmoot.conference.application import (
    Context,
    Defaults,
    Later,
    Preview,
    Rejected,
    SessionChange,
)
from folkmoot.conference.rights import STAFF, Rights, Role
from folkmoot.conference.state import ConferenceState, Person, Session
from folkmoot.protocol.limits import (
    CHAT_CHARACTERS_MAX,
    CHAT_MENTIONS_MAX,
    CHAT_REACTIONS,
)

NOBODY: Final[tuple[str, ...]] = ()
"""Audience of what is only written into history."""


class Chat(Defaults):
    """Keeps what was said."""

    name: ClassVar[str] = "chat"
    state_type: ClassVar[type[Any]] = ChatState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = ops.FIRST
    later: ClassVar[Later] = {2: ops.SECOND}
    rights: ClassVar[Rights] = ops.RIGHTS

    def initial(self) -> ChatState:
        return ChatState(0, [])

    def reduce(self, state: ChatState, body: Any, context: Context) -> None:
        if isinstance(body, PlainPost | Post | Ask | Whisper):
            self._say(state, body, context)
        elif isinstance(body, Edit):
            self._edit(state, body, context)
        elif isinstance(body, Delete):
            self._delete(state, body, context)
        elif isinstance(body, React):
            self._react(state, body, context)
        elif isinstance(body, Pin):
            self._pin(state, body, context)
        else:
            self._read(state, body, context)

    def on_session(
        self,
        state: ChatState,
        change: SessionChange,
        session: Session,
        reason: str,
        context: Context,
    ) -> None:
        if change is SessionChange.CLOSED and all(
            other.person != session.person for other in context.conference.sessions.values()
        ):
            state.read.pop(session.person, None)

    def preview(
        self, state: ChatState, body: Any, author: Person, conference: ConferenceState
    ) -> Preview | None:
        if not isinstance(body, PlainPost | Post | Ask | Whisper):
            return None
        message = _draft(state, body, author, conference)
        return Preview("posted", told(message), message.audience)

    def view(self, state: ChatState, conference: ConferenceState, person: str) -> Any:
        return view_of(state, person)

    # Operations

    def _say(self, state: ChatState, body: Said, context: Context) -> None:
        message = _draft(state, body, context.author, context.conference)
        message.id = context.event_id
        message.time_ms = context.time_ms
        state.total += 1
        state.messages.append(message)
        if context.level < 2:
            plain = {"id": message.id, "name": message.name, "text": message.text}
            context.emit("posted", plain)
            window = WINDOW_MESSAGES_AT_ONE
        else:
            context.emit("posted", told(message), message.audience)
            _settle(state, context)
            window = WINDOW_MESSAGES
        if len(state.messages) > window + WINDOW_SLACK:
            del state.messages[:WINDOW_SLACK]

    def _edit(self, state: ChatState, body: Edit, context: Context) -> None:
        author = context.author
        message = _open(state, body.id, author.id)
        if message.author != author.id:
            raise Rejected("not_allowed", "Only who wrote a message may edit it.")
        setting = _setting(message)
        if setting and not context.is_open(setting):
            raise Rejected("not_allowed")  # who may say nothing new may not say it here either
        text = clean_text(body.text, CHAT_CHARACTERS_MAX)
        mentions = _mentions(body.mentions, message.audience, context.conference)
        _trace(state, "edited", message, context)
        message.text = text
        message.mentions = mentions
        message.edited_ms = context.time_ms
        _requote(state, message)
        if state.pinned is not None and state.pinned.id == message.id:
            state.pinned = _copy(message)
        told_body = {
            "id": message.id,
            "text": text,
            "mentions": mentions,
            "edited_ms": message.edited_ms,
        }
        context.emit("edited", told_body, message.audience)

    def _delete(self, state: ChatState, body: Delete, context: Context) -> None:
        author = context.author
        host = author.role in STAFF
        at = state.find(body.id)
        if at is None and host and state.is_gone(body.id):
            _remove(state, body.id, context)
            for other in state.messages:
                if other.reply is not None and other.reply.id == body.id:
                    other.reply.remove(author.id)
            _trace(state, "deleted", Message(body.id, "", "", 0, ""), context)
            context.emit("deleted", {"id": body.id, "by": author.id})
            return
        message = _seen(state, at, author.id)
        if message.author != author.id and not host:
            raise Rejected("not_allowed", "Only who wrote a message, or a host, may delete it.")
        if at is not None and not state.is_open(at):
            _remove(state, body.id, context)
        _trace(state, "deleted", message, context)
        message.text = ""
        message.mentions = {}
        message.reactions = {}
        message.reply = None
        message.deleted_ms = context.time_ms
        message.deleted_by = author.id
        _requote(state, message)
        context.emit("deleted", {"id": message.id, "by": author.id}, message.audience)
        if state.pinned is not None and state.pinned.id == message.id:
            _set_pinned(state, None, context)

    def _react(self, state: ChatState, body: React, context: Context) -> None:
        person = context.author.id
        message = _open(state, body.id, person)
        if body.emoji not in CHAT_REACTIONS:
            raise Rejected("malformed", "This is not one of the reactions.")
        given = message.reactions.get(body.emoji, [])
        if (person in given) == body.on:
            return
        if body.on:
            if sum(map(len, message.reactions.values())) >= REACTING_MAX:
                raise Rejected("limit_reached")
            message.reactions.setdefault(body.emoji, []).append(person)
        else:
            given.remove(person)
            if not given:
                del message.reactions[body.emoji]
        told_body = {"id": message.id, "emoji": body.emoji, "person": person, "on": body.on}
        context.emit("reacted", told_body, message.audience)

    def _pin(self, state: ChatState, body: Pin, context: Context) -> None:
        if not body.id:
            if state.pinned is not None:
                _set_pinned(state, None, context)
            return
        message = _seen(state, state.find(body.id), context.author.id)
        if message.audience is not None:
            raise Rejected("not_allowed", "Only a message to everyone can be pinned.")
        _set_pinned(state, _copy(message), context)

    def _read(self, state: ChatState, body: Read, context: Context) -> None:
        place, person = order(body.id), context.author.id
        if place is None or place >= (context.sequence, context.index):
            raise Rejected("malformed", "There is no such message yet.")
        if place > (order(state.read.get(person, "")) or (0, 0)):
            state.read[person] = body.id
            context.emit("read", {"id": body.id}, (person,))


# What is said to whom


def _draft(state: ChatState, body: Said, author: Person, conference: ConferenceState) -> Message:
    """The message without its place and time. Errors: `Rejected`."""
    message = Message("", author.id, author.name, 0, clean_text(body.text, CHAT_CHARACTERS_MAX))
    if isinstance(body, PlainPost):
        return message
    quoted = _seen(state, state.find(body.reply), author.id) if body.reply else None
    if isinstance(body, Ask):
        message.to = TO_HOSTS
        message.audience = _hosts(message, quoted, conference)
    elif isinstance(body, Whisper):
        other = conference.persons.get(body.to)
        if other is None or other.role == Role.WAITING:
            raise Rejected("not_found", "This person is not here.")
        if other.id == author.id:
            raise Rejected("malformed", "A private message is for somebody else.")
        message.to, message.to_name = other.id, other.name
        message.audience = (author.id, other.id)
    if quoted is not None:
        if not _within(message.audience, quoted.audience):
            raise Rejected("not_allowed", "What this quotes was not for all who would see it.")
        text = quoted.text[:QUOTE_CHARACTERS]
        message.reply = Quote(quoted.id, quoted.author, quoted.name, text, quoted.audience)
    message.mentions = _mentions(body.mentions, message.audience, conference)
    return message


def _hosts(
    message: Message, quoted: Message | None, conference: ConferenceState
) -> tuple[str, ...] | None:
    if quoted is not None and quoted.to == TO_HOSTS:
        return quoted.audience  # an answer goes to whoever had the question
    hosts = hosts_of(conference)
    if not hosts:
        raise Rejected("not_found", "No host is here to read this.")
    return hosts if message.author in hosts else (message.author, *hosts)


def _setting(message: Message) -> str:
    """What must be open for somebody to say this."""
    return "chat" if not message.to else "" if message.to == TO_HOSTS else "private_chat"


def _within(inner: tuple[str, ...] | None, outer: tuple[str, ...] | None) -> bool:
    if outer is None:
        return True
    return inner is not None and all(person in outer for person in inner)


def _mentions(
    persons: list[str], audience: tuple[str, ...] | None, conference: ConferenceState
) -> dict[str, str]:
    """Those who are here and may see it; somebody who just left is no reason to refuse."""
    if len(persons) > CHAT_MENTIONS_MAX:
        raise Rejected("too_large", f"At most {CHAT_MENTIONS_MAX} mentions.")
    return {
        id_: conference.persons[id_].name
        for id_ in persons
        if id_ in conference.persons and (audience is None or id_ in audience)
    }


# One message


def _seen(state: ChatState, at: int | None, person: str) -> Message:
    """The message, if the person can see it: one that is hidden is as one that never was."""
    message = None if at is None else state.messages[at]
    if message is None or message.deleted_ms or not message.visible_to(person):
        raise Rejected("not_found")
    return message


def _open(state: ChatState, id_: str, person: str) -> Message:
    """A message that may still be changed."""
    at = state.find(id_)
    if (at is None and state.is_gone(id_)) or (at is not None and not state.is_open(at)):
        raise Rejected("too_old")
    return _seen(state, at, person)


def _settle(state: ChatState, context: Context) -> None:
    """Writes the oldest open messages, as they are now, where history will find them."""
    if state.first - 1 > state.settled:
        # They left the window before rooms settled anything: history has them as they were posted.
        state.settled = state.plain = state.first - 1
    while state.total - state.settled > OPEN_MESSAGES + WINDOW_SLACK:
        start = state.settled + 1 - state.first
        final = state.messages[start : start + WINDOW_SLACK]
        state.settled += len(final)
        context.emit("settled", {"through": state.settled, "messages": final}, NOBODY)


def _remove(state: ChatState, id_: str, context: Context) -> None:
    if id_ in state.removed:
        raise Rejected("not_found")
    if len(state.removed) >= REMOVED_MAX:
        raise Rejected("limit_reached")
    state.removed[id_] = context.author.id
    state.removed_ms = context.time_ms


def _requote(state: ChatState, message: Message) -> None:
    """What quotes a message says what the message says now."""
    text = message.text[:QUOTE_CHARACTERS]
    for other in state.messages:
        if other.reply is not None and other.reply.id == message.id:
            other.reply.text = text


def _copy(message: Message) -> Message:
    """What is pinned of a message. It shares nothing that is changed in place."""
    return msgspec.structs.replace(message, reply=None, reactions={})


def _set_pinned(state: ChatState, message: Message | None, context: Context) -> None:
    state.pinned = message
    state.pinned_by = context.author.name if message is not None else ""
    context.emit("pinned", {"message": pinned_of(state)})


def _trace(state: ChatState, what: str, message: Message, context: Context) -> None:
    """For hosts who can see the message: a private one is no business of theirs."""
    hosts = tuple(p for p in hosts_of(context.conference) if message.visible_to(p))
    if not hosts:
        return
    by = context.author
    entry = Trace(
        message.id,
        what,
        by.id,
        by.name,
        message.author,
        message.name,
        context.time_ms,
        message.text[:TRACE_CHARACTERS],
        hosts,
    )
    state.trace.append(entry)
    del state.trace[:-TRACE_ENTRIES]
