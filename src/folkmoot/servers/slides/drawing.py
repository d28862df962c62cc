"""PDFs: how many pages, of what size, each as two images and as text.

Runs in a child: what reads a PDF is a large library in C++, and the file may come from anybody.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageDraw

from folkmoot.protocol.limits import DECK_PAGES_MAX
from folkmoot.servers.slides.job import (
    HIGH_PIXELS_MAX,
    LINES_MAX,
    SMALL_PIXELS,
    TEXT_CHARACTERS_MAX,
    WIDE_PIXELS,
    Draw,
    Drawn,
    Line,
    Opened,
)
from folkmoot.servers.slides.kinds import NotTaken

FULL: Final = 10_000
"""A page's width and height, in the unit of marks and lines."""

FEW_COLOURS: Final = 4_096
"""A page with no more is drawn from areas and letters, and kept without loss."""

NOT_DRAWN: Final = "This page could not be drawn."
_POINTS_MAX: Final = 1e7


def open_pdf(data: bytes) -> Any:
    """Errors: `NotTaken`."""
    try:
        pdf = pypdfium2.PdfDocument(data)
        count = len(pdf)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise NotTaken("This PDF has a password. Save it without one.") from error
        raise NotTaken("This PDF is damaged and cannot be read.") from error
    if count == 0:
        raise NotTaken("This PDF has no pages.")
    if count > DECK_PAGES_MAX:
        raise NotTaken(f"This file has {count:,} pages; slides have at most {DECK_PAGES_MAX}.")
    return pdf


def draw(job: Draw) -> Iterator[Opened | Drawn]:
    """The sizes of all pages, then each page that was asked for. Errors: `NotTaken`."""
    pdf = open_pdf(job.pdf)
    sizes = [fitted(*_size(pdf, at)) for at in range(len(pdf))]
    yield Opened([side for size in sizes for side in size])
    for page in range(job.first, len(pdf) + 1, job.step):
        width, height = sizes[page - 1]
        yield _blank(page, width, height) if page in job.bad else _draw(pdf, page, width, height)


def _size(pdf: Any, at: int) -> tuple[float, float]:
    try:
        width, height = pdf.get_page_size(at)
    except pypdfium2.PdfiumError:
        return 0.0, 0.0
    return width, height


def fitted(width: float, height: float) -> tuple[int, int]:
    """Pixels of the large image of a page of this size: as wide as wanted, and not too high."""
    if not (0 < width < _POINTS_MAX and 0 < height < _POINTS_MAX):
        return WIDE_PIXELS, WIDE_PIXELS * 9 // 16
    scale = min(WIDE_PIXELS / width, HIGH_PIXELS_MAX / height)
    return _side(width * scale, WIDE_PIXELS), _side(height * scale, HIGH_PIXELS_MAX)


def _side(pixels: float, pixels_max: int) -> int:
    return min(max(round(pixels), 1), pixels_max)


def _draw(pdf: Any, number: int, width: int, height: int) -> Drawn:
    try:
        page = pdf[number - 1]
    except pypdfium2.PdfiumError:
        return _blank(number, width, height)
    try:
        image = _image_of(page, width, height)
        large, small = encoded(image)
        text, lines = _text_of(page)
    finally:
        page.close()
    return Drawn(number, large, small, text, lines)


def _image_of(page: Any, width: int, height: int) -> Image.Image:
    """Drawn at just this size: the library's own scale would round otherwise."""
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_BGR)
    try:
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
        flags = pdfium.FPDF_ANNOT | pdfium.FPDF_REVERSE_BYTE_ORDER
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
        row = bytes(bitmap.buffer)
        return Image.frombuffer("RGB", (width, height), row, "raw", "RGB", bitmap.stride, 1)
    finally:
        bitmap.close()


def encoded(image: Image.Image) -> tuple[bytes, bytes]:
    """The large and the small image as WebP."""
    height = round(image.height * SMALL_PIXELS / image.width)
    size = (SMALL_PIXELS, min(max(height, 1), 2 * SMALL_PIXELS))
    small = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    plain = image.getcolors(FEW_COLOURS) is not None
    return _webp(image, plain=plain), _webp(small, plain=False)


def _webp(image: Image.Image, *, plain: bool) -> bytes:
    held = io.BytesIO()
    if plain:
        image.save(held, "WEBP", lossless=True, quality=20, method=1)
    else:
        image.save(held, "WEBP", quality=85, method=1)
    return held.getvalue()


def _blank(number: int, width: int, height: int) -> Drawn:
    """In the place of a page that the library cannot draw."""
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).text((width // 20, height // 2), NOT_DRAWN, fill="#666666")
    large, small = encoded(image)
    return Drawn(number, large, small, NOT_DRAWN)


# Text


def _text_of(page: Any) -> tuple[str, list[Line]]:
    textpage = page.get_textpage()
    try:
        count = min(textpage.count_chars(), TEXT_CHARACTERS_MAX)
        text = _clean(textpage.get_text_range(0, count)) if count else ""
        lines = []
        for at in range(min(textpage.count_rects(), LINES_MAX)):
            left, bottom, right, top = textpage.get_rect(at)
            said = _clean(textpage.get_text_bounded(left, bottom, right, top)).strip()
            if said:
                lines.append(Line(*_place(page, left, bottom, right, top), said))
        return text.strip(), lines
    finally:
        textpage.close()


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufffe", "")
    kept = "".join(c for c in text if c == "\n" or " " <= c < "\x7f" or c > "\x9f")
    return kept.encode("utf-8", "ignore").decode()[:TEXT_CHARACTERS_MAX]


def _place(
    page: Any, left: float, bottom: float, right: float, top: float
) -> tuple[int, int, int, int]:
    """Where it is as the page is seen: turned pages and cut-off borders are reckoned with."""
    x1, y1 = _seen(page, left, top)
    x2, y2 = _seen(page, right, bottom)
    x, y = min(x1, x2), min(y1, y2)
    return x, y, abs(x2 - x1), abs(y2 - y1)


def _seen(page: Any, x: float, y: float) -> tuple[int, int]:
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, FULL, FULL, 0, x, y, across, down)
    return min(max(across.value, 0), FULL), min(max(down.value, 0), FULL)
