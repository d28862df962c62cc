"""Points between versions on a fake engine: any position can be shown again, and gone back to."""

from __future__ import annotations

import random
from typing import Any

import pycrdt
import pytest

from folkmoot.apps import all_applications
from folkmoot.apps.documents import History
from folkmoot.apps.documents import points as rules
from folkmoot.apps.documents.history import DAY_MS
from folkmoot.ports import Damaged
from folkmoot.servers.applications.work import Work
from folkmoot.servers.backup.capture import documents_of
from folkmoot.servers.document_files import decode_segment
from folkmoot.servers.document_points import PointGone, read_point
from folkmoot.servers.documents.compactor import Compactor
from folkmoot.servers.documents.shelf import purge
from folkmoot.servers.replicas import load_replica
from tests.scenario.documents.test_history import compactor, content, painted, text_of

PAD = Work("c1", "pad")
SEED = 20261125


@pytest.fixture
def pad(room: Any) -> Any:
    room.raise_level()
    return room


async def history(room: Any) -> History:
    found = (await room.pad()).history
    assert found is not None
    return found  # type: ignore[no-any-return]


async def text_at(room: Any, position: int) -> str:
    point = await read_point(room.engine().objects, await room.pad(), position)
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    for update in point.updates:
        doc.apply_update(update)
    return str(doc.get("content", type=pycrdt.Text))


async def write_on(
    room: Any, people: list[Any], chance: random.Random, told: dict[int, str]
) -> None:
    """One edit of somebody who has read all there is; `told` gets what the text is then."""
    one = chance.choice(people)
    for other in people:
        one.read([other.doc.get_update()])
    length = len(str(one.text))
    if length > 4 and chance.random() < 0.4:
        start = chance.randrange(length - 2)
        position = one.delete(start, start + chance.randint(1, 2))
    else:
        position = one.type(chance.choice(("word ", "ä", "line\n", "x")))
    told[position] = str(one.text)


@pytest.mark.parametrize("seed", range(SEED, SEED + 6))
async def test_any_position_shows_what_the_document_was_then(
    pad: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "SEGMENT_BYTES_MIN", 600)
    chance, told = random.Random(seed), dict[int, str]()
    people = [pad.join() for _ in range(3)]
    server = compactor(pad)
    for _ in range(120):
        pad.wait(chance.choice((10, 900, 30_000)))
        await write_on(pad, people, chance, told)
        if chance.random() < 0.2:
            await server.work(PAD)
        if chance.random() < 0.02:
            people[0].ask("keep_version", document="pad", name="V")
    assert len((await history(pad)).segments) > 1, seed
    for position, text in told.items():
        assert await text_at(pad, position) == text, (seed, position)


async def test_edits_keep_their_authors_and_times_in_the_segment(pad: Any) -> None:
    ada, bob = pad.join(), pad.join()
    first = ada.type("hello ")
    first_ms = pad.wall_ms()
    bob.read([ada.doc.get_update()])
    pad.wait(90_000)
    for _ in range(9):
        last = bob.type("x")
    last_ms = pad.wall_ms()
    server = compactor(pad)
    await server.work(PAD)
    (segment,) = (await history(pad)).segments
    content = decode_segment(await pad.engine().objects.get(segment.object))
    assert [edit.sequence for edit in content.edits][::9] == [first, last]
    assert [content.persons[content.numbers[e.number]] for e in content.edits[:2]] == [
        ("p1", "P1"),
        ("p2", "P2"),
    ]
    assert content.edits[-1].time_ms - content.edits[0].time_ms >= 90_000
    assert (segment.from_ms, segment.until_ms) == (first_ms, content.edits[-1].time_ms)
    assert abs(segment.until_ms - last_ms) <= 1_000
    assert (segment.since, segment.upto, segment.edits) == (0, last, 10)
    assert (await history(pad)).times == [], "they are in the segment"


async def compact_each(pad: Any, server: Compactor, typist: Any, rounds: int) -> list[int]:
    """Compacts after every ten edits; the last position of each round."""
    ends = []
    for _ in range(rounds):
        for _ in range(10):
            end = typist.type("words ")
        await server.work(PAD)
        ends.append(end)
    return ends


async def test_a_segment_grows_until_it_is_full_and_what_it_grew_from_goes(
    pad: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, server = pad.join(), compactor(pad)
    ends = await compact_each(pad, server, ada, 3)
    (one,) = (await history(pad)).segments
    assert (one.since, one.upto, one.ground) == (0, ends[-1], "")
    assert await pad.engine().objects.names("points/") == [one.object]
    monkeypatch.setattr(rules, "SEGMENT_EDITS_MAX", 30)
    ends += await compact_each(pad, server, ada, 2)
    one, two = (await history(pad)).segments
    assert (two.since, two.upto) == (one.upto, ends[-1])
    stored = await pad.engine().objects.names("points/")
    assert sorted(stored) == sorted([one.object, two.object, two.ground])
    state = (await load_replica(pad.engine(), "c1", all_applications())).state
    assert {one.object, two.object, two.ground} <= set(documents_of(state)), "backups have them"


async def test_what_is_old_or_too_much_goes_and_is_no_longer_offered(
    pad: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "SEGMENT_EDITS_MAX", 10)
    monkeypatch.setattr(rules, "SEGMENTS_MAX", 3)
    ada, server = pad.join(), compactor(pad)
    ends = await compact_each(pad, server, ada, 5)
    segments = (await history(pad)).segments
    assert [s.upto for s in segments] == ends[2:]
    with pytest.raises(PointGone):
        await text_at(pad, ends[0])
    assert await text_at(pad, ends[2]) == "words " * 30
    pad.wait(rules.POINTS_KEPT_MS + DAY_MS)
    ends += await compact_each(pad, server, ada, 1)
    (left,) = (await history(pad)).segments
    assert left.upto == ends[-1]
    stored = await pad.engine().objects.names("points/")
    assert sorted(stored) == sorted([left.object, left.ground])


async def test_any_point_is_restored_for_everybody_and_nothing_is_lost(pad: Any) -> None:
    ada, server = pad.join(), compactor(pad)
    ada.type("The plan ")
    good = ada.type("is good.")
    for _ in range(9):
        ada.type("?")
    await server.work(PAD)
    recent = ada.type(" Really")
    ada.type("!")
    ada.ask("restore_point", document="pad", position=recent)
    await server.work(PAD)
    assert await pad.text() == "The plan is good.????????? Really"
    ada.ask("restore_point", document="pad", position=good)
    await server.work(PAD)
    assert await pad.text() == "The plan is good."
    now = await history(pad)
    assert now.restoring is None and now.wishes == []
    assert [v.reason for v in now.versions] == ["restore", "restore"]
    assert await text_at(pad, recent) == "The plan is good.????????? Really"


@pytest.mark.parametrize("compacts_first", [False, True])
async def test_a_point_that_is_named_is_a_version_of_what_the_document_was_then(
    pad: Any, compacts_first: bool
) -> None:
    """In the state still, or in a segment: the version holds all of it, and who wrote what."""
    ada, bob, server = pad.join(), pad.join(), compactor(pad)
    ada.type("A draft")
    bob.read([ada.doc.get_update()])
    draft = bob.type(" by us")
    pad.wait(60_000)
    for _ in range(11):
        bob.type("?")
    if compacts_first:
        await server.work(PAD)
    bob.ask("name_point", document="pad", position=draft, name="The draft")
    bob.type("!")
    await server.work(PAD)
    now = await history(pad)
    (version,) = now.versions
    assert (version.name, version.by, version.upto) == ("The draft", "p2", draft)
    assert now.marks == []
    kept = await content(pad, 0)
    assert painted(kept) == [("p1", "A draft"), ("p2", " by us")]
    assert version.time_ms == kept.time_ms <= pad.wall_ms() - 60_000, "when it was written"
    assert await pad.text() == "A draft by us" + "?" * 11 + "!"
    bob.ask("restore_version", document="pad", version=version.id)
    await server.work(PAD)
    assert await pad.text() == "A draft by us"


async def test_a_point_that_went_before_it_was_kept_is_told_and_leaves_nothing(
    pad: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "SEGMENT_EDITS_MAX", 10)
    monkeypatch.setattr(rules, "SEGMENTS_MAX", 2)
    ada, server = pad.join(), compactor(pad)
    first = ada.type("x")
    await compact_each(pad, server, ada, 2)
    ada.ask("name_point", document="pad", position=first, name="The first")
    marks = (await history(pad)).marks
    # Compactions go before it: nothing may wait for a point.
    monkeypatch.setattr(rules, "SEGMENTS_MAX", 1)
    for _ in range(10):
        ada.type("y")
    await server.work(PAD)
    now = await history(pad)
    assert marks and now.marks == [] and now.versions == []
    assert await pad.engine().objects.names("versions/") == []


async def test_of_two_servers_one_keeps_a_point_and_neither_deletes_what_the_other_stored(
    pad: Any,
) -> None:
    ada, server, other = pad.join(), compactor(pad), compactor(pad)
    early = ada.type("early")
    ada.type(" late")
    ada.ask("name_point", document="pad", position=early, name="Early")
    inner = other._keeper._objects.put

    async def stored_while_the_first_keeps_another(name: str, data: bytes) -> None:
        await inner(name, data)
        other._keeper._objects.put = inner
        ada.ask("keep_version", document="pad", name="Late")
        await server.work(PAD)

    other._keeper._objects.put = stored_while_the_first_keeps_another
    await other.work(PAD)
    now = await history(pad)
    assert [v.name for v in now.versions] == ["Early", "Late"]
    assert [text_of(await content(pad, n)) for n in (0, 1)] == ["early", "early late"]
    named = {version.object for version in now.versions}
    assert named <= set(await pad.engine().objects.names("versions/"))


async def test_what_is_not_there_is_refused_with_a_sentence(pad: Any) -> None:
    ada = pad.join()
    ada.ask("restore_point", document="pad", position=1)
    end = ada.type("x")
    ada.ask("restore_point", document="pad", position=end + 9)
    pad_now = await pad.pad()
    assert pad_now.history is None or pad_now.history.restoring is None


@pytest.mark.parametrize("dies_at", ["stored", "said"])
async def test_a_server_that_dies_while_it_archives_loses_nothing_and_leaves_nothing(
    pad: Any, dies_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ended once the segment was stored, and once it was named before what it grew from is gone."""
    ada, told = pad.join(), dict[int, str]()

    class Killed(Exception):
        pass

    async def types() -> None:
        for _ in range(10):
            position = ada.type("w ")
            told[position] = str(ada.text)

    await types()
    await compactor(pad).work(PAD)
    await types()
    server = compactor(pad)
    segments = server._segments
    where = {"stored": "write", "said": "sweep"}[dies_at]
    inner = getattr(segments, where)

    async def dies(*arguments: Any) -> None:
        if dies_at == "stored":
            await inner(*arguments)
        raise Killed

    monkeypatch.setattr(segments, where, dies)
    with pytest.raises(Killed):
        await server.work(PAD)
    pad_now = await pad.pad()
    archived = pad_now.history.segments[-1].upto
    assert all(u.sequence > archived for u in pad_now.updates)
    assert len(pad_now.updates) == (10 if dies_at == "stored" else 0)
    await types()
    await compactor(pad).work(PAD)
    for position, text in told.items():
        assert await text_at(pad, position) == text
    (segment,) = (await history(pad)).segments
    assert segment.edits == 30, "each edit once"
    assert await pad.engine().objects.names("points/") == [segment.object]


async def test_a_segment_that_is_damaged_begins_another_and_takes_no_other_with_it(
    pad: Any,
) -> None:
    ada, server = pad.join(), compactor(pad)
    ends = await compact_each(pad, server, ada, 1)
    (segment,) = (await history(pad)).segments
    await pad.engine().objects.put(segment.object, b"nonsense")
    ends += await compact_each(pad, server, ada, 1)
    assert len((await history(pad)).segments) == 2
    with pytest.raises(Damaged):
        await text_at(pad, ends[0] - 1)
    assert await text_at(pad, ends[0]) == "words " * 10
    assert await text_at(pad, ends[1]) == "words " * 20
    ada.ask("restore_point", document="pad", position=ends[0] - 1)
    await server.work(PAD)
    now = await history(pad)
    assert now.restoring is None and await pad.text() == "words " * 20


async def test_a_removed_document_takes_its_points_with_it(pad: Any) -> None:
    ada, server = pad.join(), compactor(pad)
    await compact_each(pad, server, ada, 1)
    assert await pad.engine().objects.names("points/")
    await purge(pad.engine().objects, PAD)
    assert await pad.engine().objects.names("points/") == []
