"""Conferences as an application server sees them: a replica at the log's end, and a way to speak.

A few replicas are kept for a while, since a busy conference is asked for again and again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import ClassVar, Final, Generic, TypeVar

import msgspec

from folkmoot.conference.application import Applications
from folkmoot.conference.batch import (
    FORMAT,
    Batch,
    Entry,
    LevelEntry,
    ServiceEntry,
    encode_batch,
    encode_body,
)
from folkmoot.conference.replica import Fenced, Replica
from folkmoot.conference.state import ConferenceState
from folkmoot.ports import Conflict, LogUnavailable
from folkmoot.servers.replicas import APPLY_AT_ONCE, PAGE_MESSAGES, LoadFrom, load_replica

KEPT_MAX: Final = 4
KEPT_S: Final = 60.0
STALE_TRIES_MAX: Final = 20
STALE_WAIT_S: Final = 0.05


STOPPED_WITHIN_S: Final = 0.3
"""Who is told to stop has no more time than that to say so in the log."""


class Trimmed(Exception):
    """The log was trimmed past this replica: load it anew."""


class NotNow(Exception):
    """Something cannot be done just now; the text says why.

    Shape: `excused` when that says nothing about what was to be done.
    """

    def __init__(self, text: str, *, excused: bool = False) -> None:
        super().__init__(text)
        self.excused = excused


def excused(error: BaseException) -> bool:
    """Whether what ended an attempt was the store, or who stopped us, and not what was tried."""
    if isinstance(error, NotNow):
        return error.excused
    return isinstance(error, LogUnavailable | Conflict | asyncio.CancelledError)


class OpenConference:
    """One replica. Shape: `app` is the application on whose behalf it speaks.

    Caller: `refresh` before looking at the state.
    """

    app: ClassVar[str]

    def __init__(self, engine: LoadFrom, replica: Replica, server: str) -> None:
        self._engine = engine
        self._replica = replica
        self._server = server
        self._batches = 0
        self.conference = replica.conference
        self.used_s = 0.0

    @property
    def state(self) -> ConferenceState:
        return self._replica.state

    async def refresh(self) -> None:
        """Applies what came since. Errors: `LogUnavailable`, `Fenced`, `Trimmed`."""
        replica, log = self._replica, self._engine.log
        if log.epoch(self.conference) != replica.epoch:
            raise Fenced(self.conference, replica.sequence, "the log has another epoch")
        replica.expect(await log.last(self.conference))
        for _ in range(STALE_TRIES_MAX):
            while replica.missing is not None:
                if not await self._read_on():
                    break
            else:
                return
            # A reply may come from where the newest messages are not known yet.
            await asyncio.sleep(STALE_WAIT_S)
        raise LogUnavailable(f"the log's end was not to be read, position {replica.target}")

    async def _read_on(self) -> bool:
        """Applies one page; False when it brought nothing."""
        replica = self._replica
        # From our own position: when that is gone, so may be some after it.
        first = max(replica.sequence, 1)
        page = await self._engine.log.read(self.conference, first, PAGE_MESSAGES)
        if replica.sequence and (not page.messages or page.messages[0].sequence != first):
            raise Trimmed(self.conference)
        before = replica.sequence
        replica.note_voids(page.messages)
        for at in range(0, len(page.messages), APPLY_AT_ONCE):
            replica.receive_page(page.messages[at : at + APPLY_AT_ONCE])
            await asyncio.sleep(0)
        return replica.sequence > before

    async def publish(self, id_: str, type_: str, body: msgspec.Struct, *, level: int = 0) -> None:
        """Says something on behalf of this server, and reads on to where it stands.

        A conference that nobody was in yet is brought to `level` in the same batch.

        Errors: `LogUnavailable` (it may have been said), `LogFull`, and those of `refresh`.
        """
        self._batches += 1
        entries: list[Entry] = [ServiceEntry(self._server, id_, self.app, type_, encode_body(body))]
        replica = self._replica
        if replica.state.level < level:
            entries.insert(0, LevelEntry(level))
        batch = Batch(FORMAT, replica.epoch, self._server, self._batches, replica.sequence, entries)
        sequence = await self._engine.log.publish(self.conference, encode_batch(batch))
        replica.expect(sequence)
        await self.refresh()


Opened = TypeVar("Opened", bound=OpenConference)


class OpenConferences(Generic[Opened]):
    """Opens conferences as `kind`; keeps the last `KEPT_MAX` for `KEPT_S`."""

    def __init__(
        self,
        kind: type[Opened],
        engine: LoadFrom,
        applications: Applications,
        server: str,
        now_s: Callable[[], float],
    ) -> None:
        self._kind = kind
        self._engine = engine
        self._applications = applications
        self._server = server
        self._now_s = now_s
        self._kept: OrderedDict[str, Opened] = OrderedDict()

    async def open(self, conference: str) -> Opened:
        """A conference at its log's end.

        Errors: `LogUnavailable`, `Fenced`, `Unloadable`.
        """
        kept = self._kept.get(conference)
        if kept is not None:
            try:
                await kept.refresh()
            except Trimmed:
                self.forget(conference)
                kept = None
        if kept is None:
            replica = await load_replica(self._engine, conference, self._applications)
            kept = self._kept[conference] = self._kind(self._engine, replica, self._server)
        kept.used_s = self._now_s()
        self._kept.move_to_end(conference)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        return kept

    def forget(self, conference: str) -> None:
        """The next `open` loads it anew. Caller: after any error of an open conference."""
        self._kept.pop(conference, None)

    def forget_idle(self) -> None:
        before_s = self._now_s() - KEPT_S
        for conference in [c for c, kept in self._kept.items() if kept.used_s < before_s]:
            self.forget(conference)
