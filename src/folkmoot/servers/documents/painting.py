"""Who wrote each character of a document, found by painting: in the child.

In a copy of the document every character is replaced by a sign that stands for its author. All ids
and places stay, so Yrs puts the signs where the characters were, and what it reads out is the list
of authors in the order of the text. No second reading of the order of Yjs has to be right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

import pycrdt

from folkmoot.apps.yjs_update import STRING, UpdateParser

FIELD: Final = "content"
"""Where clients keep the content of texts (see the client's `documents.ts`)."""

_FIRST_SIGN: Final = 0xE000
_SIGNS: Final = 0xF8FF - _FIRST_SIGN + 1
NESTING_MAX: Final = 64

Runs = list[tuple[int, int]]
"""(number, how many characters as JavaScript counts them), in the order of the text."""


class _Painter(UpdateParser):
    """Notes where in the bytes the texts are and whose they are."""

    __slots__ = ("spans",)

    def __init__(self, data: bytes) -> None:
        super().__init__(data, merged=True)
        self.spans: list[tuple[int, int, int, int]] = []

    def read_content(self, ref: int) -> int:
        start = self.reader.at
        length = super().read_content(ref)
        if ref == STRING:
            self.spans.append((start, self.reader.at, self.client, length))
        return length


def runs_of(update: bytes, kind: str) -> Runs:
    """The authors of a document's text. Shape: `update` is the whole document, in one.

    Errors: `UpdateInvalid`; and what Yrs raises.
    """
    painter = _Painter(update)
    painter.update()
    numbers = list(dict.fromkeys(client for _, _, client, _ in painter.spans))
    # More authors than signs are told apart by reading the text more than once.
    passes = max(1, -(-len(numbers) // (_SIGNS - 1)))
    whose: list[int] = []
    for turn in range(passes):
        here = numbers[turn * (_SIGNS - 1) : (turn + 1) * (_SIGNS - 1)]
        sign_of = {number: _FIRST_SIGN + 1 + i for i, number in enumerate(here)}
        text = "".join(_texts(_painted(update, painter.spans, sign_of), kind))
        read = [here[ord(c) - _FIRST_SIGN - 1] if ord(c) > _FIRST_SIGN else 0 for c in text]
        whose = [old or new for old, new in zip(whose, read, strict=True)] if turn else read
    return [(number, sum(1 for _ in run)) for number, run in groupby(whose)]


def _painted(
    update: bytes, spans: Sequence[tuple[int, int, int, int]], sign_of: dict[int, int]
) -> bytes:
    parts, at = [], 0
    for start, end, client, length in spans:
        sign = chr(sign_of.get(client, _FIRST_SIGN)).encode() * length
        parts += [update[at:start], _varint(len(sign)), sign]
        at = end
    parts.append(update[at:])
    return b"".join(parts)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _texts(update: bytes, kind: str) -> Iterator[str]:
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    if kind == "rich":
        fragment = doc.get(FIELD, type=pycrdt.XmlFragment)
        doc.apply_update(update)
        yield from _texts_within(fragment, 0)
    elif kind == "text":
        text = doc.get(FIELD, type=pycrdt.Text)
        doc.apply_update(update)
        yield str(text)


def _texts_within(part: Any, level: int) -> Iterator[str]:
    if isinstance(part, pycrdt.XmlText):
        for run, _ in part.diff():
            if isinstance(run, str):
                yield run
    elif level < NESTING_MAX:
        for child in part.children:
            yield from _texts_within(child, level + 1)
