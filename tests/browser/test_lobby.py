"""A host and a guest in two browsers: a lobby, roles, a removal, and the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from folkmoot.testing.zone import Zone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]


async def test_a_guest_waits_is_let_in_made_presenter_and_removed(
    zone: Zone, person: Callable[..., Any]
) -> None:
    ada = await person("Ada")
    await ada.page.goto(zone.url)
    await ada.page.get_by_label("What is the room about?").fill("Harvest")
    await ada.page.get_by_label("People wait in a lobby until you let them in").check()
    await ada.page.keyboard.press("Tab")
    await ada.page.get_by_role("button", name="Start").first.click()
    await ada.enter_name()
    link = ada.page.url.split("#")[0]

    bob = await person("Bob")
    await bob.page.goto(link)
    await bob.page.get_by_label("Your name").fill("Bob")
    await bob.page.get_by_role("button", name="Join", exact=True).click()
    await bob.page.get_by_role("heading", name="You are in the lobby of “Harvest”").wait_for()
    await ada.page.get_by_label("Message to those who wait").fill("Two more minutes")
    await ada.page.keyboard.press("Enter")
    await bob.page.get_by_text("Two more minutes").wait_for()
    await bob.shot("lobby-guest")
    await ada.shot("lobby-host")
    await ada.page.get_by_role("button", name="Let Bob in").click()
    await bob.page.get_by_text("2 people here").wait_for()

    await ada.page.get_by_role("button", name="What to do about Bob").click()
    await ada.shot("person-menu")
    await ada.page.get_by_role("menuitem", name="Presenter").click()
    people = bob.page.get_by_role("list", name="People in this room")
    await expect(people.get_by_text("Presenter", exact=True)).to_be_visible()

    await ada.page.get_by_role("button", name="Your settings and more").click()
    await ada.page.get_by_role("menuitem", name="Room settings").click()
    dialog = ada.page.get_by_role("dialog", name="Room settings")
    # The switch shows what the log says, so it does not move before that.
    suspend = dialog.get_by_label("Suspend all activities")
    await suspend.click()
    await expect(suspend).to_be_checked()
    await bob.page.get_by_text("Activities are suspended by the host.").first.wait_for()
    await ada.shot("room-settings")
    await ada.page.keyboard.press("Escape")

    await ada.page.get_by_role("button", name="What to do about Bob").click()
    await ada.page.get_by_role("menuitem", name="Remove from the room").click()
    await ada.page.get_by_role("button", name="Remove", exact=True).click()
    sentence = "You were removed from this room and cannot come back."
    await bob.page.get_by_role("heading", name=sentence).wait_for()
    await bob.shot("removed")
    # The browser knows who it was, and asks again; the log says no.
    await bob.page.reload()
    await bob.page.get_by_role("heading", name=sentence).wait_for()
    assert not [trouble for one in (ada, bob) for trouble in one.troubles]
