"""What a drill makes of a history."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from folkmoot.drill.figures import Figures, affected_by, figures, spread, text
from folkmoot.drill.history import Line
from folkmoot.drill.run import Injection, Outcome
from folkmoot.drill.targets import Target
from folkmoot.drill.timeline import page

PEOPLE = ("ada", "ben", "eve")
STEP_S = 0.1
DIGEST = {"keys": [], "digest": "same"}


def talk(seconds: float, silent: tuple[str, float, float] = ("", 0, 0)) -> list[Line]:
    """All say something in turn, and see it at once; but for one who sees nothing for a while."""
    lines = [Line(0.0, "joined", who=who, room="r") for who in PEOPLE]
    keys = []
    for number in range(int(seconds / STEP_S)):
        t, who = (number + 1) * STEP_S, PEOPLE[number % 3]
        key = f"{who}/{number // 3 + 1}"
        keys.append(key)
        lines.append(Line(t, "send", who=who, room="r", key=key, app="chat", type="post"))
        lines.append(Line(t + 0.01, "ok", who=who, room="r", key=key, seq=number + 1))
        for one in PEOPLE:
            late = silent[2] if one == silent[0] and silent[1] <= t < silent[2] else t
            lines.append(
                Line(
                    late + 0.02,
                    "got",
                    who=one,
                    room="r",
                    key=key,
                    seq=number + 1,
                    app="chat",
                    type="posted",
                )
            )
    end_s = seconds + 1
    lines.append(Line(end_s, "final", who="new", room="r", more={"keys": keys, "digest": "same"}))
    lines += [Line(end_s, "state", who=one, room="r", more={"digest": "same"}) for one in PEOPLE]
    return sorted(lines, key=lambda line: line.t)


def outcome(lines: list[Line], *injections: Injection) -> Outcome:
    return Outcome(lines, list(injections), 0.0, 12.0, [])


def killed(at_s: float = 3.0) -> Injection:
    target = Target("process", "node-1", "collaboration-1")
    return Injection(target, at_s, at_s + 4, hit=1, recovered_s=at_s + 0.5)


def test_a_calm_drill_passes() -> None:
    told = figures(outcome(talk(10), killed()), engines=1)
    assert told.passed
    assert told.acknowledged == 100
    assert told.lost == told.doubled == told.undecided == 0
    [row] = told.rows
    assert row.recovered.p50 == pytest.approx(500)
    assert row.others.count == 3
    assert row.affected.count == 0


def test_who_lost_the_connection_is_affected() -> None:
    lines = talk(10, silent=("ben", 3.0, 3.6))
    lines.append(Line(3.1, "lost", who="ben", room="r"))
    told = figures(outcome(lines, killed()), engines=1)
    [row] = told.rows
    assert affected_by(killed(), lines) == {"ben"}
    assert row.affected.count == 1
    assert 500 <= row.affected.max <= 800
    assert row.others.max < 300
    assert told.passed


def test_a_silence_beyond_the_promise_fails() -> None:
    told = figures(outcome(talk(10, silent=("ben", 3.0, 5.5)), killed()), engines=1)
    assert not told.passed
    assert "saw nothing" in told.rows[0].problems[0]
    assert "FAILED" in text(told)


def test_an_acknowledged_message_that_is_not_there_fails() -> None:
    lines = talk(10)
    final = next(line for line in lines if line.kind == "final")
    del final.more["keys"][17]
    told = figures(outcome(lines, killed()), engines=1)
    assert not told.passed
    assert told.lost == 1
    assert any(sentence.startswith("I1") for sentence in told.broken)


def test_what_did_not_come_back_fails() -> None:
    dead = killed()
    dead.recovered_s, dead.problem = None, "What it hit did not serve again within 60 s."
    assert not figures(outcome(talk(10), dead), engines=1).passed


def test_without_any_fault_nothing_is_proved() -> None:
    assert not figures(outcome(talk(10)), engines=1).passed


def test_the_report_is_for_programs_too() -> None:
    told = figures(outcome(talk(10), killed()), engines=1)
    again = msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(told))), Figures)
    assert again == told


def test_percentiles_are_by_nearest_rank() -> None:
    values = [float(number) for number in range(1, 101)]
    told = spread(values)
    assert (told.count, told.p50, told.p99, told.max) == (100, 50, 99, 100)
    assert spread([]).count == 0


def test_the_picture_shows_faults_and_silences_and_nobodys_markup() -> None:
    lines = talk(10, silent=("ben", 3.0, 5.5))
    evil = Injection(Target("process", "<b>", "<script>alert(1)</script>"), 3.0, 7.0)
    drill = outcome(lines, evil)
    made = page(drill, figures(drill, engines=1), "A <title>")
    assert "<script" not in made
    assert "ben saw nothing for" in made
    assert "class='fault'" in made
    assert "A &lt;title&gt;" in made
    assert made.startswith("<!doctype html>")


def test_the_readme_shows_what_a_drill_prints_today() -> None:
    """Its example was printed once, by a real drill; its fields are those of today."""
    readme = (Path(__file__).resolve().parents[3] / "README.md").read_text("utf-8")
    shown = readme.partition("$ folkmoot drill")[2].partition("```")[0]
    printed = text(figures(outcome(talk(12), killed()), engines=3)).splitlines()
    fields = re.split(r" {2,}", printed[0])
    assert any(re.split(r" {2,}", line) == fields for line in shown.splitlines())
    said = next(line for line in printed if line.startswith("acknowledged"))
    pattern = re.sub(r"\d+(?:\\\.\d+)?", r"[\\d.]+", re.escape(said))
    assert re.search(f"^{pattern}$", shown, re.MULTILINE)
    assert "\nPASSED\nThe picture: " in shown
