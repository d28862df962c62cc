"""Mirrors: the documents that editors which are not ours are at, read and kept current. Sans-IO.

A document's last compaction is an object that the shell reads: it takes the loads, and answers
each. What comes into the log meanwhile is in the state, and so in the mirror that is made then.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from folkmoot.apps.documents import Document, DocumentsState
from folkmoot.conference.state import ConferenceState
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.gateway.ends import End
from folkmoot.servers.gateway.mirror import NONE, Compaction, Mirror


class Load(msgspec.Struct, frozen=True):
    """Read this object and answer with `loaded`."""

    document: str
    object: str


def document_of(state: ConferenceState, id_: str) -> Document | None:
    """A document that is there: what was removed is kept for a while, but for no editor."""
    documents: DocumentsState = state.apps["documents"]
    document = documents.documents.get(id_)
    return None if document is None or document.removed_ms else document


class Mirrors:
    """Caller: `load` when an editor comes and when a document was compacted, `drop` when the last
    one has left. An `End` that is returned is for all who are at that document.
    """

    def __init__(self, host: ConferenceHost) -> None:
        self._host = host
        self._mirrors: dict[str, Mirror] = {}
        self._loading: dict[str, str] = {}
        self._loads: list[Load] = []

    def __contains__(self, document: str) -> bool:
        return document in self._mirrors

    def __getitem__(self, document: str) -> Mirror:
        return self._mirrors[document]

    def document(self, id_: str) -> Document | None:
        return document_of(self._host.replica.state, id_)

    def load(self, id_: str) -> End | None:
        """Asks for the compaction that the state names, unless that is under way."""
        document = self.document(id_)
        if document is None:
            return End.NOT_FOUND
        if document.base is None:
            self._make(id_, document, NONE)
        elif self._loading.get(id_) != document.base.object:
            self._loading[id_] = document.base.object
            self._loads.append(Load(id_, document.base.object))
        return None

    def take_loads(self) -> list[Load]:
        loads, self._loads = self._loads, []
        return loads

    def loaded(self, load: Load, compaction: Compaction | None) -> End | None:
        """The answer to a `Load`; None when it could not be read."""
        if self._loading.get(load.document) != load.object:
            return None
        del self._loading[load.document]
        document = self.document(load.document)
        if document is None or document.base is None or document.base.object != load.object:
            return self.load(load.document)
        if compaction is not None:
            self._make(load.document, document, compaction)
        return None if load.document in self._mirrors else End.UNAVAILABLE

    def drop(self, document: str) -> None:
        self._mirrors.pop(document, None)
        self._loading.pop(document, None)

    @property
    def fresh(self) -> bool:
        """Whether updates came that editors were not told."""
        return any(mirror.fresh for mirror in self._mirrors.values())

    def take_fresh(self) -> Iterator[tuple[str, list[bytes]]]:
        """Updates that came since the last time, for each document that has some."""
        for document, mirror in list(self._mirrors.items()):
            if mirror.fresh:
                yield document, mirror.take_fresh()

    def _make(self, id_: str, document: Document, compaction: Compaction) -> None:
        untold = self._mirrors[id_].fresh if id_ in self._mirrors else []
        self._mirrors[id_] = Mirror(document, compaction)
        self._mirrors[id_].fresh = untold
