"""What is done by the clock: absences, expiry, retries, snapshots, compactions."""

from __future__ import annotations

import pytest

from folkmoot.conference.batch import AttachEntry, AwayEntry, HereEntry, TimerEntry
from folkmoot.conference.machine import EXPIRY_PREFIX
from folkmoot.conference.snapshot import decode_snapshot, seal_snapshot
from folkmoot.protocol.limits import SESSION_LIFETIME_MS
from folkmoot.servers.collaboration import snapshots
from folkmoot.servers.collaboration.duties import AGAIN_AFTER_MS, SLOW_EVERY_MS, SWEEP_AFTER_MS
from folkmoot.servers.collaboration.effects import Publish, RequestWork, SaveSnapshot
from folkmoot.servers.collaboration.limits import TokenBucket
from folkmoot.settings import Settings
from folkmoot.testing.batches import join, operation
from folkmoot.testing.hosts import HostBench

BOTH = ("one.1", "two.1")


@pytest.fixture
def bench() -> HostBench:
    made = HostBench()
    made.joined(1)
    return made


def test_who_does_not_come_back_in_time_is_away(bench: HostBench) -> None:
    bench.host.disconnected(1, bench.now_ms)
    bench.tick(bench.host.settings.away_grace_ms - 1)
    assert bench.entries() == []
    bench.tick(1)
    assert bench.entries() == [AwayEntry("s1", 1)]


def test_who_came_back_is_not_away(bench: HostBench) -> None:
    bench.host.disconnected(1, bench.now_ms)
    bench.resume(2, 2)
    bench.commit()
    bench.tick(60_000)
    assert bench.entries() == []


def test_who_went_on_at_another_server_is_not_away(bench: HostBench) -> None:
    bench.host.disconnected(1, bench.now_ms)
    bench.other_server(AttachEntry("s1", 2, "two.1"))
    bench.tick(60_000, alive=BOTH)
    assert bench.entries() == []


def test_sessions_of_a_dead_server_are_swept_once_it_is_gone_for_long(bench: HostBench) -> None:
    bench.other_server(join("s2", "bob", server="two.1"))
    bench.tick(SLOW_EVERY_MS, alive=BOTH)
    bench.tick(SLOW_EVERY_MS)
    assert bench.entries() == []
    bench.tick(SWEEP_AFTER_MS - SLOW_EVERY_MS)
    assert bench.entries() == []
    bench.tick(SLOW_EVERY_MS)
    assert bench.entries() == [AwayEntry("s2", 1)]
    bench.tick(SLOW_EVERY_MS)
    assert len(bench.entries()) == 1, "not said again at once"


def test_a_server_that_comes_back_in_time_keeps_its_sessions(bench: HostBench) -> None:
    bench.other_server(join("s2", "bob", server="two.1"))
    for _ in range(10):
        bench.tick(SWEEP_AFTER_MS - SLOW_EVERY_MS)
        bench.tick(SLOW_EVERY_MS, alive=BOTH)
    assert bench.entries() == []


def test_a_server_that_hears_nobody_calls_nobody_gone(bench: HostBench) -> None:
    bench.other_server(join("s2", "bob", server="two.1"))
    for _ in range(20):
        bench.tick(SLOW_EVERY_MS, alive=())
    bench.tick(SLOW_EVERY_MS)
    assert bench.entries() == []


def test_a_session_that_is_ours_without_a_connection_becomes_away(bench: HostBench) -> None:
    bench.other_server(join("s2", "bob", server="one.1"))
    bench.tick(SLOW_EVERY_MS)
    assert bench.entries() == []
    bench.tick(bench.host.settings.away_grace_ms)
    assert bench.entries() == [AwayEntry("s2", 1)]


def test_a_false_absence_of_our_client_is_contradicted(bench: HostBench) -> None:
    bench.other_server(AwayEntry("s1", 1))
    bench.tick(SLOW_EVERY_MS)
    assert bench.entries() == [HereEntry("s1", 1)]
    bench.commit()
    assert bench.host.replica.state.sessions["s1"].attached
    bench.tick(AGAIN_AFTER_MS * 2)
    assert bench.entries() == []


def test_an_absence_elsewhere_is_not_ours_to_contradict(bench: HostBench) -> None:
    bench.other_server(join("s2", "bob", server="two.1"), AwayEntry("s2", 1))
    bench.tick(SLOW_EVERY_MS, alive=BOTH)
    assert bench.entries() == []


def test_a_deadline_that_passed_is_told_to_the_log_and_again_if_need_be(
    bench: HostBench,
) -> None:
    bench.other_server(AwayEntry("s1", 1))
    bench.host.disconnected(1, bench.now_ms)
    deadline_ms = bench.host.replica.state.timers[EXPIRY_PREFIX + "s1"].deadline_ms
    timer = TimerEntry(EXPIRY_PREFIX + "s1", deadline_ms)
    bench.tick(SESSION_LIFETIME_MS // 2)
    assert timer not in bench.entries()
    bench.tick(SESSION_LIFETIME_MS)
    assert bench.entries().count(timer) == 1
    bench.commit()
    assert "s1" in bench.host.replica.state.sessions, "the engine's clock is behind"
    bench.tick(AGAIN_AFTER_MS)
    assert bench.entries().count(timer) == 1


def test_a_publish_without_outcome_is_repeated_with_its_bytes(bench: HostBench) -> None:
    bench.say(1, 1)
    bench.flush()
    (first,) = bench.publishes
    bench.host.publish_failed(first.batch, bench.now_ms, full=False)
    bench.tick(1_000)
    assert bench.publishes == [first, Publish(first.batch, first.payload)]


def test_a_snapshot_is_taken_by_the_author_of_the_batch_that_made_it_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snapshots, "SNAPSHOT_APART_MS", 0)
    bench = HostBench(Settings(snapshot_every_operations=3))
    bench.joined(1)
    for counter in range(1, 8):
        bench.say(1, counter)
        bench.commit()
        bench.duties.snapshot_if_due()
        bench.duties.snapshot_if_due()
    bench.flush()
    saved = [e for e in bench.others if isinstance(e, SaveSnapshot)]
    assert [s.operations for s in saved] == [3, 6]
    state = decode_snapshot(seal_snapshot(saved[0].packed), bench.host.applications)
    assert (state.sequence, state.digest) == (saved[0].sequence, saved[0].digest)
    assert state.operations == 3


def test_snapshots_are_paced_under_load_but_never_past_the_chats_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = HostBench(Settings(snapshot_every_operations=1))
    bench.joined(1)

    def saved_after(count: int) -> int:
        for _ in range(count):
            bench.say(1, bench.host.members[1].next_counter)
            bench.commit()
            bench.duties.snapshot_if_due()
        bench.flush()
        found, bench.others = bench.others, []
        return len(found)

    assert saved_after(1) == 1
    assert saved_after(5) == 0, "not one at each operation"
    monkeypatch.setattr(snapshots, "SNAPSHOT_CHAT_MESSAGES", 2)
    assert saved_after(1) == 1


def test_where_it_has_become_quiet_two_snapshots_let_the_log_be_trimmed() -> None:
    bench = HostBench(Settings(settle_after_ms=5_000))
    bench.joined(1)
    for counter in range(1, snapshots.SETTLE_OPERATIONS + 1):
        bench.say(1, counter)
        bench.commit()

    def saved() -> list[int]:
        bench.flush()
        found = [e.sequence for e in bench.others if isinstance(e, SaveSnapshot)]
        bench.others = []
        return found

    bench.tick(1_000)
    assert saved() == []
    bench.tick(6_000)
    first = saved()
    assert first == [bench.host.replica.sequence]
    bench.commit()
    assert bench.host.replica.sequence > first[0], "there is a position for the second one"
    for _ in range(3):
        bench.tick(6_000)
    assert saved() == [bench.host.replica.sequence]


def test_another_servers_batch_is_that_servers_to_snapshot() -> None:
    bench = HostBench(Settings(snapshot_every_operations=3))
    bench.other_server(join(server="two.1"), *(operation(n) for n in range(1, 4)))
    bench.duties.snapshot_if_due()
    bench.flush()
    assert bench.others == []


@pytest.mark.parametrize("bound", ["compact_after_updates", "compact_after_bytes"])
def test_a_document_with_many_updates_asks_for_compaction(bound: str) -> None:
    settings = Settings(compact_after_updates=4, compact_after_bytes=1 << 30)
    if bound == "compact_after_bytes":
        settings = Settings(compact_after_updates=1_000, compact_after_bytes=8)
    bench = HostBench(settings)
    bench.joined(1)
    for n in range(4):
        update = {"document": "pad", "from": n, "to": n + 1, "update": b"\1\2"}
        bench.other_server(operation(n + 1, "documents", "update", update))
    for _ in range(4):
        bench.tick(SLOW_EVERY_MS)
    assert bench.others == [RequestWork("work.documents", "pad")], "asked once in a while"
    bench.tick(AGAIN_AFTER_MS)
    assert bench.others == [RequestWork("work.documents", "pad")] * 2


def test_a_bucket_of_tokens_grants_its_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(10, 3, 0)
    assert [bucket.take(0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(99) is False
    assert bucket.take(100) is True
    assert bucket.take(50) is False, "a clock that goes back gives nothing"
    assert [bucket.take(100_000) for _ in range(4)] == [True, True, True, False]
