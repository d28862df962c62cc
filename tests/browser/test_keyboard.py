"""A whole visit by keyboard alone: the focus is always somewhere, and one sees where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from folkmoot.testing.zone import Zone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

STEPS_MAX = 60
HAS_FOCUS = """
() => {
  const at = document.activeElement;
  return at !== null && at !== document.body && at.checkVisibility();
}
"""
FOCUSED = """
() => {
  const at = document.activeElement;
  if (at === null || at === document.body) return null;
  const { width, height, top, left } = at.getBoundingClientRect();
  const seen = (one) => {
    if (one === null) return false;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
  };
  // A field shows its cursor, an item of a menu its ground, a box of choice its mark.
  const own = at.matches("input, textarea, select, [contenteditable], [role^=menuitem]");
  return {
    html: at.outerHTML.slice(0, 160),
    inside: width > 0 && height > 0 && top < innerHeight && left < innerWidth,
    seen: own || seen(at) || seen(at.parentElement),
  };
}
"""


class Keys:
    """Somebody without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def look(self) -> None:
        at = await self.page.evaluate(FOCUSED)
        assert at is not None, "the focus is lost"
        assert at["inside"] and at["seen"], f"the focus is not to be seen on {at['html']}"

    async def kept(self) -> None:
        """Waits until something has the focus: what goes away hands it on within a frame."""
        await self.page.wait_for_function(HAS_FOCUS)

    async def go(self, role: Any, name: str, *, back: bool = False, exact: bool = False) -> None:
        """Goes with the tab key to what has this role and name."""
        wanted = self.page.get_by_role(role, name=name, exact=exact).first
        await wanted.wait_for()
        turns = 0
        for _ in range(STEPS_MAX):
            if await wanted.evaluate("one => one === document.activeElement"):
                return
            await self.press("Shift+Tab" if back else "Tab")
            if await self.page.evaluate(HAS_FOCUS):
                await self.look()
            else:
                turns += 1  # past the end, where a browser has its own bars
                assert turns <= 2, "the focus is lost"
        pytest.fail(f"{STEPS_MAX} steps do not lead to the {role} {name}", pytrace=False)

    async def choose(self, item: str) -> None:
        """Goes with the arrows to an item of the open menu, and takes it."""
        wanted = self.page.get_by_role("menuitem", name=item)
        await wanted.wait_for()
        for _ in range(STEPS_MAX):
            if await wanted.evaluate("one => one === document.activeElement"):
                return await self.press("Enter")
            await self.press("ArrowDown")
        pytest.fail(f"the arrows do not lead to {item}", pytrace=False)


async def test_everything_in_the_room_works_without_a_mouse(
    zone: Zone, person: Callable[..., Any]
) -> None:
    ada, bob = await person("Ada"), await person("Bob")
    link = await ada.start_room(zone, "Keys only")
    page: Page = bob.page
    keys = Keys(page)

    await page.goto(link)
    await keys.go("textbox", "Your name")
    await page.keyboard.type("Bob")
    await keys.press("Enter")
    await bob.connection(".fm-connection[data-kind=connected]")

    await page.reload()
    await bob.connection(".fm-connection[data-kind=connected]")
    await skip_link(keys)
    await tabs_and_chat(keys)
    await hand_and_reaction(keys)
    await menus_and_dialogs(keys)
    await poll(keys, ada)
    assert await ada.messages() == ["typed without a mouse"]


async def skip_link(keys: Keys) -> None:
    page = keys.page
    await keys.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await keys.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    assert "#" not in page.url


async def tabs_and_chat(keys: Keys) -> None:
    page = keys.page
    for name in ("Polls", "Questions", "Agenda", "Chat"):
        await keys.go("button", name, back=name == "Chat", exact=True)
        await keys.press("Enter")
        await page.get_by_role("heading", name=name, exact=True).wait_for()
        await keys.look()
    await keys.go("textbox", "Message")
    await page.keyboard.type("typed without a mouse")
    await keys.press("Enter")
    await page.locator(".fm-bubble", has_text="typed without a mouse").wait_for()
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()


async def hand_and_reaction(keys: Keys) -> None:
    page = keys.page
    await keys.go("button", "Raise hand")
    await keys.press("Enter")
    await page.get_by_text("You are number 1 in line").wait_for()
    await keys.look()
    await keys.press("Enter")
    await page.get_by_text("You are number 1 in line").wait_for(state="detached")
    await keys.go("button", "React")
    await keys.press("Enter")
    choice = page.get_by_role("dialog", name="React")
    await choice.wait_for()
    await keys.go("button", "Applause")
    await keys.press("Enter", "Escape")
    await choice.wait_for(state="detached")
    await expect(page.get_by_role("button", name="React")).to_be_focused()


async def menus_and_dialogs(keys: Keys) -> None:
    page = keys.page
    for item in ("Change your name", "Export chat and notes", "Leave the room"):
        await keys.go("button", "Your settings and more", back=True)
        await keys.press("Enter")
        await keys.choose(item)
        shown = page.get_by_role("dialog")
        await shown.wait_for()
        for _ in range(6):  # round and round inside
            await keys.press("Tab")
            await keys.look()
            assert await shown.evaluate("one => one.contains(document.activeElement)")
        await keys.press("Escape")
        await shown.wait_for(state="detached")
        await keys.kept()
        await expect(page.get_by_role("button", name="Your settings and more")).to_be_focused()
    await keys.press("Enter")
    await page.get_by_role("menu").wait_for()
    await keys.press("Escape")
    await page.get_by_role("menu").wait_for(state="detached")
    await expect(page.get_by_role("button", name="Your settings and more")).to_be_focused()


async def poll(keys: Keys, ada: Any) -> None:
    host = Keys(ada.page)
    await host.go("button", "Polls", exact=True)
    await host.press("Enter")
    await host.go("button", "New poll")
    await host.press("Enter")
    await host.go("textbox", "Question")
    await host.page.keyboard.type("Tea?")
    for number in (1, 2):
        await host.go("textbox", f"Option {number}")
        await host.page.keyboard.type(f"Number {number}")
    await host.go("button", "Save draft")
    await host.press("Enter")
    await host.page.get_by_role("dialog").wait_for(state="detached")
    await host.kept()
    await host.go("button", "Start", exact=True)
    await host.press("Enter")
    await host.choose("by hand")
    await host.page.get_by_text("Open", exact=True).wait_for()
    await host.kept()

    page = keys.page
    await keys.go("button", "Polls")
    await keys.press("Enter")
    await keys.go("radio", "Number 1")
    await keys.press("Space", "ArrowDown")
    await expect(page.get_by_role("radio", name="Number 2")).to_be_checked()
    await keys.go("button", "Vote", exact=True)
    await keys.press("Enter")
    await page.get_by_text("Your vote: Number 2").wait_for()
    await keys.kept()
    await keys.go("button", "Change your vote")
    await keys.look()
