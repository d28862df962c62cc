"""The machine: applies one committed batch to a conference's state.

Everything that decides an outcome is here and in the applications' reducers, so two replicas can
only differ when one did not apply the same log. The digest makes that visible: after each batch it
is `blake2b(previous digest, sequence, payload, outcomes)`, and after every 256th the canonical
encoding of the state is hashed in too (DESIGN, I6).
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from folkmoot.conference.application import (
    Applications,
    Context,
    Rejected,
    SessionChange,
)
from folkmoot.conference.applied import Applied, AttachOutcome, SessionOutcomes
from folkmoot.conference.batch import (
    CHECKSUM_BYTES,
    AttachEntry,
    AwayEntry,
    Batch,
    Entry,
    Grant,
    HereEntry,
    LevelEntry,
    OperationEntry,
    RefusedEntry,
    ServiceEntry,
    TimerEntry,
)
from folkmoot.conference.doors import admit, doors_of, name_of, note_known, note_wrong_passcode
from folkmoot.conference.levels import Bodies, decode_body, exist_at
from folkmoot.conference.presence import Presence
from folkmoot.conference.rights import FIRST_ROLES, Role, allowed
from folkmoot.conference.state import (
    CLOSED_KEPT_MAX,
    LEVEL_FIRST,
    REJECTED_BEHIND_SEEN,
    REJECTED_KEPT_MAX,
    SESSIONS_MAX,
    ClosedSession,
    ConferenceState,
    Person,
    Session,
)
from folkmoot.protocol.frames import Rejection
from folkmoot.protocol.limits import SESSION_LIFETIME_MS, WAITING_LIFETIME_MS

STATE_DIGEST_EVERY_BATCHES: Final = 256
EXPIRY_PREFIX: Final = "expire/"
CONFERENCE: Final = "conference"
"""In place of an application, in events of the conference itself: `level`."""

SAVED: Final = ""
DUPLICATE: Final = "duplicate"
OUT_OF_ORDER: Final = "out_of_order"
STALE: Final = "stale"
CLOSED: Final = "closed"


class Machine:
    """Applies batches to `state` with a fixed set of applications."""

    def __init__(self, state: ConferenceState, applications: Applications) -> None:
        self.state = state
        self.applications = applications
        self.presence = Presence(state)
        self._at_level()

    def _at_level(self) -> None:
        """Holds just what exists at the conference's level."""
        state, applications = self.state, self.applications
        self._names = exist_at(applications, state.level)
        # A build between two releases may have kept what does not exist yet at this level.
        state.apps = {
            name: state.apps[name] if name in state.apps else applications[name].initial()
            for name in self._names
        }
        self._bodies = Bodies(applications, state.level)

    def apply(self, sequence: int, time_ms: int, payload: bytes, batch: Batch) -> Applied:
        """Applies a batch of this epoch.

        Caller: `sequence` is above the state's, and nothing of the conference lies between.
        Errors: any exception means that the state is no longer to be used.
        """
        state = self.state
        state.sequence = sequence
        state.time_ms = max(state.time_ms, time_ms)
        state.batches += 1
        applied = Applied(sequence, state.time_ms, batch.server, batch.id)
        applied.checksum = payload[:CHECKSUM_BYTES]
        codes: list[str] = []
        if batch.base < state.closed_floor:
            applied.ignored = "made before closed sessions were forgotten"
        else:
            context = Context(state, self.presence)
            for entry in batch.entries:
                codes.append(self._entry(entry, context, applied))
                if context.closing:
                    self._close_asked(context, applied)
            applied.events = context.events
            applied.renewed = {person.id: True for person in context.renewed}
        self._advance_digest(payload, codes)
        return applied

    def skip(self, sequence: int, time_ms: int, payload: bytes, reason: str) -> Applied:
        """Passes over a batch that is void, or of another epoch."""
        state = self.state
        state.sequence = sequence
        state.time_ms = max(state.time_ms, time_ms)
        state.batches += 1
        self._advance_digest(payload, [reason])
        return Applied(sequence, state.time_ms, "", 0, ignored=reason)

    def _advance_digest(self, payload: bytes, codes: list[str]) -> None:
        state = self.state
        chain = hashlib.blake2b(state.digest, digest_size=16)
        chain.update(state.sequence.to_bytes(8, "big"))
        chain.update(payload)
        chain.update("\n".join(codes).encode())
        if state.batches % STATE_DIGEST_EVERY_BATCHES == 0:
            chain.update(canonical(state))
        state.digest = chain.digest()

    # One entry

    def _entry(self, entry: Entry, context: Context, applied: Applied) -> str:
        context.within("", None)
        if isinstance(entry, OperationEntry | RefusedEntry):
            return self._operation(entry, context, applied)
        if isinstance(entry, AttachEntry):
            code, current = self._attach(entry, context)
            applied.attaches.append(
                AttachOutcome(entry.session, entry.server, entry.generation, code, current)
            )
            return code
        if isinstance(entry, AwayEntry):
            return self._away(entry, context)
        if isinstance(entry, HereEntry):
            return self._here(entry, context)
        if isinstance(entry, TimerEntry):
            return self._timer(entry, context)
        if isinstance(entry, ServiceEntry):
            code = applied.services[entry.id] = self._service(entry, context)
            return code
        if isinstance(entry, LevelEntry):
            return self._level(entry, context, applied)
        return SAVED  # VoidEntry: heeded by the replica before it applies

    def _operation(
        self, entry: OperationEntry | RefusedEntry, context: Context, applied: Applied
    ) -> str:
        session = self.state.sessions.get(entry.session)
        if session is None:
            return CLOSED
        if entry.generation != session.generation:
            return STALE
        if entry.counter <= session.counter:
            return DUPLICATE
        if entry.counter > session.counter + 1:
            applied.out_of_order[session.id] = entry.generation
            return OUT_OF_ORDER
        outcomes = applied.outcomes.get(session.id)
        if outcomes is None:
            outcomes = applied.outcomes[session.id] = SessionOutcomes(entry.counter)
        session.counter = outcomes.through = entry.counter
        if entry.seen > session.seen:
            session.seen = min(entry.seen, session.counter)
            oldest = session.seen - REJECTED_BEHIND_SEEN
            session.rejected = [r for r in session.rejected if r.counter > oldest]
        self.state.operations += 1
        applied.operations += 1
        try:
            if isinstance(entry, RefusedEntry):
                raise Rejected(entry.code)
            self._reduce(entry, session, context)
        except Rejected as rejected:
            rejection = Rejection(entry.counter, rejected.code, rejected.message)
            outcomes.rejected.append(rejection)
            # The sentence stays out of the state: another version may word it differently.
            session.rejected.append(Rejection(entry.counter, rejected.code))
            del session.rejected[:-REJECTED_KEPT_MAX]
            return rejected.code
        return SAVED

    def _reduce(self, entry: OperationEntry, session: Session, context: Context) -> None:
        decoder = self._bodies.operation(entry.app, entry.type)
        role = self.state.persons[session.person].role
        if self.state.level < 2 and role not in FIRST_ROLES:
            raise Rejected("not_allowed")
        right = self.applications[entry.app].rights.get(entry.type)
        if not allowed(right, role, self.state.locks):
            raise Rejected("not_allowed")
        body = decode_body(decoder, entry.body)
        context.within(entry.app, session, entry.counter)
        self.applications[entry.app].reduce(self.state.apps[entry.app], body, context)
        if self.state.level >= 2:
            wrote = self.state.persons[session.person].wrote
            wrote[entry.app] = wrote.get(entry.app, 0) + 1

    def _attach(self, entry: AttachEntry, context: Context) -> tuple[str, int]:
        session = self.state.sessions.get(entry.session)
        if session is None:
            if entry.session in self.state.closed or entry.grant is None:
                return "session_closed", 0
            if entry.generation != 1:
                return "attach_refused", 0
            if len(self.state.sessions) >= SESSIONS_MAX:
                return "server_busy", 0
            if self.state.level >= 2:
                code = self._admit(entry.grant)
                if code:
                    return code, 0
            session = self._join(entry, entry.grant)
            self._tell_session(SessionChange.JOINED, session, "", context)
            return SAVED, 1
        if entry.grant is not None and entry.grant.proof != session.proof:
            return "ticket_used", session.generation
        if entry.generation != session.generation + 1:
            return "attach_refused", session.generation
        was_attached = session.attached
        session.generation = entry.generation
        session.server = entry.server
        session.attached = True
        context.cancel_timer(EXPIRY_PREFIX + session.id)
        if not was_attached:
            self.presence.attached(session)
            self._tell_session(SessionChange.ATTACHED, session, "", context)
        return SAVED, session.generation

    def _admit(self, grant: Grant) -> str:
        """Lets somebody in through the doors, or gives the code of their refusal."""
        state = self.state
        if state.doors is None:
            state.doors, state.locks = doors_of(grant.plan)
        doors = state.doors
        present = self.presence.count if doors.participants_max else 0
        admitted = admit(state, doors, grant, present, state.time_ms)
        if isinstance(admitted, str):
            if admitted == "passcode_wrong":
                note_wrong_passcode(doors, grant.address, state.time_ms)
            return admitted
        if grant.role == Role.HOST:
            doors.ended = ""
            doors.empty_since_ms = 0
        person = state.persons.get(grant.person)
        if person is None:
            name = name_of(doors, state.locks, grant, admitted.role)
            person = Person(grant.person, name, admitted.role, state.time_ms, admitted.wants)
            state.persons[grant.person] = person
        elif grant.role == Role.HOST:
            person.before = ""
            if person.role != Role.HOST:
                person.returns = Role.HOST  # the roster gives it and tells
        return ""

    def _join(self, entry: AttachEntry, grant: Grant) -> Session:
        state = self.state
        if grant.person not in state.persons:
            state.persons[grant.person] = Person(
                grant.person, grant.name, grant.role, state.time_ms
            )
        state.numbers += 1
        session = Session(
            entry.session, state.numbers, grant.person, 1, entry.server, True, grant.proof
        )
        if state.level >= 2:
            session.device = grant.device
        state.sessions[session.id] = session
        self.presence.opened(session)
        return session

    def _away(self, entry: AwayEntry, context: Context) -> str:
        session = self.state.sessions.get(entry.session)
        if session is None or session.generation != entry.generation or not session.attached:
            return STALE
        session.attached = False
        session.away_since_ms = self.state.time_ms
        self.presence.away(session)
        waits = self.state.persons[session.person].role == Role.WAITING
        lifetime_ms = WAITING_LIFETIME_MS if waits else SESSION_LIFETIME_MS
        context.set_timer(EXPIRY_PREFIX + session.id, self.state.time_ms + lifetime_ms)
        self._tell_session(SessionChange.AWAY, session, "", context)
        return SAVED

    def _here(self, entry: HereEntry, context: Context) -> str:
        session = self.state.sessions.get(entry.session)
        if session is None or session.generation != entry.generation or session.attached:
            return STALE
        session.attached = True
        self.presence.attached(session)
        context.cancel_timer(EXPIRY_PREFIX + session.id)
        self._tell_session(SessionChange.ATTACHED, session, "", context)
        return SAVED

    def _timer(self, entry: TimerEntry, context: Context) -> str:
        timer = self.state.timers.get(entry.id)
        if (
            timer is None
            or timer.deadline_ms != entry.deadline_ms
            or self.state.time_ms < timer.deadline_ms
        ):
            return STALE
        del self.state.timers[entry.id]
        if entry.id.startswith(EXPIRY_PREFIX):
            context.close_session(entry.id.removeprefix(EXPIRY_PREFIX), "expired")
        elif timer.app in self.state.apps:
            context.within(timer.app, None)
            self.applications[timer.app].on_timer(self.state.apps[timer.app], entry.id, context)
        return SAVED

    def _service(self, entry: ServiceEntry, context: Context) -> str:
        try:
            body = decode_body(self._bodies.service_operation(entry.app, entry.type), entry.body)
            context.within(entry.app, None)
            self.applications[entry.app].reduce(self.state.apps[entry.app], body, context)
        except Rejected as rejected:
            return rejected.code
        return SAVED

    def _level(self, entry: LevelEntry, context: Context, applied: Applied) -> str:
        """Caller: has made sure that this code knows the level."""
        if entry.level <= self.state.level:
            return DUPLICATE
        self.state.level = applied.level = entry.level
        self._at_level()
        context.within(CONFERENCE, None)
        context.emit("level", {"level": entry.level})
        for name in self._names:
            context.within(name, None)
            self.applications[name].on_level(self.state.apps[name], context)
        return SAVED

    # Sessions

    def _close_asked(self, context: Context, applied: Applied) -> None:
        state = self.state
        for id_, reason in context.closing:
            session = state.sessions.pop(id_, None)
            if session is None:
                continue
            closed = ClosedSession(session.counter, state.sequence, reason, session.rejected)
            state.closed[id_] = applied.closed[id_] = closed
            context.cancel_timer(EXPIRY_PREFIX + id_)
            self.presence.closed(session)
            self._tell_session(SessionChange.CLOSED, session, reason, context)
            if not self.presence.sessions_of(session.person):
                self._forget(state.persons.pop(session.person))
        context.closing.clear()
        while len(state.closed) > CLOSED_KEPT_MAX:
            oldest = next(iter(state.closed))
            state.closed_floor = max(state.closed_floor, state.closed.pop(oldest).sequence)

    def _forget(self, person: Person) -> None:
        """Somebody's last session closed: who was let in is known when they come back."""
        doors = self.state.doors
        if doors is not None and person.id not in doors.bans:
            role = person.returns or person.before or person.role
            note_known(doors, person.id, role, person.name)

    def _tell_session(
        self, change: SessionChange, session: Session, reason: str, context: Context
    ) -> None:
        counter = context.counter
        for name in self._names:
            context.within(name, session, counter)
            self.applications[name].on_session(
                self.state.apps[name], change, session, reason, context
            )


_canonical_encoder = msgspec.msgpack.Encoder(order="deterministic")


def canonical(state: ConferenceState) -> bytes:
    """One encoding for equal states, whatever the order in which their parts came to be."""
    return _canonical_encoder.encode(state)


def new_state(conference: str, epoch: str, level: int = LEVEL_FIRST) -> ConferenceState:
    """The state before the first batch. Caller: another level than the first is for tests."""
    return ConferenceState(conference, epoch, level=level)
