"""Slides as the log sees them: added, claimed, opened, drawn, turned, marked and noted."""

from __future__ import annotations

import struct
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.apps import all_applications
from folkmoot.apps.files import File, FilesState
from folkmoot.apps.slides import SlidesState, needs_work
from folkmoot.apps.slides.conversion import (
    LATE_MS,
    OPEN_MAX,
    STALLED_AFTER_MS,
    TRIED_FOR_MS,
    title_of,
    uploads_waiting,
)
from folkmoot.apps.slides.marks import MARK_BYTES_MAX
from folkmoot.apps.slides.state import ATTEMPTS_MAX
from folkmoot.client.slides_state import new_slides, slides_after
from folkmoot.conference.batch import ServiceEntry, encode_body
from folkmoot.protocol.limits import (
    DECK_NOTES_CHARACTERS_MAX,
    DECK_PAGES_MAX,
    DECKS_MAX,
    MARK_POINTS_MAX,
    MARKS_OF_PAGE_MAX,
    NOTE_CHARACTERS_MAX,
)
from folkmoot.testing.people import Meeting

STROKE = struct.pack(">6H", 0, 0, 5_000, 5_000, 10_000, 10_000)


class Room(Meeting):
    """People in all roles, some files, and what each person's client made of the events."""

    def __init__(self) -> None:
        super().__init__()
        self.with_roles()

    @property
    def slides(self) -> SlidesState:
        state: SlidesState = self.state.apps["slides"]
        return state

    @property
    def files(self) -> FilesState:
        state: FilesState = self.state.apps["files"]
        return state

    def share(self, file: str, name: str = "Talk.pdf", purpose: str = "file") -> str:
        """A file under an id of our choice."""
        self.files.files[file] = File(
            "presenter", "Presenter", purpose, name, "application/pdf", 7, "aa",
            f"files/room/{file}", file, 0,
        )  # fmt: skip
        return file

    def serve(self, type_: str, **body: object) -> bool:
        """Whether it had an effect, or was a word that somebody works."""
        timers = dict(self.state.timers)
        self.add(ServiceEntry("documents-1.aa", "x", "slides", type_, encode_body(body)))
        return bool(self.last.events) or dict(self.state.timers) != timers

    def told(self) -> list[tuple[str, dict[str, Any], tuple[str, ...] | None]]:
        return [(e.type, msgspec.msgpack.decode(e.body), e.audience) for e in self.last.events]

    def view(self, person: str) -> list[dict[str, Any]]:
        shown = all_applications()["slides"].view(self.slides, self.state, person)
        return list(shown["decks"])

    def open_deck(self, pages: int = 3, file: str = "f1") -> str:
        self.share(file)
        assert self.do("presenter", "slides", "add", {"file": file}) == ""
        assert self.serve("started", deck=file, worker="documents-1.aa", attempt=1)
        sizes = [1920, 1080] * pages
        assert self.serve("opened", deck=file, attempt=1, folder="decks/x", sizes=sizes)
        return file

    def mark(self, person: str, id_: str = "m1", **changes: object) -> str:
        body = {
            "deck": "f1", "page": 1, "mark": id_, "tool": "pen", "points": STROKE,
            "colour": "#ff0000", "width": 30,
        }  # fmt: skip
        return self.do(person, "slides", "mark", body | changes)


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_deck_is_added_opened_drawn_and_ready(room: Room) -> None:
    deck = room.open_deck()
    assert room.serve("pages", deck=deck, attempt=1, ready=1)
    assert room.told()[0][1]["ready"] == 1
    assert not room.serve("finished", deck=deck, attempt=1), "not all of it is drawn"
    room.serve("pages", deck=deck, attempt=1, ready=3)
    assert room.serve("finished", deck=deck, attempt=1)
    (seen,) = room.view("viewer")
    assert (seen["phase"], seen["pages"], seen["ready"], seen["page"]) == ("ready", 3, 3, 1)
    assert (seen["title"], seen["person"]) == ("Talk", "presenter")
    assert needs_work(room.slides) == [] and f"slides/{deck}" not in room.state.timers
    assert "folder" not in seen and "object" not in seen


@pytest.mark.parametrize("person", ["participant", "viewer"])
@pytest.mark.parametrize("type_", ["add", "rename", "retry", "remove", "turn", "note"])
def test_only_those_who_present_change_decks(room: Room, person: str, type_: str) -> None:
    room.open_deck()
    assert room.do(person, "slides", type_, {}) == "not_allowed"


def test_a_file_is_one_deck_and_must_be_there(room: Room) -> None:
    room.open_deck()
    assert room.do("host", "slides", "add", {"file": "f1"}) == "exists"
    assert room.do("host", "slides", "add", {"file": "none"}) == "not_found"


def test_an_upload_for_a_deck_becomes_one_once_whoever_says_so(room: Room) -> None:
    room.share("f1", "Talk.v2.pptx", "deck")
    assert uploads_waiting(room.state) == ["f1"]
    assert room.serve("added", file="f1") and not room.serve("added", file="f1")
    assert uploads_waiting(room.state) == []
    assert room.view("viewer")[0]["title"] == "Talk.v2"
    assert room.do("host", "slides", "remove", {"deck": "f1"}) == ""
    assert room.files.files == {} and room.files.removing == ["files/room/f1"]
    assert not room.serve("added", file="f1"), "a late word does not bring it back"
    assert room.slides.decks == {} and uploads_waiting(room.state) == []


def test_an_upload_that_finds_no_place_is_said_to_its_person_and_let_go(room: Room) -> None:
    for number in range(OPEN_MAX):
        room.do("host", "slides", "add", {"file": room.share(f"f{number}")})
    room.share("late", purpose="deck")
    assert room.serve("added", file="late")
    ((type_, body, audience),) = room.told()
    assert (type_, audience) == ("refused", ("presenter",))
    assert "being converted" in body["reason"]
    assert uploads_waiting(room.state) == [] and "late" not in room.files.files
    room.do("host", "slides", "remove", {"deck": "f0"})
    assert "f0" in room.files.files, "what was shared stays shared"


def test_of_two_claims_the_first_counts_and_the_next_attempt_goes_on(room: Room) -> None:
    deck = room.open_deck()
    assert not room.serve("started", deck=deck, worker="documents-2.bb", attempt=1)
    room.serve("pages", deck=deck, attempt=1, ready=2)
    assert room.serve("started", deck=deck, worker="documents-2.bb", attempt=2)
    assert not room.serve("pages", deck=deck, attempt=1, ready=3), "its attempt is over"
    assert not room.serve("failed", deck=deck, attempt=1, reason="late")
    sizes = [1920, 1080] * 3
    room.serve("opened", deck=deck, attempt=2, folder="decks/x", sizes=sizes)
    assert room.slides.decks[deck].ready == 2, "what is drawn stays drawn"
    room.serve("opened", deck=deck, attempt=2, folder="decks/y", sizes=sizes)
    assert room.slides.decks[deck].ready == 0, "but not what lies elsewhere"


def test_a_worker_that_says_nothing_loses_it_and_after_three_it_has_failed(room: Room) -> None:
    room.do("host", "slides", "add", {"file": room.share("f1")})
    for attempt in range(1, ATTEMPTS_MAX + 1):
        assert room.serve("started", deck="f1", worker="documents-1.aa", attempt=attempt)
        before_ms = room.state.time_ms
        assert room.fire("slides/f1")
        assert room.state.time_ms - before_ms >= STALLED_AFTER_MS
    assert not room.serve("started", deck="f1", worker="documents-1.aa", attempt=4)
    (seen,) = room.view("viewer")
    assert seen["phase"] == "failed" and "did not get on" in seen["reason"]
    assert room.do("presenter", "slides", "retry", {"deck": "f1"}) == ""
    assert room.do("presenter", "slides", "retry", {"deck": "f1"}) == "changed_meanwhile"
    assert not room.serve("started", deck="f1", worker="documents-1.aa", attempt=1)
    assert room.serve("started", deck="f1", worker="documents-1.aa", attempt=4)


def test_what_the_store_or_a_stop_ended_is_not_counted_for_an_hour(room: Room) -> None:
    room.do("host", "slides", "add", {"file": room.share("f1")})
    began_ms, attempt = room.state.time_ms, 0
    while room.state.time_ms - began_ms < TRIED_FOR_MS:
        attempt += 1
        assert room.serve("started", deck="f1", worker="documents-1.aa", attempt=attempt)
        assert room.serve("failed", deck="f1", attempt=attempt, reason="No store.", excused=True)
        assert room.view("viewer")[0]["phase"] == "queued"
        room.add(after_ms=TRIED_FOR_MS // 20)
    for later in range(1, ATTEMPTS_MAX + 1):
        assert room.serve("started", deck="f1", worker="documents-1.aa", attempt=attempt + later)
        room.serve("failed", deck="f1", attempt=attempt + later, reason="No store.", excused=True)
    assert room.view("viewer")[0]["reason"] == "No store."
    assert room.do("presenter", "slides", "retry", {"deck": "f1"}) == ""
    assert room.slides.decks["f1"].excused == 0 and not room.slides.decks["f1"].spent


def test_a_worker_that_begins_again_has_not_died_of_it_and_others_may_have(room: Room) -> None:
    room.do("host", "slides", "add", {"file": room.share("f1")})
    for attempt in range(1, 10):
        assert room.serve("started", deck="f1", worker="documents-1.aa", attempt=attempt)
    for number in range(1, ATTEMPTS_MAX):
        worker = f"documents-2.{number}"
        assert room.serve("started", deck="f1", worker=worker, attempt=9 + number)
    assert not room.serve("started", deck="f1", worker="documents-3.cc", attempt=12)
    assert room.fire("slides/f1")
    assert room.view("viewer")[0]["phase"] == "failed"


def test_a_timer_that_comes_late_blames_the_log_and_not_the_worker(room: Room) -> None:
    deck = room.open_deck()
    for _ in range(5):
        room.add(after_ms=STALLED_AFTER_MS + LATE_MS)
        assert room.fire(f"slides/{deck}")
        assert room.slides.decks[deck].phase == "converting"
    assert room.fire(f"slides/{deck}")
    assert room.slides.decks[deck].phase == "queued"


def test_a_final_failure_is_not_tried_again(room: Room) -> None:
    deck = room.open_deck()
    assert room.serve("failed", deck=deck, attempt=1, reason="It is encrypted.", final=True)
    assert room.view("viewer")[0]["reason"] == "It is encrypted."
    assert needs_work(room.slides) == []


def test_a_removed_deck_is_out_of_sight_and_forgotten_once_it_was_let_go(room: Room) -> None:
    deck = room.open_deck()
    assert room.do("presenter", "slides", "remove", {"deck": deck}) == ""
    assert room.view("host") == [] and [i for i, _ in needs_work(room.slides)] == [deck]
    assert room.do("presenter", "slides", "turn", {"deck": deck, "page": 1}) == "not_found"
    assert not room.serve("pages", deck=deck, attempt=1, ready=1)
    room.serve("removed", deck=deck)
    assert room.slides.decks == {} and f"slides/{deck}" not in room.state.timers


def test_pages_are_turned_for_everyone_within_the_deck(room: Room) -> None:
    deck = room.open_deck()
    assert room.do("presenter", "slides", "turn", {"deck": deck, "page": 3}) == ""
    assert room.told() == [("turned", {"deck": deck, "page": 3}, None)]
    assert room.do("presenter", "slides", "turn", {"deck": deck, "page": 3}) == ""
    assert room.told() == [], "nothing changed"
    for page in (0, 4, -1):
        assert room.do("presenter", "slides", "turn", {"deck": deck, "page": page}) == "not_found"


@pytest.mark.parametrize("sizes", [[], [1920], [0, 1], [1, 10_001], [1, 1] * (DECK_PAGES_MAX + 1)])
def test_pages_that_are_none_are_not_taken(room: Room, sizes: list[int]) -> None:
    room.do("host", "slides", "add", {"file": room.share("f1")})
    room.serve("started", deck="f1", worker="documents-1.aa", attempt=1)
    assert not room.serve("opened", deck="f1", attempt=1, folder="decks/x", sizes=sizes)


def test_a_room_holds_so_many_decks(room: Room) -> None:
    for number in range(DECKS_MAX):
        deck = room.open_deck(file=f"f{number}")
        room.serve("failed", deck=deck, attempt=1, reason="x", final=True)
    room.share("more")
    assert room.do("host", "slides", "add", {"file": "more"}) == "limit_reached"
    room.do("host", "slides", "remove", {"deck": "f0"})
    assert room.do("host", "slides", "add", {"file": "more"}) == ""


# Notes


def test_notes_are_told_to_those_who_present_and_to_nobody_else(room: Room) -> None:
    deck = room.open_deck()
    presenters = ("host", "co-host", "presenter")
    body = {"deck": deck, "page": 2, "text": "Smile."}
    assert room.do("co-host", "slides", "note", body) == ""
    assert room.told() == [
        ("noted", {"deck": deck, "notes": [{"page": 2, "text": "Smile."}]}, presenters)
    ]
    room.serve("noted", deck=deck, attempt=1, pages=[1, 2], texts=["From the file.", "Lost."])
    assert room.told()[0][1]["notes"] == [{"page": 1, "text": "From the file."}]
    assert room.told()[0][2] == presenters
    for person in presenters:
        assert {n["page"]: n["text"] for n in room.view(person)[0]["notes"]} == {
            1: "From the file.",
            2: "Smile.",
        }
    for person in ("participant", "viewer"):
        assert "notes" not in room.view(person)[0]
    assert room.do("host", "slides", "note", body | {"text": ""}) == ""
    assert list(room.slides.decks[deck].notes) == ["1"]


def test_who_is_made_a_presenter_gets_a_view_with_notes(room: Room) -> None:
    deck = room.open_deck()
    room.do("host", "slides", "note", {"deck": deck, "page": 1, "text": "Smile."})
    assert room.do("host", "roster", "set_role", {"person": "viewer", "role": "presenter"}) == ""
    assert list(room.last.renewed) == ["viewer"] and room.view("viewer")[0]["notes"]


def test_notes_are_bounded(room: Room) -> None:
    deck = room.open_deck(pages=20)
    long = "x" * NOTE_CHARACTERS_MAX
    note = {"deck": deck, "page": 20, "text": long + "x"}
    assert room.do("host", "slides", "note", note) == "too_large"
    pages = list(range(1, 20))
    room.serve("noted", deck=deck, attempt=1, pages=pages, texts=[long] * 19)
    assert room.slides.decks[deck].note_characters <= DECK_NOTES_CHARACTERS_MAX
    assert room.do("host", "slides", "note", note | {"text": long}) == "limit_reached"


# Marks


def test_who_may_draw_is_up_to_the_hosts(room: Room) -> None:
    room.open_deck()
    assert room.mark("presenter") == "" and room.mark("participant", "m2") == "not_allowed"
    allow = {"setting": "annotate", "roles": ["participant"]}
    assert room.do("host", "roster", "allow", allow) == ""
    assert room.mark("participant", "m2") == "" and room.mark("viewer", "m3") == "not_allowed"
    (marked,) = [m for m in room.view("viewer")[0]["marks"] if m["mark"] == "m2"]
    assert (marked["person"], marked["points"], marked["page"]) == ("participant", STROKE, 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tool": "spray"}, "malformed"),
        ({"mark": "a b"}, "malformed"),
        ({"mark": ""}, "malformed"),
        ({"colour": "red"}, "malformed"),
        ({"colour": "#FF0000"}, "malformed"),
        ({"points": b""}, "malformed"),
        ({"points": b"abc"}, "malformed"),
        ({"points": struct.pack(">2H", 10_001, 0)}, "malformed"),
        ({"points": STROKE[:4] * (MARK_POINTS_MAX + 1)}, "too_large"),
        ({"width": 0}, "malformed"),
        ({"width": 1_001}, "malformed"),
        ({"tool": "arrow"}, "malformed"),
        ({"tool": "text", "points": STROKE[:4]}, "empty"),
        ({"text": "on a stroke"}, "malformed"),
        ({"page": 4}, "not_found"),
        ({"page": 0}, "not_found"),
        ({"deck": "none"}, "not_found"),
    ],
)
def test_what_is_no_mark_is_refused(room: Room, changes: dict[str, Any], code: str) -> None:
    room.open_deck()
    assert room.mark("host", **changes) == code
    assert room.slides.decks["f1"].marks == {}


def test_one_takes_away_ones_own_and_presenters_anybodys(room: Room) -> None:
    deck = room.open_deck()
    room.do("host", "roster", "allow", {"setting": "annotate", "roles": ["participant"]})
    room.mark("presenter", "p1"), room.mark("participant", "m1"), room.mark("participant", "m2")
    body = {"deck": deck, "page": 1}
    assert room.do("participant", "slides", "unmark", body | {"marks": ["p1"]}) == "not_allowed"
    assert room.do("participant", "slides", "unmark", body | {"marks": ["m1", "gone"]}) == ""
    assert room.told()[0][1]["marks"] == ["m1"]
    assert room.do("participant", "slides", "unmark", body | {"marks": ["m1"]}) == "not_found"
    assert room.do("participant", "slides", "clear", body) == "not_allowed"
    assert room.do("participant", "slides", "clear", body | {"own": True}) == ""
    assert list(room.slides.decks[deck].marks["1"]) == ["p1"]
    assert room.do("presenter", "slides", "clear", body) == ""
    assert room.slides.decks[deck].marks == {}


def test_marks_are_bounded_on_a_page_and_in_a_room(room: Room) -> None:
    room.open_deck(pages=40)
    for number in range(MARKS_OF_PAGE_MAX):
        assert room.mark("host", f"m{number}") == ""
    assert room.mark("host", "more") == "limit_reached"
    assert room.mark("host", "m0", page=2) == "", "ids are of a page"
    assert room.mark("host", "m0", page=2) == "exists"
    long = STROKE[:4] * MARK_POINTS_MAX
    codes = [room.mark("host", f"l{n}", page=3 + n // 100, points=long) for n in range(270)]
    assert codes[-1] == "limit_reached" and codes.count("") > 200
    assert room.slides.decks["f1"].mark_bytes <= MARK_BYTES_MAX


@pytest.mark.parametrize(
    ("name", "title"),
    [("Talk.pdf", "Talk"), (".pdf", ".pdf"), ("a.b.pptx", "a.b"), ("No ending", "No ending")],
)
def test_a_title_is_the_name_without_its_ending(name: str, title: str) -> None:
    assert title_of(name) == title


TYPES = ["add", "added", "started", "opened", "pages", "finished", "failed", "remove", "removed"]
TYPES += ["turn", "note", "noted", "mark", "clear", "timer", "retry", "rename", "progress"]
STEPS = st.lists(
    st.tuples(st.sampled_from(TYPES), st.integers(1, 4), st.integers(0, 4)), max_size=60
)


@given(STEPS)
def test_whatever_is_said_clients_see_what_the_state_holds_and_it_stays_bounded(
    steps: list[tuple[str, int, int]],
) -> None:
    room = Room()
    clients = {person: new_slides() for person in ("presenter", "viewer")}
    for step, which, value in steps:
        deck = room.share(f"f{which}", purpose="deck")
        bodies: dict[str, dict[str, object]] = {
            "opened": {"attempt": value, "folder": "d", "sizes": [9, 9] * which},
            "pages": {"attempt": value, "ready": which},
            "failed": {"attempt": value, "reason": "r", "final": which == 1},
            "started": {"attempt": value, "worker": "w"},
            "progress": {"attempt": value, "step": "drawing"},
            "noted": {"attempt": value, "pages": [1], "texts": ["t"]},
            "finished": {"attempt": value},
        }
        if step == "timer":
            room.fire(f"slides/{deck}")
        elif step in ("add", "added"):
            if step == "add":
                room.do("presenter", "slides", step, {"file": deck})
            else:
                room.serve(step, file=deck)
        elif step in bodies or step == "removed":
            room.serve(step, deck=deck, **bodies.get(step, {}))
        elif step == "mark":
            room.mark("presenter", f"m{value}", deck=deck, page=value)
        else:
            own: dict[str, dict[str, object]] = {
                "turn": {"page": value},
                "note": {"page": value, "text": "n" * which},
                "clear": {"page": value},
                "rename": {"title": "New"},
            }
            room.do("presenter", "slides", step, {"deck": deck} | own.get(step, {}))
        for event in room.last.events:
            for person, client in clients.items():
                if event.app == "slides" and (event.audience is None or person in event.audience):
                    told = _Told(event.type, 0, msgspec.msgpack.decode(event.body))
                    slides_after(client, told)
        for person, client in clients.items():
            assert _plain(client["decks"]) == _plain(room.view(person))
        timed = {f"slides/{i}" for i, d in room.slides.decks.items() if d.phase == "converting"}
        assert {t for t in room.state.timers if t.startswith("slides/")} == timed


class _Told(msgspec.Struct):
    type: str
    time_ms: int
    body: Any


def _plain(decks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what makes no difference: the order of marks and notes, and notes that are none."""
    return [
        deck
        | {
            "marks": sorted(deck["marks"], key=lambda m: (m["page"], m["mark"])),
            "notes": sorted((n["page"], n["text"]) for n in deck.get("notes", [])),
        }
        for deck in decks
    ]
