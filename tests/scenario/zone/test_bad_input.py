"""What a broken or hostile client sends over the wire, and the answer it gets."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from folkmoot.client import ConferenceEnded, connect
from folkmoot.client.conference import join
from folkmoot.client.link import Link, open_link
from folkmoot.protocol import frames
from folkmoot.protocol.limits import FRAME_BYTES_MAX, OPERATION_BYTES_MAX, PROTOCOL_VERSION
from folkmoot.testing.hostile import ONE, Crowd, many
from folkmoot.testing.zone import Zone

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Raw:
    """A client that says what it likes."""

    def __init__(self) -> None:
        self.link: Link
        self.frames: list[Any] = []
        self.changed = asyncio.Event()

    def heard(self, message: bytes) -> None:
        self.frames += frames.decode_server(message)
        self.changed.set()

    def say(self, frame: Any) -> None:
        self.link.send(frame if isinstance(frame, bytes) else frames.encode(frame))

    async def until(self, kind: type, **fields: Any) -> Any:
        async with asyncio.timeout(20):
            while True:
                for frame in self.frames:
                    if isinstance(frame, kind) and all(
                        getattr(frame, name) == value for name, value in fields.items()
                    ):
                        return frame
                lost = self.link.lost
                assert not lost.is_set(), f"the connection was lost after {self.frames[-3:]}"
                self.changed.clear()
                waits = [asyncio.ensure_future(e.wait()) for e in (self.changed, lost)]
                try:
                    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for wait in waits:
                        wait.cancel()

    async def bye(self, code: str) -> frames.Bye:
        bye: frames.Bye = await self.until(frames.Bye)
        assert bye.code == code
        assert bye.message.endswith(".")
        async with asyncio.timeout(20):
            await self.link.lost.wait()
        return bye


@asynccontextmanager
async def raw(zone: Zone, path: str) -> AsyncIterator[Raw]:
    client = Raw()
    client.link = await open_link(zone.url.replace("http", "ws") + path, client.heard)
    try:
        yield client
    finally:
        client.link.abort()


@asynccontextmanager
async def attached(zone: Zone, name: str = "Mallory") -> AsyncIterator[Raw]:
    """A raw client that was welcomed to a room of its own."""
    room = (await zone.create_room("Bad input"))["slug"]
    ticket, paths = await join(zone.url, room, name)
    async with raw(zone, paths[0]) as client:
        client.say(frames.Join(PROTOCOL_VERSION, ticket, secrets.token_hex(16)))
        await client.until(frames.Welcome)
        yield client


def operation(counter: int, app: str, type_: str, body: object) -> frames.Operation:
    return frames.Operation(counter, app, type_, msgspec.Raw(msgspec.msgpack.encode(body)))


def posted(counter: int, text: str) -> frames.Operation:
    return operation(counter, "chat", "post", {"text": text})


@pytest.mark.parametrize(
    "message",
    [
        b"\xc1",
        b"",
        b"\x91\xa4nope",
        b"[1,2]",
        b"\x92\xa4ping",
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 5000,
        b"\x95\xa2op\x01\xa4chat\xa4post\x81\xa4text\xa2\xff\xfe",
    ],
    ids=["reserved", "empty", "unknown", "json", "short", "huge array", "deep", "no UTF-8"],
)
async def test_a_malformed_frame_ends_the_connection_with_a_reason(
    zone: Zone, message: bytes
) -> None:
    async with attached(zone) as client:
        client.say(message)
        bye = await client.bye("frame_malformed")
        assert not bye.reconnect


async def test_another_protocol_version_is_told_to_reload(zone: Zone) -> None:
    room = (await zone.create_room())["slug"]
    ticket, paths = await join(zone.url, room, "Old")
    async with raw(zone, paths[0]) as client:
        client.say(frames.Join(99, ticket, "nonce"))
        await client.bye("version_unsupported")


async def test_a_frame_over_the_limit_is_refused(zone: Zone) -> None:
    async with attached(zone) as client:
        client.say(b"\xc6" + (FRAME_BYTES_MAX + 1).to_bytes(4, "big") + b"x" * FRAME_BYTES_MAX)
        await client.bye("frame_too_large")


async def test_operations_that_no_server_takes_are_rejected_by_the_log_and_the_next_counts(
    zone: Zone,
) -> None:
    async with attached(zone) as client:
        bad = [
            (operation(1, "chat", "post", {"text": "x" * OPERATION_BYTES_MAX}), "too_large"),
            (operation(2, "chess", "move", {}), "unknown_application"),
            (operation(3, "chat", "shout", {}), "unknown_operation"),
            (operation(4, "chat", "post", {"words": 1}), "malformed"),
            (posted(5, "   "), "empty"),
            (posted(6, "y" * 10_001), "too_large"),
            (posted(7, "bell \x07"), "malformed"),
            (operation(8, "roster", "rename", {"name": "n" * 10_000}), "too_large"),
            (operation(9, "roster", "rename", {"name": "a\u202eb"}), "malformed"),
            (
                operation(
                    10,
                    "documents",
                    "update",
                    {"document": "pad", "from": 0, "to": 0, "update": b"\xff\x01"},
                ),
                "document_invalid",
            ),
            (
                operation(
                    11,
                    "documents",
                    "update",
                    {"document": "none", "from": 0, "to": 0, "update": b"\x00\x00"},
                ),
                "not_found",
            ),
        ]
        for frame, _ in bad:
            client.say(frame)
        client.say(posted(12, "good"))
        await client.until(frames.Outcomes, through=12)
        rejected = {
            rejection.counter: rejection.code
            for frame in client.frames
            if isinstance(frame, frames.Outcomes)
            for rejection in frame.rejected
        }
        assert rejected == {number: code for number, (_, code) in enumerate(bad, 1)}


async def test_html_in_chat_is_kept_as_text(zone: Zone) -> None:
    room = (await zone.create_room())["slug"]
    text = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    async with connect(zone.url, room=room, name="Ada") as ada:
        await ada.chat.post(text)
        assert ada.state.chat["messages"][-1]["text"] == text


async def test_a_counter_that_jumps_ends_the_connection_and_takes_no_effect(zone: Zone) -> None:
    async with attached(zone) as client:
        client.say(posted(5, "too early"))
        bye = await client.bye("too_many_operations")
        assert "1 was expected" in bye.message


async def test_a_used_ticket_is_refused(zone: Zone) -> None:
    room = (await zone.create_room())["slug"]
    ticket, paths = await join(zone.url, room, "Ada")
    async with raw(zone, paths[0]) as first, raw(zone, paths[-1]) as second:
        first.say(frames.Join(PROTOCOL_VERSION, ticket, "the nonce of Ada"))
        await first.until(frames.Welcome)
        second.say(frames.Join(PROTOCOL_VERSION, ticket, "the nonce of Mallory"))
        await second.bye("ticket_used")


@pytest.mark.parametrize("ticket", ["", "nonsense", "a.b.c", "x" * 5_000])
async def test_a_forged_ticket_is_refused(zone: Zone, ticket: str) -> None:
    room = (await zone.create_room())["slug"]
    _, paths = await join(zone.url, room, "Ada")
    async with raw(zone, paths[0]) as client:
        client.say(frames.Join(PROTOCOL_VERSION, ticket, "nonce"))
        await client.bye("token_invalid")


async def test_a_changed_session_token_is_refused(zone: Zone) -> None:
    room = (await zone.create_room())["slug"]
    async with connect(zone.url, room=room, name="Ada") as ada:
        token = ada.session.token
        changed = token[:-2] + ("aa" if token[-2:] != "aa" else "bb")
        async with raw(zone, f"/s/{ada.server}") as client:
            client.say(frames.Resume(PROTOCOL_VERSION, changed, 2))
            await client.bye("token_invalid")


async def test_two_connections_with_one_token_take_over_and_the_first_is_told(zone: Zone) -> None:
    room = (await zone.create_room())["slug"]
    async with connect(zone.url, room=room, name="Ada") as ada:
        async with raw(zone, f"/s/{ada.server}") as tab:
            tab.say(frames.Resume(PROTOCOL_VERSION, ada.session.token, 2))
            await tab.until(frames.Welcome, generation=2)
            with pytest.raises(ConferenceEnded) as told:
                async with asyncio.timeout(20):
                    await ada.chat.post("from the old tab")
            assert told.value.code == "taken_over"


async def test_a_connection_cannot_change_its_session(zone: Zone) -> None:
    async with attached(zone) as client:
        room = (await zone.create_room())["slug"]
        ticket, _ = await join(zone.url, room, "Other")
        client.say(frames.Join(PROTOCOL_VERSION, ticket, "nonce"))
        await client.bye("frame_malformed")


async def test_operations_before_the_welcome_are_refused(zone: Zone) -> None:
    room = (await zone.create_room())["slug"]
    _, paths = await join(zone.url, room, "Ada")
    async with raw(zone, paths[0]) as client:
        client.say(posted(1, "hello"))
        await client.bye("frame_malformed")


async def test_an_update_under_anothers_client_id_is_rejected(zone: Zone) -> None:
    from pycrdt import Doc, Text

    forged: Doc[Any] = Doc(client_id=4_711)
    forged["text"] = Text("mine?")
    async with attached(zone) as client:
        body = {"document": "pad", "from": 0, "to": 5, "update": forged.get_update()}
        client.say(operation(1, "documents", "update", body))
        outcome = await client.until(frames.Outcomes, through=1)
        assert [r.code for r in outcome.rejected] == ["document_owner"]


async def test_a_sender_over_its_rate_is_slowed_down_and_loses_nothing(zone: Zone) -> None:
    room = (await zone.create_room())["slug"]
    async with connect(zone.url, room=room, name="Fast") as fast:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        sent = [fast.submit_nowait("chat", "post", {"text": f"{n}"}) for n in range(400)]
        async with asyncio.timeout(60):
            await asyncio.gather(*sent)
        # 200 at once, the rest at 50 a second.
        assert loop.time() - began_s > 2
        texts = [message["text"] for message in fast.state.chat["messages"]]
        assert texts[-400:] == [f"{n}" for n in range(400)]
        assert fast.reconnections == 0


FREE_DESCRIPTORS = 12
"""So many a process may have more than before: it may have opened a room or a file meanwhile."""

GROWN_MB_MAX = 64
JOINS_PER_S = 200


async def held_by(zone: Zone) -> dict[str, tuple[int, float]]:
    """Descriptors, and resident memory in megabytes, of what listens to people."""
    held = {}
    for row in await zone.status():
        if row["role"] in ("front", "web", "collaboration") and row["pid"]:
            folder = Path(f"/proc/{row['pid']}")
            pages = int((folder / "statm").read_text().split()[1])
            held[row["id"]] = (len(list((folder / "fd").iterdir())), pages * 4096 / (1 << 20))
    return held


async def test_a_hostile_crowd_is_told_so_and_ordinary_people_go_on(zone: Zone) -> None:
    room, other = (await zone.create_room())["slug"], (await zone.create_room())["slug"]
    crowd = Crowd(zone.url, room)
    async with (
        connect(zone.url, room=room, name="Ada") as ada,
        connect(zone.url, room=other, name="Bob") as bob,
    ):
        before = await held_by(zone)
        path = urlsplit(ada.server_url).path
        over = asyncio.Event()
        try:
            async with asyncio.timeout(90), asyncio.TaskGroup() as group:
                attacks = [
                    crowd.joins(
                        JOINS_PER_S, [ONE], lambda: crowd.told["join 429 rate_limited"] >= 20
                    ),
                    crowd.joins(JOINS_PER_S / 2, many(50), over.is_set),
                    crowd.half_open(40, path),
                    crowd.slow_headers(20, over.is_set),
                    *(crowd.slow_reader(address) for address in many(3)),
                    crowd.oversized(many(4)[3]),
                    crowd.skips(many(5)[4]),
                    crowd.flood(many(6)[5], 1_000),
                    crowd.nags(many(7)[6]),
                ]
                tasks = [group.create_task(attack) for attack in attacks]
                for number in range(20):
                    await asyncio.gather(
                        ada.chat.post(f"here {number}"), bob.chat.post(f"there {number}")
                    )
                await asyncio.wait([tasks[0], *tasks[5:]])
                over.set()
        finally:
            over.set()
            await crowd.leave()
        print(dict(crowd.told))
        assert crowd.told["frame_too_large"] == crowd.told["too_many_rejections"] == 1
        assert crowd.told["too_many_operations"] == 2
        allowed = ("join 200", "join 201", "join 429 rate_limited", "join 503")
        strange = [told for told in crowd.told if told.startswith("join")]
        assert not [told for told in strange if not told.startswith(allowed)]
        assert ada.reconnections == bob.reconnections == 0
        for one, word in ((ada, "here"), (bob, "there")):
            texts = [message["text"] for message in one.state.chat["messages"]]
            assert texts == [f"{word} {number}" for number in range(20)]
        async with asyncio.timeout(60):
            while True:
                now = await held_by(zone)
                if all(now[id][0] <= before[id][0] + FREE_DESCRIPTORS for id in before):
                    break
                await asyncio.sleep(0.05)
        assert all(now[id][1] <= before[id][1] + GROWN_MB_MAX for id in before), (before, now)
