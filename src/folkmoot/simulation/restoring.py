"""A zone that is restored from a backup: new logs in another epoch, above the old positions.

Played as `servers/backup/restore.py` does it (ADR 0009): each conference begins with one batch that
says nothing, and the state of the backup, stamped with the new epoch, is its first snapshot. What
came after the backup is gone, for everybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from folkmoot.apps import all_applications
from folkmoot.conference.batch import FORMAT, Batch, encode_batch
from folkmoot.conference.replica import Replica
from folkmoot.conference.restored import as_restored
from folkmoot.conference.snapshot import DIGESTS, SnapshotPointer, encode_snapshot
from folkmoot.ports import LogMessage

SERVER: Final = "restore"


class Restored(msgspec.Struct):
    """One conference of a restored zone, for the engine and for the judges.

    Shape: `before` is the whole log that there was, of which the backup held what is not above
    `cut`; the new log begins at `first`, in `epoch`.
    """

    epoch: str
    before: list[LogMessage]
    cut: int
    first: int


def first_batch(epoch: str, cut: int) -> bytes:
    return encode_batch(Batch(FORMAT, epoch, SERVER, 1, cut, []))


def stamped(replica: Replica, epoch: str) -> Replica:
    """A replica of the new log, that holds the state of the backup. The old one is used up."""
    state = as_restored(replica.state, epoch)
    return Replica(replica.conference, epoch, all_applications(), state)


def snapshot_of(
    conference: str, epoch_before: str, held: Sequence[LogMessage], epoch: str, first: LogMessage
) -> tuple[SnapshotPointer, bytes]:
    """The snapshot that a restored conference begins with."""
    replica = Replica(conference, epoch_before, all_applications())
    replica.receive_page(held)
    replica = stamped(replica, epoch)
    replica.receive_page([first])
    state = replica.state
    data = encode_snapshot(state)
    pointer = SnapshotPointer(
        epoch,
        state.sequence,
        state.digest.hex(),
        f"snapshots/{conference}/{epoch}/{state.sequence}",
        hashlib.sha256(data).hexdigest(),
        state.batches,
        state.time_ms,
        digests=DIGESTS,
    )
    return pointer, data
