"""`folkmoot logs [ID]`: what the processes logged."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from folkmoot.errors import OperatorError

POLL_S: Final = 0.25
TAIL_BYTES_MAX: Final = 1 << 20
SUFFIXES: Final = (".log", ".out")


def logs(data: Path, id: str | None, *, lines_max: int, follow: bool) -> int:
    """Prints the last lines of one process or of all, and with `follow` what comes after.

    Errors: `OperatorError` when there is no such log.
    """
    paths = find(data, id)
    named = len(paths) > 1
    tails = [Tail(path, lines_max) for path in paths]
    last = [(key, tail.name, line) for tail in tails for key, line in tail.last()]
    # Stable: lines of the same moment stay in the order of their file.
    for _, name, line in sorted(last, key=lambda entry: entry[0])[-lines_max:]:
        print(f"{name}: {line}" if named else line)
    while follow:
        for tail in tails:
            for line in tail.more():
                print(f"{tail.name}: {line}" if named else line, flush=True)
        time.sleep(POLL_S)
    return 0


def find(data: Path, id: str | None) -> list[Path]:
    """The files to show. Errors: `OperatorError` with the ids that there are."""
    folder = data / "logs"
    files = sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES)
    if not files:
        raise OperatorError(f"There are no logs in {data} yet; start with `folkmoot up`.")
    if id is None:
        return [path for path in files if path.stat().st_size]
    found = [path for path in files if path.stem == id]
    if not found:
        known = ", ".join(sorted({path.stem for path in files}))
        raise OperatorError(f"There is no log of {id}; there are logs of {known}.")
    return [path for path in found if path.stat().st_size] or found[:1]


class Tail:
    """The end of one log file; goes on with the new file when it is rotated."""

    def __init__(self, path: Path, lines_max: int) -> None:
        self.name = path.stem
        self._path = path
        self._lines_max = max(0, lines_max)
        self._inode = 0
        self._offset = 0
        self._rest = b""

    def last(self) -> list[tuple[str, str]]:
        """The last lines, each with what it sorts by: our logs begin with the time."""
        with open(self._path, "rb") as file:
            stat = os.fstat(file.fileno())
            file.seek(max(0, stat.st_size - TAIL_BYTES_MAX))
            content = file.read()
            self._inode, self._offset = stat.st_ino, file.tell()
        lines = content.decode(errors="replace").splitlines()
        shown = lines[-self._lines_max :] if self._lines_max else []
        made, key = [], ""
        for line in shown:
            # A line without a time belongs to the one before it.
            key = line[:24] if line[:4].isdigit() else key
            made.append((key, line))
        return made

    def more(self) -> Iterator[str]:
        """What was logged since."""
        try:
            with open(self._path, "rb") as file:
                stat = os.fstat(file.fileno())
                if stat.st_ino != self._inode or stat.st_size < self._offset:
                    self._inode, self._offset, self._rest = stat.st_ino, 0, b""
                file.seek(self._offset)
                content = self._rest + file.read(TAIL_BYTES_MAX)
                self._offset = file.tell()
        except FileNotFoundError:
            return
        *lines, self._rest = content.split(b"\n")
        for line in lines:
            yield line.decode(errors="replace")
