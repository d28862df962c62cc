"""Rich text of the shared notes as a page of its own: escaped, with a style, without scripts. Pure.

Whatever people wrote is text or an attribute's value here, never markup. The page asks nobody for
anything: pictures are in it, and its policy forbids all else.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from folkmoot.servers.export.blocks import (
    Cell,
    alt_of,
    cells_of,
    heading_level,
    is_true,
    lines_of_code,
    link_of,
    whole,
)
from folkmoot.servers.export.job import Picture
from folkmoot.servers.export.markdown import NESTING_MAX, Node

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
img { max-width: 100%; height: auto; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #8888; padding: 0.3rem 0.6rem; vertical-align: top; }
th { background: #8882; text-align: start; }
pre { background: #8882; padding: 0.8rem; overflow: auto; border-radius: 0.3rem; }
code { font-family: ui-monospace, monospace; font-size: 0.92em; }
blockquote { margin: 1rem 0; padding-inline-start: 1rem; border-inline-start: 3px solid #8888; }
ul.tasks { list-style: none; padding-inline-start: 0.4rem; }
ul.tasks > li { display: flex; gap: 0.5rem; }
ul.tasks > li > div > :first-child, li > p:first-child, td > p, th > p { margin-top: 0; }
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_MARKS: Final = (
    ("code", "code"),
    ("bold", "strong"),
    ("italic", "em"),
    ("strike", "s"),
    ("underline", "u"),
    ("highlight", "mark"),
)
_ALIGNED: Final = ("left", "center", "right")


def page(title: str, body: str) -> str:
    """A whole page around what is escaped already."""
    return (
        '<!doctype html>\n<html dir="auto">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def text_page(title: str, text: str) -> str:
    return page(title, f'<h1>{escape(title)}</h1>\n<pre dir="auto">{escape(text)}</pre>')


def rich_page(title: str, nodes: Sequence[Node], pictures: Mapping[str, Picture]) -> str:
    return page(title, "\n".join(_Writer(pictures).blocks(nodes, 0)))


class _Writer:
    def __init__(self, pictures: Mapping[str, Picture]) -> None:
        self._pictures = pictures

    def blocks(self, nodes: Sequence[Node], level: int) -> list[str]:
        return [self._block(node, level) for node in nodes] if level <= NESTING_MAX else []

    def _inside(self, node: Node, level: int) -> str:
        return "\n".join(self.blocks(node.children, level + 1))

    def _block(self, node: Node, level: int) -> str:
        tag = node.tag
        if tag == "heading":
            name = f"h{heading_level(node)}"
            return f'<{name} dir="auto">{_inline(node.children)}</{name}>'
        if tag in ("bulletList", "orderedList", "taskList"):
            return self._list(node, level)
        if tag == "blockquote":
            return f"<blockquote>{self._inside(node, level)}</blockquote>"
        if tag == "codeBlock":
            return f"<pre><code>{escape(lines_of_code(node))}</code></pre>"
        if tag == "table":
            return self._table(node, level)
        if tag == "horizontalRule":
            return "<hr>"
        if tag == "image":
            return self._image(node)
        if tag in ("", "paragraph", "hardBreak"):
            children = node.children if tag == "paragraph" else (node,)
            return f'<p dir="auto">{_inline(children)}</p>'
        return self._inside(node, level)

    def _list(self, node: Node, level: int) -> str:
        items = []
        for item in node.children:
            inside = self._inside(item, level + 1)
            if node.tag == "taskList":
                checked = " checked" if is_true(item.attributes.get("checked")) else ""
                box = f'<input type="checkbox" disabled{checked}>'
                items.append(f"<li>{box}<div>{inside}</div></li>")
            else:
                items.append(f"<li>{inside}</li>")
        body = "\n".join(items)
        if node.tag == "orderedList":
            start = whole(node.attributes.get("start"), 1)
            return f'<ol start="{start}">{body}</ol>' if start != 1 else f"<ol>{body}</ol>"
        return f'<ul class="tasks">{body}</ul>' if node.tag == "taskList" else f"<ul>{body}</ul>"

    def _table(self, node: Node, level: int) -> str:
        cells, rows, _ = cells_of(node)
        lines: list[list[str]] = [[] for _ in range(rows)]
        for cell in cells:
            lines[cell.row].append(self._cell(cell, level))
        body = "".join("<tr>" + "".join(line) + "</tr>" for line in lines)
        return f"<table>{body}</table>"

    def _cell(self, cell: Cell, level: int) -> str:
        name = "th" if cell.head else "td"
        spans = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
        spans += f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
        align = f' style="text-align: {cell.align}"' if cell.align in _ALIGNED else ""
        return f"<{name}{spans}{align}>{self._inside(cell.node, level + 1)}</{name}>"

    def _image(self, node: Node) -> str:
        picture = self._pictures.get(str(node.attributes.get("file") or ""))
        alt = escape(alt_of(node))
        if picture is None:
            return f"<p>[{alt}]</p>"
        width = node.attributes.get("width")
        size = f' style="width: {min(max(whole(width, 100), 10), 100)}%"' if width else ""
        data = base64.b64encode(picture.data).decode()
        return f'<p><img alt="{alt}"{size} src="data:{escape(picture.type)};base64,{data}"></p>'


def _inline(children: Sequence[Node]) -> str:
    parts = []
    for child in children:
        if child.tag == "hardBreak":
            parts.append("<br>")
        for text, marks in child.runs:
            shown = escape(text).replace("\n", "<br>")
            for mark, name in _MARKS:
                if mark in marks:
                    shown = f"<{name}>{shown}</{name}>"
            address = link_of(marks)
            if address:
                shown = f'<a href="{escape(address)}" rel="noopener noreferrer">{shown}</a>'
            parts.append(shown)
    return "".join(parts)
