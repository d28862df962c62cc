"""Real Chromium against a real zone. Screenshots are kept in `test-results/browser`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

from folkmoot.testing.zone import Zone, running_zone

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "test-results" / "browser"
WAIT_MS = 30_000
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CONNECTED = ".fm-connection:is([data-kind=connected], [data-kind=reconnected])"
RECONNECTING = ".fm-connection[data-kind=reconnecting]"
EXPECTED_WHILE_KILLING = ("WebSocket connection to", "Failed to load resource")
"""What Chromium itself logs when a server is gone; our own code logs nothing."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def zone(
    tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[..., str]
) -> AsyncIterator[Zone]:
    require_tool("chromium")
    if not (ROOT / "src" / "folkmoot" / "web_dist" / "index.html").is_file():
        pytest.fail("the page is not built; run `make web`", pytrace=False)
    folder = tmp_path_factory.mktemp("browser") / "data"
    async with running_zone(folder) as zone:
        yield zone


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(require_tool: Callable[..., str]) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=require_tool("chromium"), args=list(FLAGS)
        )
        yield browser
        await browser.close()


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, context: BrowserContext, page: Page, name: str) -> None:
        self.context = context
        self.name = name
        self.troubles: list[str] = []
        self.page = page
        self.watch(page)

    def watch(self, page: Page) -> None:
        self.page = page
        page.set_default_timeout(WAIT_MS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(
            EXPECTED_WHILE_KILLING
        ):
            self.troubles.append(f"{message.type}: {message.text}")

    async def start_room(self, zone: Zone, title: str) -> str:
        """Creates a room in the page, joins it as host, and returns the participants' link."""
        await self.page.goto(zone.url)
        await self.page.get_by_label("What is the room about?").fill(title)
        await self.page.keyboard.press("Enter")
        await self.enter_name()
        return self.page.url.split("#")[0]

    async def open_room(self, link: str) -> None:
        await self.page.goto(link)
        await self.enter_name()

    async def enter_name(self) -> None:
        await self.page.get_by_label("Your name").fill(self.name)
        await self.page.get_by_role("button", name="Join", exact=True).click()
        await self.connection(CONNECTED)

    async def connection(self, state: str) -> None:
        """Returns when the sign of the connection is `CONNECTED` or `RECONNECTING`."""
        await self.page.locator(state).wait_for()

    async def say(self, text: str) -> None:
        await self.page.get_by_role("textbox", name="Message").fill(text)
        await self.page.keyboard.press("Enter")

    async def messages(self) -> list[str]:
        return await self.page.locator(".fm-bubble").all_inner_texts()

    async def sees(self, text: str) -> None:
        await self.page.locator(".fm-bubble", has_text=text).first.wait_for()

    async def all_saved(self) -> None:
        """Returns when no message of this page is on its way any more."""
        sending = self.page.locator(".fm-message-status[data-status=sending]")
        await expect(sending).to_have_count(0, timeout=WAIT_MS)

    async def shot(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest_asyncio.fixture(loop_scope="module")
async def person(browser: Browser) -> AsyncIterator[Callable[..., object]]:
    """`await person("Ada")`: somebody new; further arguments go to the browser's context."""
    people: list[Person] = []

    async def new(name: str, **options: object) -> Person:
        context = await browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, **options}
        )  # type: ignore[arg-type]
        someone = Person(context, await context.new_page(), name)
        people.append(someone)
        return someone

    yield new
    for someone in people:
        await someone.context.close()
        assert someone.troubles == []
