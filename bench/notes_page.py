"""Large documents in the page: how long they take to open, and what a keystroke in them costs.

The pad holds the final text of the long editing session, repeated up to the size that is asked for
with `--text-bytes`; the notes are rich text with headings, lists, tasks and tables, as large as a
Yjs document of `--bytes`. Each is opened in Chromium by somebody who joins. Then a person types in
it, and so does somebody else: what counts is the longest time between two frames meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page, async_playwright
from pycrdt import Text, XmlElement, XmlFragment, XmlText

from bench import report
from bench.chat import FLAGS, WAIT_MS
from bench.members import SETTINGS, enter
from bench.traces import read_trace
from folkmoot.client.conference import Conference
from folkmoot.client.documents import SharedDocument
from folkmoot.testing.zone import Zone, running_zone

FIELD: Final = "content"
LAST: Final = "the very last words"
PART_CHARACTERS: Final = 30_000
"""Of one edit: an operation holds no more than 64 KB."""
OPEN_MS_MAX: Final = 2_000.0
TYPED: Final = 60
SENTENCE: Final = (
    "We met in September and wrote down what was said, by whom, and what is to be done until the "
    "next time; it became a long list, as such lists do. "
)
FRAMES: Final = """() => {
  const gaps = [];
  let last = performance.now();
  window.fmFrames = { gaps, stop: false };
  const turn = (now) => {
    gaps.push(now - last);
    last = now;
    if (!window.fmFrames.stop) requestAnimationFrame(turn);
  };
  requestAnimationFrame(turn);
}"""
STOPPED: Final = "() => { window.fmFrames.stop = true; return window.fmFrames.gaps.slice(1); }"
OPENING: Final = """async ([tab, box, words]) => {
  const start = performance.now();
  if (tab !== "") [...document.querySelectorAll("[role=tab]")]
    .find((one) => one.textContent.includes(tab)).click();
  const until = start + 60_000;
  const there = () => {
    const found = document.querySelector(box);
    return found !== null && found.getClientRects().length > 0 && found.textContent.includes(words);
  };
  while (!there() && performance.now() < until) await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""


def _block(number: int) -> XmlElement:
    """One part of a long document: mostly paragraphs, now and then something else."""
    words = f"{number}. {SENTENCE}"
    kind = number % 20
    if kind == 0:
        return XmlElement("heading", {"level": 2}, [XmlText(f"Part {number}")])
    if kind == 7:
        items = [XmlElement("paragraph", contents=[XmlText(words)]) for _ in range(3)]
        done = [XmlElement("taskItem", {"checked": n == 1}, [p]) for n, p in enumerate(items)]
        return XmlElement("taskList", contents=done)
    if kind == 13:
        rows = []
        for row in range(3):
            cells = [XmlElement("paragraph", contents=[XmlText(f"{row} {n}")]) for n in range(3)]
            name = "tableCell" if row else "tableHeader"
            rows.append(XmlElement("tableRow", contents=[XmlElement(name, {}, [c]) for c in cells]))
        return XmlElement("table", contents=rows)
    return XmlElement("paragraph", contents=[XmlText(words)])


async def _write_rich(document: SharedDocument, size: int) -> int:
    """Fills the notes until their Yjs document has `size` bytes; returns how many it has."""
    fragment = document.get(FIELD, type=XmlFragment)
    number = 0
    while len(document.get_update()) < size:
        for _ in range(10):
            with document.transaction():
                for _ in range(PART_CHARACTERS // len(SENTENCE)):
                    fragment.children.append(_block(number))
                    number += 1
            await document.saved()
    with document.transaction():
        fragment.children.append(XmlElement("paragraph", contents=[XmlText(LAST)]))
    await document.saved()
    return len(document.get_update())


async def _write_text(document: SharedDocument, words: str, size: int) -> int:
    text = document.get(FIELD, type=Text)
    whole = (words + "\n") * max(1, size // len(words)) + LAST
    for at in range(0, len(whole), PART_CHARACTERS):
        text += whole[at : at + PART_CHARACTERS]
        await document.saved()
    return len(document.get_update())


async def _worked_ms(browser: Browser) -> float:
    """CPU time of the processes that draw pages, so far: it does not depend on who else works."""
    session = await browser.new_browser_cdp_session()
    told = await session.send("SystemInfo.getProcessInfo")
    await session.detach()
    return sum(p["cpuTime"] for p in told["processInfo"] if p["type"] == "renderer") * 1000


async def _frames(page: Page, work: Any) -> dict[str, float]:
    await page.evaluate(FRAMES)
    await work
    await page.evaluate("() => new Promise(requestAnimationFrame)")
    return report.spread(await page.evaluate(STOPPED))


async def _type(page: Page) -> None:
    for _ in range(TYPED):
        await page.keyboard.type("x")
        await page.wait_for_timeout(30)


async def _write_elsewhere(document: SharedDocument, kind: str) -> None:
    """Somebody else writes at the end, a letter at a time."""
    for _ in range(TYPED):
        if kind == "notes":
            last = list(document.get(FIELD, type=XmlFragment).children)[-1]
            last.children[0].insert(0, "y")
        else:
            document.get(FIELD, type=Text).insert(0, "y")
        await document.saved()
        await asyncio.sleep(0.03)


async def _look(
    browser: Browser, zone: Zone, slug: str, document: SharedDocument, kind: str
) -> dict[str, Any]:
    """Joins and opens one document, then types in it and lets another type."""
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(WAIT_MS)
    await page.goto(f"{zone.url}/r/{slug}")
    await page.get_by_label("Your name").fill("Reader")
    box = {"notes": ".fm-prose", "pad": ".fm-pad .cm-content"}[kind]
    # The notes come with the room, so that their time is that of joining, too.
    began_s, before_ms = time.perf_counter(), await _worked_ms(browser)
    await page.get_by_role("button", name="Join", exact=True).click()
    words = LAST if kind == "notes" else ""
    await page.evaluate(OPENING, ["", ".fm-prose", words])
    joined_ms = (time.perf_counter() - began_s) * 1000
    tab_ms = joined_ms
    if kind == "pad":
        await page.wait_for_timeout(1_500)  # its editor is fetched while nothing else is to do
        before_ms = await _worked_ms(browser)
        tab_ms = await page.evaluate(OPENING, ["Pad", box, "begins"])
    worked_ms = await _worked_ms(browser) - before_ms
    await page.locator(box).press("Control+Home")
    typed = await _frames(page, _type(page))
    received = await _frames(page, _write_elsewhere(document, kind))
    nodes = await page.evaluate("document.querySelectorAll('*').length")
    await page.close()
    return {
        "opened_ms": round(tab_ms, 1),
        "opened_cpu_ms": round(worked_ms, 1),
        "typing_frame_ms": typed,
        "receiving_frame_ms": received,
        "nodes": nodes,
    }


async def measure(size: int, text_size: int, times: int) -> tuple[dict[str, Any], bool]:
    """Fills one room with both documents, and opens each several times."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise FileNotFoundError("chromium is not installed (apt install chromium)")
    words = "begins\n" + read_trace("automerge-paper").end
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as temporary:
        async with running_zone(Path(temporary) / "data", settings=dict(SETTINGS)) as zone:
            for kind in ("pad", "notes"):
                room = await zone.create_room(kind)
                writer: Conference = await enter(zone, room, "Writer")
                document = writer.documents[kind]
                await document.loaded()
                if kind == "notes":
                    told["notes_bytes"] = await _write_rich(document, size)
                else:
                    told["pad_bytes"] = await _write_text(document, words, text_size)
                async with async_playwright() as playwright:
                    browser = await playwright.chromium.launch(
                        executable_path=chromium, args=list(FLAGS)
                    )
                    looks = [
                        await _look(browser, zone, room["slug"], document, kind)
                        for _ in range(times)
                    ]
                    await browser.close()
                opened = [look["opened_ms"] for look in looks]
                worked = [look["opened_cpu_ms"] for look in looks]
                told[kind] = looks[-1] | {
                    "opened_ms": report.spread(opened),
                    "opened_cpu_ms": report.spread(worked),
                }
                await writer.close()
    kept = all(told[kind]["opened_ms"]["p50"] <= OPEN_MS_MAX for kind in ("pad", "notes"))
    return told, kept


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench notes_page", description=__doc__)
    parser.add_argument("--bytes", type=int, default=5_000_000)
    parser.add_argument("--text-bytes", type=int, default=5_000_000)
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args(words)
    told, kept = report.run(measure(arguments.bytes, arguments.text_bytes, arguments.times))
    rows = [
        report.row(f"{kind}: {title}", told[kind][key])
        for kind in ("pad", "notes")
        for key, title in (
            ("opened_ms", "opened ms"),
            ("opened_cpu_ms", "the page's CPU for it ms"),
            ("typing_frame_ms", "a frame while typing ms"),
            ("receiving_frame_ms", "a frame while another types ms"),
        )
    ]
    report.table(("large documents", *report.PARTS), rows)
    report.facts(told, "pad_bytes", "notes_bytes")
    print("promise:", report.verdict(kept))
    report.write("notes_page", told, kept=kept)
    return kept
