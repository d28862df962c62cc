"""The list of documents: kinds, rights by kind, order, what is removed and brought back."""

from __future__ import annotations

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.apps.documents import Document, DocumentsState, application, listing
from folkmoot.apps.documents.state import REMOVED_KEPT_MS
from folkmoot.conference.batch import (
    TimerEntry,
)
from folkmoot.conference.replica import Replica
from folkmoot.testing.batches import LogWriter, join, operation
from folkmoot.testing.document_room import DocumentRoom as Room


@pytest.fixture
def room() -> Room:
    return Room()


def test_boards_are_under_their_own_setting(room: Room) -> None:
    assert room.do("create", "s2", document="board", kind="board", title="Board") == ""
    assert room.do("allow", "s1", "roster", setting="whiteboard", roles=[]) == ""
    assert room.edit("board", "s2") == "not_allowed"
    assert room.do("create", "s2", document="b2", kind="board", title="B") == "not_allowed"
    assert room.do("rename", "s2", document="board", title="B") == "not_allowed"
    assert room.edit("pad", "s2") == "", "notes are still open"
    assert room.do("allow", "s1", "roster", setting="notes", roles=["viewer"]) == ""
    assert room.edit("pad", "s4") == "not_allowed"
    assert room.edit("pad", "s3") == ""
    assert room.edit("board", "s1") == "", "staff are never closed out"


def test_who_made_a_document_is_told(room: Room) -> None:
    room.do("create", "s2", document="minutes", kind="rich", title="Minutes")
    assert room.view["documents"]["minutes"] == {"kind": "rich", "title": "Minutes", "by": "p2"}
    assert room.view["documents"]["pad"] == {"kind": "text", "title": "Pad"}


def test_a_document_is_renamed_and_moved(room: Room) -> None:
    room.do("create", "s2", document="minutes", kind="rich", title="Minutes")
    assert room.do("rename", "s2", document="minutes", title="Decisions") == ""
    assert room.view["documents"]["minutes"]["title"] == "Decisions"
    assert room.do("move", "s2", document="minutes", place=0) == ""
    assert room.order == ["minutes", "notes", "pad"]
    assert room.do("move", "s2", document="minutes", place=2) == ""
    assert room.order == ["notes", "pad", "minutes"]
    assert room.do("move", "s2", document="minutes", place=3) == "malformed"
    assert room.do("rename", "s2", document="minutes", title=" ") == "empty"
    assert room.do("rename", "s2", document="nowhere", title="N") == "not_found"
    assert room.do("rename", "s3", document="minutes", title="N") == "not_allowed"


def test_a_removed_document_takes_no_edits_and_comes_back_with_its_content(room: Room) -> None:
    assert room.edit("pad", "s2") == ""
    assert room.do("remove", document="pad") == ""
    assert room.order == ["notes"]
    assert room.view["removed"]["pad"]["by"] == "p1"
    assert room.edit("pad", "s2", 1, 2) == "not_found"
    assert room.do("remove", document="pad") == "not_found"
    assert room.do("create", document="pad", kind="text", title="Pad") == "exists"
    assert room.do("restore_removed", document="pad") == ""
    assert room.view == {
        "documents": {
            "notes": {"kind": "rich", "title": "Notes"},
            "pad": {
                "kind": "text",
                "title": "Pad",
                "edited_ms": room.state.documents["pad"].edited_ms,
            },
        }
    }
    assert room.edit("pad", "s2", 1, 2) == "", "its author goes on where they were"
    assert room.replica.state.timers == {}


def test_who_may_not_present_removes_and_brings_back_only_their_own(room: Room) -> None:
    room.do("create", "s2", document="mine", kind="text", title="Mine")
    assert room.do("remove", "s4", document="mine") == "not_allowed"
    assert room.do("remove", "s2", document="mine") == ""
    assert room.do("restore_removed", "s4", document="mine") == "not_allowed"
    assert room.do("restore_removed", "s2", document="mine") == ""
    assert room.do("remove", "s1", document="mine") == ""
    assert room.do("restore_removed", "s2", document="mine") == "not_allowed", "a host removed it"


def test_a_removed_document_is_gone_for_good_after_its_time(room: Room) -> None:
    room.do("remove", document="pad")
    (id_, timer) = next(iter(room.replica.state.timers.items()))
    applied = room.add(TimerEntry(id_, timer.deadline_ms), after_ms=REMOVED_KEPT_MS)
    assert [(e.type, msgspec.msgpack.decode(e.body)) for e in applied.events] == [
        ("purged", {"document": "pad"})
    ]
    assert room.do("restore_removed", document="pad") == "not_found"
    assert room.do("create", document="pad", kind="text", title="P") == "exists", "objects remain"
    room.serve("purged", document="pad")
    assert room.state.purging == []
    assert room.do("create", document="pad", kind="text", title="P") == ""
    assert room.edit("pad", "s2") == "", "everyone begins anew"


def test_only_so_many_removed_documents_are_kept(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "REMOVED_MAX", 2)
    for id_ in ("a", "b", "c"):
        room.do("create", document=id_, kind="text", title=id_)
        room.do("remove", document=id_)
    assert list(room.view["removed"]) == ["b", "c"]
    assert room.state.purging == ["a"]
    assert len(room.replica.state.timers) == 2


def test_nothing_is_removed_while_too_much_is_being_cleared_away(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PURGING_MAX", 0)
    assert room.do("remove", document="pad") == "limit_reached"
    assert room.order == ["notes", "pad"]


def test_a_full_document_takes_only_deletions(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "DOCUMENT_BYTES_MAX", 100)
    assert room.edit("pad", "s2", 0, 1, 90) == ""
    assert room.edit("pad", "s2", 1, 2, 11) == "document_full"
    assert room.edit("pad", "s4", 0, 0, 30) == "", "a deletion"
    upto = room.log.last
    made = {"object": "o", "sha256": "h", "bytes": 40, "authors": "a", "authors_sha256": "s"}
    room.serve("compacted", document="pad", upto=upto, written={}, **made)
    assert room.edit("pad", "s2", 1, 2, 11) == "", "there is room again"


def test_the_first_level_knows_no_boards_and_removes_nothing() -> None:
    log, replica = LogWriter(), Replica("room", "e1", all_applications())
    bodies = [
        ("create", {"document": "board", "kind": "board", "title": "Board"}),
        ("remove", {"document": "pad"}),
        ("create", {"document": "minutes", "kind": "text", "title": "Minutes"}),
        ("update", {"document": "pad", "from": 0, "to": 1, "update": b"x"}),
    ]
    asked = [operation(n, "documents", t, body) for n, (t, body) in enumerate(bodies, 1)]
    (applied,) = replica.receive_page([log.add(join(), *asked)])
    assert [r.code for r in applied.outcomes["s1"].rejected] == ["malformed", "unknown_operation"]
    state: DocumentsState = replica.state.apps["documents"]
    assert state.documents["minutes"] == Document("text", "Minutes")
    assert state.documents["pad"].edited_ms == 0
