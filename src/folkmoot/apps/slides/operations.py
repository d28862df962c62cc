"""What is asked of slides: by participants, and by the documents servers that convert them."""

from __future__ import annotations

import msgspec


class Add(msgspec.Struct, forbid_unknown_fields=True):
    """Makes a deck of a file of this room; its id is the file's."""

    file: str
    title: str = ""


class Rename(msgspec.Struct, forbid_unknown_fields=True):
    deck: str
    title: str


class Retry(msgspec.Struct, forbid_unknown_fields=True):
    """Has a deck that failed converted again."""

    deck: str


class Remove(msgspec.Struct, forbid_unknown_fields=True):
    deck: str


class Turn(msgspec.Struct, forbid_unknown_fields=True):
    """Turns everyone's page; pages are counted from 1."""

    deck: str
    page: int


class Note(msgspec.Struct, forbid_unknown_fields=True):
    """Writes the speaker notes of a page; an empty text takes them away."""

    deck: str
    page: int
    text: str


class Put(msgspec.Struct, forbid_unknown_fields=True):
    """Puts a mark over a page.

    Shape: `mark` is an id of the client's making; `points` are x and y in turn, each two bytes,
    the greater first, in ten-thousandths of the page's width and height; `width` is in
    ten-thousandths of the page's width, of a text it is the height of its letters.
    """

    deck: str
    page: int
    mark: str
    tool: str
    points: bytes
    colour: str
    width: int
    text: str = ""


class Unmark(msgspec.Struct, forbid_unknown_fields=True):
    """Takes marks away: one's own, or as a presenter anybody's."""

    deck: str
    page: int
    marks: list[str]


class Clear(msgspec.Struct, forbid_unknown_fields=True):
    """Takes all marks of a page away; with `own` only those of the author."""

    deck: str
    page: int
    own: bool = False


# By documents servers


class Added(msgspec.Struct, forbid_unknown_fields=True):
    """A file that was uploaded to be a deck is one."""

    file: str


class Started(msgspec.Struct, forbid_unknown_fields=True):
    """`worker`, a `<id>.<incarnation>`, begins this attempt: the one after the last."""

    deck: str
    worker: str
    attempt: int


class Progress(msgspec.Struct, forbid_unknown_fields=True):
    """The worker of this attempt still works, at this step."""

    deck: str
    attempt: int
    step: str


class Opened(msgspec.Struct, forbid_unknown_fields=True):
    """How many pages there are, and of what size.

    Shape: `folder` is where their images are; `sizes` are width and height in turn, in pixels of
    the large images.
    """

    deck: str
    attempt: int
    folder: str
    sizes: list[int]


class Pages(msgspec.Struct, forbid_unknown_fields=True):
    """The first `ready` pages can be shown."""

    deck: str
    attempt: int
    ready: int


class Noted(msgspec.Struct, forbid_unknown_fields=True):
    """Speaker notes that were in the file. Shape: `texts` belong to `pages`, in their order."""

    deck: str
    attempt: int
    pages: list[int]
    texts: list[str]


class Finished(msgspec.Struct, forbid_unknown_fields=True):
    """All pages can be shown."""

    deck: str
    attempt: int


class Failed(msgspec.Struct, forbid_unknown_fields=True):
    """This attempt came to nothing; `final` when another one would too, `excused` when it says
    nothing about the file: its worker was stopped, or had no store to work with.
    """

    deck: str
    attempt: int
    reason: str
    final: bool = False
    excused: bool = False


class Removed(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing is kept for a deck that was removed."""

    deck: str
