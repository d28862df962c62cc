"""Attachment: who comes to a conference on one server, goes, and is sent elsewhere.

Sans-IO; the part of a conference's host that knows sessions. What members say and what the log
decides of it is `host`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from folkmoot.conference.application import Applications
from folkmoot.conference.applied import AttachOutcome
from folkmoot.conference.batch import AttachEntry, Entry, Grant, LevelEntry
from folkmoot.conference.replica import Replica
from folkmoot.conference.rights import Role
from folkmoot.conference.state import ClosedSession, Session
from folkmoot.protocol.codes import BY_NAME
from folkmoot.protocol.frames import Attaching, Fault, Move, Resume, Saving, Servers, encode
from folkmoot.servers.collaboration.admission import refused_at_once, without_plan
from folkmoot.servers.collaboration.batcher import STALLED_AFTER_MS, Batcher
from folkmoot.servers.collaboration.catchup import CatchUp
from folkmoot.servers.collaboration.delivery import Backlog, Delivery
from folkmoot.servers.collaboration.effects import Publish
from folkmoot.servers.collaboration.greetings import welcome
from folkmoot.servers.collaboration.member import Member
from folkmoot.servers.collaboration.outgoing import Outgoing
from folkmoot.servers.collaboration.pace import COMMIT_APART_MS, MANY, Pace
from folkmoot.servers.collaboration.preview import Previews
from folkmoot.settings import Settings

MOVE_REVISION: Final = 2
EARLY_REVISION: Final = 2
MOVE_WITHIN_MS: Final = 5_000
"""How long a client that is sent elsewhere is served on; then it is closed."""

SignSession = Callable[[str, str, str], str]
"""(conference, session, person) -> session token."""


class Attachments(Outgoing):
    """Members and their sessions, and the way into the log that attaching takes as well.

    Caller: hands over the outcomes of attaches, `_attached` and `_refused`, as the log tells them.
    """

    def __init__(
        self,
        server: str,
        replica: Replica,
        applications: Applications,
        settings: Settings,
        sign_session: SignSession,
    ) -> None:
        super().__init__()
        self.conference = replica.conference
        self.server = server
        self.replica = replica
        self.applications = applications
        self.settings = settings
        self.zone_level = replica.state.level
        self.batcher = Batcher(
            server, replica.epoch, settings.batch_bytes_max, settings.batch_entries_max
        )
        self.backlog = Backlog(
            replica.sequence, settings.backlog_batches_max, settings.backlog_bytes_max
        )
        self.catch_up = CatchUp(replica, settings.republish_wait_ms)
        self.previews = Previews(applications)
        self.departures: dict[str, tuple[int, int]] = {}
        self.paths: list[str] = []
        self.services_away: list[str] = []
        self.saving_paused = False
        self._sign_session = sign_session
        self._commits = Pace(COMMIT_APART_MS)
        self._hurry = False

    def add_entry(self, entry: Entry, now_ms: int, size_bytes: int = 0) -> None:
        """Queues an entry for the log and publishes when nothing is in flight."""
        self.batcher.add(entry, size_bytes)
        self._hurry = True
        self.publish_next(now_ms)

    def add_typed(self, entry: Entry, size_bytes: int) -> None:
        """Queues what editors that are not ours wrote; where many listen, it waits for more.

        What our own clients write does not: they send the next stroke when this one is saved, and
        would wait twice.
        Caller: `publish_next` then, and again at `commit_due_ms`.
        """
        self.batcher.add(entry, size_bytes)

    def publish_next(self, now_ms: int) -> None:
        """Publishes what waits, if nothing is in flight and it is not to be gathered."""
        if not self._hurry and self.typed_at_ms(now_ms) > now_ms:
            return
        batch = self.batcher.next_batch(self.replica.sequence, now_ms)
        if batch is not None:
            if not self._hurry:
                self._commits.take(now_ms, self.listeners)
            self._hurry = self._hurry and self.batcher.waits
            self.do(Publish(*batch))

    @property
    def gathers(self) -> bool:
        """Whether so many listen that what is typed is gathered."""
        return self.listeners >= MANY

    def typed_at_ms(self, now_ms: int) -> int:
        """When what is typed now may go to the log: at once, or a moment after the last commit."""
        return now_ms if self._commits.may(now_ms, self.listeners) else self._commits.due_ms

    @property
    def commit_due_ms(self) -> int:
        """When to call `publish_next` for what is gathered; 0 when nothing is."""
        return 0 if self._hurry or not self.batcher.ready else self._commits.due_ms

    @property
    def lacks_level(self) -> bool:
        """Whether the conference is below the zone's level."""
        return self.replica.state.level < self.zone_level

    def add_level(self, now_ms: int) -> None:
        """Raises the conference to the zone's level; harmless when another server does it, too."""
        self.add_entry(LevelEntry(self.zone_level), now_ms)

    def look_for_missing(self, now_ms: int) -> None:
        """Fetches what a head or an acknowledgement told of, once it is overdue."""
        self._do_if(self.catch_up.look(now_ms))

    # Who comes and goes

    def attach(
        self,
        connection: int,
        session: str,
        person: str,
        generation: int,
        now_ms: int,
        *,
        grant: Grant | None = None,
        resume: Resume | None = None,
        revision: int = 1,
    ) -> None:
        """A checked `join` (with what it grants) or `resume` (with the frame itself)."""
        member = self.members.get(connection)
        if member is not None and (member.attached or member.waiting or member.session != session):
            self.close(member, "frame_malformed", message="A connection is attached once.")
            return
        if member is None:
            member = Member(connection, session, person, self.settings, now_ms)
            self.members[connection] = member
        grant = without_plan(self.replica, grant)
        refused = refused_at_once(self.replica, session, grant)
        if refused:
            self.close(member, refused)
            return
        member.generation = generation
        member.early = False
        member.grant = grant
        member.revision = revision
        if resume is not None:
            member.asked, member.seen = resume.position, resume.seen
            member.known_number = resume.number
            if resume.position.epoch == self.replica.epoch:
                self.replica.expect(resume.position.sequence)
        self._waiting.add(member)
        if self.lacks_level and self.replica.sequence == 0:
            # In the batch of the first attach: a new conference is at its level from the beginning.
            self.batcher.add(LevelEntry(self.zone_level))
        if self._may_see(member):
            self._show_current(member)
        self.add_entry(AttachEntry(session, generation, self.server, grant), now_ms)
        self.look_for_missing(now_ms)

    def disconnected(self, connection: int, now_ms: int) -> None:
        """The connection is gone; its session becomes away unless it is attached again soon."""
        member = self._forget(connection)
        if member is not None and member.attached:
            self._depart(member.session, member.generation, now_ms)

    def move(
        self, member: Member, paths: list[str], now_ms: int, *, may_stay: bool = False
    ) -> None:
        """Sends a client on to one of these servers; it is served until it is attached there.

        One that does not know how is closed, and finds another server by itself; one that
        `may_stay` is left alone, and served on when it does not go.
        """
        if member.revision >= MOVE_REVISION and paths:
            member.may_stay = may_stay
            member.move_by_ms = now_ms + MOVE_WITHIN_MS
            self.send(member, encode(Move(paths, MOVE_WITHIN_MS)))
        elif not may_stay:
            self.let_go(member, now_ms)

    def close_unmoved(self, now_ms: int) -> None:
        """Who should have gone elsewhere by now is let go. Caller: on each tick."""
        for member in [m for m in self.members.values() if 0 < m.move_by_ms <= now_ms]:
            if member.may_stay:
                member.move_by_ms = 0
            else:
                self.let_go(member, now_ms)

    def let_go(self, member: Member, now_ms: int) -> None:
        """Should it not arrive anywhere, it becomes away like any other that is lost."""
        self._depart(member.session, member.generation, now_ms)
        self.close(member, "going_away", after_queued=True)

    def _depart(self, session: str, generation: int, now_ms: int) -> None:
        self.departures[session] = (generation, now_ms + self.settings.away_grace_ms)

    def _attached(self, outcome: AttachOutcome, now_ms: int) -> None:
        """An attach was accepted somewhere: ours is welcomed, an older one is taken over."""
        older = self._by_session.get(outcome.session)
        if older is not None and older.generation < outcome.generation:
            self.close(older, "taken_over")
        if outcome.server != self.server:
            return
        member = self._waiting.take(outcome.session, outcome.generation)
        session = self.replica.state.sessions.get(outcome.session)
        if member is None:
            self._depart(outcome.session, outcome.generation, now_ms)
        elif session is None:  # accepted and closed within what was applied at once
            self._close_ended(member)
        elif not member.is_of(session):
            self._close_forgotten(member, session, now_ms)
        elif member.seen > session.counter and member.asked.epoch != self.replica.epoch:
            self._close_newer(member, session, now_ms)
        else:
            self.departures.pop(outcome.session, None)
            self._welcome(member, session)

    def _refused(self, outcome: AttachOutcome) -> None:
        if outcome.server != self.server:
            return
        member = self._waiting.take(outcome.session, outcome.generation)
        if member is None:
            return
        if outcome.code == "attach_refused":
            fault = Fault(outcome.code, BY_NAME[outcome.code].message, generation=outcome.current)
            self.send(member, encode(fault))
            return
        if outcome.code == "session_closed":
            self._close_ended(member)
        else:
            self.close(member, outcome.code)

    def _close_newer(self, member: Member, session: Session, now_ms: int) -> None:
        """The client was told outcomes that this log does not hold: it is restored from a backup.

        Its counters could never go on here. Above the last one nothing took effect, so the client
        may join again and send that anew.
        """
        closed = ClosedSession(
            session.counter, self.replica.state.sequence, "restored", session.rejected
        )
        self._depart(session.id, session.generation, now_ms)
        self.close(member, "session_closed", closed=closed)

    def _close_forgotten(self, member: Member, session: Session, now_ms: int) -> None:
        """The client's own session was closed so long ago that its id was given once more."""
        self._depart(session.id, session.generation, now_ms)
        self.close(member, "token_expired")

    def _close_ended(self, member: Member) -> None:
        """Its session is closed, or was so long ago that nothing is known of it any more.

        Then nothing may be said of its last counter: the client must not send anything again.
        """
        closed = self.replica.state.closed.get(member.session)
        self.close(member, "session_closed" if closed else "token_expired", closed=closed)

    def _welcome(self, member: Member, session: Session) -> None:
        person = self.replica.state.persons[member.person]
        asked = member.asked
        missed = None
        if (
            asked.epoch == self.replica.epoch
            and 0 < asked.sequence >= person.view_from
            and person.role != Role.WAITING
        ):
            missed = self.backlog.since(asked.sequence)
        member.attached = True
        member.number = session.number
        known = member.next_counter if member.early else 0
        member.next_counter = max(session.counter + 1, known)
        member.early = False
        self._by_session[member.session] = member
        self._greet(member, session, asked.sequence if missed is not None else None)
        for delivery in missed or ():
            self._deliver(member, delivery)
        self._show_current(member)

    def _greet(self, member: Member, session: Session, position: int | None) -> None:
        """Sends a welcome: for a client that goes on from `position`, or with whole views."""
        state = self.replica.state
        member.in_lobby = state.persons[member.person].role == Role.WAITING
        member.position = state.sequence if position is None else position
        views = self.views(member.person) if position is None else None
        frame = welcome(
            member,
            session,
            self.replica,
            views,
            server=self.server,
            token=self._sign_session(self.conference, member.session, member.person),
            rate_per_s=self.settings.operations_per_s,
        )
        self.send(member, frame)
        if self.paths or self.services_away:
            self.send(member, encode(Servers(self.paths, self.services_away)))

    def let_early_send(self, now_ms: int) -> None:
        """Takes operations of those whose attachment waits behind a batch that is held up.

        They follow it in the log: should that refuse it, it ignores them too.
        """
        if self.batcher.waiting_ms(now_ms) < STALLED_AFTER_MS:
            return
        for member in self._waiting:
            session = self.replica.state.sessions.get(member.session)
            if (
                not member.early
                and member.revision >= EARLY_REVISION
                and session is not None
                and member.is_of(session)
                and self._may_see(member)
                and session.generation + 1 == member.generation
                and session.counter >= member.seen
                and member.asked.epoch == self.replica.epoch
                and member.asked.sequence <= self.replica.sequence
            ):
                member.early = True
                # As the Yjs client of that number their edits are checked.
                member.number = session.number
                member.next_counter = session.counter + 1
                self.send(member, encode(Attaching(member.generation)))

    def _show_current(self, member: Member) -> None:
        for frame in () if member.in_lobby else self.previews.current(member.person):
            self.send(member, frame)
        if self.saving_paused:
            self.send(member, encode(Saving(True)))

    def _renew(self, member: Member) -> None:
        """What may be seen changed altogether: what was queued goes, whole views come."""
        session = self.replica.state.sessions.get(member.session)
        if session is not None:
            member.chunks = []
            self._greet(member, session, None)
            self._show_current(member)

    def views(self, person: str) -> dict[str, Any]:
        """What this person sees of each application, at the replica's position.

        Who waits in the lobby sees of the roster that they wait, and of all else nothing.
        """
        state = self.replica.state
        waits = state.persons[person].role == Role.WAITING
        return {
            name: self.applications[name].view(app, state, person)
            for name, app in state.apps.items()
            if not waits or name == "roster"
        }

    def _may_see(self, member: Member) -> bool:
        """Whether a waiting member comes back to a session that is open and not taken over."""
        state = self.replica.state
        session = state.sessions.get(member.session)
        if session is None or session.generation >= member.generation:
            return False
        return state.persons[session.person].role != Role.WAITING

    def _deliver(self, member: Member, delivery: Delivery, *, soon: bool = False) -> None:
        if delivery.sequence <= member.position:
            return
        frame = delivery.frame(member.person, member.position)
        if frame is not None:
            member.position = delivery.sequence
            (self.send_soon if soon else self.send)(member, frame)
