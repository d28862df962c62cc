"""Which kind of file something is, judged by its bytes. Runs in the child; pure.

Names are not believed: a name only has to fit what the bytes say. Nothing here is a promise that a
file is harmless, which is why no browser is ever given one to run (see docs/files.md).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Final

from folkmoot.servers.files.job import ExamineJob

OTHER: Final = "application/octet-stream"
TEXT: Final = "text/plain"
HTML: Final = "text/html"
SVG: Final = "image/svg+xml"
PDF: Final = "application/pdf"
ZIP: Final = "application/zip"
OLE: Final = "application/x-ole-storage"
PROGRAM: Final = "application/x-executable"
PICTURES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""What pages show, after it was decoded once here."""

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."
PPTX: Final = _OFFICE + "presentationml.presentation"
DOCX: Final = _OFFICE + "wordprocessingml.document"
XLSX: Final = _OFFICE + "spreadsheetml.sheet"
ODP: Final = _ODF + "presentation"
ODT: Final = _ODF + "text"
ODS: Final = _ODF + "spreadsheet"
ODG: Final = _ODF + "graphics"
EPUB: Final = "application/epub+zip"
DECKS: Final = (PDF, PPTX, DOCX, ODP, ODT, "application/vnd.ms-powerpoint", *PICTURES)

ENTRIES_MAX: Final = 100_000
UNPACKED_BYTES_MAX: Final = 4 << 30
UNPACKED_TIMES_MAX: Final = 1_000
"""An archive that says it unpacks to more is one to fill disks with."""

_MAGIC: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", PDF),
    (0, b"PK\x03\x04", ZIP),
    (0, b"PK\x05\x06", ZIP),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (0, b"MZ", PROGRAM),
    (0, b"\x7fELF", PROGRAM),
    (0, b"\xcf\xfa\xed\xfe", PROGRAM),
    (0, b"\xca\xfe\xba\xbe", PROGRAM),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", PROGRAM),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (257, b"ustar", "application/x-tar"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"BM", "image/bmp"),
)
_ENDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "png": ("image/png",),
    "jpg": ("image/jpeg",),
    "jpeg": ("image/jpeg",),
    "gif": ("image/gif",),
    "webp": ("image/webp",),
    "avif": ("image/avif",),
    "bmp": ("image/bmp",),
    "tif": ("image/tiff",),
    "tiff": ("image/tiff",),
    "svg": (SVG,),
    "pdf": (PDF,),
    "zip": (ZIP, DOCX, PPTX, XLSX, ODT, ODP, ODS, ODG, EPUB),
    "docx": (DOCX,),
    "pptx": (PPTX,),
    "xlsx": (XLSX,),
    "odt": (ODT,),
    "odp": (ODP,),
    "ods": (ODS,),
    "odg": (ODG,),
    "epub": (EPUB,),
    "doc": ("application/msword", DOCX),
    "xls": ("application/vnd.ms-excel", XLSX),
    "ppt": ("application/vnd.ms-powerpoint", PPTX),
    "gz": ("application/gzip",),
    "tgz": ("application/gzip",),
    "7z": ("application/x-7z-compressed",),
    "rar": ("application/vnd.rar",),
    "tar": ("application/x-tar",),
    "mp4": ("video/mp4", "video/quicktime"),
    "mov": ("video/quicktime", "video/mp4"),
    "webm": ("video/webm",),
    "mkv": ("video/webm",),
    "mp3": ("audio/mpeg",),
    "wav": ("audio/wav",),
    "ogg": ("audio/ogg",),
    "flac": ("audio/flac",),
}
_OLE_ENDINGS: Final = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
}
_TEXT_ENDINGS: Final = frozenset(
    re.findall(
        "[a-z]+",
        "txt md csv tsv json yaml yml toml ini log xml tex py ts js css c h cpp rs go java sh sql"
        " srt vtt ics htm html",
    )
)
PROGRAM_ENDINGS: Final = frozenset(
    re.findall(
        "[a-z0-9]+",
        "apk app bat cmd com cpl dll dmg exe hta jar jse lnk msi msp pif pkg ps1 reg scr vbe vbs"
        " wsf wsh",
    )
)
_MARKUP: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>|<!--.*?-->|\s)*(?:<!doctype\s+(html|svg)|<(html|svg|head|body|script)\b)",
    re.IGNORECASE | re.DOTALL,
)
_ACTIVE: Final = re.compile(rb"<(?:script|html|svg|iframe)\b|<!doctype html|%PDF-", re.IGNORECASE)
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Bomb(Exception):
    """An archive that unpacks to more than anybody could want."""


def type_of(job: ExamineJob, ending: str) -> str:
    """The type by content. Errors: `Bomb`."""
    head = job.head
    for at, magic, found in _MAGIC:
        if head[at : at + len(magic)] == magic and (at != 8 or head[:4] == b"RIFF"):
            if found == ZIP:
                return _zip_type(job)
            return _OLE_ENDINGS.get(ending, OLE) if found == OLE else found
    if not _is_text(head):
        return OTHER
    markup = _MARKUP.match(head[:65_536].removeprefix(b"\xef\xbb\xbf"))
    if markup is not None:
        return SVG if (markup[1] or markup[2]).lower() == b"svg" else HTML
    return TEXT


def fits(ending: str, found: str) -> bool:
    """Whether a name may end like this for such content."""
    if ending in _TEXT_ENDINGS:
        return found in (TEXT, HTML, SVG)
    expected = _ENDINGS.get(ending)
    return expected is None or found in expected


def holds_another(job: ExamineJob) -> bool:
    """Whether a picture is something else as well: a page, a script, an archive."""
    # What browsers and readers look through to find out by themselves.
    if _ACTIVE.search(job.head[:1_024]):
        return True
    end = (job.tail or job.head)[-66_000:]
    at = end.rfind(b"PK\x05\x06")
    return at >= 0 and len(end) - at >= 22 and len(end) - at == 22 + int.from_bytes(
        end[at + 20 : at + 22], "little"
    )  # fmt: skip


def _is_text(head: bytes) -> bool:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    return _CONTROL.search(head[:65_536]) is None


def _zip_type(job: ExamineJob) -> str:
    """What an archive is by the names in it, none of which is ever unpacked."""
    if b"PK\x01\x02" in (job.tail or job.head) and _entries(job.tail or job.head) > ENTRIES_MAX:
        raise Bomb
    try:
        with zipfile.ZipFile(_Ends(job)) as archive:
            entries = archive.infolist()
            if len(entries) > ENTRIES_MAX:
                raise Bomb
            unpacked = sum(entry.file_size for entry in entries)
            if unpacked > UNPACKED_BYTES_MAX or unpacked > max(
                job.size_bytes * UNPACKED_TIMES_MAX, 1 << 20
            ):
                raise Bomb
            return _packed_type(job, {entry.filename for entry in entries})
    except (zipfile.BadZipFile, _Hole, ValueError, NotImplementedError, EOFError):
        return OTHER


def _entries(end: bytes) -> int:
    at = end.rfind(b"PK\x05\x06")
    return int.from_bytes(end[at + 10 : at + 12], "little") if at >= 0 else 0


def _packed_type(job: ExamineJob, names: set[str]) -> str:
    # ODF and EPUB say what they are in their first entry, which is stored as it is.
    told = re.match(
        rb"PK\x03\x04.{22}\x08\x00(..)mimetype(application/[a-z0-9.+-]+)", job.head[:200], re.DOTALL
    )
    if told is not None:
        said = told[2].decode().removesuffix("PK")
        for known in (ODP, ODT, ODS, ODG, EPUB):
            if said.startswith(known):
                return known
    if "[Content_Types].xml" in names:
        for folder, found in (("ppt/", PPTX), ("word/", DOCX), ("xl/", XLSX)):
            if any(name.startswith(folder) for name in names):
                return found
    return ZIP


class _Hole(Exception):
    """What was asked for lies between the ends that are here."""


class _Ends(io.RawIOBase):
    """A file of which only the beginning and the end are here."""

    def __init__(self, job: ExamineJob) -> None:
        self._job = job
        self._at = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._at, self._job.size_bytes)[whence]
        if base + offset < 0:
            raise OSError("before the beginning")
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        job = self._job
        end = job.size_bytes if size is None or size < 0 else min(job.size_bytes, self._at + size)
        if end <= self._at:
            return b""
        tail_at = job.size_bytes - len(job.tail)
        if end <= len(job.head):
            data = job.head[self._at : end]
        elif self._at >= tail_at:
            data = job.tail[self._at - tail_at : end - tail_at]
        else:
            raise _Hole
        self._at = end
        return data
