"""Reading the engine's headers from their bytes, without a dictionary in between."""

from __future__ import annotations

from datetime import datetime

SEQUENCE = b"\r\nNats-Sequence: "
LAST_SEQUENCE = b"\r\nNats-Last-Sequence: "
NUM_PENDING = b"\r\nNats-Num-Pending: "
TIME_STAMP = b"\r\nNats-Time-Stamp: "
OPERATION = b"\r\nKV-Operation: "

_minute_text = b""
_minute_ms = 0


def value_of(headers: bytes, name: bytes) -> bytes:
    """The value of a header, b"" when it is absent; `name` with its line break and colon."""
    start = headers.find(name)
    if start < 0:
        return b""
    start += len(name)
    return headers[start : headers.find(b"\r", start)]


def number_of(headers: bytes, name: bytes, missing: int) -> int:
    text = value_of(headers, name)
    return int(text) if text else missing


def time_ms_of(headers: bytes) -> int:
    """Milliseconds since 1970 of the time stamp (RFC 3339 in UTC, up to nanoseconds, rounded
    down), 0 when it is absent.

    Shape: `2026-11-23T10:10:04.123456789Z`, trailing zeros of the fraction left out.
    """
    text = value_of(headers, TIME_STAMP)
    if not text:
        return 0
    global _minute_text, _minute_ms
    if text[:16] != _minute_text:
        minute = datetime.fromisoformat(text[:16].decode() + ":00+00:00")
        _minute_ms = int(minute.timestamp()) * 1000
        _minute_text = text[:16]
    return _minute_ms + int(text[17:19]) * 1000 + int(text[20:-1][:3].ljust(3, b"0"))
