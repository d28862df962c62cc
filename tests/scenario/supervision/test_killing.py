"""Real processes are killed and frozen; nobody else is touched and nothing is left behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from folkmoot.servers.manager import procfs

Wait = Callable[..., Any]


def test_a_killed_child_is_started_again_at_once_and_others_are_untouched(
    zone: Any, wait: Wait
) -> None:
    zone.usual().start().wait_ready()
    before = zone.rows()
    wait(lambda: zone.rows()["web-1"]["uptime_s"] > 1.2, "web-1 ran well")
    os.kill(before["web-1"]["pid"], signal.SIGKILL)
    killed_s = time.monotonic()
    after = zone.wait_state("web-1", "ready", unlike=before["web-1"]["pid"])
    assert time.monotonic() - killed_s < max(2.0, zone.start_s)
    assert after["restarts"] == 1
    rows = zone.rows()
    for id in ("collaboration-1", "collaboration-2", "process-manager", "launcher"):
        assert rows[id]["pid"] == before[id]["pid"]
    assert zone.stop() == 0
    assert zone.left() == []


def test_children_live_on_when_the_process_manager_is_killed_and_are_adopted(
    zone: Any, wait: Wait
) -> None:
    zone.usual().start().wait_ready()
    before = zone.rows()
    for round_ in range(3):
        manager = zone.pid("process-manager")
        os.kill(manager, signal.SIGKILL)
        zone.wait_state("process-manager", "ready", unlike=manager)
        wait(lambda: all(row["state"] == "ready" for row in zone.rows().values()), "all are ready")
        rows = zone.rows()
        assert {id: row["pid"] for id, row in rows.items() if id != "process-manager"} == {
            id: row["pid"] for id, row in before.items() if id != "process-manager"
        }
        assert rows["process-manager"]["restarts"] == round_ + 1
    # No child was started twice.
    assert sorted(running.id for running in zone.left()) == [
        "collaboration-1",
        "collaboration-2",
        "web-1",
    ]
    # The adopted are watched: the death of one is noticed.
    os.kill(before["web-1"]["pid"], signal.SIGKILL)
    zone.wait_state("web-1", "ready", unlike=before["web-1"]["pid"])
    assert zone.stop() == 0
    assert zone.left() == []


def test_a_child_without_a_record_is_found_by_its_successor(zone: Any, wait: Wait) -> None:
    zone.usual().start().wait_ready()
    before = zone.rows()
    manager = before["process-manager"]["pid"]
    os.kill(manager, signal.SIGSTOP)
    # As if the process manager had been killed between starting the child and writing it down.
    (zone.data / "run" / "processes.json").unlink()
    os.kill(manager, signal.SIGKILL)
    zone.wait_state("process-manager", "ready", unlike=manager)
    rows = zone.rows()
    assert rows["web-1"]["pid"] == before["web-1"]["pid"]
    assert len(zone.left()) == 3


def test_what_died_together_with_the_process_manager_is_started_by_its_successor(
    zone: Any,
) -> None:
    zone.usual().start().wait_ready()
    before = zone.rows()
    manager, web = before["process-manager"]["pid"], before["web-1"]["pid"]
    os.kill(manager, signal.SIGSTOP)
    os.kill(web, signal.SIGKILL)
    os.kill(manager, signal.SIGKILL)
    zone.wait_state("web-1", "ready", unlike=web)
    assert len(zone.left()) == 3


def test_status_waits_for_the_successor_of_a_killed_process_manager(zone: Any) -> None:
    zone.usual().start().wait_ready()
    manager = zone.pid("process-manager")
    os.kill(manager, signal.SIGKILL)
    told = zone.run("status")
    assert told.returncode == 0, told.stderr
    assert "process-manager" in told.stdout


def test_a_frozen_process_manager_is_replaced_and_its_children_live_on(zone: Any) -> None:
    zone.usual().start().wait_ready()
    before = zone.rows()
    manager = before["process-manager"]["pid"]
    os.kill(manager, signal.SIGSTOP)
    zone.wait_state("process-manager", "ready", unlike=manager)
    assert procfs.started(manager) == 0
    rows = zone.rows()
    for id in ("web-1", "collaboration-1", "collaboration-2"):
        assert rows[id]["pid"] == before[id]["pid"]


def test_a_frozen_child_is_replaced(zone: Any) -> None:
    zone.settings = {"watchdog_timeout_ms": 1_500}
    zone.usual().start().wait_ready()
    web = zone.pid("web-1")
    os.kill(web, signal.SIGSTOP)
    row = zone.wait_state("web-1", "ready", unlike=web)
    assert row["restarts"] == 1
    assert procfs.started(web) == 0


def test_people_go_on_when_the_launcher_is_killed_and_down_still_stops(
    zone: Any, wait: Wait
) -> None:
    zone.usual().start().wait_ready()
    before = zone.rows()
    os.kill(zone.launcher.pid, signal.SIGKILL)
    zone.launcher.wait()
    new = zone.wait_state("launcher", "ready", unlike=before["launcher"]["pid"])
    assert new["restarts"] == 1
    rows = zone.rows()
    for id in ("web-1", "collaboration-1", "process-manager"):
        assert rows[id]["pid"] == before[id]["pid"]
    # The new launcher does what launchers do.
    os.kill(rows["process-manager"]["pid"], signal.SIGKILL)
    zone.wait_state("process-manager", "ready", unlike=rows["process-manager"]["pid"])
    assert zone.pid("web-1") == before["web-1"]["pid"]
    down = zone.run("down")
    assert (down.returncode, down.stderr) == (0, "")
    assert zone.left() == []
    wait(lambda: procfs.started(new["pid"]) == 0, "the launcher ended")


def test_a_zone_whose_launcher_and_manager_were_killed_is_taken_over(zone: Any) -> None:
    zone.usual().has("front-1", "front").start().wait_ready()
    before = zone.rows()
    # Stopped first, so that neither can replace the other.
    os.kill(before["process-manager"]["pid"], signal.SIGSTOP)
    os.kill(zone.launcher.pid, signal.SIGKILL)
    os.kill(before["process-manager"]["pid"], signal.SIGKILL)
    zone.launcher.wait()
    zone.output.unlink()
    zone.start().wait_ready()
    rows = zone.rows()
    for id in ("web-1", "collaboration-1", "collaboration-2"):
        assert rows[id]["pid"] == before[id]["pid"]
    assert rows["front-1"]["pid"] != before["front-1"]["pid"]
    assert len(zone.left()) == 4


def test_down_ends_what_is_left_when_launcher_and_manager_were_killed(zone: Any) -> None:
    zone.usual().start().wait_ready()
    manager = zone.pid("process-manager")
    os.kill(manager, signal.SIGSTOP)
    os.kill(zone.launcher.pid, signal.SIGKILL)
    os.kill(manager, signal.SIGKILL)
    zone.launcher.wait()
    assert len(zone.left()) == 3
    assert zone.run("down").returncode == 0
    assert zone.left() == []


def test_what_a_killed_child_had_started_ends_with_it(zone: Any, wait: Wait) -> None:
    zone.has("documents-1", "documents", "--child").has("web-1", "web").start().wait_ready()
    parent = zone.pid("documents-1")
    child = wait(lambda: _child_of(parent), "the child's child")
    os.kill(parent, signal.SIGKILL)
    wait(lambda: procfs.started(child) == 0, "the child's child ended")


def _child_of(pid: int) -> int:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        pids = file.read().split()
    return int(pids[0]) if pids else 0


def test_a_crash_looping_child_is_reported_as_failed_and_others_are_untouched(
    zone: Any, wait: Wait
) -> None:
    zone.settings = {"restarts_max": 3}
    zone.usual().has("documents-1", "documents", "--crash").start()
    failed = zone.wait_state("documents-1", "failed")
    assert "poisonous" in failed["detail"]
    assert failed["restarts"] <= 4
    rows = zone.rows()
    assert all(rows[id]["restarts"] == 0 for id in ("web-1", "collaboration-1"))
    log = (zone.data / "logs" / "process-manager.log").read_text()
    assert log.count("documents-1 started") <= 4
    assert "documents-1 keeps ending" in wait(
        lambda: zone.said() if "keeps ending" in zone.said() else "", "told at the terminal"
    )
    # The zone is ready without what it can do without.
    zone.wait_ready()


def test_a_process_manager_that_was_replaced_ends_itself(zone: Any, wait: Wait) -> None:
    zone.usual().start().wait_ready()
    manager = zone.pid("process-manager")
    path = zone.data / "run" / "processes.json"
    # A later one has written its number; this one sees it and touches nothing.
    path.write_text(path.read_text().replace('"fence":1,', '"fence":7,'))
    wait(lambda: procfs.started(manager) == 0, "the fenced one ended")
    zone.wait_state("process-manager", "ready", unlike=manager)
    assert len(zone.left()) == 3


def test_the_launcher_becomes_another_program_in_the_same_process(zone: Any, wait: Wait) -> None:
    zone.usual().start().wait_ready()
    before = zone.rows()
    os.kill(before["launcher"]["pid"], signal.SIGUSR2)
    wait(lambda: zone.rows()["launcher"]["restarts"] == 1, "it introduced itself")
    after = zone.rows()
    assert {id: row["pid"] for id, row in after.items()} == {
        id: row["pid"] for id, row in before.items()
    }
    # It watches as before, and is heard by who waits for it.
    os.kill(before["process-manager"]["pid"], signal.SIGKILL)
    zone.wait_state("process-manager", "ready", unlike=before["process-manager"]["pid"])
    assert zone.stop() == 0
    assert zone.left() == []
