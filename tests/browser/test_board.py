"""Two people draw on a whiteboard while a collaboration server is killed under one's pen."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from folkmoot.client import Board, connect
from folkmoot.testing.zone import Zone

from .conftest import WAIT_MS
from .test_accessibility import Auditor, auditor

__all__ = ["auditor"]
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}
RED = (210, 30, 40)
COUNT_PIXELS = """
([selector, [r, g, b]]) => {
  const canvas = document.querySelector(selector);
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    found += data[at] === r && data[at + 1] === g && data[at + 2] === b;
  }
  return found;
}
"""

ON_BOARD = "canvas.excalidraw__canvas.static"
IN_HISTORY = ".fm-board-past-picture canvas"

DROPPED = """
(bytes) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "red.png", { type: "image/png" }));
  return data;
}
"""


def png(colour: tuple[int, int, int], side: int = 60) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    rows = (b"\0" + bytes(colour) * side) * side
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


REDO_AND_TURN = """
() => {
  document.querySelector("[data-testid=button-redo]").click();
  document.querySelector("[aria-label='Next page']").click();
}
"""


class Easel:
    """The board as one person has it before them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.words = page.get_by_role("region", name="What is on this page")
        self.bar = page.get_by_role("navigation", name="Whiteboard: pages, following, copies")
        self.foreign: list[str] = []
        page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1", "data:", "blob:")):
            self.foreign.append(request.url)

    async def open(self) -> None:
        await self.page.get_by_role("tab", name="Whiteboard").click()
        await self.words.wait_for(state="attached")

    async def draw(self, tool: str, *points: tuple[int, int], up: bool = True) -> None:
        """With a tool from point to point of the canvas."""
        await self.page.get_by_test_id(f"toolbar-{tool}").dispatch_event("click")
        box = await self.page.locator("canvas.interactive").bounding_box()
        assert box is not None
        (x, y), *rest = points
        await self.page.mouse.move(box["x"] + x, box["y"] + y)
        await self.page.mouse.down()
        for x, y in rest:
            await self.page.mouse.move(box["x"] + x, box["y"] + y, steps=5)
        if up:
            await self.page.mouse.up()

    async def has(self, text: str) -> None:
        await expect(self.words).to_contain_text(text, timeout=WAIT_MS)


async def test_two_people_draw_together_and_nothing_is_lost_with_a_server(
    zone: Zone, person: Callable[..., Any], auditor: Auditor
) -> None:
    ada = await person("Ada", reduced_motion="reduce")
    link = await ada.start_room(zone, "Board meeting")
    ben = await person("Ben", color_scheme="dark", reduced_motion="reduce")
    await ben.open_room(link)
    await ada.page.get_by_role("button", name="Add to the stage").click()
    await ada.page.get_by_role("menuitem", name="New whiteboard").click()
    await ada.page.get_by_role("button", name="Create").click()
    mine, theirs = Easel(ada.page), Easel(ben.page)
    await mine.words.wait_for(state="attached")
    await theirs.open()

    await mine.draw("rectangle", (300, 130), (430, 220))
    await theirs.has("One element.")
    await theirs.draw("ellipse", (480, 130), (600, 220))
    await mine.has("2 elements.")

    # A stroke goes on under the pen while the server that has taken its beginning is gone.
    await mine.draw("freedraw", (300, 300), (360, 330), (420, 290), up=False)
    await theirs.has("3 elements.")
    server = (await ada.page.locator(".fm-connection").inner_text()).split()[-1]
    pid = await zone.kill(server)
    box = await ada.page.locator("canvas.interactive").bounding_box()
    assert box is not None
    for step in range(20):
        await ada.page.mouse.move(box["x"] + 430 + step * 9, box["y"] + 290 + step % 5 * 8)
    await ada.page.mouse.up()
    await zone.wait_replaced(server, pid)
    await expect(ada.page.get_by_test_id("document-state")).to_have_text("Saved", timeout=WAIT_MS)

    async with connect(zone.url, room=link.rsplit("/", 1)[1], name="Cy") as cy:
        listed = cy.state.documents["documents"]
        document = cy.documents[next(id_ for id_ in listed if listed[id_]["kind"] == "board")]
        await document.loaded()
        board = Board(document)

        def strokes() -> list[dict[str, Any]]:
            return [one for one in board.elements().values() if one["type"] == "freedraw"]

        async with asyncio.timeout(30):
            while len(strokes()) != 1 or strokes()[0]["width"] < 250:
                await asyncio.sleep(0.1)
        assert [page.id for page in board.pages()] == ["1"]

        # Each undoes only what they did.
        await theirs.page.keyboard.press("Control+z")
        await mine.has("2 elements.")
        await theirs.page.keyboard.press("Control+Shift+z")
        await mine.has("3 elements.")

        await the_second_page(mine, theirs)
        await a_picture(mine, theirs, board)
        await copies(mine)

    await the_board_as_it_was(ada, mine, theirs, auditor)
    await theirs.page.mouse.move(700, 500)
    await auditor.look(ada.page, "the board")
    await auditor.look(ben.page, "the board, dark")
    await ada.shot("board-light")
    await ben.shot("board-dark")
    phone = await person("Pia", **PHONE, reduced_motion="reduce")
    await phone.open_room(link)
    small = Easel(phone.page)
    await small.open()
    await small.has("4 elements.")
    await auditor.look(phone.page, "the board on a phone")
    await phone.shot("board-phone")

    await the_board_is_closed(ada, theirs)
    await ben.shot("board-closed")
    assert mine.foreign + theirs.foreign + small.foreign == []
    assert not auditor.found, "\n".join(map(str, auditor.found.items()))


async def the_second_page(mine: Easel, theirs: Easel) -> None:
    """Ben follows Ada to a second page, and back when she removes and he leaves it."""
    await theirs.bar.get_by_role("button", name="Look where somebody looks").click()
    await theirs.page.get_by_role("menuitem", name="Follow Ada").click()
    await mine.bar.get_by_role("button", name="Add a page").click()
    await mine.has("Nothing is on this page yet.")
    await expect(theirs.bar).to_contain_text("2 of 2", timeout=WAIT_MS)
    await mine.draw("diamond", (300, 130), (400, 220))
    await theirs.has("One element.")
    # Whoever looks elsewhere follows no more.
    await theirs.bar.get_by_role("button", name="Previous page").click()
    await expect(theirs.bar.get_by_role("button", name="Following Ada")).to_have_count(
        0, timeout=WAIT_MS
    )

    await mine.bar.get_by_role("button", name="Page 2").click()
    await mine.page.get_by_role("menuitem", name="Rename this page").click()
    dialog = mine.page.get_by_role("dialog", name="Rename this page")
    await dialog.get_by_label("Name of the page").fill("Ideas")
    await mine.page.keyboard.press("Enter")
    # What is shown to everybody is looked at as its presenter looks at it.
    await mine.page.get_by_role("button", name="Show “Whiteboard” to everyone").click()
    await theirs.bar.get_by_role("button", name="Following Ada").wait_for()
    await expect(theirs.bar).to_contain_text("2 of 2", timeout=WAIT_MS)
    await theirs.bar.get_by_role("button", name="Following Ada").click()
    await mine.page.get_by_role("button", name="Stop showing").click()
    await mine.bar.get_by_role("button", name="Ideas").click()
    await mine.page.get_by_role("menuitem", name="Remove this page").click()
    await expect(theirs.bar).to_contain_text("1 of 1", timeout=WAIT_MS)
    await mine.page.get_by_role("button", name="Bring it back").click()
    await expect(theirs.bar).to_contain_text("2 of 2", timeout=WAIT_MS)  # he was there when it went
    await theirs.bar.get_by_role("button", name="Previous page").click()
    await mine.bar.get_by_role("button", name="Previous page").click()
    await undone_over_pages(mine, theirs)


async def undone_over_pages(mine: Easel, theirs: Easel) -> None:
    """What Ada did before she looked at another page can be undone, and redone later."""
    await mine.page.get_by_test_id("button-undo").click()
    await theirs.has("2 elements.")
    await mine.bar.get_by_role("button", name="Next page").click()
    await mine.has("One element.")
    await mine.bar.get_by_role("button", name="Previous page").click()
    await mine.has("2 elements.")
    # What is done right before another page is opened is there, too.
    await mine.page.evaluate(REDO_AND_TURN)
    await theirs.has("3 elements.")
    await mine.bar.get_by_role("button", name="Previous page").click()


async def a_picture(mine: Easel, theirs: Easel, board: Board) -> None:
    """A picture is on everybody's board, and in the document only by its name."""
    data = await mine.page.evaluate_handle(DROPPED, list(png(RED)))
    box = await mine.page.locator("canvas.interactive").bounding_box()
    assert box is not None
    at = {"clientX": box["x"] + 600, "clientY": box["y"] + 330}
    await mine.page.locator(".excalidraw").dispatch_event("drop", {"dataTransfer": data, **at})
    await theirs.has("One of them is a picture.")
    async with asyncio.timeout(30):
        while await mine.page.evaluate(COUNT_PIXELS, [ON_BOARD, RED]) < 3_000:
            await asyncio.sleep(0.1)
    images = [one for one in board.elements().values() if one["type"] == "image"]
    assert len(images) == 1
    assert images[0]["file"]
    assert "dataURL" not in str(images[0])


async def copies(mine: Easel) -> None:
    """The page as PNG and SVG, all pages as PDF."""
    for item, head in (
        ("This page as PNG", b"\x89PNG"),
        ("This page as SVG", b"<svg"),
        ("All pages as PDF", b"%PDF-1.7"),
        ("This page for Excalidraw", b"{"),
    ):
        await mine.bar.get_by_role("button", name="Take a copy").click()
        async with mine.page.expect_download() as downloading:
            await mine.page.get_by_role("menuitem", name=item).click()
        path = await (await downloading.value).path()
        content = path.read_bytes()
        assert content.startswith(head), item
        if head == b"%PDF-1.7":
            assert content.count(b"/Type /Page ") == 2


async def the_board_as_it_was(ada: Any, mine: Easel, theirs: Easel, auditor: Auditor) -> None:
    """Ada keeps the board, Ben wipes it, she looks at what it was and brings it back."""
    await mine.bar.get_by_role("button", name="History").click()
    dialog = mine.page.get_by_role("dialog", name="History of")
    await dialog.get_by_role("button", name="Keep as it is now").click()
    await mine.page.keyboard.type("With the picture")
    await mine.page.keyboard.press("Enter")
    await dialog.get_by_role("option", name="With the picture").wait_for()
    await theirs.page.get_by_test_id("toolbar-selection").dispatch_event("click")
    await theirs.page.locator("canvas.interactive").click(position={"x": 700, "y": 430})
    await theirs.page.keyboard.press("Control+a")
    await theirs.page.keyboard.press("Delete")
    await theirs.has("Nothing is on this page yet.")
    picture = dialog.get_by_role("region", name="Picture of Page 1")
    await picture.wait_for()
    assert await mine.page.evaluate(COUNT_PIXELS, [IN_HISTORY, RED]) > 1_000
    words = dialog.get_by_role("region", name="What is on this page")
    await expect(words).to_contain_text("4 elements.")
    await auditor.look(mine.page, "the board's history")
    await ada.shot("board-history")
    await dialog.get_by_label("Page of the board").select_option(label="Ideas")
    await expect(words).to_contain_text("One element.")
    await dialog.get_by_role("button", name="Restore this version").click()
    sure = mine.page.get_by_role("dialog", name="Restore this version")
    await sure.get_by_role("button", name="Restore this version").click()
    await dialog.get_by_role("button", name="Undo").wait_for()
    await mine.page.keyboard.press("Escape")
    await dialog.wait_for(state="detached")
    await theirs.has("4 elements.")


async def the_board_is_closed(ada: Any, theirs: Easel) -> None:
    """Whoever may not draw any more is told so, and sees the board without its tools."""
    await ada.page.get_by_role("button", name="Your settings and more").click()
    await ada.page.get_by_role("menuitem", name="Room settings").click()
    dialog = ada.page.get_by_role("dialog", name="Room settings")
    await dialog.get_by_label("Draw on the whiteboard: Participants").click()
    await theirs.page.get_by_text("The hosts have closed the whiteboard for your role.").wait_for()
    await expect(theirs.page.get_by_test_id("toolbar-rectangle")).to_have_count(0, timeout=WAIT_MS)
    await expect(theirs.bar.get_by_role("button", name="Add a page")).to_have_count(
        0, timeout=WAIT_MS
    )
    await theirs.has("4 elements.")
