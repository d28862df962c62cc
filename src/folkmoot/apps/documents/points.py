"""Points between versions: the edits that compactions take out of the state, kept as segments.

A compaction names the segment that holds what it merged, in the same operation: nothing leaves the
state before its segment is stored. A segment begins where all of the document is kept too, as its
ground, and grows with each compaction until it is full. So any point in it can be shown from these
two objects, whatever becomes of other segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from folkmoot.apps.documents.history import DAY_MS, History, Segment
from folkmoot.apps.documents.operations import SegmentWritten
from folkmoot.apps.documents.state import Document
from folkmoot.apps.texts import clean_text
from folkmoot.conference.application import Rejected

SEGMENT_BYTES_MIN: Final = 256 * 1024
"""Of edits in one segment; it is full beyond it once they need as much as the document does."""

SEGMENT_EDITS_MAX: Final = 20_000
SEGMENT_AGE_MS_MAX: Final = DAY_MS
"""A segment that began so long ago is full, so that what is old can go."""

SEGMENTS_MAX: Final = 100
"""Of one document; the oldest goes first."""

SEGMENTS_BYTES_MAX: Final = 64 << 20
"""Of the segments of one document with their grounds, as they are stored."""

POINTS_KEPT_MS: Final = 30 * DAY_MS
"""After its last edit a segment goes with the next compaction, as unnamed versions do."""

_NAME_CHARACTERS_MAX: Final = 200


def time_of(times: Sequence[tuple[int, int]], sequence: int) -> int:
    """When the edit at a position was made; 0 when nobody knows."""
    found = 0
    for first, time_ms in times:
        if first > sequence:
            break
        found = time_ms
    return found


def forget_times(document: Document) -> None:
    """Lets go of the times of edits that are compacted."""
    history = document.history
    if history is None or not history.times:
        return
    if not document.updates:
        history.times = []
        return
    first = document.updates[0].sequence
    before = [at for at in history.times if at[0] <= first]
    history.times = before[-1:] + [at for at in history.times if at[0] > first]


def base_upto(document: Document) -> int:
    """The position from which on all edits are in the state."""
    return document.base.upto if document.base else 0


def growing(document: Document, now_ms: int) -> Segment | None:
    """The segment that the next compaction adds to; None when it begins another one."""
    history = document.history
    if history is None or not history.segments or document.base is None:
        return None
    last = history.segments[-1]
    is_full = (
        last.edits_bytes >= max(SEGMENT_BYTES_MIN, document.base.bytes)
        or last.edits >= SEGMENT_EDITS_MAX
        or now_ms - last.from_ms >= SEGMENT_AGE_MS_MAX
    )
    return None if is_full or last.upto != document.base.upto else last


def check_segment(document: Document, written: SegmentWritten) -> None:
    """Whether a segment goes on where another one ends, or grows. Errors: `Rejected`."""
    for name in (written.object, written.sha256, written.ground, written.ground_sha256):
        if name:
            clean_text(name, _NAME_CHARACTERS_MAX)
    if min(written.bytes, written.ground_bytes, written.edits, written.edits_bytes) < 0:
        raise Rejected("malformed")
    history = document.history
    last = history.segments[-1] if history and history.segments else None
    if last is not None and last.since == written.since:
        if last.ground_sha256 != written.ground_sha256:
            raise Rejected("exists")  # another server began it anew meanwhile
    elif written.since != base_upto(document):
        raise Rejected("exists")


def take_segment(history: History, written: SegmentWritten, upto: int, now_ms: int) -> None:
    """Adds a segment that was found good, or puts it in the place of what it grew from."""
    segment = Segment(upto=upto, **msgspec.structs.asdict(written))
    segments = history.segments
    if segments and segments[-1].since == segment.since:
        segments = segments[:-1]
    history.segments = thinned_segments([*segments, segment], now_ms)


def thinned_segments(segments: list[Segment], now_ms: int) -> list[Segment]:
    """The segments that stay, oldest first: the newest, and before it as many as may be. Pure."""
    kept: list[Segment] = []
    bytes_left = SEGMENTS_BYTES_MAX
    for segment in reversed(segments):
        bytes_left -= segment.bytes + segment.ground_bytes
        is_old = now_ms - segment.until_ms > POINTS_KEPT_MS
        if kept and (bytes_left < 0 or is_old or len(kept) >= SEGMENTS_MAX):
            break
        kept.append(segment)
    kept.reverse()
    return kept


def segment_at(history: History, position: int) -> Segment | None:
    """The segment that a point lies in. Shape: the newest, for one ends where the next begins."""
    for segment in reversed(history.segments):
        if segment.since <= position <= segment.upto:
            return segment
    return None


def check_point(document: Document, position: int, last: int) -> None:
    """Whether the document can be shown as it was at a position. Errors: `Rejected`."""
    empty = document.base is None and not document.updates
    if position > last or position < 1 or empty:
        raise Rejected("not_found", "There is no such point in this document's history.")
    if position >= base_upto(document):
        return
    if document.history is None or segment_at(document.history, position) is None:
        raise Rejected("not_found", "This point is no longer kept.")


def told_points(document: Document) -> dict[str, Any]:
    """What clients are told of where points lie: the segments, and what is in none yet."""
    history, base = document.history, document.base
    segments = history.segments if history else []
    return {
        "segments": [
            {
                "segment": segment.sha256,
                "ground": segment.ground_sha256,
                "since": segment.since,
                "position": segment.upto,
                "from_ms": segment.from_ms,
                "time_ms": segment.until_ms,
                "edits": segment.edits,
                "bytes": segment.bytes,
            }
            for segment in segments
        ],
        "recent": {
            "since": base_upto(document),
            "sha256": base.sha256 if base else "",
            "edits": len(document.updates),
        },
    }
