"""Two people in two browsers talk and write while every process of the zone is killed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from folkmoot.testing.zone import Zone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

PROCESSES = (
    "collaboration-1",
    "collaboration-2",
    "front-1",
    "web-1",
    "documents-1",
    "meeting-manager-1",
    "engine",
    "process-manager",
    "launcher",
)
PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}


async def test_two_people_meet_talk_and_write_while_servers_are_killed(
    zone: Zone, person: Callable[..., Any]
) -> None:
    ada = await person("Ada")
    link = await ada.start_room(zone, "Planning the harvest")
    bob = await person("Bob", color_scheme="dark")
    await bob.open_room(link)
    await ada.page.get_by_text("2 people here").wait_for()
    await bob.page.get_by_role("list", name="People in this room").get_by_text("Ada").wait_for()

    notes = [one.page.get_by_role("textbox", name="Shared notes") for one in (ada, bob)]
    await notes[0].click()
    await ada.page.keyboard.type("Together: ")
    await expect(notes[1]).to_contain_text("Together:")
    # Somebody else's caret carries its owner's name.
    await bob.page.get_by_text("Ada", exact=True).nth(1).wait_for()

    said: list[str] = []
    for process in PROCESSES:
        pid = await zone.kill(process)
        for one in (ada, bob):
            text = f"{one.name} while {process} is replaced"
            await one.say(text)
            said.append(text)
        await notes[0].click()
        await ada.page.keyboard.press("Control+End")
        await ada.page.keyboard.type(f"{process} died. ")
        if process == "collaboration-1":
            await ada.shot("meeting-during-a-kill")
        await zone.wait_replaced(process, pid)

    for one in (ada, bob):
        for text in said:
            await one.sees(text)
        await one.all_saved()
        seen = await one.messages()
        assert sorted(seen) == sorted(said)
    assert await ada.messages() == await bob.messages()
    everything = "Together: " + "".join(f"{process} died. " for process in PROCESSES)
    for editor in notes:
        # The other one's caret, with its name, is in the text too.
        await expect(editor).to_contain_text(everything.strip())
    for one in (ada, bob):
        await expect(one.page.get_by_text("Saved", exact=True).first).to_be_visible()
    await ada.shot("meeting-light")
    await bob.shot("meeting-dark")

    carol = await person("Carol", **PHONE)
    await carol.open_room(link)
    await expect(carol.page.get_by_role("textbox", name="Shared notes")).to_contain_text(
        everything.strip()
    )
    await carol.shot("meeting-phone")


async def test_reload_and_a_closed_tab_lose_nothing_and_need_no_name_again(
    zone: Zone, person: Callable[..., Any]
) -> None:
    ada = await person("Ada")
    link = await ada.start_room(zone, "Reload")
    await ada.say("before the reload")
    await ada.page.reload()
    await ada.sees("before the reload")
    await ada.page.close()
    ada.watch(await ada.context.new_page())
    await ada.page.goto(link)
    await ada.sees("before the reload")
    await ada.say("after the closed tab")
    await ada.all_saved()
    bob = await person("Bob")
    await bob.open_room(link)
    await bob.sees("after the closed tab")
    # Ada was one person all the time.
    await bob.page.get_by_text("2 people here").wait_for()


async def test_what_was_typed_while_nothing_answers_is_sent_by_a_later_tab(
    zone: Zone, person: Callable[..., Any]
) -> None:
    ada, bob = await person("Ada"), await person("Bob")
    link = await ada.start_room(zone, "Unsent")
    await bob.open_room(link)
    pids = [await zone.kill(f"collaboration-{n}", 19) for n in (1, 2)]
    try:
        await ada.say("typed while every server sleeps")
        await expect(ada.page.locator(".fm-message-status[data-status=sending]")).to_have_count(1)
        await ada.page.close()
    finally:
        for number, pid in enumerate(pids, 1):
            await _wake(zone, number, pid)
    ada.watch(await ada.context.new_page())
    await ada.page.goto(link)
    await bob.sees("typed while every server sleeps")
    await ada.all_saved()
    assert await bob.messages() == ["typed while every server sleeps"]


async def _wake(zone: Zone, number: int, pid: int) -> None:
    """Lets a frozen server go on, unless the watchdog was quicker."""
    if await zone.pid(f"collaboration-{number}") == pid:
        await zone.kill(f"collaboration-{number}", 18)


async def test_a_second_tab_of_the_same_person_is_a_second_session(
    zone: Zone, person: Callable[..., Any]
) -> None:
    ada = await person("Ada")
    link = await ada.start_room(zone, "Two tabs")
    first = ada.page
    ada.watch(await ada.context.new_page())
    await ada.open_room(link)
    await ada.say("from the second tab")
    await first.locator(".fm-bubble", has_text="from the second tab").wait_for()
    await first.get_by_role("textbox", name="Message").fill("from the first tab")
    await first.keyboard.press("Enter")
    await ada.sees("from the first tab")


async def test_a_wrong_link_says_so(zone: Zone, person: Callable[..., Any]) -> None:
    ada = await person("Ada")
    await ada.page.goto(f"{zone.url}/r/aaaaaaaaaaaaaaaaaaaaaaaaaa")
    await ada.page.get_by_text("There is no such room. Check the link.").wait_for()
    await ada.shot("unknown-room")


async def test_the_zone_goes_and_comes_back_without_a_reload(
    zone: Zone, person: Callable[..., Any]
) -> None:
    ada, bob = await person("Ada"), await person("Bob")
    link = await ada.start_room(zone, "Overnight")
    await bob.open_room(link)
    await ada.say("good night")
    await bob.sees("good night")
    await zone.stop()
    await ada.connection(".fm-connection[data-kind=reconnecting]")
    await ada.say("typed while all is off")
    await ada.shot("everything-off")
    await zone.start()
    await ada.all_saved()
    await bob.sees("typed while all is off")
    for one in (ada, bob):
        await one.connection(".fm-connection[data-kind=connected]")
