"""What documents cost: the hot state of a long one, and the time to open a large one.

Hot state is what is needed to open the room: the log's tail, the snapshots and the compactions. It
is measured once nothing is left to compact or to trim; the log's history segments, versions and the
points between them are apart.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from playwright.async_api import async_playwright
from pycrdt import Text, XmlElement, XmlFragment, XmlText

from bench import report
from bench.members import SETTINGS, enter
from bench.replay import DOCUMENT, Author
from bench.traces import Trace, read_trace
from folkmoot.apps import all_applications
from folkmoot.apps.documents import Document
from folkmoot.apps.documents.upkeep import QUIET_UPDATES
from folkmoot.cli.operator import zone_engine
from folkmoot.client.conference import Conference
from folkmoot.engine import Engine
from folkmoot.servers.history import read_index
from folkmoot.servers.replicas import load_replica
from folkmoot.servers.store import read_pointers
from folkmoot.testing.zone import Zone, running_zone

RATIO_MAX: Final = 3.0
OPEN_S_MAX: Final = 2.0
THROUGH_S_MAX: Final = 120.0
LARGE_BYTES: Final = 5 << 20
OPENINGS: Final = 5
EDIT_CHARACTERS: Final = 2_000
FLAGS: Final = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run")
QUICK: Final = {"trim_behind_ms": 2_000, "settle_after_ms": 3_000}
"""So that trimming can be waited for; what it comes to is the same after ten minutes."""


class Stored(dict[str, int]):
    """Bytes of one conference in the engine, by what they are."""

    @property
    def hot(self) -> int:
        return sum(self[name] for name in ("log", "snapshots", "compactions", "authors"))


async def _sizes(engine: Engine, conference: str) -> Stored:
    async def objects(folder: str) -> int:
        sizes = 0
        for name in await engine.objects.names(f"{folder}/{conference}/"):
            sizes += len(await engine.objects.get(name) or b"")
        return sizes

    told = Stored(log=0, batches=0)
    first = 1
    while True:
        page = await engine.log.read(conference, first, 1_000)
        told["log"] += sum(len(message.payload) for message in page.messages)
        told["batches"] += len(page.messages)
        if not page.messages or not page.more:
            break
        first = page.messages[-1].sequence + 1
    told["snapshots"] = await objects("snapshots")
    told["compactions"] = await objects("documents")
    told["authors"] = await objects("authors")
    told["versions"] = await objects("versions")
    told["points"] = await objects("points")
    told["segments"] = await objects("history")
    return told


async def _wait_through(engine: Engine, conference: str, settings: Any) -> float:
    """Returns when nothing is left to compact and nothing to trim; seconds that it took.

    Errors: `TimeoutError`.
    """
    began_s, applications = time.perf_counter(), all_applications()
    async with asyncio.timeout(THROUGH_S_MAX):
        while True:
            state = (await load_replica(engine, conference, applications)).state
            document: Document = state.apps["documents"].documents[DOCUMENT]
            pointers, _ = await read_pointers(engine, conference)
            verified = [p.sequence for p in pointers.snapshots if p.verified]
            page = await engine.log.read(conference, 1, 1)
            oldest = page.messages[0].sequence if page.messages else 0
            compacted = document.base is not None and len(document.updates) < QUIET_UPDATES
            trimmed = len(verified) > 1 and oldest >= verified[1]
            # The newest snapshot is the second one after it had become quiet.
            settled = len(verified) == 2 and state.operations == pointers.snapshots[1].operations
            if compacted and trimmed and settled:
                return time.perf_counter() - began_s
            await asyncio.sleep(0.5)


async def _trace(zone: Zone, trace: Trace) -> dict[str, Any]:
    """The hot state of a trace, with its author still in the room and after a while of quiet."""
    room = await zone.create_room(trace.name)
    author = Author(await enter(zone, room, "Author", 1), trace, 0)
    numbers = [author.conference.session.number]
    began_s = time.perf_counter()
    await author.write(numbers)
    wrote_s = time.perf_counter() - began_s
    final = len(author.page.doc.get_update())
    async with zone_engine(zone.folder) as engine:
        through_s = await _wait_through(engine, room["id"], None)
        sizes = await _sizes(engine, room["id"])
        index, _ = await read_index(engine, room["id"])
        state = (await load_replica(engine, room["id"], all_applications())).state
        history = state.apps["documents"].documents[DOCUMENT].history
    text = author.page.text
    await author.watch.close()
    await author.conference.close()
    fresh = await enter(zone, room, "Fresh")
    pad = fresh.documents[DOCUMENT]
    await pad.loaded()
    same = str(pad.get("text", type=Text)) == text
    await fresh.close()
    return {
        "edits": len(trace.edits),
        "wrote_s": round(wrote_s, 1),
        "through_s": round(through_s, 1),
        "characters": len(text),
        "yjs_bytes": final,
        "hot_bytes": sizes.hot,
        "hot_ratio": round(sizes.hot / final, 2),
        "hot": {name: sizes[name] for name in ("log", "snapshots", "compactions", "authors")},
        "log_batches": sizes["batches"],
        "history_segments": len(index.segments),
        "history_bytes": sizes["segments"],
        "points_segments": len(history.segments),
        "points_edits": sum(segment.edits for segment in history.segments),
        "points_bytes": sizes["points"],
        "versions_bytes": sizes["versions"],
        "rejected": len(author.rejected),
        "text_equal": same and text == trace.end,
    }


def _paragraph(chance: random.Random) -> str:
    words = ("meeting", "notes", "of", "a", "long", "document", "with", "many", "words", "in", "it")
    return " ".join(chance.choice(words) for _ in range(EDIT_CHARACTERS // 6))


async def _fill(conference: Conference, document: str, *, rich: bool) -> int:
    """Types a large document in many edits; returns its size as Yjs state."""
    chance = random.Random(5)
    shared = conference.documents[document]
    await shared.loaded()
    if rich:
        fragment = shared.get("content", type=XmlFragment)
    else:
        text = shared.get("content", type=Text)
    written = 0
    while written < LARGE_BYTES:
        words = _paragraph(chance)
        with shared.transaction():
            if rich:
                fragment.children.append(XmlElement("paragraph"))
                fragment.children[len(fragment.children) - 1].children.append(XmlText(words))
            else:
                place = chance.randrange(len(text) + 1)
                text.insert(place, words + "\n")
        written += len(words)
        await asyncio.sleep(0)
    await shared.saved()
    return len(shared.get_update())


async def _open_times(zone: Zone, room: dict[str, Any], document: str) -> list[float]:
    """Seconds from joining to the content being there, in the Python client."""
    times = []
    for n in range(OPENINGS):
        began_s = time.perf_counter()
        conference = await enter(zone, room, f"Reader {n}")
        await conference.documents[document].loaded()
        times.append(time.perf_counter() - began_s)
        await conference.close()
    return times


async def _page_times(zone: Zone, room: dict[str, Any]) -> list[float]:
    """Seconds from the click on Join to the pad's text being drawn, in Chromium."""
    import shutil

    chromium = shutil.which("chromium")
    if chromium is None:
        raise FileNotFoundError("chromium is not installed (apt install chromium)")
    times = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for n in range(OPENINGS):
            page = await (await browser.new_context()).new_page()
            page.set_default_timeout(60_000)
            await page.goto(f"{zone.url}/r/{room['slug']}")
            await page.get_by_label("Your name").fill(f"Page {n}")
            await page.get_by_role("button", name="Join", exact=True).click()
            await page.get_by_role("tab", name="Pad").wait_for()
            began_s = time.perf_counter()
            await page.get_by_role("tab", name="Pad").click()
            await page.locator(".cm-line", has_text="meeting").first.wait_for()
            times.append(time.perf_counter() - began_s)
            await page.context.close()
        await browser.close()
    return times


async def _large(zone: Zone, *, page: bool) -> dict[str, Any]:
    """Opening times of documents of 5 MB."""
    room = await zone.create_room("Large")
    author = await enter(zone, room, "Author", 1)
    told: dict[str, Any] = {}
    for document, rich in (("pad", False), ("notes", True)):
        size = await _fill(author, document, rich=rich)
        async with zone_engine(zone.folder) as engine:
            await _compacted(engine, room["id"], document)
        times = await _open_times(zone, room, document)
        told[document] = {"yjs_bytes": size, "open_s": report.spread(times)}
    if page:
        told["pad"]["page_open_s"] = report.spread(await _page_times(zone, room))
    await author.close()
    return told


async def _compacted(engine: Engine, conference: str, document: str) -> None:
    async with asyncio.timeout(THROUGH_S_MAX):
        while True:
            state = (await load_replica(engine, conference, all_applications())).state
            found: Document = state.apps["documents"].documents[document]
            if found.base is not None and len(found.updates) < QUIET_UPDATES:
                return
            await asyncio.sleep(0.5)


async def measure(limit: int, *, page: bool) -> tuple[bool, dict[str, Any]]:
    trace = read_trace("automerge-paper", limit)
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as temporary:
        settings = SETTINGS | QUICK
        async with running_zone(Path(temporary) / "data", settings=settings) as zone:
            figures = {"trace": await _trace(zone, trace)}
            figures["large"] = await _large(zone, page=page)
    told = figures["trace"]
    opened = [d["open_s"]["max"] for d in figures["large"].values()]
    if page:
        opened.append(figures["large"]["pad"]["page_open_s"]["max"])
    kept = (
        told["hot_ratio"] <= RATIO_MAX
        and told["text_equal"]
        and not told["rejected"]
        and max(opened) <= OPEN_S_MAX
    )
    return kept, figures


def main(words: list[str]) -> bool:
    """Measures, prints, writes; whether what is promised was kept."""
    parser = argparse.ArgumentParser(prog="python -m bench documents", description=__doc__)
    parser.add_argument("--limit", type=int, default=0, help="only the first edits of the trace")
    parser.add_argument("--no-page", action="store_true", help="without Chromium")
    arguments = parser.parse_args(words)
    kept, told = report.run(measure(arguments.limit, page=not arguments.no_page))
    trace = told["trace"]
    report.table(
        ("what", "bytes"),
        [
            ("final Yjs state", trace["yjs_bytes"]),
            *((f"hot: {name}", size) for name, size in trace["hot"].items()),
            ("hot in all", trace["hot_bytes"]),
            ("history segments, apart", trace["history_bytes"]),
            ("points between versions, apart", trace["points_bytes"]),
            ("versions, apart", trace["versions_bytes"]),
        ],
    )
    report.facts(trace, "hot_ratio", "edits", "wrote_s", "through_s", "text_equal", "rejected")
    rows = []
    for name, large in told["large"].items():
        rows.append(report.row(f"open {name}, {large['yjs_bytes']} bytes, s", large["open_s"]))
        if "page_open_s" in large:
            rows.append(report.row(f"open {name} in Chromium, s", large["page_open_s"]))
    report.table(("what", *report.PARTS), rows)
    print(report.verdict(kept))
    report.write("documents" if not arguments.limit else "documents-part", told, kept=kept)
    return kept
