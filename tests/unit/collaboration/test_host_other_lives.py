"""What is known from before a session was forgotten, or a conference restored, fits no more."""

from __future__ import annotations

import pytest

from folkmoot.apps import all_applications
from folkmoot.conference import machine
from folkmoot.conference.batch import AttachEntry
from folkmoot.conference.replica import Replica
from folkmoot.conference.restored import NUMBERS_APART, as_restored
from folkmoot.protocol.frames import Bye, Fault, Welcome
from folkmoot.testing.batches import join, operation
from folkmoot.testing.hosts import HostBench

EPOCH = "e2"


def restored() -> HostBench:
    """Of a room in which ada was once; she was attached once more after the backup."""
    before = HostBench()
    before.joined(1)
    state = as_restored(before.host.replica.state, EPOCH)
    before.log.epoch = EPOCH
    return HostBench(
        log=before.log, replica=Replica(state.conference, EPOCH, all_applications(), state)
    )


def test_an_attach_from_before_the_backup_was_restored_takes_nothing_over() -> None:
    """She comes to another server first, which is held up, and then to this one."""
    bench = restored()
    bench.resume(2, 3)
    bench.commit()
    (refused,) = [f for f in bench.take(2) if isinstance(f, Fault)]
    assert refused.code == "attach_refused"
    bench.resume(2, refused.generation + 1)
    bench.commit()
    assert [f.generation for f in bench.take(2) if isinstance(f, Welcome)] == [
        refused.generation + 1
    ]
    for generation in range(2, 6):
        bench.other_server(AttachEntry("s1", generation, "two.1"))
    assert bench.closed == {}
    assert bench.host.members[2].attached


def test_sessions_that_come_after_it_have_numbers_that_nobody_had() -> None:
    bench = restored()
    assert bench.joined(2, "s2", "bob").number > NUMBERS_APART


@pytest.mark.parametrize("known", [True, False])
def test_a_forgotten_session_is_not_gone_on_with_in_another_of_its_id(
    monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """Somebody used its ticket once more. Clients of before do not tell which they mean."""
    monkeypatch.setattr(machine, "CLOSED_KEPT_MAX", 1)
    bench = HostBench()
    number = bench.joined(1).number
    bench.other_server(operation(1, "roster", "leave", {}))
    bench.other_server(join("x1"), operation(1, "roster", "leave", {}, session="x1"))
    bench.other_server(join(), operation(1, body={"text": "in her name"}))
    bench.resume(2, 2, number=number if known else 0)
    bench.commit()
    told = [f for f in bench.take(2) if isinstance(f, Bye | Welcome)]
    if known:
        assert [f.code for f in told if isinstance(f, Bye)] == ["token_expired"]
        bench.tick(bench.host.settings.away_grace_ms)
        bench.commit()
        assert not bench.host.replica.state.sessions["s1"].attached
    else:
        assert [type(f) for f in told] == [Welcome]
