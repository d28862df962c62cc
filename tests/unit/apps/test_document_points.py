"""Segments and points between versions, as the log decides them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.apps.documents import (
    History,
    Segment,
    Step,
    StoredUpdate,
    Task,
    awaited,
    growing,
    next_task,
    time_of,
)
from folkmoot.apps.documents import points as rules
from folkmoot.apps.documents.history import DAY_MS, HOUR_MS, WISHES_MAX, note_time
from folkmoot.apps.documents.points import forget_times, thinned_segments
from folkmoot.apps.documents.state import Base, Document
from folkmoot.settings import Settings
from folkmoot.testing.document_room import DocumentRoom as Room

MB = 1 << 20


@pytest.fixture
def room() -> Room:
    return Room()


def history(room: Room) -> History:
    found = room.state.documents["pad"].history
    assert found is not None
    return found


def segment(since: int, **change: Any) -> dict[str, Any]:
    told = {"since": since, "from_ms": 1, "until_ms": 1 << 42, "edits": 1, "edits_bytes": 9}
    return told | {"object": "o", "sha256": f"h{since}", "bytes": 9} | change


def compact(room: Room, told: dict[str, Any] | None, upto: int = 0) -> bool:
    """Whether it was taken."""
    body: dict[str, Any] = {"document": "pad", "upto": upto or room.log.last, "object": "o"}
    body |= {"sha256": "h", "bytes": 9, "authors": "a", "authors_sha256": "s", "written": {}}
    return bool(room.serve("compacted", **body, segment=told).events)


def edited(room: Room, at: int) -> int:
    assert room.edit("pad", "s2", at, at + 1) == ""
    return room.log.last


def test_a_segment_grows_or_begins_where_the_last_one_ends(room: Room) -> None:
    first = edited(room, 0)
    assert not compact(room, segment(5), first), "nothing ends there"
    assert compact(room, segment(0), first)
    second = edited(room, 1)
    assert compact(room, segment(0, edits=2), second)
    assert [(s.since, s.upto, s.edits) for s in history(room).segments] == [(0, second, 2)]
    third = edited(room, 2)
    assert not compact(room, segment(first), third), "it would leave edits out"
    assert not compact(room, segment(0, ground_sha256="other"), third)
    assert compact(room, segment(second, ground="g", ground_sha256="gh", ground_bytes=3), third)
    assert [(s.since, s.upto) for s in history(room).segments] == [(0, second), (second, third)]
    assert room.state.documents["pad"].updates == [], "they left with it"


def test_of_two_servers_that_compact_the_first_counts_and_the_other_loses_nothing(
    room: Room,
) -> None:
    """The slow one read the state before the fast one spoke; its segment holds all the same."""
    first = edited(room, 0)
    second = edited(room, 1)
    assert compact(room, segment(0), first)
    assert not compact(room, segment(0), first)
    assert compact(room, segment(0, edits=2), second)
    assert [(s.since, s.upto, s.edits) for s in history(room).segments] == [(0, second, 2)]


def test_a_compaction_without_a_segment_begins_another_one_afterwards(room: Room) -> None:
    first = edited(room, 0)
    assert compact(room, segment(0), first)
    second = edited(room, 1)
    assert compact(room, None, second)
    assert growing(room.state.documents["pad"], 0) is None, "there is a hole"
    third = edited(room, 2)
    assert compact(room, segment(second), third)
    restore = {"document": "pad"}
    assert room.do("restore_point", "s2", **restore, position=second - 1) == "not_found"
    assert room.do("restore_point", "s2", **restore, position=second) == ""


def test_who_may_go_back_and_to_what(room: Room) -> None:
    assert room.do("restore_point", "s2", document="pad", position=1) == "not_found"
    first = edited(room, 0)
    ask = {"document": "pad", "position": first}
    assert room.do("restore_point", "s3", **ask) == "not_allowed"
    assert room.do("restore_point", "s2", **ask | {"position": first + 99}) == "not_found"
    assert room.do("restore_point", "s2", **ask | {"position": 0}) == "not_found"
    assert room.do("restore_point", "s2", **ask | {"document": "nowhere"}) == "not_found"
    assert room.do("restore_point", "s4", **ask) == ""
    restoring = history(room).restoring
    assert restoring is not None and (restoring.position, restoring.by) == (first, "p4")
    assert room.do("restore_point", "s2", **ask) == "changed_meanwhile"


def test_an_export_of_a_point_needs_one(room: Room) -> None:
    first = edited(room, 0)
    ask: dict[str, Any] = {"app": "exports", "document": "pad", "formats": ["html"]}
    assert room.do("request", "s2", **ask, point=first + 9) == "not_found"
    assert room.do("request", "s2", **ask, point=first, version="1.0") == "malformed"
    assert room.do("request", "s2", app="exports", formats=["json"], point=1) == "malformed"
    assert room.do("request", "s2", **ask, point=first) == ""
    (export,) = room.replica.state.apps["exports"].exports.values()
    assert export.point == first


def test_edits_have_the_time_of_their_second() -> None:
    kept = History()
    for sequence, time_ms in ((5, 10_000), (6, 10_400), (8, 11_100), (9, 60_000)):
        note_time(kept, sequence, time_ms)
    assert kept.times == [(5, 10_000), (8, 11_100), (9, 60_000)]
    assert [time_of(kept.times, s) for s in (4, 5, 7, 8, 9, 99)] == [
        0, 10_000, 10_000, 11_100, 60_000, 60_000,
    ]  # fmt: skip
    document = Document("text", "Pad", history=kept)
    document.updates = [StoredUpdate(7, 0, 1, 0, 1, b"x"), StoredUpdate(9, 0, 1, 1, 2, b"x")]
    forget_times(document)
    assert kept.times == [(5, 10_000), (8, 11_100), (9, 60_000)]
    document.updates = document.updates[1:]
    forget_times(document)
    assert kept.times == [(9, 60_000)]
    document.updates = []
    forget_times(document)
    assert kept.times == []


def one(since: int, upto: int, **change: Any) -> Segment:
    return Segment(**segment(since), upto=upto) if not change else Segment(
        **segment(since) | change, upto=upto
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "base_bytes", "grows"),
    [
        ({}, 100, True),
        ({"edits_bytes": rules.SEGMENT_BYTES_MIN}, 100, False),
        ({"edits_bytes": rules.SEGMENT_BYTES_MIN}, 5 * MB, True),
        ({"edits_bytes": 5 * MB}, 5 * MB, False),
        ({"edits": rules.SEGMENT_EDITS_MAX}, 100, False),
        ({"from_ms": 10 * DAY_MS - rules.SEGMENT_AGE_MS_MAX}, 100, False),
    ],
)
def test_a_segment_is_full_by_its_edits_beside_the_document_and_by_age(
    change: dict[str, Any], base_bytes: int, grows: bool
) -> None:
    kept = History(segments=[one(0, 9, **{"from_ms": 10 * DAY_MS - HOUR_MS} | change)])
    document = Document("text", "Pad", base=Base("o", "h", 9, base_bytes), history=kept)
    assert (growing(document, 10 * DAY_MS) is not None) is grows


@given(
    st.lists(
        st.tuples(st.integers(1, 3 * DAY_MS), st.integers(1, 12 * MB), st.integers(0, 12 * MB)),
        max_size=60,
    )
)
def test_the_newest_segments_stay_as_many_as_may_be(steps: list[tuple[int, int, int]]) -> None:
    segments: list[Segment] = []
    now_ms = 20_000 * DAY_MS
    for n, (later_ms, size, ground) in enumerate(steps):
        now_ms += later_ms
        change = {"until_ms": now_ms, "bytes": size, "ground_bytes": ground}
        before = [*segments, one(n, n + 1, **change)]
        segments = thinned_segments(before, now_ms)
        assert segments == before[len(before) - len(segments) :], "the oldest go, and no others"
        assert segments[-1].since == n
        assert segments == thinned_segments(segments, now_ms), "once is as good as twice"
        assert len(segments) <= rules.SEGMENTS_MAX
        assert all(now_ms - s.until_ms <= rules.POINTS_KEPT_MS for s in segments)
        taken = sum(s.bytes + s.ground_bytes for s in segments)
        assert taken <= rules.SEGMENTS_BYTES_MAX or len(segments) == 1


def test_a_point_is_named_by_who_may_write_and_nothing_waits_for_it(room: Room) -> None:
    first = edited(room, 0)
    edited(room, 1)
    ask: dict[str, Any] = {"document": "pad", "position": first, "name": "The draft"}
    assert room.do("name_point", "s3", **ask) == "not_allowed"
    assert room.do("name_point", "s2", **ask | {"position": first + 99}) == "not_found"
    assert room.do("name_point", "s2", **ask | {"position": 0}) == "not_found"
    assert room.do("name_point", "s2", **ask | {"name": " "}) == "empty"
    assert room.do("name_point", "s2", **ask | {"document": "nowhere"}) == "not_found"
    assert room.do("name_point", "s2", **ask) == ""
    (mark,) = history(room).marks
    assert (mark.upto, mark.name, mark.by) == (first, "The draft", "p2")
    assert mark.asked == room.log.last
    edited(room, 2)
    assert compact(room, segment(0)), "a compaction passes it"
    document = room.state.documents["pad"]
    assert next_task(document, 0, Settings()) == Task(Step.KEEP_POINT, first, mark.id)
    assert awaited(document) == mark.id


def test_a_named_point_is_a_version_in_its_place_and_the_first_server_counts(room: Room) -> None:
    first = edited(room, 0)
    edited(room, 1)
    assert room.do("keep_version", "s2", document="pad", name="Later") == ""
    assert compact(room, segment(0), history(room).wishes[0].upto - 1)
    made = {"document": "pad", "object": "o", "sha256": "h", "bytes": 9}
    room.serve("kept", **made, wish=history(room).wishes[0].id, upto=first + 1)
    assert room.do("name_point", "s2", document="pad", position=first, name="Draft") == ""
    point = {**made, "wish": history(room).marks[0].id, "object": "other"}
    assert not room.serve("kept_point", **point, time_ms=1 << 60).events, "it is in the future"
    assert room.serve("kept_point", **point, time_ms=7).events
    assert not room.serve("kept_point", **point, time_ms=7).events
    assert [(v.name, v.upto) for v in history(room).versions] == [
        ("Draft", first), ("Later", first + 1),
    ]  # fmt: skip
    draft = history(room).versions[0]
    assert (draft.time_ms, draft.reason, draft.by, draft.writers) == (7, "named", "p2", {})
    assert history(room).marks == []
    rename = {"document": "pad", "version": draft.id}
    assert room.do("name_version", "s2", **rename, name="First draft") == ""
    assert room.do("restore_version", "s2", **rename) == ""
    assert room.do("name_version", "s2", **rename, name="") == ""
    assert history(room).versions[0].name == ""


def test_a_point_that_cannot_be_kept_is_let_go_with_the_reason(room: Room) -> None:
    first = edited(room, 0)
    assert room.do("name_point", "s2", document="pad", position=first, name="Draft") == ""
    wish = history(room).marks[0].id
    told = room.serve("unkept", document="pad", wish=wish, reason="This point is no longer kept.")
    (event,) = told.events
    assert event.type == "version_dropped"
    body = msgspec.msgpack.decode(event.body)
    assert body["reason"] == "This point is no longer kept."
    assert history(room).marks == []
    assert not room.serve("unkept", document="pad", wish=wish).events


def test_points_that_wait_count_as_names_that_are_taken(room: Room) -> None:
    first = edited(room, 0)
    ask: dict[str, Any] = {"document": "pad", "position": first, "name": "Draft"}
    answers = [room.do("name_point", "s2", **ask) for _ in range(WISHES_MAX + 1)]
    assert answers == [""] * WISHES_MAX + ["limit_reached"]
    assert room.do("keep_version", "s2", document="pad", name="V") == "limit_reached"
