"""Recorded editing sessions, and what each author knew before each edit. Pure but for reading."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any, Final

import msgspec
from pycrdt import Doc, Text

FOLDER: Final = Path(
    os.environ.get("FOLKMOOT_TRACES", "") or Path(__file__).resolve().parents[2] / "shared/traces"
)


class Edit(msgspec.Struct, frozen=True):
    """One transaction of one author.

    Shape: `known[a]` is how many of author a's edits its parents cover; `patches` are (position,
    deleted characters, inserted text), applied in order to the text as it was then.
    """

    author: int
    known: tuple[int, ...]
    patches: list[tuple[int, int, str]]


class Trace(msgspec.Struct, frozen=True):
    name: str
    edits: list[Edit]
    authors: int
    end: str

    def of(self, author: int) -> list[Edit]:
        return [edit for edit in self.edits if edit.author == author]


def read_trace(name: str, limit: int = 0, folder: Path = FOLDER) -> Trace:
    """A trace, or its first `limit` transactions. Errors: `OSError` when the file is missing.

    Shape: an author's own transactions are checked to be linear: each covers all before it.
    """
    with gzip.open(folder / f"{name}.json.gz", "rt") as file:
        told: dict[str, Any] = json.load(file)
    authors = int(told.get("numAgents", 1))
    edits: list[Edit] = []
    covered: list[tuple[int, ...]] = []
    written = [0] * authors
    for i, txn in enumerate(told["txns"][: limit or None]):
        author = txn.get("agent", 0)
        parents = txn.get("parents", [i - 1] if i else [])
        known = tuple(max((covered[p][a] for p in parents), default=0) for a in range(authors))
        if known[author] != written[author]:
            raise ValueError(f"{name}: transaction {i} does not follow its author's last one")
        edits.append(Edit(author, known, [tuple(patch) for patch in txn["patches"]]))
        written[author] += 1
        covered.append(tuple(k + (a == author) for a, k in enumerate(known)))
    trace = Trace(name, edits, authors, told["endContent"])
    if not limit or limit >= len(told["txns"]):
        return trace
    return msgspec.structs.replace(trace, end=_merged_text(trace))


class Page:
    """A private document of one author; edits are made where the author saw them.

    Shape: `clock` is the author's own Yjs clock. All text of the traces is ASCII, so characters,
    UTF-16 units and bytes are the same number.
    """

    def __init__(self, client_id: int) -> None:
        self.doc: Doc[Any] = Doc(client_id=client_id)
        self._text = self.doc.get("text", type=Text)
        self._made: list[bytes] = []
        self._watching = self.doc.observe(lambda event: self._made.append(event.update))
        self.clock = 0

    def merge(self, update: bytes) -> None:
        self.doc.apply_update(update)
        self._made.clear()

    def edit(self, edit: Edit) -> bytes:
        """Makes an edit and returns its update."""
        with self.doc.transaction():
            for position, deleted, inserted in edit.patches:
                if deleted:
                    del self._text[position : position + deleted]
                if inserted:
                    self._text.insert(position, inserted)
                    self.clock += len(inserted)
        update = self._made[-1]
        self._made.clear()
        return update

    @property
    def text(self) -> str:
        return str(self._text)


def _merged_text(trace: Trace) -> str:
    """Where a part of a trace ends, computed without any server."""
    pages = [Page(author + 1) for author in range(trace.authors)]
    updates: list[list[bytes]] = [[] for _ in pages]
    merged = [[0] * trace.authors for _ in pages]

    def merge(author: int, known: tuple[int, ...]) -> None:
        for other, count in enumerate(known):
            if other != author:
                for update in updates[other][merged[author][other] : count]:
                    pages[author].merge(update)
                merged[author][other] = max(merged[author][other], count)

    for edit in trace.edits:
        merge(edit.author, edit.known)
        updates[edit.author].append(pages[edit.author].edit(edit))
    merge(0, tuple(map(len, updates)))
    return pages[0].text
