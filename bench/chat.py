"""A room with 100,000 chat messages: joining, reading back, searching, and the page's own work.

The page is opened in Chromium and scrolled up until many thousand messages are loaded; what counts
is how many elements it draws and how long its frames take, not how fast the machine scrolls.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page, async_playwright

from bench import report
from bench.members import SETTINGS, enter
from folkmoot.client.conference import Conference
from folkmoot.client.errors import ClientError
from folkmoot.testing.zone import Zone, running_zone

WRITERS: Final = 4
PAGE_MESSAGES: Final = 200
RARE: Final = "xylophone"
TRIES_MAX: Final = 120
NODES_MAX: Final = 7_000
"""Lists of up to 400 messages are drawn whole, for find-in-page and screen readers, with some 14
elements each; longer ones draw what is in view, and never come near this again."""

JOIN_MS_MAX: Final = 1_000.0
WAIT_MS: Final = 60_000
FLAGS: Final = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run")
SCROLL: Final = """async (wanted) => {
  const list = document.querySelector(".fm-messages");
  const [gaps, nodes] = [[], []];
  let last = performance.now();
  const rows = () => Number(list.querySelector("[aria-setsize]")?.getAttribute("aria-setsize"));
  const until = last + 120_000;
  while (!(rows() >= wanted) && performance.now() < until) {
    list.scrollTop = Math.max(0, list.scrollTop - 2_000);
    list.dispatchEvent(new Event("scroll"));
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    gaps.push(now - last);
    nodes.push(document.querySelectorAll("*").length);
    last = now;
  }
  return { gaps, nodes: Math.max(...nodes), loaded: rows() };
}"""


async def _fill(conferences: list[Conference], messages: int) -> float:
    """Writes so many messages; returns messages a second."""

    async def write(conference: Conference, numbers: range) -> None:
        sent: list[asyncio.Future[Any]] = []
        for number in numbers:
            word = RARE if number == 0 else "words"
            text = f"message {number} of a long meeting, with some {word} in it"
            sent.append(conference.submit_nowait("chat", "post", {"text": text}))
            if len(sent) >= 1_000:
                await asyncio.gather(*sent)
                sent.clear()
        await asyncio.gather(*sent)

    began_s = time.perf_counter()
    each = messages // len(conferences)
    await asyncio.gather(
        *(write(c, range(i * each, (i + 1) * each)) for i, c in enumerate(conferences))
    )
    return messages / (time.perf_counter() - began_s)


async def _read_back(conference: Conference) -> tuple[list[float], int]:
    """Asks for older messages to the very first; returns each answer's time, and how many came."""
    told = conference.state.chat
    before, count, took = told["messages"][0]["id"], len(told["messages"]), []
    while True:
        began_s = time.perf_counter()
        answer = await _patiently(conference, before)
        took.append((time.perf_counter() - began_s) * 1000)
        count += len(answer["messages"])
        if not answer["earlier"]:
            return took, count
        before = answer["before"]


async def _patiently(conference: Conference, before: str) -> dict[str, Any]:
    """The newest segments may still be on their way to the store: then it is asked again."""
    for _ in range(TRIES_MAX):
        try:
            return await conference.chat.earlier(before, PAGE_MESSAGES)
        except ClientError:
            await asyncio.sleep(0.5)
    raise TimeoutError("the history was not archived")


async def _search(conference: Conference) -> tuple[float, int]:
    """Looks for a word that only the first message has; seconds, and questions asked."""
    began_s, before, asked = time.perf_counter(), "", 0
    while True:
        asked += 1
        try:
            found = await conference.chat.search(RARE, before)
        except ClientError:
            await asyncio.sleep(0.25)  # over the rate of searches
            continue
        if found["messages"] or not found["earlier"]:
            if len(found["messages"]) != 1:
                raise AssertionError("the search did not find the one message")
            return time.perf_counter() - began_s, asked
        before = found["before"]


@asynccontextmanager
async def _page(zone: Zone) -> AsyncIterator[Page]:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise FileNotFoundError("chromium is not installed (apt install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(WAIT_MS)
        yield page
        await browser.close()


async def _drawn(zone: Zone, slug: str, scrolled: int) -> dict[str, Any]:
    """The page's figures."""
    async with _page(zone) as page:
        await page.goto(f"{zone.url}/r/{slug}")
        await page.get_by_label("Your name").fill("Reader")
        began_s = time.perf_counter()
        await page.get_by_role("button", name="Join", exact=True).click()
        await page.locator(".fm-bubble", has_text="of a long meeting").last.wait_for()
        opened_ms = (time.perf_counter() - began_s) * 1000
        nodes = await page.evaluate("document.querySelectorAll('*').length")
        told = await page.evaluate(SCROLL, scrolled)
    return {
        "page_opened_ms": round(opened_ms, 1),
        "page_nodes_at_first": nodes,
        "page_nodes_max": told["nodes"],
        "page_messages_loaded": told["loaded"],
        "page_frame_ms": report.spread(told["gaps"]),
    }


async def measure(messages: int, scrolled: int) -> tuple[dict[str, Any], bool]:
    """Fills a room, then reads, searches and scrolls in it."""
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as temporary:
        async with running_zone(Path(temporary) / "data", settings=dict(SETTINGS)) as zone:
            room = await zone.create_room("Chat")
            writers = [await enter(zone, room, f"Writer {n}", 1) for n in range(WRITERS)]
            try:
                per_s = await _fill(writers, messages)
                joined_ms = []
                for _ in range(5):
                    began_s = time.perf_counter()
                    reader = await enter(zone, room, "Reader", 2)
                    joined_ms.append((time.perf_counter() - began_s) * 1000)
                    await reader.leave()
                reader = await enter(zone, room, "Reader", 2)
                answers_ms, count = await _read_back(reader)
                search_s, asked = await _search(reader)
                await reader.close()
                drawn = await _drawn(zone, room["slug"], scrolled)
            finally:
                await asyncio.gather(*(writer.close() for writer in writers))
    told: dict[str, Any] = {
        "messages": messages,
        "messages_read_back": count,
        "written_per_s": round(per_s),
        "join_ms": report.spread(joined_ms),
        "older_page_ms": report.spread(answers_ms),
        "search_to_the_first_s": round(search_s, 2),
        "search_questions": asked,
        **drawn,
    }
    kept = (
        count == messages
        and told["join_ms"]["p50"] <= JOIN_MS_MAX
        and drawn["page_nodes_max"] <= NODES_MAX
    )
    return told, kept


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench chat", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--scrolled", type=int, default=10_000)
    arguments = parser.parse_args(words)
    told, kept = report.run(measure(arguments.messages, arguments.scrolled))
    rows = [
        report.row("joining ms", told["join_ms"]),
        report.row("200 older messages ms", told["older_page_ms"]),
        report.row("a frame of the page while scrolling ms", told["page_frame_ms"]),
    ]
    report.table(("chat", *report.PARTS), rows)
    report.facts(
        told,
        "messages",
        "messages_read_back",
        "written_per_s",
        "search_to_the_first_s",
        "search_questions",
        "page_opened_ms",
        "page_nodes_at_first",
        "page_nodes_max",
        "page_messages_loaded",
    )
    print("promise:", report.verdict(kept))
    report.write("chat", told, kept=kept)
    return kept
