"""The beginning of a recorded session, replayed through a real zone that is being killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.trace import replay
from bench.traces import Page, read_trace

TRANSACTIONS = 1_500
SEED = 20_261


@pytest.mark.timeout(180)
async def test_two_authors_end_in_the_recorded_text_while_processes_are_killed(
    tmp_path: Path, trace_folder: Path
) -> None:
    trace = read_trace("friendsforever", TRANSACTIONS, trace_folder)
    kept, told = await replay(
        trace, seed=SEED, kill_every_s=0.5, pace_per_s=120, folder=tmp_path / "data"
    )
    assert told["kills"] >= 1, told  # how many depends on how fast the machine replaces them
    assert told["rejected"] == 0, told
    assert told["states_replaced"] == 0, told
    assert all(told["equal"].values()), told
    assert kept, told


def test_each_author_of_a_trace_knows_all_that_the_author_wrote_before(trace_folder: Path) -> None:
    trace = read_trace("friendsforever", TRANSACTIONS, trace_folder)
    for author in range(trace.authors):
        edits = trace.of(author)
        assert [edit.known[author] for edit in edits] == list(range(len(edits)))


def test_an_edit_is_made_where_its_author_saw_it(trace_folder: Path) -> None:
    trace = read_trace("automerge-paper", 500, trace_folder)
    page, copy = Page(7), Page(8)
    for edit in trace.edits:
        copy.merge(page.edit(edit))
    assert page.text == copy.text == trace.end
