"""Any run of the supervisor against simulated processes: nothing twice, nothing forgotten."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.zone.child import Beat, Bounds, Found, Spec
from folkmoot.zone.effects import Effect, Finished, Report, Signal, Start
from folkmoot.zone.restarts import Policy
from folkmoot.zone.supervisor import Supervisor

SPECS = (
    Spec("engine", "engine", beats=False, after_engine=False),
    Spec("front-1", "front", after_engine=False),
    Spec("web-1", "web"),
    Spec("collaboration-1", "collaboration"),
    Spec("collaboration-2", "collaboration"),
)
IDS = tuple(spec.id for spec in SPECS)
POLICY = Policy()
POISONOUS = "web-1"


class World:
    """Processes that start, beat, freeze, die; and a supervisor over them."""

    def __init__(self, *, poison: bool) -> None:
        self.now_ms = 0
        self.poison = poison
        self.next_pid = 1
        self.living: dict[int, str] = {}
        self.frozen: set[int] = set()
        self.starts: dict[str, list[int]] = {id: [] for id in IDS}
        self.finished = False
        self.supervisor = self._new()
        self.perform(self.supervisor.begin(0))

    def _new(self) -> Supervisor:
        return Supervisor(SPECS, POLICY, Bounds(), prepared=False)

    def perform(self, effects: list[Effect]) -> None:
        queue = list(effects)
        while queue:
            effect = queue.pop(0)
            if isinstance(effect, Start):
                # Never two of one id.
                assert effect.id not in self.living.values()
                assert not self.finished
                pid, self.next_pid = self.next_pid, self.next_pid + 1
                self.living[pid] = effect.id
                self.starts[effect.id].append(self.now_ms)
                queue += self.supervisor.started(self.now_ms, effect.id, pid)
                if self.poison and effect.id == POISONOUS:
                    queue += self.end(pid)
            elif isinstance(effect, Signal):
                if effect.pid in self.living and (effect.kill or effect.pid not in self.frozen):
                    queue += self.end(effect.pid)
            elif isinstance(effect, Finished):
                assert not self.living
                self.finished = True
            elif isinstance(effect, Report):
                assert effect.id in IDS

    def end(self, pid: int) -> list[Effect]:
        id = self.living.pop(pid)
        self.frozen.discard(pid)
        return self.supervisor.exited(self.now_ms, id, pid, "ended", 500)

    def pass_time(self, ms: int) -> None:
        for _ in range(0, ms, 250):
            self.now_ms += 250
            for pid, id in list(self.living.items()):
                if pid in self.frozen or pid not in self.living:
                    continue
                if id == "engine":
                    self.perform(self.supervisor.health(self.now_ms, id, healthy=True))
                    self.perform(self.supervisor.prepared(self.now_ms))
                else:
                    self.perform(self.supervisor.beat(self.now_ms, Beat(id, pid, "ready", "i")))
            engine = next((pid for pid, id in self.living.items() if id == "engine"), 0)
            if engine in self.frozen:
                self.perform(
                    self.supervisor.health(self.now_ms, "engine", healthy=False, answered=False)
                )
            self.perform(self.supervisor.tick(self.now_ms))

    def kill(self, number: int) -> None:
        if self.living:
            pids = sorted(self.living)
            self.perform(self.end(pids[number % len(pids)]))

    def freeze(self, number: int) -> None:
        if self.living:
            self.frozen.add(sorted(self.living)[number % len(self.living)])

    def replace_manager(self) -> None:
        """The process manager dies; its successor finds what runs."""
        self.supervisor = self._new()
        found = [Found(id, pid) for pid, id in sorted(self.living.items())]
        self.perform(self.supervisor.begin(self.now_ms, found))


steps = st.lists(
    st.tuples(st.sampled_from(["kill", "freeze", "manager", "time"]), st.integers(0, 40)),
    max_size=25,
)


def play(world: World, story: list[tuple[str, int]]) -> None:
    for kind, number in story:
        if kind == "kill":
            world.kill(number)
        elif kind == "freeze":
            world.freeze(number)
        elif kind == "manager":
            world.replace_manager()
        else:
            world.pass_time(250 * number)


@settings(deadline=None, max_examples=150)
@given(steps)
def test_whatever_dies_everything_runs_again(story: list[tuple[str, int]]) -> None:
    world = World(poison=False)
    play(world, story)
    world.pass_time(120_000)
    assert sorted(world.living.values()) == sorted(IDS)
    assert not world.frozen
    assert {child.phase for child in world.supervisor.children.values()} == {"ready"}


@settings(deadline=None, max_examples=100)
@given(steps)
def test_a_poisonous_child_is_bounded_and_restarts_nobody_else(
    story: list[tuple[str, int]],
) -> None:
    world = World(poison=True)
    quiet = [step for step in story if step[0] == "time"]
    play(world, quiet)
    world.pass_time(60_000)
    assert all(len(starts) == 1 for id, starts in world.starts.items() if id != POISONOUS)
    starts = world.starts[POISONOUS]
    for start in starts[1:]:
        assert sum(start <= at < start + POLICY.window_ms for at in starts) <= POLICY.restarts_max


@settings(deadline=None, max_examples=150)
@given(steps, st.integers(0, 4_000))
def test_stopping_always_ends_within_five_seconds(
    story: list[tuple[str, int]], before_ms: int
) -> None:
    world = World(poison=False)
    play(world, story)
    world.pass_time(before_ms)
    world.perform(world.supervisor.stop(world.now_ms))
    world.pass_time(5_000)
    assert world.finished
    assert not world.living
