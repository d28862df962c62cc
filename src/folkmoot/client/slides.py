"""What a participant of the Python client does with slides.

A method that changes something returns once that is committed. Errors: `OperationRejected`,
`ConferenceEnded`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from folkmoot.client.conference import Conference
    from folkmoot.client.receipt import Receipt


def packed_points(points: Sequence[tuple[float, float]]) -> bytes:
    """Points of a mark as they are sent; x and y go from 0 to 1 across the page."""
    numbers = [round(min(max(value, 0.0), 1.0) * 10_000) for point in points for value in point]
    return struct.pack(f">{len(numbers)}H", *numbers)


def unpacked_points(points: bytes) -> list[tuple[float, float]]:
    numbers = [number / 10_000 for number in struct.unpack(f">{len(points) // 2}H", points)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


DRAFT_TOPIC: Final = "slides.draft"
"""Live messages with what somebody is drawing just now, in the shape of a `mark` operation."""


class SlidesApi:
    """Decks; `conference.state.slides["decks"]` lists them, oldest first.

    Shape: a deck's id is that of its file; pages are counted from 1. An upload with the purpose
    `deck` becomes one by itself.
    """

    def __init__(self, conference: Conference) -> None:
        self._conference = conference

    async def picture(self, deck: str, page: int, *, small: bool = False) -> bytes:
        """A page as WebP: 1,920 pixels wide, or 320. Errors: `ClientError` when it is not drawn."""
        size = "small" if small else "large"
        return await self._read(deck, f"pages/{page}", size=size)

    async def words(self, deck: str) -> list[dict[str, Any]]:
        """`{text, lines}` of each page, once a deck is ready. Errors: `ClientError`.

        Shape: a line is x, y, width and height in ten-thousandths of the page's, and its text.
        """
        words: list[dict[str, Any]] = json.loads(await self._read(deck, "text"))
        return words

    async def pdf(self, deck: str) -> bytes:
        """The deck as PDF, with the marks that are on it now. Errors: `ClientError`."""
        return await self._read(deck, "pdf")

    async def _read(self, deck: str, path: str, **params: str) -> bytes:
        told = await self._conference.get("deck", {"deck": deck})
        path = f"/api/v1/rooms/{told['room']}/decks/{deck}/{path}"
        return await self._conference.files.read(path, told["ticket"], **params)

    async def add(self, file: str, title: str = "") -> Receipt:
        """Makes a deck of a file that was shared in the room."""
        return await self._conference.submit("slides", "add", {"file": file, "title": title})

    async def rename(self, deck: str, title: str) -> Receipt:
        return await self._conference.submit("slides", "rename", {"deck": deck, "title": title})

    async def retry(self, deck: str) -> Receipt:
        """Has a deck that failed converted again."""
        return await self._conference.submit("slides", "retry", {"deck": deck})

    async def remove(self, deck: str) -> Receipt:
        return await self._conference.submit("slides", "remove", {"deck": deck})

    async def turn(self, deck: str, page: int) -> Receipt:
        """Turns everyone's page."""
        return await self._conference.submit("slides", "turn", {"deck": deck, "page": page})

    async def note(self, deck: str, page: int, text: str) -> Receipt:
        """Writes the speaker notes of a page, which only presenters see."""
        body = {"deck": deck, "page": page, "text": text}
        return await self._conference.submit("slides", "note", body)

    async def mark(
        self,
        deck: str,
        page: int,
        mark: str,
        points: Sequence[tuple[float, float]],
        *,
        tool: str = "pen",
        colour: str = "#e03131",
        width: float = 0.003,
        text: str = "",
    ) -> Receipt:
        """Draws over a page; `mark` is a new id, `width` a part of the page's."""
        body = _mark(deck, page, mark, points, tool, colour, width) | {"text": text}
        return await self._conference.submit("slides", "mark", body)

    def draft(
        self,
        deck: str,
        page: int,
        mark: str,
        points: Sequence[tuple[float, float]],
        *,
        tool: str = "pen",
        colour: str = "#e03131",
        width: float = 0.003,
    ) -> None:
        """Shows others a mark while it is being drawn, all of it each time; nothing is kept of it.

        Caller: says so again at least every second, and ends with `mark` of the same id, or with
        `drop_draft`.
        """
        body = _mark(deck, page, mark, points, tool, colour, width)
        self._conference.send_live(DRAFT_TOPIC, body)

    def drop_draft(self) -> None:
        """What was being drawn will be no mark."""
        self._conference.send_live(DRAFT_TOPIC, None)

    async def unmark(self, deck: str, page: int, marks: Sequence[str]) -> Receipt:
        body = {"deck": deck, "page": page, "marks": list(marks)}
        return await self._conference.submit("slides", "unmark", body)

    async def clear(self, deck: str, page: int, *, own: bool = False) -> Receipt:
        """Takes all marks of a page away, or one's own."""
        body = {"deck": deck, "page": page, "own": own}
        return await self._conference.submit("slides", "clear", body)


def _mark(
    deck: str,
    page: int,
    mark: str,
    points: Sequence[tuple[float, float]],
    tool: str,
    colour: str,
    width: float,
) -> dict[str, Any]:
    return {
        "deck": deck,
        "page": page,
        "mark": mark,
        "tool": tool,
        "points": packed_points(points),
        "colour": colour,
        "width": max(1, round(width * 10_000)),
    }
