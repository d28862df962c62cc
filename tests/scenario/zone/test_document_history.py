"""A document's history in a real zone: kept, read and gone back to while its server is killed."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import pypdfium2
import pytest
from pycrdt import Text

from folkmoot.client import Conference, connect
from folkmoot.client.document_history import DocumentHistory
from folkmoot.protocol.limits import DOCUMENT_PART_BYTES_MAX
from folkmoot.testing.zone import Zone

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAIT_S = 60.0
T = TypeVar("T")


async def soon(look: Callable[[], Awaitable[T | None]]) -> T:
    """What `look` finds once it finds something. Errors: `TimeoutError`."""
    async with asyncio.timeout(WAIT_S):
        while not (found := await look()):
            await asyncio.sleep(0.05)
        return found


async def pad_of(conference: Conference) -> Any:
    pad = conference.documents["pad"]
    await pad.loaded()
    return pad.get("content", type=Text)


async def versions(conference: Conference, count: int) -> DocumentHistory:
    async def kept() -> DocumentHistory | None:
        history = await conference.documents.history.versions("pad")
        return history if len(history.versions) == count else None

    return await soon(kept)


async def test_history_survives_its_server_and_loses_nothing_of_who_types_on(zone: Zone) -> None:
    room = await zone.create_room("History")
    async with (
        connect(zone.url, room=room["slug"], name="Ada") as ada,
        connect(zone.url, room=room["slug"], name="Ben") as ben,
    ):
        adas, bens = await pad_of(ada), await pad_of(ben)
        adas += "The plan is good.\n"
        await ada.documents["pad"].saved()

        # A version is wished for, and who is to make it is killed.
        old = await zone.kill("documents-1")
        await ada.documents.history.keep("pad", "Good")
        adas += "And more.\n"
        await zone.wait_replaced("documents-1", old)
        (good,) = (await versions(ben, 1)).versions
        assert (good.name, good.reason) == ("Good", "named")
        assert [(w.name, w.added) for w in good.writers] == [("Ada", 18)]
        content = await ben.documents.history.read("pad", good.version)
        assert content.authorship() == [(good.by, "Ada", "The plan is good.\n")]

        # Ben types on while it is restored, and the server is killed once more.
        async def has_all() -> bool:
            return "And more.\n" in str(bens)

        await soon(has_all)
        del bens[0:4]
        typed = "".join(f"{n} " for n in range(40))

        async def types() -> None:
            for n in range(40):
                bens.insert(len(bens), f"{n} ")
                await asyncio.sleep(0)
                await ben.documents["pad"].saved()

        typing = asyncio.create_task(types())
        await ada.documents.history.restore("pad", good.version)
        old = await zone.kill("documents-1")
        await typing
        await zone.wait_replaced("documents-1", old)
        now = await versions(ada, 2)
        before = await ada.documents.history.read("pad", now.versions[1].version)
        assert now.versions[1].reason == "restore"

        async def is_restored() -> bool:
            history = await ada.documents.history.versions("pad")
            return history.restoring is None and str(adas) == str(bens)

        await soon(is_restored)
        assert str(adas).startswith("The plan is good.\n")
        # Each part that Ben typed is in the version from before, or in the text as it is.
        kept = before.text()
        assert kept.startswith("plan is good.\nAnd more.\n")
        assert typed.startswith(kept.removeprefix("plan is good.\nAnd more.\n"))
        left = typed.removeprefix(kept.removeprefix("plan is good.\nAnd more.\n"))
        assert left in str(adas)
        authors = await ben.documents.history.authors("pad")
        assert {name for _, name in authors.values()} == {"Ada", "Ben"}
        await goes_back_to_a_point(zone, ada, ben)


async def goes_back_to_a_point(zone: Zone, ada: Conference, ben: Conference) -> None:
    """Between versions, from what was archived and what was not, while the server is killed."""
    points = ben.documents.history.points
    stretches = await points.stretches("pad")
    assert not stretches[0].recent, "making versions has archived what was before them"
    edits = [point for stretch in stretches for point in await points.read("pad", stretch)]
    assert [p.position for p in edits] == sorted(p.position for p in edits)
    assert {p.name for p in edits} == {"Ada", "Ben"} and min(p.time_ms for p in edits) > 0
    second = next(p for p in edits if p.name == "Ben")
    assert await points.text("pad", second.position - 1) == "The plan is good.\nAnd more.\n"
    assert await points.text("pad", edits[-1].position) == str(await pad_of(ben))
    await points.name("pad", second.position - 1, "Before Ben")
    await points.restore("pad", second.position - 1)
    old = await zone.kill("documents-1")
    await zone.wait_replaced("documents-1", old)
    mine, others = await pad_of(ada), await pad_of(ben)

    async def is_restored() -> bool:
        return str(mine) == str(others) == "The plan is good.\nAnd more.\n"

    await soon(is_restored)

    async def is_named() -> bool:
        now = (await ada.documents.history.versions("pad")).versions
        return any(version.name == "Before Ben" for version in now)

    await soon(is_named)
    now = (await ada.documents.history.versions("pad")).versions
    named = next(version for version in now if version.name == "Before Ben")
    assert named.position == second.position - 1
    content = await ben.documents.history.read("pad", named.version)
    assert content.text() == "The plan is good.\nAnd more.\n"
    assert {name for _, name, _ in content.authorship()} == {"Ada"}


async def test_a_large_document_is_read_in_parts_and_exported(zone: Zone) -> None:
    room = await zone.create_room("Large")
    async with connect(zone.url, room=room["slug"], name="Ada") as ada:
        text = await pad_of(ada)
        for n in range(60):
            text.insert(0, f"paragraph {n} " + "words of a long document " * 400 + "\n")
            await asyncio.sleep(0)
        await ada.documents["pad"].saved()

        async def is_parted() -> bool:
            answer = await ada.get("document", {"document": "pad", "parts": True})
            return answer.get("parted", {}).get("bytes", 0) > 3 * DOCUMENT_PART_BYTES_MAX

        await soon(is_parted)
        async with connect(zone.url, room=room["slug"], name="Ben") as ben:
            assert str(await pad_of(ben)) == str(text)

        stream = ada.events()
        await ada.documents.request_export("pad", "pdf")
        async with asyncio.timeout(WAIT_S):
            async for event in stream:
                if event.app == "exports" and event.body["phase"] in ("finished", "failed"):
                    break
        assert event.body["phase"] == "finished", event.body
        told = await ada.get("export", {"export": event.body["export"]})
        path = f"{zone.url}/api/v1/rooms/{room['slug']}/exports/{event.body['export']}"
        async with httpx.AsyncClient() as http:
            answer = await http.get(path, params=told)
        assert answer.headers["content-type"] == "application/pdf"
        assert 'filename="Pad.pdf"' in answer.headers["content-disposition"]
        document = pypdfium2.PdfDocument(io.BytesIO(answer.content))
        assert "paragraph 59" in document[0].get_textpage().get_text_range()
        document.close()
