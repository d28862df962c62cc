"""A PDF of 100 pages full of pictures, 50 MB: when the first page is seen, and when the last.

All through a real zone: an upload by tus, the conversion by the documents server, pages fetched
over HTTP by somebody else in the room. Time runs from the moment the last byte was sent. Then the
same file in another room, and once more (another file) with the documents server killed half way.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import random
import signal
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import httpx
from PIL import Image, ImageDraw

from bench import report
from bench.files import talk
from bench.procs import TICKS_PER_S
from folkmoot.client import Conference, connect
from folkmoot.testing.zone import Zone, running_zone

FIRST_S_MAX: Final = 2.0
ALL_S_MAX: Final = 20.0
WAIT_S: Final = 300.0
WIDE: Final = 2_560
HIGH: Final = 1_440


def pdf_of(pages: int, size_mb: float, seed: int) -> bytes:
    """Pages with one picture each, as cameras make them: of all colours, with fine grain."""
    rnd = random.Random(seed)
    each = int(size_mb * 1_000_000 / pages)
    quality = _quality(rnd, each)
    held = io.BytesIO()
    first, *others = [_page(rnd, number, seed) for number in range(1, pages + 1)]
    first.save(held, "PDF", save_all=True, append_images=others, quality=quality)
    return held.getvalue()


def _quality(rnd: random.Random, each_bytes: int) -> int:
    """The quality at which such a picture has about so many bytes."""
    picture = _page(rnd, 0, 0)
    for quality in range(95, 5, -3):
        held = io.BytesIO()
        picture.save(held, "JPEG", quality=quality)
        if held.tell() <= each_bytes:
            return quality
    return 5


def _page(rnd: random.Random, number: int, seed: int) -> Image.Image:
    grain = Image.frombytes("RGB", (WIDE // 3, HIGH // 3), rnd.randbytes(WIDE * HIGH // 3))
    shades = Image.frombytes("RGB", (8, 6), rnd.randbytes(8 * 6 * 3))
    size = (WIDE, HIGH)
    picture = Image.blend(
        shades.resize(size, Image.Resampling.BICUBIC),
        grain.resize(size, Image.Resampling.BILINEAR),
        0.3,
    )
    draw = ImageDraw.Draw(picture)
    draw.text((120, 100), f"Page {number} of {seed}", fill="white", font_size=120)
    return picture


class Seen:
    """What somebody in the room sees of a deck, from the moment its last byte was sent."""

    def __init__(self, conference: Conference, url: str) -> None:
        self._conference = conference
        self._http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)
        self._way: dict[str, Any] = {}
        self.sent_s = 0.0
        self.first_s = 0.0
        self.all_s = 0.0
        self.fetched = 0
        self.deck: dict[str, Any] = {}

    def progress(self, done: int, of: int) -> None:
        if done == of and not self.sent_s:
            self.sent_s = time.perf_counter()

    async def watch(self, known: set[str]) -> None:
        """Looks for a new deck, fetches its first page as soon as it is there, then all others."""
        async with asyncio.timeout(WAIT_S), self._http:
            while not self._find(known) or not self.deck["ready"]:
                await asyncio.sleep(0.005)
            page = 1
            while True:
                await self._fetch(page)
                self.first_s = self.first_s or self._since()
                page += 1
                while self._find(known) and page > self.deck["ready"]:
                    if self.deck["phase"] in ("ready", "failed"):
                        self.all_s = self._since()
                        return
                    await asyncio.sleep(0.005)

    def _since(self) -> float:
        return round(time.perf_counter() - self.sent_s, 2)

    def _find(self, known: set[str]) -> bool:
        decks = self._conference.state.slides["decks"]
        self.deck = next((deck for deck in decks if deck["deck"] not in known), {})
        return bool(self.deck)

    async def _fetch(self, page: int) -> None:
        """As a browser does: over one connection, with one ticket."""
        deck = self.deck["deck"]
        if not self._way:
            self._way = await self._conference.get("deck", {"deck": deck})
        path = f"/api/v1/rooms/{self._way['room']}/decks/{deck}/pages/{page}"
        headers = {"Authorization": f"Bearer {self._way['ticket']}"}
        answer = await self._http.get(path, headers=headers)
        answer.raise_for_status()
        self.fetched += len(answer.content)


async def _shown(
    zone: Zone, ada: Conference, bob: Conference, data: bytes, *, kill: bool = False
) -> Seen:
    """Uploads a deck and waits until the other one has seen all of it."""
    known = {deck["deck"] for deck in bob.state.slides["decks"]}
    seen = Seen(bob, zone.url)
    watching = asyncio.create_task(seen.watch(known))
    pid = await zone.pid("documents-1")
    await ada.files.upload(data, "Talk.pdf", purpose="deck", on_progress=seen.progress)
    while kill and not watching.done():
        if seen.deck and seen.deck["ready"] * 2 >= seen.deck["pages"] > 0:
            os.kill(pid, signal.SIGKILL)
            break
        await asyncio.sleep(0.01)
    await watching
    if seen.deck["phase"] != "ready":
        raise RuntimeError(f"the slides failed: {seen.deck['reason']}")
    return seen


def _cpu_s(pid: int) -> float:
    """What a process and the children that it has waited for have used."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, after_name[11:15])) / TICKS_PER_S


async def measure(pages: int, size_mb: float) -> tuple[dict[str, Any], bool]:
    data, other = pdf_of(pages, size_mb, 1), pdf_of(pages, size_mb, 2)
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        async with running_zone(Path(folder) / "data") as zone:
            rooms = [await zone.create_room("Slides") for _ in range(2)]
            keys = [room["links"]["host"].partition("#k=")[2] for room in rooms]
            one, two = (room["slug"] for room in rooms)
            async with (
                connect(zone.url, room=one, name="Ada", key=keys[0]) as ada,
                connect(zone.url, room=one, name="Bob") as bob,
                connect(zone.url, room=one, name="Eve") as eve,
                connect(zone.url, room=two, name="Ada", key=keys[1]) as elsewhere,
                connect(zone.url, room=two, name="Zoe") as zoe,
            ):
                talk_ms: list[float] = []
                await asyncio.sleep(3)
                talking = asyncio.create_task(talk(ada, eve, talk_ms))
                before_s = _cpu_s(await zone.pid("documents-1"))
                fresh = await _shown(zone, ada, bob, data)
                used_s = _cpu_s(await zone.pid("documents-1")) - before_s
                talking.cancel()
                again = await _shown(zone, elsewhere, zoe, data)
                killed = await _shown(zone, ada, bob, other, kill=True)
    told: dict[str, Any] = {
        "pages": pages,
        "mb": round(len(data) / 1e6, 1),
        "first_page_seen_s": fresh.first_s,
        "all_pages_ready_s": fresh.all_s,
        "same_file_in_another_room_all_s": again.all_s,
        "with_the_documents_server_killed_half_way_all_s": killed.all_s,
        "cpu_s_of_the_documents_server_and_its_children": round(used_s, 2),
        "a_page_kb": round(fresh.fetched / 1e3 / pages),
        "chat_meanwhile_ms": report.spread(talk_ms),
    }
    kept = fresh.first_s <= FIRST_S_MAX and fresh.all_s <= ALL_S_MAX
    return told, kept


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench slides", description=__doc__)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--mb", type=float, default=50.0)
    options = parser.parse_args(words)
    told, kept = report.run(measure(options.pages, options.mb))
    report.table(("what", ""), [(name, value) for name, value in told.items()])
    print("promise:", report.verdict(kept))
    report.write("slides", told, kept=kept)
    return kept
