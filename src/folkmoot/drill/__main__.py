"""`python -m folkmoot.drill FILE ...`: checks histories, and says which promises were broken."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from folkmoot.drill.checker import check
from folkmoot.drill.history import read


def main(names: list[str]) -> int:
    if not names:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        lines = read(*map(Path, names))
    except (OSError, msgspec.DecodeError) as error:
        print(f"The history could not be read: {error}", file=sys.stderr)
        return 2
    report = check(lines)
    print(report.text())
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
