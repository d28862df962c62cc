"""The checker passes a good history and fails one with each promise broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from folkmoot.drill.checker import check
from folkmoot.drill.gaps import confirmations_s, gaps_s
from folkmoot.drill.history import Line

PEOPLE = ("ada", "ben", "cleo")
KEYS = [f"{who}/{number}" for number in (1, 2, 3) for who in PEOPLE]
PROGRESS_S = 10.0


def line(t: float, kind: str, who: str = "", **fields: Any) -> Line:
    return Line(t, kind, who=who, room="" if kind == "mark" else "room", **fields)


def good() -> list[Line]:
    """Three people post, all is saved and seen; the zone heals before the last messages."""
    lines = [line(0.0, "joined", who, more={"number": n}) for n, who in enumerate(PEOPLE, 1)]
    for place, key in enumerate(KEYS, 1):
        t = float(place)
        if place == 7:
            lines.append(line(t - 0.1, "mark", code="healed"))
        author = key.partition("/")[0]
        lines.append(line(t, "send", author, key=key, app="chat", type="post"))
        seen = {"key": key, "seq": place, "app": "chat", "type": "posted"}
        lines += [line(t + 0.1, "got", who, **seen) for who in PEOPLE]
        lines.append(line(t + 0.2, "ok", author, key=key, seq=place))
    lines += written()
    more: dict[str, Any] = {"keys": list(KEYS), "digest": "d"}
    more |= {"lines": ["ben/line/1", "ada/line/1"], "slots": {"name/p1": "Ada 2", "hand/p2": "up"}}
    lines.append(line(50.0, "final", "reader", more=more))
    return lines + [line(51.0, "state", who, more={"digest": "d"}) for who in PEOPLE]


def written() -> list[Line]:
    """Two write a line into the pad, one of them renames herself twice, the other raises a hand."""
    made = []
    for t, who, app, key, slot, value in (
        (20.0, "ada", "documents", "ada/line/1", "", ""),
        (20.1, "ben", "documents", "ben/line/1", "", ""),
        (20.2, "ada", "roster", "ada/name/2", "name/p1", "Ada 1"),
        (20.3, "ada", "roster", "ada/name/3", "name/p1", "Ada 2"),
        (20.4, "ben", "hands", "ben/hand/2", "hand/p2", "up"),
    ):
        more = {"slot": slot, "value": value} if slot else {}
        made.append(line(t, "send", who, key=key, app=app, type="any", more=more))
        made.append(line(t + 0.01, "ok", who, key=key))
    return made


def lose_a_line(lines: list[Line]) -> list[Line]:
    final_of(lines).more["lines"].remove("ada/line/1")
    return lines


def double_a_line(lines: list[Line]) -> list[Line]:
    final_of(lines).more["lines"].append("ada/line/1")
    return lines


def tear_a_line(lines: list[Line]) -> list[Line]:
    final_of(lines).more["lines"] += ["ada/li", "ne/1"]
    return lines


def set_back_a_register(lines: list[Line]) -> list[Line]:
    final_of(lines).more["slots"]["name/p1"] = "Ada 1"
    return lines


def forget_a_register(lines: list[Line]) -> list[Line]:
    del final_of(lines).more["slots"]["hand/p2"]
    return lines


def without(lines: list[Line], gone: Callable[[Line], bool]) -> list[Line]:
    return [one for one in lines if not gone(one)]


def final_of(lines: list[Line]) -> Line:
    return next(one for one in lines if one.kind == "final")


def lose_acknowledged(lines: list[Line]) -> list[Line]:
    final_of(lines).more["keys"].remove("ben/3")
    return without(lines, lambda one: one.kind == "got" and one.key == "ben/3")


def lose_seen(lines: list[Line]) -> list[Line]:
    final_of(lines).more["keys"].remove("ben/3")
    return without(lines, lambda one: one.kind == "ok" and one.key == "ben/3")


def swap_places_for_one(lines: list[Line]) -> list[Line]:
    for one in lines:
        if one.kind == "got" and one.who == "cleo" and one.key in ("ada/2", "ben/2"):
            one.key = {"ada/2": "ben/2", "ben/2": "ada/2"}[one.key]
    return lines


def go_back_in_order(lines: list[Line]) -> list[Line]:
    return [*lines, line(40.0, "got", "ada", seq=2, index=1, app="roster", type="renamed")]


def swap_at_the_end(lines: list[Line]) -> list[Line]:
    keys = final_of(lines).more["keys"]
    keys[1], keys[2] = keys[2], keys[1]
    return lines


def give_a_wrong_state(lines: list[Line]) -> list[Line]:
    keys = ["ada/1", "cleo/1"]
    return [*lines, line(40.0, "replaced", "ben", seq=9, more={"keys": keys})]


def double_at_the_end(lines: list[Line]) -> list[Line]:
    final_of(lines).more["keys"].append("ada/3")
    return lines


def double_for_one(lines: list[Line]) -> list[Line]:
    again = line(40.0, "got", "ada", key="ben/3", seq=20, app="chat", type="posted")
    return [*lines, again]


def reorder_an_author(lines: list[Line]) -> list[Line]:
    for one in lines:
        if one.key in ("ada/1", "ada/2") and one.kind == "got":
            one.key = {"ada/1": "ada/2", "ada/2": "ada/1"}[one.key]
    keys = final_of(lines).more["keys"]
    keys[0], keys[3] = keys[3], keys[0]
    return lines


def leave_a_gap(lines: list[Line]) -> list[Line]:
    final_of(lines).more["keys"].remove("ada/2")
    left = without(lines, lambda one: one.key == "ada/2" and one.kind in ("got", "ok"))
    ended = line(45.0, "ended", "ada", code="removed")
    return [*left, line(45.0, "unknown", "ada", key="ada/2", code="removed"), ended]


def never_decide(lines: list[Line]) -> list[Line]:
    return without(lines, lambda one: one.kind == "ok" and one.key == "cleo/2")


def decide_twice(lines: list[Line]) -> list[Line]:
    return [*lines, line(40.0, "fail", "cleo", key="cleo/2", code="rate")]


def leave_open(lines: list[Line]) -> list[Line]:
    left = never_decide(lines)
    return [*left, line(40.0, "unknown", "cleo", key="cleo/2", code="gone")]


def take_effect_though_rejected(lines: list[Line]) -> list[Line]:
    return [*never_decide(lines), line(40.0, "fail", "cleo", key="cleo/2", code="empty")]


def differ_at_the_end(lines: list[Line]) -> list[Line]:
    for one in lines:
        if one.kind == "state" and one.who == "ben":
            one.more = {"digest": "other"}
    return lines


def see_nothing_after_healing(lines: list[Line]) -> list[Line]:
    return without(lines, lambda one: one.kind == "got" and one.who == "ada" and one.t > 6.9)


def save_nothing_after_healing(lines: list[Line]) -> list[Line]:
    for one in lines:
        if one.kind == "ok" and one.t > 6.9:
            one.t += 30.0
    return lines


def tell_of_anothers_export(lines: list[Line]) -> list[Line]:
    asked = line(20.0, "send", "ada", key="ada/export", app="exports", type="request")
    told = [line(20.1, "got", who, seq=20, app="exports", type="changed") for who in ("ada", "ben")]
    return [*lines, asked, line(20.2, "ok", "ada", key="ada/export", seq=20), *told]


def speak_after_the_end(lines: list[Line]) -> list[Line]:
    final_of(lines).more["keys"].append("ada/ghost")
    ghost = line(20.0, "send", "ada", key="ada/ghost", app="chat", type="post", code="after_close")
    return [*lines, ghost]


def be_seen_after_the_end(lines: list[Line]) -> list[Line]:
    ghost = line(20.0, "send", "ada", key="ada/ghost", app="chat", type="post", code="after_close")
    return [*lines, ghost, line(20.1, "preview", "ben", key="ada/ghost")]


def test_a_good_history_passes() -> None:
    report = check(good(), progress_s=PROGRESS_S)
    assert report.violations == []
    assert (report.sent, report.ok, report.lost, report.doubled) == (14, 14, 0, 0)
    assert report.delivered == 27


@pytest.mark.parametrize(
    ("promise", "plant"),
    [
        ("I1", lose_acknowledged),
        ("I1", lose_seen),
        ("I1", lambda lines: without(lines, lambda one: one.kind == "final")),
        ("I2", swap_places_for_one),
        ("I2", go_back_in_order),
        ("I2", swap_at_the_end),
        ("I2", give_a_wrong_state),
        ("I3", double_at_the_end),
        ("I3", double_for_one),
        ("I4", reorder_an_author),
        ("I4", leave_a_gap),
        ("I5", never_decide),
        ("I5", decide_twice),
        ("I5", leave_open),
        ("I5", take_effect_though_rejected),
        ("I6", differ_at_the_end),
        ("I7", see_nothing_after_healing),
        ("I7", save_nothing_after_healing),
        ("I1", lose_a_line),
        ("I3", double_a_line),
        ("I3", tear_a_line),
        ("I1", set_back_a_register),
        ("I1", forget_a_register),
        ("I10", tell_of_anothers_export),
        ("I10", speak_after_the_end),
        ("I10", be_seen_after_the_end),
    ],
)
def test_each_planted_break_is_found(
    promise: str, plant: Callable[[list[Line]], list[Line]]
) -> None:
    planted = sorted(plant(good()), key=lambda one: one.t)
    report = check(planted, progress_s=PROGRESS_S)
    assert promise in {one.promise for one in report.violations}, report.text()


def test_an_operation_without_outcome_is_fine_when_its_session_ended() -> None:
    left = leave_open(good())
    ended = line(39.0, "ended", "cleo", code="gone")
    report = check(sorted([*left, ended], key=lambda one: one.t), progress_s=PROGRESS_S)
    assert report.violations == []
    assert (report.unknown, report.recovered) == (1, 1)


def test_a_gap_is_the_longest_time_without_others() -> None:
    lines = without(good(), lambda one: one.kind == "got" and one.who == "ada" and 3 < one.t < 8)
    gaps = gaps_s(lines, 1.0, 9.5)
    assert gaps["ada"] == pytest.approx(8.1 - 3.0, abs=1.01)
    assert gaps["ben"] < gaps["ada"]
    assert confirmations_s(lines, 0.0, 15.0) == pytest.approx([0.2] * 9)


def test_what_is_said_for_a_closed_session_need_not_be_decided() -> None:
    lines = good()
    for number in (1, 2):
        key = f"dora/ghost/{number}"
        lines.append(
            line(7.0, "send", "dora", key=key, app="chat", type="post", code="after_close")
        )
    assert check(lines, progress_s=PROGRESS_S).violations == []


def test_what_has_no_outcome_may_have_set_a_register_or_not() -> None:
    lines = good()
    open_ = line(30.0, "send", "ada", key="ada/name/4", app="roster", type="rename")
    open_.more = {"slot": "name/p1", "value": "Ada 3"}
    lines += [open_, line(30.1, "unknown", "ada", key="ada/name/4", code="closed")]
    lines += [line(30.1, "ended", "ada", code="closed")]
    for value in ("Ada 2", "Ada 3"):
        final_of(lines).more["slots"]["name/p1"] = value
        assert not check(lines, progress_s=PROGRESS_S).violations
