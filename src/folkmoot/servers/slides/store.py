"""Where pages lie: by the content of the file they are made of, so that no file is drawn twice.

The bucket `decks` has an entry for each content and version of what draws: which decks use it,
in which folder its pages are, how far they are. An entry is changed by its revision only. Whoever
adds a use finds the pages there from then on; when the last use goes, the entry says so first
(`leaving`), then the pages are deleted, then the entry. Who wants it meanwhile, or after a server
died in between, deletes what is left and begins in a folder of another name, so that a server that
deletes late cannot meet new pages.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from folkmoot.ports import Bucket, Conflict, Objects

DRAWN_BY: Final = "1"
"""The version of what draws; another one draws everything anew."""

USES_MAX: Final = 5_000
TRIES_MAX: Final = 50
FOLDER: Final = "decks"


class Stores(Protocol):
    """The part of the engine that this file uses."""

    @property
    def objects(self) -> Objects: ...
    def bucket(self, name: str) -> Bucket: ...


class Kept(msgspec.Struct, omit_defaults=True):
    """What is kept of one content.

    Shape: `uses` are `<conference>/<deck>`; `sizes` as in `apps.slides.state.Deck`; the first
    `ready` pages are there; `pdf` names the PDF that was made of it, empty when it is one itself.
    """

    folder: str
    uses: list[str]
    sizes: list[int] = []
    ready: int = 0
    notes: dict[str, str] = {}
    pdf: str = ""
    finished: bool = False
    leaving: bool = False

    @property
    def pages(self) -> int:
        return len(self.sizes) // 2


class Gone(Exception):
    """Nobody uses it any more, or it was begun anew elsewhere."""


class TooMany(Exception):
    """More decks than are counted show the same file."""


def key_of(sha256: str) -> str:
    return f"{sha256}.{DRAWN_BY}"


def key_of_folder(folder: str) -> str:
    """Of a folder as `Kept` has it; empty for what is none."""
    parts = folder.split("/")
    return parts[1] if len(parts) == 4 and parts[0] == FOLDER else ""


def large_name(folder: str, page: int) -> str:
    return f"{folder}{page}.large"


def small_name(folder: str, page: int) -> str:
    """The small image and the text of a page (see `job.Small`)."""
    return f"{folder}{page}.small"


def text_name(folder: str) -> str:
    """The text of all pages."""
    return f"{folder}text"


def use_of(conference: str, deck: str) -> str:
    return f"{conference}/{deck}"


def annotated_folder(conference: str, deck: str) -> str:
    """Where PDFs with their marks are kept for a while."""
    return f"annotated/{conference}/{deck}/"


class DeckStore:
    """Errors: every call may raise `LogUnavailable`, those that write also `LogFull`."""

    def __init__(self, stores: Stores) -> None:
        self._objects = stores.objects
        self._bucket = stores.bucket("decks")

    async def take(self, key: str, use: str) -> Kept:
        """Adds a use and returns what is there. Errors: `TooMany`."""
        for _ in range(TRIES_MAX):
            kept, revision = await self._read(key)
            if kept is not None and kept.leaving:
                await self._delete(key, kept)
                continue
            if kept is None:
                kept = Kept(f"{FOLDER}/{key}/{secrets.token_hex(8)}/", [])
            if use in kept.uses:
                return kept
            if len(kept.uses) >= USES_MAX:
                raise TooMany(f"This file is among the slides of {USES_MAX:,} rooms already.")
            kept.uses.append(use)
            if await self._write(key, kept, revision):
                return kept
        raise Conflict(f"the entry {key} is written by too many at once")

    async def change(self, key: str, folder: str, change: Callable[[Kept], None]) -> Kept:
        """Changes the entry of this folder. Errors: `Gone`."""
        for _ in range(TRIES_MAX):
            kept, revision = await self._read(key)
            if kept is None or kept.leaving or kept.folder != folder:
                if await self._so(key, kept, revision):
                    raise Gone(key)
                continue
            before = msgspec.json.encode(kept)
            change(kept)
            if msgspec.json.encode(kept) == before or await self._write(key, kept, revision):
                return kept
        raise Conflict(f"the entry {key} is written by too many at once")

    async def let_go(self, key: str, use: str) -> None:
        """Takes a use away, and deletes what nobody uses any more; twice is as good as once."""
        for _ in range(TRIES_MAX):
            kept, revision = await self._read(key)
            if kept is None or (not kept.leaving and use not in kept.uses):
                if await self._so(key, kept, revision):
                    return
                continue
            if not kept.leaving:
                kept.uses.remove(use)
                kept.leaving = not kept.uses
                if not await self._write(key, kept, revision):
                    continue
            if kept.leaving:
                await self._delete(key, kept)
            return
        raise Conflict(f"the entry {key} is written by too many at once")

    async def sweep(self, key: str, folder: str) -> None:
        """Deletes pages that were put where nobody looks for them any more."""
        kept, revision = await self._read(key)
        if not folder or (kept is not None and kept.folder == folder):
            return
        if await self._so(key, kept, revision):
            for name in await self._objects.names(folder):
                await self._objects.delete(name)

    async def _read(self, key: str) -> tuple[Kept | None, int]:
        entry = await self._bucket.get(key)
        if entry is None:
            return None, 0
        return msgspec.json.decode(entry.value, type=Kept), entry.revision

    async def _so(self, key: str, kept: Kept | None, revision: int) -> bool:
        """Whether what was read is what is stored: the replica that was asked may lag.

        Errors: `LogUnavailable` also when it lags so far that it knows of no entry.
        """
        if kept is not None:
            return await self._write(key, kept, revision)
        await self._bucket.check_gone(key)
        return True

    async def _write(self, key: str, kept: Kept, revision: int) -> bool:
        value = msgspec.json.encode(kept)
        try:
            if revision:
                await self._bucket.update(key, value, revision)
            else:
                await self._bucket.create(key, value)
        except Conflict:
            return False
        return True

    async def _delete(self, key: str, kept: Kept) -> None:
        """Pages beyond those that are counted may be there, put just before a death."""
        for name in await self._objects.names(kept.folder):
            await self._objects.delete(name)
        now, revision = await self._read(key)
        if now is not None and now.leaving and now.folder == kept.folder:
            await self._bucket.delete(key, revision)
