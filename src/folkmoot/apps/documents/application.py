"""The reducer: keeps updates in order and their owners' clocks without gaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from folkmoot.apps.documents.foreign import (
    DELETES_ONLY,
    FOREIGN_ID_MIN,
    Foreign,
    bar,
    take_foreign,
)
from folkmoot.apps.documents.history import Author, note_time, note_written
from folkmoot.apps.documents.listing import PURGE_TIMER, change_list, purge, purged
from folkmoot.apps.documents.operations import (
    Compacted,
    CompactedWithAuthors,
    Create,
    KeepVersion,
    Kept,
    KeptPoint,
    Move,
    NamePoint,
    NameVersion,
    Purged,
    Remove,
    Rename,
    Restored,
    RestoreFailed,
    RestorePoint,
    RestoreRemoved,
    RestoreVersion,
    Unkept,
    Update,
    Void,
)
from folkmoot.apps.documents.points import check_segment, forget_times, take_segment
from folkmoot.apps.documents.state import (
    PENDING_BYTES_MAX,
    Base,
    Document,
    DocumentsState,
    StoredUpdate,
    check_may_write,
    history_of,
    note_author,
    take_update,
    there,
    view_of,
)
from folkmoot.apps.documents.versions import Asked, ask_history, make_history
from folkmoot.apps.yjs_update import UpdateRefused, check_owned
from folkmoot.conference.application import Context, Defaults, Rejected, SessionChange
from folkmoot.conference.rights import EVERYONE, Right, Rights
from folkmoot.conference.state import ConferenceState, Session
from folkmoot.protocol.limits import DOCUMENT_BYTES_MAX

Operations = Mapping[str, type[msgspec.Struct]]


class Documents(Defaults):
    """Which setting must be open depends on a document's kind, so no row of a right names one."""

    name: ClassVar[str] = "documents"
    state_type: ClassVar[type[Any]] = DocumentsState
    operations: ClassVar[Operations] = {"create": Create, "update": Update}
    service_operations: ClassVar[Operations] = {"compacted": Compacted, "void": Void}
    later: ClassVar[Mapping[int, Operations]] = {
        2: {
            "rename": Rename,
            "move": Move,
            "remove": Remove,
            "restore_removed": RestoreRemoved,
            "keep_version": KeepVersion,
            "name_version": NameVersion,
            "name_point": NamePoint,
            "restore_version": RestoreVersion,
            "restore_point": RestorePoint,
        }
    }
    service_later: ClassVar[Mapping[int, Operations]] = {
        2: {
            "compacted": CompactedWithAuthors,
            "kept": Kept,
            "kept_point": KeptPoint,
            "unkept": Unkept,
            "restored": Restored,
            "restore_failed": RestoreFailed,
            "purged": Purged,
            "foreign": Foreign,
        }
    }
    rights: ClassVar[Rights] = {
        "create": Right(EVERYONE),
        "update": Right(EVERYONE),
        "rename": Right(EVERYONE),
        "move": Right(EVERYONE),
        "remove": Right(EVERYONE),
        "restore_removed": Right(EVERYONE),
        "keep_version": Right(EVERYONE),
        "name_version": Right(EVERYONE),
        "name_point": Right(EVERYONE),
        "restore_version": Right(EVERYONE),
        "restore_point": Right(EVERYONE),
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
        if isinstance(body, Update):
            self._update(there(state, body.document), body, context)
        elif isinstance(body, Create | Rename | Move | Remove | RestoreRemoved):
            change_list(state, body, context)
        elif isinstance(body, Asked):
            ask_history(there(state, body.document), body, context)
        elif isinstance(body, Purged):
            purged(state, body)
        elif isinstance(body, Foreign):
            take_foreign(there(state, body.document), body, context)
        else:
            self._serve(state, body, context)

    def _serve(self, state: DocumentsState, body: Any, context: Context) -> None:
        """What the documents server says; of a removed document, too."""
        document = state.documents.get(body.document)
        if document is None:
            raise Rejected("not_found", "There is no such document in this room.")
        if isinstance(body, Compacted | CompactedWithAuthors):
            self._compacted(document, body, context)
        elif isinstance(body, Void):
            self._void(document, body, context)
        else:
            make_history(document, body, context)

    def _update(self, document: Document, body: Update, context: Context) -> None:
        session = context.session
        check_may_write(document.kind, context)
        if session is None or body.from_ < 0 or body.to < body.from_ or not body.update:
            raise Rejected("malformed")
        if document.clocks.get(str(session.number), 0) != body.from_:
            raise Rejected("document_clock")
        if session.number >= FOREIGN_ID_MIN and str(session.number) in document.foreign:
            raise Rejected("document_owner")
        if document.pending_bytes + len(body.update) > PENDING_BYTES_MAX:
            raise Rejected("limit_reached", "This document is full until it was compacted.")
        if context.level >= 2:
            # What only deletes is always taken: it is how a full document becomes smaller.
            if body.to > body.from_ and document.bytes + len(body.update) > DOCUMENT_BYTES_MAX:
                raise Rejected("document_full")
            document.edited_ms = context.time_ms
            author = Author(context.author.id, context.author.name)
            note_author(document, session.number, author, context.time_ms)
        take_update(document, body, session.number, context)

    def _compacted(
        self, document: Document, body: Compacted | CompactedWithAuthors, context: Context
    ) -> None:
        if body.upto > context.sequence or (document.base and body.upto <= document.base.upto):
            raise Rejected("exists")
        if body.voids != document.voids:
            raise Rejected("not_found")
        history = document.history
        if history is not None and any(body.upto > wish.upto for wish in history.wishes):
            raise Rejected("exists")  # a version of an earlier position is to be made first
        segment = body.segment if isinstance(body, CompactedWithAuthors) else None
        if segment is not None:
            check_segment(document, segment)
        document.base = Base(body.object, body.sha256, body.upto, body.bytes)
        document.updates = [u for u in document.updates if u.sequence > body.upto]
        document.pending_bytes = sum(len(u.update) for u in document.updates)
        if isinstance(body, CompactedWithAuthors):
            self._note_authors(document, body)
        if segment is not None:
            take_segment(history_of(document), segment, body.upto, context.time_ms)
        forget_times(document)
        context.emit("compacted", {"document": body.document, "upto": body.upto})

    def _note_authors(self, document: Document, body: CompactedWithAuthors) -> None:
        """Those whose updates are compacted are in the object from now on."""
        history = history_of(document)
        note_written(history, body.written)
        history.known, history.known_sha256 = body.authors, body.authors_sha256
        left = {str(update.number) for update in document.updates}
        if history.restoring is not None:
            left.add(str(history.restoring.number))
        history.authors = {n: a for n, a in history.authors.items() if n in left}

    def _void(self, document: Document, body: Void, context: Context) -> None:
        at = (body.sequence, body.index)
        poison = next((u for u in document.updates if (u.sequence, u.index) == at), None)
        if poison is None:
            raise Rejected("not_found")
        document.voids += 1
        if poison.number == DELETES_ONLY:
            # Nothing hangs on deletions, and others who wrote nothing else have this number, too.
            document.updates.remove(poison)
            document.pending_bytes -= len(poison.update)
            self._tell_void(body, poison, context)
            return
        # What its author wrote after it hangs on it, and goes too: a Yjs document never applies
        # structs whose predecessors are missing.
        gone = [
            u for u in document.updates if u.number == poison.number and (u.sequence, u.index) >= at
        ]
        document.updates = [
            u for u in document.updates if u.number != poison.number or (u.sequence, u.index) < at
        ]
        document.pending_bytes = sum(len(u.update) for u in document.updates)
        bar(document, poison.number)
        if str(poison.number) in document.clocks:
            document.clocks[str(poison.number)] = poison.from_
        if document.history is not None and document.base is None and not document.updates:
            document.history.changed_ms = 0
        for update in gone:
            self._tell_void(body, update, context)

    def _tell_void(self, body: Void, update: StoredUpdate, context: Context) -> None:
        told = {
            "document": body.document,
            "sequence": update.sequence,
            "index": update.index,
            "number": update.number,
            "reason": body.reason,
        }
        context.emit("voided", told)

    def on_level(self, state: DocumentsState, context: Context) -> None:
        """From the second level on it is kept who wrote; of earlier edits as far as known."""
        conference = context.conference
        of = {session.number: session.person for session in conference.sessions.values()}
        for document in state.documents.values():
            for update in document.updates:
                person = conference.persons.get(of.get(update.number, ""))
                author = Author(person.id, person.name) if person else Author("", "")
                note_author(document, update.number, author, context.time_ms)
                note_time(history_of(document), update.sequence, context.time_ms)

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

    def on_timer(self, state: DocumentsState, id_: str, context: Context) -> None:
        purge(state, id_.removeprefix(PURGE_TIMER), context)

    def view(self, state: DocumentsState, conference: ConferenceState, person: str) -> Any:
        return view_of(state)
