"""The shape of a Yjs update, read without applying it: whose structs, which clocks, how deep.

A Yjs library trusts its input: an update nested thousands deep overflows its stack, a count of two
thousand million makes it allocate as much, a reference to itself makes it throw in every browser.
This parser reads the update format version 1 (lib0) once, from front to back, without recursion
and without building a document, and refuses all that an honest editor never writes.

What it cannot see: a type whose parent was made by an earlier update counts from level 0 again,
so a nesting that grows over many updates passes here. With `merged`
a whole document is measured; the documents server does that on each compaction.

Source: yjs `src/utils/encoding.js`, `src/structs/`; lib0 `decoding.js`.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

import msgspec

from folkmoot.apps.lib0 import Reader, UpdateInvalid
from folkmoot.protocol.limits import NESTING_LEVELS_MAX

__all__ = [
    "ANY_ORIGIN",
    "ORIGIN",
    "PARENT_KEY",
    "REF",
    "RIGHT_ORIGIN",
    "SKIP",
    "STRING",
    "STRUCTS_MAX",
    "ClientRange",
    "UpdateInvalid",
    "UpdateParser",
    "UpdateRefused",
    "UpdateShape",
    "check_owned",
    "parse_update",
]

STRUCTS_MAX: Final = 20_000
"""Structs, or ranges of deletions, in one update from a client; a big paste has some thousand."""

CLOCK_MAX: Final = (1 << 31) - 1
"""Yrs counts clocks in 32 bits; a person types less than this."""

ORIGIN: Final = 0x80
RIGHT_ORIGIN: Final = 0x40
PARENT_KEY: Final = 0x20
ANY_ORIGIN: Final = ORIGIN | RIGHT_ORIGIN
REF: Final = 0x1F

_GC, _DELETED, _, _BINARY, STRING, _EMBED, _FORMAT, _TYPE, _ANY, _DOC, SKIP = range(11)
_TYPE_ELEMENT, _TYPE_HOOK, _TYPE_LAST = 3, 5, 6


class ClientRange(msgspec.Struct, frozen=True, array_like=True):
    """The structs of one client: clocks from `first` up to, and without, `end`."""

    client: int
    first: int
    end: int
    structs: int


class UpdateShape(msgspec.Struct, frozen=True):
    """What an update is made of.

    Shape: `clients` in the order of the update, each client once; `deletes` are the ranges of the
    delete set as (client, first clock, end clock).
    Units: `depth` is in levels: of shared types within this update, or of values, whichever is
    deeper; 0 when nothing is nested.
    """

    clients: tuple[ClientRange, ...]
    deletes: tuple[tuple[int, int, int], ...]
    depth: int


class UpdateRefused(Exception):
    """An update may not enter the log; `code` is of the table of codes."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{code}: {reason}")


class Items:
    """The structs of one client read so far, by clock: which level each stands on.

    Shape: `starts` ascends, `levels` is parallel to it; a type on level n holds items of level
    n + 1. `references` is kept when other clients' structs may decide a level: (client, clock,
    levels to add) or None for what hangs on a root. `offsets` are where the structs begin in the
    update's bytes, with the end of the last one; `kinds` are their first bytes.
    """

    __slots__ = ("kinds", "levels", "offsets", "references", "starts", "types")

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.kinds = bytearray()
        self.starts: list[int] = []
        self.levels: list[int] = []
        self.types: list[int] = []
        self.references: list[tuple[int, int, int] | None] = []

    def level_at(self, clock: int) -> int:
        """Level of the struct that holds `clock`; -1 when it was made by an earlier update."""
        index = bisect_right(self.starts, clock) - 1
        return self.levels[index] if index >= 0 else -1

    def holds(self, clock: int) -> bool:
        return bool(self.starts) and self.starts[0] <= clock


class UpdateParser:
    """Reads one update; a subclass may look on by overriding a `read_` method.

    Shape: `client` and `items` are those of the section being read; `sections` holds those read,
    and `deletes_at` is where the deletions begin.
    Caller: `update` once.
    """

    __slots__ = (
        "_depth",
        "_merged",
        "_several",
        "client",
        "deletes_at",
        "items",
        "reader",
        "sections",
        "structs_max",
    )

    def __init__(self, data: bytes, merged: bool) -> None:
        self.reader = Reader(data)
        self.structs_max = len(data) if merged else STRUCTS_MAX
        self._merged = merged
        self.sections: dict[int, Items] = {}
        self.deletes_at = 0
        self._depth = 0
        self.client = 0
        self.items = Items()
        self._several = False

    def update(self) -> UpdateShape:
        reader = self.reader
        clients = []
        left = self.structs_max
        sections = reader.count()
        self._several = sections > 1
        for _ in range(sections):
            section = self._section(left)
            left -= section.structs
            clients.append(section)
        if self._several:
            self._deep(_settle(self.sections))
        self.deletes_at = reader.at
        deletes = self._deletes(self.structs_max)
        if reader.at != len(reader.data):
            raise UpdateInvalid("bytes follow its end")
        return UpdateShape(tuple(clients), deletes, self._depth)

    def _section(self, structs_max: int) -> ClientRange:
        """All structs of one client, one clock after the other."""
        reader = self.reader
        count = reader.count()
        if not 0 < count <= structs_max:
            raise UpdateInvalid("a client has no structs" if not count else "too many structs")
        client = reader.number()
        if client in self.sections:
            raise UpdateInvalid("a client comes twice")
        first = clock = reader.number()
        self.client = client
        items = self.items = self.sections[client] = Items()
        offsets, kinds = items.offsets, items.kinds
        for _ in range(count):
            offsets.append(reader.at)
            info = reader.byte()
            kinds.append(info)
            ref = info & REF
            if _GC < ref < SKIP:
                self._place(items, clock, self.read_parent(info, clock))
                length = self.read_content(ref)
            elif info == _GC or (info == SKIP and self._merged):
                self._place(items, clock, None)
                length = reader.number()
            else:
                raise UpdateInvalid("a struct is of an unknown kind")
            if not length:
                raise UpdateInvalid("a struct is empty")
            clock += length
            if clock > CLOCK_MAX:
                raise UpdateInvalid("a clock is over the limit")
        offsets.append(reader.at)
        return ClientRange(client, first, clock, count)

    def read_parent(self, info: int, clock: int) -> tuple[int, int, int] | None:
        """Where an item stands: (client, clock, levels to add to that item's), None on a root."""
        reader = self.reader
        if info & ANY_ORIGIN:
            beside = self.read_id(clock)
            if info & ANY_ORIGIN == ANY_ORIGIN:
                right = self.read_id(clock)
                if self._is_here(right) and not self._is_here(beside):
                    beside = right
            return (*beside, 0)
        named = reader.number()
        if named > 1:
            raise UpdateInvalid("a parent is of an unknown kind")
        parent: tuple[int, int, int] | None = None
        if named:
            reader.string()
        else:
            parent = (*self.read_id(clock), 1)
        if info & PARENT_KEY:
            reader.string()
        return parent

    def read_id(self, clock: int) -> tuple[int, int]:
        """The id of another item; of the same client it must be an earlier one.

        Yjs looks for a later one without waiting for it, and throws.
        """
        client = self.reader.number()
        other = self.reader.number()
        if other > CLOCK_MAX or (client == self.client and other >= clock):
            raise UpdateInvalid("an item refers to itself or to a later one")
        return client, other

    def _is_here(self, item: tuple[int, int]) -> bool:
        known = self.sections.get(item[0])
        return known is not None and known.holds(item[1])

    def _place(self, items: Items, clock: int, reference: tuple[int, int, int] | None) -> None:
        level = 0
        if reference is not None:
            known = self.sections.get(reference[0])
            if known is not None:
                level = max(0, known.level_at(reference[1]) + reference[2])
        items.starts.append(clock)
        items.levels.append(level)
        if self._several:
            items.references.append(reference)

    def read_content(self, ref: int) -> int:
        """Skips an item's content and returns how many clocks it takes."""
        reader = self.reader
        if ref == STRING:
            text = reader.string()
            return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
        if ref == _DELETED:
            return reader.number()
        if ref == _TYPE:
            return self._type()
        if ref == _ANY:
            return self._values()
        if ref == _FORMAT:
            reader.string()
            self._deep(reader.json())
        elif ref == _EMBED:
            self._deep(reader.json())
        elif ref == _BINARY:
            reader.skip(reader.number())
        elif ref == _DOC:
            self._document()
        else:
            # Long gone from Yjs, and Yrs reads one value too many.
            raise UpdateInvalid("a list of JSON texts is not read alike by all editors")
        return 1

    def _type(self) -> int:
        kind = self.reader.number()
        if kind > _TYPE_LAST or kind == _TYPE_HOOK:
            # Yjs reads a name after an XmlHook and Yrs does not: they disagree on all that follows.
            raise UpdateInvalid("a shared type is of an unknown kind")
        if kind == _TYPE_ELEMENT:
            self.reader.string()
        self.items.types.append(len(self.items.starts) - 1)
        self._deep(self.items.levels[-1] + 1)
        return 1

    def _values(self) -> int:
        count = self.reader.count()
        for _ in range(count):
            self._deep(self.reader.any())
        return count

    def _document(self) -> None:
        """A document within the document: its name, and options that must be an object."""
        reader = self.reader
        reader.string()
        levels = reader.any()
        if not levels:
            raise UpdateInvalid("the options of a document are not an object")
        self._deep(levels)

    def _deep(self, levels: int) -> None:
        if levels > self._depth:
            if levels > NESTING_LEVELS_MAX:
                raise UpdateInvalid("it is nested too deep")
            self._depth = levels

    def _deletes(self, ranges_max: int) -> tuple[tuple[int, int, int], ...]:
        reader = self.reader
        sections = reader.count()
        if not sections:
            return ()
        ranges: list[tuple[int, int, int]] = []
        clients: set[int] = set()
        for _ in range(sections):
            client = reader.number()
            if client in clients:
                raise UpdateInvalid("a client comes twice")
            clients.add(client)
            count = reader.count()
            if len(ranges) + count > ranges_max:
                raise UpdateInvalid("too many deletions")
            for _ in range(count):
                clock = reader.number()
                end = clock + reader.number()
                if end > CLOCK_MAX:
                    raise UpdateInvalid("a clock is over the limit")
                ranges.append((client, clock, end))
        return tuple(ranges)


def _settle(items: dict[int, Items]) -> int:
    """The deepest nesting of types when structs may refer to those of clients that come later.

    Errors: `UpdateInvalid` when items stand on each other in a circle.
    """
    depth = 0
    unknown, open_ = -1, -2
    settled = {client: [unknown] * len(those.starts) for client, those in items.items()}
    for client, those in items.items():
        for index in those.types:
            # A stack of ours: the references may be as many as the structs.
            stack = [(client, index)]
            while stack:
                at_client, at = stack[-1]
                reference = items[at_client].references[at]
                level = 0
                if reference is not None and reference[0] in items:
                    other, clock, add = reference
                    found = bisect_right(items[other].starts, clock) - 1
                    if found >= 0:
                        level = settled[other][found]
                        if level == open_:
                            raise UpdateInvalid("items stand on each other in a circle")
                        if level == unknown:
                            settled[other][found] = open_
                            stack.append((other, found))
                            continue
                        level += add
                settled[at_client][at] = level
                stack.pop()
            depth = max(depth, settled[client][index] + 1)
    return depth


def parse_update(data: bytes, *, merged: bool = False) -> UpdateShape:
    """The shape of an update.

    Shape: with `merged` the bytes are a whole document, made by a library of our own: any number of
    structs, and gaps in the clocks, are allowed.
    Errors: `UpdateInvalid` for all that an honest editor does not write, and for what is nested
    deeper than `NESTING_LEVELS_MAX`.
    """
    return UpdateParser(data, merged).update()


def check_owned(data: bytes, number: int, from_: int, to: int) -> None:
    """Refuses an update that is damaged, or not what its author says it is.

    Shape: `number` is the Yjs client id that the server gave to the author's session; the structs
    are to cover the clocks from `from_` up to, and without, `to`. An update of deletions alone has
    `from_ == to`; whose text is deleted is free.
    Errors: `UpdateRefused` with `document_invalid`, `document_owner` or `document_clock`.
    """
    try:
        clients = parse_update(data).clients
    except UpdateInvalid as error:
        raise UpdateRefused("document_invalid", error.reason) from None
    if not clients:
        if from_ != to:
            raise UpdateRefused("document_clock", "it has no structs but states clocks")
        return
    if len(clients) > 1 or clients[0].client != number:
        raise UpdateRefused("document_owner", "it has structs of another client")
    if clients[0].first != from_ or clients[0].end != to:
        raise UpdateRefused("document_clock", "its structs cover other clocks than it states")
