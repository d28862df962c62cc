"""Chat: public messages. The state holds the recent window, history segments hold the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.apps.texts import clean_text
from folkmoot.conference.application import Context, Defaults
from folkmoot.conference.replicated import State
from folkmoot.conference.rights import EVERYONE, Right, Rights
from folkmoot.conference.state import ConferenceState, Person
from folkmoot.protocol.limits import CHAT_CHARACTERS_MAX

WINDOW_MESSAGES: Final = 2_000
"""Kept in the state; more than lie between two snapshots, so history has no hole."""

WINDOW_SLACK: Final = 200
VIEW_MESSAGES: Final = 200


class Post(msgspec.Struct, forbid_unknown_fields=True):
    text: str


class Message(State):
    """One message; `name` is the author's at that time. `id` is `<sequence>.<index>`."""

    id: str
    author: str
    name: str
    time_ms: int
    text: str


class ChatState(State):
    """`total` counts all messages ever; `messages` are the newest of them, oldest first."""

    total: int = 0
    messages: list[Message] = msgspec.field(default_factory=list)


class Chat(Defaults):
    """Keeps what was said."""

    name: ClassVar[str] = "chat"
    state_type: ClassVar[type[Any]] = ChatState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {"post": Post}
    rights: ClassVar[Rights] = {"post": Right(EVERYONE, "chat")}

    def initial(self) -> ChatState:
        return ChatState()

    def reduce(self, state: ChatState, body: Any, context: Context) -> None:
        text = clean_text(body.text, CHAT_CHARACTERS_MAX)
        author = context.author
        message = Message(context.event_id, author.id, author.name, context.time_ms, text)
        state.total += 1
        state.messages.append(message)
        if len(state.messages) > WINDOW_MESSAGES + WINDOW_SLACK:
            del state.messages[:WINDOW_SLACK]
        context.emit("posted", {"id": message.id, "name": message.name, "text": text})

    def preview(self, state: ChatState, body: Any, author: Person) -> tuple[str, Any] | None:
        text = clean_text(body.text, CHAT_CHARACTERS_MAX)
        return "posted", {"name": author.name, "text": text}

    def view(self, state: ChatState, conference: ConferenceState, person: str) -> Any:
        return {
            "messages": state.messages[-VIEW_MESSAGES:],
            "earlier": state.total > VIEW_MESSAGES,
        }

    def before(self, state: ChatState, id_: str, count: int) -> list[Message]:
        """The window's messages before `id_`, at most `count`; empty when it is not in it."""
        at = next((i for i, m in enumerate(state.messages) if m.id == id_), 0)
        return state.messages[max(0, at - count) : at]
