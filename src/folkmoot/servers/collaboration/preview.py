"""Previews: what was published and is not confirmed yet (DESIGN, "The live path").

Pure. Every server sees a batch the moment it is published, also while its stream has no leader.
What is not committed within a moment is shown as pending, so that a machine's death pauses
confirmation and never the conversation. The state is not touched: what the log decides counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from folkmoot.conference.application import EVERYONE, Applications, Rejected
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import (
    CHECKSUM_BYTES,
    BatchInvalid,
    OperationEntry,
    decode_batch,
)
from folkmoot.conference.levels import Bodies, decode_body
from folkmoot.conference.rights import allowed
from folkmoot.conference.state import LEVEL_FIRST, ConferenceState
from folkmoot.protocol.frames import Pending, PendingEvent, Settled, encode

SHOW_AFTER_MS: Final = 40
WAITING_MAX: Final = 1_024
SHOWN_SESSIONS_MAX: Final = 10_000
KEPT_EVENTS_MAX: Final = 1_000
"""Previews that who comes later is shown too."""

Audience = tuple[str, ...] | None


class Told(msgspec.Struct, frozen=True):
    """A frame, and the persons it is for; None for everyone."""

    frame: bytes
    audience: Audience = EVERYONE

    def is_for(self, person: str) -> bool:
        return self.audience is None or person in self.audience


class _Shown(msgspec.Struct, frozen=True):
    """Up to which counter a session's operations were shown, and to whom of all."""

    number: int = 0
    counter: int = 0
    audience: Audience = ()


_Event = tuple[Audience, PendingEvent]
_NOTHING: Final = _Shown()


class Previews:
    """Batches of one conference that were seen and not applied yet.

    Caller: `seen` for each published batch, `ahead` for what waits behind one, `applied` for each
    applied one, `due` on each tick; the frames that come of it go to whom they are for, and to
    nobody else. `current` is for who comes later. Which operations are shown already is kept per
    session, for a batch that is published again shows nothing new.
    """

    def __init__(self, applications: Applications) -> None:
        self._applications = applications
        self._bodies = Bodies(applications, LEVEL_FIRST)
        self._waiting: dict[bytes, tuple[int, bytes]] = {}
        self._shown: dict[str, _Shown] = {}
        self._kept: dict[tuple[int, int], _Event] = {}

    def seen(self, payload: bytes, now_ms: int) -> None:
        """A batch was published; its copy from the log should follow within milliseconds."""
        checksum = payload[:CHECKSUM_BYTES]
        if len(self._waiting) < WAITING_MAX:
            self._waiting.setdefault(checksum, (now_ms + SHOW_AFTER_MS, payload))

    def ahead(self, state: ConferenceState, payload: bytes) -> list[Told]:
        """What waits on some server behind a batch that is held up: shown at once."""
        return self._pending(list(self._events(state, payload)))

    def current(self, person: str) -> list[bytes]:
        """All of this person that is shown and not decided, for who was not here then."""
        events = [
            e for audience, e in self._kept.values() if audience is None or person in audience
        ]
        return [encode(Pending(events))] if events else []

    def applied(self, applied: Applied) -> list[Told]:
        """The log decided; says so to those who were shown a preview."""
        self._waiting.pop(applied.checksum, None)
        told: list[Told] = []
        for session, outcomes in applied.outcomes.items() if self._shown else ():
            shown = self._shown.get(session, _NOTHING)
            if shown.counter:
                told.append(self._settle(shown, outcomes.through))
            if shown.counter and outcomes.through >= shown.counter:
                del self._shown[session]
        for session in applied.closed if self._shown else ():
            shown = self._shown.pop(session, _NOTHING)
            if shown.counter:
                told.append(self._settle(shown, shown.counter))
        return told

    def due(self, state: ConferenceState, now_ms: int) -> list[Told]:
        """Frames with what is overdue, if anything can be shown of it, one for each audience."""
        late = [key for key, (at_ms, _) in self._waiting.items() if at_ms <= now_ms]
        events: list[_Event] = []
        for key in late:
            events += self._events(state, self._waiting.pop(key)[1])
        return self._pending(events)

    @property
    def waits(self) -> bool:
        """Whether a batch was seen that is neither applied nor shown."""
        return bool(self._waiting)

    def next_due_ms(self) -> int | None:
        """When the oldest batch is overdue."""
        return next((at_ms for at_ms, _ in self._waiting.values()), None)

    def _pending(self, events: list[_Event]) -> list[Told]:
        by_audience: dict[Audience, list[PendingEvent]] = {}
        for audience, event in events:
            if len(self._kept) < KEPT_EVENTS_MAX:
                self._kept[event.number, event.counter] = (audience, event)
            by_audience.setdefault(audience, []).append(event)
        return [Told(encode(Pending(es)), audience) for audience, es in by_audience.items()]

    def _settle(self, shown: _Shown, through: int) -> Told:
        for key in [k for k in self._kept if k[0] == shown.number and k[1] <= through]:
            del self._kept[key]
        return Told(encode(Settled(shown.number, through)), shown.audience)

    def _events(self, state: ConferenceState, payload: bytes) -> Iterable[_Event]:
        try:
            batch = decode_batch(payload)
        except BatchInvalid:
            return []
        if batch.epoch != state.epoch:
            return []
        if state.level != self._bodies.level:
            self._bodies = Bodies(self._applications, state.level)
        events = (
            self._event(state, entry)
            for entry in batch.entries
            if isinstance(entry, OperationEntry)
        )
        return [event for event in events if event is not None]

    def _event(self, state: ConferenceState, entry: OperationEntry) -> _Event | None:
        session = state.sessions.get(entry.session)
        if session is None or entry.generation < session.generation:
            return None
        shown = self._shown.get(session.id, _NOTHING)
        if entry.counter <= max(session.counter, shown.counter):
            return None
        if len(self._shown) >= SHOWN_SESSIONS_MAX:
            return None
        application = self._applications.get(entry.app)
        if application is None:
            return None
        author = state.persons[session.person]
        if not allowed(application.rights.get(entry.type), author.role, state.locks):
            return None
        try:
            body = decode_body(self._bodies.operation(entry.app, entry.type), entry.body)
            preview = application.preview(state.apps[entry.app], body, author, state)
        except Rejected:
            return None
        if preview is None:
            return None
        audience = _both(shown.audience, preview.audience)
        self._shown[session.id] = _Shown(session.number, entry.counter, audience)
        raw = msgspec.Raw(msgspec.msgpack.encode(preview.body))
        return preview.audience, PendingEvent(
            session.number, entry.counter, entry.app, preview.type, session.person, raw
        )


def _both(one: Audience, other: Audience) -> Audience:
    return None if one is None or other is None else tuple(dict.fromkeys((*one, *other)))
