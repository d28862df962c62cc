"""Two thousand seeded worlds; each fails with the command that repeats it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from folkmoot.servers.collaboration.batcher import Batcher
from folkmoot.simulation import schedule
from folkmoot.simulation.many import run_many
from folkmoot.simulation.schedule import SOMETIMES, Failed, Without, run
from folkmoot.simulation.server_clients import CONFERENCES
from folkmoot.simulation.shrink import failure, shrink

SCHEDULES = 2_000
SAMPLE = 60
TOLD_MAX = 5
REGRESSIONS = {
    1: "a secret poll forgets who chose what when it closes, and a client need not",
    4: "a level rose while somebody was away, who was never shown what had appeared with it",
    983: "a server of the old zone lived on in the restored one, which is not played any more",
    1512: "a session that was forgotten went on as another one, begun with its used ticket",
    2051: "an attach from before a restoring fitted again: generations had gone back",
    3190: "a timer ended 6 ms before the verdict, which came before word of it",
    3699: "views came anew while a client moved, and what followed looked like a gap to it",
    5079: "a token from before a restoring fitted again, and the judge knew of no ended rooms",
    5846: "somebody's own attach, held up over a restoring, took their session over",
}
"""Seeds of schedules that once failed, and what was wrong. They say less as the code changes."""


@pytest.mark.timeout(900)
def test_every_schedule_keeps_the_invariants_and_all_that_can_happen_happens() -> None:
    totals = run_many(0, SCHEDULES, jobs=os.cpu_count() or 1)
    print(f"{totals.schedules} schedules, {totals.operations} operations, {totals.batches} batches")
    assert not totals.failures, "\n\n".join(totals.failures[:TOLD_MAX])
    assert totals.operations >= 190 * SCHEDULES
    assert not [name for name in SOMETIMES if not totals.marks.get(name)]


@pytest.mark.parametrize("seed", REGRESSIONS)
def test_what_once_failed_holds(seed: int) -> None:
    run(seed)


def test_a_schedule_is_as_large_as_promised() -> None:
    assert schedule.SERVERS >= 3
    assert len(CONFERENCES) >= 2
    assert schedule.CLIENTS_EACH * len(CONFERENCES) >= 5
    assert schedule.FAULTS_MIN >= 5
    assert schedule.ENDS_MS >= 60_000
    assert schedule.ENDS_MS - schedule.TROUBLE_ENDS_MS <= 10_000


@pytest.mark.timeout(900)
def test_seeds_are_the_same_worlds_in_every_process() -> None:
    def told(hash_seed: str) -> str:
        command = [sys.executable, "-m", "folkmoot.simulation", "--jobs", "1"]
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [*command, "--first", "7", "--count", str(SAMPLE), "--zones", "0"],
            capture_output=True, text=True, env=environment, timeout=300,
        )  # fmt: skip
        found = re.search(r"digest ([0-9a-f]+)", done.stdout)
        assert found is not None, done.stdout + done.stderr
        return found[1]

    assert told("1") == told("2") == run_many(7, SAMPLE).digest[:16]


def test_a_schedule_is_told_line_by_line() -> None:
    lines = run(7, tracing=True).lines
    assert any("is welcomed by" in line for line in lines)
    assert any("fault" in line for line in lines)


def test_a_failing_schedule_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a planted fault: what is left still fails, in the same way, with less in it."""

    def believe(self: Batcher, id_: int, now_ms: int, *, full: bool = False) -> None:
        self.published(id_)

    monkeypatch.setattr(Batcher, "unknown", believe)
    seed = next(seed for seed in range(80) if failure(seed, Without()))
    kind = failure(seed, Without())
    told: list[str] = []
    smaller = shrink(seed, told.append)
    assert smaller is not None
    assert failure(seed, smaller) == kind
    assert smaller.faults
    assert smaller.operations
    assert len(told) == 2


def test_a_failure_names_the_command_that_repeats_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "ENDS_MS", schedule.TROUBLE_ENDS_MS)
    with pytest.raises(Failed, match=r"make sim SEED=\d+"):
        for seed in range(20):
            run(seed)
