"""Fonts for what people wrote on slides in letters that not every viewer of a PDF has.

Runs in a child, which reads the font files before it gives up its files. Only the signs that were
written go into the PDF.
"""

from __future__ import annotations

import ctypes
import io
import logging
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pypdfium2.raw as pdfium

from folkmoot.servers.applications import fonts

_RIGHT_TO_LEFT: Final = ("R", "AL")
_SIGN_MAX: Final = 0xFFFF
_TABLES_LEFT_OUT: Final = ("GSUB", "GPOS", "GDEF", "kern", "DSIG")
_TABLES_NEEDED: Final = ("glyf", "cmap")

_files: list[bytes] = []


def prepare() -> None:
    """Reads the fonts. Caller: while files can be read; without it there is the standard font."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    if not _files:
        _files.append((fonts.SANS / "FiraSans-Regular.ttf").read_bytes())
        _files.extend(Path(path).read_bytes() for path in fonts.of_system())
        # It loads its parts when it meets them first, and by then files are out of reach.
        _cut(_opened(_files[0]), {ord("a")})


class Lettering:
    """The fonts of one PDF.

    Shape: `texts` are all that will be written, for each font is put in once, with their signs.
    """

    def __init__(self, pdf: Any, texts: Iterable[str]) -> None:
        self._standard = pdfium.FPDFText_LoadStandardFont(pdf, b"Helvetica")
        self._loaded: list[tuple[set[int], Any]] = []
        wanted = [_signs(text) for text in texts if not _is_standard(text) and _is_plain(text)]
        for data in _files if wanted else []:
            font = _opened(data)
            if any(table not in font for table in _TABLES_NEEDED):
                continue  # the library embeds TrueType only
            there = set(font.getBestCmap())
            used = [signs for signs in wanted if signs <= there]
            if used:
                wanted = [signs for signs in wanted if not signs <= there]
                signs = set().union(*used)
                self._loaded.append((signs, _load(pdf, font, signs)))

    def font_for(self, text: str) -> Any | None:
        """One that has all of its signs; None when there is none, or they must be joined first."""
        if _is_standard(text):
            return self._standard
        if not _is_plain(text):
            return None
        signs = _signs(text)
        return next((font for have, font in self._loaded if signs <= have), None)


def _is_standard(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _is_plain(text: str) -> bool:
    """Whether its signs stand one after the other as they come, and the library knows them all."""
    return all(
        ord(sign) <= _SIGN_MAX and unicodedata.bidirectional(sign) not in _RIGHT_TO_LEFT
        for sign in text
    )


def _signs(text: str) -> set[int]:
    return {ord(sign) for sign in text if sign != "\n"}


def _load(pdf: Any, font: Any, signs: set[int]) -> Any:
    data = _cut(font, signs)
    buffer = (ctypes.c_ubyte * len(data)).from_buffer_copy(data)
    return pdfium.FPDFText_LoadFont(pdf, buffer, len(data), pdfium.FPDF_FONT_TRUETYPE, True)


def _opened(data: bytes) -> Any:
    # Here and not above: the children that draw pages would load it for nothing.
    from fontTools.ttLib import TTFont

    return TTFont(io.BytesIO(data), fontNumber=0)


def _cut(font: Any, signs: set[int]) -> bytes:
    """The font with these signs only."""
    from fontTools import subset

    options = subset.Options(drop_tables=list(_TABLES_LEFT_OUT), hinting=False, notdef_outline=True)
    cut = subset.Subsetter(options)
    cut.populate(unicodes=signs)
    cut.subset(font)
    held = io.BytesIO()
    font.save(held)
    return held.getvalue()
