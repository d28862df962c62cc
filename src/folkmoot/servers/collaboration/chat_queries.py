"""Chat's queries and its typing signal: a part of the ingress. Pure.

Everything is asked for by a person, and answered with what that person may see.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from folkmoot.apps.chat_state import ChatState, earlier_in, told, trace_for
from folkmoot.conference.rights import allowed
from folkmoot.protocol.codes import message_of
from folkmoot.protocol.frames import Fault, Get, Got, LiveSend, encode
from folkmoot.servers.chat_history import query_of, search_window, words_of
from folkmoot.servers.collaboration.effects import AnswerHistory
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.collaboration.limits import TokenBucket
from folkmoot.servers.collaboration.member import Member

CHAT_QUERIES: Final = ("chat", "chat.search", "chat.trace")
HISTORY_MESSAGES_MAX: Final = 200
TYPING_TOPIC: Final = "chat/typing"
TYPING_PER_S: Final = 10
"""Of one room on one server; who is left out now types on, and says so again."""

_NIL: Final = b"\xc0"


class _ChatArguments(msgspec.Struct):
    before: str
    count: int = 100


class _SearchArguments(msgspec.Struct):
    text: str
    before: str = ""
    count: int = 50


class ChatQueries:
    """Caller: `get` for the queries of `CHAT_QUERIES`. Errors: `msgspec.DecodeError`."""

    def __init__(self, host: ConferenceHost) -> None:
        self._host = host
        self._typing = TokenBucket(TYPING_PER_S, TYPING_PER_S, 0)

    def may_tell_typing(self, member: Member, frame: LiveSend, now_ms: int) -> bool:
        """Everyone hears of it, so it says nothing but who, and is bounded for the whole room."""
        host = self._host
        person = host.replica.state.persons.get(member.person)
        right = host.applications["chat"].rights["post"]
        return (
            bytes(frame.body) == _NIL
            and person is not None
            and allowed(right, person.role, host.replica.state.locks)
            and self._typing.take(now_ms)
        )

    def get(self, member: Member, frame: Get, now_ms: int) -> None:
        if frame.query == "chat":
            self._earlier(member, frame)
        elif frame.query == "chat.search":
            self._search(member, frame, now_ms)
        else:
            entries = trace_for(self._state, member.person)
            self._answer(member, frame, {"entries": entries})

    @property
    def _state(self) -> ChatState:
        state: ChatState = self._host.replica.state.apps["chat"]
        return state

    def _answer(self, member: Member, frame: Get, answer: dict[str, Any]) -> None:
        body = msgspec.Raw(msgspec.msgpack.encode(answer))
        self._host.send(member, encode(Got(frame.request, body)))

    def _earlier(self, member: Member, frame: Get) -> None:
        """Messages before one."""
        arguments = msgspec.msgpack.decode(frame.arguments, type=_ChatArguments)
        count = max(1, min(arguments.count, HISTORY_MESSAGES_MAX))
        state, before = self._state, arguments.before
        found = earlier_in(state, before, count, member.person)
        if found is None:
            query = query_of(state, member.person, before, count)
            self._host.do(AnswerHistory(member.connection, frame.request, query))
            return
        full = len(found) == count
        answer = {
            "messages": [told(message) for message in found],
            "earlier": full or state.first > 1,
            "before": found[0].id if full else state.messages[0].id,
        }
        self._answer(member, frame, answer)

    def _search(self, member: Member, frame: Get, now_ms: int) -> None:
        """The newest messages with all the words."""
        arguments = msgspec.msgpack.decode(frame.arguments, type=_SearchArguments)
        words = words_of(arguments.text)
        if not words:
            self._answer(member, frame, {"messages": [], "earlier": False, "before": ""})
            return
        if not member.search_bucket.take(now_ms):
            text = f"{message_of('request_failed')} Searches came too fast."
            fault = Fault("request_failed", text, request=frame.request)
            self._host.send(member, encode(fault))
            return
        count = max(1, min(arguments.count, HISTORY_MESSAGES_MAX))
        state, before = self._state, arguments.before
        answer = search_window(state, member.person, before, count, words)
        if answer is not None:
            self._answer(member, frame, answer)
        else:
            query = query_of(state, member.person, before, count, words)
            self._host.do(AnswerHistory(member.connection, frame.request, query))
