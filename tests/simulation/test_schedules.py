"""Five hundred seeded worlds; each fails with the command that repeats it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from folkmoot.simulation import schedule
from folkmoot.simulation.schedule import SOMETIMES, Failed, run

SCHEDULES = 500
TOLD_MAX = 5


@pytest.mark.timeout(600)
def test_every_schedule_keeps_the_invariants_and_all_that_can_happen_happens() -> None:
    marks: Counter[str] = Counter()
    failures: list[str] = []
    for seed in range(SCHEDULES):
        try:
            result = run(seed)
        except Failed as failed:
            failures.append(str(failed))
            if len(failures) == TOLD_MAX:
                break
        else:
            assert result.operations >= 200
            marks.update(result.marks)
    assert not failures, "\n\n".join(failures)
    assert not [name for name in SOMETIMES if not marks[name]]


def test_a_schedule_is_as_large_as_promised() -> None:
    assert schedule.SERVERS >= 3
    assert len(schedule.CONFERENCES) >= 2
    assert schedule.CLIENTS_EACH * len(schedule.CONFERENCES) >= 5
    assert schedule.FAULTS_MIN >= 5
    assert schedule.ENDS_MS >= 60_000
    assert schedule.ENDS_MS - schedule.TROUBLE_ENDS_MS <= 10_000


def test_a_seed_is_the_same_world_in_every_process() -> None:
    def trace(hash_seed: str) -> str:
        command = [sys.executable, "-m", "folkmoot.simulation", "--seed", "7"]
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    first = trace("1")
    assert first == trace("2")
    assert "Seed 7 holds" in first


def test_a_failure_names_the_command_that_repeats_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "ENDS_MS", schedule.TROUBLE_ENDS_MS)
    with pytest.raises(Failed, match=r"python -m folkmoot\.simulation --seed \d+"):
        for seed in range(20):
            run(seed)
