"""Versions, wishes and restoring as the log decides them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.apps.documents import History, StoredUpdate, Task, awaited, next_task
from folkmoot.apps.documents import history as rules
from folkmoot.apps.documents.history import DAY_MS, HOUR_MS, Version, thinned
from folkmoot.apps.documents.state import Document
from folkmoot.apps.documents.upkeep import QUIET_UPDATES, Step
from folkmoot.settings import Settings
from folkmoot.testing.document_room import DocumentRoom as Room

SETTINGS = Settings()


@pytest.fixture
def room() -> Room:
    return Room()


def history(room: Room) -> History:
    found = room.state.documents["pad"].history
    assert found is not None
    return found


def compact(room: Room, upto: int, written: dict[str, Any] | None = None) -> list[str]:
    body: dict[str, Any] = {"document": "pad", "upto": upto, "object": "o", "sha256": "h"}
    body |= {"bytes": 9, "authors": "a", "authors_sha256": "s", "written": written or {}}
    return [e.type for e in room.serve("compacted", **body).events]


def kept(room: Room, upto: int, wish: str = "") -> list[str]:
    body = {"document": "pad", "wish": wish, "upto": upto, "object": "v", "sha256": "h"}
    return [e.type for e in room.serve("kept", **body, bytes=100).events]


def versioned(room: Room, name: str = "V") -> Version:
    """A named version of the pad as it is."""
    assert room.do("keep_version", "s2", document="pad", name=name) == ""
    wish = history(room).wishes[-1]
    updates = room.state.documents["pad"].updates
    if updates:
        compact(room, updates[-1].sequence)
    base = room.state.documents["pad"].base
    assert base is not None
    assert kept(room, base.upto, wish.id) == ["version_kept"]
    return history(room).versions[-1]


def test_nothing_is_compacted_beyond_a_version_that_is_asked_for(room: Room) -> None:
    room.edit("pad", "s2")
    first = room.log.last
    assert room.do("keep_version", "s2", document="pad", name="Now") == ""
    room.edit("pad", "s4")
    assert compact(room, room.log.last) == []
    (wish,) = history(room).wishes
    assert kept(room, first, wish.id) == [], "not before the compaction"
    assert compact(room, first, {"1": (0, 0), "2": (3, 1)}) == ["compacted"]
    assert kept(room, first, wish.id) == ["version_kept"]
    (version,) = history(room).versions
    assert (version.name, version.by, version.upto, version.reason) == ("Now", "p2", first, "named")
    writers = {p: (w.name, w.added, w.removed) for p, w in version.writers.items()}
    assert writers == {"p2": ("s2", 3, 1), "": ("", 0, 0)}
    assert compact(room, room.log.last) == ["compacted"]


def test_a_version_needs_a_name_and_something_to_hold(room: Room) -> None:
    assert room.do("keep_version", "s2", document="pad", name="V") == "empty"
    room.edit("pad", "s2")
    assert room.do("keep_version", "s2", document="pad", name=" ") == "empty"
    assert room.do("keep_version", "s2", document="pad", name="a\nb") == "malformed"
    assert room.do("keep_version", "s3", document="pad", name="V") == "not_allowed"
    assert room.do("keep_version", "s2", document="nowhere", name="V") == "not_found"


def test_named_versions_are_bounded_and_can_be_unnamed(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "VERSIONS_NAMED_MAX", 2)
    room.edit("pad", "s2")
    version = versioned(room)
    assert room.do("keep_version", "s2", document="pad", name="W") == ""
    assert room.do("keep_version", "s2", document="pad", name="X") == "limit_reached"
    assert room.do("name_version", "s2", document="pad", version=version.id, name="") == ""
    assert room.do("keep_version", "s2", document="pad", name="X") == ""
    assert room.do("name_version", "s2", document="pad", version=version.id, name="V") == (
        "limit_reached"
    )
    assert room.do("name_version", "s2", document="pad", version="9.9", name="V") == "not_found"


def test_a_version_that_cannot_be_made_is_given_up(room: Room) -> None:
    room.edit("pad", "s2")
    room.do("keep_version", "s2", document="pad", name="V")
    (wish,) = history(room).wishes
    told = room.serve("unkept", document="pad", wish=wish.id)
    assert [e.type for e in told.events] == ["version_dropped"]
    assert history(room).wishes == []
    assert room.serve("unkept", document="pad", wish=wish.id).events == []


def test_an_hourly_version_is_taken_when_it_is_due_and_not_before(room: Room) -> None:
    room.edit("pad", "s2")
    upto = room.log.last
    compact(room, upto)
    assert kept(room, upto) == []
    room.ask("rename", "s1", document="pad", title="P")
    room.add(after_ms=HOUR_MS)
    assert kept(room, upto) == ["version_kept"]
    assert history(room).versions[0].reason == "hourly"
    room.add(after_ms=HOUR_MS)
    assert kept(room, upto) == [], "nothing changed"


def test_restoring_is_done_under_a_number_of_its_own(room: Room) -> None:
    room.edit("pad", "s2")
    version = versioned(room)
    numbers = room.replica.state.numbers
    assert room.do("restore_version", "s4", document="pad", version=version.id) == ""
    assert room.do("restore_version", "s2", document="pad", version=version.id) == (
        "changed_meanwhile"
    )
    restoring = history(room).restoring
    assert restoring is not None and restoring.number == numbers + 1
    assert history(room).authors[str(numbers + 1)].person == "p4"
    edit = {"document": "pad", "restoring": restoring.id, "update": b"x"}
    assert room.serve("restored", **edit, **{"from": 1, "to": 2, "last": True}).events == []
    first = room.serve("restored", **edit, **{"from": 0, "to": 2, "last": False})
    assert [e.type for e in first.events] == ["updated"]
    before = history(room).wishes[-1]
    assert (before.reason, before.upto, before.by) == ("restore", room.log.last - 1, "p4")
    last = room.serve("restored", **edit, **{"from": 2, "to": 2, "last": True})
    assert [e.type for e in last.events] == ["updated", "restored"]
    assert history(room).restoring is None
    assert len(history(room).wishes) == 1
    assert str(numbers + 1) not in room.state.documents["pad"].clocks


def test_restoring_what_is_not_there_or_cannot_be_read(room: Room) -> None:
    room.edit("pad", "s2")
    version = versioned(room)
    assert room.do("restore_version", "s2", document="pad", version="9.9") == "not_found"
    room.do("restore_version", "s2", document="pad", version=version.id)
    restoring = history(room).restoring
    assert restoring is not None
    told = room.serve("restore_failed", document="pad", restoring=restoring.id, reason="gone")
    assert [(e.type, msgspec.msgpack.decode(e.body)["reason"]) for e in told.events] == [
        ("restore_failed", "gone")
    ]
    assert history(room).restoring is None
    assert room.serve("restored", document="pad", restoring=restoring.id, update=b"", last=True,
                      **{"from": 0, "to": 0}).events == []  # fmt: skip


def test_what_is_due_comes_in_order() -> None:
    document = Document("text", "Pad", history=History())
    document.updates = [StoredUpdate(s, 0, 1, s, s + 1, b"x") for s in range(10, 20)]
    document.edited_ms = 1_000
    assert next_task(document, 2_000, SETTINGS) is None
    found = document.history
    assert found is not None
    found.wishes.append(rules.Wish("15.0", 15, 0, "named", "V"))
    assert next_task(document, 2_000, SETTINGS) == Task(Step.COMPACT, 15)
    assert awaited(document) == "15.0"
    document.updates = document.updates[6:]
    assert next_task(document, 2_000, SETTINGS) == Task(Step.KEEP, 15, "15.0")
    found.wishes.clear()
    found.restoring = rules.Restoring("16.0", "15.0", "p1", 9)
    assert next_task(document, 2_000, SETTINGS) == Task(Step.RESTORE)
    found.restoring = None
    found.changed_ms = 1_000
    assert next_task(document, 1_000 + HOUR_MS, SETTINGS) == Task(Step.COMPACT, 19)
    found.changed_ms = 0
    many = [StoredUpdate(s, 0, 1, s, s + 1, b"x") for s in range(QUIET_UPDATES)]
    document.updates = many
    assert next_task(document, 2_000, SETTINGS) is None
    quiet_ms = 1_000 + SETTINGS.settle_after_ms
    assert next_task(document, quiet_ms, SETTINGS) == Task(Step.COMPACT, QUIET_UPDATES - 1)


@given(
    st.lists(
        st.tuples(st.integers(1, 6 * HOUR_MS), st.booleans(), st.integers(1, 1000)), max_size=80
    )
)
def test_thinning_keeps_what_has_a_name_all_of_a_day_and_one_of_each_day(
    steps: list[tuple[int, bool, int]],
) -> None:
    versions: list[Version] = []
    now_ms = 20_000 * DAY_MS
    every: list[Version] = []
    for n, (later_ms, named, size) in enumerate(steps):
        now_ms += later_ms
        name = "V" if named else ""
        versions.append(Version(str(n), n, now_ms, "named", "o", "h", size, name))
        every.append(versions[-1])
        versions = thinned(versions, now_ms)
        assert versions[-1].id == str(n)
        assert versions == thinned(versions, now_ms), "once is as good as twice"
    stay = {v.id for v in versions}
    assert all(v.id in stay for v in every if v.name)
    assert all(v.id in stay for v in every if now_ms - v.time_ms <= DAY_MS)
    month = [v for v in every if now_ms - v.time_ms <= 30 * DAY_MS]
    assert {v.time_ms // DAY_MS for v in month} == {
        v.time_ms // DAY_MS for v in versions if now_ms - v.time_ms <= 30 * DAY_MS
    }
    assert [v.upto for v in versions] == sorted(v.upto for v in versions)


def test_versions_of_a_document_take_only_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "VERSIONS_BYTES_MAX", 250)
    versions = [Version(str(n), n, n, "hourly", "o", "h", 100) for n in range(5)]
    versions[0].name = "kept"
    assert [v.id for v in thinned(versions, 5)] == ["0", "4"]
