"""Office files: whether one may be handed to LibreOffice, and the notes of its speaker.

Runs in a child. An office file is a zip of XML; what is not as it should be is refused here, before
anything larger looks at it.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException, ElementTree

from folkmoot.protocol.limits import DECK_NOTES_CHARACTERS_MAX, DECK_PAGES_MAX, NOTE_CHARACTERS_MAX
from folkmoot.servers.slides.job import Looked
from folkmoot.servers.slides.kinds import TAKEN, NotTaken

ENTRIES_MAX: Final = 10_000
EXPANDED_BYTES_MAX: Final = 512 << 20
XML_BYTES_MAX: Final = 64 << 20
"""Of one part that is XML: LibreOffice builds a tree of it."""

NAME_CHARACTERS_MAX: Final = 400

_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P: Final = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_RELATIONS: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_DRAW: Final = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_PRESENTATION: Final = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_STYLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"

_ODF: Final = {
    b"application/vnd.oasis.opendocument.presentation": "odp",
    b"application/vnd.oasis.opendocument.text": "odt",
}


def look(data: bytes) -> Looked:
    """What it is, and its notes. Errors: `NotTaken`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check(archive)
            kind = _kind(archive)
            return Looked(kind, _notes(archive, kind))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise NotTaken("This file is damaged and cannot be read.") from error


def _check(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if len(entries) > ENTRIES_MAX:
        raise NotTaken(f"This file has more than {ENTRIES_MAX:,} parts.")
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise NotTaken("This file is damaged: two of its parts have one name.")
    for entry in entries:
        _check_name(entry.filename)
        if entry.flag_bits & 1:
            raise NotTaken("This file has a password. Save it without one.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotTaken("This file is packed in a way that no office program uses.")
    expanded = 0
    for entry in entries:
        expanded += _expanded(archive, entry, EXPANDED_BYTES_MAX - expanded)


def _check_name(name: str) -> None:
    parts = name.split("/")
    if len(name) > NAME_CHARACTERS_MAX or name.startswith("/") or "\\" in name or ".." in parts:
        raise NotTaken("This file is damaged: a part of it has a name that leads out of it.")


def _expanded(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left_bytes: int) -> int:
    """Size of a part, by expanding it: what the file itself says of that is its own story."""
    is_xml = entry.filename.lower().endswith((".xml", ".rels"))
    bytes_max = min(left_bytes, XML_BYTES_MAX) if is_xml else left_bytes
    size = 0
    with archive.open(entry) as part:
        while piece := part.read(1 << 20):
            size += len(piece)
            if size > bytes_max:
                raise NotTaken("This file is too large when it is unpacked.")
    return size


def _kind(archive: zipfile.ZipFile) -> str:
    names = {name.lower() for name in archive.namelist()}
    if "mimetype" in names:
        kind = _ODF.get(archive.read("mimetype")[:100].strip())
        if kind is not None and "content.xml" in names:
            return kind
    elif "[content_types].xml" in names:
        if "ppt/presentation.xml" in names:
            return "pptx"
        if "word/document.xml" in names:
            return "docx"
    raise NotTaken(TAKEN)


# Speaker notes


def _notes(archive: zipfile.ZipFile, kind: str) -> dict[int, str]:
    """By page. Notes that cannot be read are no reason to refuse the slides."""
    read = {"pptx": _pptx_notes, "odp": _odp_notes}.get(kind)
    if read is None:
        return {}
    notes: dict[int, str] = {}
    left = DECK_NOTES_CHARACTERS_MAX
    try:
        for page, text in enumerate(read(archive), 1):
            if page > DECK_PAGES_MAX:
                break
            kept = _clean(text)[: min(NOTE_CHARACTERS_MAX, left)].strip()
            if kept:
                notes[page] = kept
                left -= len(kept)
    except (KeyError, ElementTree.ParseError, DefusedXmlException, RecursionError, ValueError):
        return notes
    return notes


def _clean(text: str) -> str:
    return "".join(c for c in text if c == "\n" or c == "\t" or " " <= c < "\x7f" or c > "\x9f")


def _parse(archive: zipfile.ZipFile, name: str) -> Element:
    root: Element = ElementTree.fromstring(archive.read(name), forbid_dtd=True)
    return root


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Id to the kind and the target of what a part refers to."""
    folder, name = posixpath.split(part)
    path = f"{folder}/_rels/{name}.rels"
    if path not in archive.namelist():
        return {}
    found = {}
    for row in _parse(archive, path).iter(f"{_RELATIONS}Relationship"):
        if row.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, row.get("Target", "")))
            found[row.get("Id", "")] = (row.get("Type", "").rpartition("/")[2], target[1:])
    return found


def _pptx_notes(archive: zipfile.ZipFile) -> Iterator[str]:
    """In the order of the slides, without the hidden ones: LibreOffice leaves them out, too."""
    presentation = "ppt/presentation.xml"
    slides = _relations(archive, presentation)
    for row in _parse(archive, presentation).iter(f"{_P}sldId"):
        slide = slides[row.get(f"{_R}id", "")][1]
        if _parse(archive, slide).get("show") in ("0", "false"):
            continue
        notes = [t for kind, t in _relations(archive, slide).values() if kind == "notesSlide"]
        yield _pptx_text(_parse(archive, notes[0])) if notes else ""


def _pptx_text(notes: Element) -> str:
    """What stands in the place for notes; where there is none, in boxes that have no place."""
    bodies, others = [], []
    for shape in notes.iter(f"{_P}sp"):
        place = next(shape.iter(f"{_P}ph"), None)
        if place is None:
            others.append(shape)
        elif place.get("type") == "body":
            bodies.append(shape)
    return "\n".join(_pptx_line(p) for shape in bodies or others for p in shape.iter(f"{_A}p"))


def _pptx_line(paragraph: Element) -> str:
    parts = (part for part in paragraph.iter() if part.tag in (f"{_A}t", f"{_A}br"))
    return "".join("\n" if part.tag == f"{_A}br" else part.text or "" for part in parts)


def _odp_notes(archive: zipfile.ZipFile) -> Iterator[str]:
    content = _parse(archive, "content.xml")
    hidden = {
        style.get(f"{_STYLE}name")
        for style in content.iter(f"{_STYLE}style")
        for properties in style.iter(f"{_STYLE}drawing-page-properties")
        if properties.get(f"{_PRESENTATION}visibility") == "hidden"
    }
    for page in content.iter(f"{_DRAW}page"):
        if page.get(f"{_DRAW}style-name") in hidden:
            continue
        notes = page.find(f"{_PRESENTATION}notes")
        frames = [] if notes is None else notes.iter(f"{_DRAW}frame")
        yield "\n".join(
            "".join(line.itertext())
            for frame in frames
            if frame.get(f"{_PRESENTATION}class", "notes") == "notes"
            for line in frame.iter(f"{_TEXT}p")
        )
