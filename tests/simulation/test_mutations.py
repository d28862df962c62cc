"""A checker that cannot fail proves nothing: each fault planted here must be found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from folkmoot.apps.chat_state import Message
from folkmoot.apps.exports import Exports
from folkmoot.apps.polls import Polls
from folkmoot.apps.roster import doors
from folkmoot.client import talk_state
from folkmoot.client.session import ClientSession
from folkmoot.client.stage import stage_after
from folkmoot.conference.batch import decode_batch
from folkmoot.conference.machine import Machine
from folkmoot.conference.replica import Replica
from folkmoot.conference.snapshot import pack_state
from folkmoot.conference.state import LEVEL_FIRST
from folkmoot.protocol.frames import Outcomes, encode
from folkmoot.servers.collaboration import snapshots
from folkmoot.servers.collaboration.batcher import Batcher
from folkmoot.servers.collaboration.catchup import CatchUp
from folkmoot.servers.collaboration.delivery import Backlog, Delivery
from folkmoot.servers.collaboration.duties import Duties
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.collaboration.ingress import Ingress
from folkmoot.servers.collaboration.member import Member
from folkmoot.simulation import checkers, restoring
from folkmoot.simulation.engine import SimEngine
from folkmoot.simulation.schedule import Failed, run
from folkmoot.simulation.server import SimServer
from folkmoot.simulation.witness import Witness

SEEDS_MAX = 200

Plant = Callable[[pytest.MonkeyPatch], None]


def duplicates_are_applied(patch: pytest.MonkeyPatch) -> None:
    real = Machine._operation

    def planted(self: Machine, entry: Any, context: Any, applied: Any) -> str:
        session = self.state.sessions.get(entry.session)
        if session and session.generation == entry.generation:
            session.counter = min(session.counter, entry.counter - 1)
        return real(self, entry, context, applied)

    patch.setattr(Machine, "_operation", planted)


def acknowledged_before_commit(patch: pytest.MonkeyPatch) -> None:
    real = Ingress._accept

    def planted(self: Ingress, member: Any, operation: Any, size: int, now_ms: int) -> None:
        real(self, member, operation, size, now_ms)
        sequence = self._host.replica.sequence
        self._host.send(member, encode(Outcomes(sequence, operation.counter, [])))

    patch.setattr(Ingress, "_accept", planted)


def nothing_is_sent_again_after_a_resume(patch: pytest.MonkeyPatch) -> None:
    real = ClientSession._send_operations

    def planted(self: ClientSession) -> None:
        if self.generation > 1:
            self._sent_through = max(self._sent_through, self._last_counter - 1)
        real(self)

    patch.setattr(ClientSession, "_send_operations", planted)


def a_snapshot_lacks_the_last_batch(patch: pytest.MonkeyPatch) -> None:
    real = pack_state

    def planted(state: Any) -> bytes:
        chat = state.apps["chat"]
        short = msgspec.structs.replace(chat, messages=chat.messages[:-1])
        return real(msgspec.structs.replace(state, apps=state.apps | {"chat": short}))

    patch.setattr(snapshots, "pack_state", planted)


def a_gap_is_applied_over(patch: pytest.MonkeyPatch) -> None:
    real = Replica.receive_live

    def planted(self: Replica, message: Any) -> Any:
        if message.sequence > self.sequence:
            message = msgspec.structs.replace(message, previous=self.sequence)
        return real(self, message)

    patch.setattr(Replica, "receive_live", planted)


def the_generation_is_ignored(patch: pytest.MonkeyPatch) -> None:
    real = Machine._operation

    def planted(self: Machine, entry: Any, context: Any, applied: Any) -> str:
        session = self.state.sessions.get(entry.session)
        if session is not None:
            entry = msgspec.structs.replace(entry, generation=session.generation)
        return real(self, entry, context, applied)

    patch.setattr(Machine, "_operation", planted)


def an_unknown_publish_is_not_repeated(patch: pytest.MonkeyPatch) -> None:
    def planted(self: Batcher, id_: int, now_ms: int, *, full: bool = False) -> None:
        self.published(id_)

    patch.setattr(Batcher, "unknown", planted)


def a_trimmed_log_is_read_on_from(patch: pytest.MonkeyPatch) -> None:
    def planted(self: CatchUp, messages: Any, *, read: int, more: bool, now_ms: int) -> Any:
        return self._done(self._replica.receive_page(messages), now_ms)

    patch.setattr(CatchUp, "page", planted)
    # Without this second net under it: the author's word what it had applied.
    real = Replica._apply_batch

    def blind(self: Replica, message: Any) -> Any:
        state, sequence = self.state, self.state.sequence
        state.sequence = message.sequence
        try:
            return real(self, message)
        finally:
            state.sequence = max(sequence, state.sequence)

    patch.setattr(Replica, "_apply_batch", blind)


def nobody_contradicts_a_false_absence(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Duties, "_contradict", lambda self, now_ms: None)


def the_backlog_forgets_one(patch: pytest.MonkeyPatch) -> None:
    real = Backlog.since

    def planted(self: Backlog, sequence: int) -> Any:
        found = real(self, sequence)
        return found[1:] if found else found

    patch.setattr(Backlog, "since", planted)


def a_refused_attach_is_never_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ConferenceHost, "_refused", lambda self, outcome: None)


def batches_from_before_the_forgotten_are_applied(patch: pytest.MonkeyPatch) -> None:
    real = Machine.apply

    def planted(self: Machine, *arguments: Any) -> Any:
        self.state.closed_floor = 0
        return real(self, *arguments)

    patch.setattr(Machine, "apply", planted)


def an_application_has_no_level(patch: pytest.MonkeyPatch) -> None:
    """Old servers do not have it, new ones do, below the level it came with."""
    real = SimServer._run_version

    def planted(self: SimServer) -> None:
        real(self)
        if self.knows > LEVEL_FIRST:
            self.applications = {**self.applications, "exports": AlwaysExports()}

    patch.setattr(SimServer, "_run_version", planted)


class AlwaysExports(Exports):
    since = LEVEL_FIRST


def a_level_that_is_not_known_is_passed_over(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Replica, "_check_level", lambda self, sequence, batch: None)


def a_second_vote_is_a_further_vote(patch: pytest.MonkeyPatch) -> None:
    real = Polls._vote

    def planted(self: Polls, state: Any, body: Any, poll: Any, context: Any) -> None:
        real(self, state, body, poll, context)
        ballot = poll.ballots.pop(context.author.id)
        poll.ballots[f"{context.author.id}/{context.sequence}.{context.index}"] = ballot

    patch.setattr(Polls, "_vote", planted)


def a_snapshot_forgets_who_raised_a_hand(patch: pytest.MonkeyPatch) -> None:
    real = pack_state

    def planted(state: Any) -> bytes:
        hands = state.apps.get("hands")
        apps = state.apps if hands is None else state.apps | {"hands": type(hands)()}
        return real(msgspec.structs.replace(state, apps=apps))

    patch.setattr(snapshots, "pack_state", planted)


def a_moved_client_sends_nothing_again(patch: pytest.MonkeyPatch) -> None:
    real = ClientSession._welcome

    def planted(self: ClientSession, welcome: Any, *, moved: bool = False) -> None:
        sent = self._sent_through
        real(self, welcome, moved=moved)
        if moved:
            self._outgoing = []
            self._sent_through = max(sent, self._sent_through)

    patch.setattr(ClientSession, "_welcome", planted)


def a_moved_client_hears_twice(patch: pytest.MonkeyPatch) -> None:
    """It goes on from where it asked, and not from where it is by now."""
    real = ClientSession._moved_by

    def planted(self: ClientSession, welcome: Any) -> bool:
        self.position = welcome.position
        return real(self, welcome)

    patch.setattr(ClientSession, "_moved_by", planted)


def a_whisper_is_told_to_everyone(patch: pytest.MonkeyPatch) -> None:
    def planted(self: Delivery, person: str) -> tuple[int, ...]:
        return tuple(i for i, event in enumerate(self._events) if event.audience != ())

    patch.setattr(Delivery, "_visible", planted)


def a_whisper_is_in_everybodys_view(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Message, "visible_to", lambda self, person: True)


def a_client_misses_what_the_timer_does(patch: pytest.MonkeyPatch) -> None:
    real = talk_state.AFTER["agenda"]

    def planted(agenda: Any, event: Any) -> None:
        if event.type != "timer":
            real(agenda, event)

    patch.setitem(talk_state.AFTER, "agenda", planted)


def a_snapshot_forgets_what_is_on_stage(patch: pytest.MonkeyPatch) -> None:
    real = pack_state

    def planted(state: Any) -> bytes:
        stage = state.apps.get("stage")
        apps = state.apps if stage is None else state.apps | {"stage": type(stage)()}
        return real(msgspec.structs.replace(state, apps=apps))

    patch.setattr(snapshots, "pack_state", planted)


def what_is_hidden_stays_shown(patch: pytest.MonkeyPatch) -> None:
    """A client that is told so late does not hear it."""
    real = stage_after

    def planted(stage: Any, event: Any) -> None:
        if event.body["id"]:
            real(stage, event)

    patch.setattr("folkmoot.client.state.stage_after", planted)


def the_epoch_is_ignored(patch: pytest.MonkeyPatch) -> None:
    """What was published before a restoring takes effect after it.

    Without the second net under it: that generations go on above those from before.
    """
    generations_go_back_with_a_backup(patch)
    patch.setattr(Witness, "_check_generation", lambda self, notice, session: None)
    real = Replica._apply_batch

    def planted(self: Replica, message: Any) -> Any:
        batch = decode_batch(message.payload)
        if batch.epoch == self.epoch:
            return real(self, message)
        return self._machine.apply(message.sequence, message.time_ms, message.payload, batch)

    patch.setattr(Replica, "_apply_batch", planted)


def nobody_is_told_that_the_log_was_restored(patch: pytest.MonkeyPatch) -> None:
    """A client whose counters are ahead of the log is welcomed as if nothing had happened."""
    patch.setattr(
        ConferenceHost,
        "_close_newer",
        lambda self, member, session, now_ms: self._welcome(member, session),
    )


def a_restored_log_begins_where_the_old_one_was_cut(patch: pytest.MonkeyPatch) -> None:
    """Two batches at one position: not above the old positions, as ADR 0009 asks for."""
    real = SimEngine.restore

    def planted(self: SimEngine, held: dict[str, int]) -> None:
        self._sequence = max(self.archive[name][n - 1].sequence for name, n in held.items())
        real(self, held)

    patch.setattr(SimEngine, "restore", planted)


def generations_go_back_with_a_backup(patch: pytest.MonkeyPatch) -> None:
    def planted(state: Any, epoch: str) -> Any:
        state.epoch = epoch
        return state

    patch.setattr(restoring, "as_restored", planted)
    patch.setattr(checkers, "GENERATIONS_APART", 0)


def a_forgotten_session_goes_on_in_another_of_its_id(patch: pytest.MonkeyPatch) -> None:
    """Somebody used its ticket once more."""
    patch.setattr(Member, "is_of", lambda self, session: True)


def what_a_level_brings_is_not_shown_to_who_was_away(patch: pytest.MonkeyPatch) -> None:
    real = Backlog.add

    def planted(self: Backlog, delivery: Delivery) -> None:
        delivery.renews = False
        real(self, delivery)

    patch.setattr(Backlog, "add", planted)


def an_ended_room_lets_one_stay(patch: pytest.MonkeyPatch) -> None:
    real = doors.end

    def planted(held: Any, reason: str, context: Any) -> None:
        real(held, reason, context)
        context.closing.pop()

    patch.setattr(doors, "end", planted)


PLANTED: list[Plant] = [
    generations_go_back_with_a_backup,
    a_forgotten_session_goes_on_in_another_of_its_id,
    what_a_level_brings_is_not_shown_to_who_was_away,
    an_ended_room_lets_one_stay,
    the_epoch_is_ignored,
    nobody_is_told_that_the_log_was_restored,
    a_restored_log_begins_where_the_old_one_was_cut,
    a_client_misses_what_the_timer_does,
    a_snapshot_forgets_what_is_on_stage,
    what_is_hidden_stays_shown,
    a_whisper_is_told_to_everyone,
    a_whisper_is_in_everybodys_view,
    an_application_has_no_level,
    a_level_that_is_not_known_is_passed_over,
    a_moved_client_sends_nothing_again,
    a_moved_client_hears_twice,
    duplicates_are_applied,
    acknowledged_before_commit,
    nothing_is_sent_again_after_a_resume,
    a_snapshot_lacks_the_last_batch,
    a_gap_is_applied_over,
    the_generation_is_ignored,
    an_unknown_publish_is_not_repeated,
    a_trimmed_log_is_read_on_from,
    nobody_contradicts_a_false_absence,
    the_backlog_forgets_one,
    a_refused_attach_is_never_told,
    batches_from_before_the_forgotten_are_applied,
    a_second_vote_is_a_further_vote,
    a_snapshot_forgets_who_raised_a_hand,
]


FIRST: dict[Plant, int] = {
    a_forgotten_session_goes_on_in_another_of_its_id: 60,
    an_ended_room_lets_one_stay: 65,
}
"""Where the search begins for what is rare: shortly before a seed that finds it."""


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    first = FIRST.get(plant, 0)
    for seed in range(first, first + SEEDS_MAX):
        try:
            run(seed)
        except Failed as failed:
            print(f"{plant.__name__}: seed {seed}: {failed.reason[:160]}")
            return
    pytest.fail(f"{plant.__name__} was not found in {SEEDS_MAX} schedules")
