"""The QoS value: its formula, its page, and that nothing that gets worse makes it better."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.zone.load import Load
from folkmoot.zone.qos import FLOOR, MARKS, QOS_MAX, Measures, percentile, qos_value

PAGE = Path(__file__).resolve().parents[3] / "docs" / "qos.md"

numbers = st.floats(0, 1e6)
measures = st.builds(
    Measures,
    lag_ms=numbers,
    cpu=st.floats(0, 2),
    backlog_bytes=st.integers(0, 1 << 30),
    connections_share=st.floats(0, 2),
    commit_ms=numbers,
    engine_ms=numbers,
)


def cells_of(heading: str) -> list[list[str]]:
    """The rows of the table below a heading of the page."""
    part = PAGE.read_text("utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_the_examples_of_the_page_are_right() -> None:
    rows = cells_of("Examples")
    assert len(rows) >= 8
    for _, state, draining, lag, cpu, backlog, share, commit, engine, value in rows:
        made = Measures(
            float(lag),
            float(cpu),
            int(float(backlog) * (1 << 20)),
            float(share),
            float(commit),
            float(engine),
        )
        assert qos_value(state, draining == "yes", made) == int(value), (state, made)


def test_the_marks_of_the_page_are_those_of_the_code() -> None:
    told = {}
    for row in cells_of("The formula"):
        name = re.sub("`", "", row[0])
        scale = 1 << 20 if name == "backlog_bytes" else 1
        good, bad = (float(cell.split()[0].replace(",", "")) * scale for cell in row[2:4])
        told[name] = (good, bad, float(row[4]))
    assert told == {name: (mark.good, mark.bad, mark.least) for name, mark in MARKS.items()}


@given(measures)
def test_it_lies_between_0_and_100_and_an_idle_server_has_100(made: Measures) -> None:
    assert 0 <= qos_value("ready", False, made) <= QOS_MAX
    assert qos_value("ready", False, Measures()) == QOS_MAX
    for state, draining in (("ready", True), ("starting", False), ("stopping", False)):
        assert qos_value(state, draining, made) == 0


@given(measures, st.sampled_from(sorted(MARKS)), st.floats(0, 1e9))
def test_nothing_that_gets_worse_makes_it_better(made: Measures, name: str, more: float) -> None:
    values = {field: getattr(made, field) for field in made.__struct_fields__}
    worse = Measures(**(values | {name: values[name] + more}))
    assert qos_value("ready", False, worse) <= qos_value("ready", False, made)


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_an_engine_that_is_slow_for_all_refuses_nobody(commit: float, engine: float) -> None:
    made = Measures(commit_ms=commit, engine_ms=engine, cpu=1.0)
    assert qos_value("ready", False, made) >= FLOOR


@pytest.mark.parametrize(
    ("samples", "percent", "expected"),
    [
        ([], 99, 0.0),
        ([7.0], 99, 7.0),
        ([1.0, 2.0, 3.0, 4.0], 50, 2.0),
        # One hiccup among a hundred samples does not count.
        ([0.0] * 99 + [5_000.0], 99, 0.0),
        ([0.0] * 98 + [9.0, 5_000.0], 99, 9.0),
    ],
)
def test_percentiles(samples: list[float], percent: int, expected: float) -> None:
    assert percentile(samples, percent) == expected


def test_a_process_computes_it_from_its_load() -> None:
    load = Load(state="ready", connections=2_000, connections_max=4_000)
    assert load.value() == 50
    load.draining = True
    assert load.value() == 0
    assert Load(state="ready", connections=2_000).value() == 100
