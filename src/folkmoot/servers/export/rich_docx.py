"""Rich text of the shared notes as a document for word processors. In the child."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

import docx
from docx.enum.text import WD_COLOR_INDEX
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Pt

from folkmoot.servers.export.blocks import (
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

_TEMPLATE: Final = (files("docx") / "templates" / "default.docx").read_bytes()
"""Read while files can be: the child gives that up before it sees what people wrote."""

_MONO: Final = "Courier New"
_LIST_STEP_PT: Final = 18
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def text_document(title: str, text: str, time_ms: int) -> bytes:
    made = _Writer(title, {}, time_ms)
    for line in text.split("\n"):
        made.paragraph().add_run(_clean(line)).font.name = _MONO
    return made.bytes()


def rich_document(
    title: str, nodes: Sequence[Node], pictures: Mapping[str, Picture], time_ms: int
) -> bytes:
    made = _Writer(title, pictures, time_ms)
    made.blocks(made.document, nodes, 0)
    return made.bytes()


class _Writer:
    def __init__(self, title: str, pictures: Mapping[str, Picture], time_ms: int) -> None:
        self.document: Any = docx.Document(io.BytesIO(_TEMPLATE))
        self._pictures = pictures
        core = self.document.core_properties
        core.title, core.author, core.comments = _clean(title), "", ""

    def bytes(self) -> bytes:
        held = io.BytesIO()
        self.document.save(held)
        return held.getvalue()

    def paragraph(self) -> Any:
        return self.document.add_paragraph()

    def blocks(self, where: Any, nodes: Sequence[Node], level: int, indent: int = 0) -> None:
        for node in nodes if level <= NESTING_MAX else ():
            self._block(where, node, level, indent)

    def _block(self, where: Any, node: Node, level: int, indent: int) -> None:
        tag = node.tag
        if tag in ("bulletList", "orderedList", "taskList"):
            self._list(where, node, level, indent)
        elif tag == "table":
            self._table(where, node, level)
        elif tag == "image":
            self._image(where, node, indent)
        elif tag == "blockquote":
            self.blocks(where, node.children, level + 1, indent + 1)
        elif tag == "codeBlock":
            self._code(where, node, indent)
        elif tag == "horizontalRule":
            _indented(where.add_paragraph("—" * 20), indent)
        elif tag == "heading":
            style = f"Heading {heading_level(node)}"
            self._inline(_indented(_styled(where.add_paragraph(), style), indent), node.children)
        elif tag in ("", "paragraph", "hardBreak"):
            children = node.children if tag == "paragraph" else (node,)
            self._inline(_indented(where.add_paragraph(), indent), children)
        else:
            self.blocks(where, node.children, level + 1, indent)

    def _list(self, where: Any, node: Node, level: int, indent: int) -> None:
        first = whole(node.attributes.get("start"), 1)
        for number, item in enumerate(node.children, first):
            mark = "•"
            if node.tag == "orderedList":
                mark = f"{number}."
            elif node.tag == "taskList":
                mark = "☑" if is_true(item.attributes.get("checked")) else "☐"
            head, rest = item.children[:1], item.children[1:]
            if head and head[0].tag == "paragraph":
                line = _indented(where.add_paragraph(f"{mark}\t"), indent + 1, hanging=True)
                self._inline(line, head[0].children)
            else:
                rest = item.children
                _indented(where.add_paragraph(mark), indent + 1, hanging=True)
            self.blocks(where, rest, level + 2, indent + 1)

    def _code(self, where: Any, node: Node, indent: int) -> None:
        for line in lines_of_code(node).split("\n"):
            paragraph = _indented(where.add_paragraph(), indent + 1)
            paragraph.paragraph_format.space_after = Pt(0)
            run = paragraph.add_run(_clean(line))
            run.font.name, run.font.size = _MONO, Pt(9.5)

    def _table(self, where: Any, node: Node, level: int) -> None:
        cells, rows, columns = cells_of(node)
        if not columns:
            return
        # Within a cell only a table of a given size can be added; one is enough for notes.
        table = where.add_table(rows, columns)
        table.style = self.document.styles["Table Grid"]
        for cell in cells:
            held = table.cell(cell.row, cell.column)
            if cell.rows > 1 or cell.columns > 1:
                end = table.cell(cell.row + cell.rows - 1, cell.column + cell.columns - 1)
                held = held.merge(end)
            self.blocks(held, cell.node.children, level + 2)
            # A new cell has an empty paragraph, and must end with one.
            first = held.paragraphs[0]
            if len(held.paragraphs) > 1 and not first.runs:
                first._p.getparent().remove(first._p)
            if cell.head:
                for run in (run for paragraph in held.paragraphs for run in paragraph.runs):
                    run.bold = True

    def _image(self, where: Any, node: Node, indent: int) -> None:
        picture = self._pictures.get(str(node.attributes.get("file") or ""))
        paragraph = _indented(where.add_paragraph(), indent)
        if picture is None:
            paragraph.add_run(f"[{_clean(alt_of(node))}]")
            return
        section = self.document.sections[0]
        space = section.page_width - section.left_margin - section.right_margin
        share = node.attributes.get("width")
        run = paragraph.add_run()
        try:
            shape = run.add_picture(io.BytesIO(picture.data))
        except Exception:  # noqa: BLE001  a format that it does not know
            paragraph.add_run(f"[{_clean(alt_of(node))}]")
            return
        wanted = space * min(max(whole(share, 100), 10), 100) // 100 if share else shape.width
        if wanted < shape.width or share:
            height = int(shape.height * wanted / shape.width)
            shape.width, shape.height = Emu(wanted), Emu(height)
        if shape.width > space:
            shape.width, shape.height = Emu(space), Emu(int(shape.height * space / shape.width))
        shape._inline.docPr.set("descr", _clean(alt_of(node)))

    def _inline(self, paragraph: Any, children: Sequence[Node]) -> None:
        for child in children:
            if child.tag == "hardBreak":
                paragraph.add_run().add_break()
            for text, marks in child.runs:
                address = link_of(marks)
                run = paragraph.add_run(_clean(text))
                run.bold, run.italic = "bold" in marks or None, "italic" in marks or None
                run.underline = "underline" in marks or bool(address) or None
                run.font.strike = "strike" in marks or None
                if "code" in marks:
                    run.font.name = _MONO
                if "highlight" in marks:
                    run.font.highlight_color = WD_COLOR_INDEX.YELLOW
                if address:
                    _linked(paragraph, run, address)


def _linked(paragraph: Any, run: Any, address: str) -> None:
    """Puts a run into a link; the library has no call for it."""
    id_ = paragraph.part.relate_to(_clean(address), RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), id_)
    run._r.getparent().replace(run._r, link)
    link.append(run._r)


def _styled(paragraph: Any, style: str) -> Any:
    paragraph.style = style
    return paragraph


def _indented(paragraph: Any, indent: int, *, hanging: bool = False) -> Any:
    if indent:
        paragraph.paragraph_format.left_indent = Pt(_LIST_STEP_PT * min(indent, 12))
    if hanging:
        paragraph.paragraph_format.first_line_indent = Pt(-_LIST_STEP_PT)
        paragraph.paragraph_format.space_after = Pt(2)
    return paragraph


def _clean(text: str) -> str:
    """Without what an XML file must not hold."""
    return _FORBIDDEN.sub("�", text)
