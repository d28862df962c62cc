"""Documents as the log sees them: opaque updates, owners' clocks, compactions, voids."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.apps.documents import Document, DocumentsState, application, listing
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import Entry, ServiceEntry, encode_body
from folkmoot.conference.replica import Replica
from folkmoot.testing.batches import LogWriter, join, operation


class Room:
    def __init__(self) -> None:
        self.log = LogWriter()
        self.replica = Replica("room", "e1", all_applications())
        self.add(join(), join("s2", "bob"))
        self._counters = {"s1": 0, "s2": 0}

    def add(self, *entries: Entry) -> Applied:
        (applied,) = self.replica.receive_page([self.log.add(*entries)])
        return applied

    def do(self, type_: str, body: Any, session: str = "s1") -> str:
        """The code of a rejection, or empty."""
        self._counters[session] += 1
        entry = operation(self._counters[session], "documents", type_, body, session=session)
        rejected = self.add(entry).outcomes[session].rejected
        return rejected[0].code if rejected else ""

    def edit(self, from_: int, to: int, *, session: str = "s1", document: str = "pad") -> str:
        body = {"document": document, "from": from_, "to": to, "update": b"\1\2\3"}
        return self.do("update", body, session)

    def serve(self, type_: str, **body: object) -> list[Any]:
        entry = ServiceEntry("documents-1", "1", "documents", type_, encode_body(body))
        return [(e.type, msgspec.msgpack.decode(e.body)) for e in self.add(entry).events]

    def compact(self, upto: int) -> list[Any]:
        return self.serve("compacted", document="pad", upto=upto, object="o", sha256="h", bytes=9)

    @property
    def pad(self) -> Document:
        state: DocumentsState = self.replica.state.apps["documents"]
        return state.documents["pad"]


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_room_begins_with_notes_and_a_pad(room: Room) -> None:
    state = room.replica.state
    view = all_applications()["documents"].view(state.apps["documents"], state, "ada")
    assert view == {
        "documents": {
            "notes": {"kind": "rich", "title": "Notes"},
            "pad": {"kind": "text", "title": "Pad"},
        }
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"document": "minutes", "kind": "text", "title": "Minutes"}, ""),
        ({"document": "pad", "kind": "text", "title": "Again"}, "exists"),
        ({"document": "minutes", "kind": "sheet", "title": "M"}, "malformed"),
        ({"document": "Minutes!", "kind": "text", "title": "M"}, "malformed"),
        ({"document": "m" * 41, "kind": "text", "title": "M"}, "malformed"),
        ({"document": "minutes", "kind": "text", "title": ""}, "empty"),
    ],
)
def test_creating_a_document(room: Room, body: Any, code: str) -> None:
    assert room.do("create", body) == code


def test_documents_of_a_room_are_bounded(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "DOCUMENTS_MAX", 3)
    assert room.do("create", {"document": "a", "kind": "text", "title": "A"}) == ""
    assert room.do("create", {"document": "b", "kind": "text", "title": "B"}) == "limit_reached"


def test_an_authors_edits_follow_each_other_without_gaps(room: Room) -> None:
    assert room.edit(0, 3) == ""
    assert room.edit(2, 5) == "document_clock"
    assert room.edit(4, 5) == "document_clock"
    assert room.edit(3, 3) == "", "deletions move no clock"
    assert room.edit(3, 4) == ""
    assert room.edit(0, 1, session="s2") == "", "everyone has a clock of their own"
    assert room.pad.clocks == {"1": 4, "2": 1}


@pytest.mark.parametrize(
    "body",
    [
        {"document": "pad", "from": -1, "to": 0, "update": b"x"},
        {"document": "pad", "from": 3, "to": 2, "update": b"x"},
        {"document": "pad", "from": 0, "to": 1, "update": b""},
        {"document": "pad", "from": 0, "to": 1, "update": "text"},
        {"document": "pad", "from": 0, "to": 1 << 70, "update": b"x"},
    ],
)
def test_an_edit_that_makes_no_sense_is_malformed(room: Room, body: Any) -> None:
    if body["to"] == 1 << 70:
        body = msgspec.Raw(
            b"\x84\xa8document\xa3pad\xa4from\x00\xa2to\xcb" + b"\x7f" * 8 + b"\xa6update\xc4\x01x"
        )
    assert room.do("update", body) == "malformed"
    assert room.pad == Document("text", "Pad")


def test_an_edit_of_an_unknown_document_is_not_found(room: Room) -> None:
    assert room.edit(0, 1, document="nowhere") == "not_found"


def test_a_document_that_nobody_compacts_is_full_one_day(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "PENDING_BYTES_MAX", 7)
    assert [room.edit(n, n + 1) for n in range(3)] == ["", "", "limit_reached"]
    room.compact(room.log.last)
    assert room.edit(2, 3) == ""


def test_a_compaction_replaces_what_it_covers_and_keeps_the_clocks(room: Room) -> None:
    room.edit(0, 1)
    room.edit(1, 2)
    upto = room.log.last
    room.edit(2, 3)
    assert room.compact(upto) == [("compacted", {"document": "pad", "upto": upto})]
    assert [u.to for u in room.pad.updates] == [3]
    assert room.pad.pending_bytes == 3
    assert room.pad.base is not None and room.pad.base.upto == upto
    assert room.edit(3, 4) == ""


def test_a_compaction_that_is_older_or_ahead_is_nothing(room: Room) -> None:
    room.edit(0, 1)
    upto = room.log.last
    assert room.compact(upto)
    assert room.compact(upto) == []
    assert room.compact(upto - 1) == []
    assert room.compact(room.log.last + 100) == []


def test_a_void_takes_out_an_edit_and_what_hangs_on_it(room: Room) -> None:
    room.edit(0, 1)
    room.edit(1, 2)
    poison = room.pad.updates[-1]
    room.edit(0, 5, session="s2")
    room.edit(2, 3)
    told = room.serve(
        "void", document="pad", sequence=poison.sequence, index=poison.index, reason="kills"
    )
    assert [t for t, _ in told] == ["voided", "voided"]
    assert [b["number"] for _, b in told] == [1, 1]
    assert [(u.number, u.to) for u in room.pad.updates] == [(1, 1), (2, 5)]
    assert room.pad.clocks == {"1": 1, "2": 5}
    assert room.pad.pending_bytes == 6
    assert room.edit(1, 2) == "", "the author goes on from before it"


def test_a_void_of_what_is_gone_is_nothing(room: Room) -> None:
    assert room.serve("void", document="pad", sequence=1, index=0, reason="x") == []
    assert room.serve("void", document="nowhere", sequence=1, index=0, reason="x") == []


def test_who_leaves_takes_their_clock_along_and_leaves_their_edits(room: Room) -> None:
    room.edit(0, 1)
    room.add(operation(2, "roster", "leave", {}))
    assert room.pad.clocks == {}
    assert [u.number for u in room.pad.updates] == [1]


def test_a_merge_from_before_a_void_is_refused_for_it_would_bring_back_what_went(
    room: Room,
) -> None:
    room.edit(0, 1)
    room.edit(0, 2, session="s2")
    update = room.pad.updates[0]
    upto = room.pad.updates[-1].sequence
    room.serve(
        "void", document="pad", sequence=update.sequence, index=update.index, reason="damaged"
    )
    assert room.compact(upto) == []
    assert room.pad.base is None
    merged = {"document": "pad", "upto": upto, "object": "o", "sha256": "h", "bytes": 9}
    assert room.serve("compacted", voids=1, **merged) != []
