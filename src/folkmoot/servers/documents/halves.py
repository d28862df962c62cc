"""Finds edits that part the two halves of one character.

JavaScript counts an emoji as two characters, and Yjs lets an editor insert between them or delete
one of them; both halves then become U+FFFD. Yrs keeps the emoji whole but counts on as if it were
parted, so the document it writes afterwards says something else. Documents with such an edit are
merged without Yrs applying them.

Source: y-crdt pull request 399 and issue 386.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from folkmoot.apps.yjs_update import ORIGIN, RIGHT_ORIGIN, STRING, UpdateParser

_LONG_CHARACTER: Final = re.compile(rb"[\xf0-\xf4][\x80-\xbf]{3}")
_CLOCK_BITS: Final = 32


class _Pairs(UpdateParser):
    """Collects where the second halves are."""

    __slots__ = ("seconds",)

    def __init__(self, data: bytes, seconds: set[int]) -> None:
        super().__init__(data, merged=True)
        self.seconds = seconds

    def read_content(self, ref: int) -> int:
        start = self.reader.at
        length = super().read_content(ref)
        raw = self.reader.data[start : self.reader.at]
        if ref == STRING and _LONG_CHARACTER.search(raw):
            size_bytes = len(raw) - _text_bytes(raw)
            clock = self.items.starts[-1]
            for character in raw[size_bytes:].decode():
                if character > "\uffff":
                    self.seconds.add(self.client << _CLOCK_BITS | clock + 1)
                    clock += 1
                clock += 1
        return length


class _Cuts(UpdateParser):
    """Notices when an item is put right before a second half."""

    __slots__ = ("cut", "ids", "seconds")

    def __init__(self, data: bytes, seconds: set[int]) -> None:
        super().__init__(data, merged=True)
        self.seconds = seconds
        self.ids: list[tuple[int, int]] = []
        self.cut = False

    def read_id(self, clock: int) -> tuple[int, int]:
        id_ = super().read_id(clock)
        self.ids.append(id_)
        return id_

    def read_parent(self, info: int, clock: int) -> tuple[int, int, int] | None:
        self.ids.clear()
        parent = super().read_parent(info, clock)
        if info & ORIGIN and self._parts(self.ids[0][0], self.ids[0][1] + 1):
            self.cut = True
        if info & RIGHT_ORIGIN and self._parts(*self.ids[-1]):
            self.cut = True
        return parent

    def _parts(self, client: int, clock: int) -> bool:
        return client << _CLOCK_BITS | clock in self.seconds

    def look(self) -> bool:
        for client, first, end in self.update().deletes:
            if self._parts(client, first) or self._parts(client, end):
                return True
        return self.cut


def parts_a_character(updates: Sequence[bytes]) -> bool:
    """Whether, in updates that belong together, one parts a character of another.

    Errors: `UpdateInvalid` when one is damaged.
    """
    if not any(_LONG_CHARACTER.search(update) for update in updates):
        return False
    seconds: set[int] = set()
    for update in updates:
        _Pairs(update, seconds).update()
    return bool(seconds) and any(_Cuts(update, seconds).look() for update in updates)


def _text_bytes(raw: bytes) -> int:
    """Size of a string's text, of which the length is written before it."""
    size_bytes, shift = 0, 0
    for byte in raw:
        size_bytes |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return size_bytes
