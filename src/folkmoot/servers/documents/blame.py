"""Does a job, and when it cannot be done finds the one update whose fault it is.

An update is blamed only when all before it can be merged, when with it the child fails twice, and
when it is not just the last straw on a document that is too large: what is blamed is taken out of
the log, and somebody wrote it.
"""

from __future__ import annotations

from folkmoot.servers.applications.jobs import tried
from folkmoot.servers.documents.job import (
    Attempt,
    Bad,
    CompactionJob,
    CompactionResult,
    Died,
    Failed,
    Merged,
    Poison,
    Stuck,
    Unavailable,
)
from folkmoot.servers.documents.trial import Trial


async def compact(job: CompactionJob, trial: Trial) -> CompactionResult:
    """The result of a job; as many children as it takes, one after the other."""
    attempt = await _try(job, trial)
    if isinstance(attempt, Merged | Stuck):
        return attempt
    if isinstance(attempt, Bad):
        return _named(job, attempt)
    if isinstance(attempt, Died) and not attempt.by_itself:
        return Unavailable(attempt.reason)
    return await _search(job, trial)


async def _try(job: CompactionJob, trial: Trial) -> Attempt:
    """One attempt that was not ended from outside, or the last of some that were."""
    return await tried(lambda: trial(job))


async def _search(job: CompactionJob, trial: Trial) -> CompactionResult:
    """Halves the updates that are known to fail until one is left.

    Invariant: the first `good` work, the first `bad` do not.
    """
    good, bad = 0, len(job.updates)
    before = await _try(job.first(0), trial)
    if not isinstance(before, Merged | Stuck):
        return Unavailable(f"the last compaction cannot be used: {before.reason}")
    reason = ""
    while not reason:
        last = bad - good <= 1
        # When only one is left it is tried once more: it must fail twice.
        middle = bad if last else (good + bad) // 2
        attempt = await _try(job.first(middle), trial)
        if isinstance(attempt, Bad):
            return _named(job, attempt)
        if isinstance(attempt, Died) and not attempt.by_itself:
            return Unavailable(attempt.reason)
        if isinstance(attempt, Failed | Died):
            bad, reason = middle, attempt.reason if last else ""
        elif last:
            return Unavailable("a document failed to merge, but not again")
        else:
            good, before = middle, attempt
    if isinstance(before, Merged) and _is_costly(before, trial):
        return Unavailable(f"the document is too large to be merged: {reason}")
    return Poison(job.updates[bad - 1], reason)


def _named(job: CompactionJob, bad: Bad) -> CompactionResult:
    if not 0 <= bad.position < len(job.updates):
        return Unavailable("the child named an update that there is not")
    return Poison(job.updates[bad.position], bad.reason)


def _is_costly(merged: Merged, trial: Trial) -> bool:
    """Whether the updates before the blamed one already needed half of what is allowed."""
    limits = trial.limits
    return merged.cpu_ms > limits.cpu_s * 500 or merged.memory_bytes > limits.memory_bytes // 2
