"""Each fault planted in the zone's decisions must be found by the zones that are played."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from folkmoot.servers.meeting import chair
from folkmoot.servers.meeting.direction import Director
from folkmoot.servers.meeting.watch import Seat
from folkmoot.simulation import zone_manager
from folkmoot.simulation.zone_schedule import ZoneFailed, run
from folkmoot.zone import placement, restarts, supervisor, table
from folkmoot.zone.orders import Fence
from folkmoot.zone.restarts import History, Verdict
from folkmoot.zone.supervisor import Supervisor
from folkmoot.zone.table import Table

SEEDS_MAX = 200

Plant = Callable[[pytest.MonkeyPatch], None]


def the_fence_is_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Fence, "refuses", lambda self, order: "")


def the_fence_dies_with_its_process_manager(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Fence, "__init__", lambda self, highest=0: setattr(self, "highest", 0))


def what_runs_is_not_adopted(patch: pytest.MonkeyPatch) -> None:
    real = zone_manager.inherit

    def planted(*arguments: Any) -> Any:
        heritage = real(*arguments)
        heritage.found.clear()
        return heritage

    patch.setattr(zone_manager, "inherit", planted)


def an_end_is_not_heard_of(patch: pytest.MonkeyPatch) -> None:
    def planted(self: Supervisor, now_ms: int, id: str, pid: int, *rest: Any) -> Any:
        child = self.children.get(id)
        if child is not None and child.pid == pid and len(child.history.restarts_ms) > 1:
            return []
        return real(self, now_ms, id, pid, *rest)

    real = Supervisor.exited
    patch.setattr(Supervisor, "exited", planted)


def crashes_are_not_waited_after(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(restarts, "_delay_ms", lambda *arguments: 0)


def restarts_are_never_used_up(patch: pytest.MonkeyPatch) -> None:
    def planted(policy: Any, history: History, now_ms: int, **rest: Any) -> Any:
        return real(policy._replace(restarts_max=50), history, now_ms, **rest)

    real = restarts.after_exit
    patch.setattr(supervisor, "after_exit", planted)


def one_count_of_restarts_is_shared_by_all(patch: pytest.MonkeyPatch) -> None:
    shared: dict[int, History] = {}

    def planted(policy: Any, history: History, now_ms: int, **rest: Any) -> tuple[History, Verdict]:
        before = shared.get(0, History())
        if before.restarts_ms and before.restarts_ms[-1] > now_ms + policy.window_ms:
            before = History()
        shared[0], verdict = real(policy, before, now_ms, **rest)
        return shared[0], verdict

    real = restarts.after_exit
    patch.setattr(supervisor, "after_exit", planted)


def restarts_are_forgotten_with_their_process_manager(patch: pytest.MonkeyPatch) -> None:
    real = zone_manager.bequeath

    def planted(*arguments: Any) -> Any:
        empty = {"restarts_ms": (), "crashes": 0, "due_ms": 0}
        return [msgspec.structs.replace(record, **empty) for record in real(*arguments)]

    patch.setattr(zone_manager, "bequeath", planted)


def silence_is_never_suspected(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Table, "tick", lambda self, now_ms: setattr(self, "_deaf", False))


def draining_is_ignored(patch: pytest.MonkeyPatch) -> None:
    real = placement.rank

    def planted(candidates: Any, conference: str) -> Any:
        fit = [msgspec.structs.replace(one, draining=False, qos=100) for one in candidates]
        return real(fit, conference)

    patch.setattr(table, "rank", planted)


def placement_looks_at_what_differs_between_tables(patch: pytest.MonkeyPatch) -> None:
    def planted(group: Any, conference: str) -> Any:
        return sorted(group, key=lambda c: (c.connections, c.key))

    patch.setattr(placement, "_ordered", planted)


def a_number_is_used_again(patch: pytest.MonkeyPatch) -> None:
    def planted(self: chair.Chair, *arguments: Any, deaf: bool) -> tuple[Seat | None, Seat | None]:
        seat, wanted = real(self, *arguments, deaf=deaf)
        again = Seat(seat.fence, wanted.server) if seat is not None and wanted is not None else None
        return seat, again or wanted

    real = chair.Chair.wanted
    patch.setattr(chair.Chair, "wanted", planted)


def nobody_succeeds_a_meeting_manager(patch: pytest.MonkeyPatch) -> None:
    real = chair.next_seat

    def planted(seat: Seat | None, own: str, alive: Any, *, deaf: bool) -> Seat | None:
        return real(seat, own, alive, deaf=deaf) if seat is None else None

    patch.setattr(chair, "next_seat", planted)


def nobody_waits_for_the_engine(patch: pytest.MonkeyPatch) -> None:
    def planted(self: Supervisor, *arguments: Any, prepared: bool) -> None:
        real(self, *arguments, prepared=True)

    real = Supervisor.__init__
    patch.setattr(Supervisor, "__init__", planted)


def a_late_beat_of_the_dead_is_taken_in(patch: pytest.MonkeyPatch) -> None:
    def planted(self: Supervisor, now_ms: int, child: Any, detail: str, jitter: int) -> Any:
        child.pids_before = ()
        return real(self, now_ms, child, detail, jitter)

    real = Supervisor._ended
    patch.setattr(Supervisor, "_ended", planted)


def extra_servers_stay(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Director, "_surplus", lambda *arguments: [])


def a_failed_child_is_given_up(patch: pytest.MonkeyPatch) -> None:
    real = Supervisor._tick_child

    def planted(self: Supervisor, now_ms: int, child: Any) -> Any:
        return [] if child.phase == "failed" else real(self, now_ms, child)

    patch.setattr(Supervisor, "_tick_child", planted)


PLANTED = (
    the_fence_is_ignored,
    the_fence_dies_with_its_process_manager,
    what_runs_is_not_adopted,
    an_end_is_not_heard_of,
    crashes_are_not_waited_after,
    restarts_are_never_used_up,
    one_count_of_restarts_is_shared_by_all,
    restarts_are_forgotten_with_their_process_manager,
    silence_is_never_suspected,
    draining_is_ignored,
    placement_looks_at_what_differs_between_tables,
    a_number_is_used_again,
    nobody_succeeds_a_meeting_manager,
    nobody_waits_for_the_engine,
    a_late_beat_of_the_dead_is_taken_in,
    extra_servers_stay,
    a_failed_child_is_given_up,
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(ZoneFailed):
        for seed in range(SEEDS_MAX):
            run(seed)
