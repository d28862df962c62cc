"""Rich text of the shared notes as Markdown. Pure; runs in the child.

The page has a twin of this for its clipboard (`web/src/documents/notes/markdown.ts`); both are held
to the same examples, `tests/unit/export/notes_markdown.json`. Nodes and marks: docs/notes.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from folkmoot.servers.export.markdown import (
    NESTING_MAX,
    Node,
    broken,
    escaped_inline,
    escaped_start,
)

COLUMNS_MAX: Final = 100
"""Of one table; what stands further out is left out."""
_LINKED: Final = re.compile(r"(?:https?://|mailto:)[^\s<>]+", re.IGNORECASE)
_MARKS: Final = (
    ("strike", "~~", "~~"),
    ("italic", "*", "*"),
    ("bold", "**", "**"),
    ("underline", "<u>", "</u>"),
    ("highlight", "<mark>", "</mark>"),
)
_BARE_PIPE: Final = re.compile(r"(?<!\\)((?:\\\\)*)\|")
_LISTS: Final = ("bulletList", "orderedList", "taskList")
_ALIGNED: Final = {"left": ":---", "center": ":---:", "right": "---:"}
_NO_PICTURES: Final[Mapping[str, str]] = {}


def rich_text(nodes: Sequence[Node], pictures: Mapping[str, str] = _NO_PICTURES) -> str:
    """Shape: `pictures` says where the picture of a file lies beside the text."""
    return "\n".join(_Writer(pictures).blocks(nodes, 0)) + "\n"


class _Writer:
    def __init__(self, pictures: Mapping[str, str]) -> None:
        self._pictures = pictures

    def blocks(self, nodes: Sequence[Node], level: int, *, tight: bool = False) -> list[str]:
        lines: list[str] = []
        for node in nodes:
            block = self._block(node, level)
            if not any(block):
                continue  # an empty paragraph says nothing in Markdown
            if lines and not (tight and node.tag != "table"):
                lines.append("")
            lines += block
        return lines

    def _block(self, node: Node, level: int) -> list[str]:
        if level > NESTING_MAX:
            return []
        if node.tag == "heading":
            marks = "#" * min(max(_whole(node.attributes.get("level"), 1), 1), 6)
            return [f"{marks} {_inline(node.children).replace(chr(10), ' ')}"]
        if node.tag in _LISTS:
            return self._list(node, level)
        if node.tag == "blockquote":
            return [f"> {line}".rstrip() for line in self.blocks(node.children, level + 1)]
        if node.tag == "codeBlock":
            return _code_block(node)
        if node.tag == "table":
            return self._table(node, level)
        if node.tag in ("horizontalRule", "image"):
            return [self._image(node) if node.tag == "image" else "---"]
        if node.tag in ("", "paragraph", "hardBreak"):
            children = node.children if node.tag == "paragraph" else (node,)
            return _paragraph(children)
        return self.blocks(node.children, level + 1)

    def _list(self, node: Node, level: int) -> list[str]:
        lines: list[str] = []
        first = _whole(node.attributes.get("start"), 1)
        for number, item in enumerate(node.children, first):
            mark = f"{number}. " if node.tag == "orderedList" else "- "
            parts = self.blocks(item.children, level + 1, tight=True) or [""]
            if node.tag == "taskList":
                parts[0] = f"[{'x' if _true(item.attributes.get('checked')) else ' '}] {parts[0]}"
            indented = [" " * len(mark) + line if line else "" for line in parts[1:]]
            lines += [(mark + parts[0]).rstrip(), *indented]
        return lines

    def _image(self, node: Node) -> str:
        words = re.sub(r"\s+", " ", str(node.attributes.get("alt") or "")).strip()
        path = self._pictures.get(str(node.attributes.get("file") or ""))
        if path is None:
            return f"\\[{escaped_inline(words) or 'Picture'}\\]"
        return f"![{escaped_inline(words)}](<{path}>)"

    def _table(self, node: Node, level: int) -> list[str]:
        """A table with one line for each row: what spans several cells stands in the first."""
        rows: list[list[str]] = []
        taken: dict[tuple[int, int], bool] = {}
        aligned: dict[int, str] = {}
        head = [cell.tag for row in node.children[:1] for cell in row.children]
        for at, row in enumerate(node.children):
            cells: list[str] = []
            for cell in row.children:
                while taken.get((at, len(cells))):
                    cells.append("")
                width = min(max(_whole(cell.attributes.get("colspan"), 1), 1), COLUMNS_MAX)
                height = min(max(_whole(cell.attributes.get("rowspan"), 1), 1), COLUMNS_MAX)
                aligned.setdefault(len(cells), str(cell.attributes.get("align") or ""))
                if height > 1:
                    spanned = range(len(cells), len(cells) + width)
                    taken |= {(at + down, x): True for down in range(1, height) for x in spanned}
                cells += [self._cell(cell, level), *[""] * (width - 1)]
                if len(cells) >= COLUMNS_MAX:
                    break
            rows.append(cells[:COLUMNS_MAX])
        columns = max((len(row) for row in rows), default=0)
        if columns == 0:
            return []
        if any(tag != "tableHeader" for tag in head):
            rows.insert(0, [])
        rule = [_ALIGNED.get(aligned.get(x, ""), "---") for x in range(columns)]
        filled = [[*row, *[""] * (columns - len(row))] for row in rows]
        lines = [filled[0], rule, *filled[1:]]
        return [f"| {' | '.join(line)} |" for line in lines]

    def _cell(self, cell: Node, level: int) -> str:
        lines = [line for line in self.blocks(cell.children, level + 1) if line]
        shown = [line.removesuffix("\\").strip() for line in lines]
        return _BARE_PIPE.sub(r"\1\\|", "<br>".join(shown))


def _paragraph(children: Sequence[Node]) -> list[str]:
    return broken([escaped_start(line) for line in _inline(children).split("\n")])


def _code_block(node: Node) -> list[str]:
    text = "".join(run for child in node.children for run, _ in child.runs)
    language = str(node.attributes.get("language") or "")
    fence = _fence(text, 3)
    named = language if re.fullmatch(r"[\w+#.-]{1,40}", language, re.ASCII) else ""
    return [fence + named, *text.split("\n"), fence]


def _inline(children: Sequence[Node]) -> str:
    parts = []
    for child in children:
        if child.tag == "hardBreak":
            parts.append("\n")
        parts += [_run(text, marks) for text, marks in child.runs]
    return "".join(parts)


def _run(text: str, marks: Mapping[str, Any]) -> str:
    """Marks do not hold when they begin or end with a space, so spaces stay outside."""
    inner = text.strip()
    if not inner:
        return text
    before, after = text[: text.index(inner[0])], text[len(text.rstrip()) :]
    if "code" in marks:
        fence = _fence(inner, 1)
        padded = f" {inner} " if inner[0] == "`" or inner[-1] == "`" else inner
        shown = fence + padded.replace("\n", " ") + fence
    else:
        shown = escaped_inline(inner)
        for mark, opening, closing in _MARKS:
            if mark in marks:
                shown = opening + shown + closing
    link = marks.get("link")
    address = str(link.get("href") or "") if isinstance(link, Mapping) else ""
    if _LINKED.fullmatch(address):
        shown = f"[{shown}](<{address}>)"
    return before + shown + after


def _fence(text: str, least: int) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)


def _true(value: object) -> bool:
    return value is True or value == "true"


def _whole(value: object, otherwise: int) -> int:
    try:
        return min(int(float(str(value))), 999_999)
    except (ValueError, OverflowError):
        return otherwise
