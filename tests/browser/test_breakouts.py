"""Breakout rooms in the page: made, opened, visited while servers die, called back with results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from folkmoot.testing.zone import Zone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

WAIT_MS = 60_000
PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}


async def test_people_go_to_breakouts_and_come_back_with_what_they_wrote(
    zone: Zone, person: Callable[..., Any]
) -> None:
    hana = await person("Hana")
    link = await hana.start_room(zone, "Plenary")
    ada = await person("Ada", color_scheme="dark")
    await ada.open_room(link)
    bob = await person("Bob", **PHONE)
    await bob.open_room(link)
    await hana.page.get_by_text("3 people here").wait_for()

    await hana.page.get_by_role("button", name="Your settings and more").click()
    await hana.page.get_by_role("menuitem", name="Breakout rooms").click()
    dialog = hana.page.get_by_role("dialog", name="Breakout rooms")
    await dialog.get_by_label("Room 1").fill("North")
    await dialog.get_by_role("button", name="Make the rooms").click()
    await dialog.get_by_role("combobox", name="Room for Ada").select_option("North")
    await dialog.get_by_role("combobox", name="Room for Bob").select_option("Room 2")
    await expect(dialog.get_by_role("combobox", name="Room for Bob")).to_have_value("2")
    await hana.shot("breakouts-assign")
    await dialog.get_by_label("For how many minutes?").fill("10")
    await dialog.get_by_role("button", name="Open the rooms").click()

    await ada.page.get_by_role("button", name="Go to North").click()
    await ada.page.get_by_text("You are in North").wait_for()
    await ada.connection(".fm-connection[data-kind=connected]")
    await bob.page.get_by_role("button", name="Go to Room 2").click()
    await bob.page.get_by_text("You are in Room 2").wait_for()
    await bob.shot("breakouts-phone")
    await dialog.get_by_text("is in North").wait_for()

    # The stage of the breakout is its own; a server dies while somebody writes there.
    notes = ada.page.get_by_role("textbox", name="Shared notes")
    await notes.click()
    await ada.page.keyboard.type("What the north found")
    died = await zone.kill("collaboration-1")
    await ada.say("still here in the north")
    await ada.all_saved()
    await zone.wait_replaced("collaboration-1", died)
    await hana.shot("breakouts-open")

    await dialog.get_by_label("Say something to everybody").fill("Two minutes more")
    await dialog.get_by_role("button", name="Send to all rooms").click()
    for one in (ada, bob):
        await one.page.locator(".fm-breakout-said", has_text="Two minutes more").wait_for()
    await ada.shot("breakouts-inside")

    await dialog.get_by_role("button", name="Call back now").click()
    for one in (ada, bob):
        await expect(one.page.get_by_text("You are in")).to_have_count(0, timeout=WAIT_MS)
    await expect(dialog.get_by_text("What the rooms brought back")).to_be_visible(timeout=WAIT_MS)
    await dialog.locator("summary", has_text="North").click()
    await dialog.get_by_text("What the north found").wait_for()
    await hana.shot("breakouts-results")
    await expect(ada.page.get_by_role("textbox", name="Shared notes")).not_to_contain_text("north")
    assert "still here in the north" not in await ada.messages()
