"""Files as people bring them, good and bad, made anew each time: nothing of this lies on a disk."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image


def picture(kind: str = "PNG", width: int = 64, height: int = 48, colour: str = "teal") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(held, kind)
    return held.getvalue()


def packed(*names: str, first: tuple[str, bytes] | None = None) -> bytes:
    """A ZIP with entries of these names; `first` is stored as it is, before them."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        if first is not None:
            archive.writestr(zipfile.ZipInfo(first[0]), first[1])
        for name in names:
            archive.writestr(name, b"x")
    return held.getvalue()


def bomb(times: int = 40) -> bytes:
    """A ZIP of some KB that would unpack to `times` times 100 MB."""
    zeros = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = zeros.compress(bytes(1 << 20)) + zeros.flush()
    size, count = 100 << 20, times
    entries, directory = b"", b""
    for n in range(count):
        name = b"%d" % n
        head = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(body), size, len(name), 0)
        at = len(entries)
        entries += b"PK\x03\x04" + head + name + body
        directory += b"PK\x01\x02\x14\x00" + head + struct.pack("<HHHII", 0, 0, 0, 0, at) + name
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(entries), 0)
    return entries + directory + b"PK\x05\x06" + end


def flood(width: int = 65_535, height: int = 65_535) -> bytes:
    """A PNG that says it has these many pixels, and does not."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1_000))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND")


def _chunk(kind: bytes, body: bytes = b"") -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


SVG_WITH_SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
PAGE = b"<!doctype html><script>alert(document.cookie)</script>"
PDF = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n%%EOF\n"


def bad() -> dict[str, tuple[str, bytes, str]]:
    """What nobody may share: a word for it, then name, bytes and the code of the refusal."""
    png = picture()
    return {
        "a page called picture": ("cat.png", PAGE, "mislabelled"),
        "a drawing with a script called picture": ("cat.png", SVG_WITH_SCRIPT, "mislabelled"),
        "a program called document": ("plan.pdf", b"MZ" + bytes(200), "program"),
        "a program with two endings": ("plan.pdf.exe", b"MZ" + bytes(200), "program"),
        "a script for Windows": ("plan.vbs", b"MsgBox 1\r\n", "program"),
        "a picture and an archive": ("cat.png", png + packed("a.class"), "mixed"),
        "a picture and a page": ("cat.gif", b"GIF89a/*" + PAGE + bytes(100), "mixed"),
        "a picture with more pixels than anybody has": ("cat.png", flood(), "too_many_pixels"),
        "half a picture": ("cat.png", png[: len(png) // 2], "damaged"),
        "a picture of nothing": ("cat.jpg", b"\xff\xd8\xff\xe0" + bytes(300), "damaged"),
        "an archive that fills disks": ("all.zip", bomb(), "archive_bomb"),
        "an archive that is none": ("plan.docx", b"PK\x03\x04" + bytes(300), "mislabelled"),
    }


def good() -> dict[str, tuple[bytes, str]]:
    """What people share: name to bytes and type."""
    office = "application/vnd.openxmlformats-officedocument."
    odf = "application/vnd.oasis.opendocument."
    return {
        "cat.png": (picture(), "image/png"),
        "cat.JPG": (picture("JPEG"), "image/jpeg"),
        "cat.gif": (picture("GIF"), "image/gif"),
        "cat.webp": (picture("WEBP"), "image/webp"),
        "plan.pdf": (PDF, "application/pdf"),
        "notes.md": (b"# Notes\n<script>no</script>\n", "text/plain"),
        "table.csv": ("Größe;Preis\n".encode("latin-1"), "text/plain"),
        "page.html": (PAGE, "text/html"),
        "drawing.svg": (b"<?xml version='1.0'?>\n" + SVG_WITH_SCRIPT, "image/svg+xml"),
        "plan.docx": (
            packed("[Content_Types].xml", "word/document.xml"),
            office + "wordprocessingml.document",
        ),
        "plan.pptx": (
            packed("[Content_Types].xml", "ppt/slides/slide1.xml"),
            office + "presentationml.presentation",
        ),
        "plan.odp": (
            packed("content.xml", first=("mimetype", odf.encode() + b"presentation")),
            odf + "presentation",
        ),
        "all.zip": (packed("a.txt", "b.txt"), "application/zip"),
        "data": (bytes(range(256)), "application/octet-stream"),
    }
