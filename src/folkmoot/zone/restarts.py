"""When a process that ended is started again.

Pure. A process that ran well is started again at once; one that keeps ending soon after its start
is started later and later, and reported as failed when it used up its restarts. A failed process
gets one trial a window, so that what was only a full disk or a missing file heals by itself, while
a poisonous child costs next to nothing. Nothing here looks at other processes: one child's crashes
never restart another. Standard library only: the launcher uses it too and must stay
small.
"""

from __future__ import annotations

from typing import Final, NamedTuple

JITTER_PERMILLE_MAX: Final = 1_000


class Policy(NamedTuple):
    """Bounds of restarting.

    Units: milliseconds. `fine_after_ms` is how long a process must have been ready for its end to
    count as an accident rather than as a crash.
    """

    restarts_max: int = 5
    window_ms: int = 30_000
    fine_after_ms: int = 1_000
    delay_first_ms: int = 100
    delay_max_ms: int = 5_000


class History(NamedTuple):
    """What the policy remembers of one process.

    Shape: `restarts_ms` are times of restarts, oldest first, never more than `restarts_max`;
    `crashes` counts ends in a row that came before the process had run well.
    """

    restarts_ms: tuple[int, ...] = ()
    crashes: int = 0


class Verdict(NamedTuple):
    """Start again after `delay_ms`; `failed` says that its restarts are used up until then."""

    delay_ms: int
    failed: bool


def after_exit(
    policy: Policy, history: History, now_ms: int, *, fine: bool, jitter_permille: int
) -> tuple[History, Verdict]:
    """Decides about a process that just ended.

    Units: `jitter_permille` 0-1000 lengthens a delay by up to a half; it comes from outside so
    that a decision can be repeated.
    """
    recent = tuple(at for at in history.restarts_ms if at > now_ms - policy.window_ms)
    recent = recent[-policy.restarts_max :] if policy.restarts_max else ()
    crashes = 0 if fine else history.crashes + 1
    if len(recent) >= policy.restarts_max or crashes > policy.restarts_max:
        # An accident waits until the window has room again; a crash waits a whole window.
        oldest_leaves_ms = recent[0] + policy.window_ms - now_ms if recent else policy.window_ms
        delay_ms = max(policy.delay_first_ms, oldest_leaves_ms) if fine else policy.window_ms
        verdict = Verdict(delay_ms=delay_ms, failed=True)
    else:
        verdict = Verdict(delay_ms=_delay_ms(policy, crashes, jitter_permille), failed=False)
    restarts = (*recent, now_ms + verdict.delay_ms)[-max(1, policy.restarts_max) :]
    return History(restarts_ms=restarts, crashes=crashes), verdict


def _delay_ms(policy: Policy, crashes: int, jitter_permille: int) -> int:
    if crashes == 0:
        return 0
    # The exponent is bounded: a long row of crashes must not build a huge number.
    base_ms = min(policy.delay_max_ms, policy.delay_first_ms << min(crashes - 1, 20))
    jitter = min(max(jitter_permille, 0), JITTER_PERMILLE_MAX)
    return min(policy.delay_max_ms, base_ms + base_ms * jitter // (2 * JITTER_PERMILLE_MAX))
