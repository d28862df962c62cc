"""Whiteboards in the Python client: the elements of a board's pages, as its document holds them.

An element is a plain dict in Excalidraw's shape; what every element has anyway is left out, and
points of free-hand strokes are packed (docs/whiteboard.md).
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from pycrdt import Array, ArrayEvent, Map

from folkmoot.client.documents import SharedDocument

FIRST_PAGE: Final = "1"
"""Every board has this page, though nobody made it."""

FIRST_ORDER: Final = "a0"
ELEMENTS_AT_ONCE: Final = 100
"""Of one operation, which holds 128 KB."""

NONCE_MAX: Final = (1 << 31) - 1

Element = dict[str, Any]


class Page(NamedTuple):
    """A page of a board; its name is empty when it is called by its number."""

    id: str
    name: str


class _Place(NamedTuple):
    """What is known of an entry without reading it: `of` is the stroke that a piece goes on."""

    id: str
    of: str | None
    version: int


class _Followed(NamedTuple):
    """The places of a page's entries, in the document's order and changed as it changes.

    A board has thousands of entries, and reading all of them takes 50 ms.
    """

    array: Array[Any]
    places: list[_Place | None]


class Board:
    """Reads and changes a board.

    Caller: `document` is of kind `board`, and was `loaded()`.
    """

    def __init__(self, document: SharedDocument) -> None:
        self.document = document
        self._followed: dict[str, _Followed] = {}

    def pages(self) -> list[Page]:
        """The pages that are not removed, in order."""
        told: Mapping[str, Any] = self.document.get("pages", type=Map).to_py() or {}
        orders = {key.removesuffix("/order"): told[key] for key in told if key.endswith("/order")}
        orders.setdefault(FIRST_PAGE, FIRST_ORDER)
        left = [id_ for id_ in orders if told.get(f"{id_}/removed") is None]
        left.sort(key=lambda id_: (orders[id_], id_))
        return [Page(id_, told.get(f"{id_}/name", "")) for id_ in left]

    def elements(self, page: str = FIRST_PAGE) -> dict[str, Element]:
        """All elements of a page by id; a stroke that is being drawn has only its first points."""
        found: dict[str, Element] = {}
        for entry in self._entries(page):
            if not _is_element(entry):
                continue
            before = found.get(entry["id"])
            if before is None or not _wins(before, entry):
                found[entry["id"]] = entry
        return found

    async def put(self, elements: Iterable[Element], page: str = FIRST_PAGE) -> None:
        """Adds or replaces elements and returns when they are saved.

        Shape: `id` and `type` must be there, and `points` of a stroke be packed; version and nonce
        are set here.
        Errors: `DocumentRejected`.
        """
        waiting = list(elements)
        for start in range(0, len(waiting), ELEMENTS_AT_ONCE):
            some = waiting[start : start + ELEMENTS_AT_ONCE]
            self._write(page, {one["id"] for one in some}, some)
            await self.document.saved()

    async def remove(self, ids: Iterable[str], page: str = FIRST_PAGE) -> None:
        """Removes elements and returns when that is saved. Errors: `DocumentRejected`."""
        self._write(page, set(ids), [])
        await self.document.saved()

    def _entries(self, page: str) -> Sequence[Any]:
        return self._follow(page).array.to_py() or []

    def _follow(self, page: str) -> _Followed:
        followed = self._followed.get(page)
        if followed is None:
            array: Array[Any] = self.document.get(f"page/{page}", type=Array)
            followed = _Followed(array, [_place_of(entry) for entry in array.to_py() or []])
            # Only the list is held by who is told: a board that nobody has any more is freed.
            array.observe(partial(_changed, followed.places))
            self._followed[page] = followed
        return followed

    def _write(self, page: str, gone: set[str], fresh: list[Element]) -> None:
        entries, known = self._follow(page)
        versions: dict[str, int] = {}
        places: list[int] = []
        for place, entry in enumerate(known):
            if entry is not None and (entry.id in gone or entry.of in gone):
                places.append(place)
                versions[entry.id] = max(versions.get(entry.id, 0), entry.version)
        with self.document.transaction():
            for place in reversed(places):
                del entries[place]
            entries.extend([_stamped(one, versions.get(one["id"], 0) + 1) for one in fresh])


def _place_of(entry: Any) -> _Place | None:
    if not _is_entry(entry):
        return None
    of = entry.get("of")
    return _Place(entry["id"], of if isinstance(of, str) else None, int(entry["version"]))


def _changed(places: list[_Place | None], event: ArrayEvent) -> None:
    told: Any = event
    at = 0
    for step in told.delta:
        if "retain" in step:
            at += step["retain"]
        elif "delete" in step:
            del places[at : at + step["delete"]]
        else:
            fresh = [_place_of(entry) for entry in step["insert"]]
            places[at:at] = fresh
            at += len(fresh)


def _is_entry(entry: Any) -> bool:
    """Others may have written what they like."""
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        return False
    stamp = (entry.get("version"), entry.get("versionNonce"))
    return all(isinstance(one, int | float) and math.isfinite(one) for one in stamp)


def _is_element(entry: Any) -> bool:
    return _is_entry(entry) and "of" not in entry


def _wins(a: Element, b: Element) -> bool:
    """Whether `a` counts and not `b`: the higher version, then the lower nonce."""
    if a["version"] != b["version"]:
        return bool(a["version"] > b["version"])
    return bool(a["versionNonce"] < b["versionNonce"])


def _stamped(element: Element, version: int) -> Element:
    plain: Element = {key: _writable(value) for key, value in element.items()}
    return plain | {"version": version, "versionNonce": random.randint(1, NONCE_MAX)}


def _writable(value: Any) -> Any:
    """Points as pycrdt takes them: it reads bytes as `bytearray`, and would write that as none."""
    return bytes(value) if isinstance(value, bytearray) else value
