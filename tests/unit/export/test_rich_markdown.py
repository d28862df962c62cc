"""Tables, tasks and pictures of the notes as Markdown; the page is held to the same examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.servers.export.markdown import Node
from folkmoot.servers.export.rich_markdown import COLUMNS_MAX, rich_text

EXAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "notes_markdown.json").read_text(encoding="utf-8")
)


def node(spec: dict[str, Any]) -> Node:
    """A node as the page's editor writes it."""
    if spec["type"] == "text":
        marks = {mark["type"]: mark.get("attrs", {}) for mark in spec.get("marks", [])}
        return Node("", {}, (), [(spec["text"], marks)])
    children = [node(child) for child in spec.get("content", [])]
    return Node(spec["type"], spec.get("attrs", {}), children)


def text(words: str) -> Node:
    return Node("paragraph", {}, [Node("", {}, (), [(words, {})])])


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["name"] for example in EXAMPLES])
def test_an_example_is_written_as_it_says(example: dict[str, Any]) -> None:
    nodes = [node(spec) for spec in example["nodes"]]
    assert rich_text(nodes, example.get("pictures", {})) == example["markdown"]


@given(st.lists(st.lists(st.text(max_size=20), min_size=1, max_size=4), min_size=1, max_size=4))
def test_whatever_stands_in_cells_a_table_keeps_its_columns(rows: list[list[str]]) -> None:
    cells = [[Node("tableHeader", {}, [text(words)]) for words in row] for row in rows]
    lines = rich_text([Node("table", {}, [Node("tableRow", {}, row) for row in cells])])
    bare = [line.replace("\\\\", "").replace("\\|", "") for line in lines.rstrip("\n").split("\n")]
    widest = max(len(row) for row in rows)
    assert len(bare) == len(rows) + 1
    assert {line.count("|") for line in bare} == {widest + 1}


def test_a_cell_that_claims_to_span_a_million_columns_is_cut() -> None:
    cell = Node("tableCell", {"colspan": 10**6, "rowspan": 10**6}, [text("x")])
    first = rich_text([Node("table", {}, [Node("tableRow", {}, [cell, cell])])]).split("\n")[0]
    assert first.count("|") == COLUMNS_MAX + 1


def test_a_table_of_nothing_says_nothing() -> None:
    assert rich_text([Node("table", {}, [Node("tableRow", {}, [])]), text("after")]) == "after\n"
