"""Real Chromium finds nothing serious in our markup, from left to right and from right to left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page

from folkmoot.cli.admin import admin_token
from folkmoot.testing.zone import Zone

from .conftest import CONNECTED, ROOT

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}
CALM = {"reduced_motion": "reduce"}  # colours are measured when nothing fades any more
RULES = """
async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return bad.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}
"""
RIGHT_TO_LEFT = """
Object.defineProperty(HTMLElement.prototype, "dir", {
  configurable: true,
  get() { return this.getAttribute("dir") ?? ""; },
  set() { this.setAttribute("dir", "rtl"); },
});
"""
"""The page sets the direction of its language; here that is always from right to left."""
OUTSIDE = """
() => [...document.querySelectorAll("button, input, textarea, h1, h2, h3, bdi, p")]
  .filter((one) => one.checkVisibility())
  .filter((one) => one.closest(".fm-hidden, .fm-skip, .fm-toolbar, .excalidraw") === null)
  .filter((one) => one.closest(".fm-stage-bar [role=tablist]") === null) // which scrolls
  .filter((one) => {
    const { left, right, width } = one.getBoundingClientRect();
    return width > 1 && (left < -1 || right > innerWidth + 1);
  })
  .map((one) => one.outerHTML.slice(0, 120))
"""


class Auditor:
    """Runs axe on what a page shows, and keeps what it finds with where it was."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    async def look(self, page: Page, where: str) -> None:
        if not await page.evaluate("'axe' in window"):
            # Evaluated by the browser itself, which the page's CSP does not hinder.
            await page.evaluate(AXE.read_text(encoding="utf-8"))
        for finding in await page.evaluate(RULES):
            self.found.setdefault(finding, []).append(where)


@pytest.fixture
def auditor() -> Auditor:
    if not AXE.is_file():
        pytest.fail("axe-core is missing; run `make web-test`", pytrace=False)
    return Auditor()


async def area(page: Page, name: str) -> None:
    areas = page.get_by_role("navigation", name="Areas of the room")
    await areas.get_by_role("button", name=name).click()


@asynccontextmanager
async def dialog(page: Page, item: str) -> AsyncIterator[Any]:
    """What the room's menu opens; put away with Escape."""
    await page.get_by_role("button", name="Your settings and more").click()
    await page.get_by_role("menuitem", name=item).click()
    shown = page.get_by_role("dialog")
    await shown.wait_for()
    yield shown
    await page.keyboard.press("Escape")
    await shown.wait_for(state="detached")


async def test_a_host_finds_nothing_serious_anywhere(
    zone: Zone, person: Callable[..., Any], auditor: Auditor
) -> None:
    ada = await person("Ada", **CALM)
    page: Page = ada.page
    await page.goto(zone.url)
    await page.get_by_label("What is the room about?").fill("Audit")
    await auditor.look(page, "start page")
    await page.keyboard.press("Enter")
    await page.get_by_label("Your name").wait_for()
    await auditor.look(page, "join form")
    await ada.enter_name()
    bob = await person("Bob", color_scheme="dark", **CALM)
    await bob.open_room(page.url.split("#")[0])
    await bob.say("What do `we` see, @Ada?")
    await ada.sees("What do")
    await page.get_by_role("textbox", name="Shared notes").wait_for()
    await auditor.look(page, "room")

    await area(page, "Polls")
    await page.get_by_role("button", name="New poll").click()
    editor = page.get_by_role("dialog")
    await editor.get_by_label("Question").fill("Tea?")
    for number in (1, 2):
        await editor.get_by_label(f"Option {number}", exact=True).fill(f"Number {number}")
    await auditor.look(page, "editor of a poll")
    await editor.get_by_role("button", name="Save draft").click()
    await editor.wait_for(state="detached")
    await page.get_by_role("button", name="Start").click()
    await page.get_by_role("menuitem", name="by hand").click()
    await area(bob.page, "Polls")
    await bob.page.get_by_label("Number 1").check()
    await bob.page.get_by_role("button", name="Raise hand").click()
    await page.get_by_role("button", name="1 raised hand").wait_for()
    for name in ("Polls", "Questions", "Agenda"):
        await area(page, name)
        await auditor.look(page, name)
    await area(page, "Chat")
    await ada.say("Number 1, please")
    await bob.page.get_by_text("1 unread message").first.wait_for()
    await auditor.look(bob.page, "poll in the dark, with an unread message")

    for item in (
        "Change your name",
        "Copy a link for another device",
        "Invite somebody by name",
        "Export chat and notes",
        "Room settings",
        "Leave the room",
    ):
        async with dialog(page, item):
            await auditor.look(page, item)
    async with dialog(page, "Breakout rooms") as rooms:
        await rooms.get_by_role("button", name="Make the rooms").click()
        await rooms.get_by_role("button", name="Open the rooms").wait_for()
        await auditor.look(page, "breakouts, assigning")
        await rooms.get_by_role("button", name="Open the rooms").click()
        await rooms.get_by_role("button", name="Call back now").wait_for()
        await auditor.look(page, "breakouts, open")
    await page.get_by_role("button", name="Pick a room").wait_for()
    await auditor.look(page, "invitation into a breakout")
    await auditor.look(bob.page, "invitation in the dark")
    await page.get_by_role("button", name="Pick a room").click()
    await page.get_by_role("menuitem", name="Room 1").click()
    await page.get_by_text("You are in Room 1").wait_for()
    await ada.connection(CONNECTED)
    await auditor.look(page, "breakout")
    assert await page.get_by_role("button", name="Copy link").count() == 0
    await ada.shot("shell-breakout")
    assert auditor.found == {}


async def test_a_phone_and_the_zone_show_nothing_serious(
    zone: Zone, person: Callable[..., Any], auditor: Auditor
) -> None:
    carol = await person("Carol", color_scheme="dark", **PHONE, **CALM)
    await carol.start_room(zone, "Pocket")
    for name in ("Stage", "Chat", "People", "Polls", "Questions", "Agenda"):
        await area(carol.page, name)
        await auditor.look(carol.page, f"phone, {name}")
        assert await carol.page.evaluate(OUTSIDE) == []
    dora = await person("Dora", **CALM)
    await dora.page.goto(f"{zone.url}/zone")
    field = dora.page.get_by_label("Admin token", exact=True)
    await field.wait_for()
    await auditor.look(dora.page, "zone, token")
    await field.fill(await made_token(zone))
    await dora.page.keyboard.press("Enter")
    await dora.page.get_by_role("heading", name="Open rooms").wait_for()
    await auditor.look(dora.page, "zone")
    assert auditor.found == {}


async def test_who_waits_at_a_door_finds_nothing_serious(
    zone: Zone, person: Callable[..., Any], auditor: Auditor
) -> None:
    room = await zone.create_room("Closed doors", lobby=True, passcode="open sesame")
    eve = await person("Eve", **CALM)
    page: Page = eve.page
    await page.goto(f"{zone.url}/r/{room['slug']}")
    await page.get_by_label("Your name").fill("Eve")
    await page.keyboard.press("Enter")
    await page.get_by_label("Passcode").fill("open sesame")
    await auditor.look(page, "passcode")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="You are in the lobby").wait_for()
    await auditor.look(page, "lobby")
    await page.goto(f"{zone.url}/r/{'a' * 26}")
    await page.get_by_text("There is no such room").wait_for()
    await auditor.look(page, "no such room")
    assert auditor.found == {}


async def made_token(zone: Zone) -> str:
    return await asyncio.to_thread(admin_token, zone.folder, 3_600)


async def test_from_right_to_left_everything_stands_mirrored_and_inside(
    zone: Zone, person: Callable[..., Any], auditor: Auditor
) -> None:
    sara = await person("שרה כהן", **CALM)
    await sara.context.add_init_script(RIGHT_TO_LEFT)
    await sara.start_room(zone, "Seder: 3 / 4 (final)")
    page: Page = sara.page
    assert await page.locator("html").get_attribute("dir") == "rtl"
    await sara.say("שלום to all (100 %)!")
    await page.get_by_role("button", name="Raise hand").click()
    await page.get_by_text("You are number 1 in line").wait_for()
    name = page.locator(".fm-person-name bdi", has_text="שרה")
    assert await name.evaluate("one => getComputedStyle(one).unicodeBidi") == "isolate"
    side = await page.locator(".fm-side").bounding_box()
    stage = await page.locator(".fm-stage").bounding_box()
    assert side and stage
    assert side["x"] + side["width"] <= stage["x"]
    for name in ("Chat", "Polls", "Questions", "Agenda"):
        await area(page, name)
        assert await page.evaluate(OUTSIDE) == [], name
    await auditor.look(page, "right to left")
    await page.get_by_role("button", name="Your settings and more").click()
    await page.get_by_role("menuitem", name="Leave the room").wait_for()
    assert await page.evaluate(OUTSIDE) == []
    await sara.shot("shell-right-to-left")
    await page.keyboard.press("Escape")
    await page.set_viewport_size({"width": 390, "height": 780})
    for name in ("Stage", "Chat", "People"):
        await area(page, name)
        assert await page.evaluate(OUTSIDE) == [], name
    await sara.shot("shell-right-to-left-phone")
    assert auditor.found == {}


LANGUAGES = [
    ("de-DE", "Dein Name", "Beitreten", "Personen in diesem Raum"),
    ("es-MX", "Tu nombre", "Entrar", "Personas en esta sala"),
    ("zh-CN", "你的名字", "加入", "这个房间里的人"),
]


@pytest.mark.parametrize(("locale", "name", "join", "people"), LANGUAGES)
async def test_a_language_is_there_from_the_first_moment_and_fits(
    locale: str, name: str, join: str, people: str, zone: Zone, person: Callable[..., Any]
) -> None:
    room = await zone.create_room("Babel")
    lin = await person("Lin", locale=locale, **CALM)
    await lin.context.add_init_script(
        "new MutationObserver(() => {"
        " if (document.body?.innerText.includes('Looking for the room')) window.flashed = true;"
        "}).observe(document, { childList: true, subtree: true });"
    )
    page: Page = lin.page
    await page.goto(f"{zone.url}/r/{room['slug']}")
    await page.get_by_label(name).fill("Lin")
    await page.get_by_role("button", name=join, exact=True).click()
    await lin.connection(CONNECTED)
    await page.get_by_role("list", name=people).wait_for()
    assert not await page.evaluate("window.flashed ?? false")
    for width in (1920, 1024, 390):
        await page.set_viewport_size({"width": width, "height": 800})
        assert await page.evaluate(OUTSIDE) == [], width
        await lin.shot(f"shell-{locale}-{width}")
