"""Batches: a conference's log written by hand, for tests of what reads it."""

from __future__ import annotations

import msgspec

from folkmoot.apps import all_applications
from folkmoot.conference.batch import (
    FORMAT,
    AttachEntry,
    Batch,
    Entry,
    Grant,
    OperationEntry,
    encode_batch,
    encode_body,
)
from folkmoot.conference.machine import new_state
from folkmoot.conference.replica import Replica
from folkmoot.conference.state import LEVEL
from folkmoot.ports import LogMessage

START_MS = 1_700_000_000_000


def newest_replica(conference: str = "room", epoch: str = "e1") -> Replica:
    """A new conference that knows all there is, without the batch that raises it."""
    return Replica(conference, epoch, all_applications(), new_state(conference, epoch, LEVEL))


def grant(person: str = "ada", *, role: str = "participant", proof: str = "proof") -> Grant:
    return Grant(person, person.title(), role, proof)


def join(session: str = "s1", person: str = "ada", *, server: str = "one.1") -> AttachEntry:
    """The first attach of a session."""
    return AttachEntry(session, 1, server, grant(person))


def operation(
    counter: int,
    app: str = "chat",
    type_: str = "post",
    body: object = None,
    *,
    session: str = "s1",
    generation: int = 1,
    seen: int = 0,
) -> OperationEntry:
    """An operation; without a body it posts a text that names the session and the counter."""
    plain = {"text": f"{session} {counter}"} if body is None else body
    raw = plain if isinstance(plain, msgspec.Raw) else encode_body(plain)
    return OperationEntry(session, generation, counter, app, type_, raw, seen)


class LogWriter:
    """Writes batches with growing sequences; `messages` is the log as it is republished.

    Shape: sequences grow by `step`, as they do where other conferences share the stream.
    """

    def __init__(self, epoch: str = "e1", *, step: int = 1) -> None:
        self.epoch = epoch
        self.messages: list[LogMessage] = []
        self._sequence = 0
        self._step = step
        self._ids = 0

    @property
    def last(self) -> int:
        return self._sequence

    def add(
        self,
        *entries: Entry,
        server: str = "one.1",
        base: int | None = None,
        after_ms: int = 1,
        epoch: str | None = None,
    ) -> LogMessage:
        """A batch made by a server that had applied `base`, by default all that was before."""
        self._ids += 1
        made_at = self._sequence if base is None else base
        batch = Batch(FORMAT, epoch or self.epoch, server, self._ids, made_at, list(entries))
        return self.add_payload(encode_batch(batch), after_ms=after_ms)

    def add_payload(self, payload: bytes, *, after_ms: int = 1) -> LogMessage:
        time_ms = self.messages[-1].time_ms if self.messages else START_MS
        previous, self._sequence = self._sequence, self._sequence + self._step
        message = LogMessage(self._sequence, previous, time_ms + after_ms, payload)
        self.messages.append(message)
        return message
