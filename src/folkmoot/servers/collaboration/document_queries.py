"""Queries about documents: content, a part of it, the versions, and whose the numbers are. Pure.

What is large comes in parts, so that nobody's send queue is filled by one document: the client asks
for one part after the other, a few at a time, from whichever server it is attached to.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from folkmoot.apps.documents import (
    Document,
    DocumentsState,
    History,
    base_upto,
    time_of,
    told_points,
    told_restoring,
    told_version,
)
from folkmoot.conference.state import ConferenceState
from folkmoot.protocol.codes import message_of
from folkmoot.protocol.frames import Fault, Get, Got
from folkmoot.protocol.limits import DOCUMENT_PART_BYTES_MAX
from folkmoot.servers.collaboration.effects import AnswerAuthors, AnswerDocument, AnswerPart
from folkmoot.servers.collaboration.member import Member

DOCUMENT_QUERIES: Final = (
    "document",
    "document_part",
    "document_versions",
    "document_points",
    "document_recent",
    "document_authors",
)

Answered = AnswerAuthors | AnswerDocument | AnswerPart | Got | Fault


class _Arguments(msgspec.Struct):
    """Shape: `parts` says that a large document may come in parts; `after` is (sequence, index) of
    the last edit that is known.
    """

    document: str
    parts: bool = False
    version: str = ""
    sha256: str = ""
    segment: str = ""
    after: tuple[int, int] = (0, 0)
    start: int = msgspec.field(default=0, name="from")


def document_query(state: ConferenceState, member: Member, frame: Get) -> Answered:
    """The answer, or what is to be read for it. Errors: `msgspec.DecodeError`."""
    arguments = msgspec.msgpack.decode(frame.arguments, type=_Arguments)
    documents: DocumentsState = state.apps["documents"]
    document = documents.documents.get(arguments.document)
    if document is None or (document.removed_ms and frame.query == "document"):
        return _fault(frame, "There is no such document.")
    history = document.history or History()
    if frame.query == "document":
        return _content(state, document, member, frame, arguments)
    if frame.query == "document_part":
        return _part(document, history, member, frame, arguments)
    if frame.query == "document_recent":
        return _recent(document, history, frame, arguments)
    if frame.query == "document_authors":
        now = {int(number): (a.person, a.name) for number, a in history.authors.items()}
        return AnswerAuthors(
            member.connection, frame.request, history.known, history.known_sha256, now
        )
    points = frame.query == "document_points"
    return _got(frame, told_points(document) if points else versions_of(history))


def _part(
    document: Document, history: History, member: Member, frame: Get, arguments: _Arguments
) -> AnswerPart | Fault:
    """A part of a compaction, a version, or a segment."""
    if arguments.start < 0:
        return _fault(frame, "The request has wrong arguments.")
    if arguments.segment:
        return _segment_part(history, member, frame, arguments)
    if arguments.version:
        for version in history.versions:
            if version.id == arguments.version:
                return AnswerPart(
                    member.connection, frame.request, version.object, version.sha256,
                    arguments.start, sealed=True,
                )  # fmt: skip
        return _fault(frame, "This version is no longer kept.")
    base = document.base
    if base is None or base.sha256 != arguments.sha256:
        # Another compaction came meanwhile; the client reads the document anew.
        return _fault(frame, "The document has changed.")
    return AnswerPart(
        member.connection, frame.request, base.object, base.sha256, arguments.start, sealed=False
    )


def _content(
    state: ConferenceState, document: Document, member: Member, frame: Get, arguments: _Arguments
) -> AnswerDocument:
    answer: dict[str, Any] = {
        "base": None,
        "updates": [u.update for u in document.updates],
        "sequence": state.sequence,
        "clock": document.clocks.get(str(member.number), 0),
    }
    base = document.base
    object_ = base.object if base else ""
    if base is not None and arguments.parts and base.bytes > DOCUMENT_PART_BYTES_MAX:
        answer["parted"] = {"bytes": base.bytes, "sha256": base.sha256}
        object_ = ""
    return AnswerDocument(member.connection, frame.request, object_, answer)


def _segment_part(
    history: History, member: Member, frame: Get, arguments: _Arguments
) -> AnswerPart | Fault:
    """A part of a segment, or of what it begins with."""
    for segment in history.segments:
        for object_, sha256 in (
            (segment.object, segment.sha256),
            (segment.ground, segment.ground_sha256),
        ):
            if object_ and sha256 == arguments.segment:
                return AnswerPart(
                    member.connection, frame.request, object_, sha256, arguments.start, sealed=True
                )
    # It grew, or is no longer kept: the client looks anew.
    return _fault(frame, "The document has changed.")


def _recent(document: Document, history: History, frame: Get, arguments: _Arguments) -> Answered:
    """Edits that are in no segment yet, after those that are known."""
    since = base_upto(document)
    if arguments.after[0] < since:
        return _fault(frame, "The document has changed.")
    edits: list[tuple[int, int, int, int, bytes]] = []
    size_bytes, more = 0, False
    for update in document.updates:
        if (update.sequence, update.index) <= arguments.after:
            continue
        if size_bytes and size_bytes + len(update.update) > DOCUMENT_PART_BYTES_MAX:
            more = True
            break
        size_bytes += len(update.update)
        time_ms = time_of(history.times, update.sequence)
        edits.append((update.sequence, update.index, time_ms, update.number, update.update))
    return _got(frame, {"since": since, "edits": edits, "more": more})


def versions_of(history: History) -> dict[str, Any]:
    """Versions oldest first, those that are being made, and what is being restored."""
    restoring = history.restoring
    return {
        "versions": [told_version(version) for version in history.versions],
        "wanted": [told_version(wish) for wish in (*history.wishes, *history.marks)],
        "restoring": told_restoring(restoring) if restoring else None,
    }


def _got(frame: Get, answer: dict[str, Any]) -> Got:
    return Got(frame.request, msgspec.Raw(msgspec.msgpack.encode(answer)))


def _fault(frame: Get, message: str) -> Fault:
    return Fault("request_failed", message or message_of("request_failed"), request=frame.request)
