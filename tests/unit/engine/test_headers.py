from __future__ import annotations

import pytest

from folkmoot.engine import headers as h
from folkmoot.engine.link import status_of

REPUBLISHED = (
    b"NATS/1.0\r\nNats-Stream: CONF_0\r\nNats-Subject: conf.0.a\r\nNats-Sequence: 12\r\n"
    b"Nats-Time-Stamp: 2026-11-23T10:10:04.123456789Z\r\nNats-Last-Sequence: 9\r\n\r\n"
)


def test_numbers_are_found_by_their_exact_name():
    assert h.number_of(REPUBLISHED, h.SEQUENCE, 0) == 12
    assert h.number_of(REPUBLISHED, h.LAST_SEQUENCE, 0) == 9
    assert h.number_of(REPUBLISHED, h.NUM_PENDING, -1) == -1
    assert h.value_of(b"", h.SEQUENCE) == b""


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        (b"1970-01-01T00:00:00Z", 0),
        (b"1970-01-01T00:01:02.5Z", 62_500),
        (b"2026-11-23T10:10:04.123456789Z", 1_795_428_604_123),
        (b"2026-11-23T10:10:04.007Z", 1_795_428_604_007),
        (b"2026-11-23T10:10:59.999999Z", 1_795_428_659_999),
        (b"2026-11-23T10:11:00Z", 1_795_428_660_000),
    ],
)
def test_time_stamps_become_milliseconds_rounded_down(text, time_ms):
    headers = b"NATS/1.0\r\nNats-Time-Stamp: " + text + b"\r\n\r\n"
    assert h.time_ms_of(headers) == time_ms


def test_no_time_stamp_is_zero():
    assert h.time_ms_of(b"NATS/1.0\r\n\r\n") == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"NATS/1.0 503\r\n\r\n", 503),
        (b"NATS/1.0 404 Message Not Found\r\n\r\n", 404),
        (b"NATS/1.0 204 EOB\r\nNats-Num-Pending: 3\r\n\r\n", 204),
        (REPUBLISHED, 0),
        (b"", 0),
    ],
)
def test_a_status_stands_in_the_first_line(headers, status):
    assert status_of(headers) == status
