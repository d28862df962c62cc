"""Goes on changing the zone's engines when whoever began it is gone."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Final

from folkmoot.errors import OperatorError

LOOK_S: Final = 2.0

log = logging.getLogger("folkmoot.manager")


async def keep_changing(data: Path) -> None:
    """Looks for ever; goes on where a change was begun, has not ended and nobody is at it.

    Caller: a task of the process manager of a node with an engine.
    """
    commands = {
        data / "engine" / "grow.json": ("grow",),
        data / "engine" / "replace.json": ("node", "resume"),
    }
    told = ""
    while True:
        await asyncio.sleep(LOOK_S)
        words: tuple[str, ...] = ()
        try:
            for file, command in commands.items():
                if file.exists() and _is_left(data, command):
                    words = command
        except (OperatorError, OSError) as error:
            if str(error) != told:
                told = str(error)
                log.error("%s", told)
        if words:
            await _go_on(data, words)


async def _go_on(data: Path, words: tuple[str, ...]) -> None:
    what = " ".join(words)
    log.warning("`folkmoot %s` goes on where it ended", what)
    with (data / "logs" / f"{words[0]}.out").open("ab") as output:
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "folkmoot.cli.main",
            *words,
            "--data",
            str(data),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    log.warning("`folkmoot %s` ended with exit code %d", what, await running.wait())


def _is_left(data: Path, command: tuple[str, ...]) -> bool:
    # Here and not above: only a zone that changes needs the client library for it.
    from folkmoot.servers.manager import growth, replacing

    begun = growth.unfinished if command == ("grow",) else replacing.unfinished
    if not begun(data):
        return False
    try:
        with growth.only_one(data):
            return True
    except OperatorError:
        return False
