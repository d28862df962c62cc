"""`folkmoot restore`: a zone from a backup, in an empty data folder."""

from __future__ import annotations

from pathlib import Path

from folkmoot.cli.backup import ProgressLine, tell_faults
from folkmoot.cli.operator import run
from folkmoot.servers.backup.restore import restore_backup


def restore(data: Path, file: Path) -> int:
    """Makes the zone; `folkmoot up` starts it then. Errors: `OperatorError`."""
    line = ProgressLine()
    try:
        summary = run(restore_backup(file.absolute(), data, line.show))
    finally:
        line.end()
    print(
        f"{summary.conferences} rooms with their history and {summary.objects} files are in"
        f" {data}. Start it with `folkmoot up --data {data}`."
    )
    return tell_faults(summary)
