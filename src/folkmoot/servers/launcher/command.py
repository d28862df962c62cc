"""The command line of a launcher that watches a process manager which is there already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from folkmoot.servers.interpreter import interpreter


def launcher_command(data: Path, manager_pid: int, arguments: Sequence[str]) -> list[str]:
    """Shape: `arguments` are those of `up` that it must know, such as `--plan FILE`."""
    module = ("-P", "-m", "folkmoot.servers.launcher")
    watched = ("--data", str(data), "--manager-pid", str(manager_pid))
    return [interpreter(data), *module, *watched, *arguments]
