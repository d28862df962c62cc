"""The picture of a drill: one HTML file without scripts, to look at and to keep. Pure.

From above: messages delivered in each half second, how long saving took, and a line for each
participant on which silences are marked; faults stand as upright lines through all of it.
"""

from __future__ import annotations

import html
import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from folkmoot.drill.figures import Figures, Row
from folkmoot.drill.history import Line
from folkmoot.drill.kinds import KINDS
from folkmoot.drill.run import Injection, Outcome

WIDTH: Final = 1_200
LEFT: Final = 64
GRAPH_HEIGHT: Final = 110
LINE_HEIGHT: Final = 9
GAP: Final = 34
BIN_S: Final = 0.5
SILENT_MS: Final = 250
LONG_MS: Final = 1_000
PEOPLE_SHOWN_MAX: Final = 100
LABELS_APART: Final = 13
LABEL_ROWS: Final = 4

_STYLE: Final = """
:root { color-scheme: light dark; --ink: light-dark(#1d2730, #e6e9ec);
  --soft: light-dark(#5a6672, #a3adb7); --paper: light-dark(#fff, #14191e);
  --line: light-dark(#d7dde3, #333c45); --good: light-dark(#2b8a57, #4cc38a);
  --area: light-dark(#cfe8da, #1f4733); --warn: light-dark(#d9822b, #f0a04b);
  --bad: light-dark(#c92a2a, #ff6b6b); --save: light-dark(#1c6fb8, #6db3f2);
  --fault: light-dark(#7048a8, #b197e8); }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  margin: 0 auto; max-width: 80rem; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.verdict { font-weight: 700; } .PASSED { color: var(--good); } .FAILED { color: var(--bad); }
figure { margin: 1rem 0; overflow-x: auto; }
svg { min-width: 46rem; width: 100%; height: auto; font: 11px system-ui, sans-serif; }
svg text { fill: var(--soft); } svg .fault { stroke: var(--fault); stroke-dasharray: 3 3; }
svg .name { fill: var(--fault); } svg .axis { stroke: var(--line); }
svg .area { fill: var(--area); stroke: var(--good); stroke-width: 1.2; }
svg .save { fill: none; stroke: var(--save); stroke-width: 1.5; }
svg .well { fill: var(--good); opacity: .45; } svg .silent { fill: var(--warn); }
svg .long { fill: var(--bad); }
table { border-collapse: collapse; } th, td { text-align: right; padding: .2rem .7rem;
  border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th:first-child, td:first-child, .words { text-align: left; }
ul.key { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0; }
ul.key span { display: inline-block; width: .9rem; height: .9rem; border-radius: 2px;
  vertical-align: -.1rem; margin-right: .4rem; }
"""


def page(outcome: Outcome, told: Figures, title: str) -> str:
    """The whole file."""
    verdict = "PASSED" if told.passed else "FAILED"
    trouble = [f"{row.kind}: {problem}" for row in told.rows for problem in row.problems]
    trouble += [*told.broken, *told.problems]
    found = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in trouble[:100])
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{html.escape(title)}</h1>"
        f"<p><span class='verdict {verdict}'>{verdict}</span>: {told.acknowledged} messages"
        f" acknowledged, {told.lost} of them lost, {told.doubled} doubled,"
        f" {'one order for all' if told.one_order else 'NOT one order for all'};"
        f" {told.deliveries} deliveries in {told.seconds:g} s.</p>"
        + (f"<ul>{found}</ul>" if found else "")
        + _figure(outcome)
        + "<ul class='key'>"
        "<li><span style='background:var(--area)'></span>deliveries a second</li>"
        "<li><span style='background:var(--save)'></span>longest time until saved</li>"
        f"<li><span style='background:var(--warn)'></span>nothing seen for {SILENT_MS} ms</li>"
        f"<li><span style='background:var(--bad)'></span>for {LONG_MS} ms or more</li>"
        "<li><span style='background:var(--fault)'></span>a fault</li></ul>"
        + _table(told.rows)
        + _faults(outcome)
        + "</body></html>\n"
    )


class _Axis:
    """Time across the picture. Units: seconds of the history's clock, and units of the picture."""

    def __init__(self, outcome: Outcome) -> None:
        self.start_s = outcome.began_s
        self.end_s = max(outcome.ended_s, outcome.began_s + 1)

    def x(self, t_s: float) -> float:
        inside_s = min(max(t_s, self.start_s), self.end_s) - self.start_s
        return LEFT + (WIDTH - LEFT - 8) * inside_s / (self.end_s - self.start_s)

    def bin(self, t_s: float) -> int:
        return int((t_s - self.start_s) / BIN_S)

    @property
    def bins(self) -> int:
        return self.bin(self.end_s) + 1

    def middle(self, number: int) -> float:
        return self.x(self.start_s + (number + 0.5) * BIN_S)


def _figure(outcome: Outcome) -> str:
    axis = _Axis(outcome)
    people = sorted({one.who for one in outcome.lines if one.kind == "send"})[:PEOPLE_SHOWN_MAX]
    top = LABELS_APART * LABEL_ROWS + 10
    saved_top = top + GRAPH_HEIGHT + GAP
    people_top = saved_top + GRAPH_HEIGHT + GAP
    bottom = people_top + LINE_HEIGHT * len(people) + 6
    parts = [
        _deliveries(outcome.lines, axis, top),
        _saving(outcome.lines, axis, saved_top),
        _people(outcome.lines, people, axis, people_top),
        _marks(outcome.injections, axis, bottom),
        _seconds(axis, bottom),
    ]
    says = (
        "Deliveries, saving and silences over time, with the faults; the tables below say the same"
        " in figures"
    )
    return (
        f"<figure><svg viewBox='0 0 {WIDTH} {bottom + 24}' role='img' aria-label='{says}'>"
        f"{''.join(parts)}</svg></figure>"
    )


def _deliveries(lines: Iterable[Line], axis: _Axis, top: int) -> str:
    counts: dict[int, int] = defaultdict(int)
    for line in lines:
        if line.kind == "got" and line.key and line.t >= axis.start_s:
            counts[axis.bin(line.t)] += 1
    values = [counts[number] / BIN_S for number in range(axis.bins)]
    most = max([*values, 1.0])
    bottom = top + GRAPH_HEIGHT
    points = " ".join(
        f"L{axis.middle(number):.1f} {bottom - GRAPH_HEIGHT * value / most:.1f}"
        for number, value in enumerate(values)
    )
    first, last = axis.middle(0), axis.middle(axis.bins - 1)
    area = f"<path class='area' d='M{first:.1f} {bottom} {points} L{last:.1f} {bottom} Z'/>"
    return area + _scale(top, f"{most:.0f}/s", "delivered")


def _saving(lines: Iterable[Line], axis: _Axis, top: int) -> str:
    """The longest time until saved, by when it was sent."""
    sent: dict[str, float] = {}
    took: dict[int, float] = defaultdict(float)
    for line in lines:
        if line.kind == "send":
            sent[line.key] = line.t
        elif line.kind == "ok" and line.key in sent:
            number = axis.bin(sent[line.key])
            took[number] = max(took[number], line.t - sent[line.key])
    most = max([*took.values(), 0.1])
    bottom = top + GRAPH_HEIGHT
    points = " ".join(
        f"{axis.middle(number):.1f},{bottom - GRAPH_HEIGHT * took[number] / most:.1f}"
        for number in sorted(took)
    )
    return f"<polyline class='save' points='{points}'/>" + _scale(
        top, f"{most * 1000:.0f} ms", "until saved"
    )


def _people(lines: Iterable[Line], people: Sequence[str], axis: _Axis, top: int) -> str:
    """A line for each one, from the first moment to the last, with the silences in between."""
    moments: dict[str, list[float]] = {who: [] for who in people}
    own = {}
    for line in lines:
        if line.kind == "send":
            own[line.key] = line.who
        seen = line.kind in ("got", "preview") and line.key and own.get(line.key) != line.who
        if (seen or line.kind == "replaced") and line.who in moments:
            moments[line.who].append(line.t)
    parts = []
    for number, who in enumerate(people):
        y, times = top + number * LINE_HEIGHT, moments[who]
        if not times:
            continue
        parts.append(_bar("well", axis, times[0], times[-1], y, who))
        for before, after in itertools.pairwise(times):
            silent_ms = (after - before) * 1000
            if silent_ms >= SILENT_MS:
                kind = "long" if silent_ms >= LONG_MS else "silent"
                said = f"{who} saw nothing for {silent_ms:.0f} ms"
                parts.append(_bar(kind, axis, before, after, y, said))
    return f"<text x='0' y='{top + 8}'>people</text>" + "".join(parts)


def _bar(kind: str, axis: _Axis, start_s: float, end_s: float, y: int, said: str) -> str:
    x = axis.x(start_s)
    width = max(1.5, axis.x(end_s) - x)
    return (
        f"<rect class='{kind}' x='{x:.1f}' y='{y}' width='{width:.1f}' height='{LINE_HEIGHT - 2}'>"
        f"<title>{html.escape(said)}</title></rect>"
    )


def _marks(injections: Sequence[Injection], axis: _Axis, bottom: int) -> str:
    """Labels stand on several rows, for faults may follow each other closely."""
    parts = []
    for number, one in enumerate(injections):
        x = axis.x(one.at_s)
        y = 10 + LABELS_APART * (number % LABEL_ROWS)
        label = one.target.process or one.target.kind
        anchor = "end" if x > WIDTH - 150 else "start"
        parts.append(
            f"<line class='fault' x1='{x:.1f}' x2='{x:.1f}' y1='{y - 8}' y2='{bottom}'/>"
            f"<text class='name' x='{x + (3 if anchor == 'start' else -3):.1f}' y='{y}'"
            f" text-anchor='{anchor}'>{html.escape(label)}</text>"
        )
    return "".join(parts)


def _seconds(axis: _Axis, bottom: int) -> str:
    length_s = axis.end_s - axis.start_s
    step_s = next((step for step in (5, 10, 30, 60, 300) if length_s / step <= 15), 600)
    parts = [f"<line class='axis' x1='{LEFT}' x2='{WIDTH - 8}' y1='{bottom}' y2='{bottom}'/>"]
    for number in range(int(length_s / step_s) + 1):
        x = axis.x(axis.start_s + number * step_s)
        parts.append(
            f"<text x='{x:.1f}' y='{bottom + 15}' text-anchor='middle'>{number * step_s} s</text>"
        )
    return "".join(parts)


def _scale(top: int, most: str, what: str) -> str:
    bottom = top + GRAPH_HEIGHT
    return (
        f"<line class='axis' x1='{LEFT}' x2='{WIDTH - 8}' y1='{bottom}' y2='{bottom}'/>"
        f"<text x='0' y='{top + 8}'>{most}</text><text x='0' y='{bottom}'>0</text>"
        f"<text x='0' y='{top + GRAPH_HEIGHT // 2}'>{what}</text>"
    )


def _table(rows: Sequence[Row]) -> str:
    head = (
        "fault", "times", "affected", "saw nothing, ms p50", "p99", "max", "others p99",
        "until saved, ms p99", "max", "serves again, ms p50", "max", "kept",
    )  # fmt: skip
    cells = "".join(f"<th scope='col'>{name}</th>" for name in head)
    body = []
    for row in rows:
        told = "".join(f"<td>{value}</td>" for value in _values(row))
        says = html.escape(KINDS[row.kind].says)
        kept = "yes" if row.kept else "NO"
        body.append(f"<tr><th scope='row' title='{says}'>{row.kind}</th>{told}<td>{kept}</td></tr>")
    return f"<h2>By kind of fault</h2><table><tr>{cells}</tr>{''.join(body)}</table>"


def _values(row: Row) -> Iterable[str]:
    yield str(row.faults)
    yield str(row.affected.count)
    for spread, names in (
        (row.affected, ("p50", "p99", "max")),
        (row.others, ("p99",)),
        (row.saved, ("p99", "max")),
        (row.recovered, ("p50", "max")),
    ):
        for name in names:
            yield f"{getattr(spread, name):,.0f}" if spread.count else "-"


def _faults(outcome: Outcome) -> str:
    rows = []
    for one in outcome.injections:
        at_s = one.at_s - outcome.began_s
        again = "-" if one.recovered_s is None else f"{(one.recovered_s - one.at_s) * 1000:,.0f} ms"
        rows.append(
            f"<tr><td>{at_s:.1f} s</td><td class='words'>{html.escape(one.target.text)}</td>"
            f"<td>{one.hit}</td><td>{again}</td>"
            f"<td class='words'>{html.escape(one.problem)}</td></tr>"
        )
    head = "".join(
        f"<th scope='col'>{name}</th>"
        for name in ("at", "fault", "processes", "served again after", "trouble")
    )
    return f"<h2>Each fault</h2><table><tr>{head}</tr>{''.join(rows)}</table>"
