"""Whom a server sends on, and when nobody could take them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from folkmoot.servers.collaboration.moves import can_take, choose
from folkmoot.zone.table import Heartbeat, ProcessEntry


def entry(
    number: int, *, state: str = "ready", suspect: bool = False, draining: bool = False
) -> ProcessEntry:
    id = f"collaboration-{number}"
    beat = Heartbeat(id, "collaboration", "n", "a", 7, state, draining=draining)
    return ProcessEntry(beat, 0, suspect)


def test_somebody_else_must_be_there_to_take_clients() -> None:
    own = "collaboration-1.a"
    assert can_take([entry(1), entry(2)], own)
    assert not can_take([entry(1)], own)
    for other in (entry(2, state="starting"), entry(2, suspect=True), entry(2, draining=True)):
        assert not can_take([entry(1), other], own)


def test_small_conferences_go_whole_before_large_ones() -> None:
    sizes = {"large": 9, "small": 2, "middle": 4}
    assert choose(sizes, "", 5) == [("small", 2), ("middle", 3)]
    assert choose(sizes, "large", 5) == [("large", 5)]
    assert choose(sizes, "unknown", 5) == []
    assert choose(sizes, "", 0) == []


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 30), max_size=6), st.integers(0, 60))
def test_as_many_as_asked_for_or_as_there_are(sizes: dict[str, int], count: int) -> None:
    chosen = choose(sizes, "", count)
    assert sum(share for _, share in chosen) == min(count, sum(sizes.values()))
    assert all(0 < share <= sizes[name] for name, share in chosen)
