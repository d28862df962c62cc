"""Queries about documents: content, a part of it, the versions, and whose the numbers are. Pure.

What is large comes in parts, so that nobody's send queue is filled by one document: the client asks
for one part after the other, a few at a time, from whichever server it is attached to.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from folkmoot.apps.documents import Document, DocumentsState, History, told_version
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
    "document_authors",
)

Answered = AnswerAuthors | AnswerDocument | AnswerPart | Got | Fault


class _Arguments(msgspec.Struct):
    """Shape: `parts` says that a large document may come in parts."""

    document: str
    parts: bool = False
    version: str = ""
    sha256: str = ""
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
    if frame.query == "document_versions":
        return _got(frame, versions_of(history))
    if frame.query == "document_authors":
        now = {int(number): (a.person, a.name) for number, a in history.authors.items()}
        return AnswerAuthors(
            member.connection, frame.request, history.known, history.known_sha256, now
        )
    if arguments.start < 0:
        return _fault(frame, "The request has wrong arguments.")
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


def versions_of(history: History) -> dict[str, Any]:
    """Versions oldest first, those that are being made, and what is being restored."""
    restoring = history.restoring
    return {
        "versions": [told_version(version) for version in history.versions],
        "wanted": [told_version(wish) for wish in history.wishes],
        "restoring": {"version": restoring.version, "by": restoring.by} if restoring else None,
    }


def _got(frame: Get, answer: dict[str, Any]) -> Got:
    return Got(frame.request, msgspec.Raw(msgspec.msgpack.encode(answer)))


def _fault(frame: Get, message: str) -> Fault:
    return Fault("request_failed", message or message_of("request_failed"), request=frame.request)
