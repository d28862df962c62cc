"""Faults: what is drawn comes from the seed, keeps the order, and loses no byte."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.testing.faults import Ends, Faults, Lane, Way, seed_of

ways = st.builds(
    Way,
    latency_ms=st.integers(0, 1_000),
    jitter_ms=st.integers(0, 1_000),
    bytes_per_s=st.integers(0, 1_000_000),
    slice_bytes_max=st.integers(0, 500),
    slice_gap_ms=st.integers(0, 50),
)
chunks = st.lists(st.tuples(ways, st.integers(0, 500), st.integers(1, 2_000)), max_size=10)


@given(chunks, st.integers())
def test_pieces_keep_their_order_and_their_bytes_however_the_faults_change(
    told: list[tuple[Way, int, int]], seed: int
) -> None:
    lane, now_s, last_s = Lane(str(seed)), 0.0, 0.0
    for way, after_ms, size_bytes in told:
        now_s += after_ms / 1000
        pieces = lane.pieces(way, now_s, size_bytes)
        assert sum(piece.size_bytes for piece in pieces) == size_bytes
        for piece in pieces:
            assert piece.due_s >= last_s
            assert piece.due_s >= now_s + way.latency_ms / 1000
            last_s = piece.due_s
        if way.slice_bytes_max:
            assert max(piece.size_bytes for piece in pieces) <= way.slice_bytes_max
        last_s = lane.end_due_s(way, now_s)
        assert not pieces or last_s >= pieces[-1].due_s


@given(chunks, st.integers())
def test_the_same_seed_gives_the_same_faults(told: list[tuple[Way, int, int]], seed: int) -> None:
    def run() -> list[object]:
        lane = Lane(seed_of(seed, 1, "up"))
        return [lane.pieces(way, after / 1000, size) for way, after, size in told]

    assert run() == run()


def test_connections_and_their_ways_draw_apart() -> None:
    jitter = Way(jitter_ms=1_000_000)
    drawn = {
        Lane(seed_of(seed, connection, part)).pieces(jitter, 0, 1)[0].due_s
        for seed in (1, 2)
        for connection in (1, 2)
        for part in ("up", "down")
    }
    assert len(drawn) == 8


def test_a_limited_rate_holds_over_time() -> None:
    lane, way = Lane("0"), Way(bytes_per_s=1_000)
    due_s = [lane.pieces(way, 0.0, 100)[-1].due_s for _ in range(50)]
    assert due_s == pytest.approx([(n + 1) / 10 for n in range(50)])


def test_a_connection_ends_after_a_time_of_the_mean_that_is_set() -> None:
    ends = Ends("1")
    drawn = [ends.draw(Faults(reset_ms_mean=2_000)) for _ in range(2_000)]
    times_s = [told[0] for told in drawn if told is not None and told[1] == "reset"]
    assert len(times_s) == 2_000
    assert 1.8 < sum(times_s) / len(times_s) < 2.2
    assert ends.draw(Faults()) is None


def test_what_is_drawn_does_not_depend_on_what_was_off_before() -> None:
    one, other = Ends("1"), Ends("1")
    one.draw(Faults(reset_ms_mean=5))
    other.draw(Faults())
    faults = Faults(drop_ms_mean=1_000)
    assert one.draw(faults) == other.draw(faults)


@pytest.mark.parametrize("told", [{"up": {"latency_ms": -1}}, {"reset_ms_mean": 1 << 40}])
def test_a_figure_that_cannot_be_is_refused_in_a_sentence(told: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError, match="must be from 0 to"):
        msgspec.convert(told, Faults)
