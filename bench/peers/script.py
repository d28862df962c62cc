"""A recorded session as Yjs updates, and which edits an update brings. Pure.

An edit is one transaction of the trace. It has been delivered to a reader when the reader was sent
an update that holds its text, or, where it only deletes, its deletion; how many edits share one
message is the server's business.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import msgspec
from pycrdt import Doc, Text

from bench.traces import Page, Trace
from folkmoot.apps.yjs_update import parse_update


class Made(msgspec.Struct, frozen=True):
    """One edit: who made it, and its update."""

    author: int
    update: bytes


class Script:
    """The first `count` edits of a trace, by authors with the given Yjs client ids."""

    def __init__(self, trace: Trace, clients: list[int], count: int) -> None:
        self.trace = trace
        self.clients = clients
        self.edits: list[Made] = []
        self._ends: dict[int, list[int]] = {client: [] for client in clients}
        self._indexes: dict[int, list[int]] = {client: [] for client in clients}
        self._deletions: dict[tuple[int, int], int] = {}
        self._known: dict[bytes, list[int]] = {}
        whole: Doc[Any] = Doc()
        pages = [Page(client) for client in clients]
        made: list[list[bytes]] = [[] for _ in clients]
        merged = [[0] * len(clients) for _ in clients]
        for index, edit in enumerate(trace.edits[:count]):
            page = pages[edit.author]
            for other, upto in enumerate(edit.known):
                if other != edit.author:
                    for update in made[other][merged[edit.author][other] : upto]:
                        page.merge(update)
                    merged[edit.author][other] = max(upto, merged[edit.author][other])
            update = page.edit(edit)
            made[edit.author].append(update)
            self._note(index, update)
            self.edits.append(Made(edit.author, update))
            whole.apply_update(update)
        self.text = str(whole.get("text", type=Text))

    def _note(self, index: int, update: bytes) -> None:
        """What tells of an edit: its last clock, or what it deletes."""
        shape = parse_update(update)
        if shape.clients:
            client, end = shape.clients[0].client, shape.clients[0].end
            self._ends[client].append(end - 1)
            self._indexes[client].append(index)
        else:
            client, first, _ = shape.deletes[0]
            self._deletions[client, first] = index

    def brings(self, update: bytes) -> list[int]:
        """Indexes of the edits that an update brings."""
        known = self._known.get(update)
        if known is None:
            known = self._known[update] = self._read(update)
            if len(self._known) > 10_000:
                del self._known[next(iter(self._known))]
        return known

    def _read(self, update: bytes) -> list[int]:
        shape = parse_update(update, merged=True)
        found: list[int] = []
        for told in shape.clients:
            ends = self._ends.get(told.client, [])
            low, high = bisect_left(ends, told.first), bisect_left(ends, told.end)
            found += self._indexes.get(told.client, [])[low:high]
        for client, first, end in shape.deletes:
            for clock in range(first, end):
                index = self._deletions.get((client, clock))
                if index is not None:
                    found.append(index)
        return found
