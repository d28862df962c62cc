"""Who asks while the engines choose a leader asks again, for a bounded time, and says so."""

from __future__ import annotations

import pytest

from folkmoot.engine.elections import AGAIN_S, TOLD_AFTER_S, through_elections
from folkmoot.ports import Conflict, LogUnavailable


class Election:
    """Nobody answers before `over_at_s`; each question takes `takes_s`."""

    def __init__(self, over_at_s: float, takes_s: float = 0.0) -> None:
        self._over_at_s = over_at_s
        self._takes_s = takes_s
        self.now_s = 0.0
        self.asked = 0
        self.told: list[str] = []

    async def ask(self) -> str:
        self.asked += 1
        self.now_s += self._takes_s
        if self.now_s < self._over_at_s:
            raise LogUnavailable("nobody listens")
        return "the answer"

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    async def through(self, within_s: float) -> str:
        """What `through_elections` makes of it."""
        return await through_elections(
            self.ask,
            self.told.append,
            within_s=within_s,
            clock=lambda: self.now_s,
            sleep=self.sleep,
        )


async def test_what_is_answered_at_once_is_asked_once_and_nothing_is_said() -> None:
    election = Election(over_at_s=0.0)
    assert await election.through(within_s=30.0) == "the answer"
    assert (election.asked, election.told) == (1, [])


async def test_an_election_is_outlasted_and_told_of_once() -> None:
    election = Election(over_at_s=14.0)
    assert await election.through(within_s=30.0) == "the answer"
    assert 14.0 <= election.now_s <= 14.0 + AGAIN_S
    assert len(election.told) == 1
    assert "choose a leader (nobody listens)" in election.told[0]
    assert "up to 30 s" in election.told[0]


async def test_what_is_over_in_a_moment_is_not_told_of() -> None:
    election = Election(over_at_s=TOLD_AFTER_S - AGAIN_S)
    await election.through(within_s=30.0)
    assert election.asked > 1
    assert election.told == []


async def test_without_a_majority_it_is_given_up_in_time() -> None:
    election = Election(over_at_s=1e9)
    with pytest.raises(LogUnavailable, match="nobody listens"):
        await election.through(within_s=30.0)
    assert 30.0 - AGAIN_S <= election.now_s <= 30.0


async def test_a_question_that_takes_long_itself_is_asked_at_least_once_more() -> None:
    election = Election(over_at_s=12.0, takes_s=5.0)
    assert await election.through(within_s=30.0) == "the answer"
    assert election.asked == 3


async def test_what_is_no_election_is_told_at_once() -> None:
    asked = 0

    async def ask() -> None:
        nonlocal asked
        asked += 1
        raise Conflict("written by another")

    with pytest.raises(Conflict):
        await through_elections(ask, print)
    assert asked == 1
