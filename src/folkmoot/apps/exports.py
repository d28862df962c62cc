"""Exports: copies of chat, notes and people that a person asks for and an export server makes.

The state is the list of what is wanted, what is being made and what is ready; the copy itself is an
object. Every claim names the attempt that it begins, so that of two servers the first one counts,
and a server that comes back late cannot speak for an attempt that is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.apps.documents.history import History, version_of
from folkmoot.apps.documents.points import check_point
from folkmoot.apps.documents.state import DocumentsState, there
from folkmoot.apps.texts import clean_text
from folkmoot.conference.application import Context, Defaults, Rejected
from folkmoot.conference.replicated import State
from folkmoot.conference.rights import EVERYONE, Right, Rights
from folkmoot.conference.state import ConferenceState

FORMATS: Final = ("json", "markdown")
DOCUMENT_FORMATS: Final = {
    "rich": ("markdown", "html", "pdf", "docx"),
    "text": ("text", "html", "pdf", "docx"),
}
"""What a document of a kind can be written in; boards are exported by the page."""

OPEN_MAX: Final = 5
"""Exports of one conference that wait or are being made."""

KEPT_MAX: Final = 20
"""Exports of one conference in all that people see; the oldest that is over goes first."""

REMOVING_MAX: Final = 40
"""Exports whose object is still to be deleted; beyond it nothing new is taken."""

ATTEMPTS_MAX: Final = 3
"""Attempts that may come to nothing and are not excused."""

TRIED_FOR_MS: Final = 3_600_000
"""From then on no attempt is excused."""

STALLED_AFTER_MS: Final = 45_000
"""Without a word from its worker for so long, an export waits for another one. A log without a
leader keeps the worker silent for some 15 s."""

LATE_MS: Final = 3_000
"""A timer that comes so much too late tells that the log took nothing meanwhile."""

KEPT_MS: Final = 24 * 3600 * 1000
REASON_CHARACTERS_MAX: Final = 200
NAME_CHARACTERS_MAX: Final = 200
STEPS_MAX: Final = 1_000_000

WAITING: Final = "waiting"
MAKING: Final = "making"
FINISHED: Final = "finished"
FAILED: Final = "failed"
REMOVING: Final = "removing"
OPEN: Final = (WAITING, MAKING)

_PREFIX: Final = "exports/"


class Request(msgspec.Struct, forbid_unknown_fields=True):
    """Asks for a copy in these formats, in the order of `FORMATS`, each once.

    Shape: with `document` it is one document in one of `DOCUMENT_FORMATS`, as it is, as the version
    holds it, or as it was at the position `point`.
    """

    formats: list[str]
    document: str = ""
    version: str = ""
    point: int = 0


class Started(msgspec.Struct, forbid_unknown_fields=True):
    """`worker`, a `<id>.<incarnation>`, begins this attempt: the one after the last."""

    export: str
    worker: str
    attempt: int


class Progress(msgspec.Struct, forbid_unknown_fields=True):
    """The worker of this attempt still works; `done` steps `of` so many."""

    export: str
    attempt: int
    done: int
    of: int


class Finished(msgspec.Struct, forbid_unknown_fields=True):
    """The copy is in the object `object`; `position` is the conference's it was made at."""

    export: str
    object: str
    sha256: str
    bytes: int
    position: int


class Failed(msgspec.Struct, forbid_unknown_fields=True):
    """This attempt came to nothing; `final` when another one would too, `excused` when it says
    nothing about the export: its worker was stopped, or had no store to work with.
    """

    export: str
    attempt: int
    reason: str
    final: bool = False
    excused: bool = False


class Removed(msgspec.Struct, forbid_unknown_fields=True):
    """The objects of an export that is over were deleted."""

    export: str


class Export(State):
    """One copy. Shape: `attempt` counts the starts, `excused` those of them that do not count;
    `heard_ms` is when its worker last spoke; `object` is empty until it is finished; `document` is
    empty for the whole room, `title` is that of the document when it was asked for.
    """

    person: str
    formats: list[str]
    requested_ms: int
    phase: str = WAITING
    attempt: int = 0
    worker: str = ""
    done: int = 0
    of: int = 0
    object: str = ""
    sha256: str = ""
    bytes: int = 0
    position: int = 0
    reason: str = ""
    document: str = ""
    version: str = ""
    title: str = ""
    point: int = 0
    excused: int = 0
    heard_ms: int = 0

    @property
    def spent(self) -> bool:
        """Whether enough attempts came to nothing."""
        return self.attempt - self.excused >= ATTEMPTS_MAX


class ExportsState(State):
    """Exports by id, in the order in which they were asked for."""

    exports: dict[str, Export] = msgspec.field(default_factory=dict)


def needs_work(state: ExportsState) -> list[tuple[str, Export]]:
    """What an export server should look at: open ones, and those whose objects must go."""
    return [(i, e) for i, e in state.exports.items() if e.phase in OPEN or e.phase == REMOVING]


ENDINGS: Final = {"markdown": "md", "text": "txt", "html": "html", "pdf": "pdf", "docx": "docx"}


def file_name(export: Export) -> str:
    """What the file of one document is called; empty for an archive of the room."""
    if not export.document:
        return ""
    return f"{export.title or export.document}.{ENDINGS[export.formats[0]]}"


def shown(id_: str, export: Export) -> dict[str, Any]:
    """An export as its person sees it."""
    about: dict[str, Any] = {
        "document": export.document, "version": export.version, "title": export.title,
    }  # fmt: skip
    about |= {"point": export.point} if export.point else {}
    return {
        "export": id_,
        "formats": export.formats,
        "phase": export.phase,
        "attempt": export.attempt,
        "done": export.done,
        "of": export.of,
        "bytes": export.bytes,
        "requested_ms": export.requested_ms,
        "reason": export.reason,
    } | (about if export.document else {})


class Exports(Defaults):
    """Keeps who wants a copy, who makes it, and where it is."""

    name: ClassVar[str] = "exports"
    since: ClassVar[int] = 2
    state_type: ClassVar[type[Any]] = ExportsState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {"request": Request}
    service_operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "started": Started,
        "progress": Progress,
        "finished": Finished,
        "failed": Failed,
        "removed": Removed,
    }
    rights: ClassVar[Rights] = {"request": Right(EVERYONE, "export")}

    def initial(self) -> ExportsState:
        return ExportsState()

    def reduce(self, state: ExportsState, body: Any, context: Context) -> None:
        if isinstance(body, Request):
            self._request(state, body, context)
            return
        export = state.exports.get(body.export)
        if export is None:
            raise Rejected("not_found")
        if isinstance(body, Started):
            self._started(body, export, context)
        elif isinstance(body, Progress):
            self._progress(body, export, context)
        elif isinstance(body, Finished):
            self._finished(body, export, context)
        elif isinstance(body, Failed):
            self._failed(body, export, context)
        else:
            self._removed(state, body, export)

    def _request(self, state: ExportsState, body: Request, context: Context) -> None:
        title = _title_of(body, context.conference) if body.document else ""
        if not body.document and (
            not body.formats
            or body.formats != [f for f in FORMATS if f in body.formats]
            or body.version
            or body.point
        ):
            raise Rejected("malformed")
        person = context.author.id
        under_way = [e for e in state.exports.values() if e.phase in OPEN]
        if any(e.person == person for e in under_way):
            raise Rejected("limit_reached", "Your last export is still being made.")
        removing = sum(e.phase == REMOVING for e in state.exports.values())
        if len(under_way) >= OPEN_MAX or removing >= REMOVING_MAX:
            raise Rejected(
                "limit_reached", "Too many exports are being made in this room. Try again later."
            )
        self._make_room(state, context)
        id_ = context.event_id
        export = Export(
            person,
            body.formats,
            context.time_ms,
            document=body.document,
            version=body.version,
            title=title,
            point=body.point,
        )
        state.exports[id_] = export
        _tell(id_, export, context)

    def _make_room(self, state: ExportsState, context: Context) -> None:
        seen = [(i, e) for i, e in state.exports.items() if e.phase != REMOVING]
        over = [(i, e) for i, e in seen if e.phase not in OPEN]
        for id_, export in over[: max(0, len(seen) - KEPT_MAX + 1)]:
            self._expire(id_, export, context)

    def _started(self, body: Started, export: Export, context: Context) -> None:
        if export.phase not in OPEN or body.attempt != export.attempt + 1:
            raise Rejected("exists")
        worker = clean_text(body.worker, NAME_CHARACTERS_MAX)
        # Who begins again has not died of it: something kept the end from being said.
        again = export.phase == MAKING and worker == export.worker and not _old(export, context)
        if export.spent and not again:
            raise Rejected("limit_reached")
        export.excused += again
        export.phase, export.worker, export.attempt = MAKING, worker, body.attempt
        export.done, export.of = 0, 0
        _heard(body.export, export, context)
        _tell(body.export, export, context)

    def _progress(self, body: Progress, export: Export, context: Context) -> None:
        if export.phase != MAKING or body.attempt != export.attempt:
            raise Rejected("not_found")
        if not 0 <= body.done <= body.of <= STEPS_MAX:
            raise Rejected("malformed")
        _heard(body.export, export, context)
        if (export.done, export.of) != (body.done, body.of):
            export.done, export.of = body.done, body.of
            _tell(body.export, export, context)

    def _finished(self, body: Finished, export: Export, context: Context) -> None:
        """The first one counts, also that of a worker that was taken for gone."""
        if export.phase not in OPEN:
            raise Rejected("exists")
        object_ = clean_text(body.object, NAME_CHARACTERS_MAX)
        sha256 = clean_text(body.sha256, NAME_CHARACTERS_MAX)
        if body.bytes < 0 or not 0 <= body.position <= context.sequence:
            raise Rejected("malformed")
        export.phase, export.object, export.sha256 = FINISHED, object_, sha256
        export.bytes, export.position = body.bytes, body.position
        export.done = export.of
        context.set_timer(_PREFIX + body.export, context.time_ms + KEPT_MS)
        _tell(body.export, export, context)

    def _failed(self, body: Failed, export: Export, context: Context) -> None:
        if export.phase != MAKING or body.attempt != export.attempt:
            raise Rejected("not_found")
        reason = clean_text(body.reason, REASON_CHARACTERS_MAX)
        export.excused += body.excused and not _old(export, context)
        self._attempt_over(body.export, export, reason, body.final, context)

    def _attempt_over(
        self, id_: str, export: Export, reason: str, final: bool, context: Context
    ) -> None:
        export.done, export.of = 0, 0
        if final or export.spent:
            export.phase, export.reason = FAILED, reason
            context.set_timer(_PREFIX + id_, context.time_ms + KEPT_MS)
        else:
            export.phase = WAITING
            context.cancel_timer(_PREFIX + id_)
        _tell(id_, export, context)

    def _expire(self, id_: str, export: Export, context: Context) -> None:
        """Takes it out of sight; it is forgotten once its objects were deleted."""
        export.phase = REMOVING
        context.cancel_timer(_PREFIX + id_)
        context.emit("removed", {"export": id_}, (export.person,))

    def _removed(self, state: ExportsState, body: Removed, export: Export) -> None:
        if export.phase != REMOVING:
            raise Rejected("not_found")
        del state.exports[body.export]

    def on_timer(self, state: ExportsState, id_: str, context: Context) -> None:
        export_id = id_.removeprefix(_PREFIX)
        export = state.exports.get(export_id)
        if export is None:
            return
        if export.phase == MAKING:
            due_ms = export.heard_ms + STALLED_AFTER_MS
            if context.time_ms - due_ms >= LATE_MS and not _old(export, context):
                _heard(export_id, export, context)
                return
            reason = "The export server did not get on with it."
            self._attempt_over(export_id, export, reason, False, context)
        elif export.phase in (FINISHED, FAILED):
            self._expire(export_id, export, context)

    def view(self, state: ExportsState, conference: ConferenceState, person: str) -> Any:
        return {
            "exports": [
                shown(i, e)
                for i, e in state.exports.items()
                if e.person == person and e.phase != REMOVING
            ]
        }


def _title_of(body: Request, conference: ConferenceState) -> str:
    """The title of the document that is asked for. Errors: `Rejected`."""
    documents: DocumentsState = conference.apps["documents"]
    document = there(documents, body.document)
    known = DOCUMENT_FORMATS.get(document.kind, ())
    if len(body.formats) != 1 or body.formats[0] not in known:
        raise Rejected("malformed", "This document cannot be written in that format.")
    if body.version and body.point:
        raise Rejected("malformed")
    if body.version:
        version_of(document.history or History(), body.version)
    if body.point:
        check_point(document, body.point, conference.sequence)
    return document.title


def _old(export: Export, context: Context) -> bool:
    return context.time_ms - export.requested_ms >= TRIED_FOR_MS


def _heard(id_: str, export: Export, context: Context) -> None:
    export.heard_ms = context.time_ms
    context.set_timer(_PREFIX + id_, context.time_ms + STALLED_AFTER_MS)


def _tell(id_: str, export: Export, context: Context) -> None:
    context.emit("changed", shown(id_, export), (export.person,))
