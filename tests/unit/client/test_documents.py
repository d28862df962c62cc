"""A shared document whose conference ends: who waits for it is told, and waits no longer."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from pycrdt import Text

from folkmoot.client.documents import SharedDocument
from folkmoot.client.errors import ConferenceEnded

WAIT_S = 10.0


class Meeting:
    """As much of a conference as a document needs; it answers nothing until told to."""

    def __init__(self) -> None:
        self.session = SimpleNamespace(number=7)
        self.ended: ConferenceEnded | None = None
        self.loads = asyncio.Event()
        self.sent: list[asyncio.Future[Any]] = []

    async def get(self, query: str, arguments: object) -> Any:
        await self.loads.wait()
        return {"clock": 0, "base": b"", "updates": [], "sequence": 1}

    def submit_nowait(self, app: str, type_: str, body: object) -> asyncio.Future[Any]:
        if self.ended is not None:
            raise self.ended
        self.sent.append(asyncio.get_running_loop().create_future())
        return self.sent[-1]


async def opened() -> tuple[Meeting, Any]:
    meeting: Any = Meeting()
    document = SharedDocument(meeting, "pad")
    meeting.loads.set()
    await document.loaded()
    return meeting, document


async def test_who_writes_after_the_end_is_told_and_does_not_wait() -> None:
    meeting, document = await opened()
    meeting.ended = ConferenceEnded("session_closed", "You have left this room.", "left")
    document.get("content", type=Text).insert(0, "too late")
    async with asyncio.timeout(WAIT_S):
        with pytest.raises(ConferenceEnded, match="session_closed"):
            await document.saved()


async def test_who_waits_when_the_client_is_closed_is_told() -> None:
    meeting, document = await opened()
    document.get("content", type=Text).insert(0, "under way")
    waiting = asyncio.ensure_future(document.saved())
    await asyncio.sleep(0.01)
    assert meeting.sent
    document.close()
    async with asyncio.timeout(WAIT_S):
        with pytest.raises(ConferenceEnded):
            await waiting


async def test_what_is_saved_stays_saved_when_the_client_is_closed() -> None:
    _meeting, document = await opened()
    document.close()
    await document.saved()


async def test_who_waits_for_the_content_when_the_client_is_closed_is_told() -> None:
    meeting: Any = Meeting()
    document = SharedDocument(meeting, "pad")
    waiting = asyncio.ensure_future(document.loaded())
    await asyncio.sleep(0)
    document.close()
    async with asyncio.timeout(WAIT_S):
        with pytest.raises(ConferenceEnded):
            await waiting
