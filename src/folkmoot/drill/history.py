"""The history of a run: what people sent, what they were told, and what they saw.

One JSON object a line, in the order in which it happened in one process of people; `t` is the
machine's monotonic clock in seconds, the same for all its processes. The checker knows nothing
else. docs/cluster-tests.md has the table of kinds and their fields.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any, Final

import msgspec

KINDS: Final = (
    "joined",
    "attached",
    "lost",
    "ended",
    "saving",
    "send",
    "ok",
    "fail",
    "unknown",
    "preview",
    "got",
    "replaced",
    "mark",
    "state",
    "final",
)


class Line(msgspec.Struct, omit_defaults=True):
    """One thing that happened.

    Shape: `who` is a client's name; `key` names an operation, the same in all lines about it;
    (`seq`, `index`) is an event's place in the room's log; `more` has what only some kinds tell.
    """

    t: float
    kind: str
    who: str = ""
    room: str = ""
    key: str = ""
    seq: int = 0
    index: int = 0
    app: str = ""
    type: str = ""
    code: str = ""
    more: dict[str, Any] = {}


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


def write(file: IO[bytes], line: Line) -> None:
    file.write(_encode(line) + b"\n")


def read(*paths: Path) -> list[Line]:
    """All lines of these files, by time."""
    lines = [_decode(text) for path in paths for text in path.read_bytes().splitlines() if text]
    return sorted(lines, key=lambda line: line.t)
