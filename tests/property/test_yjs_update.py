"""What real editors write is read; what is damaged is refused, and nothing else happens."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pycrdt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.apps.yjs_update import UpdateInvalid, check_owned, parse_update

ROOT = Path(__file__).parents[2]
YJS = ROOT / "web" / "node_modules" / "yjs"
SCRIPT = Path(__file__).parent / "yjs_edits.cjs"

TEXTS = st.text(max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
EDITS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(
            [
                "type",
                "delete",
                "format",
                "embed",
                "push",
                "set",
                "nest",
                "node",
                "attribute",
                "sync",
            ]
        ),
        st.integers(0, 1_000),
        VALUES,
        TEXTS,
    ),
    min_size=1,
    max_size=25,
)


class Author:
    """A pycrdt document that keeps what it would send, with the clocks it covers."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=number)
        self.text = self.doc.get("text", type=pycrdt.Text)
        self.array: pycrdt.Array[Any] = self.doc.get("array", type=pycrdt.Array)
        self.map: pycrdt.Map[Any] = self.doc.get("map", type=pycrdt.Map)
        self.notes = self.doc.get("notes", type=pycrdt.XmlFragment)
        self.sent: list[bytes] = []
        self.receiving = False
        self.subscription = self.doc.observe(self._observed)

    def _observed(self, event: Any) -> None:
        if not self.receiving:
            self.sent.append(event.update)

    def receive(self, update: bytes) -> None:
        self.receiving = True
        self.doc.apply_update(update)
        self.receiving = False

    def edit(self, kind: str, at: int, value: Any, text: str) -> None:
        length = len(str(self.text).encode())
        if kind == "type":
            self.text.insert(at % (length + 1) if str(self.text).isascii() else 0, text)
        elif kind == "delete" and len(self.array):
            del self.array[at % len(self.array)]
        elif kind == "format" and text:
            self.text.insert(0, text, {"bold": value})
        elif kind == "embed":
            self.text.insert_embed(0, {"embed": value})
        elif kind == "push":
            self.array.insert(at % (len(self.array) + 1), value)
        elif kind == "set":
            self.map[text] = value
        elif kind == "nest":
            inner: pycrdt.Map[Any] = pycrdt.Map({"text": pycrdt.Text(text), "value": value})
            self.array.append(inner)
        elif kind == "node":
            self.notes.children.append(
                pycrdt.XmlElement("p", {"level": text}, [pycrdt.XmlText(text)])
            )
        elif kind == "attribute" and len(self.notes.children):
            self.notes.children[0].attributes["level"] = text


def written(edits: list[Any]) -> list[tuple[int, bytes]]:
    """The updates of two authors who edit at once and exchange theirs now and then."""
    authors = [Author(3), Author((1 << 53) - 2)]
    updates: list[tuple[int, bytes]] = []
    delivered = 0
    for who, kind, at, value, text in edits:
        author = authors[who]
        if kind == "sync":
            for number, update in updates[delivered:]:
                authors[0 if number != authors[0].number else 1].receive(update)
            delivered = len(updates)
            continue
        author.edit(kind, at, value, text)
        updates += [(author.number, update) for update in author.sent]
        author.sent.clear()
    return updates


@settings(max_examples=150, deadline=None)
@given(EDITS)
def test_updates_of_yrs_are_read_and_follow_each_other(edits: list[Any]) -> None:
    clocks: dict[int, int] = {}
    merged: pycrdt.Doc[Any] = pycrdt.Doc()
    for number, update in written(edits):
        shape = parse_update(update)
        own = [section for section in shape.clients if section.client == number]
        assert len(own) == len(shape.clients) <= 1
        first = clocks.get(number, 0)
        end = own[0].end if own else first
        check_owned(update, number, first, end)
        clocks[number] = end
        merged.apply_update(update)
    whole = parse_update(merged.get_update(), merged=True)
    assert {c.client: c.end for c in whole.clients} == {n: c for n, c in clocks.items() if c}


TREES = st.recursive(st.none(), lambda inner: st.lists(inner, max_size=3), max_leaves=12)


def grow(parent: Any, tree: Any) -> int:
    """Puts arrays into an array as the tree has lists; returns how many levels that made."""
    levels = 0
    for branch in tree or []:
        if branch is None:
            parent.append("leaf")
        else:
            child: pycrdt.Array[Any] = pycrdt.Array()
            parent.append(child)
            levels = max(levels, 1 + grow(child, branch))
    return levels


@settings(max_examples=100, deadline=None)
@given(TREES, TREES, st.booleans())
def test_depth_is_that_of_the_types_whoever_made_them(first: Any, second: Any, turn: bool) -> None:
    """Two authors grow one tree, each in what the other made."""
    docs: list[pycrdt.Doc[Any]] = [pycrdt.Doc(client_id=n) for n in ((1, 2) if turn else (2, 1))]
    levels = grow(docs[0].get("tree", type=pycrdt.Array), first)
    docs[1].apply_update(docs[0].get_update())
    place: Any = docs[1].get("tree", type=pycrdt.Array)
    above = 0
    while children := [child for child in place if isinstance(child, pycrdt.Array)]:
        place, above = children[-1], above + 1
    levels = max(levels, above + grow(place, second))
    assert parse_update(docs[1].get_update(), merged=True).depth == levels


@settings(max_examples=200, deadline=None)
@given(EDITS, st.data())
def test_damage_raises_update_invalid_or_nothing(edits: list[Any], data: Any) -> None:
    updates = [update for _, update in written(edits)]
    damaged = bytearray(data.draw(st.sampled_from(updates)) if updates else b"\0\0")
    for _ in range(data.draw(st.integers(1, 4))):
        if not damaged:
            break
        at = data.draw(st.integers(0, len(damaged) - 1))
        what = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        if what == "flip":
            damaged[at] = data.draw(st.integers(0, 255))
        elif what == "cut":
            del damaged[at : at + data.draw(st.integers(1, 4))]
        else:
            damaged[at:at] = data.draw(st.binary(max_size=9))
    for merged in (False, True):
        with contextlib.suppress(UpdateInvalid):
            parse_update(bytes(damaged), merged=merged)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_noise_raises_update_invalid_or_nothing(noise: bytes) -> None:
    with contextlib.suppress(UpdateInvalid):
        parse_update(noise)


def written_by_yjs(seed: int, *more: str) -> list[tuple[int, int, int, bytes]]:
    node = shutil.which("node")
    if node is None or not YJS.exists():
        pytest.skip("Node or the page's packages are not installed")
    command = [node, str(SCRIPT), str(YJS), str(seed), "200", *more]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    rows = [line.split() for line in lines.splitlines()]
    return [(int(n), int(first), int(end), bytes.fromhex(update)) for n, first, end, update in rows]


@pytest.mark.parametrize("seed", range(1, 6))
def test_updates_of_yjs_are_read_and_follow_each_other(seed: int) -> None:
    merged: pycrdt.Doc[Any] = pycrdt.Doc()
    ends: dict[int, int] = {}
    for number, first, end, update in written_by_yjs(seed):
        check_owned(update, number, first, end)
        ends[number] = end
        merged.apply_update(update)
    assert len(ends) == 3
    whole = parse_update(merged.get_update(), merged=True)
    assert {c.client: c.end for c in whole.clients} == ends
    assert whole.depth > 1


@pytest.mark.parametrize("seed", range(6, 11))
def test_updates_of_yjs_with_halved_emoji_are_read(seed: int) -> None:
    for number, first, end, update in written_by_yjs(seed, "emoji"):
        check_owned(update, number, first, end)
