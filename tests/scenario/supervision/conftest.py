"""A zone of tiny processes under a real launcher and a real process manager."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from folkmoot.errors import OperatorError
from folkmoot.servers.manager import procfs
from folkmoot.servers.manager.control import ask

TINY = Path(__file__).with_name("tiny.py")
BOUND_S = 30.0
POLL_S = 0.02

T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str, bound_s: float = BOUND_S) -> T:
    deadline = time.monotonic() + bound_s
    while not (told := condition()):
        assert time.monotonic() < deadline, f"not within {bound_s} s: {what}"
        time.sleep(POLL_S)
    return told


class Zone:
    """A launcher with its process manager and tiny children on a data folder of its own.

    Shape: `start_s` is how long it took until all was ready: on a busy machine no single step of it
    is quicker than that for certain.
    """

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.plan = folder / "plan.json"
        self.output = folder / "launcher.txt"
        self.launcher: subprocess.Popen[bytes] | None = None
        self.settings: dict[str, Any] = {}
        self.start_s = 0.0
        self._began_s = 0.0
        self._planned: list[dict[str, Any]] = []

    def has(self, id: str, role: str, *flags: str) -> Zone:
        argv = [sys.executable, str(TINY), id, str(self.data), *flags]
        spec = {"id": id, "role": role, "after_engine": False}
        self._planned.append({"spec": spec, "argv": argv})
        return self

    def usual(self) -> Zone:
        return (
            self.has("web-1", "web")
            .has("collaboration-1", "collaboration")
            .has("collaboration-2", "collaboration")
        )

    def start(self, *arguments: str) -> Zone:
        self.plan.write_text(json.dumps({"probe": False, "processes": self._planned}))
        if self.settings and not self.data.exists():
            self.data.mkdir(mode=0o700)
            node = {"name": "node", "settings": self.settings}
            (self.data / "node.json").write_text(json.dumps(node))
        self._began_s = time.monotonic()
        with open(self.output, "ab") as output:
            self.launcher = subprocess.Popen(
                self.command("up", "--port", "0", "--plan", str(self.plan), *arguments),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self

    def command(self, name: str, *arguments: str) -> list[str]:
        program = [sys.executable, "-P", "-m", "folkmoot.cli.main"]
        return [*program, name, "--data", str(self.data), *arguments]

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(name, *arguments), capture_output=True, text=True, timeout=BOUND_S
        )

    def rows(self) -> dict[str, dict[str, Any]]:
        try:
            told = ask(self.data, "status", 2.0)
        except OperatorError:
            return {}
        return {row["id"]: row for row in told["processes"]}

    def pid(self, id: str) -> int:
        return self.rows().get(id, {}).get("pid") or 0

    def wait_ready(self) -> Zone:
        wait_until(lambda: "Folkmoot is ready" in self.said(), "ready")
        self.start_s = time.monotonic() - self._began_s
        return self

    def wait_state(self, id: str, state: str, *, unlike: int = -1) -> dict[str, Any]:
        """The row of a process once it is in this state, under another pid than `unlike`."""

        def found() -> dict[str, Any] | None:
            row = self.rows().get(id)
            return row if row and row["state"] == state and row["pid"] != unlike else None

        return wait_until(found, f"{id} is {state}")

    def said(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    def left(self) -> list[procfs.Running]:
        return procfs.find(self.data)

    def stop(self) -> int:
        assert self.launcher is not None
        self.launcher.send_signal(signal.SIGTERM)
        return self.launcher.wait(BOUND_S)

    def end(self) -> None:
        """Ends whatever a test left, each by its own pid."""
        pids = [row["pid"] for row in self.rows().values()]
        if self.launcher is not None:
            pids.append(self.launcher.pid)
        # Launcher and process manager first: they would start the others again.
        for pid in pids[:2] if pids else []:
            if pid:
                _kill(pid)
        for running in self.left():
            procfs.kill_group(running.pid)
        if self.launcher is not None:
            _kill(self.launcher.pid)
            self.launcher.wait(BOUND_S)
        wait_until(lambda: not self.left(), "children ended")


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


@pytest.fixture
def wait() -> Callable[..., Any]:
    return wait_until


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[Zone]:
    made = Zone(tmp_path)
    yield made
    made.end()
