"""`folkmoot grow`: from one engine node to three."""

from __future__ import annotations

import argparse
import asyncio


def add_grow(command: argparse.ArgumentParser) -> None:
    """Adds the command's own arguments."""
    command.add_argument(
        "--confirm", action="store_true", help="afterwards: remove the old store and the copies"
    )


def run_grow(asked: argparse.Namespace) -> int:
    from folkmoot.servers.manager import growth

    data = asked.data.resolve()
    if asked.confirm:
        growth.forget_old_store(data)
        print("The old store and the copies are removed.")
        return 0
    asyncio.run(growth.grow(data, lambda line: print(line, flush=True)))
    return 0
