"""`kill -9` of the collaboration server that half of 20 participants are on, many times.

Five of the participants speak ten times a second each. Measured is the longest time without a
delivery, per participant and kill: of those whose server died, and of the others. In the end every
participant must have seen every acknowledged message once, all in the same order.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.members import Ear, Speaker, all_kept, enter, judge, move, quiet, reattached, speaking
from folkmoot.client.conference import Conference
from folkmoot.testing.zone import Zone, running_zone

PARTICIPANTS: Final = 20
SPEAKERS: Final = 5
SPEAKER_PER_S: Final = 10.0
QUIET_S: Final = 0.7
"""Before each kill, so that the one before cannot be seen any more."""

AFTER_S: Final = 1.5
"""How long after a kill the silence is looked for; longer when somebody is not attached again."""

AFFECTED_P50_MS_MAX: Final = 100
AFFECTED_P99_MS_MAX: Final = 400
UNAFFECTED_MS_MAX: Final = 100

# So many kills of one server in a row are a measurement's doing, not a server that keeps failing.
SETTINGS: Final = {"restarts_max": 100_000}


class Failover:
    """Participants, halves of them on either server, and the kills."""

    def __init__(self, zone: Zone, ears: list[Ear]) -> None:
        self.affected_ms: list[float] = []
        self.unaffected_ms: list[float] = []
        self.attach_ms: list[float] = []
        self._zone = zone
        self._ears = ears

    async def kill(self, victim: str) -> None:
        """One kill, measured; returns when the halves are where they were."""
        affected = [ear for ear in self._ears if ear.conference.server == victim]
        others = [ear for ear in self._ears if ear.conference.server != victim]
        began_s = time.perf_counter()
        pid = await self._zone.kill(victim)
        await asyncio.gather(*(self._attached_again(e.conference, began_s) for e in affected))
        await asyncio.sleep(max(0.0, began_s + AFTER_S - time.perf_counter()))
        until_s = time.perf_counter()
        gaps_ms = [ear.longest_gap_s(began_s, until_s) * 1000 for ear in affected]
        self.affected_ms += gaps_ms
        self.unaffected_ms += [ear.longest_gap_s(began_s, until_s) * 1000 for ear in others]
        await self._zone.wait_replaced(victim, pid)
        await move([ear.conference for ear in affected], victim)
        await asyncio.sleep(QUIET_S)

    async def _attached_again(self, conference: Conference, began_s: float) -> None:
        before = conference.reconnections
        await reattached(conference, before)
        self.attach_ms.append((time.perf_counter() - began_s) * 1000)


async def measure(kills: int) -> tuple[dict[str, Any], bool]:
    """Kills that often; returns the figures and whether the promise was kept."""
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        async with running_zone(Path(folder) / "data", settings=dict(SETTINGS)) as zone:
            room = await zone.create_room("Failover")
            conferences = [
                await enter(zone, room, f"Person {i + 1}", i % 2 + 1) for i in range(PARTICIPANTS)
            ]
            ears = [Ear(conference) for conference in conferences]
            try:
                return await _measure(zone, ears, kills)
            finally:
                for ear in ears:
                    await ear.close()
                    await ear.conference.close()


async def _measure(zone: Zone, ears: list[Ear], kills: int) -> tuple[dict[str, Any], bool]:
    speakers = [Speaker(ear.conference, f"s{i}") for i, ear in enumerate(ears[:SPEAKERS])]
    run = Failover(zone, ears)
    async with speaking(speakers, SPEAKER_PER_S):
        await asyncio.sleep(QUIET_S)
        for i in range(kills):
            await run.kill(f"collaboration-{i % 2 + 1}")
            if (i + 1) % 10 == 0:
                print(f"{i + 1} kills", flush=True)
    await quiet(ears, speakers)
    told = {"kills": kills, "participants": PARTICIPANTS} | judge(ears, speakers)
    told["affected_ms"] = report.spread(run.affected_ms)
    told["unaffected_ms"] = report.spread(run.unaffected_ms)
    told["attached_again_ms"] = report.spread(run.attach_ms)
    kept = (
        all_kept(told)
        and told["affected_ms"]["p50"] <= AFFECTED_P50_MS_MAX
        and told["affected_ms"]["p99"] <= AFFECTED_P99_MS_MAX
        and told["unaffected_ms"]["p99"] <= UNAFFECTED_MS_MAX
    )
    return told, kept


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench failover", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    arguments = parser.parse_args(words)
    told, kept = report.run(measure(arguments.kills))
    rows = [
        report.row("affected, longest gap ms", told["affected_ms"]),
        report.row("unaffected, longest gap ms", told["unaffected_ms"]),
        report.row("affected, attached again after ms", told["attached_again_ms"]),
    ]
    report.table(("failover", *report.PARTS), rows)
    report.facts(told, "kills", *report.JUDGED)
    print("promise:", report.verdict(kept))
    report.write("failover", told, kept=kept)
    return kept
