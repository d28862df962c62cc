"""A room at the newest level, for tests of documents."""

from __future__ import annotations

from typing import Any

from folkmoot.apps import all_applications
from folkmoot.apps.documents import DocumentsState
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import AttachEntry, Entry, Grant, ServiceEntry, encode_body
from folkmoot.testing.batches import LogWriter, newest_replica, operation

ROLES = {"s1": "host", "s2": "participant", "s3": "viewer", "s4": "participant"}


class DocumentRoom:
    """A host, two participants and a viewer, at the newest level."""

    def __init__(self) -> None:
        self.log = LogWriter()
        self.replica = newest_replica()
        grants = {s: Grant(f"p{s[1]}", s, role, "proof") for s, role in ROLES.items()}
        self.add(*(AttachEntry(s, 1, "one.1", g) for s, g in grants.items()))
        self._counters = dict.fromkeys(ROLES, 0)

    def add(self, *entries: Entry, after_ms: int = 1) -> Applied:
        (applied,) = self.replica.receive_page([self.log.add(*entries, after_ms=after_ms)])
        return applied

    def ask(self, type_: str, session: str, app: str = "documents", **body: Any) -> Applied:
        self._counters[session] += 1
        return self.add(operation(self._counters[session], app, type_, body, session=session))

    def do(self, type_: str, session: str = "s1", app: str = "documents", **body: Any) -> str:
        """The code of a rejection, or empty."""
        rejected = self.ask(type_, session, app, **body).outcomes[session].rejected
        return rejected[0].code if rejected else ""

    def edit(self, document: str, session: str, from_: int = 0, to: int = 1, size: int = 3) -> str:
        update: dict[str, Any] = {"from": from_, "to": to, "update": b"x" * size}
        return self.do("update", session, document=document, **update)

    def serve(self, type_: str, **body: Any) -> Applied:
        return self.add(ServiceEntry("documents-1", "1", "documents", type_, encode_body(body)))

    @property
    def state(self) -> DocumentsState:
        state: DocumentsState = self.replica.state.apps["documents"]
        return state

    @property
    def view(self) -> Any:
        state = self.replica.state
        return all_applications()["documents"].view(self.state, state, "p1")

    @property
    def order(self) -> list[str]:
        return list(self.view["documents"])
