"""Versions of documents in the Python client, and reading what comes in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from pycrdt import Doc, Text

from folkmoot.client.document_points import PointsApi
from folkmoot.client.document_reading import read_parts
from folkmoot.client.errors import ClientError

if TYPE_CHECKING:
    from folkmoot.client.conference import Conference
    from folkmoot.client.receipt import Receipt

TRIES_MAX: Final = 5
FIELD: Final = "content"
"""Where pages keep the content of rich texts and pads."""


class Writer(msgspec.Struct, frozen=True):
    """How many characters (on a board: changes) somebody added and removed."""

    person: str
    name: str
    added: int
    removed: int


class DocumentVersion(msgspec.Struct, frozen=True):
    """A version that is kept, or is being made: then without `bytes` and `writers`.

    Shape: `reason` is `named`, `hourly` or `restore` (from right before a restoring); `position` is
    the sequence in the log up to which it holds all; `writers` wrote since the version before it.
    """

    version: str
    position: int
    time_ms: int
    reason: str
    name: str
    by: str
    bytes: int = 0
    writers: list[Writer] = []


class DocumentHistory(msgspec.Struct, frozen=True):
    """Versions, oldest first; `wanted` are being made, `restoring` says which one is brought back
    and by whom.
    """

    versions: list[DocumentVersion]
    wanted: list[DocumentVersion]
    restoring: dict[str, Any] | None = None


class VersionContent(msgspec.Struct, frozen=True):
    """What a version holds.

    Shape: `state` is one Yjs update with all of it; `runs` are (number, characters as JavaScript
    counts them) in the order of the text; `numbers` maps those to a place in `persons`.
    """

    kind: str
    title: str
    position: int
    time_ms: int
    state: bytes
    persons: list[tuple[str, str]]
    numbers: dict[int, int]
    runs: list[tuple[int, int]]

    def doc(self) -> Doc[Any]:
        """The document as it was then. Caller: may change it; nobody else sees it."""
        doc: Doc[Any] = Doc()
        doc.apply_update(self.state)
        return doc

    def text(self) -> str:
        """The text of a pad."""
        return str(self.doc().get(FIELD, type=Text))

    def authorship(self) -> list[tuple[str, str, str]]:
        """The text of a pad as (person, name, part), in its order; nobody's name is empty."""
        units = self.text().encode("utf-16-le")
        told, at = [], 0
        for number, size in self.runs:
            place = self.numbers.get(number)
            person, name = ("", "") if place is None else self.persons[place]
            part = units[2 * at : 2 * (at + size)].decode("utf-16-le", "replace")
            told.append((person, name, part))
            at += size
        return told


async def read_document(conference: Conference, document: str) -> dict[str, Any]:
    """The answer to `document`, with its base whole. Errors: `ClientError`."""
    for left in reversed(range(TRIES_MAX)):
        content: dict[str, Any] = await conference.get(
            "document", {"document": document, "parts": True}
        )
        parted = content.get("parted")
        if parted is None:
            return content
        try:
            wanted = {"document": document, "sha256": parted["sha256"]}
            content["base"] = await read_parts(conference, wanted, parted["bytes"])
        except ClientError:
            if not left:
                raise
            continue  # it was compacted again meanwhile
        return content
    raise ClientError("request_failed", "The document changes faster than it can be read.")


async def read_version(conference: Conference, document: str, version: str) -> VersionContent:
    """Errors: `ClientError`."""
    data = await read_parts(conference, {"document": document, "version": version}, 0)
    return msgspec.msgpack.decode(data, type=VersionContent)


class HistoryApi:
    """`conference.documents.history`: who wrote what, and going back.

    Errors: of each method `OperationRejected` or `ClientError`, and `ConferenceEnded`.
    """

    def __init__(self, conference: Conference) -> None:
        self._conference = conference
        self.points = PointsApi(conference)

    async def versions(self, document: str) -> DocumentHistory:
        answer = await self._conference.get("document_versions", {"document": document})
        return msgspec.convert(answer, DocumentHistory)

    async def read(self, document: str, version: str) -> VersionContent:
        return await read_version(self._conference, document, version)

    async def authors(self, document: str) -> dict[int, tuple[str, str]]:
        """Whose each Yjs client id in the document is: (person, name), of all who ever wrote."""
        answer = await self._conference.get("document_authors", {"document": document})
        persons = answer["persons"]
        return {n: (person, persons.get(person, "")) for n, person in answer["numbers"].items()}

    async def keep(self, document: str, name: str) -> Receipt:
        """Keeps the document as it is now under a name; it is in `versions` a moment later."""
        return await self._do("keep_version", {"document": document, "name": name})

    async def name(self, document: str, version: str, name: str) -> Receipt:
        """Names a version; an empty name lets it go with the unnamed ones some day."""
        body = {"document": document, "version": version, "name": name}
        return await self._do("name_version", body)

    async def restore(self, document: str, version: str) -> Receipt:
        """Makes the document what the version holds, as new edits, within a moment.

        What it was before is kept as a version, too.
        """
        return await self._do("restore_version", {"document": document, "version": version})

    async def _do(self, type_: str, body: object) -> Receipt:
        return await self._conference.submit("documents", type_, body)
