"""`kill -9` of the engine on a single node: how long nothing is saved, and that nothing is lost.

Five of ten participants speak ten times a second each. Measured is the time from the kill to the
next acknowledgement of a message that was sent after it.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.members import Ear, Speaker, all_kept, enter, judge, quiet, speaking
from bench.waiting import until
from folkmoot.testing.zone import Zone, running_zone

PARTICIPANTS: Final = 10
SPEAKERS: Final = 5
SPEAKER_PER_S: Final = 10.0
BACK_MS_MAX: Final = 1_500
QUIET_S: Final = 2.0
SETTINGS: Final = {"restarts_max": 100_000}


async def _kill(zone: Zone, speakers: list[Speaker]) -> float:
    """Kills the engine; returns after how many ms something was saved again."""
    pid = await zone.kill("engine")
    began_s = time.perf_counter()

    def saved_again() -> bool:
        return any(
            s.sent_s[text] > began_s for s in speakers for text in list(s.acknowledged)[-100:]
        )

    await until(saved_again)
    first_s = min(
        at_s
        for speaker in speakers
        for text, at_s in speaker.acknowledged.items()
        if speaker.sent_s[text] > began_s
    )
    await zone.wait_replaced("engine", pid)
    await asyncio.sleep(QUIET_S)
    return (first_s - began_s) * 1000


async def measure(kills: int) -> tuple[dict[str, Any], bool]:
    """Kills the engine that often."""
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        async with running_zone(Path(folder) / "data", settings=dict(SETTINGS)) as zone:
            room = await zone.create_room("Engine")
            ears = [
                Ear(await enter(zone, room, f"Person {i + 1}", i % 2 + 1))
                for i in range(PARTICIPANTS)
            ]
            speakers = [Speaker(ear.conference, f"s{i}") for i, ear in enumerate(ears[:SPEAKERS])]
            try:
                async with speaking(speakers, SPEAKER_PER_S):
                    await asyncio.sleep(QUIET_S)
                    back_ms = [await _kill(zone, speakers) for _ in range(kills)]
                await quiet(ears, speakers)
                told: dict[str, Any] = {"kills": kills, "back_ms": report.spread(back_ms)}
                told |= judge(ears, speakers)
                return told, all_kept(told) and max(back_ms) <= BACK_MS_MAX
            finally:
                for ear in ears:
                    await ear.close()
                    await ear.conference.close()


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench engine_kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    arguments = parser.parse_args(words)
    told, kept = report.run(measure(arguments.kills))
    report.table(
        ("engine killed", *report.PARTS), [report.row("saved again after ms", told["back_ms"])]
    )
    report.facts(told, "kills", *report.JUDGED)
    print("promise:", report.verdict(kept))
    report.write("engine_kill", told, kept=kept)
    return kept
