"""Messages of y-websocket and Hocuspocus: what is read, and that nothing else gets through."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from folkmoot.apps.lib0 import sized
from folkmoot.servers.gateway import wire
from folkmoot.servers.gateway.ends import End
from folkmoot.servers.gateway.wire import Kind


@pytest.mark.parametrize(
    ("made", "kind"),
    [(wire.step_1, Kind.STEP_1), (wire.step_2, Kind.STEP_2), (wire.update, Kind.UPDATE),
     (wire.awareness, Kind.AWARENESS)],
)  # fmt: skip
def test_what_is_written_is_read(made: object, kind: Kind) -> None:
    message = made(b"some bytes")  # type: ignore[operator]
    assert wire.read_plain(message) == wire.Message(kind, b"some bytes")
    addressed = wire.address("room/pad") + message
    assert wire.read_addressed(addressed) == ("room/pad", wire.Message(kind, b"some bytes"))


def test_a_token_is_read_and_what_follows_it_is_let_be() -> None:
    message = wire.address("room/pad") + b"\x02\x00" + sized(b"secret") + sized(b"4.7.0")
    assert wire.read_addressed(message) == ("room/pad", wire.Message(Kind.TOKEN, b"secret"))


def test_a_pong_has_no_address() -> None:
    assert wire.read_addressed(b"\x0a") == ("", wire.OTHER)


@given(st.binary(max_size=200))
@example(b"\x00\x03\x00")
@example(b"\x02\x00\xff\xff\xff\xff\xff\xff\xff\x7f")
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    for read in (wire.read_plain, wire.read_addressed, lambda d: wire.read_awareness(d, 10)):
        try:
            read(data)
        except wire.Malformed:
            continue


states = st.tuples(
    st.integers(0, 1 << 50),
    st.integers(0, 1 << 40),
    st.sampled_from(["null", "{}", '{"user":{"name":"Ada"}}', "[1,2]"]),
)


@given(st.lists(states, max_size=10))
def test_awareness_is_read_as_it_was_written(told: list[tuple[int, int, str]]) -> None:
    assert wire.read_awareness(wire.write_awareness(told), 10) == told


def test_a_state_that_is_no_json_or_too_many_states_are_refused() -> None:
    with pytest.raises(wire.Malformed):
        wire.read_awareness(wire.write_awareness([(1, 1, "{")]), 10)
    with pytest.raises(wire.Malformed):
        wire.read_awareness(wire.write_awareness([(1, 1, "{}")] * 11), 10)


def test_a_reason_to_stay_away_is_told_from_one_to_come_back() -> None:
    back = {end for end in End if end.returns}
    assert back == {End.UNAVAILABLE, End.GOING_AWAY}
