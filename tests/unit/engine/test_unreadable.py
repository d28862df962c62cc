"""An engine answers "not found" for what its disk does not give back: that is not believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from folkmoot.engine import jetstream
from folkmoot.engine.link import Link
from folkmoot.ports import LogUnavailable

NOT_FOUND = b"NATS/1.0 404 Message Not Found\r\n\r\n"
SUBJECT = "conf.0.a"


class Blind:
    """An engine whose index knows what `stored` says, and that reads nothing but its `newest`."""

    def __init__(self, stored: list[str], newest: int = 0, *, asleep: bool = False) -> None:
        self.stored = stored
        self.newest = newest
        self.asleep = asleep
        self.asked: list[str] = []

    async def request(
        self, subject: str, payload: bytes, timeout_s: float, headers: bytes = b""
    ) -> tuple[bytes, bytes]:
        self.asked.append(subject)
        if "DIRECT.GET" in subject:
            found = b"NATS/1.0\r\nNats-Sequence: %d\r\n\r\n" % self.newest
            return b"", found if self.newest else NOT_FOUND
        if self.asleep:
            raise LogUnavailable("the stream has no leader")
        wanted = json.loads(payload)["subjects_filter"]
        subjects = {name: 1 for name in self.stored if name == wanted}
        return json.dumps({"state": {"subjects": subjects}}).encode(), b""

    async def request_many(
        self, subject: str, payload: bytes, timeout_s: float, on_reply: Callable[..., bool]
    ) -> None:
        assert on_reply(b"", NOT_FOUND)


def newest(engine: Any) -> Any:
    return jetstream.newest(cast(Link, engine), "CONF_0", SUBJECT, 0.01)


def page(engine: Any, first: int) -> Any:
    return jetstream.page(cast(Link, engine), "CONF_0", SUBJECT, first, 10, 0.01)


async def test_what_the_index_has_and_the_engine_does_not_find_is_unavailable() -> None:
    for read in (newest(Blind([SUBJECT])), page(Blind([SUBJECT]), 1), page(Blind([], 7), 7)):
        with pytest.raises(LogUnavailable, match="cannot be read"):
            await read


async def test_what_is_not_in_the_index_either_is_not_there() -> None:
    assert await newest(Blind(["conf.0.b"])) is None
    assert await page(Blind(["conf.0.b"]), 1) == ([], 0)
    assert await page(Blind([], 7), 8) == ([], 0), "nothing comes after the newest"


async def test_an_index_that_nobody_tells_of_changes_nothing() -> None:
    assert await newest(Blind([SUBJECT], asleep=True)) is None
