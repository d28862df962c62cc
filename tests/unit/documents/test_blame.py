"""Who is blamed when a document cannot be merged, with a child that is only pretended."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from folkmoot.servers.applications.jobs import TRIES_MAX
from folkmoot.servers.documents.blame import compact
from folkmoot.servers.documents.job import (
    Attempt,
    Bad,
    CompactionJob,
    Died,
    Failed,
    JobUpdate,
    Merged,
    Poison,
    Stuck,
    Unavailable,
)
from folkmoot.servers.documents.trial import TrialLimits

CRASH = Died("the merging process died of SIGSEGV", by_itself=True)
KILLED = Died("the merging process died of SIGKILL", by_itself=False)


def job(count: int) -> CompactionJob:
    return CompactionJob(None, [JobUpdate(10 + n, 0, 1, n, n + 1, b"%d" % n) for n in range(count)])


def merged(cpu_ms: int = 10, memory_bytes: int = 1 << 20) -> Merged:
    return Merged(b"", 0, False, cpu_ms, memory_bytes)


class Pretended:
    """Answers each try by what the updates are; counts the tries."""

    def __init__(self, answer: Callable[[CompactionJob], Attempt]) -> None:
        self.limits = TrialLimits()
        self.tries = 0
        self._answer = answer

    async def __call__(self, job: CompactionJob) -> Attempt:
        self.tries += 1
        return self._answer(job)


def crashing_on(*bad: int) -> Pretended:
    poison = {b"%d" % n for n in bad}
    return Pretended(
        lambda job: CRASH if any(u.update in poison for u in job.updates) else merged()
    )


async def test_a_job_that_works_takes_one_try() -> None:
    trial = Pretended(lambda job: merged())
    assert await compact(job(5), trial) == merged()
    assert trial.tries == 1


async def test_stuck_updates_are_told_as_they_are() -> None:
    assert await compact(job(5), Pretended(lambda job: Stuck([3]))) == Stuck([3])


async def test_an_update_that_the_child_names_is_believed() -> None:
    result = await compact(job(5), Pretended(lambda job: Bad(2, "no")))
    assert result == Poison(job(5).updates[2], "no")


async def test_a_place_that_does_not_exist_is_not_believed() -> None:
    assert isinstance(await compact(job(5), Pretended(lambda job: Bad(9, "no"))), Unavailable)


@pytest.mark.parametrize("bad", [0, 1, 7, 63, 64, 99])
async def test_the_update_that_kills_is_found_by_halving(bad: int) -> None:
    trial = crashing_on(bad)
    result = await compact(job(100), trial)
    assert result == Poison(job(100).updates[bad], CRASH.reason)
    assert trial.tries <= 1 + 1 + 7 + 1


async def test_the_first_of_several_is_found() -> None:
    result = await compact(job(50), crashing_on(41, 17, 30))
    assert isinstance(result, Poison)
    assert result.update.sequence == 10 + 17


async def test_the_only_update_can_be_the_bad_one() -> None:
    result = await compact(job(1), crashing_on(0))
    assert result == Poison(job(1).updates[0], CRASH.reason)


async def test_a_result_that_is_wrong_is_blamed_like_a_crash() -> None:
    trial = Pretended(lambda job: Failed("nested too deep") if len(job.updates) > 4 else merged())
    assert await compact(job(9), trial) == Poison(job(9).updates[4], "nested too deep")


async def test_nobody_is_blamed_when_the_last_compaction_is_broken() -> None:
    result = await compact(job(9), Pretended(lambda job: CRASH))
    assert isinstance(result, Unavailable)
    assert "last compaction" in result.reason


async def test_nobody_is_blamed_when_children_are_killed_from_outside() -> None:
    trial = Pretended(lambda job: KILLED)
    assert await compact(job(9), trial) == Unavailable(KILLED.reason)
    assert trial.tries == TRIES_MAX


async def test_one_child_killed_from_outside_is_just_tried_again() -> None:
    answers: list[Attempt] = [KILLED, merged()]
    trial = Pretended(lambda job: answers.pop(0))
    assert await compact(job(9), trial) == merged()


async def test_nobody_is_blamed_for_what_happens_once() -> None:
    answers: list[Attempt] = [CRASH]
    trial = Pretended(lambda job: answers.pop(0) if answers else merged())
    assert isinstance(await compact(job(9), trial), Unavailable)


@pytest.mark.parametrize(
    "before", [merged(cpu_ms=15_000), merged(memory_bytes=TrialLimits().memory_bytes * 3 // 4)]
)
async def test_the_last_straw_on_a_large_document_is_not_blamed(before: Merged) -> None:
    trial = Pretended(lambda job: CRASH if len(job.updates) == 9 else before)
    result = await compact(job(9), trial)
    assert isinstance(result, Unavailable)
    assert "too large" in result.reason
