"""What a file is, by its content and by nothing else. Pure."""

from __future__ import annotations

from typing import Final

PDF: Final = "pdf"
OFFICE: Final = "office"
PICTURE: Final = "picture"

_PDF_WITHIN_BYTES: Final = 1_024
"""What stands before a PDF's first line is passed over, as viewers do."""

_PICTURES: Final = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
)
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

TAKEN: Final = (
    "Slides can be PDF, PPTX, ODP, DOCX and ODT files, and PNG, JPEG, WebP or GIF pictures."
)


class NotTaken(Exception):
    """No deck can be made of this file; the text says why, to people."""


def kind_of(data: bytes) -> str:
    """`PDF`, `OFFICE` or `PICTURE`. Errors: `NotTaken`."""
    head = data[:_PDF_WITHIN_BYTES]
    if b"%PDF-" in head:
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return OFFICE
    webp = head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    if webp or head.startswith(_PICTURES):
        return PICTURE
    if head.startswith(_OLD_OFFICE):
        raise NotTaken(
            "This is an office file of the old kind, or one with a password. "
            "Save it as PPTX, DOCX or PDF without a password."
        )
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"<svg" in text:
        raise NotTaken("SVG pictures are not taken, for they may hold programs. Save it as PNG.")
    if text.startswith((b"<!doctype html", b"<html", b"<script")):
        raise NotTaken("This is a web page. Print it into a PDF and upload that.")
    raise NotTaken(TAKEN)
