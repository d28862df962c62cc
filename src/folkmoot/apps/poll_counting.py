"""Counting of votes: ranked ballots by instant run-off and by Borda's points. Pure, integers only.

Instant run-off: each ballot counts for the first of its options that is still in. An option with
more than half of the ballots that still count wins. Else those with the fewest go; of several with
equally few, those with the fewest Borda points. Who is equal in both goes together, and when all
that are left are equal in both, all of them win. So nothing hangs on the order of the options.

Borda: of n options, a ballot's first gets n points, its second n - 1, and so on; one that it does
not name gets none.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Round(msgspec.Struct, frozen=True):
    """One round. Shape: `counts` by option, -1 for those that are out; `out` who goes after it."""

    counts: list[int]
    out: list[int]


class Ranking(msgspec.Struct, frozen=True):
    """Shape: `winners` is empty without a ballot, and has several options when they are equal."""

    rounds: list[Round]
    winners: list[int]
    borda: list[int]


def count_choices(ballots: Sequence[Sequence[int]], options: int) -> list[int]:
    """How many ballots name each option."""
    counts = [0] * options
    for ballot in ballots:
        for choice in ballot:
            counts[choice] += 1
    return counts


def borda_points(ballots: Sequence[Sequence[int]], options: int) -> list[int]:
    points = [0] * options
    for ballot in ballots:
        for place, choice in enumerate(ballot):
            points[choice] += options - place
    return points


def rank(ballots: Sequence[Sequence[int]], options: int) -> Ranking:
    """Shape: a ballot names distinct options, best first; it may leave some out."""
    borda = borda_points(ballots, options)
    rounds: list[Round] = []
    left = list(range(options))
    while ballots:
        counts = _first_of(ballots, options, left)
        counting = sum(counts[option] for option in left)
        best = [option for option in left if counts[option] * 2 > counting]
        if best:
            rounds.append(Round(counts, []))
            return Ranking(rounds, best, borda)
        fewest = min((counts[option], borda[option]) for option in left)
        out = [option for option in left if (counts[option], borda[option]) == fewest]
        if len(out) == len(left):
            rounds.append(Round(counts, []))
            return Ranking(rounds, left, borda)
        rounds.append(Round(counts, out))
        left = [option for option in left if option not in out]
    return Ranking([], [], borda)


def _first_of(ballots: Sequence[Sequence[int]], options: int, left: Sequence[int]) -> list[int]:
    counts = [0 if option in left else -1 for option in range(options)]
    for ballot in ballots:
        for choice in ballot:
            if counts[choice] >= 0:
                counts[choice] += 1
                break
    return counts


def quiz_points(choices: Sequence[int], right: Sequence[int], points: int) -> int:
    """All points for exactly the right options, none for anything else."""
    return points if sorted(choices) == sorted(right) else 0
