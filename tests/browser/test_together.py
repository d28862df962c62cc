"""Slides, a whiteboard and notes of one room, open with three people while servers die.

Each of them has tests of their own; here they live in one page, and share its servers.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from folkmoot.testing import decks
from folkmoot.testing.zone import Zone

from .conftest import WAIT_MS, Person
from .test_accessibility import CALM, OUTSIDE, PHONE, Auditor, auditor
from .test_board import Easel
from .test_notes import CONTENT, PASTE, text
from .test_slides import DROP, SAVED_MARKS, draw, on_page

__all__ = ["auditor"]
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

PLAN, BOARD, NOTES = "Harvest plan", "Whiteboard", "Notes"
SHAPES = "() => [...document.querySelectorAll('.fm-mark-shape')].map((one) => one.outerHTML)"


async def tab(person: Person, name: str) -> None:
    """Opens it on the stage, and returns when nothing of it waits to be saved."""
    await person.page.get_by_role("tab", name=name).click()
    await expect(person.page.get_by_test_id("document-state")).to_have_attribute(
        "data-state", "saved", timeout=WAIT_MS
    )


async def most_used_server(people: list[Person]) -> str:
    signs = [person.page.locator(".fm-connection-server") for person in people]
    names = [(await sign.text_content() or "").strip() for sign in signs]
    return Counter(names).most_common(1)[0][0]


async def seen_by(person: Person) -> tuple[list[str], str, str]:
    """The marks, the board in words, and the notes, as this page has them."""
    page = person.page
    await tab(person, PLAN)
    await on_page(page, 1, 2)
    await expect(page.locator(SAVED_MARKS)).to_have_count(3, timeout=WAIT_MS)
    marks: list[str] = await page.evaluate(SHAPES)
    await tab(person, BOARD)
    words = Easel(page).words
    await expect(words).to_contain_text("3 elements.", timeout=WAIT_MS)
    await expect(words).to_contain_text("Barn", timeout=WAIT_MS)
    board = await words.text_content() or ""
    await tab(person, NOTES)
    for line in ("The field is dry", "Rain is near", "We start at dawn"):
        await expect(text(page)).to_contain_text(line, timeout=WAIT_MS)
    await page.locator(".fm-image img").wait_for()
    return marks, board, await page.evaluate(CONTENT)


async def look_at_all(person: Person, auditor: Auditor) -> None:
    """Every tab: nothing serious for axe, nothing outside the screen, and a screenshot."""
    for name in (PLAN, BOARD, NOTES):
        await tab(person, name)
        kind = name.split()[-1].lower()
        await auditor.look(person.page, f"{kind} of {person.name}")
        await person.shot(f"together-{kind}-{person.name.lower()}")
        assert await person.page.evaluate(OUTSIDE) == [], f"{name} of {person.name}"


async def test_three_people_go_on_with_everything_while_servers_are_killed(
    zone: Zone, person: Callable[..., Any], auditor: Auditor
) -> None:
    ada = await person("Ada", **CALM)
    link = await ada.start_room(zone, "Harvest")
    ben = await person("Ben", color_scheme="dark", **CALM)
    await ben.open_room(link)
    cleo = await person("Cleo", **PHONE, **CALM)
    await cleo.open_room(link)
    people = [ada, ben, cleo]
    easel = Easel(ben.page)

    # Ada shows her slides to everyone and draws on them; Ben and Cleo see it.
    pdf = base64.b64encode(decks.pdf(("The harvest", "Thanks"))).decode()
    await ada.page.evaluate(DROP, [f"{PLAN}.pdf", pdf])
    await ada.page.get_by_role("tab", name=PLAN).wait_for()
    await on_page(ada.page, 1, 2)
    await ada.page.get_by_role("button", name=f"Show “{PLAN}” to everyone").click()
    await draw(ada.page, "Pen", (0.1, 0.6), (0.2, 0.5), (0.3, 0.6))
    for one in (ben, cleo):
        await on_page(one.page, 1, 2)
        await expect(one.page.locator(SAVED_MARKS)).to_have_count(1)

    # Ben wanders to a whiteboard, Cleo to the notes.
    await ada.page.get_by_role("button", name="Add to the stage").click()
    await ada.page.get_by_role("menuitem", name="New whiteboard").click()
    await ada.page.get_by_role("button", name="Create").click()
    await easel.open()
    await easel.draw("rectangle", (300, 130), (430, 220))
    await cleo.page.get_by_role("tab", name=NOTES).click()
    await text(cleo.page).click()
    await cleo.page.keyboard.type("The field is dry.")

    # The server that most of them are on dies, and everybody goes on at once.
    await tab(ada, PLAN)
    server = await most_used_server(people)
    pid = await zone.kill(server)
    await draw(ada.page, "Arrow", (0.8, 0.9), (0.6, 0.6))
    await easel.draw("ellipse", (480, 130), (600, 220))
    await cleo.page.keyboard.type(" Rain is near.")
    await draw(ada.page, "Rectangle", (0.55, 0.3), (0.9, 0.5))
    await zone.wait_replaced(server, pid)

    # The server that keeps the documents dies under a picture, a text and a line.
    await tab(ada, NOTES)
    await expect(text(ada.page)).to_contain_text("Rain is near.", timeout=WAIT_MS)
    pid = await zone.kill("documents-1")
    await text(ada.page).click()
    await ada.page.keyboard.press("Control+End")
    await ada.page.evaluate(PASTE)
    await easel.page.get_by_test_id("toolbar-text").dispatch_event("click")
    box = await easel.page.locator("canvas.interactive").bounding_box()
    assert box is not None
    await easel.page.mouse.click(box["x"] + 320, box["y"] + 300)
    await easel.page.keyboard.type("Barn")
    await easel.page.keyboard.press("Escape")
    await cleo.page.keyboard.type(" We start at dawn.")
    await zone.wait_replaced("documents-1", pid)

    # All have the same, and so has who comes only now.
    dora = await person("Dora", **CALM)
    await dora.open_room(link)
    seen = {one.name: await seen_by(one) for one in (*people, dora)}
    for what in zip(*seen.values(), strict=True):
        assert all(one == what[0] for one in what), seen
    for one in people:
        await look_at_all(one, auditor)
    assert not auditor.found, "\n".join(map(str, auditor.found.items()))
