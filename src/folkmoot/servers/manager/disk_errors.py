"""Whether the disk below the engine fails, by what the engine itself says of it.

An engine that cannot read answers "there is nothing", and calls itself healthy: only its own words
tell the two apart. What it cannot write shows in its health too, in the same words.
"""

from __future__ import annotations

import re
import time
from datetime import datetime
from pathlib import Path
from typing import Final

REMEMBERED_S: Final = 86_400
"""A disk that failed is told of for a day after its last error: it seldom fails only once."""

FRESH_S: Final = 15.0
LOOK_BYTES_MAX: Final = 1 << 20
ERRORS_MAX: Final = 9_999

_FAILING = re.compile(
    rb"input/output error|read-only file system|structure needs cleaning|remote i/o error",
    re.IGNORECASE,
)
_TIME = re.compile(rb"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)")


class DiskErrors:
    """Counts errors of reading and writing that the engine met within the last day.

    Shape: what its file holds from before we came counts, too: it outlives us.
    Caller: `look` now and then, `heard` with every word about its health.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_bytes: int | None = None
        self._count = 0
        self._last_s = 0.0
        self._heard = ""
        self.since_start = False
        """Whether there was one since the engine was started."""

    def started(self) -> None:
        self.since_start = False
        self._heard = ""

    def look(self, now_s: float | None = None) -> int:
        """Reads what was said since the last look; returns how many errors of the day there are."""
        now_s = time.time() if now_s is None else now_s
        for line in self._new_lines():
            if _FAILING.search(line):
                self._note(_time_of(line, now_s), now_s)
        if now_s - self._last_s > REMEMBERED_S:
            self._count = 0
        return self._count

    def fresh(self, now_s: float | None = None) -> bool:
        """Whether the disk failed just now, so that who ended did because of it."""
        now_s = time.time() if now_s is None else now_s
        return self.look(now_s) > 0 and now_s - self._last_s < FRESH_S

    def heard(self, words: str, now_s: float | None = None) -> None:
        """Where the disk takes nothing any more, the engine's file has no word of it either."""
        if words != self._heard and _FAILING.search(words.encode()):
            now_s = time.time() if now_s is None else now_s
            self._heard = words
            self._note(now_s, now_s)

    def _note(self, at_s: float, now_s: float) -> None:
        if now_s - at_s > REMEMBERED_S:
            return
        self._count = min(ERRORS_MAX, self._count + 1)
        self._last_s = max(self._last_s, at_s)
        self.since_start = True

    def _new_lines(self) -> list[bytes]:
        """Whole lines only; none when the file cannot be read."""
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, 2)
                if self._read_bytes is None or self._read_bytes > size:
                    # We have just come, or the file was begun anew.
                    self._read_bytes = 0
                at = max(self._read_bytes, size - LOOK_BYTES_MAX)
                file.seek(at)
                said = file.read(size - at)
        except OSError:
            return []
        whole = said.rfind(b"\n") + 1
        self._read_bytes = at + whole
        return said[:whole].splitlines()


def _time_of(line: bytes, now_s: float) -> float:
    """When a line of the engine was written, in its machine's local time; now if it says none."""
    found = _TIME.search(line)
    if found is None:
        return now_s
    try:
        return datetime.strptime(found[1].decode(), "%Y/%m/%d %H:%M:%S").timestamp()  # noqa: DTZ007
    except (ValueError, OverflowError):
        return now_s
