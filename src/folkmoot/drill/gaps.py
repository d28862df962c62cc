"""Measures from a history: for how long people saw nothing of others, and how long saving took."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable

from folkmoot.drill.history import Line


def gaps_s(lines: Iterable[Line], since_s: float, until_s: float) -> dict[str, float]:
    """For each person the longest time between two moments in which they saw something of others.

    Shape: pending counts as seen, for people see it. Who saw nothing has the whole time.
    """
    kept = list(lines)
    late = {line.who for line in kept if line.kind == "joined" and line.t > since_s}
    own = {line.key: line.who for line in kept if line.kind == "send"}
    moments: dict[str, list[float]] = defaultdict(list)
    for line in kept:
        if line.who in late:
            continue
        if line.kind == "joined":
            moments[line.who] = []
        elif (
            line.kind in ("got", "preview") and own.get(line.key, line.who) != line.who
        ) or line.kind == "replaced":
            moments[line.who].append(line.t)
    found = {}
    for who, times in moments.items():
        inside = [since_s, *(t for t in times if since_s < t < until_s), until_s]
        # The time before the first moment counts from the last one that came earlier.
        before = [t for t in times if t <= since_s]
        if before:
            inside[0] = before[-1]
        found[who] = max(b - a for a, b in itertools.pairwise(inside))
    return found


def confirmations_s(lines: Iterable[Line], since_s: float, until_s: float) -> list[float]:
    """How long operations that were sent in that time took to be acknowledged, in order."""
    sent: dict[str, float] = {}
    took = []
    for line in lines:
        if line.kind == "send" and since_s <= line.t < until_s:
            sent[line.key] = line.t
        elif line.kind == "ok" and line.key in sent:
            took.append(line.t - sent[line.key])
    return sorted(took)
