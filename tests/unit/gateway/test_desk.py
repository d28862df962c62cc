"""Editors that are not ours, as the log and they themselves see it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Map, Text

from folkmoot.apps.documents.foreign import FOREIGN_ID_MIN
from folkmoot.apps.documents.state import ForeignAuthor
from folkmoot.conference.batch import ServiceEntry, encode_body
from folkmoot.conference.rights import Role
from folkmoot.conference.state import Doors
from folkmoot.servers.collaboration.pace import COMMIT_APART_MS, MANY
from folkmoot.servers.gateway import wire
from folkmoot.servers.gateway.desk import KEEPALIVE_MS
from folkmoot.servers.gateway.ends import End
from folkmoot.servers.gateway.mirror import read_compaction
from folkmoot.servers.gateway.mirrors import Load
from folkmoot.servers.gateway.wire import Kind
from folkmoot.testing.editors import FAR_MS, DeskBench, FakeEditor


@pytest.fixture
def bench() -> DeskBench:
    return DeskBench()


AUTHORS: dict[str, Any] = {"authors": "a1", "authors_sha256": "", "written": {}}
BOTH = pytest.mark.parametrize("hocuspocus", [True, False])


def same(*editors: FakeEditor) -> str:
    texts = {str(editor.text) for editor in editors}
    assert len(texts) == 1
    return texts.pop()


# What is written


@BOTH
def test_what_one_writes_the_others_see_and_the_log_holds(
    bench: DeskBench, hocuspocus: bool
) -> None:
    one = bench.editor(1, hocuspocus=hocuspocus)
    two = bench.editor(2, bench.add_link("l2"), hocuspocus=not hocuspocus)
    bench.settle(one, two)
    one.text += "hello"
    bench.settle(one, two)
    two.text.insert(0, "oh, ")
    del two.text[0:2]
    bench.settle(one, two)
    assert same(one, two) == bench.stored_text() == ", hello"
    assert one.synced and two.synced


def test_saved_is_said_when_the_log_has_it_and_not_before(bench: DeskBench) -> None:
    one = bench.editor(1)
    bench.settle(one)
    assert one.unsynced == 0
    one.text += "hello"
    one.read()
    assert one.unsynced == 1
    bench.store()
    one.read()
    assert one.unsynced == 1, "stored, but not seen in the log"
    bench = DeskBench()
    one = bench.editor(1)
    bench.settle(one)
    one.text += "hello"
    bench.settle(one)
    assert one.unsynced == 0


def test_what_comes_while_an_operation_is_under_way_shares_the_next_one(bench: DeskBench) -> None:
    one = bench.editor(1)
    bench.settle(one)
    for character in "hello":
        one.text += character
        bench.flush()
    assert one.unsynced == 5
    bench.settle(one)
    assert one.unsynced == 0
    assert [to - from_ for _, from_, to in bench.updates()] == [1, 4]
    for character in "there":
        one.text += character
    bench.settle(one)
    assert bench.updates()[-1][1:] == (5, 10), "what comes in one turn of the loop goes together"


def test_what_many_wrote_in_one_turn_is_one_message(bench: DeskBench) -> None:
    writers = [bench.editor(i) for i in range(1, 6)]
    reader = bench.editor(9)
    bench.settle(*writers, reader)
    for writer in writers:
        writer.text += "x"
    bench.commit()
    bench.desk.flush(bench.now_ms)
    assert len(reader.outlet.sent) == 1
    bench.settle(*writers, reader)
    assert same(*writers, reader) == "xxxxx"


def test_a_big_paste_is_several_operations_and_arrives_whole(bench: DeskBench) -> None:
    one, two = bench.editor(1), bench.editor(2)
    bench.settle(one, two)
    one.text += "é" * 400_000
    bench.settle(one, two)
    assert one.unsynced == 0 and same(one, two) == "é" * 400_000
    assert len(bench.updates()) > 7


def test_too_large_a_thing_is_said_to_be_too_large(bench: DeskBench) -> None:
    one = bench.editor(1, hocuspocus=False)
    bench.settle(one)
    one.doc.get("map", type=Map)["picture"] = b"x" * 200_000
    bench.flush()
    assert one.outlet.ended is End.TOO_LARGE and bench.updates() == []


def test_what_is_no_update_ends_the_connection_and_is_in_no_log(bench: DeskBench) -> None:
    one = bench.editor(1, hocuspocus=False)
    bench.settle(one)
    one.say(Kind.UPDATE, b"\x01\x01\x05")
    assert one.outlet.ended is End.BAD and bench.desk.channels == {}
    bench.settle()
    assert bench.updates() == []


# Coming back


@BOTH
def test_who_comes_back_brings_what_was_not_taken_and_nothing_twice(
    bench: DeskBench, hocuspocus: bool
) -> None:
    one, two = bench.editor(1, hocuspocus=hocuspocus), bench.editor(2)
    bench.settle(one, two)
    one.text += "before "
    bench.settle(one, two)
    one.lose()
    one.text += "offline "
    two.text.insert(0, "> ")
    del one.text[0:1]
    bench.settle(two)
    one.connect()
    bench.settle(one, two)
    assert same(one, two) == "> efore offline " == bench.stored_text()
    stored = len(bench.updates())
    for _ in range(3):
        one.lose()
        one.connect()
        bench.settle(one, two)
    assert len(bench.updates()) == stored, "known text and known deletions are not stored again"
    assert one.unsynced == 0 or not hocuspocus


def test_a_server_that_dies_in_the_middle_loses_and_doubles_nothing(bench: DeskBench) -> None:
    one = bench.editor(1)
    bench.settle(one)
    one.text += "taken "
    payloads = [message for _, message in bench.store()]
    other = DeskBench(server="two.1", log=bench.log)
    for message in bench.log.messages[:-1]:
        other.host.live_message(message, other.now_ms)
    other.editors_state.links.update(bench.editors_state.links)
    one.online = False
    one.text += "not sent "
    one.connect(other.desk)
    one.bench = other
    # The dead server's batch is in the log only now, after the editor offered the same again.
    for message in payloads:
        other.host.live_message(message, other.now_ms)
    other.settle(one)
    other.later(one)
    assert other.stored_text() == "taken not sent "
    assert one.unsynced == 0


def test_an_editor_that_knows_all_is_sent_little(bench: DeskBench) -> None:
    one, two = bench.editor(1, hocuspocus=False), bench.editor(2)
    bench.settle(one, two)
    two.text += "x" * 10_000
    bench.settle(one, two)
    one.lose()
    one.connect()
    assert sum(map(len, one.outlet.sent)) < 200


def test_text_that_was_compacted_is_told_and_counted(bench: DeskBench) -> None:
    one = bench.editor(1)
    bench.settle(one)
    one.text += "hello world"
    del one.text[0:1]
    bench.settle(one)
    whole: Doc[Any] = Doc()
    document = bench.host.replica.state.apps["documents"].documents["pad"]
    for update in document.updates:
        whole.apply_update(update.update)
    merged = whole.get_update()
    body = {
        "document": "pad", "upto": bench.log.last, "object": "o1", "sha256": "",
        "bytes": len(merged), **AUTHORS,
    }  # fmt: skip
    entry = ServiceEntry("documents", "c", "documents", "compacted", encode_body(body))
    bench.host.add_entry(entry, bench.now_ms)
    bench.settle(one)
    assert bench.desk.take_loads() == [Load("pad", "o1")]
    bench.desk.loaded(Load("pad", "o1"), read_compaction("o1", merged), bench.now_ms)
    assert document.updates == []
    two = bench.editor(2, hocuspocus=False)
    bench.settle(one, two)
    two.text += "!"
    one.lose()
    one.connect()
    bench.settle(one, two)
    assert same(one, two) == "ello world!"
    assert bench.updates() == [(two.doc.client_id, 0, 1)]


def test_editors_wait_for_a_compaction_that_is_read_and_come_back_when_it_cannot_be(
    bench: DeskBench,
) -> None:
    body: dict[str, Any] = {
        "document": "pad", "upto": bench.log.last, "object": "o1", "sha256": "", "bytes": 2,
        **AUTHORS,
    }  # fmt: skip
    entry = ServiceEntry("documents", "c", "documents", "compacted", encode_body(body))
    bench.host.add_entry(entry, bench.now_ms)
    bench.commit()
    one = bench.editor(1)
    assert one.outlet.sent == [] and bench.desk.take_loads() == [Load("pad", "o1")]
    bench.desk.loaded(Load("pad", "o1"), None, bench.now_ms)
    assert one.outlet.ended is End.UNAVAILABLE


# In whose name


def test_nobody_writes_in_the_name_of_another_link(bench: DeskBench) -> None:
    one = bench.editor(1)
    bench.settle(one)
    one.text += "mine"
    bench.settle(one)
    other = bench.editor(1, bench.add_link("l2"), hocuspocus=False, connect=False)
    other.text += "mine and more"
    other.connect()
    bench.later(other)
    assert bench.stored_text() == "mine"
    assert other.outlet.ended is End.FORBIDDEN


def test_nobody_writes_in_the_name_of_a_participant(bench: DeskBench) -> None:
    other = bench.editor(1, connect=False, hocuspocus=False)
    other.doc = Doc(client_id=1)
    other.doc.get("text", type=Text).insert(0, "as ada")
    other.connect()
    bench.later(other)
    assert other.outlet.ended is End.FORBIDDEN and bench.updates() == []


def test_the_reducer_itself_keeps_names_and_clocks(bench: DeskBench) -> None:
    """Whatever a server says: the log decides."""
    document = bench.host.replica.state.apps["documents"].documents["pad"]
    bench.add_link()
    bench.add_link("l2")
    client = FOREIGN_ID_MIN + 5
    document.foreign[str(client)] = ForeignAuthor("l1", 7)

    def say(link: str, *parts: list[Any], others: list[Any] | None = None) -> str:
        body = {"document": "pad", "link": link, "parts": parts, "others": others or []}
        entry = ServiceEntry("x", "id", "documents", "foreign", encode_body(body))
        told: list[str] = []
        bench.host.on_applied = lambda applied, _: told.append(applied.services["id"])
        bench.host.add_entry(entry, bench.now_ms)
        bench.commit()
        return told[0]

    assert say("l2", [client, 7, 8, False, b"u"]) == "document_owner"
    assert say("l1", [client, 8, 9, False, b"u"]) == "document_clock"
    assert say("l1", [1, 0, 1, False, b"u"]) == "document_owner"
    assert say("gone", [client, 7, 8, False, b"u"]) == "not_found"
    assert say("l1", [client, 7, 8, False, b"u"], others=[[9, 1]]) == "document_clock"
    assert say("l1", [client, 7, 6, False, b"u"]) == "malformed"
    assert document.updates == []
    assert say("l1", [client, 3, 7, False, b"u"]) == "" and document.updates == []
    assert say("l1", [client, 3, 9, False, b"u"]) == ""
    assert document.foreign[str(client)].clock == 9 and len(document.updates) == 1


def test_one_link_carries_what_another_of_its_editors_could_not_send(bench: DeskBench) -> None:
    one, two = bench.editor(1, connect=False), bench.editor(2, connect=False)
    one.text += "from one"
    two.doc.apply_update(one.doc.get_update())
    two.text += " and two"
    two.connect()
    bench.settle(two)
    one.connect()
    bench.settle(one, two)
    assert same(one, two) == bench.stored_text() == "from one and two"
    assert one.unsynced == two.unsynced == 0


def test_text_of_another_link_that_is_not_here_is_refused_with_what_hangs_on_it(
    bench: DeskBench,
) -> None:
    one = bench.editor(1)
    bench.settle(one)
    one.text += "known"
    bench.settle(one)
    one.lose()
    one.text += " unknown"
    two = bench.editor(2, bench.add_link("l2"), connect=False)
    two.doc.apply_update(one.doc.get_update())
    two.text += " and more"
    two.connect()
    bench.later(two)
    assert bench.stored_text() == "known"
    assert two.outlet.ended is End.FORBIDDEN


# What may be done


def test_a_link_for_reading_reads(bench: DeskBench) -> None:
    one = bench.editor(1)
    reader = bench.editor(2, bench.add_link("r", write=False))
    plain = bench.editor(3, "r", hocuspocus=False)
    bench.settle(one, reader, plain)
    one.text += "hello"
    bench.settle(one, reader, plain)
    assert same(one, reader, plain) == "hello" and reader.unsynced == 0
    reader.text += "!"
    plain.text += "?"
    bench.settle(one, reader, plain)
    assert bench.stored_text() == "hello" and reader.unsynced == 1
    assert plain.outlet.ended is End.FORBIDDEN


def test_while_writing_is_closed_it_waits_with_the_editor_and_then_comes(
    bench: DeskBench,
) -> None:
    one, plain = bench.editor(1), bench.editor(2, hocuspocus=False)
    bench.settle(one, plain)
    bench.say(1, 1, app="roster", type_="suspend", body={"on": True})
    bench.settle(one, plain)
    one.text += "a"
    plain.text += "b"
    bench.settle(one, plain)
    one.text += "c"
    bench.later(one, plain)
    assert bench.updates() == [] and one.unsynced == 2 and len(plain.outlet.refusals) == 1
    bench.say(1, 2, app="roster", type_="suspend", body={"on": False})
    bench.later(one, plain)
    assert one.unsynced == 0 and len(bench.stored_text()) == 3
    assert same(one, plain) == bench.stored_text()
    one.text += "d"
    bench.settle(one, plain)
    assert one.unsynced == 0 and same(one, plain) == bench.stored_text()


def test_a_link_that_is_revoked_or_expired_cuts_its_editors_off(bench: DeskBench) -> None:
    one, other = bench.editor(1), bench.editor(2, bench.add_link("l2"))
    bench.settle(one, other)
    bench.say(1, 1, app="editors", type_="revoke", body={"link": "l1"})
    bench.later(other)
    assert one.outlet.ended is End.UNAUTHORIZED and other.outlet.ended is None
    bench.editors_state.links["l2"].expires_ms = 1
    bench.later()
    assert other.outlet.ended is End.UNAUTHORIZED


def test_a_room_that_has_ended_has_no_editors(bench: DeskBench) -> None:
    one = bench.editor(1)
    bench.settle(one)
    bench.host.replica.state.doors = Doors(ended="ended")
    bench.later()
    assert one.outlet.ended is End.FORBIDDEN
    assert bench.desk.refusal("l1", "pad", None, bench.now_ms) is End.FORBIDDEN


def test_who_may_come_in_is_what_the_link_says(bench: DeskBench) -> None:
    bench.add_link(origins=["https://editor.example"])

    def refusal(link: str = "l1", document: str = "pad", origin: str | None = None) -> End | None:
        return bench.desk.refusal(link, document, origin, bench.now_ms)

    assert refusal() is None
    assert refusal(origin="https://editor.example") is None
    assert refusal(origin="https://evil.example") is End.FORBIDDEN
    assert refusal(document="notes") is End.FORBIDDEN
    assert refusal("l9") is End.UNAUTHORIZED
    del bench.host.replica.state.apps["documents"].documents["pad"]
    assert refusal() is End.NOT_FOUND


def test_hosts_make_links_and_others_do_not(bench: DeskBench) -> None:
    bench.join(2, "s2", "bob", role=Role.PARTICIPANT)
    bench.commit()
    body = {"document": "pad", "name": "My editor"}
    bench.say(2, 1, app="editors", type_="make", body=body)
    bench.say(1, 1, app="editors", type_="make", body=body | {"origins": ["evil"]})
    bench.say(1, 2, app="editors", type_="make", body=body | {"document": "none"})
    bench.say(1, 3, app="editors", type_="make", body=body | {"days": 0})
    bench.commit()
    assert bench.editors_state.links == {}
    bench.say(1, 4, app="editors", type_="make", body=body | {"origins": ["https://a.example"]})
    bench.commit()
    (link,) = bench.editors_state.links.values()
    assert link.expires_ms < FAR_MS and link.by == "ada" and not link.address


# Who is there


def test_carets_are_told_and_end_with_their_connection(bench: DeskBench) -> None:
    one, two = bench.editor(1, hocuspocus=False), bench.editor(2)
    bench.settle(one, two)
    id_ = one.doc.client_id
    one.say(Kind.AWARENESS, wire.write_awareness([(id_, 1, '{"x":1}')]))
    bench.settle(one, two)
    assert two.awareness == {id_: '{"x":1}'} == one.awareness
    three = bench.editor(3, hocuspocus=False)
    bench.settle(three)
    assert three.awareness == {id_: '{"x":1}'}
    one.lose()
    bench.settle(two, three)
    assert two.awareness == three.awareness == {id_: "null"}


def test_nobody_moves_anothers_caret(bench: DeskBench) -> None:
    one = bench.editor(1)
    two = bench.editor(2, bench.add_link("l2"))
    bench.settle(one, two)
    id_ = one.doc.client_id
    one.say(Kind.AWARENESS, wire.write_awareness([(id_, 5, "{}")]))
    two.say(Kind.AWARENESS, wire.write_awareness([(id_, 9, '{"fake":1}'), (1, 9, "{}")]))
    bench.settle(one, two)
    assert two.awareness == {id_: "{}"}


def test_who_came_back_is_heard_though_the_old_connection_still_stands(bench: DeskBench) -> None:
    one, two = bench.editor(1), bench.editor(2)
    bench.settle(one, two)
    id_, old = one.doc.client_id, one.channel
    one.say(Kind.AWARENESS, wire.write_awareness([(id_, 5, '{"a":1}')]))
    one.connect()
    one.say(Kind.AWARENESS, wire.write_awareness([(id_, 6, '{"a":2}')]))
    assert old is not None
    bench.desk.left(old.id)
    bench.settle(one, two)
    assert two.awareness == {id_: '{"a":2}'}


def test_a_silent_connection_hears_something_before_its_editor_gives_it_up(
    bench: DeskBench,
) -> None:
    one = bench.editor(1, hocuspocus=False)
    bench.settle(one)
    one.outlet.sent = []
    bench.later(ms=KEEPALIVE_MS + 200)
    assert len(one.outlet.sent) == 1


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1 << 32))
def test_editors_that_come_and_go_end_with_one_text(seed: int) -> None:
    chance = random.Random(seed)
    bench = DeskBench()
    links = [bench.add_link("l1"), bench.add_link("l2")]
    editors = [bench.editor(i, links[i % 2], hocuspocus=chance.random() < 0.5) for i in range(1, 5)]
    written = 0
    for _ in range(40):
        editor = chance.choice(editors)
        roll = chance.random()
        if roll < 0.6:
            written += 1
            editor.text.insert(chance.randrange(len(editor.text) + 1), "x")
        elif roll < 0.7 and len(editor.text):
            at = chance.randrange(len(editor.text))
            del editor.text[at : at + 1]
        elif roll < 0.8:
            editor.lose()
        elif roll < 0.9:
            if not editor.online:
                editor.connect()
        elif roll < 0.95:
            bench.commit()
        else:
            bench.settle(*(e for e in editors if e.online))
    for editor in editors:
        if not editor.online:
            editor.connect()
    bench.later(*editors, ms=1_000)
    assert same(*editors) == bench.stored_text()
    assert all(e.unsynced == 0 for e in editors if e.hocuspocus)
    assert all(e.outlet.ended is None for e in editors)


def test_where_many_listen_what_comes_within_a_moment_is_one_operation_and_one_message() -> None:
    bench = DeskBench()
    one, two = bench.editor(1), bench.editor(2)
    bench.settle(one, two)
    bench.host.editors = MANY
    bench.now_ms += 1_000
    two.outlet.sent.clear()
    first_ms = bench.now_ms
    one.text += "a"
    bench.commit()
    assert len(two.outlet.sent) == 1, "the first after a pause goes at once"
    for _ in range(2):
        bench.now_ms += 10
        one.text += "b"
        bench.desk.write_due(bench.now_ms)
        bench.commit()
    assert len(two.outlet.sent) == 1
    bench.now_ms = bench.desk.take_due_ms(bench.now_ms)
    assert bench.now_ms == first_ms + COMMIT_APART_MS
    bench.desk.write_due(bench.now_ms)
    bench.commit()
    assert len(two.outlet.sent) == 2
    assert [to - from_ for _, from_, to in bench.updates()] == [1, 2]
    bench.settle(one, two)
    assert same(one, two) == "abb"


def test_who_wrote_where_many_listen_is_read_again_when_more_may_be_written() -> None:
    bench = DeskBench()
    one, two = bench.editor(1), bench.editor(2)
    bench.settle(one, two)
    one.text += "a"
    bench.commit()
    assert not one.outlet.paused
    bench.settle(one, two)
    bench.host.editors = MANY
    bench.now_ms += 1_000
    one.text += "b"
    bench.commit()
    due_ms = bench.desk.take_due_ms(bench.now_ms)
    assert (one.outlet.paused, two.outlet.paused) == (True, False)
    assert due_ms == bench.now_ms + COMMIT_APART_MS
    bench.now_ms = due_ms - 1
    assert not bench.desk.read_on(bench.now_ms)
    assert one.outlet.paused
    assert bench.desk.take_due_ms(bench.now_ms) == due_ms
    bench.now_ms = due_ms
    assert bench.desk.read_on(bench.now_ms)
    assert not one.outlet.paused
    assert bench.desk.take_due_ms(bench.now_ms) == 0
    one.text += "c"
    bench.commit()
    assert one.outlet.paused
    one.lose()
    assert not one.outlet.paused
    assert bench.desk.take_due_ms(bench.now_ms) == 0


def test_where_many_listen_what_participants_write_is_told_together() -> None:
    bench = DeskBench()
    reader = bench.editor(2)
    bench.settle(reader)
    bench.host.editors = MANY
    bench.now_ms += 1_000
    reader.outlet.sent.clear()
    number = bench.host.members[1].number
    writer: Doc[Any] = Doc(client_id=number)
    text = writer.get("text", type=Text)
    told = []
    for counter in (1, 2, 3):
        before, clock = writer.get_state(), counter - 1
        text += "x"
        body = {"document": "pad", "from": clock, "to": counter}
        body |= {"update": writer.get_update(before)}
        bench.say(1, counter, app="documents", type_="update", body=body)
        bench.commit()
        told.append(len(reader.outlet.sent))
        bench.now_ms += 5
    assert told == [1, 1, 1]
    bench.now_ms = bench.desk.take_due_ms(bench.now_ms)
    bench.flush()
    assert len(reader.outlet.sent) == 2
    bench.settle(reader)
    assert str(reader.text) == "xxx"


def test_what_editors_wrote_is_told_with_its_commit_also_where_many_listen() -> None:
    """It was gathered before it was committed: gathered twice, it would wait twice."""
    bench = DeskBench()
    one, two = bench.editor(1), bench.editor(2)
    bench.settle(one, two)
    bench.host.editors = MANY
    for count in range(1, 20):
        one.text += "x"
        two.outlet.sent.clear()
        bench.now_ms += COMMIT_APART_MS + count % 9
        bench.desk.write_due(bench.now_ms)
        bench.commit()
        assert len(two.outlet.sent) == 1
