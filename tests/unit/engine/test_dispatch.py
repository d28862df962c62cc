from __future__ import annotations

import asyncio

import nats.aio.client
import pytest

from folkmoot.engine import dispatch
from folkmoot.errors import OperatorError


async def test_the_library_hands_messages_over_as_expected():
    dispatch.check_library()
    await dispatch.self_test()


def test_another_version_of_the_library_is_refused(monkeypatch):
    monkeypatch.setattr(nats.aio.client, "__version__", "2.17.0")
    with pytest.raises(OperatorError, match=r"pip install nats-py==2\.16\.0"):
        dispatch.check_library()


async def test_a_handler_that_fails_is_told_and_the_next_message_comes():
    told: list[str] = []
    seen: list[bytes] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: told.append(context["message"]))

    def handler(_subject: bytes, _reply: bytes, data: bytes, _headers: bytes) -> None:
        seen.append(data)
        if data == b"1":
            raise ValueError("no")

    client = dispatch.LeanClient({1: handler}, lambda: None)
    await client._ps.parse(b"MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\n")
    assert seen == [b"1", b"2"]
    assert len(told) == 1
    assert "b'a'" in told[0]


async def test_a_late_pong_and_an_unasked_one_are_harmless():
    client = dispatch.LeanClient({}, lambda: None)
    gone = asyncio.get_running_loop().create_future()
    gone.cancel()
    client._pongs = [gone]
    await client._ps.parse(b"PONG\r\nPONG\r\n")
    assert client._pongs == []


@pytest.mark.parametrize(
    ("words", "lost"),
    [
        (b"-ERR 'Stale Connection'\r\n", 1),
        (b"-ERR 'Authorization Violation'\r\n", 1),
        (b"-ERR 'Maximum Payload Violation'\r\n", 1),
        (b"-ERR 'Permissions Violation for Publish to \"log.0.a\"'\r\n", 0),
    ],
)
async def test_an_error_ends_the_connection_once_unless_it_is_about_rights(words, lost):
    calls: list[int] = []
    client = dispatch.LeanClient({}, lambda: calls.append(1))
    await client._ps.parse(words + words)
    assert len(calls) == lost
