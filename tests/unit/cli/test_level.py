"""`folkmoot level`: what it shows, and when it refuses to raise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from folkmoot.cli import level as level_command
from folkmoot.cli.main import main
from folkmoot.conference.state import LEVEL


def row(id: str, level: int, *, node: str = "one", state: str = "ready") -> dict[str, Any]:
    role = id.rpartition("-")[0] or id
    version = f"0.{level}.0" if level else ""
    return {
        "id": id, "role": role, "node": node, "state": state, "level": level, "version": version
    }  # fmt: skip


DOORS = [row("front-1", 0), row("launcher", 0), row("engine", 0)]


class Zone:
    """The zone as the command sees it: the status, and the level in the bucket."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
        self.rows: list[dict[str, Any]] = []
        self.nodes = [{"name": "one", "state": "alive"}]
        self.level = 1
        self.data = data

        async def read(data: Path) -> int:
            return self.level

        async def raise_(data: Path, to: int) -> int:
            before, self.level = self.level, max(self.level, to)
            return before

        monkeypatch.setattr(level_command, "_read", read)
        monkeypatch.setattr(level_command, "_raise", raise_)
        monkeypatch.setattr(
            "folkmoot.servers.manager.control.ask",
            lambda data, op, timeout_s: {"processes": self.rows, "nodes": self.nodes},
        )

    def run(self, *arguments: str) -> int:
        return main(["level", *arguments, "--data", str(self.data)])


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Zone:
    return Zone(monkeypatch, tmp_path)


def test_it_shows_what_the_zone_could_be_raised_to(
    zone: Zone, capsys: pytest.CaptureFixture[str]
) -> None:
    zone.rows = [row("web-1", LEVEL), *DOORS]
    assert zone.run() == 0
    told = capsys.readouterr().out
    assert "at level 1" in told and f"level {LEVEL}: `folkmoot level raise`" in told
    zone.level = LEVEL
    zone.run("show")
    assert "No higher one" in capsys.readouterr().out
    zone.rows.append(row("collaboration-1", 1, node="two"))
    zone.run()
    assert "Do not know it: collaboration-1 on two (0.1.0)." in capsys.readouterr().out


def test_it_raises_when_all_processes_know_it(
    zone: Zone, capsys: pytest.CaptureFixture[str]
) -> None:
    zone.rows = [row("web-1", LEVEL), row("collaboration-1", LEVEL + 1, node="two"), *DOORS]
    assert zone.run("raise") == 0
    assert zone.level == LEVEL
    assert zone.run("raise") == 0
    assert f"at level {LEVEL} already" in capsys.readouterr().out


@pytest.mark.parametrize("late", [1, 0])
def test_it_refuses_while_a_process_knows_less_or_was_not_heard(
    zone: Zone, capsys: pytest.CaptureFixture[str], late: int
) -> None:
    zone.rows = [row("web-1", LEVEL), row("documents-1", late, node="two"), *DOORS]
    assert zone.run("raise") == 2
    assert "documents-1 on two" in capsys.readouterr().err
    assert zone.level == 1


def test_it_refuses_while_a_node_is_not_heard(
    zone: Zone, capsys: pytest.CaptureFixture[str]
) -> None:
    zone.rows = [row("web-1", LEVEL), row("web-1", LEVEL, node="two", state="suspect")]
    zone.nodes.append({"name": "two", "state": "silent"})
    assert zone.run("raise") == 2
    assert "nothing is heard of node two" in capsys.readouterr().err


def test_it_refuses_a_level_that_this_version_does_not_know(
    zone: Zone, capsys: pytest.CaptureFixture[str]
) -> None:
    zone.rows = [row("web-1", LEVEL + 1)]
    assert zone.run("raise", "--to", str(LEVEL + 1)) == 2
    assert f"knows level {LEVEL} at most" in capsys.readouterr().err
    assert zone.run("--to", "1") == 2
