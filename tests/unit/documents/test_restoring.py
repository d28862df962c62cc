"""Making a document what it was: what comes out, and what is left alone."""

from __future__ import annotations

import random
from typing import Any

import pycrdt
import pytest

from folkmoot.servers.documents.comparing import list_changes, text_changes
from folkmoot.servers.documents.job import PART_BYTES, RestoreJob, Reworked
from folkmoot.servers.documents.restoring import rework
from folkmoot.servers.documents.roots import roots_of

Marks = [None, {"bold": {}}, {"link": {"href": "x"}}]
BLOCKS = ("bulletList", "blockquote", "table")


def notes(chance: random.Random, number: int) -> pycrdt.Doc[Any]:
    """A random rich text."""
    doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=number)
    _grow(doc.get("content", type=pycrdt.XmlFragment), chance, 0)
    return doc


def _grow(parent: Any, chance: random.Random, level: int) -> None:
    for _ in range(chance.randint(0, 4)):
        if chance.random() < 0.6 or level > 2:
            attributes = {} if chance.random() < 0.5 else {"align": "left", "n": chance.random()}
            parent.children.append(pycrdt.XmlElement("paragraph", attributes))
            paragraph = parent.children[len(parent.children) - 1]
            if chance.random() < 0.8:
                paragraph.children.append(pycrdt.XmlText(""))
                for _ in range(chance.randint(0, 3)):
                    text = paragraph.children[0]
                    run = "".join(chance.choice("abé\U0001f600 \n") for _ in range(5))
                    text.insert(len(text), run, chance.choice(Marks))
        else:
            parent.children.append(pycrdt.XmlElement(chance.choice(BLOCKS)))
            _grow(parent.children[len(parent.children) - 1], chance, level + 1)


def shown(node: Any) -> Any:
    """A node as plain values; adjacent runs with the same marks are one."""
    if isinstance(node, pycrdt.XmlText):
        runs: list[tuple[str, Any]] = []
        for text, marks in node.diff():
            if runs and runs[-1][1] == (marks or {}):
                runs[-1] = (runs[-1][0] + text, marks or {})
            else:
                runs.append((text, marks or {}))
        return runs
    attributes = dict(node.attributes) if isinstance(node, pycrdt.XmlElement) else {}
    return [getattr(node, "tag", ""), attributes, [shown(child) for child in node.children]]


def restored(present: pycrdt.Doc[Any], wanted: pycrdt.Doc[Any], kind: str) -> list[bytes]:
    """Applies what comes of it to the present; returns the updates."""
    reply = rework(RestoreJob(present.get_update(), [], [wanted.get_update()], kind, 9))
    assert isinstance(reply, Reworked)
    for part in reply.parts:
        assert len(part.update) <= 2 * PART_BYTES
        present.apply_update(part.update)
    return [part.update for part in reply.parts]


@pytest.mark.parametrize("seed", range(30))
def test_any_notes_become_any_others(seed: int) -> None:
    chance = random.Random(seed)
    present, wanted = notes(chance, 1), notes(chance, 2)
    restored(present, wanted, "rich")
    one, other = (d.get("content", type=pycrdt.XmlFragment) for d in (present, wanted))
    assert shown(one) == shown(other)
    assert restored(present, wanted, "rich") == [], "once is enough"


def test_a_paragraph_that_stays_takes_what_somebody_types_into_it_meanwhile() -> None:
    present: pycrdt.Doc[Any] = pycrdt.Doc(client_id=1)
    fragment = present.get("content", type=pycrdt.XmlFragment)
    for words in ("first line", "second line", "third line"):
        fragment.children.append(pycrdt.XmlElement("paragraph", {}, [pycrdt.XmlText(words)]))
    wanted: pycrdt.Doc[Any] = pycrdt.Doc(client_id=1)
    wanted.apply_update(present.get_update())
    del fragment.children[0]
    changed = fragment.children[1].children[0]
    changed.insert(len(changed), ", changed")
    other: pycrdt.Doc[Any] = pycrdt.Doc(client_id=2)
    other.apply_update(present.get_update())
    for paragraph in other.get("content", type=pycrdt.XmlFragment).children:
        paragraph.children[0].insert(0, "TYPED ")
    typed = other.get_update()
    restored(present, wanted, "rich")
    present.apply_update(typed)
    texts = [str(paragraph.children[0]) for paragraph in fragment.children]
    assert texts == ["first line", "TYPED second line", "TYPED third line"]


def test_a_large_text_comes_in_parts_that_an_operation_can_hold() -> None:
    present: pycrdt.Doc[Any] = pycrdt.Doc(client_id=1)
    wanted: pycrdt.Doc[Any] = pycrdt.Doc(client_id=2)
    wanted.get("content", type=pycrdt.Text).insert(0, "words and é\n" * 30_000)
    updates = restored(present, wanted, "text")
    assert len(updates) > 4
    assert str(present.get("content", type=pycrdt.Text)) == "words and é\n" * 30_000


def test_shapes_of_a_board_come_back_newer_than_those_they_replace() -> None:
    present: pycrdt.Doc[Any] = pycrdt.Doc(client_id=1)
    elements = present.get("page/1", type=pycrdt.Array)
    pages = present.get("pages", type=pycrdt.Map)
    for id_ in ("a", "b", "c"):
        points = {"points": b"\x02\x04"} if id_ == "b" else {}
        elements.append({"id": id_, "version": 3, "versionNonce": 1, "x": 10, **points})
    pages["1/order"] = "a0"
    wanted: pycrdt.Doc[Any] = pycrdt.Doc(client_id=2)
    wanted.apply_update(present.get_update())
    del elements[1]
    elements[0] = {"id": "a", "version": 7, "versionNonce": 2, "x": 99}
    pages["1/order"] = "b0"
    pages["2/order"] = "c0"
    assert roots_of(present.get_update()) == {"page/1": "array", "pages": "map"}
    restored(present, wanted, "board")
    found = {e["id"]: e for e in elements.to_py() or []}
    assert sorted(found) == ["a", "b", "c"]
    assert (found["a"]["x"], found["a"]["version"]) == (10, 8), "editors take the newer one"
    assert found["c"]["version"] == 3, "what is alike is left alone"
    assert found["b"]["points"] == b"\x02\x04", "a stroke comes back with its points"
    assert pages.to_py() == {"1/order": "a0"}


def test_differences_of_texts_are_by_lines_and_words() -> None:
    old, new = "one\ntwo three\nfour\n", "one\ntwo tree\nfive\nfour\n"
    result, at = "", 0
    for a, b, c, d in text_changes(old, new):
        result += old[at:a] + new[c:d]
        at = b
    assert result + old[at:] == new
    assert list_changes([1, 2, 3], [1, 2, 3]) == []
    assert list_changes([], [1]) == [(0, 0, 0, 1)]
    assert text_changes("a" * 9, "a" * 9) == []
