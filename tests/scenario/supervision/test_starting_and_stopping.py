"""The command line against real processes: starting, stopping, and every wrong way to start."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Wait = Callable[..., Any]
STOP_S = 5.0


def test_everything_stops_in_order_within_its_time(zone: Any) -> None:
    zone.has("meeting-manager-1", "meeting-manager").has("collaboration-1", "collaboration")
    zone.has("front-1", "front").has("engine", "engine").has("web-1", "web")
    zone.has("documents-1", "documents").start().wait_ready()
    began_s = time.monotonic()
    assert zone.stop() == 0
    assert time.monotonic() - began_s < STOP_S + zone.start_s
    assert (zone.data / "stopped.txt").read_text().split() == [
        "front-1",
        "web-1",
        "collaboration-1",
        "documents-1",
        "meeting-manager-1",
        "engine",
    ]
    assert zone.left() == []


def test_processes_that_ignore_the_request_are_killed_in_time(zone: Any) -> None:
    zone.has("web-1", "web", "--ignore-term").has("engine", "engine", "--ignore-term")
    zone.has("collaboration-1", "collaboration").start().wait_ready()
    began_s = time.monotonic()
    zone.stop()
    assert time.monotonic() - began_s < STOP_S + zone.start_s
    assert zone.left() == []


def test_a_frozen_process_manager_does_not_keep_the_zone_from_ending(zone: Any) -> None:
    zone.usual().start().wait_ready()
    os.kill(zone.pid("process-manager"), signal.SIGSTOP)
    began_s = time.monotonic()
    zone.stop()
    assert time.monotonic() - began_s < STOP_S + 2.0 + zone.start_s
    assert zone.left() == []


def test_a_process_manager_killed_while_stopping_is_followed_by_one_that_goes_on(
    zone: Any, wait: Wait
) -> None:
    zone.has("web-1", "web", "--ignore-term").start().wait_ready()
    manager = zone.pid("process-manager")
    zone.launcher.send_signal(signal.SIGTERM)
    wait(lambda: "Stopping" in zone.said(), "stopping")
    os.kill(manager, signal.SIGKILL)
    zone.launcher.wait(STOP_S + 2.0 + zone.start_s)
    assert zone.left() == []


def test_a_second_interrupt_ends_everything_at_once(zone: Any, wait: Wait) -> None:
    zone.has("web-1", "web", "--ignore-term").start().wait_ready()
    zone.launcher.send_signal(signal.SIGINT)
    wait(lambda: "Stopping" in zone.said(), "stopping")
    began_s = time.monotonic()
    zone.launcher.send_signal(signal.SIGINT)
    assert zone.launcher.wait(STOP_S + zone.start_s) == 1
    assert time.monotonic() - began_s < max(2.0, zone.start_s)
    assert zone.left() == []


def test_detached_it_returns_when_ready_and_down_stops_it(zone: Any) -> None:
    started_s = time.monotonic()
    zone.usual().start("--detach")
    assert zone.launcher.wait(30) == 0
    start_s = time.monotonic() - started_s
    assert "Folkmoot is ready: http://127.0.0.1:" in zone.said()
    status = zone.run("status", "--json")
    rows = json.loads(status.stdout)["processes"]
    assert [row["role"] for row in rows[:2]] == ["launcher", "process-manager"]
    assert {row["state"] for row in rows} == {"ready"}
    began_s = time.monotonic()
    down = zone.run("down")
    assert (down.returncode, down.stdout) == (0, "Folkmoot has stopped; everything is saved.\n")
    assert time.monotonic() - began_s < STOP_S + 1.0 + start_s
    assert zone.left() == []


def test_it_starts_again_on_the_same_folder(zone: Any) -> None:
    for _ in range(2):
        zone.output.unlink(missing_ok=True)
        zone.usual() if not zone.data.exists() else None
        zone.start().wait_ready()
        assert zone.rows()["process-manager"]["restarts"] == 0
        assert zone.stop() == 0


def test_two_on_one_folder_are_refused(zone: Any) -> None:
    zone.usual().start().wait_ready()
    second = zone.run("up", "--port", "0", "--plan", str(zone.plan))
    assert second.returncode == 2
    assert second.stderr.startswith("Another Folkmoot runs on the data folder")
    assert f"(pid {zone.launcher.pid})" in second.stderr
    assert f"folkmoot down --data {zone.data}" in second.stderr
    assert len(zone.left()) == 3


def test_a_port_in_use_is_told_and_nothing_is_left_running(zone: Any) -> None:
    zone.plan.write_text('{"processes": []}')
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = zone.run("up", "--port", str(port), "--plan", str(zone.plan))
        detached = zone.run("up", "--port", str(port), "--plan", str(zone.plan), "--detach")
    for ended in (told, detached):
        assert ended.returncode == 2
        said = ended.stderr + ended.stdout
        assert f"Port {port} on 127.0.0.1 is in use" in said
        assert "--port" in said
        assert len(said.strip().splitlines()) == 1


def test_a_newer_format_is_refused(zone: Any) -> None:
    zone.data.mkdir()
    (zone.data / "format").write_text("2\n")
    zone.plan.write_text('{"processes": []}')
    told = zone.run("up", "--port", "0", "--plan", str(zone.plan))
    assert told.returncode == 2
    assert "written by a newer Folkmoot (format 2, this one reads 1)" in told.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to drop privileges")
def test_a_folder_that_cannot_be_written_is_refused_with_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    # As nobody, in a process of its own; the modules are loaded before the privileges go.
    script = (
        "import os, pathlib, sys\n"
        "from folkmoot.errors import OperatorError\n"
        "from folkmoot.servers.launcher.options import Options, take_hold\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try:\n"
        "    take_hold(Options(data=pathlib.Path(sys.argv[1]), port=0, engine='nats://nobody:1'))\n"
        "except OperatorError as error:\n"
        "    print(error)\n"
    )
    for parent in folder.parents:
        if "pytest" in parent.name:
            parent.chmod(0o755)
    told = subprocess.run(
        [sys.executable, "-c", script, str(folder / "new")],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert told.stdout.startswith(f"The data folder {folder / 'new'} cannot be written"), told
    assert "--data" in told.stdout


def test_status_and_down_without_a_zone_say_so(zone: Any) -> None:
    for command in ("status", "down"):
        told = zone.run(command)
        assert told.returncode == 2
        assert told.stderr.startswith("No Folkmoot ")
        assert len(told.stderr.strip().splitlines()) == 1


def test_logs_shows_what_a_process_said(zone: Any) -> None:
    zone.usual().start().wait_ready()
    assert "web-1 ready" in zone.run("logs", "process-manager").stdout
    unknown = zone.run("logs", "nobody")
    assert unknown.returncode == 2
    assert "there are logs of" in unknown.stderr
