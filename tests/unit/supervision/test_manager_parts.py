"""Parts of the process manager: records, sockets, plan, control, status."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from folkmoot.cli.status import table
from folkmoot.data_folder import Node, open_folder
from folkmoot.errors import OperatorError
from folkmoot.servers.manager import notify, procfs, records, status
from folkmoot.servers.manager.control import ControlServer, ask, query_status
from folkmoot.servers.manager.plan import default_plan, is_open, load_plan
from folkmoot.settings import Settings
from folkmoot.zone.availability import Stream
from folkmoot.zone.child import Beat, Child, Spec
from folkmoot.zone.load import Load


@pytest.fixture
def data(tmp_path: Path) -> Path:
    # Deeper than the 108 bytes that a socket address can hold.
    deep = tmp_path / ("d" * 90) / ("e" * 90)
    open_folder(deep)
    return deep


def test_each_process_manager_takes_the_next_number_and_the_older_is_fenced(data: Path) -> None:
    first, lock = records.take_over(data)
    assert (first.fence, first.restarts, first.pid) == (1, 0, os.getpid())
    os.close(lock)
    second, lock = records.take_over(data)
    assert (second.fence, second.restarts) == (2, 1)
    with pytest.raises(records.Fenced):
        records.write(data, first)
    second.pid = 0
    records.write(data, second)
    os.close(lock)
    # After an orderly stop it is a start, not a restart.
    third, lock = records.take_over(data)
    os.close(lock)
    assert (third.fence, third.restarts) == (3, 0)


def test_damaged_records_are_as_good_as_none(data: Path) -> None:
    (data / "run" / "processes.json").write_bytes(b'{"fence": "x"')
    assert records.read(data) == records.Records()


def test_a_reused_pid_is_not_taken_for_the_process(data: Path) -> None:
    mine = procfs.started(os.getpid())
    known = records.Record("web-1", "web", os.getpid(), mine)
    reused = records.Record("web-2", "web", os.getpid(), mine - 1)
    found = records.living(data, records.Records(processes=[known, reused]))
    assert [running.id for running, _ in found] == ["web-1"]
    assert not procfs.kill_same(os.getpid(), mine - 1, 9)


def test_one_that_had_ended_when_it_was_recorded_does_not_run(data: Path) -> None:
    ended = records.Record("web-1", "web", 1 << 30, 0)
    assert records.living(data, records.Records(processes=[ended])) == []


def test_who_is_obeyed_outlives_process_managers_and_boots(data: Path) -> None:
    first, lock = records.take_over(data)
    first.meeting_fence = 7
    first.boot = "another"
    records.write(data, first, sync=True)
    os.close(lock)
    second, lock = records.take_over(data)
    os.close(lock)
    assert (second.meeting_fence, second.restarts) == (7, 0)


def test_a_child_is_found_by_its_marker_but_what_it_started_is_not(data: Path) -> None:
    script = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    child = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, procfs.MARKER: procfs.marker("web-1", data)},
    )
    try:
        deadline = time.monotonic() + 10
        # Its environment can be read only a moment after it was started, its child's later.
        while not procfs.find(data) or not _has_child(child.pid):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert [(r.id, r.pid) for r in procfs.find(data)] == [("web-1", child.pid)]
        assert procfs.find(data / "other") == []
    finally:
        child.communicate(b"\n", timeout=10)
    assert procfs.started(child.pid) == 0
    assert procfs.age_ms(child.pid) == 0


def _has_child(pid: int) -> bool:
    return bool(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def test_beats_travel_by_a_path_of_any_length_and_bad_ones_are_dropped(data: Path) -> None:
    beater = notify.Beater(data)
    beat = Beat("web-1", 7, "ready", "abc", 3, 2)
    assert not beater.send(beat)
    listening = notify.listen(data)
    heard: list[Beat] = []
    assert beater.send(beat)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        folder = os.open(data / "run", os.O_RDONLY)
        for bad in (b"{", b"[]", b'{"id": 3}', b"\xff" * 9_000):
            stranger.sendto(bad, f"/proc/self/fd/{folder}/notify.sock")
        os.close(folder)
    assert beater.send(beat)
    notify.receive(listening, heard.append)
    assert heard == [beat, beat]
    # A successor binds anew, and the same sender reaches it.
    listening.close()
    again = notify.listen(data)
    assert beater.send(beat)
    notify.receive(again, heard.append)
    assert len(heard) == 3
    again.close()
    beater.close()


async def test_the_control_socket_answers(data: Path) -> None:
    with pytest.raises(OperatorError, match="No Folkmoot answers"):
        ask(data, "status")
    server = await ControlServer(data, {"status": lambda: {"zone": "z"}}).start()
    try:
        assert await query_status(data) == {"zone": "z"}
        with pytest.raises(OperatorError, match="no useful answer"):
            await asyncio.to_thread(ask, data, "sing")
    finally:
        server.close()


def test_the_usual_plan_has_every_role(data: Path) -> None:
    plan = default_plan(data, Settings(collaboration_servers=3), engine=("nats-server",))
    assert [planned.spec.id for planned in plan.processes] == [
        "engine",
        "front-1",
        "front-2",
        "web-1",
        "collaboration-1",
        "collaboration-2",
        "collaboration-3",
        "documents-1",
        "export-1",
        "meeting-manager-1",
    ]
    assert [planned.spec.id for planned in plan.processes if planned.listens] == [
        "front-1",
        "front-2",
    ]
    without = default_plan(data, Settings(), engine=None)
    assert "engine" not in {planned.spec.role for planned in without.processes}


def test_a_plan_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text('{"processes": [{}]}')
    with pytest.raises(OperatorError, match=r"plan .* cannot be read"):
        load_plan(path)


def test_the_zone_is_open_without_a_dispensable_process_but_not_at_once() -> None:
    def child(id: str, role: str, phase: str) -> Child:
        made = Child(Spec(id, role))
        made.phase = phase  # type: ignore[assignment]
        return made

    zone = [
        child("engine", "engine", "ready"),
        child("web-1", "web", "ready"),
        child("documents-1", "documents", "failed"),
    ]
    assert not is_open(zone, patient=True)
    assert is_open(zone, patient=False)
    zone[1].phase = "starting"
    assert not is_open(zone, patient=False)


def test_a_row_has_the_keys_of_the_contract() -> None:
    child = Child(Spec("web-1", "web"), phase="due", detail="exit code 1", restarts=2)
    row = status.child_row(child, "node", 5_000, "no such module")
    assert list(row)[:9] == [
        "id",
        "role",
        "node",
        "pid",
        "state",
        "restarts",
        "uptime_s",
        "connections",
        "conferences",
    ]
    assert (row["pid"], row["state"], row["uptime_s"]) == (None, "restarting", 0.0)
    assert row["detail"] == "exit code 1: no such module"
    told = status.whole(Node("node", host="h", port=1, unencrypted=True), [row])
    assert told["nodes"] == [
        {
            "name": "node",
            "address": "http://h:1",
            "encryption": "none",
            "certificate": None,
            "state": "alive",
            "processes": 1,
            "free_bytes": -1,
            "free_percent": -1,
            "certificate_days": -1,
            "clock_off_s": 0,
            "disk_errors": 0,
            "disk_ms": -1,
            "warnings": [],
        }
    ]


def test_what_the_operator_must_see_to_is_told_before_it_fails() -> None:
    rows = [status.row("web-1", "web", name, 1, "ready") for name in ("one", "two")]
    one = Load(free_bytes=5 << 30, free_percent=9, certificate_days=29, disk_errors=2, disk_ms=50)
    two = Load(free_bytes=(1 << 30) - 1, free_percent=50, certificate_days=200)
    members = ["one", "two", "three"]
    told = status.whole(Node("one"), rows, None, members, {"one": one, "two": two})
    shown = {node["name"]: (node["state"], node["warnings"]) for node in told["nodes"]}
    assert shown == {
        "one": ("alive", ["disk_failing", "disk_slow", "disk_low", "certificate_expiring"]),
        "two": ("alive", ["disk_low"]),
        "three": ("gone", []),
    }
    said = table(told)
    assert "three is GONE" in said
    assert "one: DISK FAILS: the engine met 2 errors of it within a day" in said
    assert "one: DISK SLOW: a small write takes 50 ms" in said
    assert "one: DISK LOW: 9 % are free" in said
    assert "one: CERTIFICATE expires in 29 days" in said


def test_a_node_of_which_nobody_is_heard_is_silent() -> None:
    rows = [
        status.row("process-manager", "process-manager", "one", 1, "ready"),
        status.row("process-manager", "process-manager", "two", 1, "suspect"),
        status.row("web-1", "web", "two", 1, "suspect"),
        status.row("process-manager", "process-manager", "three", 1, "suspect"),
        status.row("web-1", "web", "three", 1, "ready"),
    ]
    told = status.whole(Node("one"), rows)
    assert {node["name"]: node["state"] for node in told["nodes"]} == {
        "one": "alive",
        "two": "silent",
        "three": "alive",
    }
    assert "two (silent)" in table(told)


def test_the_status_says_whether_the_zone_is_highly_available_and_what_lacks() -> None:
    names = ("one", "two", "three")
    rows = [
        status.row(f"{role}-1", role, name, 1, "ready")
        for name in names
        for role in ("web", "collaboration")
    ]
    care = {name: Load(engine_runs=True) for name in names}
    streams = [Stream("CONF_0", copies=3, current=3)]
    told = status.whole(Node("one"), rows, None, names, care, streams)
    assert told["availability"]["high"]
    assert "highly available: any one machine may fail" in table(told).splitlines()

    rows = [made if made["node"] != "three" else made | {"state": "suspect"} for made in rows]
    behind = [Stream("CONF_0", copies=3, current=2)]
    told = status.whole(Node("one"), rows, None, names, care, behind)
    assert told["availability"]["missing"] == ["engine_nodes", "copies_behind"]
    said = table(told)
    assert "not highly available: 2 of 3 machines that keep data are there; a copy is" in said
    assert "engine_away" in status.whole(Node("one"), rows)["availability"]["missing"]


def test_who_waits_for_a_turn_is_told_from_who_stands_still() -> None:
    """By the kernel, so that a busy machine's processes are not taken for frozen."""
    assert procfs.starved_ms(os.getpid()) >= 0
    assert procfs.starved_ms(1 << 30) == 0
