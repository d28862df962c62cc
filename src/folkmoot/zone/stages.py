"""The stages in which everything ends: doors first, the engine last.

Pure, as the supervisor is whose decisions these are.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from folkmoot.zone.child import ALIVE, Bounds, Child
from folkmoot.zone.effects import Effect, Finished, Signal

STOP_ORDER: Final = (
    "proxy", "front", "web", "collaboration", "documents", "export", "meeting-manager", "engine",
)  # fmt: skip
"""Doors first, so that nobody new comes in; the engine last, so that the others can still write."""


class Stages:
    """One stop of everything.

    Caller: `begin` once, then `go_on` with all children whenever time has passed or one has ended;
    `forget` for one that was started or found meanwhile, for it was not told yet.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._began_ms: int | None = None
        self._told: set[str] = set()
        self._finished = False

    @property
    def begun(self) -> bool:
        return self._began_ms is not None

    def begin(self, now_ms: int, children: Collection[Child]) -> list[Effect]:
        self._began_ms = now_ms
        return self.go_on(now_ms, children)

    def forget(self, id: str) -> None:
        self._told.discard(id)

    def go_on(self, now_ms: int, children: Collection[Child]) -> list[Effect]:
        """Tells the next stage to end once the one before has, or has had its time.

        Shape: `Finished` when nothing runs any more.
        """
        if self._began_ms is None or self._finished:
            return []
        living = [child for child in children if child.phase in ALIVE and child.pid]
        if not living and not any(child.phase in ALIVE for child in children):
            self._finished = True
            return [Finished()]
        passed_ms = now_ms - self._began_ms
        effects: list[Effect] = []
        stages = sorted({_stage(child) for child in living})
        last = len(STOP_ORDER) - 1
        for child in living:
            stage = _stage(child)
            on_time = passed_ms >= self._bounds.stage_ms * stages.index(stage)
            if stage == last:
                # The engine never ends before the others have, or were killed.
                on_time = passed_ms > self._bounds.stop_ms
            if stage == stages[0] or on_time:
                effects += self._stop(now_ms, child, self._began_ms, last=stage == last)
        return effects

    def _stop(self, now_ms: int, child: Child, began_ms: int, *, last: bool) -> list[Effect]:
        if child.spec.id in self._told:
            return []
        self._told.add(child.spec.id)
        bound_ms = self._bounds.stop_ms
        child.kill_ms = now_ms + self._bounds.engine_stop_ms if last else began_ms + bound_ms
        child.phase = "ending"
        return [Signal(child.spec.id, child.pid, kill=False)]


def _stage(child: Child) -> int:
    role = child.spec.role
    return STOP_ORDER.index(role) if role in STOP_ORDER else 0
