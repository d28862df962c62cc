"""Attachment, deliveries, closing and saving, as clients of one server see them."""

from __future__ import annotations

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.conference import machine as machine_module
from folkmoot.conference.batch import (
    AttachEntry,
    AwayEntry,
    RefusedEntry,
    decode_batch,
)
from folkmoot.conference.replica import Fenced, Replica
from folkmoot.protocol.frames import (
    Bye,
    Events,
    Fault,
    LiveRelay,
    Outcomes,
    Saving,
    Servers,
    Welcome,
    encode,
)
from folkmoot.protocol.position import Position
from folkmoot.servers.collaboration.effects import Fetch
from folkmoot.settings import Settings
from folkmoot.testing.batches import grant, join, operation
from folkmoot.testing.hosts import HostBench


@pytest.fixture
def bench() -> HostBench:
    return HostBench()


def welcome_of(bench: HostBench, connection: int) -> Welcome:
    found = [f for f in bench.take(connection) if isinstance(f, Welcome)]
    assert len(found) == 1
    return found[0]


def bye_of(bench: HostBench, connection: int) -> Bye:
    last = bench.take(connection)[-1]
    assert isinstance(last, Bye)
    return last


# Attachment


def test_a_join_is_welcomed_when_the_log_took_it(bench: HostBench) -> None:
    bench.join(1)
    bench.flush()
    assert bench.frames == {}
    bench.commit()
    welcome = welcome_of(bench, 1)
    assert (welcome.session, welcome.number, welcome.person) == ("s1", 1, "ada")
    assert (welcome.generation, welcome.last, welcome.resumed) == (1, 0, False)
    assert welcome.position == Position("e1", bench.log.last)
    assert welcome.server == "one"
    assert welcome.token == "room s1 ada"
    assert welcome.state["roster"]["persons"]["ada"]["present"] is True


def test_a_resume_gets_what_it_missed_and_nothing_else(bench: HostBench) -> None:
    bench.joined(1, "s1", "ada")
    bench.joined(2, "s2", "bob")
    at = bench.log.last
    bench.host.disconnected(1, bench.now_ms)
    for counter in (1, 2):
        bench.say(2, counter, f"missed {counter}")
        bench.commit()
    bench.resume(3, 2, at)
    bench.commit()
    frames = bench.take(3)
    assert isinstance(frames[0], Welcome) and frames[0].resumed and frames[0].state == {}
    assert frames[0].position == Position("e1", at)
    assert frames[0].sequence == bench.log.last
    prevs = [(f.prev, f.batch.sequence) for f in frames if isinstance(f, Events)]
    assert prevs == [(at, at + 1), (at + 1, at + 2)]


@pytest.mark.parametrize("position", [Position("e0", 2), Position("", 0)])
def test_a_resume_from_elsewhere_gets_the_state(bench: HostBench, position: Position) -> None:
    bench.joined(1)
    bench.resume(2, 2, position.sequence, epoch=position.epoch)
    bench.commit()
    welcome = welcome_of(bench, 2)
    assert not welcome.resumed and set(welcome.state) == set(all_applications())


def test_a_resume_from_too_long_ago_gets_the_state() -> None:
    bench = HostBench(Settings(backlog_batches_max=2))
    bench.joined(1)
    at = bench.log.last
    bench.joined(2, "s2", "bob")
    for counter in range(1, 5):
        bench.say(2, counter)
        bench.commit()
    bench.resume(3, 2, at)
    bench.commit()
    welcome = welcome_of(bench, 3)
    assert not welcome.resumed
    assert len(welcome.state["chat"]["messages"]) == 4


def test_a_client_ahead_of_the_replica_waits_and_the_log_is_read(bench: HostBench) -> None:
    bench.joined(1)
    ahead = bench.log.add(operation(1, session="s9"), server="two.1")
    bench.resume(2, 2, ahead.sequence)
    bench.tick(0)
    bench.tick(bench.host.settings.republish_wait_ms)
    assert [e for e in bench.others if isinstance(e, Fetch)] == [Fetch(ahead.sequence - 1, 1)]
    assert 2 not in bench.frames


def test_a_second_connection_takes_the_session_over(bench: HostBench) -> None:
    bench.joined(1)
    bench.resume(2, 2, bench.log.last)
    bench.commit()
    assert bye_of(bench, 1).code == "taken_over"
    assert bench.closed == {1: "taken_over"}
    assert welcome_of(bench, 2).generation == 2
    bench.tick(60_000)
    assert bench.entries() == [], "nobody is away"


def test_a_session_that_attaches_elsewhere_is_taken_over_here(bench: HostBench) -> None:
    bench.joined(1)
    bench.other_server(AttachEntry("s1", 2, "two.1"))
    assert bye_of(bench, 1).code == "taken_over"
    assert bench.host.members == {}


def test_a_wrong_generation_is_told_the_right_one_and_may_try_again(bench: HostBench) -> None:
    bench.joined(1)
    bench.host.disconnected(1, bench.now_ms)
    bench.resume(2, 5)
    bench.commit()
    (fault,) = bench.take(2)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.generation) == ("attach_refused", 1)
    assert bench.closed == {}
    bench.resume(2, 2)
    bench.commit()
    assert welcome_of(bench, 2).generation == 2


def test_two_connections_that_ask_for_the_same_generation(bench: HostBench) -> None:
    bench.joined(1)
    bench.resume(2, 2)
    bench.resume(3, 2)
    bench.commit()
    assert welcome_of(bench, 2).generation == 2
    (fault,) = bench.take(3)
    assert isinstance(fault, Fault) and fault.generation == 2


@pytest.mark.parametrize("when", ["waiting", "attached"])
def test_a_connection_is_attached_once(bench: HostBench, when: str) -> None:
    bench.join(1)
    if when == "attached":
        bench.commit()
    bench.resume(1, 2)
    bench.commit()
    assert bench.closed == {1: "frame_malformed"}
    assert bench.host.member_of("s1") is None


def test_a_connection_never_changes_its_session(bench: HostBench) -> None:
    bench.joined(1, "s1", "ada")
    bench.joined(2, "s2", "bob")
    bench.resume(3, 7, session="s1")
    bench.commit()
    bench.resume(3, 2, session="s2", person="bob")
    bench.commit()
    assert bench.closed == {3: "frame_malformed"}
    assert bench.host.member_of("s2") is bench.host.members[2]


def test_a_connection_lost_before_its_welcome_becomes_away(bench: HostBench) -> None:
    bench.join(1)
    bench.host.disconnected(1, bench.now_ms)
    bench.commit()
    assert bench.host.replica.state.sessions["s1"].attached
    bench.tick(bench.host.settings.away_grace_ms)
    assert bench.entries() == [AwayEntry("s1", 1)]


def test_a_used_ticket_in_another_hand_is_refused(bench: HostBench) -> None:
    bench.joined(1)
    bench.host.attach(2, "s1", "ada", 2, bench.now_ms, grant=grant(proof="another"))
    bench.commit()
    assert bye_of(bench, 2).code == "ticket_used"
    assert bench.host.member_of("s1") is bench.host.members[1]


def test_a_second_copy_of_an_attach_tells_nobody_anything(bench: HostBench) -> None:
    bench.join(1)
    ((_, message),) = bench.store()
    bench.host.live_message(message, bench.now_ms)
    assert welcome_of(bench, 1).generation == 1
    bench.host.live_message(bench.log.add_payload(message.payload), bench.now_ms)
    assert bench.take(1) == []


# Closing


def test_a_close_tells_outcomes_up_to_the_last_counter(bench: HostBench) -> None:
    bench.joined(1)
    bench.say(1, 1, " ")
    bench.say(1, 2, app="roster", type_="leave", body={})
    bench.say(1, 3, "too late")
    bench.commit()
    bye = bye_of(bench, 1)
    assert (bye.code, bye.last, bye.reconnect) == ("session_closed", 2, False)
    assert [(r.counter, r.code) for r in bye.rejected] == [(1, "empty")]
    assert bye.sequence == bench.host.replica.state.closed["s1"].sequence
    assert bench.host.members == {}


def test_a_removed_person_gets_nothing_of_what_came_with_the_removal(bench: HostBench) -> None:
    bench.joined(1, "s1", "ada")
    bench.joined(2, "s2", "bob")
    bench.other_server(
        operation(1, session="s1"),
        operation(2, "roster", "leave", {}, session="s1"),
    )
    assert [type(f) for f in bench.take(1)] == [Bye]
    assert any(isinstance(f, Events) for f in bench.take(2))


def test_a_resume_of_a_closed_session_learns_its_outcomes(bench: HostBench) -> None:
    bench.joined(1)
    bench.other_server(operation(1, body={"text": ""}), operation(2, "roster", "leave", {}))
    bench.resume(2, 2)
    bench.commit()
    bye = bye_of(bench, 2)
    assert (bye.code, bye.last, [r.counter for r in bye.rejected]) == ("session_closed", 2, [1])


def test_a_resume_of_a_forgotten_session_says_nothing_of_its_counters(
    bench: HostBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_module, "CLOSED_KEPT_MAX", 1)
    bench.joined(1)
    for n in (1, 2):
        bench.other_server(
            join(f"x{n}"), operation(1, "roster", "leave", {}, session=f"x{n}" if n == 2 else "s1")
        )
    assert "s1" not in bench.host.replica.state.closed
    bench.resume(2, 2)
    bench.commit()
    bye = bye_of(bench, 2)
    assert bye.code == "token_expired", "its operations may have been saved: no word of them"


def test_a_session_accepted_and_closed_in_one_page_is_told_so(bench: HostBench) -> None:
    bench.joined(1)
    at = bench.log.messages[-1]
    bench.resume(2, 2, at.sequence)
    ((_, attach),) = bench.store()
    leave = bench.log.add(operation(1, "roster", "leave", {}, generation=2), server="two.1")
    bench.host.reconnected(bench.now_ms)
    bench.host.page([at, attach, leave], read=1, more=False, now_ms=bench.now_ms)
    bench.host.page([at], read=2, more=False, now_ms=bench.now_ms)
    assert bye_of(bench, 2).code == "session_closed"


# Outcomes and deliveries


def test_the_author_learns_the_outcome_with_everybodys_events(bench: HostBench) -> None:
    bench.joined(1, "s1", "ada")
    bench.joined(2, "s2", "bob")
    bench.say(1, 1, "hello")
    bench.say(1, 2, "")
    bench.commit()
    events, outcomes = bench.take(1)[:2]
    assert isinstance(events, Events) and isinstance(outcomes, Outcomes)
    assert outcomes.through == 1
    assert [type(f) for f in bench.take(2)] == [Events]


def test_frames_of_one_turn_are_one_message(bench: HostBench) -> None:
    bench.joined(1)
    bench.say(1, 1)
    ((batch, message),) = bench.store()
    bench.host.live_message(message, bench.now_ms)
    bench.host.published(batch, message.sequence, bench.now_ms)
    assert len(bench.host.take_effects()) == 1


def test_an_outcome_after_a_welcome_from_a_page_is_told_once_more_at_most(
    bench: HostBench,
) -> None:
    bench.joined(1)
    at = bench.log.messages[-1]
    bench.resume(2, 2, at.sequence)
    ((_, attach),) = bench.store()
    bench.log.add(RefusedEntry("s1", 2, 1, "malformed"), server="two.1")
    bench.host.reconnected(bench.now_ms)
    bench.host.page(bench.log.messages[at.sequence - 1 :], read=1, more=False, now_ms=bench.now_ms)
    bench.host.page([at], read=2, more=False, now_ms=bench.now_ms)
    frames = bench.take(2)
    assert isinstance(frames[0], Welcome) and frames[0].last == 1
    assert [r.code for r in frames[0].rejected] == ["malformed"]
    assert attach.sequence < frames[0].sequence


def test_live_signals_go_to_all_but_their_sender(bench: HostBench) -> None:
    bench.joined(1, "s1", "ada")
    bench.joined(2, "s2", "bob")
    relay = encode(LiveRelay(1, "caret", msgspec.Raw(b"\x01")))
    bench.host.live_received(relay, bench.now_ms)
    assert bench.take(1) == []
    (got,) = bench.take(2)
    assert isinstance(got, LiveRelay) and got.topic == "caret"


def test_a_slow_client_is_told_and_let_go(bench: HostBench) -> None:
    member = bench.joined(1)
    bench.say(1, 1)
    bench.commit()
    bench.host.close(member, "too_slow")
    bye = bye_of(bench, 1)
    assert (bye.code, bye.reconnect) == ("too_slow", True)


def test_a_planned_stop_sends_everyone_elsewhere(bench: HostBench) -> None:
    bench.joined(1, "s1", "ada")
    bench.joined(2, "s2", "bob")
    bench.host.close_all("going_away")
    bench.flush()
    assert bench.closed == {1: "going_away", 2: "going_away"}
    assert bench.host.members == {}


def test_closing_comes_after_what_is_still_to_be_said(bench: HostBench) -> None:
    member = bench.joined(1)
    bench.host.close(member, "going_away")
    assert [type(e).__name__ for e in bench.host.take_effects()] == ["Send", "Close"]


def test_too_many_rejections_by_the_log_end_the_connection() -> None:
    bench = HostBench(Settings(rejections_per_minute_max=3))
    bench.joined(1)
    for counter in range(1, 6):
        bench.say(1, counter, "")
        bench.commit()
        if bench.closed:
            break
    frames = bench.take(1)
    assert bench.closed == {1: "too_many_rejections"}
    assert [type(f) for f in frames[-2:]] == [Outcomes, Bye], "the outcome is told before"
    assert counter == 4


# Batches under way


def test_an_ignored_batch_goes_again_and_a_stuck_client_is_sent_away(
    bench: HostBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_module, "CLOSED_KEPT_MAX", 1)
    bench.joined(1)
    bench.say(1, 1)
    bench.flush()
    late = bench.publishes.pop()
    for n in (1, 2, 3):  # another server closes sessions, this one does not hear of it
        leave = operation(1, "roster", "leave", {}, session=f"x{n}")
        bench.log.add(join(f"x{n}"), leave, server="two.1")
    others = bench.log.messages[-3:]
    ignored = bench.log.add_payload(late.payload)
    bench.host.batcher.published(late.batch)
    for message in others:
        bench.host.live_message(message, bench.now_ms)
    bench.say(1, 2)
    bench.flush()
    second = bench.publishes.pop()
    assert decode_batch(second.payload).base > 0
    bench.host.live_message(ignored, bench.now_ms)
    bench.host.live_message(bench.log.add_payload(second.payload), bench.now_ms)
    bench.flush()
    assert bench.closed == {1: "too_many_operations"}
    assert bye_of(bench, 1).reconnect
    bench.resume(2, 2)
    bench.commit()
    assert welcome_of(bench, 2).last == 1, "the ignored batch went again"


def test_an_acknowledged_batch_that_the_replica_passed_unseen_fences(bench: HostBench) -> None:
    bench.joined(1)
    bench.say(1, 1)
    bench.flush()
    bench.other_server(AwayEntry("nobody", 1))
    with pytest.raises(Fenced, match="our own batch"):
        bench.host.published(bench.publishes[0].batch, bench.log.last, bench.now_ms)


def test_a_lost_copy_of_our_own_batch_is_read(bench: HostBench) -> None:
    bench.joined(1)
    at = bench.log.last
    bench.say(1, 1)
    ((batch, message),) = bench.store()
    bench.host.published(batch, message.sequence, bench.now_ms)
    bench.tick(0)
    bench.tick(bench.host.settings.republish_wait_ms)
    assert Fetch(at, 1) in bench.others


# Saving is paused


def test_clients_are_told_when_saving_pauses_and_goes_on(bench: HostBench) -> None:
    bench.joined(1)
    bench.say(1, 1)
    bench.flush()
    bench.tick(bench.host.settings.publish_timeout_ms)
    assert bench.take(1) == [Saving(True)]
    bench.commit()
    assert Saving(False) in bench.take(1)


def test_a_full_disk_pauses_at_once_and_newcomers_are_told(bench: HostBench) -> None:
    bench.joined(1)
    bench.say(1, 1)
    bench.flush()
    bench.host.publish_failed(bench.publishes[0].batch, bench.now_ms, full=True)
    assert bench.take(1) == [Saving(True)]
    bench.other_server(join("s2", "bob", server="one.1"))
    assert bench.host.saving_paused


# The zone


def test_a_new_ranking_is_told_once(bench: HostBench) -> None:
    bench.joined(1)
    bench.host.servers_changed(["/s/two", "/s/one"])
    bench.host.servers_changed(["/s/two", "/s/one"])
    assert bench.take(1) == [Servers(["/s/two", "/s/one"])]
    bench.join(2, "s2", "bob")
    bench.commit()
    assert Servers(["/s/two", "/s/one"]) in bench.take(2)


def test_heads_are_compared_and_followed(bench: HostBench) -> None:
    bench.joined(1)
    digest = bench.host.replica.state.digest
    bench.host.head(bench.log.last, digest, bench.now_ms)
    bench.host.head(bench.log.last + 5, b"x" * 16, bench.now_ms)
    assert bench.host.replica.missing is not None
    with pytest.raises(Fenced, match="digest"):
        bench.host.head(bench.log.last, b"x" * 16, bench.now_ms)


def test_a_host_on_a_loaded_replica_goes_on_from_there() -> None:
    first = HostBench()
    first.joined(1)
    replica = Replica("room", "e1", all_applications())
    replica.receive_page(first.log.messages)
    second = HostBench(server="two.1", log=first.log, replica=replica)
    second.resume(1, 2, first.log.last)
    second.commit()
    welcome = welcome_of(second, 1)
    assert welcome.resumed and welcome.generation == 2
