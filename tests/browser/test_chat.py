"""Three people in three browsers use all of the chat; what is private is in nobody else's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from folkmoot.testing.zone import Zone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}
SECRET = "the surprise is a cake"


async def test_people_whisper_answer_edit_react_search_and_pin(
    zone: Zone, person: Callable[..., Any]
) -> None:
    hal = await person("Hal")
    link = await hal.start_room(zone, "All of the chat")
    ada = await person("Ada", color_scheme="dark")
    await ada.open_room(link)
    eve = await person("Eve", **PHONE)
    await eve.open_room(link)
    await (
        eve.page.get_by_role("tab", name="Chat")
        .or_(eve.page.get_by_role("button", name="Chat"))
        .first.click()
    )
    await hal.page.get_by_text("3 people here").wait_for()

    # An answer, an edit and a reaction, all by keys.
    await hal.say("Agenda: `make all`, then lunch. See https://example.org/menu")
    await ada.sees("Agenda")
    await ada.page.get_by_role("region", name="Messages").focus()
    await ada.page.keyboard.press("ArrowUp")
    await ada.page.keyboard.press("r")
    await expect(ada.page.get_by_text("Reply to Hal")).to_be_visible()
    await ada.page.keyboard.type("@Hal what is for lnch?")
    await ada.page.keyboard.press("Enter")
    await hal.sees("what is for lnch?")
    await expect(hal.page.locator(".fm-mention[data-you]")).to_have_text("@Hal")
    await expect(hal.page.locator(".fm-quote")).to_contain_text("Agenda")
    await ada.all_saved()
    await ada.page.keyboard.press("ArrowUp")
    await ada.page.keyboard.press("Control+A")
    await ada.page.keyboard.type("@Hal what is for lunch?")
    await ada.page.keyboard.press("Enter")
    await hal.sees("what is for lunch?")
    await hal.page.get_by_role("button", name="Actions for the message of Ada").click()
    await hal.page.get_by_role("menuitem", name="React with 🎉").click()
    reaction = ada.page.get_by_role("button", name="🎉 from Hal")
    await expect(reaction).to_be_visible()

    # A private message and a question to the hosts.
    await ada.page.get_by_role("combobox", name="To").select_option(label="Privately to Hal")
    await ada.say(SECRET)
    await hal.sees(SECRET)
    await expect(hal.page.get_by_text("Privately to You")).to_be_visible()
    await eve.page.get_by_role("combobox", name="To").select_option(label="To the hosts only")
    await eve.say("I cannot hear you")
    await hal.sees("I cannot hear you")

    await hal.page.get_by_role("button", name="Actions for the message of You").first.click()
    await hal.shot("chat-menu-light")
    await hal.page.get_by_role("menuitem", name="Pin for everyone").click()
    pinned = eve.page.get_by_role("region", name="Pinned message")
    await expect(pinned).to_contain_text("Agenda")

    await hal.page.get_by_role("button", name="Search messages").click()
    await hal.page.get_by_role("searchbox").fill("SURPRISE cake")
    found = hal.page.get_by_role("list", name="Messages found").get_by_role("button")
    await expect(found).to_have_count(1)
    await hal.shot("chat-search-light")
    await found.click()
    await hal.page.get_by_role("button", name="Search messages").click()
    await ada.shot("chat-dark")
    await eve.shot("chat-phone")

    await eve.say("regretted words")
    await hal.sees("regretted words")
    more = hal.page.get_by_role("button", name="Actions for the message of Eve")
    await more.last.click()
    await hal.page.get_by_role("menuitem", name="Delete").click()
    await expect(eve.page.get_by_text("Deleted by a host")).to_be_visible()
    await hal.page.get_by_role("button", name="Edited and deleted messages").click()
    await expect(hal.page.get_by_text("Hal deleted a message of Eve.")).to_be_visible()
    await expect(hal.page.get_by_role("dialog")).to_contain_text("regretted words")
    await hal.shot("chat-trace-light")
    await hal.page.keyboard.press("Escape")

    await eve.page.get_by_role("button", name="Search messages").click()
    await eve.page.get_by_role("searchbox").fill("cake")
    await expect(eve.page.get_by_text("No message has all these words")).to_be_visible()
    assert SECRET not in await eve.page.content()
    assert SECRET not in await eve.page.evaluate("JSON.stringify({...localStorage})")
    await eve.page.reload()
    await eve.connection("css=.fm-connection:not([data-kind=connecting])")
    assert SECRET not in await eve.page.content()
