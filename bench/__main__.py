"""`python -m bench [NAME...] [options]`: the measurements, all of them when none is named."""

from __future__ import annotations

import importlib
import sys
from typing import Final

NAMES: Final = (
    "failover",
    "engine_kill",
    "latency",
    "memory",
    "load",
    "fanout",
    "crowd",
    "trace",
    "power_off",
    "summary",
)


def main() -> int:
    """Runs what is named, in this order; 1 when a promise was not kept by any of them."""
    words = sys.argv[1:]
    names = [word for word in words if word in NAMES]
    options = [word for word in words if word not in NAMES]
    if not names and options and options[0] in ("-h", "--help"):
        print(f"usage: python -m bench [{'|'.join(NAMES)}]... [options of that measurement]")
        return 0
    if options and not options[0].startswith("-"):
        print(f"bench: there is no measurement {options[0]!r}; there are: {', '.join(NAMES)}")
        return 2
    kept = True
    for name in names or NAMES:
        measure = importlib.import_module(f"bench.{name}")
        kept = measure.main(options) and kept
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
