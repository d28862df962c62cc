"""Which Python runs a node's processes: that of `folkmoot up`, or one that an upgrade named.

An upgrade to an environment of its own says so in `run/python`; every process that is started from
then on runs there. `folkmoot up` begins with its own again.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from folkmoot.errors import OperatorError

ANSWER_S: Final = 2.5
PATH_CHARACTERS_MAX: Final = 1_000
ASK: Final = "import folkmoot; print(folkmoot.__version__)"


def _file(data: Path) -> Path:
    return data / "run" / "python"


def interpreter(data: Path) -> str:
    """The path of the Python to start this node's processes with."""
    try:
        named = _file(data).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return sys.executable
    return named if os.access(named, os.X_OK) else sys.executable


def forget(data: Path) -> None:
    """Begins with our own again."""
    _file(data).unlink(missing_ok=True)


async def use(data: Path, python: str) -> str:
    """Lets processes that are started from now on run there; returns that Folkmoot's version.

    Errors: `OperatorError` when no Folkmoot is there, or another user could change it.
    """
    path = Path(python)
    try:
        if not path.is_absolute() or len(python) > PATH_CHARACTERS_MAX or "\n" in python:
            raise OperatorError(f"{python} is no whole path of a Python.")
        if path.stat().st_uid not in (0, os.getuid()):
            raise OperatorError(f"{python} belongs to another user; it is not run.")
        process = await asyncio.create_subprocess_exec(
            python, "-P", "-c", ASK,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise OperatorError(
            f"There is no Python at {python} ({error.strerror}); install the new version there."
        ) from None
    try:
        async with asyncio.timeout(ANSWER_S):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise OperatorError(f"The Python at {python} did not answer in time.") from None
    version = said.decode("ascii", "replace").strip()
    if process.returncode or not version:
        raise OperatorError(f"The Python at {python} has no Folkmoot; install it there.")
    written = _file(data).with_suffix(".new")
    written.write_text(python, "utf-8")
    os.replace(written, _file(data))
    return version
