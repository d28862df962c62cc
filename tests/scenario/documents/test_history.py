"""Versions and restoring on a fake engine; the child's work is done in this process."""

from __future__ import annotations

from collections import deque
from typing import Any

import msgspec
import pycrdt
import pytest

from folkmoot.apps import all_applications
from folkmoot.apps.documents import Document, History
from folkmoot.apps.documents.history import DAY_MS, HOUR_MS
from folkmoot.conference.applied import Applied
from folkmoot.ports import Damaged
from folkmoot.servers.applications.jobs import ChildLimits
from folkmoot.servers.applications.work import Work
from folkmoot.servers.document_files import VersionContent, decode_version
from folkmoot.servers.documents.child import done
from folkmoot.servers.documents.compactor import Compactor
from folkmoot.servers.documents.conferences import Conferences
from folkmoot.servers.documents.job import (
    Attempt,
    CompactionJob,
    Died,
    Job,
    Merged,
    Reply,
    RestoreJob,
    VersionJob,
)
from folkmoot.servers.documents.shelf import Postponed
from folkmoot.servers.replicas import load_replica

PAD = Work("c1", "pad")


class InProcess:
    """Does a job here and now: what may kill a child is for `test_child.py`."""

    limits = ChildLimits()

    async def __call__(self, job: CompactionJob) -> Attempt:
        reply = await self.ask(job)
        assert isinstance(reply, Merged)
        return reply

    async def ask(self, job: Job) -> Reply | Died:
        return done(job)


def compactor(room: Any, trial: Any = None) -> Compactor:
    engine = room.engine()
    conferences = Conferences(engine, all_applications(), "documents-1.aa", lambda: 0.0)
    child = trial or InProcess()
    return Compactor(conferences, engine.objects, child, room.settings, lambda: 0.0, room.wall_ms)


async def history(room: Any) -> History:
    pad: Document = await room.pad()
    assert pad.history is not None
    return pad.history


async def content(room: Any, version: int) -> VersionContent:
    """What a version holds, checked against what the log says of it."""
    kept = (await history(room)).versions[version]
    data = await room.engine().objects.get(kept.object)
    assert data is not None and len(data) == kept.bytes
    return decode_version(data)


def text_of(content: VersionContent) -> str:
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    doc.apply_update(content.state)
    return str(doc.get("content", type=pycrdt.Text))


def painted(content: VersionContent) -> list[tuple[str, str]]:
    """Each run of the text with the person who wrote it."""
    text, at, runs = text_of(content), 0, []
    for number, size in content.runs:
        person = content.persons[content.numbers[number]][0]
        runs.append((person, text[at : at + size]))
        at += size
    return runs


@pytest.fixture
def pad(room: Any) -> Any:
    room.raise_level()
    return room


async def test_a_version_is_what_the_document_was_when_it_was_asked_for(pad: Any) -> None:
    ada, bob = pad.join(), pad.join()
    ada.type("hello ")
    bob.read([ada.doc.get_update()])
    bob.type("world")
    ada.ask("keep_version", document="pad", name="Before lunch")
    bob.delete(0, 6)
    bob.type("!")
    await compactor(pad).work(PAD)
    (version,) = (await history(pad)).versions
    assert (version.name, version.by, version.reason) == ("Before lunch", "p1", "named")
    assert {p: (w.name, w.added, w.removed) for p, w in version.writers.items()} == {
        "p1": ("P1", 6, 0),
        "p2": ("P2", 5, 0),
    }
    kept = await content(pad, 0)
    assert painted(kept) == [("p1", "hello "), ("p2", "world")]
    assert await pad.text() == "world!"


async def test_who_wrote_what_is_known_after_compactions_and_when_everybody_has_left(
    pad: Any,
) -> None:
    ada = pad.join()
    ada.type("old ")
    server = compactor(pad)
    ada.ask("keep_version", document="pad", name="one")
    await server.work(PAD)
    bob = pad.join()
    bob.read([ada.doc.get_update()])
    bob.type("new")
    bob.ask("keep_version", document="pad", name="two")
    await server.work(PAD)
    now = await history(pad)
    assert now.authors == {}, "all are in the object"
    assert [list(v.writers) for v in now.versions] == [["p1"], ["p2"]]
    assert painted(await content(pad, 1)) == [("p1", "old "), ("p2", "new")]
    assert len(await pad.engine().objects.names("authors/c1/pad/")) <= 2


async def test_who_wrote_what_is_asked_again_when_somebody_ends_the_child(pad: Any) -> None:
    class Ended(InProcess):
        ends = [Died("killed", by_itself=False), Died("no memory", by_itself=False, begun=False)]

        async def ask(self, job: Job) -> Reply | Died:
            if isinstance(job, VersionJob) and self.ends:
                return self.ends.pop(0)
            return done(job)

    ada = pad.join()
    ada.type("hello")
    ada.ask("keep_version", document="pad", name="one")
    server = compactor(pad, Ended())
    with pytest.raises(Postponed):
        await server.work(PAD)
    await server.work(PAD)
    assert painted(await content(pad, 0)) == [("p1", "hello")]


async def test_one_version_an_hour_is_kept_while_something_changes(pad: Any) -> None:
    ada = pad.join()
    server = compactor(pad)
    for _ in range(3):
        ada.type("x")
        await server.work(PAD)
        pad.wait(HOUR_MS)
        await server.work(PAD)
        await server.work(PAD)
        pad.wait(HOUR_MS)
        await server.work(PAD)
    versions = (await history(pad)).versions
    assert [v.reason for v in versions] == ["hourly"] * 3
    assert [text_of(await content(pad, i)) for i in range(3)] == ["x", "xx", "xxx"]


async def test_old_versions_without_a_name_are_thinned_out_and_their_objects_go(pad: Any) -> None:
    ada = pad.join()
    server = compactor(pad)
    for _ in range(3):
        ada.type("x")
        pad.wait(HOUR_MS)
        await server.work(PAD)
    (first, *_) = (await history(pad)).versions
    ada.ask("name_version", document="pad", version=first.id, name="Kept")
    ada.type("y")
    pad.wait(40 * DAY_MS)
    await server.work(PAD)
    versions = (await history(pad)).versions
    assert [v.name for v in versions] == ["Kept", ""]
    assert sorted(v.object for v in versions) == await pad.engine().objects.names("versions/")


async def test_restoring_is_an_edit_and_loses_nothing(pad: Any) -> None:
    ada, bob = pad.join(), pad.join()
    ada.type("The plan is good.")
    ada.ask("keep_version", document="pad", name="Good")
    server = compactor(pad)
    await server.work(PAD)
    (good,) = (await history(pad)).versions
    bob.read([ada.doc.get_update()])
    bob.delete(12, 17)
    bob.type("bad!")
    bob.ask("restore_version", document="pad", version=good.id)
    await server.work(PAD)
    assert await pad.text() == "The plan is good."
    now = await history(pad)
    assert now.restoring is None
    before = now.versions[-1]
    assert (before.reason, before.by) == ("restore", "p2")
    assert text_of(await content(pad, -1)) == "The plan is bad!"
    bob.ask("keep_version", document="pad", name="After")
    await server.work(PAD)
    runs = painted(await content(pad, -1))
    assert ("p1", "The plan is ") in runs, "what is alike is not touched"
    assert {person for person, _ in runs} == {"p1", "p2"}, "what came back is who restored it"
    pad_now = await pad.pad()
    assert str(now.versions[-1].upto) and "3" not in pad_now.clocks


async def test_what_others_type_while_a_version_is_restored_is_there_afterwards(pad: Any) -> None:
    """Bob types after the server has read the document, and before its edits are in the log."""
    ada, bob = pad.join(), pad.join()
    ada.type("one two three")
    ada.ask("keep_version", document="pad", name="v")
    server = compactor(pad)
    await server.work(PAD)
    (version,) = (await history(pad)).versions
    bob.read([ada.doc.get_update()])
    ada.delete(4, 8)
    bob.read([ada.doc.get_update()])
    ada.ask("restore_version", document="pad", version=version.id)

    class Slow(InProcess):
        async def ask(self, job: Job) -> Reply | Died:
            reply = await super().ask(job)
            if isinstance(job, RestoreJob):
                bob.type(" BOB")
            return reply

    await compactor(pad, Slow()).work(PAD)
    assert await pad.text() == "one two three BOB"
    now = await history(pad)
    assert text_of(await content(pad, -1)) == "one three BOB", "it was kept with what Bob typed"
    assert now.wishes == []


@pytest.mark.parametrize("dies_after", range(1, 7))
async def test_a_server_that_dies_in_the_middle_is_made_up_for(pad: Any, dies_after: int) -> None:
    """The n-th thing that it says is the last that it does."""
    ada = pad.join()
    ada.type("first")
    ada.ask("keep_version", document="pad", name="v")
    ada.delete(0, 5)
    ada.type("second")
    said = 0

    class Killed(Exception):
        pass

    def dying(server: Compactor) -> Compactor:
        inner = server._conferences.open

        async def opened(conference: str) -> Any:
            one = await inner(conference)
            publish = one.publish

            async def counted(*arguments: Any, **more: Any) -> None:
                nonlocal said
                await publish(*arguments, **more)
                said += 1
                if said == dies_after:
                    raise Killed

            one.publish = counted
            return one

        server._conferences.open = opened  # type: ignore[method-assign]
        return server

    async def go_on() -> None:
        try:
            await dying(compactor(pad)).work(PAD)
        except Killed:
            await compactor(pad).work(PAD)

    await go_on()
    (version,) = (await history(pad)).versions
    assert text_of(await content(pad, 0)) == "first"
    ada.ask("restore_version", document="pad", version=version.id)
    await go_on()
    assert await pad.text() == "first"
    now = await history(pad)
    assert [v.reason for v in now.versions] == ["named", "restore"]
    assert text_of(await content(pad, 1)) == "second"
    assert now.restoring is None and now.wishes == []


async def test_a_version_that_is_damaged_is_not_restored_and_everyone_is_told(pad: Any) -> None:
    ada = pad.join()
    ada.type("text")
    ada.ask("keep_version", document="pad", name="v")
    server = compactor(pad)
    await server.work(PAD)
    (version,) = (await history(pad)).versions
    objects = pad.engine().objects
    await objects.put(version.object, b"nonsense")
    ada.type("!")
    ada.ask("restore_version", document="pad", version=version.id)
    await server.work(PAD)
    assert (await history(pad)).restoring is None
    assert await pad.text() == "text!"
    told: deque[Applied] = deque()
    await load_replica(pad.engine(), "c1", all_applications(), tail=told)
    failed = [e for applied in told for e in applied.events if e.type == "restore_failed"]
    assert msgspec.msgpack.decode(failed[0].body)["reason"] == "The version cannot be read."


def test_a_damaged_file_is_told_from_a_good_one() -> None:
    with pytest.raises(Damaged):
        decode_version(b"FMV\x01" + b"x" * 40)
