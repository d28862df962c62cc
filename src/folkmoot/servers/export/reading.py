"""Reads a document's content out of its Yjs updates. In the child: it may crash the process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pycrdt

from folkmoot.servers.export.markdown import NESTING_MAX, Node

FIELD: Final = "content"
"""Where clients keep a document's content (see the client's `documents.ts`)."""


def read_rich(updates: Sequence[bytes]) -> list[Node] | None:
    """The blocks of a rich text, or None when it cannot be read."""
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    fragment = doc.get(FIELD, type=pycrdt.XmlFragment)
    # A panic of Yrs is no Exception. Being out of memory ends the process, and the server judges.
    try:
        _apply(doc, updates)
        return [_node(child, 0) for child in fragment.children]
    except MemoryError:
        raise
    except BaseException:  # noqa: BLE001
        return None


def read_text(updates: Sequence[bytes]) -> str | None:
    """The text of a pad, or None when it cannot be read."""
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    text = doc.get(FIELD, type=pycrdt.Text)
    try:
        _apply(doc, updates)
        return str(text)
    except MemoryError:
        raise
    except BaseException:  # noqa: BLE001
        return None


def pictures_of(nodes: Sequence[Node], level: int = 0) -> list[str]:
    """The files that pictures in it show, each once, in their order."""
    found: list[str] = []
    for node in nodes if level <= NESTING_MAX else ():
        if node.tag == "image":
            found.append(str(node.attributes.get("file") or ""))
        found += pictures_of(node.children, level + 1)
    return list(dict.fromkeys(file for file in found if file))


def _apply(doc: pycrdt.Doc[Any], updates: Sequence[bytes]) -> None:
    for update in updates:
        doc.apply_update(update)


def _node(part: Any, level: int) -> Node:
    if isinstance(part, pycrdt.XmlText):
        runs = [(text, marks or {}) for text, marks in part.diff() if isinstance(text, str)]
        return Node("", {}, (), runs)
    inside = level < NESTING_MAX
    children = [_node(child, level + 1) for child in part.children] if inside else []
    return Node(str(part.tag or ""), dict(part.attributes), children)
