"""Files as the log sees them: shared once, named apart, removed by who may, then deleted."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.apps.files import (
    FilesState,
    Stored,
    bytes_left,
    file_of_upload,
    may_upload,
    refusal_of,
)
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import ServiceEntry, encode_body
from folkmoot.conference.snapshot import decode_snapshot, encode_snapshot
from folkmoot.protocol.limits import FILE_BYTES_MAX, FILES_BYTES_MAX, FILES_MAX
from folkmoot.testing.batches import operation
from folkmoot.testing.meetings import Meeting

ROLES = {"hana": "host", "ada": "participant", "bob": "participant", "vic": "viewer"}


class Room(Meeting):
    def __init__(self) -> None:
        super().__init__(ROLES)
        self.uploads = 0
        self.counters = dict.fromkeys(ROLES, 0)

    @property
    def files(self) -> FilesState:
        state: FilesState = self.replica.state.apps["files"]
        return state

    def body(self, person: str = "ada", content: str = "a", **told: Any) -> Stored:
        self.uploads += 1
        sha256 = content.encode().hex().ljust(64, "0")
        usual: dict[str, Any] = {
            "upload": f"u{self.uploads}",
            "person": person,
            "purpose": "file",
            "name": "plan.pdf",
            "type": "application/pdf",
            "bytes": 1_000,
            "sha256": sha256,
            "object": f"files/c/{sha256}",
        }
        return Stored(**(usual | told))

    def serve(self, type_: str, body: Any) -> Applied:
        return self.add(ServiceEntry("documents-1.aa", "x", "files", type_, encode_body(body)))

    def share(self, person: str = "ada", content: str = "a", **told: Any) -> str:
        body = self.body(person, content, **told)
        self.serve("stored", body)
        return file_of_upload(self.files, body.upload)

    def act(self, person: str, app: str, type_: str, **body: Any) -> str:
        """The code of a rejection, or empty."""
        self.counters[person] += 1
        entry = operation(self.counters[person], app, type_, body, session=person)
        rejected = self.add(entry).outcomes[person].rejected
        return rejected[0].code if rejected else ""

    def names(self, person: str) -> list[str]:
        return [file["name"] for file in self.view("files", person)["files"]]


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_file_is_shared_with_everyone_and_names_who_shared_it(room: Room) -> None:
    file = room.share()
    told = [e for e in room.seen["vic"] if e.app == "files"]
    assert [(e.type, e.body["file"], e.body["by"]) for e in told] == [("stored", file, "Ada")]
    assert "object" not in told[0].body, "where it lies is nobody's business"
    assert room.view("files", "bob")["files"] == [told[0].body]


def test_one_upload_becomes_one_file_however_often_it_is_said(room: Room) -> None:
    body = room.body()
    first, again = room.serve("stored", body), room.serve("stored", body)
    assert len(first.events) == 1 and again.events == []
    assert len(room.files.files) == 1
    refusal = refusal_of(room.replica.state, body)
    assert refusal is not None and refusal.code == "exists"


def test_two_of_the_same_name_are_told_apart(room: Room) -> None:
    for content in "abcd":
        room.share(content=content, name="Plan.pdf" if content == "c" else "plan.pdf")
    room.share(content="e", name="plan (2).pdf")
    room.share(content="f", name=".profile")
    room.share(content="g", name=".profile")
    assert room.names("bob") == [
        "plan.pdf", "plan (2).pdf", "Plan (3).pdf", "plan (4).pdf", "plan (5).pdf",
        ".profile", ".profile (2)",
    ]  # fmt: skip


def test_pictures_and_slides_are_no_files_of_the_list_and_count_all_the_same(room: Room) -> None:
    image = room.share(purpose="image", type="image/png", name="plan.pdf", width=9, height=9)
    deck = room.share("hana", "b", purpose="deck")
    assert image and deck and room.names("ada") == []
    assert [e for e in room.seen["bob"] if e.app == "files"] == []
    assert bytes_left(room.files) == FILES_BYTES_MAX - 2_000


def test_who_shared_it_and_who_runs_the_room_may_remove_it(room: Room) -> None:
    one, two = room.share(), room.share(content="b")
    assert room.act("bob", "files", "remove", file=one) == "not_allowed"
    assert room.act("vic", "files", "remove", file=one) == "not_allowed"
    assert room.act("ada", "files", "remove", file=one) == ""
    assert room.act("hana", "files", "remove", file=two) == ""
    assert room.act("hana", "files", "remove", file=two) == "not_found"
    assert room.names("bob") == []
    told = [e.type for e in room.seen["bob"] if e.app == "files"]
    assert told == ["stored", "stored", "removed", "removed"]


def test_equal_bytes_are_deleted_only_when_the_last_file_of_them_is_removed(room: Room) -> None:
    one, two = room.share(preview="p"), room.share("bob", preview="p")
    object_ = room.files.files[one].object
    room.act("ada", "files", "remove", file=one)
    assert room.files.removing == []
    room.act("bob", "files", "remove", file=two)
    assert room.files.removing == [object_, "p"]
    body = room.body()
    refusal = refusal_of(room.replica.state, body)
    assert refusal is not None and refusal.code == "changed_meanwhile"
    room.serve("stored", body)
    assert room.names("ada") == [], "what is being deleted is not named again"
    room.serve("deleted", {"objects": [object_]})
    room.serve("deleted", {"objects": [object_]})
    assert room.files.removing == ["p"] and refusal_of(room.replica.state, body) is None


def test_what_is_said_to_be_unused_stays_while_a_file_names_it(room: Room) -> None:
    file = room.share()
    object_ = room.files.files[file].object
    room.serve("unused", {"objects": [object_, "files/c/other"]})
    assert room.files.removing == ["files/c/other"]


def test_the_right_is_asked_for_where_the_file_comes_into_the_log(room: Room) -> None:
    state = room.replica.state
    assert [p for p in ROLES if may_upload(state, p, "file")] == ["hana", "ada", "bob"]
    assert [p for p in ROLES if may_upload(state, p, "image")] == ["hana", "ada", "bob"]
    assert [p for p in ROLES if may_upload(state, p, "deck")] == ["hana"]
    assert not may_upload(state, "hana", "other") and not may_upload(state, "nobody", "file")
    assert room.act("hana", "roster", "allow", setting="files", roles=[]) == ""
    assert room.share() == "" and room.share("hana", "b")
    assert room.share(content="c", purpose="image"), "notes and boards are open"


def test_the_quota_counts_equal_bytes_once_and_refuses_beyond(room: Room) -> None:
    for n in range(FILES_BYTES_MAX // FILE_BYTES_MAX):
        assert room.share(content=f"x{n}", bytes=FILE_BYTES_MAX)
    left = bytes_left(room.files)
    assert 0 < left < FILE_BYTES_MAX
    body = room.body(content="y", bytes=left + 1)
    refusal = refusal_of(room.replica.state, body)
    assert refusal is not None and refusal.code == "limit_reached"
    assert room.share(content="x1", bytes=FILE_BYTES_MAX), "these bytes are there already"
    assert room.share(content="y", bytes=left)
    assert room.share(content="z", bytes=1) == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a\nb"}, {"name": ""}, {"name": "x" * 151}, {"name": "gnp\u202e.exe"},
        {"bytes": 0}, {"bytes": FILE_BYTES_MAX + 1}, {"sha256": "zz"}, {"type": "text/html; x"},
        {"purpose": "other"}, {"object": ""}, {"upload": ""}, {"width": -1}, {"height": 1 << 17},
        {"person": "nobody"},
    ],
)  # fmt: skip
def test_what_no_examiner_says_changes_nothing(room: Room, wrong: dict[str, Any]) -> None:
    before = msgspec.msgpack.encode(room.files)
    room.serve("stored", room.body(**wrong))
    assert msgspec.msgpack.encode(room.files) == before


def test_the_number_of_files_is_bounded(room: Room) -> None:
    for n in range(FILES_MAX):
        room.share(content=f"n{n}", bytes=1, name=f"{n}.txt")
    assert len(room.files.files) == FILES_MAX and bytes_left(room.files) == 0
    assert room.share(content="more", bytes=1) == ""


STEP = st.tuples(st.sampled_from("abc"), st.sampled_from(["share", "remove"]))


@given(st.lists(STEP, max_size=30))
def test_an_object_is_either_named_or_removed_and_never_both(steps: list[tuple[str, str]]) -> None:
    room = Room()
    kept: list[str] = []
    for content, what in steps:
        if what == "share":
            file = room.share(content=content)
            kept += [file] if file else []
        elif kept:
            room.act("ada", "files", "remove", file=kept.pop(0))
        named = {f.object for f in room.files.files.values()}
        assert named.isdisjoint(room.files.removing)
        assert len(set(room.files.removing)) == len(room.files.removing)
    state = room.replica.state
    again = decode_snapshot(encode_snapshot(state), room.applications)
    assert msgspec.msgpack.encode(again.apps["files"]) == msgspec.msgpack.encode(room.files)
