"""The Python client's board, on a document that nobody else has."""

from __future__ import annotations

import asyncio
import random
from typing import Any, cast

from pycrdt import Array, Doc, Map

from folkmoot.client.board import ELEMENTS_AT_ONCE, Board, Page
from folkmoot.client.documents import SharedDocument


class Alone(Doc[Any]):
    """A document that is saved as soon as it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self._watching = self.observe(lambda event: self.sizes.append(len(event.update)))

    async def saved(self) -> None:
        await asyncio.sleep(0)


def board() -> tuple[Board, Alone]:
    document = Alone()
    return Board(cast(SharedDocument, document)), document


def shape(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "type": "rectangle", "x": 1, "y": 2, "width": 3, "height": 4, **more}


async def test_elements_are_put_replaced_and_removed() -> None:
    ours, document = board()
    await ours.put([shape("a"), shape("b")])
    await ours.put([shape("a", x=9)])
    assert ours.elements()["a"]["x"] == 9
    assert ours.elements()["a"]["version"] == 2
    assert len(document.get("page/1", type=Array)) == 2
    await ours.remove(["b"])
    assert set(ours.elements()) == {"a"}


async def test_many_elements_are_several_operations() -> None:
    ours, document = board()
    await ours.put([shape(f"e{n}", text="x" * 300) for n in range(3 * ELEMENTS_AT_ONCE)])
    assert len(document.sizes) == 3
    assert max(document.sizes) < 128 * 1024


async def test_of_two_entries_the_newer_counts_and_pieces_of_strokes_are_none() -> None:
    ours, document = board()
    document.get("page/1", type=Array).extend(
        [
            shape("a", version=2, versionNonce=9, x=1),
            shape("a", version=2, versionNonce=5, x=2),
            shape("a", version=1, versionNonce=1, x=3),
            {
                "id": "a~0",
                "of": "a",
                "n": 0,
                "version": 1,
                "versionNonce": 0,
                "points": b"\x02\x02",
            },
            "not an element",
        ]
    )
    assert {id_: one["x"] for id_, one in ours.elements().items()} == {"a": 2}
    await ours.put([shape("a", x=4)])
    # What it replaces goes with all that hangs on it.
    left = document.get("page/1", type=Array).to_py()
    assert left == ["not an element", ours.elements()["a"]]


async def test_a_stroke_that_was_read_can_be_put_again() -> None:
    ours, _ = board()
    await ours.put([{"id": "s", "type": "freedraw", "x": 0, "y": 0, "points": b"\x02\x02"}])
    await ours.put(list(ours.elements().values()))
    assert ours.elements()["s"]["points"] == b"\x02\x02"


async def test_what_a_board_knows_of_its_page_stays_what_the_document_holds() -> None:
    """Two boards change one page by turns, and a foreign program too; each keeps its own index."""
    numbers = random.Random(5)
    (ours, document), (theirs, other) = board(), board()

    def exchange() -> None:
        document.apply_update(other.get_update(document.get_state()))
        other.apply_update(document.get_update(other.get_state()))

    for turn in range(60):
        for side in (ours, theirs):
            if numbers.random() < 0.7:
                await side.put([shape(f"e{numbers.randrange(9)}") for _ in range(2)])
            if numbers.random() < 0.4:
                await side.remove([f"e{numbers.randrange(9)}"])
        if numbers.random() < 0.2:
            odd = numbers.choice(("text", 7, {"id": 3}, {"id": "odd", "version": "x"}, None))
            other.get("page/1", type=Array).insert(0, odd)
        if numbers.random() < 0.5:
            exchange()
        for side, at in ((ours, document), (theirs, other)):
            fresh = Board(cast(SharedDocument, at))
            assert side._follow("1").places == fresh._follow("1").places, turn
    exchange()
    assert ours.elements() == theirs.elements()


async def test_pages_are_told_in_order_without_those_that_were_removed() -> None:
    ours, document = board()
    assert ours.pages() == [Page("1", "")]
    pages = document.get("pages", type=Map)
    for key, value in (
        ("x/order", "Zz"), ("x/name", "First"),
        ("y/order", "a1"),
        ("z/order", "a2"), ("z/removed", 5.0),
    ):  # fmt: skip
        pages[key] = value
    assert [page.id for page in ours.pages()] == ["x", "1", "y"]
    assert ours.pages()[0].name == "First"
