"""Replays the two recorded editing sessions while processes are killed.

`friendsforever`: two authors on different collaboration servers; `automerge-paper`: one author and
a reader. Every client, a fresh one, and a fresh one after a restart of the whole zone must end in
exactly the text that the people ended in.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from pycrdt import Text

from bench import report
from bench.killer import Killer
from bench.members import SETTINGS, enter
from bench.procs import folder_mb, pids_of, rss_mb
from bench.replay import DOCUMENT, Author, Watch
from bench.traces import Trace, read_trace
from folkmoot.client.conference import Conference
from folkmoot.errors import OperatorError
from folkmoot.testing.zone import Zone, running_zone

READ_S_MAX = 120.0
SAMPLE_S = 2.0


class Memory:
    """The greatest resident memory seen of each process."""

    def __init__(self, zone: Zone) -> None:
        self.rss_mb_max: dict[str, float] = {}
        self._zone = zone

    async def run(self) -> None:
        """Looks until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(SAMPLE_S)

    async def look(self) -> None:
        try:
            pids = pids_of(await self._zone.status())
        except (OSError, ValueError, OperatorError):
            return  # the process manager is being replaced
        for id_, pid in pids.items():
            with contextlib.suppress(OSError):
                self.rss_mb_max[id_] = max(self.rss_mb_max.get(id_, 0.0), rss_mb(pid))


async def pad_text(conference: Conference) -> str:
    """What the product's own shared document holds."""
    pad = conference.documents[DOCUMENT]
    await pad.loaded()
    return str(pad.get("text", type=Text))


async def fresh_text(zone: Zone, room: dict[str, Any]) -> str:
    """What somebody sees who comes only now."""
    conference = await enter(zone, room, "Fresh")
    try:
        return await pad_text(conference)
    finally:
        await conference.close()


async def _wait_text(conference: Conference, text: str) -> str:
    """The text of a client's document, once it is this one or the patience is over."""
    until = time.monotonic() + READ_S_MAX
    while True:
        seen = await pad_text(conference)
        if seen == text or time.monotonic() > until:
            return seen
        await asyncio.sleep(0.05)


class Replay:
    """One trace through one zone."""

    def __init__(
        self, trace: Trace, zone: Zone, *, seed: int, kill_every_s: float, pace_per_s: float
    ) -> None:
        self.trace = trace
        self.zone = zone
        self.figures: dict[str, Any] = {}
        self._seed = seed
        self._kill_every_s = kill_every_s
        self._pace_per_s = pace_per_s

    async def run(self) -> bool:
        """Replays, compares, restarts, compares again; the figures are in `figures`."""
        zone, trace = self.zone, self.trace
        room = await zone.create_room(trace.name)
        clients = [await enter(zone, room, f"Author {i + 1}", i + 1) for i in range(trace.authors)]
        authors = [Author(client, trace, i) for i, client in enumerate(clients)]
        if trace.authors == 1:
            clients.append(await enter(zone, room, "Reader", 2))
        watches = [author.watch for author in authors]
        watches += [Watch(client) for client in clients[len(authors) :]]
        for client in clients[len(authors) :]:
            await client.documents[DOCUMENT].loaded()
        try:
            await self._replay(clients, authors, watches)
            texts = {f"author {i + 1}": author.page.text for i, author in enumerate(authors)}
            # A reader's document lived through it all; an author's own wrote past it, and is
            # opened only now.
            for i, client in enumerate(clients):
                texts[f"client {i + 1}"] = await _wait_text(client, trace.end)
            texts["fresh client"] = await fresh_text(zone, room)
        finally:
            for watch in watches:
                await watch.close()
            for client in clients:
                await client.close()
        self.figures["log_mb"] = round(folder_mb(zone.folder / "engine" / "store"), 1)
        self.figures["stop_s"] = round(await zone.stop(), 2)
        zone.settings = {}  # the folder's own stay
        await zone.start()
        texts["after a restart"] = await fresh_text(zone, room)
        self.figures["equal"] = {who: text == trace.end for who, text in texts.items()}
        self.figures["characters"] = len(trace.end)
        return self._kept(authors)

    async def _replay(
        self, clients: list[Conference], authors: list[Author], watches: list[Watch]
    ) -> None:
        chance = random.Random(self._seed + 1)

        def spread(id_: str) -> None:
            """The clients part again once the server that one of them was on is back."""
            if id_.startswith("collaboration") and len({c.server for c in clients}) == 1:
                chance.choice(clients).move_to(f"/s/{id_}")

        killer = Killer(self.zone, self._seed, self._kill_every_s, on_replaced=spread)
        memory = Memory(self.zone)
        background = [asyncio.create_task(memory.run())]
        if self._kill_every_s:
            background.append(asyncio.create_task(killer.run()))
        began_s = time.perf_counter()
        numbers = [author.conference.session.number for author in authors]
        writing: asyncio.Future[Any] = asyncio.gather(
            *(author.write(numbers, self._pace_per_s) for author in authors)
        )
        try:
            await _first(writing, background)
            took_s = time.perf_counter() - began_s
            await asyncio.gather(*(author.read_rest(numbers) for author in authors))
            for watch in watches:
                for author, number in enumerate(numbers):
                    await watch.wait_for(number, len(self.trace.of(author)))
        finally:
            writing.cancel()
            for task in background:
                task.cancel()
            await asyncio.gather(writing, *background, return_exceptions=True)
        for watch in watches:
            watch.pause()
        await memory.look()
        longest = max(watches, key=lambda watch: watch.gap_s_max)
        self.figures |= {
            "edits": len(self.trace.edits),
            "seconds": round(took_s, 2),
            "edits_per_s": round(len(self.trace.edits) / took_s),
            "seed": self._seed,
            "kills": len(killer.killed),
            "killed": dict(sorted(Counter(killer.killed).items())),
            "longest_gap_ms": round(longest.gap_s_max * 1000),
            "longest_gap_after": killer.last_before(longest.gap_end_s),
            "reconnections": sum(client.reconnections for client in clients),
            "states_replaced": sum(watch.replaced for watch in watches),
            "order_equal": len({w.order for w in watches if not w.replaced}) <= 1,
            "rss_mb_max": {k: round(v, 1) for k, v in sorted(memory.rss_mb_max.items())},
        }

    def _kept(self, authors: list[Author]) -> bool:
        rejected = [code for author in authors for code in author.rejected]
        self.figures["rejected"] = len(rejected)
        if rejected:
            print("rejected:", Counter(rejected).most_common(5))
        return all(self.figures["equal"].values()) and self.figures["order_equal"] and not rejected


async def _first(work: asyncio.Future[Any], background: list[asyncio.Task[None]]) -> None:
    """Waits for the work; an error of the background ends it."""
    done, _ = await asyncio.wait({work, *background}, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def replay(
    trace: Trace,
    *,
    seed: int,
    kill_every_s: float,
    pace_per_s: float = 0,
    folder: Path | None = None,
) -> tuple[bool, dict[str, Any]]:
    """Replays a trace through a zone of its own. Returns whether all is equal, and the figures.

    Shape: `kill_every_s` 0 kills nothing; `pace_per_s` bounds each author's edits, 0 does not.
    """
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as temporary:
        path = folder or Path(temporary) / "data"
        async with running_zone(path, settings=SETTINGS) as zone:
            run = Replay(trace, zone, seed=seed, kill_every_s=kill_every_s, pace_per_s=pace_per_s)
            return await run.run(), run.figures


def main(words: list[str]) -> bool:
    """Runs both traces, or the one named."""
    parser = argparse.ArgumentParser(prog="python -m bench trace", description=__doc__)
    parser.add_argument("--trace", action="append", help="friendsforever or automerge-paper")
    parser.add_argument("--limit", type=int, default=0, help="only the first transactions")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--kill-every-s", type=float, default=1.0, help="0: nothing is killed")
    arguments = parser.parse_args(words)
    all_kept, figures = True, {}
    for name in arguments.trace or ["friendsforever", "automerge-paper"]:
        print(f"{name}, seed {arguments.seed}", flush=True)
        trace = read_trace(name, arguments.limit)
        kept, told = report.run(
            replay(trace, seed=arguments.seed, kill_every_s=arguments.kill_every_s)
        )
        _print(told)
        figures[name] = told
        all_kept = all_kept and kept
    whole = "" if not arguments.limit and not arguments.trace else "-part"
    report.write(f"trace{whole}", figures, kept=all_kept)
    return all_kept


def _print(told: dict[str, Any]) -> None:
    rows: list[tuple[str, object]] = [
        ("edits", told["edits"]),
        ("edits a second", told["edits_per_s"]),
        ("kills", f"{told['kills']} ({', '.join(f'{k} {n}' for k, n in told['killed'].items())})"),
        (
            "longest gap without a delivery",
            f"{told['longest_gap_ms']} ms, killed before: {told['longest_gap_after'] or 'nothing'}",
        ),
        ("log on disk", f"{told['log_mb']} MB"),
        ("most memory of a process", f"{max(told['rss_mb_max'].values())} MB"),
        ("rejected", told["rejected"]),
        ("order equal", "yes" if told["order_equal"] else "NO"),
    ]
    rows += [
        (f"endContent equal, {who}", "yes" if equal else "NO")
        for who, equal in told["equal"].items()
    ]
    report.table(("what", "measured"), rows)
