"""The page's files, as the build left them.

Only names found in the folder are served, so no address can lead out of it. Files with a hash in
their name, or a version in their folder's, are kept by browsers for a year, everything else is
asked for again each time. Nothing but what was compressed stays in memory: the whiteboard's fonts
alone are 14 MB.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from collections import OrderedDict
from pathlib import Path
from typing import Final, NamedTuple

FILES_MAX: Final = 10_000
COMPRESSED_CACHE_BYTES_MAX: Final = 8 << 20
COMPRESS_BYTES_MIN: Final = 1_024
COMPRESS_BYTES_MAX: Final = 8 << 20

_HASHED: Final = re.compile(
    r"/assets/(?:.*-[A-Za-z0-9_-]{8}|excalidraw-[0-9.]+/fonts/.*)\.[a-z0-9.]+"
)
_ROOM: Final = re.compile(r"/r/[^/]{1,64}/?|/zone/?")
_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".ico": "image/x-icon",
    ".webp": "image/webp",
    ".webmanifest": "application/manifest+json",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8",
}
_COMPRESSED_KINDS: Final = ("text/", "application/json", "image/svg", "application/wasm")

NOT_BUILT: Final = (
    "The page has not been built, so there is nothing to show here yet. "
    "Run `make up` in Folkmoot's folder (it builds the page), then reload.\n"
)


class Answer(NamedTuple):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class _File(NamedTuple):
    path: str
    kind: str
    hashed: bool


class Pages:
    """Answers for the addresses that belong to people's browsers.

    Shape: the folder is read again when its `index.html` changed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, _File] = {}
        self._read_at: tuple[int, int] | None = None
        self._compressed: OrderedDict[str, bytes] = OrderedDict()
        self._compressed_bytes = 0

    def answer(self, path: str, accept_encoding: str, if_none_match: str) -> Answer:
        """The answer to GET `path` (decoded, without query)."""
        self._refresh()
        if path in ("/", "/index.html") or _ROOM.fullmatch(path):
            if "/index.html" not in self._files:
                return _text(503, NOT_BUILT)
            path = "/index.html"
        file = self._files.get(path)
        if file is None:
            return _text(404, "There is nothing at this address. Check the link.\n")
        try:
            body = Path(file.path).read_bytes()
        except OSError:
            self._read_at = None
            return _text(404, "This part of the page is gone. Reload the page.\n")
        return self._found(file, body, accept_encoding, if_none_match)

    def _found(self, file: _File, body: bytes, accept_encoding: str, known: str) -> Answer:
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        keep = "public, max-age=31536000, immutable" if file.hashed else "no-cache"
        headers = [
            (b"content-type", file.kind.encode()),
            (b"cache-control", keep.encode()),
            (b"etag", etag.encode()),
            (b"vary", b"accept-encoding"),
        ]
        if etag in known:
            return Answer(304, headers, b"")
        wanted = "gzip" in accept_encoding and file.kind.startswith(_COMPRESSED_KINDS)
        if wanted and COMPRESS_BYTES_MIN <= len(body) <= COMPRESS_BYTES_MAX:
            body = self._gzip(etag, body)
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(body)).encode()))
        return Answer(200, headers, body)

    def _gzip(self, etag: str, body: bytes) -> bytes:
        kept = self._compressed.get(etag)
        if kept is not None:
            self._compressed.move_to_end(etag)
            return kept
        small = gzip.compress(body, 6, mtime=0)
        self._compressed[etag] = small
        self._compressed_bytes += len(small)
        while self._compressed_bytes > COMPRESSED_CACHE_BYTES_MAX:
            _etag, dropped = self._compressed.popitem(last=False)
            self._compressed_bytes -= len(dropped)
        return small

    def _refresh(self) -> None:
        try:
            index = (self._folder / "index.html").stat()
            seen = (index.st_mtime_ns, index.st_size)
        except OSError:
            self._files, self._read_at = {}, None
            return
        if seen != self._read_at:
            self._files = _files_in(self._folder)
            self._read_at = seen


def _files_in(folder: Path) -> dict[str, _File]:
    """Addresses of the plain files below a folder; links and hidden files are left out."""
    files: dict[str, _File] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = os.path.join(place, name)
            kind = _KINDS.get(os.path.splitext(name)[1])
            if kind is None or name.startswith(".") or os.path.islink(path):
                continue
            address = "/" + os.path.relpath(path, folder)
            files[address] = _File(path, kind, bool(_HASHED.fullmatch(address)))
            if len(files) >= FILES_MAX:
                return files
    return files


def _text(status: int, text: str) -> Answer:
    body = text.encode()
    return Answer(
        status,
        [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"content-length", str(len(body)).encode()),
        ],
        body,
    )
