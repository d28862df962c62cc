"""Numbering, attachment, closing, timers and rights, as the log decides them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.apps.chat_operations import Post
from folkmoot.apps.chat_state import ChatState
from folkmoot.conference import machine as machine_module
from folkmoot.conference.application import Rejected
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import (
    AttachEntry,
    AwayEntry,
    Entry,
    HereEntry,
    RefusedEntry,
    ServiceEntry,
    TimerEntry,
    decode_batch,
    encode_body,
)
from folkmoot.conference.levels import decode_body, operations_at
from folkmoot.conference.machine import EXPIRY_PREFIX, Machine, canonical, new_state
from folkmoot.conference.rights import SETTINGS, Locks, Role, allowed
from folkmoot.conference.state import (
    LEVEL,
    REJECTED_BEHIND_SEEN,
    REJECTED_KEPT_MAX,
    ConferenceState,
)
from folkmoot.ports import LogMessage
from folkmoot.protocol.limits import SESSION_LIFETIME_MS
from folkmoot.testing.batches import LogWriter, grant, join, operation


class Room:
    """A machine and the log that it applies."""

    def __init__(self) -> None:
        self.log = LogWriter()
        self.machine = Machine(new_state("room", "e1"), all_applications())

    @property
    def state(self) -> ConferenceState:
        return self.machine.state

    @property
    def texts(self) -> list[str]:
        chat: ChatState = self.state.apps["chat"]
        return [message.text for message in chat.messages]

    def add(self, *entries: Entry, **options: Any) -> Applied:
        return self.apply(self.log.add(*entries, **options))

    def apply(self, message: LogMessage) -> Applied:
        batch = decode_batch(message.payload)
        return self.machine.apply(message.sequence, message.time_ms, message.payload, batch)


@pytest.fixture
def room() -> Room:
    made = Room()
    made.add(join())
    return made


# Numbering (I3, I4)


def test_only_the_next_counter_takes_effect(room: Room) -> None:
    applied = room.add(operation(1), operation(3), operation(1), operation(2), operation(2))
    assert room.texts == ["s1 1", "s1 2"]
    assert applied.outcomes["s1"].through == 2
    assert applied.operations == 2
    assert applied.out_of_order == {"s1": 1}


def test_a_second_copy_of_a_batch_changes_nothing_but_the_position(room: Room) -> None:
    first = room.log.add(operation(1), operation(2))
    room.apply(first)
    before = msgspec.structs.asdict(room.state) | {"texts": room.texts}
    copy = room.apply(room.log.add_payload(first.payload))
    after = msgspec.structs.asdict(room.state) | {"texts": room.texts}
    assert not copy.events and not copy.outcomes
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"sequence", "time_ms", "batches", "digest"}


def test_a_rejected_operation_takes_its_counter_and_is_remembered_past_seen(room: Room) -> None:
    applied = room.add(operation(1, body={"text": " "}), operation(2))
    assert [(r.counter, r.code) for r in applied.outcomes["s1"].rejected] == [(1, "empty")]
    session = room.state.sessions["s1"]
    assert session.counter == 2
    room.add(operation(3, seen=2))
    assert [r.counter for r in session.rejected] == [1], "a page opened again may not know it"
    last = REJECTED_BEHIND_SEEN + 3
    room.add(*(operation(n, seen=n - 1) for n in range(4, last)))
    assert session.rejected == []


def test_seen_is_never_beyond_what_was_decided(room: Room) -> None:
    room.add(operation(1, seen=99))
    assert room.state.sessions["s1"].seen == 1


def test_remembered_rejections_are_bounded(room: Room) -> None:
    count = REJECTED_KEPT_MAX + 10
    room.add(*(operation(n, body={"text": ""}) for n in range(1, count + 1)))
    rejected = room.state.sessions["s1"].rejected
    assert len(rejected) == REJECTED_KEPT_MAX
    assert rejected[-1].counter == count


def test_an_operation_refused_at_the_door_takes_its_counter(room: Room) -> None:
    applied = room.add(RefusedEntry("s1", 1, 1, "malformed"), operation(2))
    assert [(r.counter, r.code) for r in applied.outcomes["s1"].rejected] == [(1, "malformed")]
    assert room.texts == ["s1 2"]


# Attachment


def test_an_attach_takes_only_the_next_generation(room: Room) -> None:
    applied = room.add(
        AttachEntry("s1", 1, "two.1"),
        AttachEntry("s1", 3, "two.1"),
        AttachEntry("s1", 2, "two.1"),
        AttachEntry("s1", 2, "three.1"),
    )
    assert [(a.code, a.current) for a in applied.attaches] == [
        ("attach_refused", 1),
        ("attach_refused", 1),
        ("", 2),
        ("attach_refused", 2),
    ]
    session = room.state.sessions["s1"]
    assert (session.generation, session.server, session.attached) == (2, "two.1", True)


def test_operations_of_another_generation_are_ignored_not_rejected(room: Room) -> None:
    applied = room.add(AttachEntry("s1", 2, "two.1"), operation(1), operation(1, generation=3))
    assert room.texts == []
    assert applied.outcomes == {}
    room.add(operation(1, generation=2))
    assert room.texts == ["s1 1"]


def test_a_session_begins_with_generation_one(room: Room) -> None:
    applied = room.add(AttachEntry("s2", 2, "one.1", grant("bob")))
    assert [(a.code, a.current) for a in applied.attaches] == [("attach_refused", 0)]
    assert "s2" not in room.state.sessions


def test_the_same_ticket_serves_its_client_again_and_nobody_else(room: Room) -> None:
    applied = room.add(
        AttachEntry("s1", 2, "two.1", grant(proof="another")),
        AttachEntry("s1", 2, "two.1", grant()),
    )
    assert [a.code for a in applied.attaches] == ["ticket_used", ""]


def test_two_sessions_of_one_person_are_one_person_present(room: Room) -> None:
    room.add(join("s2"))
    assert list(room.state.persons) == ["ada"]
    assert [s.number for s in room.state.sessions.values()] == [1, 2]
    room.add(AwayEntry("s1", 1))
    assert room.machine.presence.present("ada")
    room.add(AwayEntry("s2", 1))
    assert not room.machine.presence.present("ada")


# Presence


def test_away_holds_only_for_its_generation_and_once(room: Room) -> None:
    assert not room.add(AwayEntry("s1", 2)).events
    away = room.add(AwayEntry("s1", 1), AwayEntry("s1", 1))
    assert [event.type for event in away.events] == ["away"]
    assert room.state.sessions["s1"].attached is False


def test_an_away_session_keeps_its_operations_and_comes_back(room: Room) -> None:
    room.add(AwayEntry("s1", 1))
    room.add(operation(1))
    assert room.texts == ["s1 1"]
    back = room.add(AttachEntry("s1", 2, "two.1"))
    assert [event.type for event in back.events] == ["attached"]
    assert room.state.timers == {}


def test_a_server_contradicts_an_absence_of_the_same_generation_only(room: Room) -> None:
    room.add(AwayEntry("s1", 1))
    assert not room.add(HereEntry("s1", 2), HereEntry("s9", 1)).events
    here = room.add(HereEntry("s1", 1), HereEntry("s1", 1))
    assert [event.type for event in here.events] == ["attached"]
    assert room.state.sessions["s1"].attached
    assert room.state.timers == {}


# Closing


def test_leaving_closes_the_session_at_its_last_counter(room: Room) -> None:
    applied = room.add(
        operation(1, body={"text": ""}), operation(2, "roster", "leave", {}), operation(3)
    )
    assert room.state.sessions == {}
    closed = applied.closed["s1"]
    assert (closed.last, closed.reason) == (2, "left")
    assert [r.counter for r in closed.rejected] == [1]
    assert [event.type for event in applied.events] == ["left"]
    assert applied.attaches == [] and room.texts == []


def test_a_closed_session_never_opens_again(room: Room) -> None:
    room.add(operation(1, "roster", "leave", {}))
    applied = room.add(AttachEntry("s1", 2, "two.1"), join())
    assert [a.code for a in applied.attaches] == ["session_closed", "session_closed"]


def test_forgotten_sessions_stay_closed_for_batches_made_before(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_module, "CLOSED_KEPT_MAX", 2)
    old = room.log.last
    for n in range(2, 6):
        room.add(join(f"s{n}"), operation(1, "roster", "leave", {}, session=f"s{n}"))
    assert list(room.state.closed) == ["s4", "s5"]
    assert room.state.closed_floor > old
    late = room.add(join("s2"), operation(1), base=old)
    assert late.ignored and not late.attaches and not late.outcomes
    assert "s2" not in room.state.sessions and room.texts == []


# Time


def test_a_session_that_stays_away_expires(room: Room) -> None:
    room.add(AwayEntry("s1", 1))
    deadline_ms = room.state.timers[EXPIRY_PREFIX + "s1"].deadline_ms
    entry = TimerEntry(EXPIRY_PREFIX + "s1", deadline_ms)
    assert not room.add(entry).closed, "a server's clock ran ahead of the engine's"
    assert not room.add(
        TimerEntry(EXPIRY_PREFIX + "s1", deadline_ms + 1), after_ms=SESSION_LIFETIME_MS
    ).closed, "another deadline"
    assert room.add(entry, entry).closed["s1"].reason == "expired"


def test_time_never_goes_back(room: Room) -> None:
    before_ms = room.state.time_ms
    applied = room.add(operation(1), after_ms=-5_000)
    assert applied.time_ms == room.state.time_ms == before_ms


# Rights and bodies


def test_every_operation_has_a_row_of_rights_and_every_row_an_operation() -> None:
    for application in all_applications().values():
        assert set(application.rights) == set(operations_at(application, LEVEL)), application.name
        for right in application.rights.values():
            assert not right.setting or right.setting in SETTINGS
    assert not allowed(None, Role.HOST, Locks())
    assert not allowed(all_applications()["chat"].rights["post"], "stranger", Locks())


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (operation(1, "raffle", "draw"), "unknown_application"),
        (operation(1, "chat", "shout"), "unknown_operation"),
        (operation(1, "documents", "compacted", {}), "unknown_operation"),
        (operation(1, body={"words": "x"}), "malformed"),
        (operation(1, body={"text": "x", "more": 1}), "malformed"),
        (operation(1, body=7), "malformed"),
        (operation(1, body=["x"]), "malformed"),
    ],
)
def test_what_cannot_be_is_rejected_with_its_code(room: Room, entry: Entry, code: str) -> None:
    applied = room.add(entry)
    assert [r.code for r in applied.outcomes["s1"].rejected] == [code]


def test_a_role_without_the_right_is_rejected(room: Room) -> None:
    room.add(AttachEntry("s2", 1, "one.1", grant("eve", role="onlooker")))
    applied = room.add(operation(1, session="s2"))
    assert [r.code for r in applied.outcomes["s2"].rejected] == ["not_allowed"]


def test_a_body_nested_deeply_is_rejected_at_any_depth_of_the_stack(room: Room) -> None:
    def nested(levels: int) -> msgspec.Raw:
        return msgspec.Raw(b"\x82\xa4text\xa1x\xa4more" + b"\x91" * levels + b"\x01")

    assert room.add(operation(1, body=nested(400))).outcomes["s1"].rejected[0].code == "malformed"
    with pytest.raises(Rejected, match="malformed"):
        decode_body(msgspec.msgpack.Decoder(Post), nested(100_000))


def test_service_operations_belong_to_no_session(room: Room) -> None:
    body = encode_body({"document": "pad", "upto": 1, "object": "o", "sha256": "h", "bytes": 3})
    entry = ServiceEntry("documents-1", "1", "documents", "compacted", body)
    applied = room.add(entry)
    assert [(e.type, e.author, e.number) for e in applied.events] == [("compacted", "", 0)]
    assert not room.add(entry).events, "the same compaction again"
    unknown = ServiceEntry("documents-1", "2", "raffle", "close", body)
    wrong = ServiceEntry("documents-1", "3", "documents", "update", body)
    assert not room.add(unknown, wrong).events


# Digests (I6)


def test_equal_logs_give_equal_digests_and_other_outcomes_others() -> None:
    def digest(*entries: Entry) -> bytes:
        made = Room()
        made.add(join())
        made.add(*entries)
        return made.state.digest

    assert digest(operation(1)) == digest(operation(1))
    assert digest(operation(1)) != digest(operation(1, body={"text": "other"}))


def test_a_state_that_differs_shows_in_the_digest_within_256_batches() -> None:
    left, right = Room(), Room()
    for made in (left, right):
        made.add(join())
    left.state.persons["ada"].name = "Tampered"
    assert left.state.digest == right.state.digest
    for made in (left, right):
        while made.state.batches % machine_module.STATE_DIGEST_EVERY_BATCHES:
            made.add(AwayEntry("nobody", 1))
    assert left.state.digest != right.state.digest


def test_the_canonical_encoding_does_not_depend_on_the_order_of_making() -> None:
    one, two = new_state("room", "e1"), new_state("room", "e1")
    one.apps = {"a": 1, "b": 2}
    two.apps = {"b": 2, "a": 1}
    assert canonical(one) == canonical(two)


def test_who_has_left_is_forgotten_with_the_last_session(room: Room) -> None:
    room.add(join("s2", "ada"), join("s3", "bob"))
    room.add(operation(1, "roster", "leave", {}))
    assert sorted(room.state.persons) == ["ada", "bob"]
    room.add(operation(1, "roster", "leave", {}, session="s2"))
    assert sorted(room.state.persons) == ["bob"]


def test_a_conference_holds_so_many_sessions_and_no_more(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_module, "SESSIONS_MAX", 2)
    refused = room.add(join("s2", "bob"), join("s3", "eve")).attaches[1]
    assert (refused.code, refused.current) == ("server_busy", 0)
    assert room.add(operation(1, "roster", "leave", {}), join("s3", "eve")).attaches[0].code == ""
