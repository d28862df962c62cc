"""The converter on the fake engine: claims, takes over, goes on, keeps by content, lets go."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import struct
from collections.abc import AsyncGenerator, Callable
from typing import Any

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.apps.files import FilesState
from folkmoot.apps.slides import Deck, SlidesState
from folkmoot.apps.slides.operations import Started
from folkmoot.conference.batch import (
    FORMAT,
    AttachEntry,
    Batch,
    Entry,
    Grant,
    LevelEntry,
    OperationEntry,
    ServiceEntry,
    encode_batch,
    encode_body,
)
from folkmoot.conference.state import LEVEL, ConferenceState
from folkmoot.ports import BucketEntry, Conflict, LogUnavailable
from folkmoot.servers.applications.conferences import OpenConferences
from folkmoot.servers.applications.jobs import Died
from folkmoot.servers.applications.pauses import PAUSE_S
from folkmoot.servers.applications.work import Work
from folkmoot.servers.export import decks as export_decks
from folkmoot.servers.export.decks import Shown
from folkmoot.servers.export.job import ExportDeck
from folkmoot.servers.replicas import load_replica
from folkmoot.servers.slides import conversion as conversion_module
from folkmoot.servers.slides import converter as converter_module
from folkmoot.servers.slides import pages as pages_module
from folkmoot.servers.slides import pictures
from folkmoot.servers.slides.annotated import Annotator, Asked, Told
from folkmoot.servers.slides.child import replies
from folkmoot.servers.slides.conferences import SlidesConference
from folkmoot.servers.slides.converter import Converter
from folkmoot.servers.slides.job import Annotate, Draw, Job
from folkmoot.servers.slides.libreoffice import LibreOffice
from folkmoot.servers.slides.store import DeckStore, Gone, Kept, key_of
from folkmoot.testing import decks
from folkmoot.testing.fake_engine import FakeZone

PDF = decks.pdf(["One", "Two", "Three", "Four"])


class Child:
    """Does jobs in this process, as an `Office` tells it."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def parts(self, payload: bytes) -> AsyncGenerator[bytes | Died, None]:
        job: Job = msgspec.msgpack.decode(payload, type=Job)
        self._office.jobs.append(job)
        at = job.first if isinstance(job, Draw) else 0
        for number, reply in enumerate(replies(job)):
            page = at + (number - 1) * job.step if isinstance(job, Draw) and number else 0
            if page in self._office.dies and page not in getattr(job, "bad", []):
                self._office.deaths_left -= 1
                if not self._office.deaths_left:
                    self._office.dies.clear()
                yield self._office.death
                return
            if page:
                await self._office.before(page)
                self._office.drawn.append(page)
            yield msgspec.msgpack.encode(reply)


class Office(LibreOffice):
    """What the children do, and a LibreOffice that makes `PDF` of everything.

    `dies` names pages that end a child, so often; `before` is called before each page.
    """

    def __init__(self, program: str = "soffice.bin") -> None:
        super().__init__(program)
        self.jobs: list[Job] = []
        self.drawn: list[int] = []
        self.dies: set[int] = set()
        self.deaths_left = 1_000
        self.death = Died("the slides process died of SIGSEGV", by_itself=True)
        self.before: Callable[[int], Any] = lambda page: asyncio.sleep(0)
        self.converted: list[str] = []
        self.result: bytes | Died = PDF

    async def pdf_of(self, kind: str, data: bytes) -> bytes | Died:
        self.converted.append(kind)
        return self.result


class Rooms:
    """Conferences that share one engine, and documents servers."""

    def __init__(self) -> None:
        self.zone = FakeZone()
        self.engine: Any = self.zone.engine()
        self.office = Office()
        self.now_s = 100.0
        self.deaf = False
        self.living: set[str] = set()
        self._batches = 0
        self._counters: dict[str, int] = {}
        self.converter = self.server("documents-1.aa")
        self.now_s += 60
        self.store = DeckStore(self.engine)

    def server(self, name: str, office: Office | None = None) -> Converter:
        conferences = OpenConferences(
            SlidesConference, self.engine, all_applications(), name, lambda: self.now_s
        )
        made = office or self.office
        return Converter(
            self.engine, conferences, self, name, lambda: self.now_s, lambda: Child(made), made, 2
        )

    def alive(self, server: str) -> bool:
        return server in self.living

    def publish(self, room: str, *entries: Entry) -> None:
        self._batches += 1
        messages = self.zone.logs.messages(room)
        base = messages[-1].sequence if messages else 0
        epoch = self.zone.logs.stream(room).epoch
        batch = Batch(FORMAT, epoch, "collaboration-1.aa", self._batches, base, list(entries))
        self.zone.logs.store(room, encode_batch(batch))

    async def upload(self, room: str, data: bytes = PDF, name: str = "Talk.pdf") -> str:
        """A file that was uploaded to be a deck; returns its id."""
        if room not in self._counters:
            self._counters[room] = 0
            host = AttachEntry("s1", 1, "collaboration-1.aa", Grant("ada", "Ada", "host", "x"))
            self.publish(room, LevelEntry(LEVEL), host)
        sha256 = hashlib.sha256(data).hexdigest()
        object_ = f"files/{room}/{sha256}"
        await self.engine.objects.put(object_, data)
        body = {
            "upload": f"u{self._batches}", "person": "ada", "purpose": "deck", "name": name,
            "type": "application/vnd.oasis.opendocument.presentation"
            if name.endswith("odp") else "application/pdf",
            "bytes": len(data), "sha256": sha256, "object": object_,
        }  # fmt: skip
        self.say(room, "files", "stored", body)
        files: FilesState = (await self.state(room)).apps["files"]
        return list(files.files)[-1]

    def say(self, room: str, app: str, type_: str, body: object) -> None:
        self.publish(room, ServiceEntry("documents-9.bb", "x", app, type_, encode_body(body)))

    def do(self, room: str, type_: str, body: object) -> None:
        self._counters[room] += 1
        entry = OperationEntry("s1", 1, self._counters[room], "slides", type_, encode_body(body))
        self.publish(room, entry)

    async def work(self, room: str) -> None:
        await self.converter.work(Work(room))

    async def state(self, room: str) -> ConferenceState:
        return (await load_replica(self.engine, room, all_applications())).state

    async def deck(self, room: str) -> Deck:
        slides: SlidesState = (await self.state(room)).apps["slides"]
        (deck,) = slides.decks.values()
        return deck

    def objects(self, prefix: str = "decks/") -> list[str]:
        return sorted(name for name in self.engine.objects.stored if name.startswith(prefix))


@pytest.fixture(scope="module", autouse=True)
def prepared() -> None:
    pictures.prepare()


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Rooms:
    monkeypatch.setattr(conversion_module, "TOLD_EVERY_S", 0.0)
    return Rooms()


async def test_an_upload_becomes_a_deck_with_all_its_pages(rooms: Rooms) -> None:
    file = await rooms.upload("c1")
    await rooms.work("c1")
    deck = await rooms.deck("c1")
    assert (deck.phase, deck.ready, deck.pages, deck.title) == ("ready", 4, 4, "Talk")
    assert sorted(rooms.office.drawn) == [1, 2, 3, 4]
    assert len(rooms.objects(deck.folder)) == 9, "two of each page, and the text of all"
    words = msgspec.json.decode(await rooms.engine.objects.get(f"{deck.folder}text"))
    assert [page["text"] for page in words] == ["One", "Two", "Three", "Four"]
    assert [len(page["lines"]) for page in words] == [1, 1, 1, 1]
    await rooms.work("c1")
    assert len(rooms.office.drawn) == 4, "and not again"
    assert list((await rooms.state("c1")).apps["slides"].decks) == [file]


async def test_the_first_page_is_told_before_the_last_is_drawn(rooms: Rooms) -> None:
    seen: list[int] = []

    async def before(page: int) -> None:
        if page == 4:
            async with asyncio.timeout(20):
                while (await rooms.deck("c1")).ready < 1:
                    await asyncio.sleep(0)
            seen.append((await rooms.deck("c1")).ready)

    rooms.office.before = before
    await rooms.upload("c1")
    await rooms.work("c1")
    assert seen and 1 <= seen[0] < 4


async def test_the_same_file_in_another_room_is_not_drawn_again(rooms: Rooms) -> None:
    for room in ("c1", "c2"):
        await rooms.upload(room, decks.odp(["A", "B"]), "Talk.odp")
        await rooms.work(room)
    one, other = await rooms.deck("c1"), await rooms.deck("c2")
    assert one.folder == other.folder and other.phase == "ready"
    assert rooms.office.converted == ["odp"] and len(rooms.office.drawn) == 4
    assert one.notes == other.notes == {"1": "Notes of A", "2": "Notes of B"}


async def test_pages_go_with_the_last_deck_that_shows_them(rooms: Rooms) -> None:
    ids = {room: await rooms.upload(room) for room in ("c1", "c2")}
    for room in ids:
        await rooms.work(room)
    for room, left in (("c1", 9), ("c2", 0)):
        rooms.do(room, "remove", {"deck": ids[room]})
        await rooms.work(room)
        assert len(rooms.objects()) == left
        assert (await rooms.state(room)).apps["slides"].decks == {}
    assert rooms.zone.buckets["decks"].entries == {}
    await rooms.upload("c3")
    await rooms.work("c3")
    assert (await rooms.deck("c3")).ready == 4


async def test_a_server_that_dies_in_the_middle_is_followed_by_one_that_goes_on(
    rooms: Rooms,
) -> None:
    await rooms.upload("c1")
    stop = asyncio.Event()

    async def before(page: int) -> None:
        if page == 3:
            stop.set()
            await asyncio.sleep(3_600)

    rooms.office.before = before
    dying = asyncio.create_task(rooms.work("c1"))
    await asyncio.wait_for(stop.wait(), 20)
    async with asyncio.timeout(20):
        while (await rooms.deck("c1")).ready < 2:
            await asyncio.sleep(0)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert sorted(rooms.office.drawn) == [1, 2, 4]
    second = Office()
    await rooms.server("documents-2.bb", second).work(Work("c1"))
    deck = await rooms.deck("c1")
    assert (deck.phase, deck.attempt, deck.ready) == ("ready", 2, 4)
    assert sorted(second.drawn) == [3, 4], "what was there is not made again"


async def test_a_claim_of_somebody_alive_is_respected_and_nobody_is_dead_to_the_deaf(
    rooms: Rooms,
) -> None:
    file = await rooms.upload("c1")
    rooms.say("c1", "slides", "added", {"file": file})
    rooms.say("c1", "slides", "started", Started(file, "documents-9.bb", 1))
    rooms.living = {"documents-9.bb"}
    await rooms.work("c1")
    rooms.living, rooms.deaf = set(), True
    await rooms.work("c1")
    assert rooms.office.jobs == []
    rooms.deaf = False
    await rooms.work("c1")
    assert (await rooms.deck("c1")).phase == "ready"


async def test_a_page_that_ends_the_child_is_left_empty(rooms: Rooms) -> None:
    rooms.office.dies = {2}
    await rooms.upload("c1")
    await rooms.work("c1")
    deck = await rooms.deck("c1")
    assert (deck.phase, deck.ready) == ("ready", 4)
    words = msgspec.json.decode(await rooms.engine.objects.get(f"{deck.folder}text"))
    assert words[1] == {"text": "This page could not be drawn.", "lines": []}


async def test_a_page_that_comes_too_late_is_tried_once_more(rooms: Rooms) -> None:
    rooms.office.dies, rooms.office.deaths_left = {2}, 1
    rooms.office.death = Died("no reply within 45 s", by_itself=True, late=True)
    for room, text in (("c1", "Two"), ("c2", "This page could not be drawn.")):
        await rooms.upload(room, decks.pdf(["One", "Two", room]))
        await rooms.work(room)
        deck = await rooms.deck(room)
        words = msgspec.json.decode(await rooms.engine.objects.get(f"{deck.folder}text"))
        assert (deck.phase, words[1]["text"]) == ("ready", text)
        rooms.office.dies, rooms.office.deaths_left = {2}, 2


async def test_many_such_pages_or_a_file_that_ends_it_at_once_have_failed(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages_module, "BAD_PAGES_MAX", 1)
    rooms.office.dies = {1, 2, 3}
    await rooms.upload("c1")
    await rooms.work("c1")
    deck = await rooms.deck("c1")
    assert deck.phase == "failed" and "cannot be drawn" in deck.reason
    rooms.office.dies = {0}
    await rooms.upload("c2")
    await rooms.work("c2")
    deck = await rooms.deck("c2")
    assert deck.phase == "failed" and "cannot be read" in deck.reason
    assert rooms.objects() == [], "nothing is left of them"


async def test_a_child_that_others_end_is_started_again(rooms: Rooms) -> None:
    rooms.office.dies, rooms.office.deaths_left = {3}, 2
    rooms.office.death = Died("the slides process died of SIGKILL", by_itself=False)
    await rooms.upload("c1")
    await rooms.work("c1")
    assert (await rooms.deck("c1")).phase == "ready"


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (decks.pdf(encrypted=True), "Talk.pdf", "password"),
        (b"%PDF-1.7 nothing", "Talk.pdf", "damaged"),
        (b"<svg onload=alert(1)>", "Talk.pdf", "SVG"),
        (decks.zipped({"a": "x"}), "Talk.odp", "Slides can be"),
    ],
)
async def test_a_bad_file_fails_once_with_a_sentence_and_leaves_nothing(
    rooms: Rooms, data: bytes, name: str, says: str
) -> None:
    file = await rooms.upload("c1", data, name)
    await rooms.work("c1")
    deck = await rooms.deck("c1")
    assert (deck.phase, deck.attempt) == ("failed", 1) and says in deck.reason
    assert rooms.objects() == [] and rooms.zone.buckets["decks"].entries == {}
    rooms.do("c1", "remove", {"deck": file})
    await rooms.work("c1")
    assert (await rooms.state("c1")).apps["slides"].decks == {}


async def test_where_libreoffice_is_missing_others_come_first_and_then_it_is_said(
    rooms: Rooms,
) -> None:
    bare = rooms.server("documents-2.bb", Office(program=""))
    file = await rooms.upload("c1", decks.odp(), "Talk.odp")
    await bare.work(Work("c1"))
    assert (await rooms.deck("c1")).phase == "queued"
    rooms.now_s += converter_module.LEFT_TO_OTHERS_S
    await bare.work(Work("c1"))
    deck = await rooms.deck("c1")
    assert deck.phase == "failed" and "LibreOffice is not installed" in deck.reason
    rooms.do("c1", "retry", {"deck": file})
    await rooms.work("c1")
    assert (await rooms.deck("c1")).phase == "ready"


async def test_libreoffice_that_fails_is_a_sentence_and_one_that_is_ended_is_tried_again(
    rooms: Rooms,
) -> None:
    await rooms.upload("c1", decks.odp(), "Talk.odp")
    rooms.office.result = Died("no reply within 150 s", by_itself=False)
    await rooms.work("c1")
    assert (await rooms.deck("c1")).phase == "queued"
    rooms.office.result = Died("the office process ended with status 3", by_itself=True)
    await rooms.work("c1")
    deck = await rooms.deck("c1")
    assert deck.phase == "failed" and "could not open" in deck.reason


@pytest.mark.parametrize("part", ["objects", "decks"])
async def test_a_store_without_a_leader_is_waited_for_and_is_no_attempt(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(pages_module, "WAITS_S", ())

    async def away(*_: object) -> str:
        raise LogUnavailable("the stream has no leader")

    await rooms.upload("c1")
    with monkeypatch.context() as store:
        if part == "objects":
            store.setattr(rooms.engine.objects, "put", away)
        else:
            store.setattr(rooms.converter._store, "take", away)
        for _ in range(5):
            await rooms.work("c1")
            assert (await rooms.deck("c1")).phase == "queued"
            rooms.now_s += PAUSE_S[1]
    await rooms.work("c1")
    deck = await rooms.deck("c1")
    assert (deck.phase, deck.attempt, deck.excused) == ("ready", 6, 5)


@pytest.mark.parametrize("stored", [True, False])
async def test_a_log_whose_answers_are_lost_spends_no_attempt(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    monkeypatch.setattr(pages_module, "WAITS_S", ())
    await rooms.upload("c1")
    await rooms.work("c1")
    assert (await rooms.deck("c1")).phase == "ready"
    file = await rooms.upload("c2", decks.pdf(["Other"]))
    rooms.say("c2", "slides", "added", {"file": file})
    for answers in (1, 2) * 2:
        rooms.zone.faults.unknown_outcomes.extend([stored] * answers)
        await rooms.work("c2")
        rooms.zone.faults.unknown_outcomes.clear()
        rooms.now_s += PAUSE_S[1]
        assert (await rooms.deck("c2")).phase in ("queued", "converting", "ready")
    await rooms.work("c2")
    assert (await rooms.deck("c2")).phase == "ready"


async def test_a_file_or_an_entry_that_one_replica_does_not_know_yet_is_not_gone(
    rooms: Rooms,
) -> None:
    file = await rooms.upload("c1")
    (name,) = rooms.objects("files/")
    rooms.engine.objects.unknown.add(name)
    await rooms.work("c1")
    assert (await rooms.deck("c1")).phase == "queued"
    rooms.engine.objects.unknown.clear()
    key = key_of(hashlib.sha256(PDF).hexdigest())
    before = msgspec.json.encode(Kept("decks/old/", ["c9/d"], leaving=True))
    revision = await rooms.engine.bucket("decks").put(key, before)
    kept = await rooms.store.take(key, f"c1/{file}")
    await rooms.engine.objects.put(f"{kept.folder}1.small", b"page")
    for seen in (None, BucketEntry(key, before, revision)):
        rooms.zone.buckets["decks"].seen[key] = seen
        with pytest.raises((LogUnavailable, Conflict)):
            await rooms.store.change(key, kept.folder, lambda now: None)
        with contextlib.suppress(LogUnavailable):
            await rooms.store.sweep(key, kept.folder)
    rooms.zone.buckets["decks"].seen.clear()
    assert rooms.objects() == [f"{kept.folder}1.small"], "nothing was swept away"
    rooms.now_s += PAUSE_S[1]
    await rooms.work("c1")
    assert (await rooms.deck("c1")).phase == "ready"


async def test_who_is_stopped_says_so_and_spends_no_attempt(rooms: Rooms) -> None:
    await rooms.upload("c1")

    async def before(page: int) -> None:
        raise asyncio.CancelledError

    rooms.office.before = before
    for _ in range(5):
        with pytest.raises(asyncio.CancelledError):
            await rooms.work("c1")
        assert (await rooms.deck("c1")).phase == "queued"
    rooms.office.before = lambda page: asyncio.sleep(0)
    await rooms.work("c1")
    assert (await rooms.deck("c1")).phase == "ready"


async def test_a_picture_is_a_deck_of_one_page(rooms: Rooms) -> None:
    await rooms.upload("c1", decks.picture(), "Cat.png")
    await rooms.work("c1")
    deck = await rooms.deck("c1")
    assert (deck.phase, deck.pages) == ("ready", 1)
    assert f"{deck.folder}pdf" in rooms.objects()


async def test_a_deck_that_is_removed_while_it_is_drawn_leaves_nothing(rooms: Rooms) -> None:
    file = await rooms.upload("c1")

    async def before(page: int) -> None:
        if page == 3:
            rooms.do("c1", "remove", {"deck": file})

    rooms.office.before = before
    await rooms.work("c1")
    await rooms.work("c1")
    assert rooms.objects() == [] and rooms.zone.buckets["decks"].entries == {}
    assert (await rooms.state("c1")).apps["slides"].decks == {}


async def test_a_source_that_was_removed_is_said(rooms: Rooms) -> None:
    await rooms.upload("c1")
    (name,) = rooms.objects("files/")
    await rooms.engine.objects.delete(name)
    await rooms.work("c1")
    deck = await rooms.deck("c1")
    assert deck.phase == "failed" and "was removed" in deck.reason


# The PDF with what was drawn on it


async def test_the_pdf_has_the_marks_is_made_once_and_goes_with_the_deck(rooms: Rooms) -> None:
    file = await rooms.upload("c1")
    await rooms.work("c1")
    conferences = OpenConferences(
        SlidesConference, rooms.engine, all_applications(), "documents-1.aa", lambda: rooms.now_s
    )
    annotator = Annotator(rooms.engine, conferences, lambda: Child(rooms.office))

    async def pdf(room: str = "c1", deck: str = file) -> Told:
        asked = msgspec.msgpack.encode(Asked(room, deck))
        return msgspec.msgpack.decode(await annotator.answer(asked), type=Told)

    assert (await pdf()).object == (await rooms.deck("c1")).object, "nothing is drawn on it"
    made = []
    for mark in ("m1", "m2"):
        points = struct.pack(">4H", 0, 0, 5_000, 5_000)
        body = {
            "deck": file, "page": 2, "mark": mark, "tool": "pen", "points": points,
            "colour": "#ff0000", "width": 50,
        }  # fmt: skip
        rooms.do("c1", "mark", body)
        first, again = await pdf(), await pdf()
        assert first == again and rooms.objects("annotated/") == [first.object]
        made.append(first.object)
    assert made[0] != made[1]
    assert sum(isinstance(job, Annotate) for job in rooms.office.jobs) == 2
    assert "not there" in (await pdf(deck="none")).reason
    rooms.do("c1", "remove", {"deck": file})
    await rooms.work("c1")
    assert rooms.objects("annotated/") == []


async def test_an_export_lists_decks_and_holds_those_that_are_small(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rooms.upload("c1", decks.odp(["A", "B"]), "Talk.odp")
    await rooms.work("c1")
    state = await rooms.state("c1")

    async def exported(person: str) -> list[ExportDeck]:
        return await Shown(state, person).read(rooms.engine, lambda: Child(rooms.office))

    (deck,) = await exported("ada")
    assert (deck.title, deck.pages, deck.by, deck.pdf) == ("Talk", 4, "Ada", PDF)
    assert deck.notes == {"1": "Notes of A", "2": "Notes of B"}
    state.persons["ada"].role = "participant"
    assert (await exported("ada"))[0].notes == {} and await exported("") == []
    monkeypatch.setattr(export_decks, "PDF_BYTES_MAX", len(PDF) - 1)
    assert (await exported("ada"))[0].pdf is None


# The store


async def test_uses_come_and_go_in_any_order_and_late_changes_find_nothing(rooms: Rooms) -> None:
    key, store = key_of("aa"), rooms.store
    one, other = await asyncio.gather(store.take(key, "a/1"), store.take(key, "b/1"))
    assert one.folder == other.folder
    await rooms.engine.objects.put(f"{one.folder}1.large", b"x")
    await store.let_go(key, "a/1")
    await store.let_go(key, "a/1")
    assert rooms.objects() == [f"{one.folder}1.large"]
    await store.let_go(key, "b/1")
    assert rooms.objects() == []
    with pytest.raises(Gone):
        await store.change(key, one.folder, lambda kept: None)
    again = await store.take(key, "c/1")
    assert again.folder != one.folder


async def test_a_deletion_that_was_broken_off_is_ended_by_whoever_wants_it_next(
    rooms: Rooms,
) -> None:
    key, store = key_of("aa"), rooms.store
    kept = await store.take(key, "a/1")
    await rooms.engine.objects.put(f"{kept.folder}1.large", b"x")
    entry = await rooms.engine.bucket("decks").get(key)
    half = Kept(kept.folder, [], leaving=True)
    await rooms.engine.bucket("decks").update(key, msgspec.json.encode(half), entry.revision)
    new = await store.take(key, "b/1")
    assert new.folder != kept.folder and rooms.objects() == []


def test_points_are_as_clients_pack_them() -> None:
    from folkmoot.client.slides import packed_points, unpacked_points

    assert packed_points([(0.0, 1.0), (0.25, 2.0)]) == struct.pack(">4H", 0, 10_000, 2_500, 10_000)
    assert unpacked_points(packed_points([(0.1, 0.2)])) == [(0.1, 0.2)]
