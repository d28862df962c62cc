"""What the export server and its child say to each other.

One child makes one archive: its input is an `ExportJob`, its output a `Made`, both as MessagePack.
"""

from __future__ import annotations

import msgspec


class ExportMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One chat message as it stands; `name` is the author's at that time.

    Shape: `to` is left out for everyone, else `hosts` or a person, whose name is `to_name`;
    `reply_to` names whom it answers and `reply_text` quotes the beginning; `reactions` counts.
    """

    id: str
    author: str
    name: str
    time_ms: int
    text: str
    to: str = ""
    to_name: str = ""
    reply: str = ""
    reply_to: str = ""
    reply_text: str = ""
    edited_ms: int = 0
    reactions: dict[str, int] = {}


class ExportPerson(msgspec.Struct, frozen=True):
    id: str
    name: str
    role: str
    joined_ms: int
    present: bool


class ExportDocument(msgspec.Struct, frozen=True):
    """Shape: `updates` are Yjs updates in their order, the last compaction first; `kind` is rich or
    text. With `readable` false the content is left out, and the archive says so.
    """

    id: str
    kind: str
    title: str
    updates: list[bytes]
    readable: bool = True


class ExportPoll(msgspec.Struct, frozen=True):
    """A poll that was started. Shape: `counts` by option, none for text; `answers` are those of an
    open poll with names, and of a secret one what was said in words; see `apps/poll_state.py`.
    """

    id: str
    kind: str
    title: str
    options: list[str]
    secret: bool
    phase: str
    published: bool
    votes: int
    eligible: int
    counts: list[int]
    answers: list[dict[str, object]]


class ExportQuestion(msgspec.Struct, frozen=True):
    """Shape: `name` is empty when it was asked without one."""

    id: str
    name: str
    text: str
    asked_ms: int
    phase: str
    supports: int
    answer: str
    answered_by: str


class ExportFile(msgspec.Struct, frozen=True):
    """A file that was shared. Shape: `data` is None where it is listed only."""

    name: str
    type: str
    size_bytes: int
    by: str
    shared_ms: int
    data: bytes | None = None


class ExportDeck(msgspec.Struct, frozen=True):
    """Slides. Shape: notes are by page, for those who present; `pdf` has what was drawn on it, and
    is None where the deck is listed only.
    """

    title: str
    pages: int
    by: str
    added_ms: int
    marks: int
    notes: dict[str, str] = {}
    pdf: bytes | None = None


class ExportJob(msgspec.Struct, frozen=True):
    """All that goes into an archive. Units: times in milliseconds since 1970.

    Shape: `position` is that of the conference's log at which everything was read.
    """

    conference: str
    position: int
    time_ms: int
    formats: list[str]
    messages: list[ExportMessage]
    people: list[ExportPerson]
    documents: list[ExportDocument]
    polls: list[ExportPoll] = []
    questions: list[ExportQuestion] = []
    agenda: list[str] = []
    files: list[ExportFile] = []
    decks: list[ExportDeck] = []


class Made(msgspec.Struct, frozen=True):
    """The archive; `unreadable` names documents whose content could not be read."""

    archive: bytes
    unreadable: list[str] = []


class Picture(msgspec.Struct, frozen=True):
    """A picture of a document. Shape: `type` is what its bytes were found to be."""

    type: str
    data: bytes


class DocumentJob(msgspec.Struct, frozen=True):
    """One document, to be written in one format.

    Shape: `updates` as in `ExportDocument`; `pictures` by file, those that are there and small.
    With `names_only` it is asked which pictures are in it, and nothing is written.
    """

    kind: str
    title: str
    time_ms: int
    format: str
    updates: list[bytes]
    pictures: dict[str, Picture] = {}
    names_only: bool = False


class MadeDocument(msgspec.Struct, frozen=True):
    """The file; `pictures` names the files that the document shows.

    Shape: `readable` is false when the content could not be read.
    """

    data: bytes
    pictures: list[str] = []
    readable: bool = True
