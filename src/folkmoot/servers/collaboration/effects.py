"""What a conference's host asks its shell to do. Connections are small integers of the shell's."""

from __future__ import annotations

from typing import Any

import msgspec

from folkmoot.servers.chat_history import ChatQuery


class _Effect(msgspec.Struct, frozen=True):
    pass


class Send(_Effect, frozen=True):
    """Write `data`, one or several whole frames, as one WebSocket message."""

    connection: int
    data: bytes


class Close(_Effect, frozen=True):
    connection: int
    code: int
    reason: str


class Pause(_Effect, frozen=True):
    """Stop reading from the connection: it is over its rate."""

    connection: int


class Resume(_Effect, frozen=True):
    connection: int


class Publish(_Effect, frozen=True):
    """Publish to the log and answer with `published`; may be asked again for the same batch."""

    batch: int
    payload: bytes


class Fetch(_Effect, frozen=True):
    """Read the log from `first` on and answer with `page` or `page_failed`.

    Shape: `read` names it in the answer; `count_max` is 0 where the reader may choose.
    """

    first: int
    read: int
    count_max: int = 0


class PublishLive(_Effect, frozen=True):
    payload: bytes


class PublishAhead(_Effect, frozen=True):
    """Show to all servers what waits behind a batch that is held up."""

    payload: bytes


class SaveSnapshot(_Effect, frozen=True):
    """Seal and store the packed state, then point to it."""

    sequence: int
    digest: bytes
    operations: int
    time_ms: int
    packed: bytes


class RequestWork(_Effect, frozen=True):
    """Tell the application servers that listen on `subject` that something waits here.

    Shape: `document` is what it is about, empty where a request is for the whole conference.
    """

    subject: str
    document: str = ""


class AnswerDocument(_Effect, frozen=True):
    """Answer a query for a document's content once its base object was read."""

    connection: int
    request: int
    object: str
    answer: dict[str, Any]


class AnswerPart(_Effect, frozen=True):
    """Answer a query for a part of an object from `start` on; `sealed` ones are opened first."""

    connection: int
    request: int
    object: str
    sha256: str
    start: int
    sealed: bool


class AnswerAuthors(_Effect, frozen=True):
    """Answer a query for who wrote in a document: those of an object, and `now`, by number."""

    connection: int
    request: int
    object: str
    sha256: str
    now: dict[int, tuple[str, str]]


class AnswerHistory(_Effect, frozen=True):
    """Answer a query for chat older than the window, from history segments."""

    connection: int
    request: int
    query: ChatQuery


class AnswerLink(_Effect, frozen=True):
    """Answer a query for a link: with the viewers' key, or a signed word about a person.

    Shape: `kind` is `viewer`, `own` or `personal`; an empty `person` is to be a new one.
    """

    connection: int
    request: int
    kind: str
    person: str
    name: str
    role: str


class AnswerEditor(_Effect, frozen=True):
    """Answer a query for the token of a link for editors that are not ours."""

    connection: int
    request: int
    link: str
    expires_ms: int


class AnswerExport(_Effect, frozen=True):
    """Answer a query for the download of a finished export with a signed ticket."""

    connection: int
    request: int
    person: str
    export: str
    object: str
    sha256: str
    name: str = ""


class AnswerUpload(_Effect, frozen=True):
    """Answer a query for leave to bring files with a signed ticket."""

    connection: int
    request: int
    person: str
    purpose: str
    bytes_max: int


class AnswerFile(_Effect, frozen=True):
    """Answer a query for the way to a file's bytes with a signed ticket."""

    connection: int
    request: int
    person: str
    file: str
    object: str
    preview: str
    name: str
    type: str


class AnswerDeck(_Effect, frozen=True):
    """Answer a query for the way to a deck's pages with a signed ticket."""

    connection: int
    request: int
    person: str
    deck: str
    folder: str
    title: str
    export: bool


class AnswerBreakout(_Effect, frozen=True):
    """Answer a query for the way into a breakout with a ticket for this person."""

    connection: int
    request: int
    conference: str
    person: str
    name: str
    role: str


Answer = (
    AnswerDocument
    | AnswerPart
    | AnswerAuthors
    | AnswerHistory
    | AnswerExport
    | AnswerBreakout
    | AnswerLink
    | AnswerUpload
    | AnswerFile
    | AnswerDeck
    | AnswerEditor
)
Effect = (
    Send
    | Close
    | Pause
    | Resume
    | Publish
    | Fetch
    | PublishLive
    | PublishAhead
    | SaveSnapshot
    | RequestWork
    | Answer
)
