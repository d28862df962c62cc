"""`folkmoot backup`: the running zone in one file."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Final

from folkmoot.cli.operator import patiently, run, zone_engine
from folkmoot.data_folder import load_node
from folkmoot.servers.backup.save import Summary, write_backup

EXIT_LACKING: Final = 1
PROGRESS_EVERY_S: Final = 1.0


class ProgressLine:
    """Shows how far it is: in place on a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._shown_s = time.monotonic()
        self._width = 0
        self._terminal = sys.stderr.isatty()

    def show(self, told: str) -> None:
        now_s = time.monotonic()
        if now_s - self._shown_s < (0.1 if self._terminal else PROGRESS_EVERY_S):
            return
        self._shown_s = now_s
        if self._terminal:
            print(f"\r{told.ljust(self._width)}", end="", file=sys.stderr, flush=True)
            self._width = len(told)
        else:
            print(told, file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._width:
            print(f"\r{' ' * self._width}\r", end="", file=sys.stderr, flush=True)


def backup(data: Path, file: Path) -> int:
    """Writes the zone into a new file; 1 when a room could not be read.

    Errors: `OperatorError`.
    """
    line = ProgressLine()
    try:
        summary = run(_backup(data, file.absolute(), line))
    finally:
        line.end()
    print(
        f"{file}: {summary.conferences} rooms with their history, {summary.objects} files,"
        f" {summary.bytes / 1_000_000:.1f} MB, read back and right."
    )
    return tell_faults(summary)


async def _backup(data: Path, file: Path, line: ProgressLine) -> Summary:
    async with zone_engine(data) as engine:
        return await write_backup(engine, load_node(data), file, line.show, patiently)


def tell_faults(summary: Summary) -> int:
    """Says what is not in the backup; the exit code."""
    for conference, positions in summary.left_out.items():
        told = ", ".join(map(str, positions))
        print(f"Left out of {conference}: what stops its servers, at {told}.", file=sys.stderr)
    for conference, why in summary.lacking.items():
        print(f"NOT in the backup: {conference}, since {why}.", file=sys.stderr)
    return EXIT_LACKING if summary.lacking else 0
