"""Keeps the records of one process manager, from which its successor knows every child."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from folkmoot.servers.manager import procfs, records
from folkmoot.servers.manager.adoption import bequeath
from folkmoot.zone.child import Child

log = logging.getLogger("folkmoot.manager")


class Bookkeeper:
    """Writes down what has changed.

    Shape: `records` are those that it took over, and then what became of them; the lock of the
    node's process manager is held until `close`.
    Caller: is told by `fenced`, once or more often, that a later process manager took over.
    """

    def __init__(
        self,
        data: Path,
        children: Callable[[], Mapping[str, Child]],
        fenced: Callable[[records.Fenced], None],
    ) -> None:
        self._data = data
        self._children = children
        self._fenced = fenced
        self.records, self._lock = records.take_over(data)

    def keep(self) -> None:
        """Writes the records, so that a successor finds every child."""
        self.records.processes = bequeath(self._children().values(), procfs.started)
        self._write()

    def keep_prepared(self) -> None:
        """The engine has what the others need, also for who comes after us."""
        self.records.prepared = True
        self.keep()

    def keep_launcher(self, restarts: int) -> None:
        self.records.launcher_restarts = restarts
        self.keep()

    def keep_fence(self, highest: int) -> None:
        """Writes down which meeting manager is obeyed, for all that come after us."""
        self.records.meeting_fence = highest
        self._write(sync=True)

    def keep_end(self) -> None:
        """Everything has ended, and nobody comes after us."""
        self.records.pid = 0
        self.records.prepared = False
        self.keep()

    def look(self) -> None:
        """Whether a later process manager took over."""
        if records.read(self._data).fence > self.records.fence:
            self._fenced(records.Fenced("another process manager took over"))

    def close(self) -> None:
        os.close(self._lock)

    def _write(self, *, sync: bool = False) -> None:
        try:
            records.write(self._data, self.records, sync=sync)
        except records.Fenced as fenced:
            self._fenced(fenced)
        except OSError as error:
            # A full disk must not end supervision; a successor finds children by their marker.
            log.error("the records could not be written: %s", error)
