"""What participants and the documents server ask for."""

from __future__ import annotations

import msgspec


class Create(msgspec.Struct, forbid_unknown_fields=True):
    document: str
    kind: str
    title: str


class Rename(msgspec.Struct, forbid_unknown_fields=True):
    document: str
    title: str


class Move(msgspec.Struct, forbid_unknown_fields=True):
    """Puts a document at a place of the list, counted from 0."""

    document: str
    place: int


class Remove(msgspec.Struct, forbid_unknown_fields=True):
    """Takes a document out of the list; it is kept for a while."""

    document: str


class RestoreRemoved(msgspec.Struct, forbid_unknown_fields=True):
    """Brings a removed document back, to the end of the list."""

    document: str


class Update(msgspec.Struct, rename={"from_": "from"}, forbid_unknown_fields=True):
    """One Yjs update (v1). `from_` and `to` are the author's clock before and after it."""

    document: str
    from_: int
    to: int
    update: bytes


class Compacted(msgspec.Struct, forbid_unknown_fields=True):
    """All updates through position `upto` are in the object `object`.

    Shape: `voids` is how many updates had been taken out of the document when it was merged. After
    another `void` the merge would bring back what went, so it is refused.
    """

    document: str
    upto: int
    object: str
    sha256: str
    bytes: int
    voids: int = 0


class SegmentWritten(msgspec.Struct, forbid_unknown_fields=True):
    """A segment that holds all edits after `since` through what is compacted now.

    Shape: as `history.Segment`.
    """

    since: int
    from_ms: int
    until_ms: int
    edits: int
    edits_bytes: int
    object: str
    sha256: str
    bytes: int
    ground: str = ""
    ground_sha256: str = ""
    ground_bytes: int = 0


class CompactedWithAuthors(msgspec.Struct, forbid_unknown_fields=True):
    """The same from level 2 on.

    Shape: `authors` is the object that says whose all numbers in it are; `written` maps a number to
    what it added and removed in the updates that were merged; `segment` keeps these updates, so
    that points between versions can be gone back to.
    """

    document: str
    upto: int
    object: str
    sha256: str
    bytes: int
    authors: str
    authors_sha256: str
    written: dict[str, tuple[int, int]]
    voids: int = 0
    segment: SegmentWritten | None = None


class Void(msgspec.Struct, forbid_unknown_fields=True):
    """The update at (`sequence`, `index`) cannot be applied and is taken out."""

    document: str
    sequence: int
    index: int
    reason: str


class Purged(msgspec.Struct, forbid_unknown_fields=True):
    """The objects of a document that is gone for good were deleted."""

    document: str


class KeepVersion(msgspec.Struct, forbid_unknown_fields=True):
    """Keeps the document as it is now under a name."""

    document: str
    name: str


class NameVersion(msgspec.Struct, forbid_unknown_fields=True):
    """Gives a version a name; an empty one lets it go with the other unnamed ones some day."""

    document: str
    version: str
    name: str


class NamePoint(msgspec.Struct, forbid_unknown_fields=True):
    """Keeps the document as it was at a position of the log under a name."""

    document: str
    position: int
    name: str


class RestoreVersion(msgspec.Struct, forbid_unknown_fields=True):
    """Makes the document what a version holds, as a new edit."""

    document: str
    version: str


class RestorePoint(msgspec.Struct, forbid_unknown_fields=True):
    """Makes the document what it was at a position of the log, as a new edit."""

    document: str
    position: int


class Kept(msgspec.Struct, forbid_unknown_fields=True):
    """A version was made, of all through `upto`, which is what the last compaction holds.

    Shape: `wish` is empty for the hourly one.
    """

    document: str
    wish: str
    upto: int
    object: str
    sha256: str
    bytes: int


class KeptPoint(msgspec.Struct, forbid_unknown_fields=True):
    """A version was made of a point that was named.

    Units: `time_ms` is that of the point's last edit, 0 where nobody knows.
    """

    document: str
    wish: str
    object: str
    sha256: str
    bytes: int
    time_ms: int = 0


class Unkept(msgspec.Struct, forbid_unknown_fields=True):
    """A version that was asked for cannot be made; `reason` is a sentence, or empty."""

    document: str
    wish: str
    reason: str = ""


class Restored(msgspec.Struct, rename={"from_": "from"}, forbid_unknown_fields=True):
    """A part of what makes the document what the version holds.

    Shape: as `Update`, under the number of the restoring; an empty `update` changes nothing. With
    `last` it is done.
    """

    document: str
    restoring: str
    from_: int
    to: int
    update: bytes
    last: bool


class RestoreFailed(msgspec.Struct, forbid_unknown_fields=True):
    """The version cannot be restored; what is in the log of it already stays."""

    document: str
    restoring: str
    reason: str
