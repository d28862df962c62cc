"""Marks onto the pages of a PDF, as vectors, where people drew them.

Runs in a child. A stroke becomes a path of the page. A text becomes text of the page, where a font
here has its signs and can set them one after the other; any other becomes an annotation, for which
the viewer finds the font.
"""

from __future__ import annotations

import ctypes
import io
import math
import struct
from typing import Any, Final

import pypdfium2.raw as pdfium

from folkmoot.servers.slides.drawing import FULL, open_pdf
from folkmoot.servers.slides.job import Annotate, Stroke
from folkmoot.servers.slides.lettering import Lettering

HIGHLIGHTER_ALPHA: Final = 96
_ROUND: Final = 1
_ARC: Final = 0.5522847498
"""How far the handles of a quarter of a circle lie."""

Point = tuple[float, float]


def annotate(job: Annotate) -> bytes:
    """The PDF with its marks. Errors: `NotTaken`."""
    pdf = open_pdf(job.pdf)
    lettering = Lettering(pdf, (mark.text for mark in job.marks if mark.tool == "text"))
    by_page: dict[int, list[Stroke]] = {}
    for mark in job.marks:
        by_page.setdefault(mark.page, []).append(mark)
    for number, marks in sorted(by_page.items()):
        if number <= len(pdf):
            page = pdf[number - 1]
            for mark in marks:
                _put(pdf, page, lettering, mark)
            pdfium.FPDFPage_GenerateContent(page)
            page.close()
    held = io.BytesIO()
    pdf.save(held)
    return held.getvalue()


def _put(pdf: Any, page: Any, lettering: Lettering, mark: Stroke) -> None:
    numbers = struct.unpack(f">{len(mark.points) // 2}H", mark.points)
    points = [_of_page(page, x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    # A part of the width that is seen, whatever the page's units and turn.
    width = math.dist(_of_page(page, 0, 0), _of_page(page, FULL, 0)) * mark.width / FULL
    colour = tuple(bytes.fromhex(mark.colour[1:]))
    if mark.tool == "text":
        font = lettering.font_for(mark.text)
        if font is None:
            _note(page, mark, points[0], width)
        else:
            _write(pdf, page, font, mark, points[0], width, colour)
        return
    path = pdfium.FPDFPageObj_CreateNewPath(*points[0])
    _trace(path, mark.tool, points, width)
    alpha = HIGHLIGHTER_ALPHA if mark.tool == "highlighter" else 255
    pdfium.FPDFPageObj_SetStrokeColor(path, *colour, alpha)
    pdfium.FPDFPageObj_SetStrokeWidth(path, width)
    pdfium.FPDFPageObj_SetLineCap(path, _ROUND)
    pdfium.FPDFPageObj_SetLineJoin(path, _ROUND)
    if mark.tool == "highlighter":
        pdfium.FPDFPageObj_SetBlendMode(path, b"Multiply")
    pdfium.FPDFPath_SetDrawMode(path, pdfium.FPDF_FILLMODE_NONE, True)
    pdfium.FPDFPage_InsertObject(page, path)


def _trace(path: Any, tool: str, points: list[Point], width: float) -> None:
    """The way of the pen, from the first point on."""
    (x1, y1), (x2, y2) = points[0], points[-1]
    if tool == "box":
        _lines(path, [(x2, y1), (x2, y2), (x1, y2), (x1, y1)])
        pdfium.FPDFPath_Close(path)
    elif tool == "ellipse":
        _ellipse(path, points[0], points[-1])
    elif len(points) == 1:
        _lines(path, [(x1 + width / 100, y1)])
    else:
        _lines(path, points[1:])
        if tool == "arrow":
            _head(path, points[0], points[-1], width)


def _lines(path: Any, points: list[Point]) -> None:
    for point in points:
        pdfium.FPDFPath_LineTo(path, *point)


def _head(path: Any, start: Point, end: Point, width: float) -> None:
    """Of an arrow: as long as four times its width, never longer than the arrow."""
    length = min(math.dist(start, end), max(4 * width, 1.0))
    towards = math.atan2(start[1] - end[1], start[0] - end[0])
    for turn in (-math.pi / 7, math.pi / 7):
        pdfium.FPDFPath_MoveTo(path, *end)
        angle = towards + turn
        tip = (end[0] + length * math.cos(angle), end[1] + length * math.sin(angle))
        pdfium.FPDFPath_LineTo(path, *tip)


def _ellipse(path: Any, one: Point, other: Point) -> None:
    x, y = (one[0] + other[0]) / 2, (one[1] + other[1]) / 2
    a, b = abs(other[0] - one[0]) / 2, abs(other[1] - one[1]) / 2
    h, k = a * _ARC, b * _ARC
    pdfium.FPDFPath_MoveTo(path, x + a, y)
    for handles in (
        (x + a, y + k, x + h, y + b, x, y + b),
        (x - h, y + b, x - a, y + k, x - a, y),
        (x - a, y - k, x - h, y - b, x, y - b),
        (x + h, y - b, x + a, y - k, x + a, y),
    ):
        pdfium.FPDFPath_BezierTo(path, *handles)


def _write(
    pdf: Any, page: Any, font: Any, mark: Stroke, at: Point, height: float, colour: Any
) -> None:
    down = _direction(page)
    for row, line in enumerate(mark.text.split("\n")):
        if not line.strip():
            continue
        text = pdfium.FPDFPageObj_CreateTextObj(pdf, font, height)
        pdfium.FPDFText_SetText(text, _wide(line))
        pdfium.FPDFPageObj_SetFillColor(text, *colour, 255)
        fall = height * (1.2 * row + 0.9)
        x, y = at[0] + down[0] * fall, at[1] + down[1] * fall
        # Upright as the page is seen: its right is down, turned by a quarter.
        pdfium.FPDFPageObj_Transform(text, -down[1], down[0], -down[0], -down[1], x, y)
        pdfium.FPDFPage_InsertObject(page, text)


def _note(page: Any, mark: Stroke, at: Point, height: float) -> None:
    note = pdfium.FPDFPage_CreateAnnot(page, pdfium.FPDF_ANNOT_FREETEXT)
    if not note:
        return
    rows = mark.text.split("\n")
    width = height * max(len(row) for row in rows)
    box = pdfium.FS_RECTF(at[0], at[1], at[0] + width, at[1] - height * 1.3 * len(rows))
    pdfium.FPDFAnnot_SetRect(note, box)
    colour = " ".join(f"{part / 255:.3f}" for part in bytes.fromhex(mark.colour[1:]))
    _set(note, b"Contents", mark.text)
    _set(note, b"DA", f"{colour} rg /Helv {height:.2f} Tf")
    pdfium.FPDFPage_CloseAnnot(note)


def _set(note: Any, key: bytes, value: str) -> None:
    pdfium.FPDFAnnot_SetStringValue(note, key, _wide(value))


def _wide(text: str) -> Any:
    """A text as the library takes it."""
    encoded = (text + "\0").encode("utf-16-le")
    return (ctypes.c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded)


def _of_page(page: Any, x: int, y: int) -> Point:
    """From ten-thousandths of what is seen to the page's own units, turned pages included."""
    across, up = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDF_DeviceToPage(page, 0, 0, FULL, FULL, 0, x, y, across, up)
    return across.value, up.value


def _direction(page: Any) -> Point:
    """Which way is down on the page, as one unit long."""
    (x1, y1), (x2, y2) = _of_page(page, 0, 0), _of_page(page, 0, FULL)
    length = math.dist((x1, y1), (x2, y2)) or 1.0
    return (x2 - x1) / length, (y2 - y1) / length
