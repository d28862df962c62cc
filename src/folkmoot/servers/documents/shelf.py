"""Where a document's objects are, and how what was done is said in the log."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from folkmoot.apps.documents import Document, History
from folkmoot.ports import LogUnavailable, Objects
from folkmoot.servers.applications.work import Work
from folkmoot.servers.document_files import Authors, decode_authors, encode_authors
from folkmoot.servers.document_points import read_object
from folkmoot.servers.documents.conferences import OpenConference

SAID_TRIES_MAX: Final = 5
SAID_WAIT_S: Final = 0.2
AUTHORS_KEPT_MAX: Final = 100
"""Lists of authors kept in memory."""


class Postponed(Exception):
    """The work cannot be done now; the text says why."""


def compactions(work: Work) -> str:
    return f"documents/{work.conference}/{work.document}/"


def versions(work: Work) -> str:
    return f"versions/{work.conference}/{work.document}/"


def points(work: Work) -> str:
    return f"points/{work.conference}/{work.document}/"


def author_lists(work: Work) -> str:
    return f"authors/{work.conference}/{work.document}/"


async def say(
    conference: OpenConference,
    id_: str,
    type_: str,
    body: msgspec.Struct,
    is_seen: Callable[[], bool],
    *,
    patient: bool = True,
) -> None:
    """Publishes until the state shows it; twice is as good as once.

    Shape: unless it is `patient`, a log that does not answer ends it.
    Errors: `Postponed` when it does not show, the engine's when it does not answer.
    """
    for attempt in range(SAID_TRIES_MAX):
        try:
            await conference.publish(id_, type_, body)
        except LogUnavailable:
            if not patient or attempt == SAID_TRIES_MAX - 1:
                raise
            await asyncio.sleep(SAID_WAIT_S * 2**attempt)
            continue
        if is_seen():
            return
    raise Postponed(f"the log does not take {id_}")


async def read_base(objects: Objects, document: Document) -> bytes | None:
    """The last compaction, if there is one. Errors: as `read_object`."""
    base = document.base
    return None if base is None else await read_object(objects, base.object, base.sha256)


async def purge(objects: Objects, work: Work) -> None:
    """Deletes all objects of a document that is gone for good."""
    for folder in (compactions(work), versions(work), points(work), author_lists(work)):
        for name in await objects.names(folder):
            await objects.delete(name)


class AuthorLists:
    """Whose the numbers in a document are: the list that the log names, and what is added to it."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._kept: OrderedDict[str, Authors] = OrderedDict()

    async def known(self, history: History | None) -> Authors:
        """Errors: `Damaged`, `LogUnavailable`."""
        if history is None or not history.known:
            return Authors()
        kept = self._kept.get(history.known_sha256)
        if kept is None:
            data = await read_object(self._objects, history.known, history.known_sha256)
            kept = self._keep(history.known_sha256, decode_authors(data))
        return kept

    async def write(
        self, work: Work, history: History | None, numbers: list[int]
    ) -> tuple[str, str]:
        """The list with these numbers too: its object and hash. Errors: as `known`."""
        known = await self.known(history)
        fresh = {
            number: (author.person, author.name)
            for number in numbers
            if history is not None and (author := history.authors.get(str(number))) is not None
        }
        authors = known.with_all(fresh)
        if history is not None and history.known and authors == known:
            return history.known, history.known_sha256
        data = encode_authors(authors)
        sha256 = hashlib.sha256(data).hexdigest()
        name = f"{author_lists(work)}{sha256[:16]}"
        await self._objects.put(name, data)
        self._keep(sha256, authors)
        return name, sha256

    async def delete_older(self, work: Work, *kept: str) -> None:
        for name in await self._objects.names(author_lists(work)):
            if name not in kept:
                await self._objects.delete(name)

    def _keep(self, sha256: str, authors: Authors) -> Authors:
        self._kept[sha256] = authors
        while len(self._kept) > AUTHORS_KEPT_MAX:
            self._kept.popitem(last=False)
        return authors
