"""What a process manager decides: which processes to start, signal, report, and how to stop.

Pure and sans-IO: inputs are method calls that carry the time, effects are what they return. The
shell (`servers/manager`) performs the effects and feeds back what came of them. No clock, process
or file is touched here; jitter comes in with the input.

    waiting -> starting -> ready -> ending -> due -> starting ...
                   |         |                 |
                   +---------+------(exit)-----+--> failed (one trial a window)

One child's fate never touches another's, but for two rules: children that need the engine wait for
the first time until it is prepared, and stopping goes by stages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from folkmoot.zone.child import ALIVE, Beat, Bounds, Child, Found, Spec
from folkmoot.zone.effects import Effect, Report, Signal, Start, Watch
from folkmoot.zone.freeze import stands_still
from folkmoot.zone.restarts import Policy, after_exit
from folkmoot.zone.stages import Stages

PIDS_BEFORE_MAX: Final = 8


class Supervisor:
    """The decisions of one process manager about its children.

    Shape: `starved_ms` tells of a pid for how long in all it waited for its turn.
    Caller: `begin` once, with what was found running; then every input as it comes, and `tick` at
    least every 100 ms, or more seldom while `settled`. Effects are performed in the order given.
    Time never goes back.
    """

    def __init__(
        self,
        specs: Sequence[Spec],
        policy: Policy,
        bounds: Bounds,
        *,
        prepared: bool,
        starved_ms: Callable[[int], int] = lambda pid: 0,
    ) -> None:
        self.children: dict[str, Child] = {spec.id: Child(spec=spec) for spec in specs}
        self._policy = policy
        self._bounds = bounds
        self._starved_ms = starved_ms
        self._prepared = prepared
        self._ticked_ms: int | None = None
        self._stages = Stages(bounds)

    @property
    def stopping(self) -> bool:
        return self._stages.begun

    @property
    def settled(self) -> bool:
        """Whether all is well, so that a tick looks at nothing but silence.

        Shape: then one every 250 ms is enough.
        """
        return not self.stopping and all(c.phase == "ready" for c in self.children.values())

    def begin(
        self,
        now_ms: int,
        found: Iterable[Found] = (),
        lost: Iterable[Found] = (),
        jitter_permille: int = 0,
    ) -> list[Effect]:
        """Adopts what runs and starts what does not.

        Shape: `lost` are those that ended while nobody watched; this counts as any other end.
        """
        effects: list[Effect] = []
        for process in found:
            effects += self._take_in(now_ms, process)
        for process in lost:
            effects += self._miss(now_ms, process, jitter_permille)
        self._ticked_ms = now_ms
        return effects + self._start_waiting(now_ms)

    def prepared(self, now_ms: int) -> list[Effect]:
        """The engine has what the others need."""
        self._prepared = True
        return self._start_waiting(now_ms)

    def started(self, now_ms: int, id: str, pid: int) -> list[Effect]:
        child = self.children[id]
        child.pid = pid
        child.started_ms = now_ms
        self._spoke(now_ms, child)
        effects: list[Effect] = [_report("started", child)]
        if self.stopping:
            self._stages.forget(id)
            effects += self._stages.go_on(now_ms, self.children.values())
        return effects

    def start_failed(self, now_ms: int, id: str, detail: str, jitter_permille: int) -> list[Effect]:
        """The process could not even be started; counts as a crash."""
        return self._ended(now_ms, self.children[id], detail, jitter_permille)

    def exited(
        self,
        now_ms: int,
        id: str,
        pid: int,
        detail: str,
        jitter_permille: int,
        *,
        blameless: bool = False,
    ) -> list[Effect]:
        """A process has ended.

        Shape: one that is `blameless` was not to live: what it needs, such as a disk, was not
        there. It is tried again every second, for as long as that takes, and is never given up.
        """
        child = self.children.get(id)
        if child is None or child.pid != pid or child.phase not in ALIVE:
            return []
        return self._ended(now_ms, child, detail, jitter_permille, blameless=blameless)

    def beat(self, now_ms: int, beat: Beat) -> list[Effect]:
        """A child spoke. One that nobody knows is taken in if its place is free, else ended."""
        child = self.children.get(beat.id)
        if child is None or beat.pid in child.pids_before:
            return []
        if beat.pid != child.pid or child.phase not in ALIVE:
            if child.phase in ALIVE:
                stranger = Report("stranger", beat.id, beat.pid, beat.incarnation, "")
                return [stranger, Signal(beat.id, beat.pid, kill=True)]
            found = Found(beat.id, beat.pid, beat.incarnation, child.restarts, ready=False)
            return self._take_in(now_ms, found)
        self._spoke(now_ms, child)
        child.incarnation = beat.incarnation
        child.connections = beat.connections
        child.conferences = beat.conferences
        if beat.state == "ready" and child.phase == "starting":
            return self._ready(now_ms, child)
        return []

    def health(
        self, now_ms: int, id: str, *, healthy: bool, detail: str = "", answered: bool = True
    ) -> list[Effect]:
        """What the health endpoint of a process that does not beat said.

        Shape: one that did not even answer is frozen, and is forced to end without being asked.
        One that answers keeps running for longer each time between two restarts: a full disk is
        not healed by a restart, and what can be done without the disk should go on.
        """
        child = self.children[id]
        if child.phase not in ("starting", "ready"):
            return []
        if healthy:
            child.unhealthy = 0
            child.beat_ms = now_ms
            child.detail = ""
            if now_ms - child.heal_ms > self._bounds.heal_max_ms:
                child.heals = 0
            return self._ready(now_ms, child) if child.phase == "starting" else []
        child.unhealthy += 1
        child.detail = detail
        if child.phase != "ready" or child.unhealthy < self._bounds.unhealthy_max:
            return []
        if answered and now_ms < child.heal_ms:
            return []
        wait_ms = self._bounds.heal_first_ms << min(child.heals, 10)
        child.heal_ms = now_ms + min(self._bounds.heal_max_ms, wait_ms)
        child.heals += 1
        return [_report("unhealthy", child), *self._end(now_ms, child, kill=not answered)]

    def give_up(self, now_ms: int, id: str, detail: str) -> list[Effect]:
        """A process that runs is of no use, and harm to who uses it: ended, as a crash would."""
        child = self.children[id]
        if child.phase not in ("starting", "ready") or not child.pid:
            return []
        child.detail = detail
        return [_report("unhealthy", child), *self._end(now_ms, child, kill=True)]

    def tick(self, now_ms: int) -> list[Effect]:
        """Time has passed."""
        before_ms = self._ticked_ms if self._ticked_ms is not None else now_ms
        self._ticked_ms = now_ms
        if now_ms - before_ms > self._bounds.gap_ms:
            # We ourselves were frozen: the silence says nothing about the children.
            for child in self.children.values():
                self._spoke(now_ms, child)
                child.unhealthy = 0
        effects: list[Effect] = []
        for child in self.children.values():
            effects += self._tick_child(now_ms, child)
        if self.stopping:
            effects += self._stages.go_on(now_ms, self.children.values())
        return effects

    def add(self, now_ms: int, spec: Spec) -> list[Effect]:
        """One more process; nothing when it is there already, or everything is being stopped."""
        if self.stopping or spec.id in self.children:
            return []
        self.children[spec.id] = Child(spec=spec)
        return self._start_waiting(now_ms)

    def remove(self, now_ms: int, id: str) -> list[Effect]:
        """Ends a process for good."""
        child = self.children.get(id)
        if child is None or self.stopping or child.leaving:
            return []
        if child.phase not in ALIVE:
            del self.children[id]
            return []
        child.leaving = True
        return [] if child.phase == "ending" else self._end_in_order(now_ms, child)

    def restart(self, now_ms: int, id: str) -> list[Effect]:
        """Ends a process in order and starts it anew; no crash, and not counted as one."""
        child = self.children.get(id)
        if child is None or self.stopping or child.leaving or child.phase == "waiting":
            return []
        if child.phase not in ALIVE:
            return self._start(now_ms, child)
        if child.phase == "ending" or not child.pid:
            return []
        child.ordered = True
        return self._end_in_order(now_ms, child)

    def thawed(self, now_ms: int, id: str, still_ms: int) -> list[Effect]:
        """The machine stood still: a process that must not go on from there is started anew.

        Shape: it is ended at once and without being asked, for what it does first is the harm.
        """
        child = self.children.get(id)
        if child is None or child.phase not in ALIVE or not child.pid or self.stopping:
            return []
        child.detail = f"the machine stood still for {still_ms / 1000:.1f} s"
        told = _report("thawed", child)
        child.ordered = True
        child.unhealthy = 0
        return [told, *self._end(now_ms, child, kill=True)]

    def try_now(self, now_ms: int) -> list[Effect]:
        """What kept processes from starting is gone, such as a full disk: nobody waits longer."""
        for child in self.children.values():
            if child.phase in ("due", "failed"):
                child.due_ms = now_ms
        return self.tick(now_ms)

    def stop(self, now_ms: int) -> list[Effect]:
        """Ends everything, by stages; `Finished` follows when nothing runs any more."""
        if self.stopping:
            return []
        for child in self.children.values():
            if child.phase not in ALIVE:
                child.phase = "stopped"
        return self._stages.begin(now_ms, self.children.values())

    def _tick_child(self, now_ms: int, child: Child) -> list[Effect]:
        if child.phase in ("due", "failed") and now_ms >= child.due_ms and not self.stopping:
            return self._start(now_ms, child)
        if child.phase == "ending" and now_ms >= child.kill_ms:
            child.kill_ms = now_ms + self._bounds.term_ms
            return [Signal(child.spec.id, child.pid, kill=True)]
        if child.phase not in ("starting", "ready") or self.stopping:
            return []
        starting = child.phase == "starting" and not child.spec.beats
        bound_ms = self._bounds.start_ms if starting else self._bounds.watchdog_ms
        if (child.spec.beats or starting) and self._stands_still(now_ms, child, bound_ms):
            child.detail = f"said nothing for {now_ms - child.beat_ms} ms"
            return [_report("frozen", child), *self._end(now_ms, child, kill=True)]
        return []

    def _spoke(self, now_ms: int, child: Child) -> None:
        child.beat_ms, child.starved_ms = now_ms, self._starved_ms(child.pid)

    def _stands_still(self, now_ms: int, child: Child, bound_ms: int) -> bool:
        silent_ms = now_ms - child.beat_ms
        if silent_ms <= bound_ms:
            return False
        starved_ms = self._starved_ms(child.pid) - child.starved_ms if child.spec.beats else 0
        return stands_still(silent_ms, starved_ms, bound_ms)

    def _start_waiting(self, now_ms: int) -> list[Effect]:
        effects: list[Effect] = []
        for child in self.children.values():
            open_ = self._prepared or not child.spec.after_engine
            if child.phase == "waiting" and open_ and not self.stopping:
                effects += self._start(now_ms, child)
        return effects

    def _start(self, now_ms: int, child: Child) -> list[Effect]:
        child.phase = "starting"
        child.ordered = False
        child.started_ms = child.beat_ms = now_ms
        child.ready_ms = None
        child.pid = 0
        child.unhealthy = child.connections = child.conferences = 0
        child.incarnation = ""
        return [Start(child.spec.id)]

    def _ready(self, now_ms: int, child: Child) -> list[Effect]:
        child.phase = "ready"
        child.ready_ms = now_ms
        child.detail = ""
        return [_report("ready", child)]

    def _take_in(self, now_ms: int, found: Found) -> list[Effect]:
        child = self.children.get(found.id)
        if child is None or child.phase in ALIVE:
            stranger = Report("stranger", found.id, found.pid, found.incarnation, "")
            return [stranger, Signal(found.id, found.pid, kill=True)]
        child.pid = found.pid
        child.incarnation = found.incarnation
        child.restarts = max(child.restarts, found.restarts)
        child.started_ms = now_ms - found.age_ms
        self._spoke(now_ms, child)
        child.phase = "ready" if found.ready else "starting"
        child.ready_ms = child.started_ms if found.ready else None
        effects: list[Effect] = [Watch(found.id, found.pid), _report("adopted", child)]
        if self.stopping:
            self._stages.forget(found.id)
            effects += self._stages.go_on(now_ms, self.children.values())
        return effects

    def _miss(self, now_ms: int, lost: Found, jitter_permille: int) -> list[Effect]:
        child = self.children[lost.id]
        if child.phase != "waiting":
            return []
        child.pid = lost.pid
        child.incarnation = lost.incarnation
        child.phase = "ready" if lost.ready else "starting"
        # For how long it had been ready nobody knows: taken for an accident.
        child.ready_ms = now_ms - self._policy.fine_after_ms if lost.ready else None
        return self._ended(now_ms, child, "ended while nobody watched", jitter_permille)

    def _end(self, now_ms: int, child: Child, *, kill: bool) -> list[Effect]:
        child.phase = "ending"
        child.kill_ms = now_ms + self._bounds.term_ms
        return [Signal(child.spec.id, child.pid, kill=kill)]

    def _end_in_order(self, now_ms: int, child: Child) -> list[Effect]:
        child.phase = "ending"
        child.detail = ""
        child.kill_ms = now_ms + self._bounds.order_ms
        return [Signal(child.spec.id, child.pid, kill=False)] if child.pid else []

    def _ended(
        self,
        now_ms: int,
        child: Child,
        detail: str,
        jitter_permille: int,
        *,
        blameless: bool = False,
    ) -> list[Effect]:
        child.detail = detail if child.phase != "ending" else child.detail or detail
        orderly = self.stopping or child.ordered or child.leaving
        effects: list[Effect] = [_report("stopped" if orderly else "died", child)]
        ran_ms = now_ms - child.ready_ms if child.ready_ms is not None else -1
        # Beats of the dead may still come, of several when ends follow each other quickly.
        before = (*child.pids_before, child.pid) if child.pid else child.pids_before
        child.pids_before, child.pid = before[-PIDS_BEFORE_MAX:], 0
        child.connections = child.conferences = 0
        if self.stopping:
            child.phase = "stopped"
            return effects + self._stages.go_on(now_ms, self.children.values())
        if child.leaving:
            del self.children[child.spec.id]
            return effects
        if child.ordered:
            child.restarts += 1
            return effects + self._start(now_ms, child)
        fine = ran_ms >= self._policy.fine_after_ms
        child.restarts += 1
        if blameless:
            child.phase = "due"
            child.due_ms = now_ms if fine else now_ms + self._bounds.blameless_ms
            return effects + (self._start(now_ms, child) if fine else [])
        child.history, verdict = after_exit(
            self._policy, child.history, now_ms, fine=fine, jitter_permille=jitter_permille
        )
        child.due_ms = now_ms + verdict.delay_ms
        child.phase = "failed" if verdict.failed else "due"
        if verdict.failed:
            effects.append(_report("failed", child))
        elif verdict.delay_ms == 0:
            effects += self._start(now_ms, child)
        return effects


def _report(kind: str, child: Child) -> Report:
    detail = "" if kind in ("started", "ready", "adopted") else child.detail
    return Report(kind, child.spec.id, child.pid, child.incarnation, detail)
