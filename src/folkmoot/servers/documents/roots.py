"""What a document's roots are: a Yjs update names them, but not what they are. Pure."""

from __future__ import annotations

from typing import Final

from folkmoot.apps.lib0 import Reader
from folkmoot.apps.yjs_update import ANY_ORIGIN, PARENT_KEY, STRING, UpdateParser

TEXT: Final = "text"
XML: Final = "xml"
MAP: Final = "map"
ARRAY: Final = "array"

_FORMAT: Final = 6
_TYPE: Final = 7
_XML_TYPES: Final = (3, 4, 6)


class _Roots(UpdateParser):
    __slots__ = ("_name", "roots")

    def __init__(self, data: bytes) -> None:
        super().__init__(data, merged=True)
        self.roots: dict[str, str] = {}
        self._name = ""

    def read_parent(self, info: int, clock: int) -> tuple[int, int, int] | None:
        at = self.reader.at
        parent = super().read_parent(info, clock)
        self._name = ""
        if not info & ANY_ORIGIN:
            again = Reader(self.reader.data)
            again.at = at
            if again.number() == 1:
                self._name = again.string()
                self.roots.setdefault(self._name, MAP if info & PARENT_KEY else ARRAY)
        return parent

    def read_content(self, ref: int) -> int:
        start = self.reader.at
        length = super().read_content(ref)
        if self._name and self.roots[self._name] == ARRAY:
            if ref in (STRING, _FORMAT):
                self.roots[self._name] = TEXT
            elif ref == _TYPE and self.reader.data[start] in _XML_TYPES:
                self.roots[self._name] = XML
        return length


def roots_of(update: bytes) -> dict[str, str]:
    """The names of a document's roots and what they are, by what is in them.

    Errors: `UpdateInvalid`.
    """
    parser = _Roots(update)
    parser.update()
    return parser.roots
