"""Points between the versions of a document: who edited when, what it was then, and going back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from pycrdt import Doc, Text

from folkmoot.client.document_reading import read_parts
from folkmoot.client.errors import ClientError

if TYPE_CHECKING:
    from folkmoot.client.conference import Conference
    from folkmoot.client.receipt import Receipt

TRIES_MAX: Final = 5
FIELD: Final = "content"

T = TypeVar("T")


class Stretch(msgspec.Struct, frozen=True):
    """Points that are read together.

    Shape: it has the document from `since` to `position`; both are positions in the log. `recent`
    is the last one, which grows; those before it are never written into again but may go.
    """

    since: int
    position: int
    edits: int
    from_ms: int = 0
    time_ms: int = 0
    segment: str = ""
    ground: str = ""
    recent: bool = False


class Point(msgspec.Struct, frozen=True):
    """An edit, and the position at which the document has it; several may share one."""

    position: int
    time_ms: int
    person: str
    name: str


class _Segment(msgspec.Struct):
    edits: list[tuple[int, int, int, bytes]]


class _Ground(msgspec.Struct):
    state: bytes


class _Recent(msgspec.Struct):
    since: int
    edits: list[tuple[int, int, int, int, bytes]]
    more: bool


class _Edits(msgspec.Struct):
    """Edits as (position, time, Yjs client id, update), and the state before them, if any."""

    ground: bytes | None
    edits: list[tuple[int, int, int, bytes]]


class PointsApi:
    """`conference.documents.history.points`.

    Errors: of each method `ClientError`, `OperationRejected` and `ConferenceEnded`.
    """

    def __init__(self, conference: Conference) -> None:
        self._conference = conference

    async def stretches(self, document: str) -> list[Stretch]:
        """What is kept, oldest first."""
        answer = await self._conference.get("document_points", {"document": document})
        recent = answer["recent"]
        told = [msgspec.convert(one, Stretch) for one in answer["segments"]]
        if recent["edits"]:
            since = recent["since"]
            told.append(
                Stretch(since, since, recent["edits"], ground=recent["sha256"], recent=True)
            )
        return told

    async def read(self, document: str, stretch: Stretch) -> list[Point]:
        """Its edits, oldest first."""
        edits = (await self._edits(document, stretch, ground=False)).edits
        answer = await self._conference.get("document_authors", {"document": document})
        points = []
        for position, time_ms, number, _ in edits:
            person = answer["numbers"].get(number, "")
            points.append(Point(position, time_ms, person, answer["persons"].get(person, "")))
        return points

    async def doc(self, document: str, position: int) -> Doc[Any]:
        """The document as it was. Caller: may change it; nobody else sees it."""

        async def once() -> Doc[Any]:
            for stretch in reversed(await self.stretches(document)):
                if stretch.since <= position and (stretch.recent or position <= stretch.position):
                    told = await self._edits(document, stretch, ground=True)
                    break
            else:
                raise ClientError("not_found", "This point is no longer kept.")
            doc: Doc[Any] = Doc()
            if told.ground is not None:
                doc.apply_update(told.ground)
            for at, _, _, update in told.edits:
                if at <= position:
                    doc.apply_update(update)
            return doc

        return await _again(once)

    async def text(self, document: str, position: int) -> str:
        """The text of a pad as it was."""
        return str((await self.doc(document, position)).get(FIELD, type=Text))

    async def restore(self, document: str, position: int) -> Receipt:
        """Makes the document what it was at a position, as new edits, within a moment.

        What it was before is kept as a version.
        """
        body = {"document": document, "position": position}
        return await self._conference.submit("documents", "restore_point", body)

    async def name(self, document: str, position: int, name: str) -> Receipt:
        """Keeps the document as it was at a position; it is among the versions a moment later.

        From then on it is a version like others: renamed, unnamed and restored by its id.
        """
        body = {"document": document, "position": position, "name": name}
        return await self._conference.submit("documents", "name_point", body)

    async def _edits(self, document: str, stretch: Stretch, *, ground: bool) -> _Edits:
        base: bytes | None = None
        if stretch.recent:
            if ground and stretch.ground:
                wanted = {"document": document, "sha256": stretch.ground}
                base = await read_parts(self._conference, wanted, 0)
            return _Edits(base, await self._recent(document, stretch.since))
        if ground and stretch.ground:
            wanted = {"document": document, "segment": stretch.ground}
            data = await read_parts(self._conference, wanted, 0)
            base = msgspec.msgpack.decode(data, type=_Ground).state
        wanted = {"document": document, "segment": stretch.segment}
        data = await read_parts(self._conference, wanted, 0)
        return _Edits(base, msgspec.msgpack.decode(data, type=_Segment).edits)

    async def _recent(self, document: str, since: int) -> list[tuple[int, int, int, bytes]]:
        edits: list[tuple[int, int, int, bytes]] = []
        after = (since, 0)
        while True:
            arguments = {"document": document, "after": after}
            answer = await self._conference.get("document_recent", arguments)
            told = msgspec.convert(answer, _Recent)
            if told.since != since:
                raise ClientError("request_failed", "The document has changed.")
            edits += [(at, ms, number, update) for at, _, ms, number, update in told.edits]
            if not told.more:
                return edits
            after = told.edits[-1][:2]


async def _again(once: Callable[[], Awaitable[T]]) -> T:
    """Once more when it was compacted while it was read."""
    for _ in range(TRIES_MAX - 1):
        try:
            return await once()
        except ClientError as error:
            if error.code != "request_failed":
                raise
    return await once()
