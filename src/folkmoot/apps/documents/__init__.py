"""Documents: shared texts and boards as opaque Yjs updates.

A reducer never interprets Yjs bytes. The state of a document is its last compaction (an object) and
the updates after it. The documents server merges them in a child process and says the result by
service operations: `compacted`, or `void` for an update that cannot be applied.
"""

from __future__ import annotations

from folkmoot.apps.documents.application import Documents
from folkmoot.apps.documents.operations import Compacted, Purged, Update, Void
from folkmoot.apps.documents.state import (
    KINDS,
    Base,
    Document,
    DocumentsState,
    StoredUpdate,
    shown_documents,
)

__all__ = [
    "KINDS",
    "Base",
    "Compacted",
    "Document",
    "Documents",
    "DocumentsState",
    "Purged",
    "StoredUpdate",
    "Update",
    "Void",
    "shown_documents",
]
