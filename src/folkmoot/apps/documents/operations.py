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


class Void(msgspec.Struct, forbid_unknown_fields=True):
    """The update at (`sequence`, `index`) cannot be applied and is taken out."""

    document: str
    sequence: int
    index: int
    reason: str


class Purged(msgspec.Struct, forbid_unknown_fields=True):
    """The objects of a document that is gone for good were deleted."""

    document: str
