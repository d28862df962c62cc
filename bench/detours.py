"""`kill -9` of a process that decrypts TLS for people whom another process serves.

24 people come into a room of a node with two collaboration servers, over TLS. Round after round
with new people, one of the two processes is killed some seconds after they have come, while five of
them speak ten times a second. Measured is how many lost only the process that decrypted for them,
the longest time without a delivery of those and of those whose server died, and how long each had
no server.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.members import SETTINGS, Ear, Speaker, all_kept, enter, judge, quiet, speaking
from bench.waiting import until
from folkmoot.client.conference import Conference
from folkmoot.testing.certificates import Authority
from folkmoot.testing.zone import Zone, running_zone

PEOPLE: Final = 24
SPEAKERS: Final = 5
SPEAKER_PER_S: Final = 10.0
ROUNDS: Final = 10
KILL_AFTER_S: Final = 1.0
AFTER_S: Final = 1.5
SERVERS: Final = ("collaboration-1", "collaboration-2")
GAP_P50_MS_MAX: Final = 400


class Detours:
    """What was seen so far."""

    def __init__(self, zone: Zone) -> None:
        self.served_ms: list[float] = []
        self.decrypted_ms: list[float] = []
        self.absent_ms: list[float] = []
        self.untouched = 0
        self.moves = 0
        self._zone = zone

    async def _people(self, stack: AsyncExitStack) -> list[Conference]:
        room = await self._zone.create_room("Detours")
        people = []
        for number in range(PEOPLE):
            one = await enter(self._zone, room, f"Person {number}", number % 2 + 1)
            people.append(one)
            stack.push_async_callback(one.close)
        return people

    async def kill(self, victim: str, after_s: float) -> dict[str, Any]:
        async with AsyncExitStack() as stack:
            people = await self._people(stack)
            ears = [Ear(one) for one in people]
            for ear in ears:
                stack.push_async_callback(ear.close)
            speakers = [Speaker(ear.conference, f"s{i}") for i, ear in enumerate(ears[:SPEAKERS])]
            async with speaking(speakers, SPEAKER_PER_S):
                await asyncio.sleep(after_s)
                self.moves += sum(one.moves for one in people)
                await self._kill(victim, ears)
            await quiet(ears, speakers)
            return judge(ears, speakers)

    async def _kill(self, victim: str, ears: list[Ear]) -> None:
        here = {ear: ear.conference.server for ear in ears}
        before = {ear: ear.conference.reconnections for ear in ears}
        watching = [asyncio.create_task(self._absence(ear.conference)) for ear in ears]
        began_s = time.perf_counter()
        pid = await self._zone.kill(victim)
        await asyncio.sleep(AFTER_S)
        await self._zone.wait_replaced(victim, pid)
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        until_s = time.perf_counter()
        for ear in ears:
            gap_ms = ear.longest_gap_s(began_s, until_s) * 1000
            if here[ear] == victim:
                self.served_ms.append(gap_ms)
            elif ear.conference.reconnections > before[ear]:
                self.decrypted_ms.append(gap_ms)
            else:
                self.untouched += 1

    async def _absence(self, conference: Conference) -> None:
        """From the loss of the connection until the next one is attached."""
        await until(lambda: not conference.session.attached, 2 * AFTER_S)
        lost_s = time.perf_counter()
        await until(lambda: conference.session.attached)
        self.absent_ms.append((time.perf_counter() - lost_s) * 1000)


async def measure(rounds: int, after_s: float) -> tuple[dict[str, Any], bool]:
    """Kills that often; returns the figures and whether the promise was kept."""
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        authority = Authority(Path(folder))
        authority.write()
        data, settings = Path(folder) / "data", {**SETTINGS, "restarts_max": 100_000}
        async with running_zone(
            data, *authority.options, settings=settings, trust=authority.trust
        ) as zone:
            run = Detours(zone)
            judged = [await run.kill(SERVERS[number % 2], after_s) for number in range(rounds)]
    told: dict[str, Any] = {
        "people": PEOPLE,
        "kills": rounds,
        "kill_after_s": after_s,
        "moves": run.moves,
        "cut_with_their_server": len(run.served_ms),
        "cut_with_their_decrypter": len(run.decrypted_ms),
        "not_cut": run.untouched,
        "served_ms": report.spread(run.served_ms),
        "decrypted_ms": report.spread(run.decrypted_ms),
        "without_a_server_ms": report.spread(run.absent_ms),
    }
    kept = all(all_kept(one) for one in judged) and (
        not run.decrypted_ms or told["decrypted_ms"]["p50"] <= GAP_P50_MS_MAX
    )
    return told, kept


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench detours", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--after", type=float, default=KILL_AFTER_S, help="seconds until the kill")
    arguments = parser.parse_args(words)
    told, kept = report.run(measure(arguments.rounds, arguments.after))
    rows = [
        report.row("their server died, longest gap ms", told["served_ms"]),
        report.row("their decrypter died, longest gap ms", told["decrypted_ms"]),
        report.row("without a server for ms", told["without_a_server_ms"]),
    ]
    report.table(("", *report.PARTS), rows)
    report.facts(told, "kill_after_s", "moves")
    report.facts(told, "cut_with_their_server", "cut_with_their_decrypter", "not_cut")
    print(
        f"nothing lost or doubled, and a gap of at most {GAP_P50_MS_MAX} ms in the middle:", end=""
    )
    print(f" {report.verdict(kept)}")
    report.write("detours", told, kept=kept)
    return kept
