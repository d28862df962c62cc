"""Pieces that one replica does not have yet are not missing, and those that nobody has are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from folkmoot.engine import objects, pieces
from folkmoot.engine.objects import EngineObjects
from folkmoot.engine.pieces import Pieces, ends_at
from folkmoot.ports import Damaged, LogFull, LogUnavailable, Unfinished

SUBJECT = "$O.store.C.upload1"


class Link:
    """Replies as an engine does whose follower has `seen` pieces, and whose leader has `stored`
    (None: there is no leader)."""

    def __init__(self, seen: list[bytes], stored: int | None) -> None:
        self.seen, self.stored = seen, stored
        self.described = b""

    async def request(
        self, subject: str, payload: bytes, timeout_s: float, headers: bytes = b""
    ) -> tuple[bytes, bytes]:
        if subject.endswith(SUBJECT):
            return b"", b"NATS/1.0\r\nNats-Sequence: %d\r\n\r\n" % len(self.seen)
        if subject.startswith("$JS.API.DIRECT.GET"):
            return self.described, b"NATS/1.0\r\nNats-Sequence: 90\r\n\r\n"
        assert subject == "$JS.API.STREAM.INFO.OBJ_store"
        if self.stored is None:
            return msgspec.json.encode({"error": {"code": 503, "description": "no leader"}}), b""
        return msgspec.json.encode({"state": {"subjects": {SUBJECT: self.stored}}}), b""

    async def request_many(
        self, subject: str, payload: bytes, idle_s: float, on_reply: Callable[[bytes, bytes], bool]
    ) -> None:
        first = msgspec.json.decode(payload)["seq"]
        found = [(n, data) for n, data in enumerate(self.seen, 1) if n >= first]
        for number, data in found:
            on_reply(data, b"NATS/1.0\r\nNats-Sequence: %d" % number + ends_at(number)[8:])
        on_reply(b"", b"NATS/1.0 %d x\r\n\r\n" % (204 if found else 404))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "READ_AGAIN_S", 0)
    monkeypatch.setattr(objects, "READ_AGAIN_S", 0)


def pieces_of(link: Any) -> Pieces:
    return Pieces(link, "store", 1.0)


async def test_all_that_a_replica_has_is_surveyed() -> None:
    found = await pieces_of(Link([b"ab", b"c"], None)).survey(
        Unfinished("upload1", 3), lambda _: None
    )
    assert (found.bytes, found.pieces) == (3, 2)


@pytest.mark.parametrize("stored", [2, None])
async def test_what_the_leader_has_or_nobody_can_tell_is_not_damaged(stored: int | None) -> None:
    with pytest.raises(LogUnavailable):
        await pieces_of(Link([b"ab"], stored)).survey(Unfinished("upload1", 3), lambda _: None)


async def test_what_the_leader_does_not_have_is_damaged() -> None:
    with pytest.raises(Damaged):
        await pieces_of(Link([b"ab"], 1)).survey(Unfinished("upload1", 3), lambda _: None)
    with pytest.raises(Damaged, match="longer"):
        await pieces_of(Link([b"ab"], 2)).survey(Unfinished("upload1", 1), lambda _: None)


@pytest.mark.parametrize(("stored", "error"), [(2, LogUnavailable), (1, Damaged)])
async def test_an_object_is_damaged_only_when_the_leader_says_so(
    stored: int, error: type[Exception]
) -> None:
    link: Any = Link([b"ab"], stored)
    link.described = msgspec.json.encode(
        {
            "name": "x", "bucket": "store", "nuid": "upload1", "size": 3, "chunks": 2,
            "digest": "SHA-256=none",
        }
    )  # fmt: skip
    with pytest.raises(error):
        await EngineObjects(link, "store", 1.0).get("x")


@pytest.mark.parametrize(
    ("description", "error"),
    [("maximum bytes exceeded", LogFull), ("store is closed", LogUnavailable)],
)
async def test_an_engine_that_ends_is_not_full(description: str, error: type[Exception]) -> None:
    class Refuses(Link):
        async def request(
            self, subject: str, payload: bytes, timeout_s: float, headers: bytes = b""
        ) -> tuple[bytes, bytes]:
            refused = {"code": 400, "err_code": 10077, "description": description}
            return msgspec.json.encode({"error": refused}), b""

    with pytest.raises(error):
        await pieces_of(Refuses([], 0)).append(Unfinished("upload1"), b"x")
