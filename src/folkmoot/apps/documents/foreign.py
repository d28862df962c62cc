"""What editors that are not ours write: the rules of the log for the operation `foreign`. Pure.

Such an editor chooses its Yjs client id itself, anew at each load of its page, and after a lost
connection it offers again what it has not seen come back. So the log keeps, for each id, the link
that it belongs to and the clock of its next struct: known text counts once, and nobody writes in
the name of another link or of a participant (docs/adr, "Editors of others").
"""

from __future__ import annotations

from typing import Final

import msgspec

from folkmoot.apps.documents.history import Author, note_time
from folkmoot.apps.documents.state import (
    PENDING_BYTES_MAX,
    Document,
    ForeignAuthor,
    StoredUpdate,
    history_of,
    note_author,
    setting_of,
)
from folkmoot.apps.editors import EditorLink, links_of
from folkmoot.conference.application import Context, Rejected
from folkmoot.conference.rights import Role, is_open
from folkmoot.conference.state import ConferenceState
from folkmoot.protocol.limits import DOCUMENT_BYTES_MAX

FOREIGN_ID_MIN: Final = 1 << 20
"""Smallest client id of an editor; those below are numbers of sessions."""

FOREIGN_ID_MAX: Final = (1 << 53) - 1
AUTHORS_MAX: Final = 20_000
"""Client ids of editors that one document remembers: each load of a page that writes is one."""

EDITOR_PERSON: Final = "editor/"
"""In a document's history, what stands before a link where a person's id would."""

PARTS_MAX: Final = 1_000
DELETES_ONLY: Final = 0
"""In place of a client id, where a part deletes and writes nothing."""

BARRED: Final = -1
"""In place of a clock: what this id wrote could not be applied, and it may write no more."""

_STATES_MAX: Final = (1 << 31) - 1


class ForeignPart(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """An update with structs of one client id, or of none. `deletes` when it deletes, too."""

    client: int
    from_: int
    to: int
    deletes: bool
    update: bytes


class Foreign(msgspec.Struct, forbid_unknown_fields=True):
    """Something that an editor wrote, taken as a whole or not at all.

    Shape: `others` are (client id, clock): text of others that it hangs on and that the document
    must hold already.
    """

    document: str
    link: str
    parts: list[ForeignPart]
    others: list[tuple[int, int]] = []


def refusal(
    conference: ConferenceState, link: EditorLink | None, document: str, kind: str, time_ms: int
) -> str:
    """Why nothing may be written by this link now; empty when it may."""
    if link is None or link.document != document:
        return "not_found"
    if link.expires_ms <= time_ms:
        return "not_found"
    ended = conference.doors is not None and conference.doors.ended
    if not link.write or ended:
        return "not_allowed"
    return "" if is_open(conference.locks, setting_of(kind), Role.PARTICIPANT) else "not_allowed"


def link_to(conference: ConferenceState, body: Foreign, kind: str) -> EditorLink:
    """The link that writes. Errors: `Rejected`."""
    link = links_of(conference).get(body.link)
    code = refusal(conference, link, body.document, kind, conference.time_ms)
    if code or link is None:
        raise Rejected(code or "not_found")
    return link


def take_foreign(document: Document, body: Foreign, context: Context) -> None:
    """What an editor wrote, all of it or nothing. Errors: `Rejected`."""
    link = link_to(context.conference, body, document.kind)
    parts, clocks = fresh_parts(context.conference, document, body)
    size_bytes = sum(len(part.update) for part in parts)
    if document.pending_bytes + size_bytes > PENDING_BYTES_MAX:
        raise Rejected("limit_reached", "This document is full until it was compacted.")
    if clocks and document.bytes + size_bytes > DOCUMENT_BYTES_MAX:
        raise Rejected("document_full")
    for client, clock in clocks.items():
        document.foreign[client] = ForeignAuthor(body.link, clock)
    for part in parts:
        author = Author(EDITOR_PERSON + body.link, link.name)
        note_author(document, part.client, author, context.time_ms)
    if parts:
        note_time(history_of(document), context.sequence, context.time_ms)
        link.wrote += len(parts)
        link.last_ms = document.edited_ms = context.time_ms
    document.pending_bytes += size_bytes
    for part in parts:
        stored = StoredUpdate(
            context.sequence, context.index, part.client, part.from_, part.to, part.update
        )
        document.updates.append(stored)
        told = {
            "document": body.document,
            "number": part.client,
            "from": part.from_,
            "to": part.to,
            "update": part.update,
        }
        context.emit("updated", told)


def bar(document: Document, client: int) -> None:
    """An editor's text was taken out: it would be offered again for ever by who holds it."""
    author = document.foreign.get(str(client))
    if author is not None:
        document.foreign[str(client)] = ForeignAuthor(author.link, BARRED)


def fresh_parts(
    conference: ConferenceState, document: Document, body: Foreign
) -> tuple[list[ForeignPart], dict[str, int]]:
    """The parts that say something new, and the clocks that they lead to.

    Errors: `Rejected`: `document_owner` for another's id, `document_clock` for what hangs on text
    that is not here, `limit_reached`.
    """
    if len(body.parts) > PARTS_MAX:
        raise Rejected("malformed")
    for client, end in body.others:
        if not _is_known(conference, document, client, end):
            raise Rejected("document_clock")
    fresh: list[ForeignPart] = []
    clocks: dict[str, int] = {}
    for part in body.parts:
        if not part.update or part.from_ < 0 or not part.from_ <= part.to <= _STATES_MAX:
            raise Rejected("malformed")
        if part.client == DELETES_ONLY:
            if part.to or not part.deletes:
                raise Rejected("malformed")
            fresh.append(part)
            continue
        if _advance(document, body.link, part, clocks):
            fresh.append(part)
    new = sum(client not in document.foreign for client in clocks)
    if new and len(document.foreign) + new > AUTHORS_MAX:
        raise Rejected("limit_reached", "This document has had too many editors.")
    return fresh, clocks


def _advance(document: Document, link: str, part: ForeignPart, clocks: dict[str, int]) -> bool:
    """Moves the clock of a part's author; False when all of it is known."""
    client = str(part.client)
    author = document.foreign.get(client)
    if not FOREIGN_ID_MIN <= part.client <= FOREIGN_ID_MAX or client in document.clocks:
        raise Rejected("document_owner")
    if author is not None and (author.link != link or author.clock == BARRED):
        raise Rejected("document_owner")
    clock = clocks.get(client, author.clock if author is not None else 0)
    if part.from_ > clock:
        raise Rejected("document_clock")
    clocks[client] = max(clock, part.to)
    return part.to > clock or part.deletes


def _is_known(conference: ConferenceState, document: Document, client: int, end: int) -> bool:
    """Whether the document holds a client's structs below a clock."""
    if client >= FOREIGN_ID_MIN:
        author = document.foreign.get(str(client))
        return author is not None and author.clock >= end
    if str(client) in document.clocks:
        return document.clocks[str(client)] >= end
    # Of a session that is closed the clock is not kept; what it wrote is all here.
    open_ = any(session.number == client for session in conference.sessions.values())
    return 0 < client <= conference.numbers and not open_
