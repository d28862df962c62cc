"""Rich text of the shared notes as a PDF. In the child.

The fonts are read when this is imported, for the child gives up its files before it sees what
people wrote. Characters that no font has are counted, and the last line says so.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace
from PIL import Image

from folkmoot.servers.applications import fonts
from folkmoot.servers.export.blocks import (
    alt_of,
    cells_of,
    heading_level,
    is_true,
    lines_of_code,
    link_of,
    plain_text,
    whole,
)
from folkmoot.servers.export.job import Picture
from folkmoot.servers.export.markdown import NESTING_MAX, Node

logging.getLogger("fpdf").setLevel(logging.ERROR)
logging.getLogger("fontTools").setLevel(logging.ERROR)

_MARGIN_MM: Final = 20
_STEP_MM: Final = 7
_SIZE_PT: Final = 11.0
_SIZES_PT: Final = {1: 20.0, 2: 16.0, 3: 13.5}
_LINE: Final = 1.35
_INDENT_MAX: Final = 12
_TABLE_COLUMNS_MAX: Final = 24
_BLUE: Final = (30, 80, 160)
_GREY: Final = (110, 110, 110)
_PT_MM: Final = 25.4 / 72
_PIXEL_MM: Final = 25.4 / 96


def _new() -> Any:
    pdf: Any = FPDF(format="A4")
    for style, name in (("", "Regular"), ("B", "Bold"), ("I", "Italic"), ("BI", "BoldItalic")):
        pdf.add_font("sans", style, str(fonts.SANS / f"FiraSans-{name}.ttf"))
    pdf.add_font("mono", "", str(fonts.MONO / "IBMPlexMono-Regular.ttf"))
    found = fonts.of_system()
    for place, path in enumerate(found):
        pdf.add_font(f"system{place}", "", path)
    if found:
        pdf.set_fallback_fonts([f"system{n}" for n in range(len(found))], exact_match=False)
    return pdf


_READY: Final = [_new()]
"""One that has its fonts: a child makes one document."""


def renew() -> None:
    """Makes another one ready. Caller: while files can be read."""
    if not _READY:
        _READY.append(_new())


def text_document(title: str, text: str, time_ms: int) -> bytes:
    made = _Writer(title, {}, time_ms)
    made.code(text, 0)
    return made.bytes()


def rich_document(
    title: str, nodes: Sequence[Node], pictures: Mapping[str, Picture], time_ms: int
) -> bytes:
    made = _Writer(title, pictures, time_ms)
    made.blocks(nodes, 0, 0)
    return made.bytes()


class _Writer:
    def __init__(self, title: str, pictures: Mapping[str, Picture], time_ms: int) -> None:
        self._pdf = _READY.pop() if _READY else _new()
        self._pictures = pictures
        self._missing = 0
        pdf = self._pdf
        pdf.set_title(title)
        pdf.set_creator("Folkmoot")
        pdf.set_creation_date(datetime.fromtimestamp(time_ms / 1000, UTC))
        pdf.set_margin(_MARGIN_MM)
        pdf.set_auto_page_break(True, _MARGIN_MM)
        pdf.add_page()
        self._have = [set(font.cmap) for font in pdf.fonts.values()]

    def bytes(self) -> bytes:
        pdf = self._pdf
        if self._missing:
            self._font(9)
            pdf.set_text_color(*_GREY)
            self._line(f"Signs that the server has no font for: {self._missing}.")
        return bytes(pdf.output())

    # Text

    def _known(self, text: str) -> str:
        """The same with a box for each sign that no font has."""
        shown = []
        for sign in text.replace("\t", "    "):
            known = sign == "\n" or any(ord(sign) in have for have in self._have)
            self._missing += not known
            shown.append(sign if known else "□" if sign.isprintable() else "")
        return "".join(shown)

    def _font(self, size_pt: float, style: str = "", family: str = "sans") -> None:
        self._pdf.set_font(family, style if family == "sans" else "", size_pt)

    def _line(self, text: str) -> None:
        height = self._pdf.font_size_pt * _LINE * _PT_MM
        self._pdf.multi_cell(0, height, self._known(text), new_x="LMARGIN", new_y="NEXT")

    def _at(self, indent: int) -> None:
        self._pdf.set_left_margin(_MARGIN_MM + _STEP_MM * min(indent, _INDENT_MAX))
        self._pdf.set_x(self._pdf.l_margin)

    def _space(self, height_mm: float) -> None:
        self._pdf.ln(height_mm)

    # Blocks

    def blocks(self, nodes: Sequence[Node], level: int, indent: int) -> None:
        for node in nodes if level <= NESTING_MAX else ():
            self._block(node, level, indent)

    def _block(self, node: Node, level: int, indent: int) -> None:
        tag = node.tag
        self._at(indent)
        if tag in ("bulletList", "orderedList", "taskList"):
            self._list(node, level, indent)
        elif tag == "table":
            self._table(node)
        elif tag == "image":
            self._image(node)
        elif tag == "blockquote":
            self.blocks(node.children, level + 1, indent + 1)
        elif tag == "codeBlock":
            self.code(lines_of_code(node), indent)
        elif tag == "horizontalRule":
            pdf = self._pdf
            pdf.line(pdf.l_margin, pdf.y + 2, pdf.w - pdf.r_margin, pdf.y + 2)
            self._space(5)
        elif tag == "heading":
            size = _SIZES_PT.get(heading_level(node), 12.0)
            self._space(2)
            self._inline(node.children, size, "B")
            self._space(1)
        elif tag in ("", "paragraph", "hardBreak"):
            children = node.children if tag == "paragraph" else (node,)
            self._inline(children, _SIZE_PT, "")
        else:
            self.blocks(node.children, level + 1, indent)

    def _inline(self, children: Sequence[Node], size_pt: float, base: str) -> None:
        pdf, height = self._pdf, size_pt * _LINE * _PT_MM
        for child in children:
            if child.tag == "hardBreak":
                pdf.ln(height)
            for text, marks in child.runs:
                address = link_of(marks)
                bold = "B" if base or "bold" in marks else ""
                style = bold + ("I" if "italic" in marks else "")
                family = "mono" if "code" in marks else "sans"
                under = "U" if "underline" in marks or address else ""
                strike = "S" if "strike" in marks else ""
                pdf.set_font(family, (style if family == "sans" else "") + under + strike, size_pt)
                pdf.set_text_color(*(_BLUE if address else (0, 0, 0)))
                pdf.write(height, self._known(text), link=address)
        pdf.set_text_color(0, 0, 0)
        pdf.ln(height)
        self._space(1.5)

    def code(self, text: str, indent: int) -> None:
        self._at(indent)
        self._font(9.5, family="mono")
        for line in text.split("\n"):
            self._line(line or " ")
        self._space(2)

    def _list(self, node: Node, level: int, indent: int) -> None:
        first = whole(node.attributes.get("start"), 1)
        for number, item in enumerate(node.children, first):
            self._at(indent)
            mark = "•"
            if node.tag == "orderedList":
                mark = f"{number}."
            elif node.tag == "taskList":
                mark = "[x]" if is_true(item.attributes.get("checked")) else "[ ]"
            self._font(_SIZE_PT)
            place = self._pdf.y, self._pdf.page_no()
            self._pdf.cell(_STEP_MM, _SIZE_PT * _LINE * _PT_MM, mark)
            if not item.children:
                self._pdf.ln(_SIZE_PT * _LINE * _PT_MM)
            # The first block stands beside its mark, unless the page was turned for it.
            if self._pdf.page_no() == place[1]:
                self._pdf.set_y(place[0])
            self.blocks(item.children, level + 2, indent + 1)
        self._at(indent)

    def _table(self, node: Node) -> None:
        cells, rows, columns = cells_of(node)
        if not columns:
            return
        self._font(10 if columns <= 6 else 7.5)
        if columns > _TABLE_COLUMNS_MAX:
            for row in node.children:
                self._line("  |  ".join(plain_text(cell) for cell in row.children))
            return
        grid: list[list[Any]] = [[] for _ in range(rows)]
        for cell in cells:
            grid[cell.row].append(cell)
        heads = bool(grid) and bool(grid[0]) and all(c.head and c.rows == 1 for c in grid[0])
        with self._pdf.table(
            borders_layout=TableBordersLayout.ALL,
            first_row_as_headings=heads,
            headings_style=FontFace(emphasis="BOLD"),
            line_height=self._pdf.font_size_pt * _LINE * _PT_MM,
            num_heading_rows=1 if heads else 0,
        ) as table:
            for line in grid:
                row = table.row()
                for cell in line:
                    text = self._known(plain_text(cell.node)) or " "
                    row.cell(text, colspan=cell.columns, rowspan=cell.rows)
        self._space(3)

    def _image(self, node: Node) -> None:
        pdf = self._pdf
        picture = self._pictures.get(str(node.attributes.get("file") or ""))
        if picture is not None:
            share = node.attributes.get("width")
            try:
                with Image.open(io.BytesIO(picture.data)) as image:
                    wide, high = image.size
                wanted = pdf.epw * min(max(whole(share, 100), 10), 100) / 100
                width = min(wanted if share else wide * _PIXEL_MM, pdf.epw)
                width = min(width, pdf.eph * 0.9 * wide / high)
                pdf.image(io.BytesIO(picture.data), w=width, alt_text=alt_of(node))
                self._space(3)
                return
            except Exception:  # noqa: BLE001  a format that it does not know
                logging.getLogger(__name__).debug("a picture could not be placed")
        self._font(_SIZE_PT, "I")
        self._line(f"[{alt_of(node)}]")
