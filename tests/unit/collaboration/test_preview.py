"""What is shown of operations that the log has not confirmed, and how that ends."""

from __future__ import annotations

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.apps.chat_operations import Post
from folkmoot.conference.application import Rejected
from folkmoot.conference.batch import Entry, LevelEntry
from folkmoot.conference.replica import Replica
from folkmoot.conference.state import LEVEL
from folkmoot.ports import LogMessage
from folkmoot.protocol.frames import Pending, Settled, decode_server, join_frames
from folkmoot.servers.collaboration.preview import SHOW_AFTER_MS, Previews
from folkmoot.testing.batches import LogWriter, join, operation


class Room:
    """A replica with its previews; `publish` is seen at once, `commit` is applied."""

    def __init__(self) -> None:
        self.log = LogWriter()
        self.replica = Replica("room", "e1", all_applications())
        self.previews = Previews(all_applications())
        self.now_ms = 0
        self.commit(self.publish(join(), join("s2", "bob")))

    def publish(self, *entries: Entry) -> LogMessage:
        message = self.log.add(*entries)
        self.previews.seen(message.payload, self.now_ms)
        return message

    def commit(self, message: LogMessage) -> list[Settled]:
        (applied,) = self.replica.receive_page([message])
        frames = decode_server(join_frames([t.frame for t in self.previews.applied(applied)]))
        assert all(isinstance(frame, Settled) for frame in frames)
        return [frame for frame in frames if isinstance(frame, Settled)]

    def shown(self, after_ms: int = SHOW_AFTER_MS) -> list[tuple[int, int, str]]:
        self.now_ms += after_ms
        frames = self.previews.due(self.replica.state, self.now_ms)
        return [
            (event.number, event.counter, msgspec.msgpack.decode(event.body)["text"])
            for frame in decode_server(join_frames([t.frame for t in frames]))
            if isinstance(frame, Pending)
            for event in frame.events
        ]


@pytest.fixture
def room() -> Room:
    return Room()


def test_what_is_confirmed_in_time_is_never_shown(room: Room) -> None:
    message = room.publish(operation(1))
    assert room.shown(SHOW_AFTER_MS - 1) == []
    assert room.commit(message) == []
    assert room.shown() == []


def test_what_is_not_confirmed_is_shown_and_settled_later(room: Room) -> None:
    before = msgspec.msgpack.encode(room.replica.state.digest)
    message = room.publish(operation(1), operation(2))
    assert room.shown() == [(1, 1, "s1 1"), (1, 2, "s1 2")]
    assert msgspec.msgpack.encode(room.replica.state.digest) == before, "a preview changes nothing"
    assert room.commit(message) == [Settled(1, 2)]
    assert room.commit(room.publish(operation(3))) == []


def test_a_batch_that_is_published_again_is_shown_once(room: Room) -> None:
    message = room.publish(operation(1))
    assert len(room.shown()) == 1
    room.previews.seen(message.payload, room.now_ms)
    assert room.shown() == []


def test_a_rejected_operation_is_settled_too(room: Room) -> None:
    first = room.publish(operation(1))
    assert len(room.shown()) == 1
    # Its session went on elsewhere: the log ignores it, and takes it again from there.
    assert room.commit(first) == [Settled(1, 1)]


@pytest.mark.parametrize(
    "entry",
    [
        operation(1, session="nobody"),
        operation(1, generation=0),
        operation(1, body={"text": ""}),
        operation(1, body={"words": 1}),
        operation(1, "roster", "rename", {"name": "Eve"}),
        operation(1, "chess", "move", {}),
        operation(1, "documents", "create", {"document": "x", "kind": "text", "title": "X"}),
    ],
    ids=["unknown session", "old generation", "empty", "malformed", "name", "app", "document"],
)
def test_what_needs_the_order_or_cannot_be_is_not_shown(room: Room, entry: Entry) -> None:
    room.publish(entry)
    assert room.shown() == []


def test_a_session_that_closes_ends_its_previews(room: Room) -> None:
    leave = room.publish(operation(1, "roster", "leave", {}))
    room.publish(operation(2))
    assert len(room.shown()) == 1
    assert room.commit(leave) == [Settled(1, 1), Settled(1, 2)]


def test_a_preview_checks_what_the_reducer_checks(room: Room) -> None:
    chat = all_applications()["chat"]
    ada = room.replica.state.persons["ada"]
    with pytest.raises(Rejected):
        chat.preview(chat.initial(), Post(" "), ada, room.replica.state)


def test_what_waits_behind_a_batch_that_is_held_up_is_shown_at_once_and_only_once(
    room: Room,
) -> None:
    held_up = room.publish(operation(1))
    assert room.shown() == [(1, 1, "s1 1")]
    ahead = LogWriter().add(operation(2), operation(1, session="s2")).payload
    state = room.replica.state
    assert len(pending([t.frame for t in room.previews.ahead(state, ahead)])) == 2
    assert room.previews.ahead(state, ahead) == []
    # In the log it comes in a batch of its own, which shows nothing new.
    later = room.publish(operation(2), operation(1, session="s2"))
    assert room.shown() == []
    assert room.commit(held_up) == [Settled(1, 1)]
    assert room.commit(later) == [Settled(1, 2), Settled(2, 1)]


def test_who_comes_later_is_shown_what_is_not_decided_yet(room: Room) -> None:
    assert frames_for(room, "eve") == []
    message = room.publish(operation(1), operation(2))
    room.shown()
    assert pending(frames_for(room, "eve")) == [(1, 1), (1, 2)]
    room.commit(message)
    assert frames_for(room, "eve") == []


def test_a_private_message_is_shown_to_the_two_alone(room: Room) -> None:
    room.commit(room.publish(LevelEntry(LEVEL)))
    body = {"text": "secret", "to": "bob"}
    message = room.publish(operation(1, "chat", "whisper", body))
    room.now_ms += SHOW_AFTER_MS
    (told,) = room.previews.due(room.replica.state, room.now_ms)
    assert told.audience == ("ada", "bob")
    assert b"secret" in told.frame
    assert frames_for(room, "eve") == []
    assert pending(frames_for(room, "bob")) == [(1, 1)]
    room.publish(operation(2))
    room.now_ms += SHOW_AFTER_MS
    (open_,) = room.previews.due(room.replica.state, room.now_ms)
    assert open_.audience is None
    assert pending(frames_for(room, "eve")) == [(1, 2)]
    (applied,) = room.replica.receive_page([message])
    (settled,) = room.previews.applied(applied)
    assert settled.audience is None, "whoever was shown anything of the session is told"


def test_that_a_private_message_is_decided_is_told_to_the_two_alone(room: Room) -> None:
    room.commit(room.publish(LevelEntry(LEVEL)))
    message = room.publish(operation(1, "chat", "whisper", {"text": "secret", "to": "bob"}))
    room.now_ms += SHOW_AFTER_MS
    assert len(room.previews.due(room.replica.state, room.now_ms)) == 1
    (applied,) = room.replica.receive_page([message])
    (settled,) = room.previews.applied(applied)
    assert settled.audience == ("ada", "bob")


def frames_for(room: Room, person: str) -> list[bytes]:
    return room.previews.current(person)


def pending(frames: list[bytes]) -> list[tuple[int, int]]:
    return [
        (event.number, event.counter)
        for frame in decode_server(join_frames(frames))
        if isinstance(frame, Pending)
        for event in frame.events
    ]
