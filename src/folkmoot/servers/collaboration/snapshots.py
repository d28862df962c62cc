"""When a conference's state is snapshotted. Pure.

Under way after so many operations; and where it has become quiet, twice: the log is trimmed up to
the snapshot before the newest, so only the second one lets go of what was said before the quiet.
"""

from __future__ import annotations

from typing import Final

from folkmoot.apps.chat_state import ChatState
from folkmoot.apps.documents import DocumentsState, next_task
from folkmoot.conference.batch import TimerEntry
from folkmoot.conference.snapshot import pack_state
from folkmoot.servers.collaboration.effects import SaveSnapshot
from folkmoot.servers.collaboration.host import ConferenceHost

SNAPSHOT_APART_MS: Final = 5_000

SNAPSHOT_CHAT_MESSAGES: Final = 1_000
"""A snapshot is due after so many messages, however soon: what is settled until the next one, and
what is settled while it is archived, still lies in the chat's window then."""

SETTLE_OPERATIONS: Final = 50
"""Operations that are worth it once it is quiet."""

COMPACTION_WAITS: Final = 4
"""Times of quiet that a snapshot waits for documents to be compacted."""

MARK: Final = "quiet"
"""A timer that there is not: it changes nothing, and gives the second snapshot its position."""


class Snapshots:
    """Caller: `take_if_due` after batches were applied, `settle` every now and then."""

    def __init__(self, host: ConferenceHost) -> None:
        self._host = host
        state = host.replica.state
        self._operations = self._settled = state.operations
        self._time_ms = state.time_ms
        self._chat = chat_total(host)
        self._marked = False

    def take_if_due(self) -> None:
        """Takes a snapshot when enough has happened since the last one and our own batch was last.

        Enough is the interval's operations, but under load no more than one in five seconds, as
        long as the chat's window reaches far beyond the last one. Another server's batch is that
        server's to snapshot.
        """
        state = self._host.replica.state
        chat = chat_total(self._host)
        if state.operations - self._operations < self._host.settings.snapshot_every_operations or (
            state.time_ms - self._time_ms < SNAPSHOT_APART_MS
            and chat - self._chat < SNAPSHOT_CHAT_MESSAGES
        ):
            return
        self._note()
        if self._host.own_batch_last:
            self._save()

    def settle(self, now_ms: int, time_ms: int) -> None:
        """Shape: `now_ms` is monotonic, `time_ms` the log's time now."""
        state, settings = self._host.replica.state, self._host.settings
        quiet_ms = time_ms - state.time_ms
        if quiet_ms < settings.settle_after_ms or not self._is_ours():
            return
        documents: DocumentsState = state.apps["documents"]
        due = any(next_task(d, time_ms, settings) for d in documents.documents.values())
        if due and quiet_ms < COMPACTION_WAITS * settings.settle_after_ms:
            return  # what is compacted first is not in the snapshot
        if self._marked:
            self._marked = False
            self._save()
        elif state.operations - self._settled >= SETTLE_OPERATIONS:
            self._settled = state.operations
            self._marked = True
            self._save()
            self._host.add_entry(TimerEntry(MARK, 0), now_ms)

    def _is_ours(self) -> bool:
        """One server does it for all of those where people are."""
        sessions = self._host.replica.state.sessions.values()
        servers = [session.server for session in sessions if session.attached]
        return not servers or min(servers) == self._host.server

    def _note(self) -> None:
        state = self._host.replica.state
        self._operations, self._time_ms = state.operations, state.time_ms
        self._chat = chat_total(self._host)

    def _save(self) -> None:
        self._note()
        state = self._host.replica.state
        self._host.do(
            SaveSnapshot(
                state.sequence, state.digest, state.operations, state.time_ms, pack_state(state)
            )
        )


def chat_total(host: ConferenceHost) -> int:
    chat: ChatState = host.replica.state.apps["chat"]
    return chat.total
