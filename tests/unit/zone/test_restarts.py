"""The restart policy as a table, and what must hold for any history."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.zone.restarts import History, Policy, Verdict, after_exit

POLICY = Policy(restarts_max=5, window_ms=30_000)
FULL = (0, 1_000, 2_000, 3_000, 4_000)


@pytest.mark.parametrize(
    ("history", "now_ms", "fine", "jitter", "verdict"),
    [
        # It ran well: at once.
        (History(), 100, True, 1_000, Verdict(0, False)),
        (History((50_000, 60_000), 0), 65_000, True, 0, Verdict(0, False)),
        # It crashed: later and later, up to a bound; jitter adds up to a half.
        (History(), 100, False, 0, Verdict(100, False)),
        (History(), 100, False, 1_000, Verdict(150, False)),
        (History((0,), 1), 100, False, 0, Verdict(200, False)),
        (History((0,), 3), 100, False, 500, Verdict(1_000, False)),
        (History((0,), 4), 100, False, 1_000, Verdict(2_400, False)),
        # A good run forgets the crashes before it.
        (History((0,), 4), 9_000, True, 0, Verdict(0, False)),
        # Restarts used up: an accident waits for room, a crash for a whole window.
        (History(FULL, 0), 10_000, True, 0, Verdict(20_000, True)),
        (History(FULL, 4), 10_000, False, 0, Verdict(30_000, True)),
        # What left the window counts no more.
        (History(FULL, 0), 30_000, True, 0, Verdict(0, False)),
        # A poisonous one that failed gets one trial a window, not five again.
        (History((40_000,), 5), 41_000, False, 0, Verdict(30_000, True)),
    ],
)
def test_verdicts(history: History, now_ms: int, fine: bool, jitter: int, verdict: Verdict) -> None:
    assert after_exit(POLICY, history, now_ms, fine=fine, jitter_permille=jitter)[1] == verdict


def test_without_restarts_allowed_it_fails_at_once() -> None:
    policy = Policy(restarts_max=0)
    _, verdict = after_exit(policy, History(), 5, fine=False, jitter_permille=0)
    assert verdict == Verdict(policy.window_ms, True)


@given(
    st.lists(st.tuples(st.integers(0, 40_000), st.booleans(), st.integers(0, 1_000)), max_size=60)
)
def test_never_more_restarts_in_a_window_than_allowed(
    ends: list[tuple[int, bool, int]],
) -> None:
    """Whatever a process does, its restarts keep to the bound and its history stays small."""
    history, now_ms = History(), 0
    starts: list[int] = []
    for ran_ms, fine, jitter in ends:
        now_ms += ran_ms
        history, verdict = after_exit(POLICY, history, now_ms, fine=fine, jitter_permille=jitter)
        assert verdict.delay_ms >= 0
        if not verdict.failed:
            assert verdict.delay_ms <= POLICY.delay_max_ms
        now_ms += verdict.delay_ms
        starts.append(now_ms)
        assert len(history.restarts_ms) <= POLICY.restarts_max
    for start in starts:
        within = [at for at in starts if start <= at < start + POLICY.window_ms]
        assert len(within) <= POLICY.restarts_max


def test_a_poisonous_child_costs_little() -> None:
    """An hour of a child that ends at once is a handful of starts a minute at most."""
    history, now_ms, starts = History(), 0, 0
    while now_ms < 3_600_000:
        history, verdict = after_exit(POLICY, history, now_ms, fine=False, jitter_permille=0)
        now_ms += verdict.delay_ms + 1
        starts += 1
    assert starts < 130
