"""The list of documents: made, renamed, moved, removed, brought back, and in the end gone."""

from __future__ import annotations

from typing import Final

from folkmoot.apps.documents.operations import Create, Move, Purged, Remove, Rename, RestoreRemoved
from folkmoot.apps.documents.state import (
    DOCUMENTS_MAX,
    KINDS,
    KINDS_AT_ONE,
    PURGING_MAX,
    REMOVED_KEPT_MS,
    REMOVED_MAX,
    Document,
    DocumentsState,
    check_may_write,
    is_id,
    shown_documents,
    there,
)
from folkmoot.apps.texts import clean_text
from folkmoot.conference.application import Context, Rejected
from folkmoot.conference.rights import PRESENTERS
from folkmoot.protocol.limits import TITLE_CHARACTERS_MAX

Listed = Create | Rename | Move | Remove | RestoreRemoved

PURGE_TIMER: Final = "documents/purge/"


def change_list(state: DocumentsState, body: Listed, context: Context) -> None:
    """Errors: `Rejected`."""
    if isinstance(body, Create):
        _create(state, body, context)
    elif isinstance(body, RestoreRemoved):
        _restore(state, body.document, context)
    elif isinstance(body, Rename):
        _rename(there(state, body.document), body, context)
    elif isinstance(body, Move):
        _move(state, body, context)
    else:
        _remove(state, body.document, context)


def _create(state: DocumentsState, body: Create, context: Context) -> None:
    title = clean_text(body.title, TITLE_CHARACTERS_MAX)
    kinds = KINDS if context.level >= 2 else KINDS_AT_ONE
    if body.kind not in kinds or not is_id(body.document):
        raise Rejected("malformed")
    check_may_write(body.kind, context)
    known = state.documents.get(body.document)
    if known is not None or body.document in state.purging:
        removed = known is None or known.removed_ms
        raise Rejected("exists", "A removed document has this name." if removed else "")
    if len(shown_documents(state)) >= DOCUMENTS_MAX:
        raise Rejected("limit_reached", f"A room holds at most {DOCUMENTS_MAX} documents.")
    told = {"document": body.document, "kind": body.kind, "title": title}
    document = state.documents[body.document] = Document(body.kind, title)
    if context.level >= 2:
        document.by = context.author.id
        told["by"] = document.by
    context.emit("created", told)


def _rename(document: Document, body: Rename, context: Context) -> None:
    title = clean_text(body.title, TITLE_CHARACTERS_MAX)
    check_may_write(document.kind, context)
    document.title = title
    context.emit("renamed", {"document": body.document, "title": title})


def _move(state: DocumentsState, body: Move, context: Context) -> None:
    document = there(state, body.document)
    check_may_write(document.kind, context)
    order = [i for i in shown_documents(state) if i != body.document]
    if not 0 <= body.place <= len(order):
        raise Rejected("malformed", "There is no such place.")
    order.insert(body.place, body.document)
    removed = [i for i, other in state.documents.items() if other.removed_ms]
    state.documents = {i: state.documents[i] for i in (*order, *removed)}
    context.emit("moved", {"document": body.document, "place": body.place})


def _remove(state: DocumentsState, id_: str, context: Context) -> None:
    document = there(state, id_)
    check_may_write(document.kind, context)
    _check_owns(document.by, context)
    if len(state.purging) >= PURGING_MAX:
        raise Rejected("limit_reached", "Removed documents are still being cleared away.")
    removed = [i for i, other in state.documents.items() if other.removed_ms]
    for oldest in removed[: max(0, len(removed) - REMOVED_MAX + 1)]:
        purge(state, oldest, context)
    document.removed_ms, document.removed_by = context.time_ms, context.author.id
    # At the end of the dict the removed ones stand in the order of their removal.
    state.documents[id_] = state.documents.pop(id_)
    context.set_timer(PURGE_TIMER + id_, context.time_ms + REMOVED_KEPT_MS)
    told = {"document": id_, "by": document.removed_by, "removed_ms": document.removed_ms}
    context.emit("removed", told)


def _restore(state: DocumentsState, id_: str, context: Context) -> None:
    document = state.documents.get(id_)
    if document is None or not document.removed_ms:
        raise Rejected("not_found", "There is no such removed document any more.")
    check_may_write(document.kind, context)
    _check_owns(document.removed_by, context)
    if len(shown_documents(state)) >= DOCUMENTS_MAX:
        raise Rejected("limit_reached", f"A room holds at most {DOCUMENTS_MAX} documents.")
    context.cancel_timer(PURGE_TIMER + id_)
    document.removed_ms, document.removed_by = 0, ""
    state.documents[id_] = state.documents.pop(id_)
    _removed_last(state)
    told = {"document": id_, "kind": document.kind, "title": document.title}
    context.emit("returned", told)


def _removed_last(state: DocumentsState) -> None:
    """Keeps the order in which things were removed behind what is in the list."""
    removed = {i: d for i, d in state.documents.items() if d.removed_ms}
    state.documents = shown_documents(state) | removed


def _check_owns(person: str, context: Context) -> None:
    """For those who present, and for the person whose doing it was."""
    if context.author.role not in PRESENTERS and context.author.id != person:
        raise Rejected("not_allowed")


def purge(state: DocumentsState, id_: str, context: Context) -> None:
    """Takes a removed document away for good; its objects are deleted by the documents server."""
    document = state.documents.get(id_)
    if document is None or not document.removed_ms:
        return
    del state.documents[id_]
    state.purging.append(id_)
    context.cancel_timer(PURGE_TIMER + id_)
    context.emit("purged", {"document": id_})


def purged(state: DocumentsState, body: Purged) -> None:
    if body.document not in state.purging:
        raise Rejected("not_found")
    state.purging.remove(body.document)
