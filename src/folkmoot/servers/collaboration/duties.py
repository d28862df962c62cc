"""Duties: what a conference's host does by the clock rather than at somebody's word.

Pure. Every duty may be done by several servers at once without harm: the log takes the first and
ignores the others.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from folkmoot.apps.breakouts import BreakoutsState, to_carry
from folkmoot.apps.documents import DocumentsState, awaited, next_task
from folkmoot.apps.exports import ExportsState, needs_work
from folkmoot.apps.files import FilesState
from folkmoot.apps.reactions import TOLD_TOPIC
from folkmoot.apps.slides import SlidesState
from folkmoot.apps.slides import needs_work as slides_due
from folkmoot.apps.slides.conversion import uploads_waiting
from folkmoot.conference.batch import HereEntry, TimerEntry
from folkmoot.protocol.frames import LiveRelay, encode
from folkmoot.servers.applications.work import BREAKOUTS, DOCUMENTS, EXPORT, FILES, SLIDES
from folkmoot.servers.collaboration.effects import Publish, PublishLive, RequestWork
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.collaboration.snapshots import Snapshots

SWEEP_AFTER_MS: Final = 5_000
"""How long a session's server must be gone before the session is said to be away."""

AGAIN_AFTER_MS: Final = 5_000
"""A duty whose effect is not seen is done again after this."""

SLOW_EVERY_MS: Final = 1_000
TIMERS_EVERY_MS: Final = 250
"""How often deadlines are looked at: people see what comes of one, such as a poll's next count."""


class Duties:
    """Called on every tick."""

    def __init__(self, host: ConferenceHost) -> None:
        self._host = host
        self._slow_at_ms = 0
        self._timers_at_ms = 0
        self._compaction_at_ms = 0
        self._gone_since_ms: dict[str, int] = {}
        self._done_at_ms: dict[str, int] = {}
        self._snapshots = Snapshots(host)

    def tick(self, now_ms: int, wall_ms: int, alive: Collection[str]) -> None:
        """Shape: `now_ms` is monotonic, `wall_ms` since 1970; `alive` are the zone's servers."""
        host = self._host
        retry = host.batcher.retry_due(now_ms)
        if retry is not None:
            host.do(Publish(*retry))
        host.publish_next(now_ms)
        host.check_saving(now_ms)
        host.show_due(now_ms)
        host.tell_ahead(now_ms)
        host.let_early_send(now_ms)
        host.look_for_missing(now_ms)
        host.close_unmoved(now_ms)
        self._departures(now_ms)
        self._reactions(now_ms)
        if now_ms >= self._timers_at_ms:
            self._timers_at_ms = now_ms + TIMERS_EVERY_MS
            self._timers(now_ms, host.clock.at(now_ms, wall_ms))
            self._slides(now_ms)
        if now_ms >= self._slow_at_ms:
            self._slow_at_ms = now_ms + SLOW_EVERY_MS
            self._sweep(now_ms, alive)
            self._contradict(now_ms)
            if host.lacks_level and self._due("level", now_ms):
                host.add_level(now_ms)
            time_ms = host.clock.at(now_ms, wall_ms)
            self._documents(now_ms, time_ms)
            self._snapshots.settle(now_ms, time_ms)
            self._exports(now_ms)
            self._breakouts(now_ms)
            self._files(now_ms)

    def _reactions(self, now_ms: int) -> None:
        told = self._host.reactions.due(now_ms)
        if told:
            body = msgspec.Raw(msgspec.msgpack.encode(told))
            self._host.do(PublishLive(encode(LiveRelay(0, TOLD_TOPIC, body))))

    def _departures(self, now_ms: int) -> None:
        host = self._host
        due = [s for s, (_, at_ms) in host.departures.items() if now_ms >= at_ms]
        for session in due:
            generation, _ = host.departures.pop(session)
            held = host.replica.state.sessions.get(session)
            if held is not None and held.attached and held.generation == generation:
                host.away(session, generation, now_ms)

    def _sweep(self, now_ms: int, alive: Collection[str]) -> None:
        host = self._host
        if host.server not in alive:
            # The zone's table is blind (no engine, or just started): nobody can be called gone.
            self._gone_since_ms.clear()
            return
        sessions = host.replica.state.sessions.values()
        servers = dict.fromkeys(s.server for s in sessions if s.attached)
        gone = [s for s in servers if s not in alive]
        self._gone_since_ms = {s: self._gone_since_ms.get(s, now_ms) for s in gone}
        for session in list(sessions):
            since = self._gone_since_ms.get(session.server)
            if session.attached and since is not None and now_ms - since >= SWEEP_AFTER_MS:
                if self._due(f"away/{session.id}/{session.generation}", now_ms):
                    host.away(session.id, session.generation, now_ms)
            elif (
                session.attached
                and session.server == host.server
                and session.id not in host.departures
                and host.member_of(session.id) is None
                and self._due(f"lost/{session.id}/{session.generation}", now_ms)
            ):
                host.departures[session.id] = (
                    session.generation,
                    now_ms + host.settings.away_grace_ms,
                )

    def _contradict(self, now_ms: int) -> None:
        """Says that a member is here whom another server took for away."""
        host = self._host
        for session in host.replica.state.sessions.values():
            if session.attached or session.server != host.server:
                continue
            member = host.member_of(session.id)
            if member is None or member.generation != session.generation:
                continue
            if self._due(f"here/{session.id}/{session.generation}", now_ms):
                host.add_entry(HereEntry(session.id, session.generation), now_ms)

    def _timers(self, now_ms: int, time_ms: int) -> None:
        for id_, timer in list(self._host.replica.state.timers.items()):
            if timer.deadline_ms <= time_ms and self._due(
                f"timer/{id_}/{timer.deadline_ms}", now_ms
            ):
                self._host.add_entry(TimerEntry(id_, timer.deadline_ms), now_ms)

    def _due(self, duty: str, now_ms: int) -> bool:
        """Whether a duty was not done just now; notes that it is done."""
        if now_ms - self._done_at_ms.get(duty, -AGAIN_AFTER_MS) < AGAIN_AFTER_MS:
            return False
        if len(self._done_at_ms) > 1_000:
            self._done_at_ms = {
                d: at for d, at in self._done_at_ms.items() if now_ms - at < AGAIN_AFTER_MS
            }
        self._done_at_ms[duty] = now_ms
        return True

    def _documents(self, now_ms: int, time_ms: int) -> None:
        """Asks the documents server for what is due; at once for what somebody waits for."""
        documents: DocumentsState = self._host.replica.state.apps["documents"]
        for id_, document in documents.documents.items():
            waited = awaited(document)
            if waited and self._due(f"documents/{id_}/{waited}", now_ms):
                self._host.do(RequestWork(DOCUMENTS, id_))
        if now_ms < self._compaction_at_ms:
            return
        self._compaction_at_ms = now_ms + AGAIN_AFTER_MS
        for id_, document in documents.documents.items():
            if next_task(document, time_ms, self._host.settings) and not awaited(document):
                self._host.do(RequestWork(DOCUMENTS, id_))
        for id_ in documents.purging:
            self._host.do(RequestWork(DOCUMENTS, id_))

    def _exports(self, now_ms: int) -> None:
        """Tells export servers of what waits, and again for as long as one is not through."""
        exports: ExportsState | None = self._host.replica.state.apps.get("exports")
        if exports is None:
            return
        for id_, export in needs_work(exports):
            if self._due(f"export/{id_}/{export.phase}/{export.attempt}", now_ms):
                self._host.do(RequestWork(EXPORT))
                return

    def _breakouts(self, now_ms: int) -> None:
        """Asks that orders be carried into breakouts, and results out of them."""
        breakouts: BreakoutsState | None = self._host.replica.state.apps.get("breakouts")
        if breakouts is None:
            return
        due = ",".join(f"{r.conference}{r.ordered}{r.told}" for r in to_carry(breakouts))
        if due and self._due(f"breakouts/{due}", now_ms):
            self._host.do(RequestWork(BREAKOUTS))

    def _files(self, now_ms: int) -> None:
        """Asks that what no file names any more be deleted."""
        files: FilesState | None = self._host.replica.state.apps.get("files")
        if (
            files is not None
            and files.removing
            and self._due(f"files/{files.removing[0]}/{len(files.removing)}", now_ms)
        ):
            self._host.do(RequestWork(FILES))

    def _slides(self, now_ms: int) -> None:
        """Asks that slides be converted, soon: people wait for the first page."""
        state = self._host.replica.state
        slides: SlidesState | None = state.apps.get("slides")
        if slides is None:
            return
        waiting = [f"{i}/{deck.phase}/{deck.attempt}" for i, deck in slides_due(slides)]
        for due in (*waiting, *uploads_waiting(state)):
            if self._due(f"slides/{due}", now_ms):
                self._host.do(RequestWork(SLIDES))
                return

    def snapshot_if_due(self) -> None:
        """Caller: after batches were applied."""
        self._snapshots.take_if_due()
