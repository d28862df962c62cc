"""`run/draining.json`: which processes of this node take nobody new, and let go whom they have.

The process manager writes it on an operator's word; every process looks at it a few times a
second, so that it is heeded without the engine, and by a process that was started meanwhile. A
reboot ends it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from folkmoot.data_folder import write_atomically
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.manager import procfs


class Draining(msgspec.Struct, frozen=True):
    """Shape: `node` means all of its processes; `processes` are ids."""

    node: bool = False
    processes: tuple[str, ...] = ()
    boot: str = ""

    def covers(self, id: str) -> bool:
        return self.node or id in self.processes


class _Told(msgspec.Struct):
    mark: tuple[int, int] = (0, 0)
    draining: Draining = Draining()


class DrainingFile:
    """The file as one process knows it; read again only when it was replaced."""

    def __init__(self, data: Path) -> None:
        self._path = data / "run" / "draining.json"
        self._told = _Told()

    def read(self) -> Draining:
        """Nothing drains when there is no file, or it is damaged, or of another boot."""
        try:
            status = self._path.stat()
            mark = (status.st_mtime_ns, status.st_ino)
            if mark != self._told.mark:
                self._told = _Told(mark, _read(self._path))
        except OSError:
            self._told = _Told()
        return self._told.draining

    def write(self, *, node: bool, processes: tuple[str, ...]) -> None:
        """Replaces what was said. Errors: OSError."""
        said = Draining(node, tuple(sorted(set(processes))), procfs.boot_id())
        write_atomically(self._path, msgspec.json.encode(said), sync=False)

    def clear(self) -> None:
        self._path.unlink(missing_ok=True)


def _read(path: Path) -> Draining:
    try:
        said = msgspec.json.decode(path.read_bytes(), type=Draining)
    except UNREADABLE:
        return Draining()
    return said if said.boot == procfs.boot_id() else Draining()
