"""What a role is run in: its end, its failures, its beats."""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from folkmoot.data_folder import Node, open_folder, prepare_node
from folkmoot.errors import OperatorError
from folkmoot.servers import runtime as runtime_module
from folkmoot.servers.manager import notify
from folkmoot.servers.runtime import Runtime, role_main
from folkmoot.zone.child import Beat


@pytest.fixture
async def runtime(tmp_path: Path) -> Runtime:
    return Runtime("web", "web-1", tmp_path, Node("node"), logging.getLogger("test"))


async def test_it_ends_when_the_role_returns(runtime: Runtime) -> None:
    async def main(given: Runtime) -> None:
        given.load.state = "ready"
        await given.stopping.wait()

    asyncio.get_running_loop().call_soon(runtime.stopping.set)
    await runtime.run(main)
    assert runtime.load.state == "ready"
    assert runtime.server == f"web-1.{runtime.incarnation}"


async def test_what_the_role_raises_ends_the_process(runtime: Runtime) -> None:
    async def main(given: Runtime) -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        await runtime.run(main)


async def test_a_task_that_fails_ends_the_process(runtime: Runtime) -> None:
    cancelled: list[str] = []

    async def fails() -> None:
        await asyncio.sleep(0)
        raise KeyError("in the background")

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append("waits")
            raise

    async def main(given: Runtime) -> None:
        given.spawn(waits(), "waits")
        given.spawn(fails(), "fails")
        await asyncio.Event().wait()

    with pytest.raises(KeyError, match="in the background"):
        await runtime.run(main)
    assert cancelled == ["waits"]


async def test_a_role_that_does_not_end_is_cut_off(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime_module, "STOP_S", 0.01)

    async def main(given: Runtime) -> None:
        await asyncio.Event().wait()

    runtime.stopping.set()
    await runtime.run(main)


@pytest.mark.parametrize("role", ["nobody", "../etc", "manager", ""])
def test_an_unknown_role_is_told(role: str) -> None:
    with pytest.raises(OperatorError, match="There is no role"):
        role_main(role)


def test_every_role_of_the_usual_plan_exists() -> None:
    for role in ("front", "web", "collaboration", "documents", "export", "meeting-manager"):
        assert callable(role_main(role))


def test_a_process_beats_and_ends_in_order_without_an_engine(tmp_path: Path) -> None:
    """A real meeting manager whose engine is not there: it runs, says so, and ends when told."""
    open_folder(tmp_path)
    prepare_node(
        tmp_path,
        host="127.0.0.1",
        port=1,
        engine_url="nats://127.0.0.1:1",
        engine_runs=False,
        settings={},
    )
    listening = notify.listen(tmp_path)
    role = [sys.executable, "-P", "-m", "folkmoot.cli.serve", "meeting-manager"]
    process = subprocess.Popen([*role, "--id", "meeting-manager-1", "--data", str(tmp_path)])
    try:
        beats: list[Beat] = []
        while not beats or beats[-1].state != "ready":
            assert select.select([listening], [], [], 30)[0]
            notify.receive(listening, beats.append)
        assert beats[-1].pid == process.pid
        assert beats[-1].id == "meeting-manager-1"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        listening.close()
    log = (tmp_path / "logs" / "meeting-manager-1.log").read_text()
    assert "started as meeting-manager-1." in log
    assert log.rstrip().endswith("ended")


def test_a_process_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    open_folder(tmp_path)
    told = subprocess.run(
        [
            sys.executable,
            "-P",
            "-m",
            "folkmoot.cli.serve",
            "web",
            "--id",
            "web-1",
            "--data",
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "FOLKMOOT_LOG_LEVEL": "nonsense"},
    )
    assert told.returncode == 2
    assert told.stderr.startswith("There is no Folkmoot in")
    assert len(told.stderr.splitlines()) == 1


def test_a_process_that_stood_still_is_not_taken_for_a_busy_one() -> None:
    assert runtime_module.is_freeze(8.0, 0.001)
    assert not runtime_module.is_freeze(8.0, 4.0)
    assert not runtime_module.is_freeze(2.0, 0.0)
