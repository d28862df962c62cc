"""For tests of an operator's commands: the engine of a real zone, and the commands themselves."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

from folkmoot.client import Conference
from folkmoot.engine import Engine
from folkmoot.errors import invariant
from folkmoot.servers.doors.rooms import Rooms

COMMAND_S_MAX: Final = 150.0
"""For a busy machine: a command waits for elections, and one that replaces a node for copies."""


async def conference_of(engine: Engine, slug: str) -> str:
    """The conference behind a room's address."""
    record = await Rooms(engine.bucket("rooms"), lambda: 0).find(slug)
    invariant(record is not None, "the room exists", slug=slug)
    return record.id if record else ""


async def command(*words: str) -> tuple[int, str]:
    """Runs `folkmoot ...` as a process; its exit code and all it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "folkmoot.cli.main",
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(COMMAND_S_MAX):
        output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


def texts(conference: Conference) -> list[str]:
    return [message["text"] for message in conference.state.chat["messages"]]
