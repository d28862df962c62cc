"""Whiteboards in the Python client: the elements of a board's pages, as its document holds them.

An element is a plain dict in Excalidraw's shape; what every element has anyway is left out, and
points of free-hand strokes are packed (docs/whiteboard.md).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pycrdt import Array, Map

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


class Board:
    """Reads and changes a board.

    Caller: `document` is of kind `board`, and was `loaded()`.
    """

    def __init__(self, document: SharedDocument) -> None:
        self.document = document

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

    def _list(self, page: str) -> Array[Any]:
        entries: Array[Any] = self.document.get(f"page/{page}", type=Array)
        return entries

    def _entries(self, page: str) -> Sequence[Any]:
        return self._list(page).to_py() or []

    def _write(self, page: str, gone: set[str], fresh: list[Element]) -> None:
        entries = self._list(page)
        versions: dict[str, int] = {}
        places: list[int] = []
        for place, entry in enumerate(self._entries(page)):
            if not isinstance(entry, dict):
                continue
            if entry.get("id") in gone or entry.get("of") in gone:
                places.append(place)
                versions[entry["id"]] = max(versions.get(entry["id"], 0), int(entry["version"]))
        with self.document.transaction():
            for place in reversed(places):
                del entries[place]
            entries.extend([_stamped(one, versions.get(one["id"], 0) + 1) for one in fresh])


def _is_element(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("id"), str) and "of" not in entry


def _wins(a: Element, b: Element) -> bool:
    """Whether `a` counts and not `b`: the higher version, then the lower nonce."""
    if a["version"] != b["version"]:
        return bool(a["version"] > b["version"])
    return bool(a["versionNonce"] < b["versionNonce"])


def _stamped(element: Element, version: int) -> Element:
    return {**element, "version": version, "versionNonce": random.randint(1, NONCE_MAX)}
