"""What the examiner and its child say to each other: one child looks at one upload."""

from __future__ import annotations

import msgspec

HEAD_BYTES = 1 << 20
TAIL_BYTES = 1 << 20
WHOLE_BYTES_MAX = 24 << 20
"""Of an upload that the child sees whole; of a larger one it sees its beginning and its end."""


class ExamineJob(msgspec.Struct, frozen=True):
    """Shape: `tail` is empty when `head` is all of it; `size_bytes` is how much all is."""

    name: str
    purpose: str
    size_bytes: int
    head: bytes
    tail: bytes


class Taken(msgspec.Struct, frozen=True, tag_field="verdict", tag="taken"):
    """It may be shared. Shape: `preview` is a small picture (WebP), empty where there is none."""

    type: str
    width: int = 0
    height: int = 0
    preview: bytes = b""


class NotTaken(msgspec.Struct, frozen=True, tag_field="verdict", tag="not taken"):
    """It may not, and never will: a code for programs, a sentence for people."""

    code: str
    message: str


Verdict = Taken | NotTaken
