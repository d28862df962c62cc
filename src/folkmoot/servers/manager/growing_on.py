"""Goes on growing the zone when whoever began it is gone."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Final

from folkmoot.errors import OperatorError

LOOK_S: Final = 2.0

log = logging.getLogger("folkmoot.manager")


async def keep_growing(data: Path) -> None:
    """Looks for ever; starts `folkmoot grow` where it was begun, has not ended and nobody is at it.

    Caller: a task of the process manager of the zone's first node.
    """
    file = data / "engine" / "grow.json"
    told = ""
    while True:
        await asyncio.sleep(LOOK_S)
        if not file.exists():
            continue
        try:
            again = _is_left(data)
        except (OperatorError, OSError) as error:
            again = False
            if str(error) != told:
                told = str(error)
                log.error("%s", told)
        if again:
            log.warning("growing the zone goes on where it ended")
            with (data / "logs" / "grow.out").open("ab") as output:
                growing = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-P",
                    "-m",
                    "folkmoot.cli.main",
                    "grow",
                    "--data",
                    str(data),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            log.warning("growing ended with exit code %d", await growing.wait())


def _is_left(data: Path) -> bool:
    # Here and not above: only a zone that grows needs the client library for it.
    from folkmoot.servers.manager import growth

    if not growth.unfinished(data):
        return False
    try:
        with growth.only_one(data):
            return True
    except OperatorError:
        return False
