"""Chat of the Python client: what a participant can do in it, and what it makes of events."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, Final, Protocol

from folkmoot.client.receipt import Receipt

TO_HOSTS: Final = "hosts"
TYPING_TOPIC: Final = "chat/typing"
QUOTE_CHARACTERS: Final = 200


class Conversation(Protocol):
    """What is needed of a conference."""

    def submit(self, app: str, type_: str, body: object) -> Awaitable[Receipt]: ...

    def send_live(self, topic: str, body: object) -> None: ...

    def get(self, query: str, arguments: object) -> Awaitable[Any]: ...


class ChatApi:
    """What a participant can do in the chat.

    Every operation returns once it is committed. Errors: `OperationRejected`, `ConferenceEnded`;
    those that ask the server: `ClientError`.
    """

    def __init__(self, conference: Conversation) -> None:
        self._conference = conference

    async def post(
        self, text: str, *, to: str = "", reply: str = "", mentions: Sequence[str] = ()
    ) -> Receipt:
        """Says something: to everyone, to a person (`to` is their id), or to `TO_HOSTS`.

        Shape: `reply` is the id of the message that this answers; `mentions` are persons' ids.
        """
        body: dict[str, object] = {"text": text}
        if reply:
            body["reply"] = reply
        if mentions:
            body["mentions"] = list(mentions)
        if not to:
            return await self._conference.submit("chat", "post", body)
        if to == TO_HOSTS:
            return await self._conference.submit("chat", "ask", body)
        return await self._conference.submit("chat", "whisper", body | {"to": to})

    async def edit(self, id_: str, text: str, *, mentions: Sequence[str] = ()) -> Receipt:
        """Replaces the text of a message of one's own."""
        body = {"id": id_, "text": text, "mentions": list(mentions)}
        return await self._conference.submit("chat", "edit", body)

    async def delete(self, id_: str) -> Receipt:
        """Takes back a message of one's own; hosts may delete whatever they see."""
        return await self._conference.submit("chat", "delete", {"id": id_})

    async def react(self, id_: str, emoji: str, *, on: bool = True) -> Receipt:
        """Gives one of `CHAT_REACTIONS` to a message, or takes it back."""
        body = {"id": id_, "emoji": emoji, "on": on}
        return await self._conference.submit("chat", "react", body)

    async def pin(self, id_: str) -> Receipt:
        """Pins a message for everyone, as a host; an empty id takes it down."""
        return await self._conference.submit("chat", "pin", {"id": id_})

    async def mark_read(self, id_: str) -> Receipt:
        """Remembers how far this person has read, for all their devices."""
        return await self._conference.submit("chat", "read", {"id": id_})

    def typing(self) -> None:
        """Tells the others that one is writing to everyone; to be said again every few seconds."""
        self._conference.send_live(TYPING_TOPIC, None)

    async def earlier(self, before: str, count: int = 100) -> dict[str, Any]:
        """Older messages: `messages`, `earlier` (whether there are more), `before` (ask on)."""
        arguments = {"before": before, "count": count}
        found: dict[str, Any] = await self._conference.get("chat", arguments)
        return found

    async def search(self, text: str, before: str = "", count: int = 50) -> dict[str, Any]:
        """Messages with all the words, newest part first; in the same shape as `earlier`.

        Caller: asks on with the answer's `before` while `earlier` is true.
        """
        arguments = {"text": text, "before": before, "count": count}
        found: dict[str, Any] = await self._conference.get("chat.search", arguments)
        return found

    async def trace(self) -> list[dict[str, Any]]:
        """What was edited and deleted, newest first, as far as this person was host then."""
        answer = await self._conference.get("chat.trace", {})
        entries: list[dict[str, Any]] = answer["entries"]
        return entries


# The view, advanced by events


def advance(chat: dict[str, Any], type_: str, author: str, time_ms: int, body: Any) -> None:
    """Applies one event to a view of the chat, in place."""
    if type_ == "posted":
        chat["messages"].append({"author": author, "time_ms": time_ms, "to": "", **body})
    elif type_ == "pinned":
        chat["pinned"] = body["message"]
    elif type_ == "read":
        chat["read"] = body["id"]
    else:
        _changed(chat, type_, body)


def _changed(chat: dict[str, Any], type_: str, body: Any) -> None:
    message = next((m for m in reversed(chat["messages"]) if m["id"] == body["id"]), None)
    if type_ in ("edited", "deleted"):
        text = body.get("text", "")[:QUOTE_CHARACTERS]
        for other in chat["messages"]:
            if other.get("reply", {}).get("id") == body["id"]:
                other["reply"]["text"] = text
    if message is None:
        return
    if type_ == "edited":
        message.update(text=body["text"], mentions=body["mentions"], edited_ms=body["edited_ms"])
        pinned = chat.get("pinned")
        if pinned is not None and pinned["id"] == body["id"]:
            pinned.update(text=body["text"], edited_ms=body["edited_ms"])
    elif type_ == "deleted" and _could_see(message, body["by"]):
        for field in ("mentions", "reactions", "reply"):
            message.pop(field, None)
        message.update(text="", deleted_by=body["by"])
    elif type_ == "reacted":
        _reacted(message.setdefault("reactions", {}), body)


def _could_see(message: dict[str, Any], by: str) -> bool:
    """A host may name what they cannot see; that has no effect, and is told to everyone."""
    return message["to"] in ("", TO_HOSTS) or by in (message["author"], message["to"])


def _reacted(reactions: dict[str, list[str]], body: Any) -> None:
    given = [p for p in reactions.get(body["emoji"], []) if p != body["person"]]
    if body["on"]:
        given.append(body["person"])
    reactions[body["emoji"]] = given
    if not given:
        del reactions[body["emoji"]]
