"""What all replicas hold of a conference's documents."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from folkmoot.apps.documents.history import Author, History, note_time
from folkmoot.apps.documents.operations import Restored, Update
from folkmoot.conference.application import Context, Rejected
from folkmoot.conference.replicated import State

RICH: Final = "rich"
TEXT: Final = "text"
BOARD: Final = "board"
KINDS: Final = (RICH, TEXT, BOARD)
KINDS_AT_ONE: Final = (RICH, TEXT)
"""What a room of the first level knows."""

DOCUMENTS_MAX: Final = 100
REMOVED_MAX: Final = 20
"""Removed documents that are kept; the one removed first goes first."""

REMOVED_KEPT_MS: Final = 30 * 24 * 3600 * 1000

PURGING_MAX: Final = 200
"""Documents gone for good whose objects are still to be deleted; beyond it nothing is removed."""

PENDING_BYTES_MAX: Final = 32 << 20
"""Updates of one document not compacted yet; reached only when no documents server works."""

_ID: Final = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)


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


class ForeignAuthor(State, array_like=True):
    """The link that a client id belongs to, and the clock that its next struct must have."""

    link: str
    clock: int


class Document(State):
    """Shape: `clocks` maps a session's number to the clock its next struct must have, `foreign` the
    client ids of editors that are not ours to theirs; `voids` counts; `by` is the person who made
    it, empty for what a room begins with; `removed_ms` is 0 for what is there.
    """

    kind: str
    title: str
    base: Base | None = None
    updates: list[StoredUpdate] = msgspec.field(default_factory=list)
    pending_bytes: int = 0
    voids: int = 0
    clocks: dict[str, int] = msgspec.field(default_factory=dict)
    by: str = ""
    edited_ms: int = 0
    removed_ms: int = 0
    removed_by: str = ""
    foreign: dict[str, ForeignAuthor] = msgspec.field(default_factory=dict)
    history: History | None = None

    @property
    def bytes(self) -> int:
        """What it takes to open it: the last compaction and what came after it."""
        return (self.base.bytes if self.base else 0) + self.pending_bytes


class DocumentsState(State):
    """Documents by id, in the order of the list; `purging` are gone but for their objects."""

    documents: dict[str, Document] = msgspec.field(default_factory=dict)
    purging: list[str] = msgspec.field(default_factory=list)


def history_of(document: Document) -> History:
    """A document's history, begun where there is none yet. Caller: from level 2 on."""
    if document.history is None:
        document.history = History()
    return document.history


def note_author(document: Document, number: int, author: Author, time_ms: int) -> None:
    """An update of this number has come, or is there already."""
    history = history_of(document)
    history.authors.setdefault(str(number), author)
    history.changed_ms = history.changed_ms or time_ms


def take_update(document: Document, body: Update | Restored, number: int, context: Context) -> None:
    """Adds an update that was found good, and tells everyone."""
    if body.to > body.from_:
        document.clocks[str(number)] = body.to
    document.pending_bytes += len(body.update)
    if document.history is not None:
        note_time(document.history, context.sequence, context.time_ms)
    document.updates.append(
        StoredUpdate(context.sequence, context.index, number, body.from_, body.to, body.update)
    )
    context.emit(
        "updated",
        {
            "document": body.document,
            "number": number,
            "from": body.from_,
            "to": body.to,
            "update": body.update,
        },
    )


def is_id(text: str) -> bool:
    """Whether a document may be called so in addresses and names of objects."""
    return _ID.fullmatch(text) is not None


def setting_of(kind: str) -> str:
    """The setting that must be open to who makes or changes a document of this kind."""
    return "whiteboard" if kind == BOARD else "notes"


def check_may_write(kind: str, context: Context) -> None:
    """Errors: `Rejected`."""
    if not context.is_open(setting_of(kind)):
        raise Rejected("not_allowed")


def there(state: DocumentsState, id_: str) -> Document:
    """A document of the list. Errors: `Rejected`."""
    document = state.documents.get(id_)
    if document is None:
        raise Rejected("not_found", "There is no such document in this room.")
    if document.removed_ms:
        raise Rejected("not_found", "This document was removed.")
    return document


def shown_documents(state: DocumentsState) -> dict[str, Document]:
    """Those that are in the list, in its order."""
    return {i: document for i, document in state.documents.items() if not document.removed_ms}


def view_of(state: DocumentsState) -> dict[str, Any]:
    """What everyone sees; what says nothing is left out, as in level 1."""
    listed = {i: _entry(document) for i, document in shown_documents(state).items()}
    removed = {
        i: {
            "kind": document.kind,
            "title": document.title,
            "removed_ms": document.removed_ms,
            "by": document.removed_by,
        }
        for i, document in state.documents.items()
        if document.removed_ms
    }
    return {"documents": listed} | ({"removed": removed} if removed else {})


def _entry(document: Document) -> dict[str, Any]:
    entry: dict[str, Any] = {"kind": document.kind, "title": document.title}
    if document.by:
        entry["by"] = document.by
    if document.edited_ms:
        entry["edited_ms"] = document.edited_ms
    return entry
