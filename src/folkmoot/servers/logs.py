"""Where a process writes its log: `logs/<id>.log`, rotated by size, one line a record."""

from __future__ import annotations

import logging
import logging.handlers
import os
import time
from pathlib import Path
from typing import Final

LOG_BYTES_MAX: Final = 4 << 20
LOG_FILES_KEPT: Final = 2


class _Format(logging.Formatter):
    """Time in UTC, level, logger, message; line breaks of a message stay in its record."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"
        )

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\n", "\n    ")


def set_up_logging(data: Path, id: str) -> logging.Logger:
    """Sends all logging of this process to its file; FOLKMOOT_LOG_LEVEL changes the level."""
    handler = logging.handlers.RotatingFileHandler(
        data / "logs" / f"{id}.log",
        maxBytes=LOG_BYTES_MAX,
        backupCount=LOG_FILES_KEPT,
        encoding="utf-8",
        errors="backslashreplace",
    )
    handler.setFormatter(_Format())
    level = os.environ.get("FOLKMOOT_LOG_LEVEL", "INFO").upper()
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level if level in logging.getLevelNamesMapping() else "INFO")
    # A log that cannot be written (a full disk) must not bring the process down.
    logging.raiseExceptions = False
    return logging.getLogger(f"folkmoot.{id}")
