"""Who wrote what, of random edits by several people with compactions in between."""

from __future__ import annotations

from typing import Any

import pycrdt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.servers.documents import painting
from folkmoot.servers.documents.job import CompactionJob, JobUpdate, Merged, RestoreJob, Reworked
from folkmoot.servers.documents.merging import merge
from folkmoot.servers.documents.painting import runs_of
from folkmoot.servers.documents.restoring import rework

SIGNS = "aBcD\U0001f600é"
"""Each author types one sign and no other: the text itself is the model."""


class Author:
    """Somebody with a document of their own. Shape: `sent` are updates not yet in the log."""

    def __init__(self, place: int) -> None:
        self.number = place + 1
        self.sign = SIGNS[place]
        self.doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=self.number)
        self.text = self.doc.get("content", type=pycrdt.Text)
        self.typed = self.clock = 0
        self.sent: list[JobUpdate] = []
        self._made: list[bytes] = []
        self._watching = self.doc.observe(lambda event: self._made.append(event.update))

    def edit(self, where: float, count: int, *, delete: bool) -> None:
        plain = str(self.text)
        at = int(where * len(plain))
        start = len(plain[:at].encode())
        if delete:
            end = len(plain[: at + count].encode())
            if end == start:
                return
            del self.text[start:end]
            units = 0
        else:
            self.text.insert(start, self.sign * count)
            units = count * len(self.sign.encode("utf-16-le")) // 2
            self.typed += units
        update = JobUpdate(0, 0, self.number, self.clock, self.clock + units, self._made[-1])
        self.clock += units
        self.sent.append(update)

    def read(self, updates: list[bytes]) -> None:
        for update in updates:
            self.doc.apply_update(update)
        self._made.clear()


edits = st.lists(
    st.tuples(
        st.sampled_from(["type", "type", "delete", "sync", "compact"]),
        st.integers(0, len(SIGNS) - 1),
        st.floats(0, 1),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=60,
)


@settings(deadline=None)
@given(edits)
def test_each_part_is_its_authors_whatever_was_compacted_when(edits: Any) -> None:
    authors = [Author(place) for place in range(len(SIGNS))]
    log: list[bytes] = []
    pending: list[JobUpdate] = []
    base: bytes | None = None
    added: dict[int, int] = {}
    removed = 0

    def compact() -> bytes | None:
        nonlocal base, removed
        merged = merge(CompactionJob(base, pending))
        assert isinstance(merged, Merged)
        pending.clear()
        base = merged.update
        for number, (more, fewer) in merged.written.items():
            added[number] = added.get(number, 0) + more
            removed += fewer
        return base

    def sync(author: Author) -> None:
        for update in author.sent:
            pending.append(update)
            log.append(update.update)
        author.sent.clear()
        author.read(log)

    for what, place, where, count in edits:
        author = authors[place]
        if what == "sync":
            sync(author)
        elif what == "compact" and pending:
            compact()
        else:
            author.edit(where, count, delete=what == "delete")
    for author in authors:
        sync(author)
    if not log:
        return
    state = compact() if pending else base
    assert state is not None
    reader: pycrdt.Doc[Any] = pycrdt.Doc()
    reader.apply_update(state)
    text = str(reader.get("content", type=pycrdt.Text))
    units = text.encode("utf-16-le")
    at, told = 0, ""
    for number, size in runs_of(state, "text"):
        part = units[2 * at : 2 * (at + size)].decode("utf-16-le")
        assert set(part) == {SIGNS[number - 1]}, (part, number)
        at, told = at + size, told + part
    assert told == text
    assert added == {a.number: a.typed for a in authors if a.number in added}
    assert sum(added.values()) == sum(a.typed for a in authors)
    assert removed == sum(added.values()) - len(units) // 2


def test_more_authors_than_signs_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painting, "_SIGNS", 4)
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    for number in range(1, 11):
        one: pycrdt.Doc[Any] = pycrdt.Doc(client_id=number)
        one.apply_update(doc.get_update())
        text = one.get("content", type=pycrdt.Text)
        text.insert(len(text), "x" * number)
        doc.apply_update(one.get_update())
    assert runs_of(doc.get_update(), "text") == [(n, n) for n in range(1, 11)]


words = st.text(alphabet="ab \né\U0001f600", max_size=40)


@settings(deadline=None)
@given(words, words, words)
def test_restoring_a_pad_gives_its_text_and_keeps_what_others_type(
    old: str, new: str, other: str
) -> None:
    """Somebody types at the end of the present while it is made the old one."""
    first: pycrdt.Doc[Any] = pycrdt.Doc(client_id=1)
    text = first.get("content", type=pycrdt.Text)
    text.insert(0, old)
    wanted = first.get_update()
    text.clear()
    text.insert(0, new)
    present = first.get_update()
    reply = rework(RestoreJob(present, [], [wanted], "text", 9))
    assert isinstance(reply, Reworked)
    second: pycrdt.Doc[Any] = pycrdt.Doc(client_id=2)
    second.apply_update(present)
    theirs = second.get("content", type=pycrdt.Text)
    theirs.insert(len(theirs), f"<{other}>")
    clock = 0
    for part in reply.parts:
        assert part.from_ == clock
        clock = part.to
        first.apply_update(part.update)
        second.apply_update(part.update)
    assert str(text) == old
    assert sorted(str(theirs).replace("<", "").replace(">", "")) == sorted(old + other)
    assert f"<{other}>" in str(theirs)
