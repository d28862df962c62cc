"""Replica: one conference's state, kept equal to its log.

Sans-IO. Messages go in by `receive_live` (republished copies, which may be lost, doubled or late)
and `receive_page` (what was read from the log); what they did comes out as `Applied`. After each
input the caller looks at `missing`: the first sequence to read from the log, or None.

The chain: a live message tells the sequence before it, so a hole shows at the next message, at a
head, or at an acknowledgement. What was read has no holes by itself (the engine reads one subject
in order), but its end may be stale: it is complete only when it reaches `target`. The caller sees
to it that nothing was trimmed meanwhile; a batch whose base was never applied here tells of it too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from folkmoot.conference.application import Applications
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import (
    CHECKSUM_BYTES,
    Batch,
    BatchInvalid,
    LevelEntry,
    VoidEntry,
    decode_batch,
)
from folkmoot.conference.machine import Machine, new_state
from folkmoot.conference.presence import Presence
from folkmoot.conference.state import LEVEL, ConferenceState
from folkmoot.ports import LogMessage

VOID_MARK: Final = b"\xa4void"
"""The tag of a `VoidEntry` as it is encoded; elsewhere in a batch it does no harm."""

BUFFERED_MAX: Final = 4_096
DIGESTS_KEPT_MAX: Final = 512


class Fenced(Exception):
    """This replica must not be used any more: reload it; `sequence` is where it stopped.

    Shape: `poisonous` when the batch at `sequence` itself is to blame, so that any other replica
    would stop there too.
    """

    def __init__(
        self, conference: str, sequence: int, reason: str, *, poisonous: bool = False
    ) -> None:
        self.conference = conference
        self.sequence = sequence
        self.reason = reason
        self.poisonous = poisonous
        super().__init__(f"conference {conference} at {sequence}: {reason}")


class Outdated(Fenced):
    """The conference is at a level that this code does not know: newer servers go on with it.

    Nothing is wrong with the log, so this never counts against a position.
    """

    def __init__(self, conference: str, sequence: int, level: int) -> None:
        self.level = level
        super().__init__(conference, sequence, f"level {level} needs a newer server")


class Replica:
    """One replica.

    Shape: `knows` is the highest level that its applications know.
    Errors: every method may raise `Fenced`; afterwards it is of no use.
    """

    def __init__(
        self,
        conference: str,
        epoch: str,
        applications: Applications,
        state: ConferenceState | None = None,
        *,
        knows: int = LEVEL,
    ) -> None:
        self.conference = conference
        self.epoch = epoch
        self._knows = knows
        state = state or new_state(conference, epoch)
        if state.epoch != epoch or state.conference != conference:
            raise Fenced(conference, state.sequence, "a snapshot of another epoch")
        if state.level > knows:
            raise Outdated(conference, state.sequence, state.level)
        self._machine = Machine(state, applications)
        self.target = self._loaded_at = self.state.sequence
        self._buffer: dict[int, LogMessage] = {}
        self._overflowed = False
        self._voided: set[int] = set()
        self._digests: OrderedDict[int, bytes] = OrderedDict()
        self._checksums: dict[int, bytes] = {}

    @property
    def state(self) -> ConferenceState:
        return self._machine.state

    @property
    def presence(self) -> Presence:
        return self._machine.presence

    @property
    def sequence(self) -> int:
        return self._machine.state.sequence

    @property
    def missing(self) -> int | None:
        """First sequence to read from the log, when something is known to be missing."""
        return self.sequence + 1 if self.target > self.sequence or self._overflowed else None

    def expect(self, sequence: int) -> None:
        """Notes that the log holds `sequence`: from a head, an acknowledgement or a client."""
        self.target = max(self.target, sequence)

    def receive_live(self, message: LogMessage) -> list[Applied]:
        """A republished copy; applied when the chain allows, else kept for later."""
        if message.sequence <= self.sequence:
            self._check_known(message)
            return []
        self.expect(message.sequence)
        if message.previous == self.sequence:
            applied = [self._apply(message)]
            applied += self._drain()
            return applied
        if len(self._buffer) < BUFFERED_MAX:
            self._buffer[message.sequence] = message
        else:
            self._overflowed = True
        return []

    def receive_page(self, messages: Iterable[LogMessage]) -> list[Applied]:
        """A run read from the log that starts at or before `sequence + 1`."""
        run: list[LogMessage] = []
        for message in messages:
            if message.sequence > self.sequence:
                run.append(message)
            else:
                self._check_known(message)
        self.note_voids(run)
        self._overflowed = False
        applied: list[Applied] = []
        for message in run:
            self._buffer.pop(message.sequence, None)
            self.expect(message.sequence)
            applied.append(self._apply(message))
        applied += self._drain()
        return applied

    def digest_at(self, sequence: int) -> bytes | None:
        """The digest after `sequence`, for the recent ones."""
        return self._digests.get(sequence)

    def is_void(self, sequence: int) -> bool:
        """Whether a committed void names this position."""
        return sequence in self._voided

    def compare(self, sequence: int, digest: bytes) -> None:
        """Compares with another replica's head. Errors: `Fenced` when they differ."""
        ours = self._digests.get(sequence)
        if ours is not None and ours != digest:
            raise Fenced(self.conference, sequence, "another replica has a different digest")

    def _drain(self) -> list[Applied]:
        """Applies buffered live messages that follow; drops those that are behind."""
        applied: list[Applied] = []
        for sequence in sorted(self._buffer):
            message = self._buffer[sequence]
            if sequence > self.sequence and message.previous != self.sequence:
                break
            del self._buffer[sequence]
            if sequence > self.sequence:
                applied.append(self._apply(message))
        return applied

    def note_voids(self, messages: Iterable[LogMessage]) -> None:
        """Voids are heeded before what they name is applied, so a poisoned batch can be passed."""
        for message in messages:
            if VOID_MARK not in message.payload:
                continue  # reading every batch twice would cost more than all else of a load
            try:
                entries = decode_batch(message.payload).entries
            except BatchInvalid:
                continue
            self._voided.update(e.sequence for e in entries if isinstance(e, VoidEntry))

    def _apply(self, message: LogMessage) -> Applied:
        machine, sequence = self._machine, message.sequence
        if sequence in self._voided:
            applied = machine.skip(sequence, message.time_ms, message.payload, "void")
        else:
            applied = self._apply_batch(message)
        self._digests[sequence] = machine.state.digest
        self._checksums[sequence] = message.payload[:CHECKSUM_BYTES]
        while len(self._digests) > DIGESTS_KEPT_MAX:
            oldest, _ = self._digests.popitem(last=False)
            del self._checksums[oldest]
        return applied

    def _check_known(self, message: LogMessage) -> None:
        """A copy of what was applied may come late or twice; something else in its place may not.

        Then the log is another one than we applied: it was restored or made anew.
        """
        if message.sequence <= self._loaded_at:
            return
        if self._checksums.get(message.sequence) != message.payload[:CHECKSUM_BYTES]:
            raise Fenced(self.conference, message.sequence, "the log was rewritten")

    def _apply_batch(self, message: LogMessage) -> Applied:
        machine, sequence = self._machine, message.sequence
        try:
            batch = decode_batch(message.payload)
        except BatchInvalid as error:
            raise Fenced(self.conference, sequence, str(error), poisonous=True) from error
        if batch.epoch != self.epoch:
            return machine.skip(sequence, message.time_ms, message.payload, "another epoch")
        if batch.base > self.sequence:
            # Its author had applied a batch that we have not, though it lies before this one.
            raise Fenced(self.conference, self.sequence, "the log has a hole here")
        self._check_level(sequence, batch)
        try:
            return machine.apply(sequence, message.time_ms, message.payload, batch)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise Fenced(self.conference, sequence, reason, poisonous=True) from error

    def _check_level(self, sequence: int, batch: Batch) -> None:
        """Stops before a level that is not known here."""
        if batch.base < self.state.closed_floor:
            return  # it will be ignored as a whole
        for entry in batch.entries:
            if isinstance(entry, LevelEntry) and entry.level > self._knows:
                raise Outdated(self.conference, sequence, entry.level)
