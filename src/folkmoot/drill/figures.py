"""What a drill's history says in figures: silences, how long saving took, recoveries. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from folkmoot.drill.checker import Report, check
from folkmoot.drill.gaps import confirmations_s, gaps_s
from folkmoot.drill.history import Line
from folkmoot.drill.kinds import KINDS, SAVED_ALONE_MS_MAX
from folkmoot.drill.run import Injection, Outcome

AFFECTED_S: Final = 3.0
LATE_FRACTION: Final = 0.99


class Spread(msgspec.Struct):
    """Units: milliseconds. Shape: `count` values; all are 0 when there are none."""

    count: int = 0
    p50: float = 0.0
    p99: float = 0.0
    max: float = 0.0


class Row(msgspec.Struct):
    """All faults of one kind.

    Shape: `affected` had to find another connection, and saw nothing for so long; `others` did not.
    `saved` is how long it took until what was sent meanwhile was acknowledged; `recovered` until
    the processes served again.
    """

    kind: str
    faults: int
    affected: Spread
    others: Spread
    saved: Spread
    recovered: Spread
    kept: bool
    problems: list[str]


class Figures(msgspec.Struct):
    """Shape: `broken` are broken promises, with their numbers in docs/architecture.md."""

    passed: bool
    seconds: float
    acknowledged: int
    rejected: int
    lost: int
    doubled: int
    one_order: bool
    undecided: int
    deliveries: int
    rows: list[Row]
    broken: list[str]
    problems: list[str]


def figures(outcome: Outcome, *, engines: int) -> Figures:
    """Judges a drill. Shape: `engines` is how many engine nodes keep everything."""
    lines = outcome.lines
    report = check(lines)
    kinds = dict.fromkeys(injection.target.kind for injection in outcome.injections)
    rows = [
        _row(kind, [i for i in outcome.injections if i.target.kind == kind], lines, engines)
        for kind in kinds
    ]
    broken = [f"{one.promise}: {one.what}" for one in report.violations]
    problems = list(outcome.problems)
    passed = not broken and not problems and bool(rows) and all(row.kept for row in rows)
    return Figures(
        passed=passed,
        seconds=round(outcome.ended_s - outcome.began_s, 1),
        acknowledged=report.ok,
        rejected=report.fail,
        lost=report.lost,
        doubled=report.doubled,
        one_order=not any(one.promise == "I2" for one in report.violations),
        undecided=_undecided(report),
        deliveries=report.delivered,
        rows=rows,
        broken=broken,
        problems=problems,
    )


def _undecided(report: Report) -> int:
    return report.sent - report.ok - report.fail


def affected_by(injection: Injection, lines: Iterable[Line]) -> set[str]:
    """Who lost the connection by a fault, or went elsewhere because of it."""
    until_s = max(injection.at_s + AFFECTED_S, injection.recovered_s or 0.0)
    return {
        line.who
        for line in lines
        if line.kind in ("lost", "attached") and injection.at_s <= line.t <= until_s
    }


def _row(kind: str, injections: list[Injection], lines: Sequence[Line], engines: int) -> Row:
    affected_ms: list[float] = []
    others_ms: list[float] = []
    saved_ms: list[float] = []
    recovered_ms: list[float] = []
    problems = []
    for one in injections:
        hit = affected_by(one, lines)
        for who, gap_s in gaps_s(lines, one.at_s, one.until_s).items():
            (affected_ms if who in hit else others_ms).append(gap_s * 1000)
        saved_ms += [s * 1000 for s in confirmations_s(lines, one.at_s, one.until_s)]
        if one.recovered_s is not None:
            recovered_ms.append((one.recovered_s - one.at_s) * 1000)
        if one.problem:
            problems.append(f"{one.target.text}: {one.problem}")
    limits = KINDS[kind]
    # With a single engine node nothing can be saved, or told, while that one starts again.
    alone = engines < 3 and kind in ("engine", "node")
    silent_ms_max = SAVED_ALONE_MS_MAX if alone else limits.silent_ms_max
    saved_ms_max = SAVED_ALONE_MS_MAX if alone else limits.saved_ms_max
    row = Row(
        kind, len(injections), spread(affected_ms), spread(others_ms), spread(saved_ms),
        spread(recovered_ms), kept=False, problems=problems,
    )  # fmt: skip
    if max(row.affected.p99, row.others.p99) > silent_ms_max:
        problems.append(f"people saw nothing of others for more than {silent_ms_max} ms")
    if row.saved.max > saved_ms_max:
        problems.append(f"saving took more than {saved_ms_max} ms")
    row.kept = not problems
    return row


def spread(values_ms: list[float]) -> Spread:
    if not values_ms:
        return Spread()
    ordered = sorted(values_ms)
    return Spread(
        len(ordered),
        round(_at(ordered, 0.5), 1),
        round(_at(ordered, LATE_FRACTION), 1),
        round(ordered[-1], 1),
    )


def _at(ordered: Sequence[float], fraction: float) -> float:
    """The nearest-rank percentile."""
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]


def text(told: Figures) -> str:
    """For people."""
    head = ("fault", "times", "affected", "silent ms p50", "p99", "max", "others p99",
            "saved ms p99", "max", "serves again ms p50", "max", "kept")  # fmt: skip
    cells = [head, *(_cells(row) for row in told.rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    table = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
    order = "yes" if told.one_order else "NO"
    said = (
        f"acknowledged {told.acknowledged}, lost {told.lost}, doubled {told.doubled},"
        f" one order for all: {order}, rejected {told.rejected}, undecided {told.undecided},"
        f" delivered {told.deliveries} in {told.seconds:g} s"
    )
    trouble = [f"  {row.kind}: {problem}" for row in told.rows for problem in row.problems]
    trouble += [f"  {sentence}" for sentence in (*told.broken[:20], *told.problems)]
    verdict = "PASSED" if told.passed else "FAILED"
    return "\n".join([*table, "", said, *trouble, verdict])


def _cells(row: Row) -> tuple[str, ...]:
    def shown(value: float, count: int) -> str:
        return f"{value:.0f}" if count else "-"

    affected, saved, recovered = row.affected, row.saved, row.recovered
    return (
        row.kind,
        str(row.faults),
        str(affected.count),
        shown(affected.p50, affected.count),
        shown(affected.p99, affected.count),
        shown(affected.max, affected.count),
        shown(row.others.p99, row.others.count),
        shown(saved.p99, saved.count),
        shown(saved.max, saved.count),
        shown(recovered.p50, recovered.count),
        shown(recovered.max, recovered.count),
        "yes" if row.kept else "NO",
    )
