"""What the active meeting manager orders, told as short stories and over any zone."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.servers.meeting.direction import Decision, Director
from folkmoot.servers.meeting.watch import present
from folkmoot.settings import Settings
from folkmoot.zone.orders import is_extra
from folkmoot.zone.table import Heartbeat, ProcessEntry

SETTINGS = Settings(collaboration_servers_max=3)
AFTER_LOAD_MS = SETTINGS.order_after_load_ms
AFTER_FAILURE_MS = SETTINGS.order_after_failure_ms


def server(
    id: str = "collaboration-1",
    node: str = "n1",
    *,
    qos: int = 100,
    attached: int = 10,
    state: str = "ready",
    suspect: bool = False,
    draining: bool = False,
) -> ProcessEntry:
    beat = Heartbeat(
        id,
        "collaboration",
        node,
        f"{node}x",
        7,
        state,
        qos=qos,
        attached=attached,
        draining=draining,
    )
    return ProcessEntry(beat, 0, suspect)


def head(
    node: str = "n1", *, cpu: float = 0.1, draining: bool = False, suspect: bool = False
) -> ProcessEntry:
    beat = Heartbeat(
        "process-manager", "process-manager", node, "p", 7, "ready", cpu=cpu, draining=draining
    )
    return ProcessEntry(beat, 0, suspect)


def pair(**of_each: int) -> list[ProcessEntry]:
    return [head(), server(**of_each), server("collaboration-2", **of_each)]


class Run:
    """A director that looks once a second."""

    def __init__(self, entries: list[ProcessEntry]) -> None:
        self.now_ms = 1_000_000
        self.director = Director(SETTINGS, 7)
        self.look(entries, 1)

    def look(self, entries: list[ProcessEntry], seconds: int) -> list[Decision]:
        decisions = []
        for _ in range(seconds):
            self.director.see(entries)
            decisions += self.director.decide(self.now_ms, entries)
            self.now_ms += 1_000
        return decisions


def told(decisions: list[Decision]) -> list[tuple[str, str, str, str]]:
    return [(d.node, d.process, d.order.op, d.order.id) for d in decisions]


def test_nothing_is_ordered_while_all_is_well() -> None:
    assert Run(pair()).look(pair(), 3_600) == []


def test_a_server_is_ordered_when_all_are_busy_for_long_and_not_for_a_hiccup() -> None:
    run = Run(pair())
    assert run.look(pair(qos=40), 5) == []
    assert run.look(pair(), 1) == []
    assert run.look(pair(qos=40), 5) == []
    assert told(run.look(pair(qos=40), 1)) == [
        ("n1", "process-manager", "start", "collaboration-101")
    ]
    # It gets time to show; then the next.
    assert run.look([*pair(qos=40), server("collaboration-101", state="starting")], 10) == []
    more = run.look([*pair(qos=40), server("collaboration-101", qos=40)], 10)
    assert told(more) == []  # three are this node's most


def test_a_server_is_ordered_where_fewest_run_and_the_machine_has_time() -> None:
    run = Run(pair())
    zone = [*pair(qos=20), head("n2", cpu=0.9), head("n3", draining=True), head("n4", suspect=True)]
    assert {d.node for d in run.look(zone, 10) if d.order.op == "start"} == {"n1"}
    run = Run(pair())
    assert told(run.look([*pair(qos=45), head("n2")], 8)) == [
        ("n2", "process-manager", "start", "collaboration-101"),
    ]
    run = Run(pair())
    assert run.look([head(cpu=0.95), *pair(qos=45)[1:]], 60) == []


def test_a_server_is_ordered_when_too_few_are_left_for_long() -> None:
    run = Run(pair())
    left = [head(), server(), server("collaboration-2", suspect=True)]
    assert run.look(left, AFTER_FAILURE_MS // 1_000) == []
    assert [d.order.op for d in run.look(left, 1)] == ["start"]
    # One that an operator drains comes back.
    drained = [head(), server(), server("collaboration-2", draining=True)]
    assert Run(pair()).look(drained, 3_600) == []
    # A busy machine is better than none.
    run = Run(pair())
    assert len(run.look([head(cpu=0.99), *left[1:]], AFTER_FAILURE_MS // 1_000 + 1)) == 1
    # A zone that never had more than one misses none.
    alone = [head(), server()]
    assert Run(alone).look(alone, 3_600) == []


def test_what_a_standby_saw_counts_when_it_takes_over() -> None:
    before = Director(SETTINGS, 0)
    before.see(pair())
    run = Run([])
    run.director = Director(SETTINGS, 8, most=before.most)
    assert [d.order.fence for d in run.look([head(), server()], 17)] == [8]


def test_a_surplus_server_drains_after_a_long_quiet_and_is_stopped_when_empty() -> None:
    run = Run(pair())
    quiet = [
        *pair(),
        server("collaboration-101", attached=2),
        server("collaboration-102", attached=9),
    ]
    assert run.look(quiet, SETTINGS.surplus_after_ms // 1_000) == []
    assert told(run.look(quiet, 1)) == [("n1", "process-manager", "drain", "collaboration-101")]
    draining = [*pair(), server("collaboration-101", attached=2, draining=True)]
    assert run.look(draining, 10) == []
    empty = [*pair(), server("collaboration-101", attached=0, draining=True, qos=0)]
    assert told(run.look(empty, 2)) == [("n1", "process-manager", "stop", "collaboration-101")]


def test_a_server_that_does_not_get_empty_is_stopped_in_the_end() -> None:
    run = Run(pair())
    stuck = [*pair(), server("collaboration-101", draining=True)]
    assert {d.order.op for d in run.look(stuck, 70)} == {"stop"}


def test_a_server_that_is_far_too_busy_gives_up_a_tenth_of_its_clients() -> None:
    run = Run(pair())
    zone = [head(), server(qos=20, attached=45), server("collaboration-2")]
    assert run.look(zone, 3) == []
    (moved,) = run.look(zone, 1)
    assert (moved.process, moved.order.op, moved.order.count) == ("collaboration-1", "move", 4)
    assert run.look(zone, 4) == []
    assert len(run.look(zone, 1)) == 1
    # Where all are busy, nobody gains by it.
    both = [head(cpu=0.9), server(qos=20), server("collaboration-2", qos=25)]
    assert run.look(both, 60) == []


values = st.integers(-1, 100)
entries = st.lists(
    st.one_of(
        st.builds(
            server,
            st.sampled_from(
                ["collaboration-1", "collaboration-2", "collaboration-101", "collaboration-102"]
            ),
            st.sampled_from(["n1", "n2", "n3"]),
            qos=values,
            attached=st.integers(0, 50),
            suspect=st.booleans(),
            draining=st.booleans(),
            state=st.sampled_from(["ready", "starting", "stopping"]),
        ),
        st.builds(
            head,
            st.sampled_from(["n1", "n2", "n3"]),
            cpu=st.floats(0, 1),
            draining=st.booleans(),
            suspect=st.booleans(),
        ),
    ),
    max_size=12,
    unique_by=lambda entry: entry.key,
)


@given(st.lists(st.tuples(entries, st.integers(1, 400)), min_size=1, max_size=4))
def test_orders_keep_to_their_bounds(looks: list[tuple[list[ProcessEntry], int]]) -> None:
    run = Run([])
    for zone, seconds in looks:
        known = {entry.key: entry for entry in zone}
        for decision in run.look(zone, min(seconds, 40)):
            order = decision.order
            assert order.fence == 7
            if order.op == "start":
                asked = known[decision.node, decision.process]
                many = [e for e in zone if e.role == "collaboration" and e.node == decision.node]
                assert len(many) < SETTINGS.collaboration_servers_max
                assert is_extra(order.id) and (decision.node, order.id) not in known
                assert not asked.suspect and not asked.beat.draining
            elif order.op in ("drain", "stop"):
                assert is_extra(order.id) and (decision.node, order.id) in known
            else:
                asked = known[decision.node, decision.process]
                assert order.op == "move" and 0 < order.count <= asked.beat.attached
                assert any(e.beat.qos >= 60 for e in zone)


def test_the_active_one_is_among_those_that_are_sure_and_stay() -> None:
    def manager(node: str, *, draining: bool = False, suspect: bool = False) -> ProcessEntry:
        made = server("meeting-manager-1", node, draining=draining, suspect=suspect)
        return msgspec.structs.replace(
            made, beat=msgspec.structs.replace(made.beat, role="meeting-manager")
        )

    one, two, three = manager("n1"), manager("n2", draining=True), manager("n3", suspect=True)
    assert present([one, two, three]) == {one.server}
    # When all of them drain, somebody has to do it.
    assert present([two, three]) == {two.server}
    assert present([three]) == frozenset()
