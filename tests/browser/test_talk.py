"""A host runs a meeting in real browsers: polls, a question, hands, reactions, an agenda."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page

from folkmoot.testing.zone import Zone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


async def side(page: Page, name: str) -> None:
    areas = page.get_by_role("navigation", name="Areas of the room")
    await areas.get_by_role("button", name=name).click()


async def new_poll(page: Page, kind: str, question: str, options: list[str]) -> None:
    await side(page, "Polls")
    await page.get_by_role("button", name="New poll").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Kind").select_option(kind)
    await dialog.get_by_label("Question").fill(question)
    for number, option in enumerate(options, 1):
        if number > 2:
            await dialog.get_by_role("button", name="Add an option").click()
        await dialog.get_by_label(f"Option {number}", exact=True).fill(option)
    await dialog.get_by_label("Everyone sees the counts").check()
    if kind == "quiz":
        await dialog.get_by_label("Option 2 is right").check()
    await dialog.get_by_role("button", name="Save draft").click()
    await dialog.wait_for(state="hidden")
    await start(page, question)


async def start(page: Page, question: str) -> None:
    card = page.locator(".fm-poll", has_text=question)
    await card.get_by_role("button", name="Start").click()
    await page.get_by_role("menuitem", name="by hand").click()
    await card.get_by_text("Open", exact=True).wait_for()


async def test_a_host_runs_a_meeting_while_a_server_is_killed(
    zone: Zone, person: Callable[..., Any]
) -> None:
    ada, bob = await person("Ada"), await person("Bob")
    link = await ada.start_room(zone, "Assembly")
    await bob.open_room(link)

    await new_poll(ada.page, "single", "Where do we meet?", ["Lisbon", "Porto", "Faro"])
    await side(bob.page, "Polls")
    card = bob.page.locator(".fm-poll", has_text="Where do we meet?")
    await card.get_by_label("Porto").check()
    await ada.shot("talk-poll-vote")
    await zone.kill("collaboration-1")
    await card.get_by_role("button", name="Vote").click()
    await card.get_by_text("Your vote: Porto").wait_for()
    await ada.page.get_by_text("1 · 100 %").wait_for()
    own = ada.page.locator(".fm-poll", has_text="Where do we meet?")
    await own.get_by_label("Lisbon").check()
    await own.get_by_role("button", name="Vote").click()
    await ada.page.get_by_text("2 of 2 have voted").wait_for()
    await own.get_by_role("button", name="Close").click()
    await own.get_by_role("button", name="Publish results").click()
    await card.get_by_text("Closed", exact=True).wait_for()

    await new_poll(ada.page, "ranked", "Which first?", ["Budget", "Hiring", "Office"])
    ranked = bob.page.locator(".fm-poll", has_text="Which first?")
    for option in ("Hiring", "Office"):
        await ranked.get_by_role("button", name=f"Add “{option}” to your ranking").click()
    await bob.shot("talk-ranking")
    await ranked.get_by_role("button", name="Vote").click()
    await ranked.get_by_text("Your vote: Hiring > Office").wait_for()
    lead = ada.page.locator(".fm-poll", has_text="Which first?")
    await lead.get_by_role("button", name="Close").click()
    await lead.get_by_role("button", name="Publish results").click()
    await ranked.get_by_text("Winner").wait_for()
    await ada.shot("talk-polls")
    await bob.page.emulate_media(color_scheme="dark")
    await bob.shot("talk-polls-dark")

    await questions(ada, bob)
    await hands(ada, bob)
    await agenda(ada, bob)
    carol = await person("Carol", viewport={"width": 390, "height": 844})
    await carol.open_room(link)
    for name in ("Polls", "Questions", "Agenda"):
        await side(carol.page, name)
        await carol.shot(f"talk-phone-{name.lower()}")


async def questions(ada: Any, bob: Any) -> None:
    await side(bob.page, "Questions")
    await bob.page.get_by_label("Your question").fill("Who pays for the train?")
    await bob.page.get_by_label("Without my name").check()
    await bob.page.get_by_role("button", name="Ask", exact=True).click()
    await side(ada.page, "Questions")
    row = ada.page.locator(".fm-question", has_text="Who pays for the train?")
    await row.get_by_text("Without a name").wait_for()
    await row.get_by_role("button", name="I want to know this too").click()
    await bob.page.locator(".fm-support", has_text="1").wait_for()
    await row.get_by_role("button", name="More for").click()
    await ada.page.get_by_role("menuitem", name="Answer in writing").click()
    await row.get_by_label("Answer to").fill("The house does.")
    await row.get_by_role("button", name="Send the answer").click()
    await bob.page.get_by_text("The house does.").wait_for()
    await ada.shot("talk-questions")
    await bob.shot("talk-questions-dark")


async def hands(ada: Any, bob: Any) -> None:
    await bob.page.get_by_role("button", name="Raise hand").click()
    await bob.page.get_by_text("You are number 1 in line").wait_for()
    await ada.page.get_by_role("button", name="1 raised hand").click()
    await ada.shot("talk-hands")
    await ada.page.keyboard.press("Escape")
    await ada.page.get_by_role("button", name="Next: Bob").click()
    await bob.page.get_by_text("It is your turn to speak.").first.wait_for()
    await bob.page.get_by_role("button", name="React").click()
    await bob.page.get_by_role("button", name="Applause").click()
    await ada.page.locator(".fm-reactions span", has_text="👏").first.wait_for()
    await ada.shot("talk-reaction")
    await bob.page.keyboard.press("Escape")


async def agenda(ada: Any, bob: Any) -> None:
    await side(ada.page, "Agenda")
    for title, minutes in (("Welcome", "5"), ("Budget", "20")):
        await ada.page.get_by_label("New item").fill(title)
        await ada.page.get_by_label("Minutes").fill(minutes)
        await ada.page.get_by_role("button", name="Add", exact=True).click()
        await ada.page.locator(".fm-agenda-item", has_text=title).wait_for()
    await ada.page.get_by_role("button", name="Start “Welcome”").click()
    await side(bob.page, "Agenda")
    await bob.page.locator(".fm-agenda-item", has_text="On now").wait_for()
    await bob.page.locator(".fm-timer-clock").first.wait_for()
    await ada.page.get_by_role("button", name="Pause").click()
    await bob.page.get_by_text("Paused").first.wait_for()
    await ada.shot("talk-agenda")
    await bob.shot("talk-agenda-dark")
