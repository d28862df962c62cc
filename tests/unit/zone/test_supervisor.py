"""What a process manager decides, told as short stories."""

from __future__ import annotations

from itertools import pairwise

from folkmoot.zone.child import Beat, Bounds, Found, Spec
from folkmoot.zone.effects import Effect, Finished, Report, Signal, Start, Watch
from folkmoot.zone.restarts import Policy
from folkmoot.zone.supervisor import Supervisor

ENGINE = Spec("engine", "engine", beats=False, after_engine=False)
FRONT = Spec("front-1", "front", after_engine=False)
WEB = Spec("web-1", "web")
SERVER = Spec("collaboration-1", "collaboration")


def supervisor(*specs: Spec, prepared: bool = True) -> Supervisor:
    return Supervisor(specs or (ENGINE, FRONT, WEB, SERVER), Policy(), Bounds(), prepared=prepared)


def without_reports(effects: list[Effect]) -> list[Effect]:
    return [effect for effect in effects if not isinstance(effect, Report)]


def kinds(effects: list[Effect]) -> list[str]:
    return [effect.kind for effect in effects if isinstance(effect, Report)]


def ready(made: Supervisor, id: str, pid: int, now_ms: int = 0) -> None:
    made.started(now_ms, id, pid)
    if made.children[id].spec.beats:
        made.beat(now_ms, Beat(id, pid, "ready", incarnation=f"i{pid}"))
    else:
        made.health(now_ms, id, healthy=True)


def all_ready(*specs: Spec) -> Supervisor:
    made = supervisor(*specs)
    made.begin(0)
    for number, id in enumerate(made.children):
        ready(made, id, 100 + number)
    return made


def test_children_that_need_the_engine_wait_until_it_is_prepared() -> None:
    made = supervisor(prepared=False)
    assert made.begin(0) == [Start("engine"), Start("front-1")]
    made.started(0, "engine", 10)
    assert kinds(made.health(20, "engine", healthy=True)) == ["ready"]
    assert made.prepared(50) == [Start("web-1"), Start("collaboration-1")]
    # The engine's later death makes nobody wait, or restart.
    effects = made.exited(5_000, "engine", 10, "killed", 0)
    assert without_reports(effects) == [Start("engine")]


def test_one_that_ran_well_is_started_again_at_once_and_its_death_is_told() -> None:
    made = all_ready()
    effects = made.exited(1_500, "web-1", 102, "killed by SIGKILL", 500)
    assert effects == [Report("died", "web-1", 102, "i102", "killed by SIGKILL"), Start("web-1")]
    assert made.children["web-1"].restarts == 1


def test_one_that_crashes_is_started_later_and_then_fails() -> None:
    made = all_ready()
    now_ms, starts, told = 10, 0, []
    for pid in range(1_000, 1_020):
        effects = made.exited(now_ms, "web-1", made.children["web-1"].pid, "exit code 1", 0)
        told += kinds(effects)
        now_ms = max(now_ms, made.children["web-1"].due_ms)
        if made.children["web-1"].phase == "failed":
            break
        assert without_reports(made.tick(now_ms - 1)) == []
        assert without_reports(made.tick(now_ms)) == [Start("web-1")]
        starts += 1
        made.started(now_ms, "web-1", pid)
        now_ms += 1
    assert starts == 5
    assert told[-1] == "failed"
    others = [made.children[id].restarts for id in ("engine", "front-1", "collaboration-1")]
    assert others == [0, 0, 0]
    # One trial after the window.
    assert without_reports(made.tick(now_ms + 30_000)) == [Start("web-1")]


def test_one_that_could_not_be_started_is_tried_again_later() -> None:
    made = supervisor(WEB)
    made.begin(0)
    assert kinds(made.start_failed(0, "web-1", "no such file", 0)) == ["died"]
    assert made.children["web-1"].phase == "due"
    assert made.tick(100) == [Start("web-1")]


def test_one_that_is_silent_is_killed_and_started_again() -> None:
    made = all_ready(WEB)
    for now_ms in range(0, 10_001, 1_000):
        assert made.tick(now_ms) == []
    effects = made.tick(10_100)
    assert kinds(effects) == ["frozen"]
    assert without_reports(effects) == [Signal("web-1", 100, kill=True)]
    effects = made.exited(10_120, "web-1", 100, "killed by SIGKILL", 0)
    assert without_reports(effects) == [Start("web-1")]
    assert made.children["web-1"].detail.startswith("said nothing")


def test_one_that_waits_for_its_turn_is_not_silent() -> None:
    """On a machine with more work than cores, a new one would only make more work."""
    starved = {7: 1_000}
    made = Supervisor([WEB], Policy(), Bounds(), prepared=True, starved_ms=lambda pid: starved[pid])
    made.begin(0)
    ready(made, "web-1", 7)
    bound_ms = Bounds().watchdog_ms
    for now_ms in range(0, bound_ms + 5_000, 100):
        starved[7] = 1_000 + max(0, now_ms - 2_000)
        assert made.tick(now_ms) == []
    # What it waited before its last beat does not count, and now it has its turns.
    made.beat(bound_ms + 5_000, Beat("web-1", 7, "ready"))
    for now_ms in range(bound_ms + 5_000, 2 * bound_ms + 5_001, 100):
        assert made.tick(now_ms) == []
    assert Signal("web-1", 7, kill=True) in made.tick(2 * bound_ms + 5_100)


def test_after_our_own_freeze_nobody_is_blamed_for_silence() -> None:
    made = all_ready(WEB, ENGINE)
    made.tick(100)
    assert made.tick(3_600_000) == []
    assert made.tick(3_600_100) == []


def test_an_unhealthy_engine_is_asked_to_end_then_forced() -> None:
    made = all_ready(ENGINE)
    for now_ms in (500, 1_000):
        assert made.health(now_ms, "engine", healthy=False, detail="no space left") == []
    effects = made.health(1_500, "engine", healthy=False, detail="no space left")
    assert kinds(effects) == ["unhealthy"]
    assert without_reports(effects) == [Signal("engine", 100, kill=False)]
    assert made.tick(3_400) == []
    assert made.tick(3_500) == [Signal("engine", 100, kill=True)]
    assert without_reports(made.exited(3_510, "engine", 100, "killed", 0)) == [Start("engine")]


def test_an_engine_that_is_of_no_use_is_ended_at_once_and_says_why_when_it_is_started_anew() -> (
    None
):
    made = supervisor(ENGINE)
    made.begin(0)
    assert made.give_up(5, "engine", "nothing to end yet") == []
    made.started(10, "engine", 100)
    effects = made.give_up(20, "engine", "it removed CONF_0")
    assert kinds(effects) == ["unhealthy"]
    assert without_reports(effects) == [Signal("engine", 100, kill=True)]
    assert made.give_up(30, "engine", "and again") == []
    made.exited(40, "engine", 100, "killed by SIGKILL", 0)
    assert made.children["engine"].detail == "it removed CONF_0"


def test_an_engine_that_has_no_disk_is_tried_every_second_and_never_given_up() -> None:
    made = all_ready(ENGINE)
    assert Start("engine") in made.exited(2_000, "engine", 100, "x", 0, blameless=True)
    now_ms = 2_000
    for pid in range(101, 131):
        made.started(now_ms, "engine", pid)
        assert kinds(made.exited(now_ms, "engine", pid, "exit code 1", 0, blameless=True)) == [
            "died"
        ]
        assert made.tick(now_ms + 999) == []
        now_ms += 1_000
        assert made.tick(now_ms) == [Start("engine")]
    assert made.children["engine"].phase == "starting"


def test_an_engine_that_no_restart_heals_is_restarted_less_and_less() -> None:
    made = all_ready(ENGINE)
    ended: list[int] = []
    pid = 100
    for now_ms in range(500, 300_000, 500):
        effects = made.health(now_ms, "engine", healthy=False, detail="no space left")
        if Signal("engine", pid, kill=False) in effects:
            ended.append(now_ms)
            assert Start("engine") in made.exited(now_ms, "engine", pid, "exit code 1", 0)
            pid += 1
            ready(made, "engine", pid, now_ms)
    gaps = [later - earlier for earlier, later in pairwise(ended)]
    assert gaps[:4] == [5_000, 10_000, 20_000, 40_000]
    assert set(gaps[4:]) == {60_000}
    # Between them it runs, and the page can say what is wrong.
    assert made.children["engine"].phase == "ready"
    assert made.children["engine"].detail == "no space left"


def test_an_engine_that_does_not_answer_is_forced_to_end() -> None:
    made = all_ready(ENGINE)
    effects: list[Effect] = []
    for now_ms in (500, 1_000, 1_500):
        effects = made.health(now_ms, "engine", healthy=False, answered=False)
    assert without_reports(effects) == [Signal("engine", 100, kill=True)]


def test_an_engine_that_is_well_again_is_left_alone() -> None:
    made = all_ready(ENGINE)
    for now_ms in range(500, 20_000, 1_500):
        made.health(now_ms, "engine", healthy=False)
        assert made.health(now_ms + 500, "engine", healthy=False) == []
        assert made.health(now_ms + 1_000, "engine", healthy=True) == []


def test_an_engine_that_never_becomes_healthy_is_started_anew() -> None:
    made = supervisor(ENGINE)
    made.begin(0)
    made.started(0, "engine", 7)
    effects: list[Effect] = []
    for now_ms in range(0, 62_000, 1_000):
        assert made.health(now_ms, "engine", healthy=False) == []
        effects = made.tick(now_ms)
    assert without_reports(effects) == [Signal("engine", 7, kill=True)]


def test_what_runs_is_adopted_and_what_does_not_is_started() -> None:
    made = supervisor()
    found = [Found("engine", 7), Found("web-1", 8, "abc", restarts=2, age_ms=5_000)]
    effects = made.begin(10_000, found)
    assert without_reports(effects) == [
        Watch("engine", 7),
        Watch("web-1", 8),
        Start("front-1"),
        Start("collaboration-1"),
    ]
    child = made.children["web-1"]
    assert (child.phase, child.restarts, child.started_ms) == ("ready", 2, 5_000)
    # An adopted one that dies ran well.
    assert Start("web-1") in made.exited(10_100, "web-1", 8, "ended", 0)


def test_of_two_that_run_under_one_id_the_second_is_ended() -> None:
    made = supervisor(WEB)
    effects = made.begin(0, [Found("web-1", 8), Found("web-1", 9), Found("unheard-of", 10)])
    assert without_reports(effects) == [
        Watch("web-1", 8),
        Signal("web-1", 9, kill=True),
        Signal("unheard-of", 10, kill=True),
    ]


def test_a_beat_of_an_unknown_process_is_taken_in_only_if_its_place_is_free() -> None:
    made = all_ready(WEB)
    effects = made.beat(10, Beat("web-1", 999, "ready"))
    assert without_reports(effects) == [Signal("web-1", 999, kill=True)]
    made.exited(20, "web-1", 100, "exit code 1", 0)
    assert made.children["web-1"].phase == "due"
    # The last beat of the one that died arrives late and means nothing.
    assert made.beat(21, Beat("web-1", 100, "ready")) == []
    effects = made.beat(22, Beat("web-1", 999, "ready"))
    assert without_reports(effects) == [Watch("web-1", 999)]
    assert made.beat(23, Beat("nobody", 5, "ready")) == []


def test_a_beat_of_the_dead_is_not_taken_in_when_its_successor_could_not_be_started() -> None:
    made = all_ready(WEB)
    made.exited(5_000, "web-1", 100, "killed", 0)
    made.start_failed(5_000, "web-1", "no memory", 0)
    assert made.beat(5_001, Beat("web-1", 100, "ready")) == []
    made.tick(6_000)
    made.started(6_000, "web-1", 101)
    made.exited(6_001, "web-1", 101, "killed", 0)
    assert made.beat(6_002, Beat("web-1", 100, "ready")) == []


def test_what_ended_while_nobody_watched_counts_as_any_other_end() -> None:
    made = supervisor(WEB, FRONT)
    lost = [Found("web-1", 8, "abc", ready=False), Found("front-1", 9, "def")]
    effects = made.begin(10_000, [], lost)
    assert kinds(effects) == ["died", "died"]
    # One that was never ready crashed; the other one had an accident.
    assert without_reports(effects) == [Start("front-1")]
    assert (made.children["web-1"].phase, made.children["web-1"].due_ms) == ("due", 10_100)
    assert all(child.restarts == 1 for child in made.children.values())


def test_an_exit_of_a_predecessor_means_nothing() -> None:
    made = all_ready(WEB)
    assert made.exited(5, "web-1", 4_711, "ended", 0) == []
    assert made.exited(5, "nobody", 100, "ended", 0) == []


def test_stopping_goes_by_stages_the_engine_last() -> None:
    made = all_ready()
    assert made.stop(1_000) == [Signal("front-1", 101, kill=False)]
    assert made.stop(1_001) == []
    effects = made.exited(1_010, "front-1", 101, "exit code 0", 0)
    assert kinds(effects) == ["stopped"]
    assert without_reports(effects) == [Signal("web-1", 102, kill=False)]
    effects = made.exited(1_020, "web-1", 102, "exit code 0", 0)
    assert without_reports(effects) == [Signal("collaboration-1", 103, kill=False)]
    effects = made.exited(1_030, "collaboration-1", 103, "exit code 0", 0)
    assert without_reports(effects) == [Signal("engine", 100, kill=False)]
    effects = made.exited(1_040, "engine", 100, "exit code 0", 0)
    assert without_reports(effects) == [Finished()]
    assert made.tick(1_050) == []


def test_stopping_ends_in_time_when_nobody_obeys() -> None:
    made = all_ready()
    living = {child.pid: id for id, child in made.children.items()}
    effects = made.stop(0)
    now_ms = 0
    killed: list[str] = []
    while Finished() not in effects:
        now_ms += 50
        effects = made.tick(now_ms)
        for effect in list(effects):
            if isinstance(effect, Signal) and effect.kill and effect.pid in living:
                killed.append(living.pop(effect.pid))
                effects += made.exited(now_ms, killed[-1], effect.pid, "killed", 0)
        assert now_ms < 5_000
    assert killed[-1] == "engine"


def test_stopping_starts_nothing_anew() -> None:
    made = all_ready(WEB, SERVER)
    made.exited(10, "web-1", 100, "exit code 1", 0)
    effects = made.stop(20)
    assert without_reports(effects) == [Signal("collaboration-1", 101, kill=False)]
    assert made.tick(500) == []
    assert made.prepared(600) == []
    assert Finished() in made.exited(700, "collaboration-1", 101, "exit code 0", 0)
    assert made.tick(60_000) == []


def test_stopping_when_nothing_runs_ends_at_once() -> None:
    made = supervisor(WEB, prepared=False)
    made.begin(0)
    assert made.stop(1) == [Finished()]


def test_a_restart_that_was_asked_for_is_no_crash() -> None:
    made = all_ready()
    assert without_reports(made.restart(1_000, "web-1")) == [Signal("web-1", 102, kill=False)]
    assert made.restart(1_001, "web-1") == []
    effects = made.exited(1_100, "web-1", 102, "exit code 0", 0)
    assert kinds(effects) == ["stopped"]
    assert without_reports(effects) == [Start("web-1")]
    ready(made, "web-1", 202, 1_200)
    # So often in a row as no crash would be forgiven.
    for number in range(20):
        now_ms, pid = 2_000 + 100 * number, 202 + number
        assert without_reports(made.restart(now_ms, "web-1")) == [Signal("web-1", pid, kill=False)]
        effects = made.exited(now_ms + 10, "web-1", pid, "exit code 0", 0)
        assert without_reports(effects) == [Start("web-1")]
        ready(made, "web-1", pid + 1, now_ms + 20)
    assert made.restart(9_000, "nobody") == []


def test_one_that_does_not_end_when_it_is_to_be_restarted_is_killed() -> None:
    made = all_ready()
    made.restart(1_000, "web-1")
    killed = [
        (now_ms, effect)
        for now_ms in range(1_000, 8_000, 50)
        for effect in made.tick(now_ms)
        if isinstance(effect, Signal) and effect.id == "web-1"
    ]
    assert killed[0] == (1_000 + Bounds().order_ms, Signal("web-1", 102, kill=True))
    effects = made.exited(8_000, "web-1", 102, "killed", 0)
    assert without_reports(effects) == [Start("web-1")]


def test_a_failed_process_is_tried_at_once_when_its_restart_is_asked_for() -> None:
    made = all_ready(WEB)
    failed = made.children["web-1"]
    failed.phase, failed.pid, failed.due_ms = "failed", 0, 60_000
    assert made.tick(1_000) == []
    assert made.restart(1_010, "web-1") == [Start("web-1")]


def test_processes_are_added_and_leave_for_good() -> None:
    made = all_ready()
    more = Spec("collaboration-101", "collaboration", after_engine=False)
    assert made.add(10, more) == [Start(more.id)]
    assert made.add(11, more) == []
    ready(made, more.id, 300, 20)
    assert without_reports(made.remove(30, more.id)) == [Signal(more.id, 300, kill=False)]
    assert made.remove(31, more.id) == made.restart(32, more.id) == []
    effects = made.exited(40, more.id, 300, "exit code 0", 0)
    assert kinds(effects) == ["stopped"] and without_reports(effects) == []
    assert more.id not in made.children
    made.stop(50)
    assert made.add(51, more) == made.remove(52, "web-1") == made.restart(53, "web-1") == []


def test_one_that_leaves_while_everything_stops_is_waited_for() -> None:
    made = all_ready(SERVER)
    made.remove(10, "collaboration-1")
    made.stop(20)
    assert Finished() in made.exited(30, "collaboration-1", 100, "exit code 0", 0)


def test_it_is_settled_while_every_child_is_ready_and_nothing_is_asked_of_them() -> None:
    made = supervisor()
    made.begin(0)
    assert not made.settled
    made = all_ready()
    assert made.settled
    made.restart(2_000, "web-1")
    assert not made.settled
    made = all_ready()
    made.exited(1_500, "web-1", 102, "killed by SIGKILL", 0)
    assert not made.settled
    made = all_ready()
    made.stop(2_000)
    assert not made.settled


def test_failed_processes_are_tried_at_once_when_what_kept_them_is_gone() -> None:
    """The end of a full disk, with which an engine had used up its restarts."""
    made = all_ready(ENGINE, WEB)
    failed = made.children["engine"]
    failed.phase, failed.pid, failed.due_ms = "failed", 0, 30_000
    assert Start("engine") in made.try_now(5_000)
    assert Start("engine") not in made.try_now(6_000)
