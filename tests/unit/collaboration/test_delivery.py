"""Events on the wire: who sees them, after what, and how far back they are kept."""

from __future__ import annotations

import msgspec

from folkmoot.conference.application import Emitted
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import encode_body
from folkmoot.protocol.frames import Events, decode_server, join_frames
from folkmoot.servers.collaboration.delivery import Backlog, Delivery


def delivery(sequence: int, *audiences: tuple[str, ...] | None) -> Delivery:
    events = [
        Emitted(i, "chat", "posted", "ada", 1, i + 1, encode_body({"text": str(i)}), audience)
        for i, audience in enumerate(audiences)
    ]
    return Delivery(Applied(sequence, 5, "one.1", 1, events=events))


def read(frame: bytes | None) -> Events:
    assert frame is not None
    (event,) = decode_server(join_frames([frame]))
    assert isinstance(event, Events)
    return event


def test_a_frame_names_what_it_follows_and_what_happened() -> None:
    events = read(delivery(9, None, None).frame("bob", 4))
    assert (events.prev, events.batch.sequence, events.batch.time_ms) == (4, 9, 5)
    assert [(e.index, e.counter) for e in events.batch.events] == [(0, 1), (1, 2)]
    assert msgspec.msgpack.decode(events.batch.events[1].body) == {"text": "1"}


def test_everyone_at_the_same_place_gets_the_same_bytes() -> None:
    made = delivery(9, None)
    assert made.frame("ada", 4) is made.frame("bob", 4)
    assert made.frame("ada", 5) != made.frame("ada", 4)


def test_only_the_audience_sees_an_event() -> None:
    made = delivery(9, None, ("ada",), ("ada", "bob"), ())
    assert [e.index for e in read(made.frame("ada", 0)).batch.events] == [0, 1, 2]
    assert [e.index for e in read(made.frame("bob", 0)).batch.events] == [0, 2]
    assert [e.index for e in read(made.frame("eve", 0)).batch.events] == [0]
    assert delivery(9, ("ada",)).frame("bob", 0) is None


def test_the_backlog_gives_what_came_after_a_place() -> None:
    backlog = Backlog(2, batches_max=10, bytes_max=100_000)
    deliveries = [delivery(n, None) for n in (4, 6, 9)]
    for made in deliveries:
        backlog.add(made)
    assert backlog.since(2) == deliveries
    assert backlog.since(5) == deliveries[1:]
    assert backlog.since(9) == []
    assert backlog.since(1) is None, "from before it began"


def test_the_backlog_is_bounded_by_count_and_bytes() -> None:
    few = Backlog(0, batches_max=2, bytes_max=100_000)
    for n in (4, 6, 9):
        few.add(delivery(n, None))
    assert few.floor == 4
    assert few.since(3) is None
    found = few.since(4)
    assert found is not None and [d.sequence for d in found] == [6, 9]
    small = Backlog(0, batches_max=100, bytes_max=1)
    small.add(delivery(4, None))
    assert small.since(3) is None and small.since(4) == []


def test_the_backlog_holds_nothing_from_before_a_higher_level() -> None:
    backlog = Backlog(2, batches_max=10, bytes_max=100_000)
    backlog.add(delivery(4, None))
    raised = Applied(6, 5, "one.1", 1, events=[], level=2)
    backlog.add(Delivery(raised))
    after = delivery(9, None)
    backlog.add(after)
    assert backlog.since(4) is None and backlog.since(5) is None
    assert backlog.since(6) == [after]
