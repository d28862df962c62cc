"""The pulse: what is due again and again wakes a process once."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.pulse import EARLY_MS, INTERVAL_MS_MIN, Pulse, next_moment_ms, pulse

INTERVAL_S = 0.1


@given(st.integers(0, 1 << 50), st.integers(INTERVAL_MS_MIN, 100_000))
def test_the_next_moment_is_a_multiple_within_one_interval(now_ms: int, interval_ms: int) -> None:
    moment_ms = next_moment_ms(now_ms, interval_ms)
    assert moment_ms % interval_ms == 0
    assert EARLY_MS - interval_ms < moment_ms - now_ms - interval_ms <= EARLY_MS


@given(st.integers(1, 1 << 40), st.integers(INTERVAL_MS_MIN, 100_000), st.integers(1, EARLY_MS))
def test_a_timer_that_comes_early_does_not_bring_the_same_moment_twice(
    count: int, interval_ms: int, early_ms: int
) -> None:
    moment_ms = count * interval_ms
    assert next_moment_ms(moment_ms - early_ms, interval_ms) == moment_ms + interval_ms


async def test_all_who_wait_for_a_moment_go_on_in_one_turn_of_the_loop() -> None:
    turns = []

    async def wait(interval_s: float) -> None:
        await pulse(interval_s)
        turns.append(turn)

    turn = 0
    # The longer one's next moment is one of the shorter one's as well.
    await pulse(2 * INTERVAL_S)
    await pulse(INTERVAL_S)
    waiting = [asyncio.create_task(wait(s)) for s in (INTERVAL_S, INTERVAL_S, 2 * INTERVAL_S)]
    while not all(task.done() for task in waiting):
        turn += 1
        await asyncio.sleep(0.001)
    assert len(set(turns)) == 1


async def test_a_wait_can_be_ended_before_its_moment() -> None:
    one = Pulse()
    waiting = asyncio.create_task(one.wait(1_000.0))
    await asyncio.sleep(0)
    one.wake()
    async with asyncio.timeout(10):
        await waiting


async def test_a_wake_when_nobody_waits_is_not_kept() -> None:
    one = Pulse()
    one.wake()
    await one.wait(INTERVAL_S)
    one.wake()
    waiting = asyncio.create_task(one.wait(1_000.0))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(INTERVAL_S):
            await waiting


async def test_who_stops_waiting_leaves_the_others_waiting() -> None:
    gone, stays = (asyncio.create_task(pulse(INTERVAL_S)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    async with asyncio.timeout(10):
        await stays
    assert gone.cancelled()
