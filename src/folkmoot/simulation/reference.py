"""Reference: the whole log applied from nothing, and what it says of outcomes and views.

For applications that have no model of their own in the judge. What servers and clients hold after
all their failovers must be what a single replica makes that never saw a fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from folkmoot.apps import all_applications
from folkmoot.conference.replica import Fenced, Replica
from folkmoot.ports import LogMessage
from folkmoot.simulation.restoring import Restored, stamped
from folkmoot.simulation.world import Violation

VIEWS: Final = ("agenda", "breakouts", "documents", "files", "hands", "polls", "questions",
                "slides", "stage")  # fmt: skip
"""Views that a client advances by events and that must be what a welcome would give it anew."""


class Reference:
    """One conference, from its first batch to its last."""

    def __init__(
        self,
        conference: str,
        epoch: str,
        archive: Sequence[LogMessage],
        restored: Restored | None = None,
    ) -> None:
        self.applications = all_applications()
        self.replica = Replica(conference, epoch, self.applications)
        self._codes: dict[tuple[int, str, int], str] = {}
        cut = restored.cut if restored is not None else archive[-1].sequence
        try:
            applied = self.replica.receive_page(m for m in archive if m.sequence <= cut)
            if restored is not None:
                self.replica = stamped(self.replica, restored.epoch)
                applied += self.replica.receive_page(m for m in archive if m.sequence > cut)
        except Fenced as fenced:
            raise Violation(f"I6: the whole log cannot be applied: {fenced}") from fenced
        for batch in applied:
            for session, outcomes in batch.outcomes.items():
                for rejection in outcomes.rejected:
                    self._codes[batch.sequence, session, rejection.counter] = rejection.code

    def code(self, sequence: int, session: str, counter: int) -> str:
        """Of a counter that was decided there."""
        return self._codes.get((sequence, session, counter), "saved")

    def view(self, app: str, person: str) -> Any:
        """As a welcome would tell it."""
        state = self.replica.state
        told = self.applications[app].view(state.apps[app], state, person)
        return msgspec.msgpack.decode(msgspec.msgpack.encode(told))

    def check_view(self, name: str, person: str, view: Any, shown: Sequence[str]) -> None:
        """I6: what a client made of events is what it would be told anew.

        Shape: `shown` are the applications of which it was given a view.
        """
        state = self.replica.state
        if person not in state.persons:
            return
        if missing := [app for app in state.apps if app not in shown]:
            raise Violation(f"I6: {name} was never shown that there is {missing}")
        for app in VIEWS:
            if app not in state.apps:
                continue
            told, held = self.view(app, person), getattr(view, app)
            if app == "polls":
                told, held = _without_own_secrets(told), _without_own_secrets(held)
            if not _same(told, held):
                raise Violation(f"I6: {name} holds {app} as {held}, the log says {told}")


def _without_own_secrets(polls: Any) -> Any:
    """A secret poll forgets who chose what when it closes; who saw it done may still know."""
    found = []
    for poll in polls["polls"]:
        forgotten = ("mine", "score") if poll["secret"] and poll["phase"] == "closed" else ()
        found.append({key: told for key, told in poll.items() if key not in forgotten})
    return polls | {"polls": found}


def _same(told: Any, held: Any) -> bool:
    """A client may hold what a welcome leaves out, if that says nothing."""
    if isinstance(told, dict) and isinstance(held, dict):
        return all(_same(told.get(key), held.get(key)) for key in {**told, **held})
    if isinstance(told, list) and isinstance(held, list):
        return len(told) == len(held) and all(map(_same, told, held))
    return bool(told == held) or (not told and not held)
