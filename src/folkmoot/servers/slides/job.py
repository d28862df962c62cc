"""What the converter and its children say to each other, as MessagePack."""

from __future__ import annotations

from typing import Final

import msgspec

WIDE_PIXELS: Final = 1_920
HIGH_PIXELS_MAX: Final = 4_096
"""A large image fits into these."""

SMALL_PIXELS: Final = 320
"""Width of a small image; none is higher than twice that."""

TEXT_CHARACTERS_MAX: Final = 20_000
"""Of one page's text layer."""

LINES_MAX: Final = 1_000
"""Of one page's text layer."""

SOURCE_BYTES_MAX: Final = 200 << 20
"""Of a file that is to be a deck, and of the PDF that is made of it."""


FONTS: Final = "fonts"
"""An argument of a child that writes: it has fonts."""


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """It will never work with this file; `reason` is a sentence for people."""

    reason: str


class Picture(msgspec.Struct, frozen=True, tag="picture"):
    """A job: make a PDF of a picture."""

    data: bytes


class Office(msgspec.Struct, frozen=True, tag="office"):
    """A job: look through an office file, and take the speaker notes out of it."""

    data: bytes


class Draw(msgspec.Struct, frozen=True, tag="draw"):
    """A job: draw pages of a PDF: `first`, and then every `step`-th one.

    Shape: pages are counted from 1; of those in `bad` nothing is looked at, they come out empty.
    """

    pdf: bytes
    first: int
    step: int
    bad: list[int] = []


class Stroke(msgspec.Struct, frozen=True):
    """A mark; see `folkmoot.apps.slides.operations.Put`."""

    page: int
    tool: str
    points: bytes
    colour: str
    width: int
    text: str = ""


class Annotate(msgspec.Struct, frozen=True, tag="annotate"):
    """A job: put marks onto the pages of a PDF."""

    pdf: bytes
    marks: list[Stroke]


Job = Picture | Office | Draw | Annotate


class Made(msgspec.Struct, frozen=True, tag="made"):
    """A PDF."""

    pdf: bytes


class Looked(msgspec.Struct, frozen=True, tag="looked"):
    """An office file: `kind` is its ending; notes are by page, counted from 1."""

    kind: str
    notes: dict[int, str] = {}


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """The PDF's pages. Shape: width and height in turn, in pixels of the large images."""

    sizes: list[int]


class Line(msgspec.Struct, frozen=True, array_like=True):
    """Some text and where it is, in ten-thousandths of the page's width and height."""

    x: int
    y: int
    width: int
    height: int
    text: str


class Drawn(msgspec.Struct, frozen=True, tag="drawn"):
    """One page: both images as WebP, and its text in reading order."""

    page: int
    large: bytes
    small: bytes
    text: str
    lines: list[Line] = []


class Small(msgspec.Struct, frozen=True):
    """What is kept beside a page's large image: what is asked for of many pages at once."""

    image: bytes
    text: str
    lines: list[Line] = []


Reply = Refusal | Made | Looked | Opened | Drawn
