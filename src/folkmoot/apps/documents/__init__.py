"""Documents: shared texts and boards as opaque Yjs updates.

A reducer never interprets Yjs bytes. The state of a document is its last compaction (an object) and
the updates after it. The documents server merges them in a child process and says the result by
service operations: `compacted`, or `void` for an update that cannot be applied.
"""

from __future__ import annotations

from folkmoot.apps.documents.application import Documents
from folkmoot.apps.documents.history import (
    History,
    Restoring,
    Segment,
    Version,
    Wish,
    told_restoring,
    told_version,
)
from folkmoot.apps.documents.operations import (
    Compacted,
    CompactedWithAuthors,
    Kept,
    KeptPoint,
    Purged,
    Restored,
    RestoreFailed,
    SegmentWritten,
    Unkept,
    Update,
    Void,
)
from folkmoot.apps.documents.points import base_upto, growing, segment_at, time_of, told_points
from folkmoot.apps.documents.state import (
    KINDS,
    Base,
    Document,
    DocumentsState,
    StoredUpdate,
    shown_documents,
)
from folkmoot.apps.documents.upkeep import Step, Task, awaited, next_task

__all__ = [
    "KINDS",
    "Base",
    "Compacted",
    "CompactedWithAuthors",
    "Document",
    "Documents",
    "DocumentsState",
    "History",
    "Kept",
    "KeptPoint",
    "Purged",
    "RestoreFailed",
    "Restored",
    "Restoring",
    "Segment",
    "SegmentWritten",
    "Step",
    "StoredUpdate",
    "Task",
    "Unkept",
    "Update",
    "Version",
    "Void",
    "Wish",
    "awaited",
    "base_upto",
    "growing",
    "next_task",
    "segment_at",
    "shown_documents",
    "time_of",
    "told_points",
    "told_restoring",
    "told_version",
]
