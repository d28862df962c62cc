"""Tells how several runs of pytest ended, in one last line; the exit code is 0 when all is well.

`python scripts/count_tests.py FOLDER`: the folder holds what the runs printed, and in `failed` a
word for each part that failed.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

RUNS = ("machines", "zones", "browsers", "beside")
SUMMARY = re.compile(r"^=+ (.*\b(?:passed|failed|error|errors|no tests ran)\b.*) in [\d.]+s.* =+$")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped)")


def counted(text: str) -> Counter[str] | None:
    """The counts of the last summary in what pytest printed; None when there is none."""
    found = [match[1] for line in text.splitlines() if (match := SUMMARY.match(line.strip()))]
    if not found:
        return None
    return Counter({what.rstrip("s"): int(n) for n, what in COUNT.findall(found[-1])})


def main(folder: Path) -> int:
    failed_parts = folder / "failed"
    parts = failed_parts.read_text().split() if failed_parts.exists() else []
    total: Counter[str] = Counter()
    for run in RUNS:
        counts = counted((folder / run).read_text(errors="replace"))
        if counts is None:
            parts.append(f"{run}: no summary")
            continue
        total += counts
    failed = total["failed"] + total["error"]
    if parts:
        print("Failed:", ", ".join(dict.fromkeys(parts)))
    # A part that failed without a failing test (a check, the page) must not look like success.
    print(f"{total['passed']} passed, {failed or len(parts)} failed")
    return 1 if parts or failed else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
