"""Marks over pages: what one may be, and how many there are."""

from __future__ import annotations

import re
from typing import Final

from folkmoot.apps.slides.operations import Put
from folkmoot.apps.slides.state import Deck, Mark, SlidesState
from folkmoot.apps.texts import clean_text
from folkmoot.conference.application import Rejected
from folkmoot.protocol.limits import (
    MARK_POINTS_MAX,
    MARK_TEXT_CHARACTERS_MAX,
    MARKS_OF_PAGE_MAX,
)

TOOLS: Final = ("pen", "highlighter", "line", "arrow", "box", "ellipse", "text")
POINTS_OF_TOOL: Final = {"line": 2, "arrow": 2, "box": 2, "ellipse": 2, "text": 1}
"""How many points a mark has to have; strokes have what they have."""

FULL: Final = 10_000
WIDTH_MAX: Final = 1_000
MARK_BYTES_MAX: Final = 1 << 20
"""Of marks in one room: points count two bytes a number, text four a character."""

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")


def checked_mark(body: Put, person: str) -> Mark:
    """The mark as it is kept. Errors: `Rejected`."""
    if body.tool not in TOOLS or not _ID.fullmatch(body.mark) or not _COLOUR.fullmatch(body.colour):
        raise Rejected("malformed")
    count, odd = divmod(len(body.points), 4)
    if odd or not count or not 1 <= body.width <= WIDTH_MAX:
        raise Rejected("malformed")
    if count > MARK_POINTS_MAX:
        raise Rejected("too_large", f"A stroke has at most {MARK_POINTS_MAX} points.")
    if count != POINTS_OF_TOOL.get(body.tool, count):
        raise Rejected("malformed")
    highs, lows = body.points[::2], body.points[1::2]
    if any(high << 8 | low > FULL for high, low in zip(highs, lows, strict=True)):
        raise Rejected("malformed", "A mark lies on its page.")
    if body.tool == "text":
        text = clean_text(body.text, MARK_TEXT_CHARACTERS_MAX)
    elif body.text:
        raise Rejected("malformed")
    else:
        text = ""
    return Mark(person, body.tool, body.points, body.colour, body.width, text)


def check_place(state: SlidesState, deck: Deck, body: Put, mark: Mark) -> None:
    """Whether one more mark has a place. Errors: `Rejected`."""
    marks = deck.marks.get(str(body.page), {})
    if body.mark in marks:
        raise Rejected("exists")
    if len(marks) >= MARKS_OF_PAGE_MAX:
        raise Rejected(
            "limit_reached", f"A page holds {MARKS_OF_PAGE_MAX} marks. Take some away first."
        )
    if sum(other.mark_bytes for other in state.decks.values()) + mark.kept_bytes > MARK_BYTES_MAX:
        raise Rejected("limit_reached", "The room is full of marks. Take some away first.")
