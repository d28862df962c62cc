"""What writers of rich text share: values that came from people, links, and cells of tables. Pure.

Nodes and marks: docs/notes.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from folkmoot.servers.export.markdown import Node

COLUMNS_MAX: Final = 100
ROWS_MAX: Final = 2_000
_LINKED: Final = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+", re.IGNORECASE)


class Cell(msgspec.Struct, frozen=True):
    """A cell at its place; what spans several cells stands at the first."""

    row: int
    column: int
    rows: int
    columns: int
    head: bool
    align: str
    node: Any


def whole(value: object, otherwise: int) -> int:
    try:
        return min(int(float(str(value))), 999_999)
    except (ValueError, OverflowError):
        return otherwise


def is_true(value: object) -> bool:
    return value is True or value == "true"


def link_of(marks: Mapping[str, Any]) -> str:
    """The address of a linked run; empty for none, and for other schemes than people expect."""
    link = marks.get("link")
    address = str(link.get("href") or "") if isinstance(link, Mapping) else ""
    return address if _LINKED.fullmatch(address) else ""


def heading_level(node: Node) -> int:
    return min(max(whole(node.attributes.get("level"), 1), 1), 6)


def plain_text(node: Node) -> str:
    """All characters in a node, blocks in lines."""
    if node.tag == "":
        return "".join(run for run, _ in node.runs)
    if node.tag == "hardBreak":
        return "\n"
    if node.tag == "image":
        return f"[{alt_of(node)}]"
    inline = node.tag in ("paragraph", "heading", "codeBlock")
    return ("" if inline else "\n").join(plain_text(child) for child in node.children)


def alt_of(node: Node) -> str:
    return re.sub(r"\s+", " ", str(node.attributes.get("alt") or "")).strip() or "Picture"


def cells_of(table: Node) -> tuple[list[Cell], int, int]:
    """The cells of a table, and how many rows and columns it has. No two cells overlap."""
    cells: list[Cell] = []
    taken: set[tuple[int, int]] = set()
    rows = table.children[:ROWS_MAX]
    columns = 0
    for at, row in enumerate(rows):
        column = 0
        for cell in row.children:
            while (at, column) in taken:
                column += 1
            if column >= COLUMNS_MAX:
                break
            wide = min(max(whole(cell.attributes.get("colspan"), 1), 1), COLUMNS_MAX - column)
            high = min(max(whole(cell.attributes.get("rowspan"), 1), 1), len(rows) - at)
            while any((at, column + x) in taken for x in range(wide)):
                wide -= 1  # what one person spanned, another had filled
            taken |= {(at + y, column + x) for y in range(high) for x in range(wide)}
            align = str(cell.attributes.get("align") or "")
            head = cell.tag == "tableHeader"
            cells.append(Cell(at, column, high, wide, head, align, cell))
            column += wide
            columns = max(columns, column)
    return cells, len(rows), columns


def lines_of_code(node: Node) -> str:
    return "".join(run for child in node.children for run, _ in child.runs)
