"""Ranked ballots are counted as the rules say, whatever the ballots and the options' order."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from folkmoot.apps.poll_counting import borda_points, quiz_points, rank

OPTIONS_MAX = 6


@st.composite
def elections(draw: st.DrawFn) -> tuple[list[list[int]], int]:
    options = draw(st.integers(1, OPTIONS_MAX))
    ballot = st.permutations(range(options)).flatmap(
        lambda order: st.integers(1, options).map(lambda length: order[:length])
    )
    return draw(st.lists(ballot, max_size=12)), options


def dumb_winners(ballots: list[str], options: str, all_options: str) -> set[str]:
    """The rules once more, by letters and recursion, without a thought for speed."""
    if not ballots:
        return set()
    tops = [
        min((ballot.index(o), o) for o in options if o in ballot)[1]
        for ballot in ballots
        if any(o in ballot for o in options)
    ]
    for option in options:
        if tops and Fraction(tops.count(option), len(tops)) > Fraction(1, 2):
            return {option}
    worth = {o: sum(len(all_options) - b.index(o) for b in ballots if o in b) for o in options}
    ordered = sorted(options, key=lambda o: (tops.count(o), worth[o]))
    last = ordered[0]
    out = {o for o in options if tops.count(o) == tops.count(last) and worth[o] == worth[last]}
    if len(out) == len(options):
        return out
    left = "".join(o for o in options if o not in out)
    return dumb_winners(ballots, left, all_options)


def lettered(ballots: list[list[int]]) -> list[str]:
    return ["".join(chr(97 + choice) for choice in ballot) for ballot in ballots]


@given(elections())
def test_the_winners_are_those_of_a_dumb_twin(election: tuple[list[list[int]], int]) -> None:
    ballots, options = election
    letters = "".join(chr(97 + n) for n in range(options))
    won = {letters[choice] for choice in rank(ballots, options).winners}
    assert won == dumb_winners(lettered(ballots), letters, letters)


@given(elections(), st.randoms())
def test_nothing_hangs_on_the_order_of_the_options_or_of_the_ballots(
    election: tuple[list[list[int]], int], random: Random
) -> None:
    ballots, options = election
    renamed = list(range(options))
    random.shuffle(renamed)
    moved = [[renamed[choice] for choice in ballot] for ballot in ballots]
    random.shuffle(moved)
    before, after = rank(ballots, options), rank(moved, options)
    assert sorted(renamed[choice] for choice in before.winners) == sorted(after.winners)
    for round_before, round_after in zip(before.rounds, after.rounds, strict=True):
        assert [round_after.counts[renamed[n]] for n in range(options)] == round_before.counts


@given(elections())
def test_a_majority_of_first_places_wins_and_rounds_add_up(
    election: tuple[list[list[int]], int],
) -> None:
    ballots, options = election
    ranking = rank(ballots, options)
    firsts = [ballot[0] for ballot in ballots]
    majority = [o for o in range(options) if firsts.count(o) * 2 > len(ballots)]
    if majority:
        assert ranking.winners == majority and len(ranking.rounds) == 1
    assert bool(ranking.winners) == bool(ballots)
    for at, one in enumerate(ranking.rounds):
        assert sum(count for count in one.counts if count > 0) <= len(ballots)
        assert bool(one.out) == (at < len(ranking.rounds) - 1)


@given(elections())
def test_borda_gives_each_ballot_its_points(election: tuple[list[list[int]], int]) -> None:
    ballots, options = election
    expected = sum(options - place for ballot in ballots for place in range(len(ballot)))
    assert sum(borda_points(ballots, options)) == expected


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9), min_size=1), st.integers(1, 9))
def test_a_quiz_gives_all_or_nothing(chosen: set[int], right: set[int], points: int) -> None:
    expected = points if chosen == right else 0
    assert quiz_points(sorted(chosen), sorted(right, reverse=True), points) == expected
