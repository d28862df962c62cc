"""Talk: a replica and people in its conference, one operation a batch, without loop or engine."""

from __future__ import annotations

from typing import Any

import msgspec

from folkmoot.apps import all_applications
from folkmoot.apps.chat_state import ChatState
from folkmoot.conference.application import Emitted
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import AttachEntry, Entry, LevelEntry
from folkmoot.conference.replica import Replica
from folkmoot.conference.state import LEVEL
from folkmoot.ports import LogMessage
from folkmoot.testing.batches import LogWriter, grant, operation


class Talk:
    """Shape: a person's session is named as the person; `last` is what the last batch did."""

    def __init__(self) -> None:
        self.log = LogWriter()
        self.replica = Replica("room", "e1", all_applications())
        self.applications = all_applications()
        self.counters: dict[str, int] = {}
        self.last: Applied
        self.add(LevelEntry(LEVEL))

    def add(self, *entries: Entry) -> Applied:
        return self.apply(self.log.add(*entries))

    def apply(self, message: LogMessage) -> Applied:
        (self.last,) = self.replica.receive_page([message])
        return self.last

    def come(self, person: str, role: str = "participant") -> None:
        self.add(AttachEntry(person, 1, "one.1", grant(person, role=role)))
        self.counters[person] = 0

    def leave(self, person: str) -> None:
        self.do(person, "leave", app="roster")

    def do(self, person: str, type_: str, *, app: str = "chat", **body: object) -> str:
        """One operation. Returns the code with which it is rejected; empty when it is saved."""
        self.counters[person] += 1
        entry = operation(self.counters[person], app, type_, body, session=person)
        outcomes = self.add(entry).outcomes.get(person)
        rejected = outcomes.rejected if outcomes else []
        return rejected[0].code if rejected else ""

    def post(self, person: str, text: str, **more: Any) -> str:
        """Says something to everyone and returns its id."""
        code = self.do(person, "post", text=text, **more)
        if code:
            raise AssertionError(code)
        return self.chat.messages[-1].id

    @property
    def chat(self) -> ChatState:
        state: ChatState = self.replica.state.apps["chat"]
        return state

    def view(self, person: str, app: str = "chat") -> Any:
        """A person's view as it goes over the wire."""
        state = self.replica.state
        view = self.applications[app].view(state.apps[app], state, person)
        return msgspec.msgpack.decode(msgspec.msgpack.encode(view))

    def texts(self, person: str) -> list[str]:
        return [message["text"] for message in self.view(person)["messages"]]


def body_of(event: Emitted) -> Any:
    return msgspec.msgpack.decode(event.body)
