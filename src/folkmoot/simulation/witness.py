"""Witness: what one simulated participant did and was told, for the checkers to judge.

It knows no connection. What contradicts itself is found here at once: a position that goes back, an
operation decided twice, a view that is older than what was seen.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from folkmoot.client.session import Arrived, ClientSession, Decided, Welcomed
from folkmoot.client.state import ConferenceView
from folkmoot.simulation.world import Violation, World

OPEN: Final = "open"
"""Outcome of what was under way when the session was closed so long ago that it is forgotten."""


class Wish(msgspec.Struct):
    """Something the participant did, once; whatever sessions it travels in.

    Shape: `outcome` is empty until decided, then `saved`, a code, or `OPEN`; (`session`,
    `counter`) is where it was decided.
    """

    id: int
    app: str
    type: str
    argument: str
    outcome: str = ""
    session: str = ""
    counter: int = 0
    sequence: int = 0


class Segment(msgspec.Struct):
    """What the client saw without a break: a view, then every event after it."""

    sequence: int
    view: list[str]
    told: list[tuple[int, int, str]] = msgspec.field(default_factory=list)
    last: int = 0


class Witness:
    """Caller: the client tells it of every notice, with the session that gave it.

    Shape: `shown` are the applications of which the client was given a view.
    """

    def __init__(self, world: World, name: str) -> None:
        self.wishes: list[Wish] = []
        self.segments: list[Segment] = []
        self.view = ConferenceView()
        self.shown: list[str] = []
        self._world = world
        self._name = name
        self._pending: dict[int, Wish] = {}
        self._generations: dict[str, int] = {}

    def wish(self, app: str, type_: str, argument: str) -> Wish:
        wish = Wish(len(self.wishes), app, type_, argument)
        self.wishes.append(wish)
        return wish

    def sent(self, counter: int, wish: Wish) -> None:
        """The wish travels under this counter of the session that there is."""
        self._pending[counter] = wish

    def take_pending(self) -> dict[int, Wish]:
        """What is not decided, by counter; the session it travelled in was closed."""
        pending, self._pending = self._pending, {}
        return pending

    def arrived(self, notice: Arrived) -> None:
        segment = self.segments[-1]
        sequence = notice.batch.sequence
        if sequence <= segment.last:
            raise Violation(f"I2: {self._name} got {sequence} after {segment.last}")
        segment.last = sequence
        for event in self.view.advance(notice.epoch, notice.batch):
            if event.type == "posted":
                segment.told.append((sequence, event.index, event.body["text"]))

    def decided(self, notice: Decided, session: ClientSession) -> None:
        wish = self._pending.pop(notice.counter)
        if wish.outcome:
            raise Violation(f"I3: {self._name}: {wish} was decided twice")
        wish.outcome = "saved" if notice.rejection is None else notice.rejection.code
        wish.session, wish.counter = session.session, notice.counter
        wish.sequence = notice.position.sequence
        if self._world.tracing:
            told = f"{wish.app}.{wish.type} {wish.argument}"
            self._world.note(self._name, f"knows: {told} ({wish.counter}) {wish.outcome}")

    def welcomed(self, notice: Welcomed, session: ClientSession) -> None:
        sequence = notice.position.sequence
        if self._world.tracing:
            how = "resumed" if notice.resumed else "viewed anew"
            at = f"at {sequence} in generation {session.generation}"
            self._world.note(self._name, f"is welcomed by {session.server}, {how} {at}")
        self._check_generation(notice, session)
        if notice.resumed:
            self._world.mark("resumed_from_backlog")
            if not self.segments:
                raise Violation(f"{self._name} was resumed from nothing")
            return
        if self.segments:
            self._world.mark("resumed_by_view")
            if session.generation > 1 and sequence < self.segments[-1].last:
                raise Violation(f"I2: {self._name} was shown an older state")
        self.view.replace(notice.position, notice.state)
        self.shown = list(notice.state)
        texts = [message["text"] for message in notice.state["chat"]["messages"]]
        self.segments.append(Segment(sequence, texts, last=sequence))

    def _check_generation(self, notice: Welcomed, session: ClientSession) -> None:
        """No generation comes round a second time, also not where a backup was restored."""
        last = self._generations.get(session.session, 0)
        if session.generation < last + (not notice.renewed):
            raise Violation(f"{self._name} was in generation {last}, and is in it or less again")
        self._generations[session.session] = session.generation


def body_of(type_: str, argument: str) -> dict[str, Any]:
    """What a wish of a type sends."""
    if type_ == "post":
        return {"text": argument}
    if type_ == "rename":
        return {"name": argument}
    if type_ == "request":
        return {"formats": ["json"]}
    if type_ == "create":
        return {"document": argument, "kind": "text", "title": argument}
    return {}
