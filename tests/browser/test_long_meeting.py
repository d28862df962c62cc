"""One long meeting of four people, from the lobby to the last slide, while servers die under it.

Each part has tests of its own; here all of them live in one page, and share its servers. In the end
everybody has the same, and so has a page that begins anew.
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
from .test_talk import new_poll, side

__all__ = ["auditor"]
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

PLAN, BOARD, NOTES = "Harvest plan", "Whiteboard", "Notes"
QUESTION = "Where do we begin?"
SHAPES = "() => [...document.querySelectorAll('.fm-mark-shape')].map((one) => one.outerHTML)"
PHONE_WIDTH = 600
BACK_MS = 60_000
"""Until all are back from breakouts: they have some seconds to finish, and three logs to agree."""


async def on_stage(person: Person) -> None:
    """On a phone the stage is an area of its own."""
    size = person.page.viewport_size
    if size is not None and size["width"] < PHONE_WIDTH:
        await side(person.page, "Stage")


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


async def says(person: Person, words: str) -> None:
    await side(person.page, "Chat")
    await person.say(words)


async def everybody_is_let_in(zone: Zone, ada: Person, others: list[Person]) -> None:
    """Ada opens a room with a lobby; the others wait there, and are let in together."""
    await ada.page.goto(zone.url)
    await ada.page.get_by_label("What is the room about?").fill("Harvest")
    await ada.page.get_by_label("People wait in a lobby until you let them in").check()
    await ada.page.get_by_role("button", name="Start").first.click()
    await ada.enter_name()
    link = ada.page.url.split("#")[0]
    for one in others:
        await one.page.goto(link)
        await one.page.get_by_label("Your name").fill(one.name)
        await one.page.get_by_role("button", name="Join", exact=True).click()
        await one.page.get_by_role("heading", name="You are in the lobby of “Harvest”").wait_for()
        await ada.page.get_by_role("button", name=f"Let {one.name} in").wait_for()
    await ada.shot("long-meeting-lobby")
    await ada.page.get_by_role("button", name="Let all in").click()
    for one in others:
        await one.page.locator(".fm-connection[data-kind=connected]").wait_for()
    await ada.page.get_by_text("4 people here").wait_for()


async def they_talk_and_vote(zone: Zone, ada: Person, ben: Person, others: list[Person]) -> None:
    """Words, a hand, and a poll whose votes are on their way when a server dies."""
    for one in (ada, ben, *others):
        await says(one, f"{one.name} is here")
    await ben.page.get_by_role("button", name="Raise hand").click()
    await ada.page.get_by_role("button", name="Next: Ben").click()
    await ben.page.get_by_text("It is your turn to speak.").first.wait_for()
    await new_poll(ada.page, "single", QUESTION, ["South", "North"])
    voters = [ben, *others]
    for one, option in zip(voters, ("South", "North", "North"), strict=True):
        await side(one.page, "Polls")
        await card(one).get_by_label(option).check()
    server = await most_used_server([ada, *voters])
    pid = await zone.kill(server)
    for one in voters:
        await card(one).get_by_role("button", name="Vote").click()
        await says(one, f"{one.name} has voted")
    await zone.wait_replaced(server, pid)
    await card(ada).get_by_text("3 of 4 have voted").wait_for()
    await card(ada).get_by_role("button", name="Close").click()
    await card(ada).get_by_role("button", name="Publish results").click()


def card(person: Person) -> Any:
    return person.page.locator(".fm-poll", has_text=QUESTION)


async def they_work_on_the_stage(zone: Zone, ada: Person, ben: Person, cleo: Person) -> None:
    """Slides with marks, a board and notes, under which two servers die one after the other."""
    easel = Easel(ben.page)
    pdf = base64.b64encode(decks.pdf(("The harvest", "Thanks"))).decode()
    await ada.page.evaluate(DROP, [f"{PLAN}.pdf", pdf])
    await ada.page.get_by_role("tab", name=PLAN).wait_for()
    await on_page(ada.page, 1, 2)
    await ada.page.get_by_role("button", name=f"Show “{PLAN}” to everyone").click()
    await draw(ada.page, "Pen", (0.1, 0.6), (0.2, 0.5), (0.3, 0.6))
    await on_stage(cleo)
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
    server = await most_used_server([ada, ben, cleo])
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


async def they_go_to_breakouts_and_come_back(
    zone: Zone, ada: Person, ben: Person, others: list[Person], auditor: Auditor
) -> None:
    """Each room has a stage and a chat of its own; what they wrote comes back with them."""
    await ada.page.get_by_role("button", name="Your settings and more").click()
    await ada.page.get_by_role("menuitem", name="Breakout rooms").click()
    dialog = ada.page.get_by_role("dialog", name="Breakout rooms")
    await dialog.get_by_label("Room 1").fill("North")
    await dialog.get_by_role("button", name="Make the rooms").click()
    away = [(ben, "North", "North"), *((one, "Room 2", "2") for one in others)]
    for one, room, _ in away:
        await dialog.get_by_role("combobox", name=f"Room for {one.name}").select_option(room)
    await expect(dialog.get_by_role("combobox", name="Room for Dora")).to_have_value("2")
    await dialog.get_by_label("For how many minutes?").fill("10")
    await ada.shot("breakouts-assign")
    await dialog.get_by_role("button", name="Open the rooms").click()
    for one, room, _ in away:
        await one.page.get_by_role("button", name=f"Go to {room}").click()
        await one.page.get_by_text(f"You are in {room}").wait_for()
    await dialog.get_by_text("is in North").wait_for()

    # A server dies while somebody writes there.
    await ben.connection(".fm-connection[data-kind=connected]")
    await text(ben.page).click()
    await ben.page.keyboard.type("What the north found")
    pid = await zone.kill("collaboration-1")
    await says(ben, "still here in the north")
    await ben.all_saved()
    await zone.wait_replaced("collaboration-1", pid)
    await dialog.get_by_label("Say something to everybody").fill("Two minutes more")
    await dialog.get_by_role("button", name="Send to all rooms").click()
    for one, _, _ in away:
        await one.page.locator(".fm-breakout-said", has_text="Two minutes more").wait_for()
    await ben.shot("breakouts-inside")

    await dialog.get_by_role("button", name="Call back now").click()
    for one, _, _ in away:
        await expect(one.page.get_by_text("You are in")).to_have_count(0, timeout=BACK_MS)
    await expect(dialog.get_by_text("What the rooms brought back")).to_be_visible(timeout=BACK_MS)
    await dialog.locator("summary", has_text="North").click()
    await dialog.get_by_text("What the north found").wait_for()
    await auditor.look(ada.page, "what breakouts brought back")
    await ada.shot("breakouts-results")
    await ada.page.keyboard.press("Escape")
    await dialog.wait_for(state="detached")


async def seen_by(person: Person) -> dict[str, Any]:
    """All that there is of the meeting, as this page has it."""
    page = person.page
    await side(page, "Polls")
    await card(person).get_by_text("Closed", exact=True).wait_for()
    counts = await card(person).locator(".fm-bar-count").all_inner_texts()
    await side(page, "Chat")
    await person.all_saved()
    await person.sees("Dora has voted")
    said = await person.messages()
    await on_stage(person)
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
    notes = await page.evaluate(CONTENT)
    return {"poll": counts, "chat": said, "marks": marks, "board": board, "notes": notes}


async def look_at_all(person: Person, auditor: Auditor) -> None:
    """Every tab: nothing serious for axe, nothing outside the screen, and a screenshot."""
    for name in (PLAN, BOARD, NOTES):
        await tab(person, name)
        kind = name.split()[-1].lower()
        await auditor.look(person.page, f"{kind} of {person.name}")
        await person.shot(f"together-{kind}-{person.name.lower()}")
        assert await person.page.evaluate(OUTSIDE) == [], f"{name} of {person.name}"


async def test_four_people_hold_a_long_meeting_while_servers_are_killed(
    zone: Zone, person: Callable[..., Any], auditor: Auditor
) -> None:
    ada = await person("Ada", **CALM)
    ben = await person("Ben", color_scheme="dark", **CALM)
    cleo = await person("Cleo", **PHONE, **CALM)
    dora = await person("Dora", **CALM)
    await everybody_is_let_in(zone, ada, [ben, cleo, dora])
    await they_talk_and_vote(zone, ada, ben, [cleo, dora])
    await they_work_on_the_stage(zone, ada, ben, cleo)
    await they_go_to_breakouts_and_come_back(zone, ada, ben, [cleo, dora], auditor)

    # The slides are turned for everybody, and back again.
    await tab(ada, PLAN)
    await ada.page.get_by_role("button", name="Next slide").click()
    await on_page(dora.page, 2, 2)
    await ada.page.get_by_role("button", name="Previous slide").click()
    await on_page(dora.page, 1, 2)

    # All have the same, and so has a page that begins anew; the breakouts kept theirs.
    people = [ada, ben, cleo, dora]
    await dora.page.reload()
    await side(ben.page, "Polls")
    await ben.shot("long-meeting-poll-dark")
    await side(cleo.page, "Chat")
    await cleo.shot("long-meeting-chat-phone")
    seen = {one.name: await seen_by(one) for one in people}
    assert seen["Ada"] == seen["Ben"] == seen["Cleo"] == seen["Dora"]
    said = seen["Ada"]["chat"]
    voted = [f"{one.name} has voted" for one in people[1:]]
    assert Counter(said) == Counter([f"{one.name} is here" for one in people] + voted)
    assert "north" not in seen["Ada"]["notes"]
    assert [count[0] for count in seen["Ada"]["poll"]] == ["1", "2"]
    for one in people[:3]:
        await look_at_all(one, auditor)
    assert not auditor.found, "\n".join(map(str, auditor.found.items()))
