"""A talk in real browsers: slides come in, pages are turned and drawn on, a server is killed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from folkmoot.testing import decks
from folkmoot.testing.zone import Zone

from .test_accessibility import AXE, CALM, PHONE, RULES

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

TALK = ("Welcome to the year", "The budget", "Questions")
DROP = """
([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type: "application/pdf" }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector(".fm-stage-bar").dispatchEvent(event);
  }
}
"""
SAVED_MARKS = ".fm-mark-shape:not([data-pending])"


async def on_page(page: Page, number: int, of: int = 3) -> None:
    """Returns when this page of the deck is drawn from its large picture."""
    await page.get_by_role("region", name=f"Slide {number} of {of}").wait_for()
    await page.locator(f".fm-slide[data-page='{number}'][data-sharp]").wait_for()


async def draw(page: Page, tool: str, *way: tuple[float, float]) -> None:
    """Draws along places given in parts of the page."""
    await page.get_by_role("button", name=tool, exact=True).click()
    box = await page.locator(".fm-slide").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in way]
    await page.mouse.move(*places[0])
    await page.mouse.down()
    for place in places[1:]:
        await page.mouse.move(*place, steps=4)
    await page.mouse.up()


async def serious(page: Page) -> list[str]:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(RULES)
    return found


async def test_a_talk_goes_on_while_a_server_is_killed(
    zone: Zone, person: Callable[..., Any]
) -> None:
    ada, bob = await person("Ada", **CALM), await person("Bob", **PHONE, **CALM)
    link = await ada.start_room(zone, "Talk")
    await bob.open_room(link)
    pdf = base64.b64encode(decks.pdf(TALK)).decode()
    await ada.page.evaluate(DROP, ["Yearly plan.pdf", pdf])
    await ada.page.get_by_role("tab", name="Yearly plan").wait_for()
    await on_page(ada.page, 1)
    await ada.page.get_by_role("button", name="Show “Yearly plan” to everyone").click()
    await bob.page.locator(".fm-stage-shown", has_text="Ada is showing").wait_for()
    await on_page(bob.page, 1)
    await ada.shot("slides-host")
    assert await serious(ada.page) == []

    # By the keyboard alone: to the page, and on.
    await ada.page.get_by_role("region", name="Slide 1 of 3").focus()
    await ada.page.keyboard.press("PageDown")
    await on_page(ada.page, 2)
    await on_page(bob.page, 2)

    # Bob looks ahead, reads where the others are, and comes back.
    await bob.page.get_by_role("button", name="Next slide").click()
    await on_page(bob.page, 3)
    await bob.page.get_by_text("You are on 3; Ada is on 2").wait_for()
    await bob.shot("slides-phone-wandering")
    assert await serious(bob.page) == []
    await bob.page.get_by_role("button", name="Follow").click()
    await on_page(bob.page, 2)

    await pointer(ada, bob)
    await stroke_under_way(ada, bob)
    await marks(zone, ada, bob)

    await ada.page.get_by_role("textbox", name="Search in the slides").fill("questions")
    await ada.page.get_by_role("button", name="3 Questions").click()
    await on_page(bob.page, 3)
    await ada.page.emulate_media(color_scheme="dark")
    await ada.page.get_by_role("button", name="Speaker notes").click()
    await ada.page.get_by_role("textbox", name="Speaker notes for slide 3").fill("Thank them.")
    await ada.page.keyboard.press("Tab")
    await ada.shot("slides-dark")
    assert await serious(ada.page) == []


async def pointer(ada: Any, bob: Any) -> None:
    await ada.page.get_by_role("button", name="Laser pointer", exact=True).click()
    box = await ada.page.locator(".fm-slide").bounding_box()
    seen = bob.page.locator(".fm-slide-pointer", has_text="Ada")
    for turn in range(20):
        x = box["x"] + box["width"] * (0.3 + 0.02 * turn)
        await ada.page.mouse.move(x, box["y"] + box["height"] / 2)
        if await seen.count() > 0:
            break
        await ada.page.wait_for_timeout(100)
    await seen.wait_for(state="attached")


async def stroke_under_way(ada: Any, bob: Any) -> None:
    """Bob sees a stroke while Ada draws it, though nothing of it is in the log before she lifts."""
    await ada.page.get_by_role("button", name="Pen", exact=True).click()
    box = await ada.page.locator(".fm-slide").bounding_box()
    x, y = box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.5
    await ada.page.mouse.move(x, y)
    await ada.page.mouse.down()
    await ada.page.mouse.move(x + 90, y + 40, steps=6)
    draft = bob.page.locator("[data-draft] .fm-mark-shape path")
    await draft.wait_for(state="attached")
    begun = await draft.get_attribute("d")
    await ada.page.mouse.move(x + 200, y - 30, steps=6)
    await expect(draft).not_to_have_attribute("d", begun or "")
    assert await bob.page.locator(SAVED_MARKS).count() == 0
    await ada.page.mouse.up()
    await expect(bob.page.locator(SAVED_MARKS)).to_have_count(1)
    await expect(draft).to_have_count(0)
    await ada.page.get_by_role("button", name="Undo your last mark").click()
    await expect(bob.page.locator(SAVED_MARKS)).to_have_count(0)


async def marks(zone: Zone, ada: Any, bob: Any) -> None:
    """Nothing that is drawn is lost or drawn twice, whatever dies meanwhile."""
    await draw(ada.page, "Pen", (0.1, 0.6), (0.2, 0.5), (0.3, 0.6), (0.4, 0.5))
    await draw(ada.page, "Highlighter", (0.1, 0.25), (0.5, 0.25))
    await zone.kill(await ada.page.locator(".fm-connection-server").inner_text())
    await draw(ada.page, "Arrow", (0.8, 0.9), (0.6, 0.6))
    await draw(ada.page, "Rectangle", (0.55, 0.3), (0.9, 0.5))
    await draw(ada.page, "Ellipse", (0.1, 0.7), (0.4, 0.9))
    await ada.page.get_by_role("button", name="Text", exact=True).click()
    await ada.page.locator(".fm-slide").click(position={"x": 60, "y": 40})
    await ada.page.get_by_role("textbox", name="Text on the slide").fill("Look here")
    await ada.page.keyboard.press("Enter")
    for someone in (ada, bob):
        await expect(someone.page.locator(SAVED_MARKS)).to_have_count(6, timeout=60_000)
        await expect(someone.page.locator(".fm-mark-shape")).to_have_count(6)
    await ada.shot("slides-marks")
    await bob.shot("slides-phone-marks")

    async with ada.page.expect_download() as download:
        await ada.page.get_by_role("button", name="Download").click()
        await ada.page.get_by_role("menuitem", name="PDF with what was drawn").click()
    drawn = Path(await (await download.value).path()).read_bytes()
    assert drawn.startswith(b"%PDF-")
    assert len(drawn) > len(decks.pdf(TALK))

    await ada.page.get_by_role("button", name="Undo your last mark").click()
    await draw(ada.page, "Eraser", (0.3, 0.12), (0.3, 0.42))
    for someone in (ada, bob):
        await expect(someone.page.locator(SAVED_MARKS)).to_have_count(4)
