"""What a host closes is shown to a guest in a second browser; a third comes by a personal link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from folkmoot.testing.zone import Zone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

CLOSED = [
    "Write to everyone",
    "Ask questions and vote for them",
    "Raise a hand",
    "Send reactions",
    "Change one's own name",
    "Export chat and notes",
]


async def test_a_guest_is_told_who_closed_what_and_another_is_invited_by_name(
    zone: Zone, person: Callable[..., Any]
) -> None:
    ada = await person("Ada")
    link = await ada.start_room(zone, "Closed doors")
    bob = await person("Bob")
    await bob.open_room(link)
    page = bob.page

    await ada.page.get_by_role("button", name="Your settings and more").click()
    await ada.page.get_by_role("menuitem", name="Room settings").click()
    dialog = ada.page.get_by_role("dialog", name="Room settings")
    for setting in CLOSED:
        await dialog.get_by_label(f"{setting}: Participants").click()
        # A box shows what the log decided, so it changes a moment after the press.
        await expect(dialog.get_by_label(f"{setting}: Participants")).not_to_be_checked()
    await dialog.get_by_label("When the host is gone").fill("90")
    await dialog.get_by_label("Newcomers come in with the microphone off").click()
    await expect(dialog.get_by_label("Newcomers come in with the microphone off")).to_be_checked()
    await ada.shot("closed-settings")
    await ada.page.keyboard.press("Escape")

    await expect(page.get_by_role("button", name="Raise hand")).to_be_disabled()
    await expect(page.get_by_role("button", name="React", exact=True)).to_be_disabled()
    await page.get_by_text("The hosts have closed reactions for your role.").wait_for()
    field = page.get_by_role("textbox", name="Message")
    await expect(field).to_be_disabled()
    await page.get_by_role("combobox", name="To", exact=True).select_option("hosts")
    await field.fill("May I speak?")
    await page.keyboard.press("Enter")
    await ada.sees("May I speak?")
    await page.get_by_role("button", name="Your settings and more").click()
    for name in ("Change your name", "Export chat and notes"):
        await expect(page.get_by_role("menuitem", name=name)).to_be_disabled()
    await bob.shot("closed-menu")
    # What is closed can be reached and read, but does nothing.
    await expect(page.get_by_role("menuitem", name="Change your name")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("menu")).to_be_hidden()
    await page.set_viewport_size({"width": 360, "height": 700})
    await bob.shot("closed-phone")

    await ada.page.get_by_role("button", name="Your settings and more").click()
    await ada.page.get_by_role("menuitem", name="Invite somebody by name").click()
    await ada.page.get_by_label("Their name").fill("Grace Hopper")
    await ada.page.get_by_label("Their role").select_option("presenter")
    await ada.page.get_by_role("button", name="Make the link").click()
    invitation = await ada.page.get_by_label("Link for Grace Hopper").input_value()
    await ada.shot("invitation")
    grace = await person("Grace")
    await grace.page.goto(invitation)
    await expect(grace.page.get_by_label("Your name")).to_have_value("Grace Hopper")
    await grace.page.get_by_role("button", name="Join", exact=True).click()
    people = grace.page.get_by_role("list", name="People in this room")
    await expect(people.get_by_text("Presenter", exact=True)).to_be_visible()
    await expect(grace.page.get_by_role("button", name="Raise hand")).to_be_enabled()
    assert not [trouble for one in (ada, bob, grace) for trouble in one.troubles]
