"""Previews: what was published and is not confirmed yet (DESIGN, "The live path").

Pure. Every server sees a batch the moment it is published, also while its stream has no leader.
What is not committed within a moment is shown as pending, so that a machine's death pauses
confirmation and never the conversation. The state is not touched: what the log decides counts.
"""

from __future__ import annotations

from typing import Final

import msgspec

from folkmoot.conference.application import Applications, Rejected
from folkmoot.conference.batch import (
    CHECKSUM_BYTES,
    BatchInvalid,
    OperationEntry,
    decode_batch,
)
from folkmoot.conference.levels import Bodies, decode_body
from folkmoot.conference.machine import Applied
from folkmoot.conference.rights import allowed
from folkmoot.conference.state import LEVEL_FIRST, ConferenceState
from folkmoot.protocol.frames import Pending, PendingEvent, Settled, encode

SHOW_AFTER_MS: Final = 40
WAITING_MAX: Final = 1_024
SHOWN_SESSIONS_MAX: Final = 10_000
KEPT_EVENTS_MAX: Final = 1_000
"""Previews that who comes later is shown too."""


class Previews:
    """Batches of one conference that were seen and not applied yet.

    Caller: `seen` for each published batch, `ahead` for what waits behind one, `applied` for each
    applied one, `due` on each tick; the frames that come of it go to every client. `current` is
    for who comes later. Which operations are shown already is kept per session, for a batch that
    is published again shows nothing new.
    """

    def __init__(self, applications: Applications) -> None:
        self._applications = applications
        self._bodies = Bodies(applications, LEVEL_FIRST)
        self._waiting: dict[bytes, tuple[int, bytes]] = {}
        self._shown: dict[str, tuple[int, int]] = {}
        self._kept: dict[tuple[int, int], PendingEvent] = {}

    def seen(self, payload: bytes, now_ms: int) -> None:
        """A batch was published; its copy from the log should follow within milliseconds."""
        checksum = payload[:CHECKSUM_BYTES]
        if len(self._waiting) < WAITING_MAX:
            self._waiting.setdefault(checksum, (now_ms + SHOW_AFTER_MS, payload))

    def ahead(self, state: ConferenceState, payload: bytes) -> list[bytes]:
        """What waits on some server behind a batch that is held up: shown at once."""
        return self._pending(self._events(state, payload))

    def current(self) -> list[bytes]:
        """All that is shown and not decided, for who was not here when it was shown."""
        return [encode(Pending(list(self._kept.values())))] if self._kept else []

    def applied(self, applied: Applied) -> list[bytes]:
        """The log decided; says so to those who were shown a preview."""
        self._waiting.pop(applied.checksum, None)
        frames = []
        for session, outcomes in applied.outcomes.items() if self._shown else ():
            number, shown = self._shown.get(session, (0, 0))
            if shown:
                frames.append(encode(Settled(number, outcomes.through)))
                self._settle(number, outcomes.through)
            if shown and outcomes.through >= shown:
                del self._shown[session]
        for session in applied.closed if self._shown else ():
            number, shown = self._shown.pop(session, (0, 0))
            if shown:
                frames.append(encode(Settled(number, shown)))
                self._settle(number, shown)
        return frames

    def due(self, state: ConferenceState, now_ms: int) -> list[bytes]:
        """A frame with what is overdue, if anything can be shown of it."""
        late = [key for key, (at_ms, _) in self._waiting.items() if at_ms <= now_ms]
        events: list[PendingEvent] = []
        for key in late:
            events += self._events(state, self._waiting.pop(key)[1])
        return self._pending(events)

    def next_due_ms(self) -> int | None:
        """When the oldest batch is overdue."""
        return next((at_ms for at_ms, _ in self._waiting.values()), None)

    def _pending(self, events: list[PendingEvent]) -> list[bytes]:
        for event in events[: KEPT_EVENTS_MAX - len(self._kept)]:
            self._kept[event.number, event.counter] = event
        return [encode(Pending(events))] if events else []

    def _settle(self, number: int, through: int) -> None:
        for key in [key for key in self._kept if key[0] == number and key[1] <= through]:
            del self._kept[key]

    def _events(self, state: ConferenceState, payload: bytes) -> list[PendingEvent]:
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

    def _event(self, state: ConferenceState, entry: OperationEntry) -> PendingEvent | None:
        session = state.sessions.get(entry.session)
        if session is None or entry.generation < session.generation:
            return None
        shown = max(session.counter, self._shown.get(session.id, (0, 0))[1])
        if entry.counter <= shown or len(self._shown) >= SHOWN_SESSIONS_MAX:
            return None
        application = self._applications.get(entry.app)
        if application is None:
            return None
        author = state.persons[session.person]
        if not allowed(application.rights.get(entry.type), author.role, state.locks):
            return None
        try:
            body = decode_body(self._bodies.operation(entry.app, entry.type), entry.body)
            preview = application.preview(state.apps[entry.app], body, author)
        except Rejected:
            return None
        if preview is None:
            return None
        self._shown[session.id] = (session.number, entry.counter)
        raw = msgspec.Raw(msgspec.msgpack.encode(preview[1]))
        return PendingEvent(
            session.number, entry.counter, entry.app, preview[0], session.person, raw
        )
