"""`python -m bench [NAME...] [options]`: the measurements.

All that need one machine and minutes when none is named. `soak` takes an hour. The others run on
hosts in network namespaces, which need root, and take an hour; `zone` stands for all of them.
"""

from __future__ import annotations

import importlib
import sys
from typing import Final

NAMES: Final = (
    "failover",
    "engine_kill",
    "latency",
    "memory",
    "engine_memory",
    "idle",
    "load",
    "fanout",
    "crowd",
    "chat",
    "notes_page",
    "files",
    "slides",
    "tls",
    "detours",
    "peers",
    "board",
    "trace",
    "documents",
    "storm",
    "hostile",
    "summary",
)
LONG: Final = ("soak",)
ZONE: Final = (
    "power_off",
    "frozen_host",
    "drain",
    "upgrade",
    "partition",
    "managers",
    "zone_latency",
    "five_nodes",
    "five_nodes_without_standbys",
)


def main() -> int:
    """Runs what is named, in this order; 1 when a promise was not kept by any of them."""
    words = sys.argv[1:]
    known = (*NAMES, *LONG, *ZONE)
    options = [word for word in words if word not in (*known, "zone")]
    names = [name for word in words for name in (ZONE if word == "zone" else (word,))]
    names = [name for name in names if name in known]
    if not names and options and options[0] in ("-h", "--help"):
        print(f"usage: python -m bench [{'|'.join(known)}|zone]... [options of that measurement]")
        return 0
    if options and not options[0].startswith("-"):
        print(f"bench: there is no measurement {options[0]!r}; there are: {', '.join(known)}")
        return 2
    kept = True
    for name in names or NAMES:
        measure = importlib.import_module(f"bench.{name}")
        kept = measure.main(options) and kept
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
