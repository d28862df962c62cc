"""Versions are asked for, made of the present or of a point, named, thinned out, gone back to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from folkmoot.apps.documents.history import (
    BEFORE_RESTORE,
    HOURLY,
    HOURLY_MS,
    NAMED,
    Author,
    History,
    Restoring,
    Version,
    Wish,
    check_room_for_name,
    clean_version_name,
    take_writers,
    thinned,
    told_restoring,
    told_version,
    version_of,
)
from folkmoot.apps.documents.operations import (
    KeepVersion,
    Kept,
    KeptPoint,
    NamePoint,
    NameVersion,
    Restored,
    RestoreFailed,
    RestorePoint,
    RestoreVersion,
    Unkept,
)
from folkmoot.apps.documents.points import check_point
from folkmoot.apps.documents.state import (
    Document,
    check_may_write,
    history_of,
    note_author,
    take_update,
)
from folkmoot.apps.texts import clean_text
from folkmoot.conference.application import Context, Rejected

Asked = KeepVersion | NamePoint | NameVersion | RestoreVersion | RestorePoint
Made = Kept | KeptPoint | Unkept | Restored | RestoreFailed

REASON_CHARACTERS_MAX: Final = 200
OBJECT_CHARACTERS_MAX: Final = 200


def ask_history(document: Document, body: Asked, context: Context) -> None:
    """What a participant asks for. Errors: `Rejected`."""
    check_may_write(document.kind, context)
    if isinstance(body, KeepVersion):
        _wish(document, body, context)
    elif isinstance(body, NamePoint):
        _mark(document, body, context)
    elif isinstance(body, NameVersion):
        _name(history_of(document), body, context)
    else:
        _restore(document, body, context)


def _wish(document: Document, body: KeepVersion, context: Context) -> None:
    name = clean_version_name(body.name)
    if document.base is None and not document.updates:
        raise Rejected("empty", "There is nothing in this document yet.")
    history = history_of(document)
    check_room_for_name(history)
    wish = Wish(context.event_id, context.sequence, context.time_ms, NAMED, name, context.author.id)
    history.wishes.append(wish)
    context.emit("version_wanted", {"document": body.document} | told_version(wish))


def _mark(document: Document, body: NamePoint, context: Context) -> None:
    """Nothing waits for it, unlike for a wish: a point is kept whatever is compacted meanwhile."""
    name = clean_version_name(body.name)
    check_point(document, body.position, context.sequence)
    history = history_of(document)
    check_room_for_name(history)
    mark = Wish(
        context.event_id, body.position, context.time_ms, NAMED, name, context.author.id,
        context.sequence,
    )  # fmt: skip
    history.marks.append(mark)
    context.emit("version_wanted", {"document": body.document} | told_version(mark))


def _name(history: History, body: NameVersion, context: Context) -> None:
    version = version_of(history, body.version)
    if body.name:
        name = clean_version_name(body.name)
        if not version.name:
            check_room_for_name(history)
        version.name, version.by = name, context.author.id
    else:
        version.name = version.by = ""
    context.emit("version_named", {"document": body.document} | told_version(version))


def _restore(document: Document, body: RestoreVersion | RestorePoint, context: Context) -> None:
    version, position = "", 0
    if isinstance(body, RestoreVersion):
        version = version_of(history_of(document), body.version).id
    else:
        check_point(document, body.position, context.sequence)
        position = body.position
    history = history_of(document)
    if history.restoring is not None:
        raise Rejected("changed_meanwhile", "A version of this document is being restored.")
    author = context.author
    number = context.new_number()
    restoring = Restoring(context.event_id, version, author.id, number, position=position)
    history.restoring = restoring
    note_author(document, number, Author(author.id, author.name), context.time_ms)
    told = {"document": body.document, "number": number}
    context.emit("restoring", told | told_restoring(restoring))


def make_history(document: Document, body: Made, context: Context) -> None:
    """What the documents server has made. Errors: `Rejected`."""
    history = document.history
    if history is None:
        raise Rejected("not_found")
    if isinstance(body, Kept):
        _kept(document, history, body, context)
    elif isinstance(body, KeptPoint):
        _kept_point(history, body, context)
    elif isinstance(body, Unkept):
        _unkept(history, body, context)
    elif isinstance(body, Restored):
        _restored(document, history, body, context)
    else:
        restoring = _restoring_of(history, body.restoring)
        reason = clean_text(body.reason, REASON_CHARACTERS_MAX)
        _end(document, history, restoring)
        told = {"document": body.document, "reason": reason}
        context.emit("restore_failed", told | told_restoring(restoring))


def _wish_of(wishes: Sequence[Wish], id_: str) -> Wish:
    for wish in wishes:
        if wish.id == id_:
            return wish
    raise Rejected("not_found")


def _unkept(history: History, body: Unkept, context: Context) -> None:
    reason = clean_text(body.reason, REASON_CHARACTERS_MAX) if body.reason else ""
    wish = _wish_of([*history.wishes, *history.marks], body.wish)
    for wishes in (history.wishes, history.marks):
        if wish in wishes:
            wishes.remove(wish)
    told = {"document": body.document, "versions": [body.wish]}
    context.emit("version_dropped", told | ({"reason": reason} if reason else {}))


def _restoring_of(history: History, id_: str) -> Restoring:
    if history.restoring is None or history.restoring.id != id_:
        raise Rejected("not_found")
    return history.restoring


def _kept(document: Document, history: History, body: Kept, context: Context) -> None:
    if document.base is None or document.base.upto != body.upto or body.bytes < 0:
        raise Rejected("exists")
    object_ = clean_text(body.object, OBJECT_CHARACTERS_MAX)
    sha256 = clean_text(body.sha256, OBJECT_CHARACTERS_MAX)
    if body.wish:
        wish = _wish_of(history.wishes, body.wish)
        if any(update.sequence <= wish.upto for update in document.updates):
            raise Rejected("exists")  # it does not hold all yet
        history.wishes.remove(wish)
    else:
        if history.wishes or not is_hourly_due(history, context.time_ms):
            raise Rejected("exists")
        wish = Wish(context.event_id, body.upto, context.time_ms, HOURLY)
    version = Version(
        wish.id,
        body.upto,
        wish.time_ms,
        wish.reason,
        object_,
        sha256,
        body.bytes,
        wish.name,
        wish.by,
        take_writers(history),
    )
    history.changed_ms = context.time_ms if document.updates else 0
    _add(history, version, body.document, context)


def _kept_point(history: History, body: KeptPoint, context: Context) -> None:
    if body.bytes < 0 or not 0 <= body.time_ms <= context.time_ms:
        raise Rejected("malformed")
    object_ = clean_text(body.object, OBJECT_CHARACTERS_MAX)
    sha256 = clean_text(body.sha256, OBJECT_CHARACTERS_MAX)
    mark = _wish_of(history.marks, body.wish)
    history.marks.remove(mark)
    time_ms = body.time_ms or mark.time_ms
    version = Version(
        mark.id, mark.upto, time_ms, NAMED, object_, sha256, body.bytes, mark.name, mark.by
    )
    _add(history, version, body.document, context)


def _add(history: History, version: Version, document: str, context: Context) -> None:
    """Puts it where its position is: one that was made of a point is older than others."""
    context.emit("version_kept", {"document": document} | told_version(version))
    before = list(history.versions)
    before.insert(bisect_right(before, version.upto, key=lambda v: v.upto), version)
    history.versions = thinned(before, context.time_ms)
    stay = {v.id for v in history.versions}
    gone = [v.id for v in before if v.id not in stay]
    if gone:
        context.emit("version_dropped", {"document": document, "versions": gone})


def is_hourly_due(history: History, now_ms: int) -> bool:
    """Whether something changed an hour ago or more, and no version was kept since."""
    return 0 < history.changed_ms <= now_ms - HOURLY_MS


def _restored(document: Document, history: History, body: Restored, context: Context) -> None:
    restoring = _restoring_of(history, body.restoring)
    if body.from_ < 0 or body.to < body.from_ or (body.to > body.from_ and not body.update):
        raise Rejected("malformed")
    if body.update:
        if document.clocks.get(str(restoring.number), 0) != body.from_:
            raise Rejected("document_clock")
        if not restoring.told:
            restoring.told = True
            # Right before it, so that what others wrote up to that moment is kept as well.
            id_ = f"{context.sequence}.{context.index}"
            before = Wish(
                id_, context.sequence - 1, context.time_ms, BEFORE_RESTORE, "", restoring.by
            )
            history.wishes.append(before)
        take_update(document, body, restoring.number, context)
        document.edited_ms = context.time_ms
        history.changed_ms = history.changed_ms or context.time_ms
    if body.last:
        _end(document, history, restoring)
        context.emit("restored", {"document": body.document} | told_restoring(restoring))


def _end(document: Document, history: History, restoring: Restoring) -> None:
    history.restoring = None
    document.clocks.pop(str(restoring.number), None)
