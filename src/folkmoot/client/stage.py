"""What presenters put before everybody: what a participant knows of it and can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from folkmoot.client.talk_state import Told

if TYPE_CHECKING:
    from folkmoot.client.conference import Conference
    from folkmoot.client.receipt import Receipt


def new_stage() -> dict[str, Any]:
    return {"kind": "", "id": "", "by": "", "since_ms": 0}


def stage_after(stage: dict[str, Any], event: Told) -> None:
    stage.update(event.body)


class StageApi:
    """What is shown to everybody; `conference.state.stage`, with an empty `by` for nothing.

    Each method returns once its operation is committed.
    Errors: `OperationRejected`, `ConferenceEnded`.
    """

    def __init__(self, conference: Conference) -> None:
        self._conference = conference

    async def show(self, kind: str, id_: str) -> Receipt:
        """Shows something to everybody. Shape: `kind` is `rich`, `text`, `board` or `deck`."""
        return await self._conference.submit("stage", "show", {"kind": kind, "id": id_})

    async def hide(self) -> Receipt:
        return await self._conference.submit("stage", "hide", {})
