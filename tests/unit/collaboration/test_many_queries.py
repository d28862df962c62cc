"""A room that waits for the engine on behalf of many keeps no more than it can."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from folkmoot.apps import all_applications
from folkmoot.servers.collaboration import room as room_module
from folkmoot.servers.collaboration.effects import AnswerDocument, PublishLive
from folkmoot.servers.collaboration.room import Room
from folkmoot.servers.collaboration.signing import Signer
from folkmoot.servers.doors.tokens import KEY_BYTES
from folkmoot.settings import Settings
from folkmoot.testing.batches import LogWriter, join
from folkmoot.testing.fake_engine import FakeZone


async def test_beyond_a_bound_queries_fail_at_once_and_signals_are_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room_module, "TASKS_MAX", 5)
    zone, settings = FakeZone(), Settings()
    writer = LogWriter(zone.logs.stream("c1").epoch)
    zone.logs.store("c1", writer.add(join()).payload)
    engine: Any = zone.engine()
    key = Signer(bytes(KEY_BYTES), lambda: 0)
    room = Room(engine, "c1", "one.1", all_applications(), settings, key)
    await room.open()
    answered: list[Any] = []
    monkeypatch.setattr(
        room._answers, "_answer", lambda connection, request, answer: answered.append(request)
    )
    there = asyncio.Event()

    async def waits(name: str) -> bytes:
        await there.wait()
        return b"data"

    monkeypatch.setattr(engine.objects, "get", waits)
    for request in range(20):
        room._perform(AnswerDocument(1, request, {}, "object"))
    room._perform(PublishLive(b"x"))
    assert len(room._tasks) == 5 and answered == list(range(5, 20))
    there.set()
    async with asyncio.timeout(20):
        while room._tasks:
            await asyncio.sleep(0)
    assert sorted(answered) == list(range(20))
    await room.close()
