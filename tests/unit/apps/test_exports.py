"""Exports as the log sees them: asked for, claimed, retried, finished once, forgotten."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.apps import all_applications
from folkmoot.apps.exports import (
    ATTEMPTS_MAX,
    KEPT_MAX,
    KEPT_MS,
    LATE_MS,
    OPEN_MAX,
    STALLED_AFTER_MS,
    TRIED_FOR_MS,
    Export,
    ExportsState,
    needs_work,
)
from folkmoot.conference.applied import Applied
from folkmoot.conference.batch import Entry, ServiceEntry, TimerEntry, encode_body
from folkmoot.testing.batches import LogWriter, join, newest_replica, operation

PEOPLE = {"s1": "ada", "s2": "bob", **{f"s{n}": f"p{n}" for n in range(3, 9)}}
BOTH = {"formats": ["json", "markdown"]}


class Room:
    def __init__(self) -> None:
        self.log = LogWriter()
        self.replica = newest_replica()
        self.counters = dict.fromkeys(PEOPLE, 0)
        self.add(*(join(session, person) for session, person in PEOPLE.items()))

    def add(self, *entries: Entry, after_ms: int = 1) -> Applied:
        (applied,) = self.replica.receive_page([self.log.add(*entries, after_ms=after_ms)])
        return applied

    def request(self, session: str = "s1", body: Any = None) -> str:
        """The code of a rejection, or empty."""
        self.counters[session] += 1
        entry = operation(
            self.counters[session], "exports", "request", body or BOTH, session=session
        )
        rejected = self.add(entry).outcomes[session].rejected
        return rejected[0].code if rejected else ""

    def serve(self, type_: str, **body: object) -> list[dict[str, Any]]:
        entry = ServiceEntry("export-1.aa", "x", "exports", type_, encode_body(body))
        events = self.add(entry).events
        assert all(event.audience is not None for event in events)
        return [msgspec.msgpack.decode(event.body) for event in events]

    def start(self, export: str, attempt: int, worker: str = "export-1.aa") -> bool:
        return bool(self.serve("started", export=export, worker=worker, attempt=attempt))

    def finish(self, export: str, object_: str = "o") -> bool:
        return bool(
            self.serve("finished", export=export, object=object_, sha256="h", bytes=9, position=1)
        )

    def run_timer(self, export: str) -> None:
        id_ = f"exports/{export}"
        deadline_ms = self.replica.state.timers[id_].deadline_ms
        after_ms = max(0, deadline_ms - self.replica.state.time_ms)
        self.add(TimerEntry(id_, deadline_ms), after_ms=after_ms)

    def view(self, person: str) -> list[dict[str, Any]]:
        shown = all_applications()["exports"].view(self.state, self.replica.state, person)
        return list(shown["exports"])

    @property
    def state(self) -> ExportsState:
        state: ExportsState = self.replica.state.apps["exports"]
        return state

    @property
    def newest(self) -> str:
        return list(self.state.exports)[-1]

    def export(self, id_: str) -> Export:
        return self.state.exports[id_]


@pytest.fixture
def room() -> Room:
    return Room()


def test_an_export_is_asked_for_made_and_kept_for_its_person_alone(room: Room) -> None:
    assert room.request() == ""
    id_ = room.newest
    assert room.export(id_).phase == "waiting" and needs_work(room.state)
    assert room.start(id_, 1)
    assert room.serve("progress", export=id_, attempt=1, done=1, of=4)[0]["done"] == 1
    assert room.serve("progress", export=id_, attempt=1, done=1, of=4) == []
    assert room.finish(id_)
    (seen,) = room.view("ada")
    assert (seen["phase"], seen["bytes"], seen["done"], seen["of"]) == ("finished", 9, 4, 4)
    assert "object" not in seen and "worker" not in seen
    assert room.view("bob") == [] and needs_work(room.state) == []


@pytest.mark.parametrize(
    "formats",
    [[], ["pdf"], ["json", "json"], ["markdown", "json"], ["json", "markdown", "json"]],
)
def test_formats_that_are_none_are_refused(room: Room, formats: list[str]) -> None:
    assert room.request(body={"formats": formats}) == "malformed"
    assert room.state.exports == {}


def test_one_is_open_per_person_and_few_per_room(room: Room) -> None:
    sessions = list(PEOPLE)
    assert [room.request(s) for s in sessions[:OPEN_MAX]] == [""] * OPEN_MAX
    assert room.request(sessions[0]) == "limit_reached"
    assert room.request(sessions[OPEN_MAX]) == "limit_reached"
    room.start(room.newest, 1)
    room.finish(room.newest)
    assert room.request(sessions[OPEN_MAX]) == ""


def test_of_two_claims_the_first_counts_and_a_later_attempt_takes_over(room: Room) -> None:
    room.request()
    id_ = room.newest
    assert room.start(id_, 1, "export-1.aa")
    assert not room.start(id_, 1, "export-2.bb")
    assert room.start(id_, 2, "export-2.bb")
    assert room.serve("progress", export=id_, attempt=1, done=1, of=2) == []
    assert room.serve("failed", export=id_, attempt=1, reason="late") == []
    assert room.export(id_).worker == "export-2.bb"


def test_the_first_finished_counts(room: Room) -> None:
    room.request()
    id_ = room.newest
    room.start(id_, 1)
    room.start(id_, 2, "export-2.bb")
    assert room.finish(id_, "first")
    assert not room.finish(id_, "second")
    assert room.export(id_).object == "first"


def test_a_worker_that_says_nothing_loses_it_and_after_three_it_has_failed(room: Room) -> None:
    room.request()
    id_ = room.newest
    for attempt in range(1, ATTEMPTS_MAX + 1):
        assert room.start(id_, attempt)
        before_ms = room.replica.state.time_ms
        room.run_timer(id_)
        assert room.replica.state.time_ms - before_ms == STALLED_AFTER_MS
    assert not room.start(id_, ATTEMPTS_MAX + 1)
    (seen,) = room.view("ada")
    assert seen["phase"] == "failed" and "did not get on" in seen["reason"]
    assert room.request() == "", "may be asked for again"


def test_what_the_store_or_a_stop_ended_is_not_counted_for_an_hour(room: Room) -> None:
    room.request()
    id_, began_ms, attempt = room.newest, room.replica.state.time_ms, 0
    while room.replica.state.time_ms - began_ms < TRIED_FOR_MS:
        attempt += 1
        assert room.start(id_, attempt)
        room.serve("failed", export=id_, attempt=attempt, reason="No store.", excused=True)
        assert room.export(id_).phase == "waiting"
        room.add(after_ms=TRIED_FOR_MS // 20)
    for later in range(1, ATTEMPTS_MAX + 1):
        assert room.start(id_, attempt + later)
        room.serve("failed", export=id_, attempt=attempt + later, reason="No store.", excused=True)
    assert (room.export(id_).phase, room.export(id_).reason) == ("failed", "No store.")


def test_a_worker_that_begins_again_has_not_died_of_it_and_others_may_have(room: Room) -> None:
    room.request()
    id_ = room.newest
    for attempt in range(1, 10):
        assert room.start(id_, attempt)
    for number in range(1, ATTEMPTS_MAX):
        assert room.start(id_, 9 + number, f"export-2.{number}")
    assert not room.start(id_, 12, "export-3.cc")
    room.run_timer(id_)
    assert room.export(id_).phase == "failed"


def test_a_timer_that_comes_late_blames_the_log_and_not_the_worker(room: Room) -> None:
    room.request()
    id_ = room.newest
    room.start(id_, 1)
    for _ in range(5):
        room.add(after_ms=STALLED_AFTER_MS + LATE_MS)
        room.run_timer(id_)
        assert room.export(id_).phase == "making"
    room.run_timer(id_)
    assert room.export(id_).phase == "waiting"


def test_progress_keeps_it_from_stalling(room: Room) -> None:
    room.request()
    id_ = room.newest
    room.start(id_, 1)
    first_ms = room.replica.state.timers[f"exports/{id_}"].deadline_ms
    room.serve("progress", export=id_, attempt=1, done=0, of=0)
    assert room.replica.state.timers[f"exports/{id_}"].deadline_ms > first_ms


def test_a_failure_that_is_final_is_not_tried_again(room: Room) -> None:
    room.request()
    id_ = room.newest
    room.start(id_, 1)
    assert room.serve("failed", export=id_, attempt=1, reason="Too large.", final=True)
    assert room.view("ada")[0]["reason"] == "Too large."
    assert needs_work(room.state) == []


def test_after_a_day_it_is_out_of_sight_and_forgotten_once_its_object_is(room: Room) -> None:
    room.request()
    id_ = room.newest
    room.start(id_, 1)
    room.finish(id_)
    before_ms = room.replica.state.time_ms
    room.run_timer(id_)
    assert room.replica.state.time_ms - before_ms == KEPT_MS
    assert room.view("ada") == [] and [i for i, _ in needs_work(room.state)] == [id_]
    room.serve("removed", export=id_)
    assert room.state == ExportsState() and room.replica.state.timers == {}


def test_the_oldest_goes_when_there_are_many(room: Room) -> None:
    for _ in range(KEPT_MAX + 3):
        assert room.request() == ""
        room.start(room.newest, 1)
        room.finish(room.newest)
    assert len(room.view("ada")) == KEPT_MAX
    assert len(needs_work(room.state)) == 3


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["request", "started", "progress", "finished", "failed", "removed", "timer"]
        ),
        st.integers(0, 7),
        st.integers(0, 4),
    ),
    max_size=60,
)


@given(STEPS)
def test_whatever_is_said_by_whom_it_stays_bounded_and_is_finished_once(
    steps: list[tuple[str, int, int]],
) -> None:
    room = Room()
    finished: dict[str, str] = {}
    for number, (step, which, attempt) in enumerate(steps):
        ids = list(room.state.exports)
        id_ = ids[which % len(ids)] if ids else "1.0"
        if step == "request":
            room.request(list(PEOPLE)[which])
        elif step == "timer":
            if f"exports/{id_}" in room.replica.state.timers:
                room.run_timer(id_)
        elif step == "started":
            room.start(id_, attempt)
        elif step == "progress":
            room.serve("progress", export=id_, attempt=attempt, done=attempt, of=which)
        elif step == "finished":
            if room.finish(id_, f"o{number}"):
                assert id_ not in finished
                finished[id_] = f"o{number}"
        elif step == "failed":
            room.serve("failed", export=id_, attempt=attempt, reason="r", final=which == 0)
        else:
            room.serve("removed", export=id_)
        open_ = [e for e in room.state.exports.values() if e.phase in ("waiting", "making")]
        assert len(open_) <= OPEN_MAX
        assert len({e.person for e in open_}) == len(open_)
        for known, object_ in finished.items():
            if known in room.state.exports:
                assert room.export(known).object == object_
        timed = {
            f"exports/{i}"
            for i, e in room.state.exports.items()
            if e.phase in ("making", "finished", "failed")
        }
        assert set(room.replica.state.timers) == timed
