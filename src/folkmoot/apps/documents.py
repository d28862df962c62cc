"""Documents: shared texts as opaque Yjs updates.

A reducer never interprets Yjs bytes. The state of a document is its last compaction (an object) and
the updates after it. The documents server merges them in a child process and says the result by
service operations: `compacted`, or `void` for an update that cannot be applied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.apps.texts import clean_text
from folkmoot.apps.yjs_update import UpdateRefused, check_owned
from folkmoot.conference.application import Context, Defaults, Rejected, SessionChange
from folkmoot.conference.replicated import State
from folkmoot.conference.rights import EVERYONE, Right, Rights
from folkmoot.conference.state import ConferenceState, Session
from folkmoot.protocol.limits import TITLE_CHARACTERS_MAX

KINDS: Final = ("rich", "text")
DOCUMENTS_MAX: Final = 100
PENDING_BYTES_MAX: Final = 32 << 20
"""Updates of one document not compacted yet; reached only when no documents server works."""

_ID: Final = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)


class Create(msgspec.Struct, forbid_unknown_fields=True):
    document: str
    kind: str
    title: str


class Update(msgspec.Struct, rename={"from_": "from"}, forbid_unknown_fields=True):
    """One Yjs update (v1). `from_` and `to` are the author's clock before and after it."""

    document: str
    from_: int
    to: int
    update: bytes


class Compacted(msgspec.Struct, forbid_unknown_fields=True):
    """All updates through position `upto` are in the object `object`.

    Shape: `voids` is how many updates had been taken out of the document when it was merged. After
    another `void` the merge would bring back what went, so it is refused.
    """

    document: str
    upto: int
    object: str
    sha256: str
    bytes: int
    voids: int = 0


class Void(msgspec.Struct, forbid_unknown_fields=True):
    """The update at (`sequence`, `index`) cannot be applied and is taken out."""

    document: str
    sequence: int
    index: int
    reason: str


class Base(State):
    object: str
    sha256: str
    upto: int
    bytes: int


class StoredUpdate(State, array_like=True):
    sequence: int
    index: int
    number: int
    from_: int
    to: int
    update: bytes


class Document(State):
    """`clocks` maps a session's number to the clock its next struct must have; `voids` counts."""

    kind: str
    title: str
    base: Base | None = None
    updates: list[StoredUpdate] = msgspec.field(default_factory=list)
    pending_bytes: int = 0
    voids: int = 0
    clocks: dict[str, int] = msgspec.field(default_factory=dict)


class DocumentsState(State):
    documents: dict[str, Document] = msgspec.field(default_factory=dict)


class Documents(Defaults):
    """Keeps updates in order and their owners' clocks without gaps."""

    name: ClassVar[str] = "documents"
    state_type: ClassVar[type[Any]] = DocumentsState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "create": Create,
        "update": Update,
    }
    service_operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "compacted": Compacted,
        "void": Void,
    }
    rights: ClassVar[Rights] = {
        "create": Right(EVERYONE, "notes"),
        "update": Right(EVERYONE, "notes"),
    }

    def initial(self) -> DocumentsState:
        return DocumentsState({"notes": Document("rich", "Notes"), "pad": Document("text", "Pad")})

    def check(self, body: Any, number: int) -> None:
        if not isinstance(body, Update):
            return
        try:
            check_owned(body.update, number, body.from_, body.to)
        except UpdateRefused as refused:
            raise Rejected(refused.code) from refused

    def reduce(self, state: DocumentsState, body: Any, context: Context) -> None:
        if isinstance(body, Create):
            self._create(state, body, context)
            return
        document = state.documents.get(body.document)
        if document is None:
            raise Rejected("not_found", "There is no such document in this room.")
        if isinstance(body, Update):
            self._update(document, body, context)
        elif isinstance(body, Compacted):
            self._compacted(document, body, context)
        else:
            self._void(document, body, context)

    def _create(self, state: DocumentsState, body: Create, context: Context) -> None:
        title = clean_text(body.title, TITLE_CHARACTERS_MAX)
        if body.kind not in KINDS or not _ID.fullmatch(body.document):
            raise Rejected("malformed")
        if body.document in state.documents:
            raise Rejected("exists")
        if len(state.documents) >= DOCUMENTS_MAX:
            raise Rejected("limit_reached", f"A room holds at most {DOCUMENTS_MAX} documents.")
        state.documents[body.document] = Document(body.kind, title)
        context.emit("created", {"document": body.document, "kind": body.kind, "title": title})

    def _update(self, document: Document, body: Update, context: Context) -> None:
        session = context.session
        if session is None or body.from_ < 0 or body.to < body.from_ or not body.update:
            raise Rejected("malformed")
        if document.clocks.get(str(session.number), 0) != body.from_:
            raise Rejected("document_clock")
        if document.pending_bytes + len(body.update) > PENDING_BYTES_MAX:
            raise Rejected("limit_reached", "This document is full until it was compacted.")
        if body.to > body.from_:
            document.clocks[str(session.number)] = body.to
        document.pending_bytes += len(body.update)
        document.updates.append(
            StoredUpdate(
                context.sequence, context.index, session.number, body.from_, body.to, body.update
            )
        )
        context.emit(
            "updated",
            {
                "document": body.document,
                "number": session.number,
                "from": body.from_,
                "to": body.to,
                "update": body.update,
            },
        )

    def _compacted(self, document: Document, body: Compacted, context: Context) -> None:
        if body.upto > context.sequence or (document.base and body.upto <= document.base.upto):
            raise Rejected("exists")
        if body.voids != document.voids:
            raise Rejected("not_found")
        document.base = Base(body.object, body.sha256, body.upto, body.bytes)
        document.updates = [u for u in document.updates if u.sequence > body.upto]
        document.pending_bytes = sum(len(u.update) for u in document.updates)
        context.emit("compacted", {"document": body.document, "upto": body.upto})

    def _void(self, document: Document, body: Void, context: Context) -> None:
        at = (body.sequence, body.index)
        poison = next((u for u in document.updates if (u.sequence, u.index) == at), None)
        if poison is None:
            raise Rejected("not_found")
        document.voids += 1
        # What its author wrote after it hangs on it, and goes too: a Yjs document never applies
        # structs whose predecessors are missing.
        gone = [
            u for u in document.updates if u.number == poison.number and (u.sequence, u.index) >= at
        ]
        document.updates = [
            u for u in document.updates if u.number != poison.number or (u.sequence, u.index) < at
        ]
        document.pending_bytes = sum(len(u.update) for u in document.updates)
        if str(poison.number) in document.clocks:
            document.clocks[str(poison.number)] = poison.from_
        for update in gone:
            context.emit(
                "voided",
                {
                    "document": body.document,
                    "sequence": update.sequence,
                    "index": update.index,
                    "number": update.number,
                    "reason": body.reason,
                },
            )

    def on_session(
        self,
        state: DocumentsState,
        change: SessionChange,
        session: Session,
        reason: str,
        context: Context,
    ) -> None:
        if change is SessionChange.CLOSED:
            for document in state.documents.values():
                document.clocks.pop(str(session.number), None)

    def view(self, state: DocumentsState, conference: ConferenceState, person: str) -> Any:
        return {
            "documents": {
                id_: {"kind": document.kind, "title": document.title}
                for id_, document in state.documents.items()
            }
        }
