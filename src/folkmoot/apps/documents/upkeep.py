"""What a document needs of the documents server next. Pure; asked by whoever would have it done."""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from folkmoot.apps.documents.state import Document
from folkmoot.apps.documents.versions import is_hourly_due
from folkmoot.settings import Settings

QUIET_UPDATES: Final = 50
"""Updates that are worth compacting once nobody writes any more."""


class Step(enum.Enum):
    COMPACT = "compact"
    KEEP = "keep"
    RESTORE = "restore"
    KEEP_POINT = "keep_point"


class Task(msgspec.Struct, frozen=True):
    """Shape: all updates through `upto` are meant; a version is for `wish`, or hourly if empty."""

    step: Step
    upto: int = 0
    wish: str = ""


def next_task(document: Document, now_ms: int, settings: Settings) -> Task | None:
    """The first thing that is due. Units: `now_ms` is the wall clock's, as the log's times are.

    Wishes come in the order of their positions, for a compaction may not pass the first of them.
    """
    history = document.history
    updates = document.updates
    last = updates[-1].sequence if updates else 0
    if history is not None and history.wishes:
        wish = history.wishes[0]
        within = [u.sequence for u in updates if u.sequence <= wish.upto]
        if within:
            return Task(Step.COMPACT, within[-1])
        return Task(Step.KEEP, wish.upto, wish.id)
    if history is not None and history.restoring is not None:
        return Task(Step.RESTORE)
    if history is not None and is_hourly_due(history, now_ms):
        return Task(Step.COMPACT, last) if updates else Task(Step.KEEP)
    if is_compaction_due(document, now_ms, settings):
        return Task(Step.COMPACT, last)
    if history is not None and history.marks:
        # Last, for no compaction waits for it: the point is in the segments all the same.
        return Task(Step.KEEP_POINT, history.marks[0].upto, history.marks[0].id)
    return None


def awaited(document: Document) -> str:
    """What somebody waits for in this document, by its id; empty when there is nothing."""
    history = document.history
    if history is None:
        return ""
    if history.wishes:
        return history.wishes[0].id
    if history.restoring is not None:
        return history.restoring.id
    return history.marks[0].id if history.marks else ""


def is_compaction_due(document: Document, now_ms: int, settings: Settings) -> bool:
    count = len(document.updates)
    if count >= settings.compact_after_updates:
        return True
    if document.pending_bytes >= settings.compact_after_bytes:
        return True
    quiet_ms = now_ms - document.edited_ms if document.edited_ms else 0
    return count >= QUIET_UPDATES and quiet_ms >= settings.settle_after_ms
