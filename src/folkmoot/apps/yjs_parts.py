"""Takes updates apart by author, and puts them together again, without applying them. Pure.

An update holds the structs of several authors when somebody offers all that they have; the log
takes those of one author at a time. What is cut here is what Yjs itself would write if it had
been asked for so much: a struct is never changed, but a long text is parted as Yjs parts it.

Source: yjs `src/structs/Item.js` (`write`, `splitItem`), `src/utils/updates.js`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from folkmoot.apps.lib0 import Reader, UpdateInvalid, number, sized
from folkmoot.apps.yjs_ranges import Range, Ranges
from folkmoot.apps.yjs_update import (
    ORIGIN,
    REF,
    RIGHT_ORIGIN,
    SKIP,
    STRING,
    STRUCTS_MAX,
    Items,
    UpdateParser,
)

PIECE_BYTES_MAX: Final = 48 * 1024
"""Largest piece that is made; a single struct that cannot be parted may be a little larger."""

STRUCT_BYTES_MAX: Final = 96 * 1024
_TEXT_CHARACTERS_MAX: Final = 12 * 1024
_BESIDE: Final = ORIGIN | RIGHT_ORIGIN
_PARENT_KEY: Final = 0x20
NO_DELETES: Final = b"\x00"
NOTHING: Final = b"\x00\x00"
"""An update that holds nothing."""


class TooLarge(Exception):
    """Something that cannot be parted does not fit into one operation."""


class Piece(msgspec.Struct, frozen=True):
    """Some structs of one client: clocks from `first` up to, and without, `end`."""

    client: int
    first: int
    end: int
    count: int
    data: bytes


class Section(msgspec.Struct, frozen=True):
    """All structs of one client in an update, up to the first gap."""

    client: int
    first: int
    end: int
    items: Items
    data: bytes

    def pieces(self, known: int) -> list[Piece]:
        """What is not known yet, in pieces.

        Shape: `known` is the clock up to which it is; the first piece may begin below it, for a
        struct is not cut there. Caller: `first <= known < end`.
        Errors: `TooLarge`.
        """
        starts, offsets = self.items.starts, self.items.offsets
        begin = at = bisect_right(starts, known) - 1
        pieces: list[Piece] = []
        for index in range(at, len(starts)):
            if starts[index] >= self.end:
                break
            size_bytes = offsets[index + 1] - offsets[index]
            if offsets[index + 1] - offsets[begin] > PIECE_BYTES_MAX and index > begin:
                pieces.append(self._piece(begin, index))
                begin = index
            if size_bytes > PIECE_BYTES_MAX:
                pieces += self._parted(index)
                begin = index + 1
            at = index + 1
        if at > begin:
            pieces.append(self._piece(begin, at))
        return pieces

    def _clock_at(self, index: int) -> int:
        starts = self.items.starts
        return min(starts[index], self.end) if index < len(starts) else self.end

    def _piece(self, begin: int, end: int) -> Piece:
        offsets = self.items.offsets
        return Piece(
            self.client,
            self.items.starts[begin],
            self._clock_at(end),
            end - begin,
            self.data[offsets[begin] : offsets[end]],
        )

    def _parted(self, index: int) -> list[Piece]:
        """One large struct: a text is parted, anything else must fit as it is."""
        info = self.items.kinds[index]
        whole = self._piece(index, index + 1)
        if info & REF != STRING:
            if len(whole.data) > STRUCT_BYTES_MAX:
                raise TooLarge
            return [whole]
        return list(_text_pieces(whole, info))


def _text_pieces(whole: Piece, info: int) -> Iterable[Piece]:
    reader = Reader(whole.data)
    reader.byte()
    if info & ORIGIN:
        reader.number(), reader.number()
    right_at = reader.at
    if info & RIGHT_ORIGIN:
        reader.number(), reader.number()
    right = whole.data[right_at : reader.at] if info & RIGHT_ORIGIN else b""
    if not info & _BESIDE:
        if reader.number():
            reader.string()
        else:
            reader.number(), reader.number()
        if info & _PARENT_KEY:
            reader.string()
    head = whole.data[: reader.at]
    text = reader.string()
    clock = whole.first
    for at in range(0, len(text), _TEXT_CHARACTERS_MAX):
        part = text[at : at + _TEXT_CHARACTERS_MAX]
        encoded = part.encode()
        # Clocks count as JavaScript does; a character beyond the first plane is two.
        end = clock + len(part) + sum(character > "\uffff" for character in part)
        yield Piece(whole.client, clock, end, 1, head + sized(encoded))
        head = bytes((info | ORIGIN,)) + number(whole.client) + number(end - 1) + right
        clock = end


class Taken(msgspec.Struct, frozen=True):
    """An update taken apart. Shape: `size_bytes` is that of the whole."""

    sections: tuple[Section, ...]
    deletes: tuple[Range, ...]
    size_bytes: int


def take_apart(data: bytes, structs_max: int = STRUCTS_MAX) -> Taken:
    """An update of an editor, by author. Errors: `UpdateInvalid`.

    Shape: unlike what pages send, it may have gaps (an editor that waits for somebody's text tells
    of what hangs on it); what comes after a gap in one author's clocks is left out.
    """
    parser = UpdateParser(data, merged=True)
    parser.structs_max = min(structs_max, len(data))
    shape = parser.update()
    sections = []
    for told in shape.clients:
        items = parser.sections[told.client]
        gap = items.kinds.find(SKIP)
        end = items.starts[gap] if gap >= 0 else told.end
        if end > told.first:
            sections.append(Section(told.client, told.first, end, items, data))
    return Taken(tuple(sections), shape.deletes, len(data))


class Joiner:
    """Puts pieces of many updates together into as few updates as possible."""

    def __init__(self) -> None:
        self._done: list[bytes] = []
        self._clients: dict[int, list[Piece]] = {}
        self.deletes = Ranges()

    def add(self, piece: Piece) -> None:
        """Adds a piece; what does not follow its author's last one begins a further update."""
        pieces = self._clients.get(piece.client)
        if pieces is None:
            self._clients[piece.client] = [piece]
        elif pieces[-1].end == piece.first:
            pieces.append(piece)
        else:
            self._close()
            self._clients[piece.client] = [piece]

    def updates(self) -> list[bytes]:
        """The updates, in order; the deletions are in the last. Nothing to tell gives none."""
        if self._clients or self.deletes:
            self._close(self.deletes.encoded())
        return self._done

    def _close(self, deletes: bytes = NO_DELETES) -> None:
        parts = [number(len(self._clients))]
        for pieces in self._clients.values():
            parts.append(section_head(pieces))
            parts += [piece.data for piece in pieces]
        parts.append(deletes)
        self._done.append(b"".join(parts))
        self._clients = {}


def section_head(pieces: Sequence[Piece]) -> bytes:
    """How the section of pieces that follow each other begins."""
    count = sum(piece.count for piece in pieces)
    return number(count) + number(pieces[0].client) + number(pieces[0].first)


def one_update(pieces: Sequence[Piece], deletes: bytes = NO_DELETES) -> bytes:
    """An update of pieces of one author, or of deletions alone."""
    if not pieces:
        return b"\x00" + deletes
    return b"".join((b"\x01", section_head(pieces), *(p.data for p in pieces), deletes))


def whole_piece(data: bytes) -> tuple[Piece | None, tuple[Range, ...]]:
    """An update of the log as one piece, and what it deletes. Errors: `UpdateInvalid`.

    Shape: None where it only deletes. Such an update has one author.
    """
    parser = UpdateParser(data, merged=True)
    shape = parser.update()
    if not shape.clients:
        return None, shape.deletes
    if len(shape.clients) > 1:
        raise UpdateInvalid("an update of the log has several authors")
    told = shape.clients[0]
    offsets = parser.sections[told.client].offsets
    piece = Piece(told.client, told.first, told.end, told.structs, data[offsets[0] : offsets[-1]])
    return piece, shape.deletes


def read_vector(data: bytes, clients_max: int) -> dict[int, int]:
    """A state vector: of each author, the clock that their next struct would have.

    Errors: `UpdateInvalid`.
    """
    reader = Reader(data)
    count = reader.count()
    if count > clients_max:
        raise UpdateInvalid("a state vector has too many authors")
    vector = {}
    for _ in range(count):
        client = reader.number()
        vector[client] = reader.number()
    if reader.at != len(data):
        raise UpdateInvalid("bytes follow its end")
    return vector


def write_vector(vector: dict[int, int]) -> bytes:
    parts = [number(len(vector))]
    for client, clock in vector.items():
        parts.append(number(client) + number(clock))
    return b"".join(parts)
