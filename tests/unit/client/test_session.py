"""The Python client's session: when operations are sent."""

from __future__ import annotations

import msgspec

from folkmoot.client.session import Arrived, Broken, ClientSession
from folkmoot.protocol.frames import (
    Attaching,
    Batch,
    Bye,
    Events,
    Fault,
    Operation,
    ServerFrame,
    Welcome,
    decode_client,
    encode,
    join_frames,
)
from folkmoot.protocol.position import Position


def welcome(generation: int, last: int = 0) -> Welcome:
    return Welcome(
        session="s1",
        number=1,
        person="p",
        token="t",
        generation=generation,
        server="collaboration-1",
        position=Position("e", 10),
        last=last,
        rejected=[],
        resumed=generation > 1,
        state={},
        rate_per_s=50,
    )


def attached() -> ClientSession:
    session = ClientSession("ticket", "nonce")
    session.opened()
    receive(session, welcome(1))
    session.take_outgoing()
    return session


def receive(session: ClientSession, frame: ServerFrame) -> None:
    session.receive(join_frames([encode(frame)]))


def sent(session: ClientSession) -> list[int]:
    frames = [decode_client(message) for message in session.take_outgoing()]
    return [frame.counter for frame in frames if isinstance(frame, Operation)]


def say(session: ClientSession) -> None:
    session.submit("chat", "post", {"text": "hello"})


def test_while_the_log_takes_nothing_work_goes_on_under_the_attachment_that_was_asked_for() -> None:
    session = attached()
    say(session)
    session.lost()
    session.opened()
    say(session)
    assert sent(session) == []
    receive(session, Attaching(7))
    assert sent(session) == []
    receive(session, Attaching(2))
    assert sent(session) == [1, 2]
    say(session)
    assert sent(session) == [3]
    receive(session, welcome(2, last=1))
    assert sent(session) == [2, 3]


def test_a_refused_attachment_takes_nothing_more_until_the_next_one() -> None:
    session = attached()
    session.lost()
    session.opened()
    receive(session, Attaching(2))
    receive(session, Fault("attach_refused", "", generation=4))
    say(session)
    assert sent(session) == []
    receive(session, Attaching(5))
    assert sent(session) == [1]
    assert msgspec.msgpack.decode(session.unacknowledged[1].body) == {"text": "hello"}


def test_views_that_come_anew_do_not_end_a_move() -> None:
    session = attached()
    session.move_frame()
    receive(session, welcome(1))  # somebody was let in, or the level was raised
    receive(session, Bye("taken_over", "", reconnect=False))
    assert session.ended is None
    assert session.receive_elsewhere(join_frames([encode(welcome(2))]))
    assert session.attached


def test_who_moves_while_views_come_anew_goes_on_from_the_view() -> None:
    """The new server goes on from where it was asked, and knows nothing of the view."""
    session = attached()
    session.move_frame()
    view = welcome(1)
    receive(session, msgspec.structs.replace(view, position=Position("e", 14)))
    assert session.receive_elsewhere(join_frames([encode(welcome(2))]))
    session.take_notices()
    receive(session, Events(10, Batch(12, 0, [])))
    receive(session, Events(12, Batch(15, 0, [])))
    assert [n.batch.sequence for n in session.take_notices() if isinstance(n, Arrived)] == [15]
    receive(session, Events(16, Batch(17, 0, [])))
    assert any(isinstance(notice, Broken) for notice in session.take_notices())
