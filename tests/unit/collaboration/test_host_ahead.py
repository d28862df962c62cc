"""What a server does for its clients while the log takes nothing."""

from __future__ import annotations

from typing import Any

import pycrdt
import pytest

from folkmoot.conference.batch import (
    AttachEntry,
    decode_batch,
)
from folkmoot.protocol.frames import (
    Attaching,
    Fault,
    Pending,
    ServerFrame,
    Settled,
    Welcome,
)
from folkmoot.servers.collaboration.effects import PublishAhead
from folkmoot.servers.collaboration.preview import SHOW_AFTER_MS
from folkmoot.testing.hosts import HostBench


@pytest.fixture
def bench() -> HostBench:
    return HostBench()


def welcome_of(bench: HostBench, connection: int) -> Welcome:
    found = [f for f in bench.take(connection) if isinstance(f, Welcome)]
    assert len(found) == 1
    return found[0]


def pending_of(frames: list[ServerFrame]) -> list[tuple[int, int]]:
    pending = [frame for frame in frames if isinstance(frame, Pending)]
    return [(event.number, event.counter) for frame in pending for event in frame.events]


def stalled() -> HostBench:
    """Ada and Ben are here; Ada's first words are published and never stored."""
    bench = HostBench()
    bench.joined(1)
    bench.joined(2, "s2", "ben")
    bench.take(1)
    bench.say(1, 1)
    bench.flush()
    bench.host.previews.seen(bench.publishes[-1].payload, bench.now_ms)
    bench.tick(SHOW_AFTER_MS)
    assert pending_of(bench.take(2)) == [(1, 1)]
    return bench


def test_what_waits_behind_a_batch_is_shown_here_and_told_to_all_servers() -> None:
    bench = stalled()
    bench.say(1, 2)
    bench.say(1, 3)
    bench.tick()
    told = [effect.payload for effect in bench.others if isinstance(effect, PublishAhead)]
    assert [len(decode_batch(payload).entries) for payload in told] == [2]
    assert pending_of(bench.take(2)) == [(1, 2), (1, 3)]
    bench.host.ahead_seen(told[0])  # our own copy comes back
    assert pending_of(bench.take(2)) == []


def test_who_comes_back_sees_what_is_not_decided_before_the_log_took_them_in() -> None:
    bench = stalled()
    bench.host.disconnected(2, bench.now_ms)
    bench.resume(3, 2, bench.log.last, session="s2", person="ben")
    bench.flush()
    assert pending_of(bench.take(3)) == [(1, 1)]
    bench.say(1, 2)
    bench.tick()
    assert pending_of(bench.take(3)) == [(1, 2)]
    bench.commit()
    frames = bench.take(3)
    assert [type(frame) for frame in frames[:1]] == [Settled]
    assert Welcome in [type(frame) for frame in frames]
    assert pending_of(frames) == []


@pytest.mark.parametrize(("session", "generation"), [("s2", 1), ("nobody", 2)])
def test_who_has_no_open_session_sees_nothing_before_the_log_took_them_in(
    session: str, generation: int
) -> None:
    bench = stalled()
    bench.resume(3, generation, session=session, person="ben")
    bench.say(1, 2)
    bench.tick()
    assert bench.take(3) == []


def came_back_early() -> HostBench:
    """Ben changed servers and may send although the log has not taken him in."""
    bench = stalled()
    bench.host.disconnected(2, bench.now_ms)
    bench.resume(3, 2, bench.log.last, session="s2", person="ben")
    bench.host.members[3].revision = 2
    bench.tick()
    assert [f for f in bench.take(3) if isinstance(f, Attaching)] == [Attaching(2)]
    bench.take(1)
    return bench


def test_who_comes_back_sends_on_while_the_log_takes_nothing() -> None:
    bench = came_back_early()
    bench.say(3, 1, "early")
    bench.tick()
    assert pending_of(bench.take(1)) == [(2, 1)]
    bench.commit()
    welcome = welcome_of(bench, 3)
    assert (welcome.generation, welcome.last) == (2, 1)
    # Sent again after the welcome, as ever: it is known.
    bench.say(3, 1, "early")
    bench.say(3, 2, "later")
    bench.commit()
    chat = bench.host.replica.state.apps["chat"]
    assert [message.text for message in chat.messages] == ["hello", "early", "later"]


def test_edits_that_are_sent_early_are_taken_as_their_authors() -> None:
    """Once they were refused as another's, and what people had typed meanwhile was gone."""
    bench = came_back_early()
    doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=2)
    doc.get("text", type=pycrdt.Text).insert(0, "early")
    body = {"document": "pad", "from": 0, "to": 5, "update": doc.get_update()}
    bench.say(3, 1, app="documents", type_="update", body=body)
    bench.tick()
    bench.commit()
    assert welcome_of(bench, 3).rejected == []
    pad = bench.host.replica.state.apps["documents"].documents["pad"]
    assert [update.number for update in pad.updates] == [2]


def test_what_was_sent_early_has_no_effect_when_the_log_refuses_the_attachment() -> None:
    bench = came_back_early()
    bench.say(3, 1, "early")
    bench.other_server(AttachEntry("s2", 2, "two.1"), AttachEntry("s2", 3, "two.1"))
    bench.commit()
    faults = [f for f in bench.take(3) if isinstance(f, Fault)]
    assert [fault.code for fault in faults] == ["attach_refused"]
    assert [m.text for m in bench.host.replica.state.apps["chat"].messages] == ["hello"]


def test_nobody_new_sends_before_the_log_took_them_in() -> None:
    bench = stalled()
    bench.join(3, "s3", "carol")
    bench.tick()
    assert bench.take(3) == []
    assert not bench.host.members[3].early
