"""When a process manager takes the whole machine for frozen, and what becomes of its engine."""

from __future__ import annotations

from folkmoot.zone.child import Beat, Bounds, Spec
from folkmoot.zone.effects import Report, Signal, Start
from folkmoot.zone.freeze import STARVED_TIMES_MAX, Stillness, stands_still
from folkmoot.zone.restarts import Policy
from folkmoot.zone.supervisor import Supervisor

ENGINE = Spec("engine", "engine", beats=False, after_engine=False)


def ticked(*at_ms: int) -> Stillness:
    made = Stillness()
    for now_ms in at_ms:
        assert made.tick(now_ms) == 0
    return made


def test_who_waits_for_its_turn_does_not_stand_still() -> None:
    assert not stands_still(3_000, 0, 3_000)
    assert stands_still(3_001, 0, 3_000), "frozen, or asleep in something that does not end"
    assert not stands_still(9_000, 8_500, 3_000), "others had the core meanwhile"
    assert stands_still(9_000, 5_500, 3_000), "it had its turns, and said nothing"


def test_however_busy_the_machine_nobody_is_silent_for_ever() -> None:
    silent_ms = 3_000 * STARVED_TIMES_MAX
    assert not stands_still(silent_ms, silent_ms, 3_000)
    assert stands_still(silent_ms + 1, silent_ms, 3_000)


def test_a_gap_without_any_beat_is_the_machines() -> None:
    made = ticked(1_000, 1_050)
    assert made.tick(13_050) == 12_000
    assert made.tick(13_100) == 0


def test_beats_from_the_midst_of_the_gap_show_that_only_we_stood_still() -> None:
    made = ticked(1_000, 1_050)
    made.heard(2_100)
    assert made.tick(13_050) == 0


def test_a_beat_from_before_a_tick_that_was_late_shows_nothing() -> None:
    """Ticks are 250 ms apart, and a busy machine stood still before the next one had its turn."""
    made = ticked(1_000, 1_250)
    made.heard(1_540)
    assert made.tick(13_250) == 12_000


def test_those_of_others_who_woke_before_us_on_a_busy_machine_show_nothing() -> None:
    made = ticked(1_000, 1_050)
    for at_ms in (9_060, 9_560, 10_060):
        made.heard(at_ms)
    assert made.tick(13_050) == 12_000


def test_who_waited_for_its_turn_did_not_stand_still() -> None:
    starved_ms = 70_000
    made = Stillness(lambda: starved_ms)
    assert made.tick(1_000) == 0
    starved_ms += 8_500
    assert made.tick(13_000) == 0, "of twelve seconds it could have run in three and a half"
    assert made.tick(25_000) == 12_000, "what it waited before does not count again"


def test_beats_from_both_ends_of_the_gap_show_nothing() -> None:
    made = ticked(1_000, 1_050)
    made.heard(1_060)
    made.heard(13_020)
    assert made.tick(13_050) == 12_000


def test_what_is_shorter_than_an_election_is_let_be() -> None:
    made = ticked(1_000, 1_050)
    assert made.tick(4_900) == 0


def test_an_engine_that_thaws_is_killed_and_started_anew_without_counting_as_a_crash() -> None:
    made = Supervisor([ENGINE], Policy(), Bounds(), prepared=True)
    assert made.begin(0) == [Start("engine")]
    made.started(0, "engine", 7)
    made.health(10, "engine", healthy=True)
    told, signal = made.thawed(9_000, "engine", 8_000)
    assert isinstance(told, Report)
    assert (told.kind, told.detail) == ("thawed", "the machine stood still for 8.0 s")
    assert signal == Signal("engine", 7, kill=True)
    stopped, start = made.exited(9_010, "engine", 7, "killed by SIGKILL", 0)
    assert isinstance(stopped, Report)
    assert (stopped.kind, start) == ("stopped", Start("engine"))
    made.started(9_011, "engine", 8)
    assert made.children["engine"].history.restarts_ms == ()


def test_nothing_is_started_anew_while_everything_ends() -> None:
    made = Supervisor([ENGINE], Policy(), Bounds(), prepared=True)
    made.begin(0)
    made.started(0, "engine", 7)
    made.stop(10)
    assert made.thawed(9_000, "engine", 8_000) == []
    assert made.beat(9_001, Beat("engine", 7, "ready")) == []
