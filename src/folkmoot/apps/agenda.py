"""Agenda: what is to be talked about, what is on just now, and one timer for all.

The timer is an instant of the log's time, never a countdown: every client reckons what is left from
that and from how its own clock differs, so all see the same number whenever they joined. That it
is over is said by a timer in the log, once, whichever server's clock came there first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.apps.common import clean_line
from folkmoot.conference.application import Context, Defaults, Rejected
from folkmoot.conference.replicated import State
from folkmoot.conference.rights import STAFF, Right, Rights
from folkmoot.conference.state import ConferenceState
from folkmoot.protocol.limits import (
    AGENDA_ITEMS_MAX,
    AGENDA_TITLE_CHARACTERS_MAX,
    TIMER_DURATION_MS_MAX,
)

_TIMER: Final = "agenda/timer"


class Add(msgspec.Struct, forbid_unknown_fields=True):
    """Puts an item at the end; `duration_ms` is 0 when it has no time of its own."""

    title: str
    duration_ms: int = 0


class Edit(msgspec.Struct, forbid_unknown_fields=True):
    item: str
    title: str
    duration_ms: int = 0


class Remove(msgspec.Struct, forbid_unknown_fields=True):
    item: str


class Move(msgspec.Struct, forbid_unknown_fields=True):
    """Puts an item at this place, counted from 0 among the others."""

    item: str
    place: int


class Go(msgspec.Struct, forbid_unknown_fields=True):
    """Goes to an item, and starts the timer if it has a time; with `item` empty nothing is on."""

    item: str


class Next(msgspec.Struct, forbid_unknown_fields=True):
    """Goes to the item after `item`, the one that is on; who comes second changes nothing."""

    item: str


class Start(msgspec.Struct, forbid_unknown_fields=True):
    """Starts the timer anew."""

    duration_ms: int
    label: str = ""


class Pause(msgspec.Struct, forbid_unknown_fields=True):
    pass


class Resume(msgspec.Struct, forbid_unknown_fields=True):
    pass


class Extend(msgspec.Struct, forbid_unknown_fields=True):
    """Adds time, or with a negative number takes some."""

    add_ms: int


class Stop(msgspec.Struct, forbid_unknown_fields=True):
    pass


class Item(State):
    """Shape: `spent_ms` is what it took so far, without the time since it was gone to last."""

    id: str
    title: str
    duration_ms: int
    spent_ms: int = 0


class Clock(State):
    """Shape: `ends_ms` in the log's time while it runs, else 0 and `left_ms` is what is left; that
    is negative when it was paused after its end. `over` once the log has said that it ended.
    """

    duration_ms: int
    label: str
    ends_ms: int = 0
    left_ms: int = 0
    over: bool = False


class AgendaState(State):
    """Shape: `current` is an item's id, or empty; it is on since `since_ms`."""

    items: list[Item] = msgspec.field(default_factory=list)
    current: str = ""
    since_ms: int = 0
    timer: Clock | None = None


class Agenda(Defaults):
    """Keeps the items and the timer."""

    name: ClassVar[str] = "agenda"
    since: ClassVar[int] = 2
    state_type: ClassVar[type[Any]] = AgendaState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "add": Add,
        "edit": Edit,
        "remove": Remove,
        "move": Move,
        "go": Go,
        "next": Next,
        "start": Start,
        "pause": Pause,
        "resume": Resume,
        "extend": Extend,
        "stop": Stop,
    }
    rights: ClassVar[Rights] = dict.fromkeys(operations, Right(STAFF))

    def initial(self) -> AgendaState:
        return AgendaState()

    def reduce(self, state: AgendaState, body: Any, context: Context) -> None:
        if isinstance(body, Add | Edit | Remove | Move | Go | Next):
            self._change_items(state, body, context)
        else:
            self._change_timer(state, body, context)

    def _change_items(self, state: AgendaState, body: Any, context: Context) -> None:
        if isinstance(body, Add):
            title, duration_ms = _item_of(body)
            if len(state.items) >= AGENDA_ITEMS_MAX:
                raise Rejected("limit_reached", f"An agenda has at most {AGENDA_ITEMS_MAX} items.")
            state.items.append(Item(context.event_id, title, duration_ms))
        elif isinstance(body, Go):
            self._go(state, _find(state, body.item) if body.item else None, context)
        else:
            item = _find(state, body.item)
            if isinstance(body, Edit):
                item.title, item.duration_ms = _item_of(body)
            elif isinstance(body, Remove):
                self._remove(state, item, context)
            elif isinstance(body, Move):
                if not 0 <= body.place < len(state.items):
                    raise Rejected("malformed", "There is no such place.")
                state.items.remove(item)
                state.items.insert(body.place, item)
            elif body.item == state.current:
                at = state.items.index(item) + 1
                self._go(state, state.items[at] if at < len(state.items) else None, context)
            else:
                raise Rejected("changed_meanwhile", "The agenda has gone on already.")
        context.emit("changed", shown(state))

    def _go(self, state: AgendaState, item: Item | None, context: Context) -> None:
        _leave_current(state, context.time_ms)
        state.current, state.since_ms = (item.id, context.time_ms) if item else ("", 0)
        if item is not None and item.duration_ms:
            _run(state, Clock(item.duration_ms, item.title), item.duration_ms, context)
        else:
            _stop(state, context)

    def _remove(self, state: AgendaState, item: Item, context: Context) -> None:
        if item.id == state.current:
            state.current, state.since_ms = "", 0
        state.items.remove(item)

    def _change_timer(self, state: AgendaState, body: Any, context: Context) -> None:
        timer = state.timer
        if isinstance(body, Start):
            label = clean_line(body.label, AGENDA_TITLE_CHARACTERS_MAX) if body.label else ""
            duration_ms = _duration(body.duration_ms, 1)
            _run(state, Clock(duration_ms, label), duration_ms, context)
        elif timer is None:
            raise Rejected("not_found", "There is no timer just now.")
        elif isinstance(body, Pause):
            if timer.ends_ms:
                timer.left_ms, timer.ends_ms = timer.ends_ms - context.time_ms, 0
                context.cancel_timer(_TIMER)
        elif isinstance(body, Resume):
            if not timer.ends_ms:
                _run(state, timer, timer.left_ms, context)
        elif isinstance(body, Extend):
            self._extend(state, timer, body.add_ms, context)
        else:
            _stop(state, context)
        context.emit("timer", {"timer": _shown_timer(state.timer)})

    def _extend(self, state: AgendaState, timer: Clock, add_ms: int, context: Context) -> None:
        """From its end, or from now when that is past already: a minute more is a minute more."""
        if abs(add_ms) > TIMER_DURATION_MS_MAX:
            raise Rejected("malformed")
        left_ms = timer.ends_ms - context.time_ms if timer.ends_ms else timer.left_ms
        left_ms = max(left_ms, 0) + add_ms
        if left_ms > TIMER_DURATION_MS_MAX:
            raise Rejected("limit_reached", "A timer runs for at most a day.")
        timer.duration_ms = min(max(timer.duration_ms + add_ms, 1), TIMER_DURATION_MS_MAX)
        if timer.ends_ms:
            _run(state, timer, max(left_ms, 0), context)
        else:
            timer.left_ms = max(left_ms, 0)
            timer.over = False

    def on_timer(self, state: AgendaState, id_: str, context: Context) -> None:
        if state.timer is not None and state.timer.ends_ms:
            state.timer.over = True
            context.emit("timer", {"timer": _shown_timer(state.timer)})

    def view(self, state: AgendaState, conference: ConferenceState, person: str) -> Any:
        return shown(state)


def shown(state: AgendaState) -> dict[str, Any]:
    return {
        "items": [
            {
                "id": item.id,
                "title": item.title,
                "duration_ms": item.duration_ms,
                "spent_ms": item.spent_ms,
            }
            for item in state.items
        ],
        "current": state.current,
        "since_ms": state.since_ms,
        "timer": _shown_timer(state.timer),
    }


def _shown_timer(timer: Clock | None) -> dict[str, Any] | None:
    if timer is None:
        return None
    return {
        "duration_ms": timer.duration_ms,
        "label": timer.label,
        "ends_ms": timer.ends_ms,
        "left_ms": timer.left_ms,
        "over": timer.over,
    }


def _item_of(body: Add | Edit) -> tuple[str, int]:
    return clean_line(body.title, AGENDA_TITLE_CHARACTERS_MAX), _duration(body.duration_ms, 0)


def _duration(duration_ms: int, least_ms: int) -> int:
    if not least_ms <= duration_ms <= TIMER_DURATION_MS_MAX:
        raise Rejected("malformed", "A timer runs for at most a day.")
    return duration_ms


def _find(state: AgendaState, id_: str) -> Item:
    for item in state.items:
        if item.id == id_:
            return item
    raise Rejected("not_found")


def _leave_current(state: AgendaState, time_ms: int) -> None:
    for item in state.items:
        if item.id == state.current:
            item.spent_ms += time_ms - state.since_ms


def _run(state: AgendaState, timer: Clock, left_ms: int, context: Context) -> None:
    timer.ends_ms, timer.left_ms = context.time_ms + left_ms, 0
    timer.over = left_ms <= 0
    state.timer = timer
    if timer.over:
        context.cancel_timer(_TIMER)
    else:
        context.set_timer(_TIMER, timer.ends_ms)


def _stop(state: AgendaState, context: Context) -> None:
    state.timer = None
    context.cancel_timer(_TIMER)
