"""What one process manager leaves to the next."""

from __future__ import annotations

from folkmoot.servers.manager.adoption import bequeath, inherit
from folkmoot.servers.manager.procfs import Running
from folkmoot.servers.manager.records import Record, Records, matched
from folkmoot.zone.child import Child, Found, Spec
from folkmoot.zone.restarts import History

WEB = Spec("web-1", "web")
SERVER = Spec("collaboration-1", "collaboration")


def children() -> dict[str, Child]:
    return {spec.id: Child(spec=spec) for spec in (WEB, SERVER)}


def test_restarts_and_waiting_go_on_over_the_death_of_a_process_manager() -> None:
    before = children()
    before["web-1"].phase = "failed"
    before["web-1"].history = History((1, 2, 3), 6)
    before["web-1"].due_ms = 40_000
    before["web-1"].restarts = 6
    after = children()
    heritage = inherit(after, bequeath(before.values(), lambda pid: 1), [], lambda pid: 0, 9_000)
    assert (heritage.found, heritage.lost) == ([], [])
    web = after["web-1"]
    assert (web.phase, web.due_ms, web.restarts) == ("failed", 40_000, 6)
    assert web.history == History((1, 2, 3), 6)
    assert after["collaboration-1"].phase == "waiting"


def test_what_was_stopped_in_order_begins_anew() -> None:
    before = children()
    before["web-1"].phase = "stopped"
    before["web-1"].history = History((1, 2), 2)
    after = children()
    inherit(after, bequeath(before.values(), lambda pid: 1), [], lambda pid: 0, 9_000)
    assert after["web-1"].history == History()


def test_a_start_that_was_not_written_down_is_counted() -> None:
    records = Records(processes=[Record("web-1", "web", 7, 70, restarts_ms=(1_000,))])
    living = matched(records, lambda pid: 0, [Running("web-1", 8, 80)])
    after = children()
    heritage = inherit(after, records.processes, living, lambda pid: 500, 9_000)
    assert [found.pid for found in heritage.found] == [8]
    assert heritage.lost == []
    assert after["web-1"].history.restarts_ms == (1_000, 8_500)
    assert after["web-1"].restarts == 1


def test_extra_servers_that_run_are_taken_over_and_the_lost_are_told() -> None:
    records = Records(processes=[Record("web-1", "web", 7, 70, "abc", ready=True)])
    living = matched(records, lambda pid: 0, [Running("collaboration-101", 9, 90)])
    after = children()
    heritage = inherit(after, records.processes, living, lambda pid: 0, 9_000)
    assert after["collaboration-101"].spec.role == "collaboration"
    assert heritage.lost == [Found("web-1", 7, "abc", ready=True)]
