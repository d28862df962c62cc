"""Host: one conference on one collaboration server, between its clients and its log.

Sans-IO. Inputs are methods (a client's frame, a committed batch, the outcome of a publish, a tick),
each with the time; what is to be done is collected and taken by `take_effects` once per loop turn.
`ingress` holds the way of operations in, `outgoing` what clients are sent, `attachment` who comes
and goes, this file the log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from folkmoot.apps.reactions import Gatherer
from folkmoot.conference.application import Applications
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import AwayEntry
from folkmoot.conference.replica import Fenced, Replica
from folkmoot.ports import LogMessage
from folkmoot.protocol.frames import Outcomes, Saving, Servers, encode, live_sender
from folkmoot.servers.collaboration.attachment import Attachments, SignSession
from folkmoot.servers.collaboration.delivery import Delivery
from folkmoot.servers.collaboration.effects import PublishAhead
from folkmoot.servers.collaboration.log_clock import LogClock
from folkmoot.servers.collaboration.preview import Told
from folkmoot.settings import Settings

RENEW_REVISION: Final = 2


class ConferenceHost(Attachments):
    """What the log brings, and what is shown before it does."""

    def __init__(
        self,
        server: str,
        replica: Replica,
        applications: Applications,
        settings: Settings,
        sign_session: SignSession,
    ) -> None:
        super().__init__(server, replica, applications, settings, sign_session)
        self.reactions = Gatherer()
        self.clock = LogClock()
        self.previewed = False
        self.moved = False
        self.own_batch_last = False
        self.on_applied: Callable[[Applied, int], None] | None = None

    @property
    def restless(self) -> bool:
        """Whether something here waits for the next tick; else a few a second are enough."""
        return bool(
            not self.batcher.idle
            or self.saving_paused
            or self.replica.missing is not None
            or self.previewed
            or self.previews.waits
            or self.reactions.waits
            or self.departures
            or any(m.held or m.move_by_ms or m.waiting for m in self.members.values())
        )

    # Previews

    def show(self, told: Sequence[Told]) -> None:
        """Previews, also for who waits to be attached: that waits for the log as well."""
        if told:
            self.previewed = True
            self._tell_seeing(told)

    def show_due(self, now_ms: int) -> None:
        """Shows what was published a while ago and is not confirmed."""
        self.show(self.previews.due(self.replica.state, now_ms))

    def ahead_seen(self, payload: bytes) -> None:
        """What waits on some server behind a batch that is held up."""
        self.show(self.previews.ahead(self.replica.state, payload))

    def tell_ahead(self, now_ms: int) -> None:
        """Tells all servers what newly waits behind our batch, if that is held up."""
        payload = self.batcher.ahead(self.replica.sequence, now_ms)
        if payload is not None:
            self.do(PublishAhead(payload))
            self.ahead_seen(payload)

    def _tell_seeing(self, told: Sequence[Told]) -> None:
        """Tells what concerns no state: to those it is for, also who waits to be attached."""
        if not told:
            return
        waiting = [member for member in self._waiting if self._may_see(member)]
        here = [member for member in self._by_session.values() if not member.in_lobby]
        for member in (*here, *waiting):
            for one in told:
                if one.is_for(member.person):
                    self.send(member, one.frame)

    # The log

    def live_message(self, message: LogMessage, now_ms: int) -> None:
        """A republished batch. Errors: `Fenced`."""
        self.clock.observe(message.time_ms, now_ms)
        self._applied(self.replica.receive_live(message), now_ms)
        if self.replica.missing is not None:
            self._do_if(self.catch_up.ask(now_ms))

    def page(self, messages: Sequence[LogMessage], *, read: int, more: bool, now_ms: int) -> None:
        """The answer to a `Fetch`. Errors: `Fenced`."""
        applied, fetch = self.catch_up.page(messages, read=read, more=more, now_ms=now_ms)
        self._do_if(fetch)
        self._applied(applied, now_ms)

    def page_failed(self, read: int, now_ms: int) -> None:
        self.catch_up.failed(read, now_ms)

    def published(self, batch: int, sequence: int, now_ms: int) -> None:
        """The engine stored the batch at `sequence`; its copy should arrive at once.

        Errors: `Fenced` when the replica passed that place without having seen the batch.
        """
        if sequence <= self.replica.sequence and self.batcher.awaits(batch):
            raise Fenced(self.conference, sequence, "our own batch is missing in what was applied")
        self.batcher.published(batch)
        self.replica.expect(sequence)
        self._set_saving_paused(False)
        self.publish_next(now_ms)
        self.look_for_missing(now_ms)

    def publish_failed(self, batch: int, now_ms: int, *, full: bool) -> None:
        self.batcher.unknown(batch, now_ms, full=full)
        if full:
            self._set_saving_paused(True)

    def head(self, sequence: int, digest: bytes, now_ms: int) -> None:
        """Another replica's head, of the same epoch. Errors: `Fenced` when it differs."""
        self.replica.compare(sequence, digest)
        self.replica.expect(sequence)
        self.look_for_missing(now_ms)

    def reconnected(self, now_ms: int) -> None:
        """The engine's connection is back: read what may have been missed."""
        self._do_if(self.catch_up.reconnected(now_ms))

    def check_saving(self, now_ms: int) -> None:
        """Tells clients when commits do not get through."""
        if self.batcher.waiting_ms(now_ms) >= self.settings.publish_timeout_ms:
            self._set_saving_paused(True)

    def _set_saving_paused(self, paused: bool) -> None:
        if paused != self.saving_paused:
            self.saving_paused = paused
            self._tell_seeing([Told(encode(Saving(paused)))])

    def _applied(self, batches: Sequence[Applied], now_ms: int) -> None:
        for applied in batches:
            self.moved = True
            ours = self.own_batch_last = applied.server == self.server
            first_copy = not ours or self.batcher.applied(
                applied.batch, applied.checksum, ignored=bool(applied.ignored)
            )
            self._distribute(applied, now_ms)
            self._tell_seeing(self.previews.applied(applied))
            self._unstick(applied)
            for outcome in applied.attaches:
                if not outcome.code:
                    self._attached(outcome, now_ms)
                elif first_copy:
                    self._refused(outcome)
            for session, closed in applied.closed.items():
                self.departures.pop(session, None)
                member = self._by_session.get(session)
                if member is not None:
                    self.close(member, "session_closed", closed=closed)
            if ours:
                self._set_saving_paused(False)
            if self.on_applied is not None:
                self.on_applied(applied, now_ms)
        if batches:
            self.publish_next(now_ms)
            self.look_for_missing(now_ms)

    def _unstick(self, applied: Applied) -> None:
        """Operations that came out of order were not taken: their client sends them again.

        So it is when a batch of ours was ignored and the next one was not.
        """
        for session, generation in applied.out_of_order.items():
            member = self._by_session.get(session)
            if member is not None and member.generation == generation:
                self.close(member, "too_many_operations", after_queued=True)

    def _distribute(self, applied: Applied, now_ms: int) -> None:
        if applied.events:
            delivery = Delivery(applied)
            self.backlog.add(delivery)
            # What nobody here said in a member's name was gathered before, or is rare.
            soon = bool(applied.outcomes)
            for member in self._by_session.values():
                if not member.in_lobby and member.person not in applied.renewed:
                    self._deliver(member, delivery, soon=soon)
        for member in self._by_session.values() if applied.renewed or applied.level else ():
            # At a higher level applications may have appeared, which a client must be shown.
            seen = applied.level and member.revision >= RENEW_REVISION
            if seen or (member.person in applied.renewed and applied.sequence > member.position):
                self._renew(member)
        for session, outcomes in applied.outcomes.items():
            author = self._by_session.get(session)
            if author is not None:
                frame = Outcomes(applied.sequence, outcomes.through, outcomes.rejected)
                self.send(author, encode(frame))
                if not all(author.rejections.take(now_ms) for _ in outcomes.rejected):
                    self.close(author, "too_many_rejections", after_queued=True)

    def live_received(self, payload: bytes, now_ms: int) -> None:
        """Somebody's ephemeral message, an encoded `LiveRelay`, for all but its sender."""
        number = live_sender(payload)
        for member in self._by_session.values():
            if member.number != number and not member.in_lobby:
                self.send_soon(member, payload)

    # The zone

    def servers_changed(self, paths: list[str], away: Sequence[str] = ()) -> None:
        """A new ranking of servers, or other services away than before, told to every client."""
        if paths == self.paths and list(away) == self.services_away:
            return
        self.paths, self.services_away = paths, list(away)
        self.tell_all([encode(Servers(paths, self.services_away))])

    def away(self, session: str, generation: int, now_ms: int) -> None:
        self.add_entry(AwayEntry(session, generation), now_ms)
