"""Who leaves for good and joins again from the same browser is the same person, with one vote."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from folkmoot.client import connect
from folkmoot.testing.zone import Zone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_browser_that_left_and_came_back_under_another_name_has_voted(
    zone: Zone, person: Callable[..., Any]
) -> None:
    room = await zone.create_room()
    slug, key = room["slug"], room["links"]["host"].partition("#k=")[2]
    async with connect(zone.url, room=slug, name="Ada", key=key) as ada:
        await ada.polls.create("Lunch?", ["Soup", "Salad"], secret=True, changeable=False)
        await until(lambda: ada.state.polls["polls"])
        poll = ada.state.polls["polls"][0]["poll"]
        await ada.polls.start(poll)

        bob = await person("Bob")
        page = bob.page
        areas = page.get_by_role("navigation", name="Areas of the room")
        polls = areas.get_by_role("button", name="Polls")
        await bob.open_room(f"{zone.url}/r/{slug}")
        await polls.click()
        await page.get_by_label("Soup").check()
        await page.get_by_role("button", name="Vote", exact=True).click()
        await page.get_by_text("Your vote: Soup").wait_for()
        await page.get_by_role("button", name="Your settings and more").click()
        await page.get_by_role("menuitem", name="Leave the room").click()
        await page.get_by_role("dialog").get_by_role("button", name="Leave", exact=True).click()
        await page.get_by_role("button", name="Join again").click()
        await page.get_by_label("Your name").fill("Robert")
        await page.get_by_role("button", name="Join", exact=True).click()
        await polls.click()
        await page.get_by_text("Your vote: Soup").wait_for()

        await ada.polls.close(poll)
        await ada.polls.publish(poll)
        await until(lambda: ada.state.polls["polls"][0]["published"])
        assert ada.state.polls["polls"][0]["counts"] == [1, 0]
        assert not bob.troubles
