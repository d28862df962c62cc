"""An operation's way to the other participants: 20 participants, 20 operations a second in all.

Every operation is on disk (fsync) before anybody sees it. Measured is the time from the call in the
author's client to the event in each other participant's client, all in one process.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.members import Ear, Speaker, all_kept, enter, judge, quiet, speaking
from folkmoot.testing.zone import running_zone

PARTICIPANTS: Final = 20
PER_S: Final = 20.0
P50_MS_MAX: Final = 5
P99_MS_MAX: Final = 25
WARM_UP_S: Final = 2.0


async def measure(seconds: float) -> tuple[dict[str, Any], bool]:
    """Speaks for so long."""
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        async with running_zone(Path(folder) / "data") as zone:
            room = await zone.create_room("Latency")
            ears = [
                Ear(await enter(zone, room, f"Person {i + 1}", i % 2 + 1))
                for i in range(PARTICIPANTS)
            ]
            speakers = [Speaker(ear.conference, f"s{i}") for i, ear in enumerate(ears)]
            try:
                async with speaking(speakers, PER_S / PARTICIPANTS):
                    await asyncio.sleep(WARM_UP_S)
                    warm = {text for speaker in speakers for text in speaker.sent_s}
                    await asyncio.sleep(seconds)
                await quiet(ears, speakers)
            finally:
                for ear in ears:
                    await ear.close()
                    await ear.conference.close()
    sent_s = {text: at for speaker in speakers for text, at in speaker.sent_s.items()}
    acknowledged_s = {text: at for s in speakers for text, at in s.acknowledged.items()}
    others_ms = [
        (at_s - sent_s[text]) * 1000
        for ear, speaker in zip(ears, speakers, strict=True)
        for at_s, text in ear.arrivals
        if text not in warm and text not in speaker.sent_s
    ]
    own_ms = [
        (at_s - sent_s[text]) * 1000 for text, at_s in acknowledged_s.items() if text not in warm
    ]
    told: dict[str, Any] = {
        "participants": PARTICIPANTS,
        "operations_per_s": PER_S,
        "to_others_ms": report.spread(others_ms),
        "acknowledged_ms": report.spread(own_ms),
    }
    told |= judge(ears, speakers)
    others = told["to_others_ms"]
    return told, all_kept(told) and others["p50"] <= P50_MS_MAX and others["p99"] <= P99_MS_MAX


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench latency", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    arguments = parser.parse_args(words)
    told, kept = report.run(measure(arguments.seconds))
    rows = [
        report.row("to the others ms", told["to_others_ms"]),
        report.row("acknowledged ms", told["acknowledged_ms"]),
    ]
    report.table(("latency, fsync on", *report.PARTS), rows)
    report.facts(told, *report.JUDGED)
    print("promise:", report.verdict(kept))
    report.write("latency", told, kept=kept)
    return kept
