"""Stage: what presenters put before everybody.

It says which thing is shown, and by whom: a document, a board, a deck. Where in it one is belongs
to the application that keeps it. Whether somebody looks elsewhere is their page's own business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.conference.application import Context, Defaults, Rejected, SessionChange
from folkmoot.conference.replicated import State
from folkmoot.conference.rights import PRESENTERS, Right, Rights
from folkmoot.conference.state import ConferenceState, Session

_KIND: Final = re.compile(r"[a-z]{1,20}", re.ASCII)
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class Show(msgspec.Struct, forbid_unknown_fields=True):
    """Puts something before everybody. Shape: `kind` is the page's, such as `rich` or `deck`."""

    kind: str
    id: str


class Hide(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing is shown any more; everybody stays where they are."""


class StageState(State):
    """Shape: `by` is the person who shows; all are empty while nothing is shown."""

    kind: str = ""
    id: str = ""
    by: str = ""
    since_ms: int = 0


class Stage(Defaults):
    """Keeps what is shown to everybody. Whether it is still there the page sees by itself."""

    name: ClassVar[str] = "stage"
    since: ClassVar[int] = 2
    state_type: ClassVar[type[Any]] = StageState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {"show": Show, "hide": Hide}
    rights: ClassVar[Rights] = dict.fromkeys(operations, Right(PRESENTERS))

    def initial(self) -> StageState:
        return StageState()

    def reduce(self, state: StageState, body: Any, context: Context) -> None:
        if isinstance(body, Show):
            if not _KIND.fullmatch(body.kind) or not _ID.fullmatch(body.id):
                raise Rejected("malformed")
            state.kind, state.id = body.kind, body.id
            state.by, state.since_ms = context.author.id, context.time_ms
            context.emit("shown", shown(state))
        else:
            _hide(state, context)

    def on_session(
        self,
        state: StageState,
        change: SessionChange,
        session: Session,
        reason: str,
        context: Context,
    ) -> None:
        """Who is away goes on showing; with who has left on every device it ends."""
        if change is not SessionChange.CLOSED or session.person != state.by:
            return
        others = context.conference.sessions.values()
        if all(other.person != session.person for other in others):
            _hide(state, context)

    def view(self, state: StageState, conference: ConferenceState, person: str) -> Any:
        return shown(state)


def shown(state: StageState) -> dict[str, Any]:
    return {"kind": state.kind, "id": state.id, "by": state.by, "since_ms": state.since_ms}


def _hide(state: StageState, context: Context) -> None:
    if state.by:
        state.kind = state.id = state.by = ""
        state.since_ms = 0
        context.emit("shown", shown(state))
