"""What a participant of the Python client does with breakouts, and what each event changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from folkmoot.client.talk_state import Told

if TYPE_CHECKING:
    from folkmoot.client.conference import Conference
    from folkmoot.client.receipt import Receipt

_SHOWN: Final = ("phase", "choose", "rooms", "deadline_ms")


def new_breakouts() -> dict[str, Any]:
    """Nothing of breakouts, as a conference begins."""
    return {
        "phase": "",
        "choose": False,
        "rooms": [],
        "deadline_ms": 0,
        "yours": 0,
        "inside": 0,
        "results": [],
        "assigned": {},
        "people": {},
    }


def breakouts_after(breakouts: dict[str, Any], event: Told, own: str) -> None:
    """Applies an event. Shape: `own` is the id of this client's person."""
    body = event.body
    if event.type == "changed":
        breakouts.update({name: body[name] for name in _SHOWN})
        if body["phase"] in ("draft", "closed"):
            breakouts.update(inside=0, people={})
        if body["phase"] == "draft":
            breakouts.update(yours=0, assigned={})
    elif event.type == "yours":
        breakouts["yours"] = body["room"]
    elif event.type == "assigned":
        for person, room in body["rooms"].items():
            _put(breakouts["assigned"], person, room)
    elif event.type == "moved":
        _put(breakouts["people"], body["person"], body["room"])
        if body["person"] == own:
            breakouts["inside"] = body["room"]
    elif event.type == "collected":
        breakouts["results"] = [*breakouts["results"], body]
    elif event.type == "belongs":
        breakouts.update(main=body["main"], name=body["name"])


def _put(rooms: dict[str, int], person: str, room: int) -> None:
    if room:
        rooms[person] = room
    else:
        rooms.pop(person, None)


class BreakoutsApi:
    """Rooms beside the room; `conference.state.breakouts`. Rooms are counted from 1.

    Errors of all methods: `OperationRejected`, `ConferenceEnded`.
    """

    def __init__(self, conference: Conference) -> None:
        self._conference = conference

    async def create(self, names: Sequence[str], *, choose: bool = False) -> Receipt:
        """Makes a new set of rooms; with `choose`, everybody picks one."""
        return await self._do("create", {"names": list(names), "choose": choose})

    async def assign(self, rooms: Mapping[str, int]) -> Receipt:
        """Says who goes where: persons to rooms, 0 for none."""
        return await self._do("assign", {"rooms": dict(rooms)})

    async def open(self, minutes: int = 0) -> Receipt:
        return await self._do("open", {"minutes": minutes})

    async def extend(self, minutes: int) -> Receipt:
        return await self._do("extend", {"minutes": minutes})

    async def broadcast(self, text: str) -> Receipt:
        """Says something to everybody, wherever they are."""
        return await self._do("broadcast", {"text": text})

    async def recall(self, seconds: int = 0) -> Receipt:
        """Calls everybody back, after so many seconds."""
        return await self._do("recall", {"seconds": seconds})

    async def enter(self, room: int) -> Conference:
        """Goes into a room: a conference of its own, to be closed like any other.

        The main one stays attached. Errors: `ClientError` when the rooms were closed meanwhile.
        """
        await self._do("enter", {"room": room})
        answer = await self._conference.get("breakout", {})
        beside = self._conference.beside(answer["ticket"])
        try:
            await beside.wait_attached()
        except BaseException:
            await beside.close()
            raise
        return beside

    async def back(self) -> Receipt:
        """Says that this person is back in the main room."""
        return await self._do("back", {})

    async def _do(self, type_: str, body: object) -> Receipt:
        return await self._conference.submit("breakouts", type_, body)
