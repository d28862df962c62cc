"""Pages of slides over HTTP, on the fake engine: tickets, caching, what is not there, the PDF."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest

from folkmoot.servers.doors.tickets import DeckTicket
from folkmoot.servers.slides.annotated import SUBJECT, Asked, Told
from folkmoot.servers.slides.job import Line, Small
from folkmoot.servers.slides.store import large_name, small_name, text_name
from folkmoot.servers.web import services as services_module
from folkmoot.servers.web.api import build_api
from folkmoot.servers.web.gate import Gate
from folkmoot.servers.web.pages import Pages
from folkmoot.servers.web.services import Services
from folkmoot.settings import Settings
from folkmoot.testing.fake_engine import FakeZone

FOLDER = "decks/aa.1/v7/"


class View:
    def __init__(self) -> None:
        self.documents: list[Any] = []

    def ranked_servers(self, conference: str = "") -> list[str]:
        return []

    def processes(self, role: str | None = None) -> list[Any]:
        return self.documents if role == "documents" else []


class World:
    """A web server, a room with a deck of two pages, and a person with a ticket."""

    def __init__(self, folder: Path) -> None:
        async def no_status() -> dict[str, Any]:
            return {}

        self.zone, self.view = FakeZone(), View()
        self.services = Services(self.zone.engine(), self.view, Settings(), no_status)
        gate = Gate(build_api(self.services), Pages(folder), self.services.metrics)
        transport = httpx.ASGITransport(gate)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")

    async def prepare(self) -> None:
        self.room = (await self.client.post("/api/v1/rooms", json={"title": "Weekly"})).json()
        self.key = await self.services.keys.signing()
        objects = self.services.engine.objects
        for page in (1, 2):
            small = Small(b"small", f"Page {page}", [Line(1, 2, 3, 4, "Page")])
            await objects.put(large_name(FOLDER, page), b"large %d" % page)
            await objects.put(small_name(FOLDER, page), msgspec.msgpack.encode(small))
        await objects.put(text_name(FOLDER), b'[{"text":"Page 1","lines":[]}]')

    def ticket(self, **changes: Any) -> str:
        until_ms = self.services.now_ms() + 60_000
        ticket = DeckTicket(self.room["id"], "ada", "f1", FOLDER, "Talk/..", True, until_ms)
        return msgspec.structs.replace(ticket, **changes).sign(self.key)

    async def get(self, path: str, headers: dict[str, str] | None = None, **changes: Any) -> Any:
        told = {"Authorization": f"Bearer {self.ticket(**changes)}"} | (headers or {})
        slug = self.room["slug"]
        return await self.client.get(f"/api/v1/rooms/{slug}/decks/f1/{path}", headers=told)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    async with made.client:
        await made.prepare()
        yield made


async def test_pages_are_pictures_that_browsers_keep_and_never_run(world: World) -> None:
    for path, body in (("pages/2", b"large 2"), ("pages/1?size=small&v=v7", b"small")):
        page = await world.get(path)
        assert (page.status_code, page.content) == (200, body)
        assert page.headers["content-type"] == "image/webp"
        assert "immutable" in page.headers["cache-control"]
        assert "sandbox" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        again = await world.get(path, {"If-None-Match": page.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    one, other = await world.get("pages/1"), await world.get("pages/1?size=small")
    assert one.headers["etag"] != other.headers["etag"]


async def test_the_text_of_a_page_and_of_all_is_given(world: World) -> None:
    page = (await world.get("pages/2/text")).json()
    assert page == {"text": "Page 2", "lines": [[1, 2, 3, 4, "Page"]]}
    assert (await world.get("text")).json() == [{"text": "Page 1", "lines": []}]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("pages/3", 404), ("pages/0", 404), ("pages/-1", 404), ("pages/999999999999", 404),
        ("pages/x", 404), ("pages/1?size=huge", 400), ("pages/3/text", 404),
    ],
)  # fmt: skip
async def test_what_is_not_there_is_said(world: World, path: str, status: int) -> None:
    assert (await world.get(path)).status_code == status


@pytest.mark.parametrize(
    "changes",
    [{"deck": "f2"}, {"conference": "another"}, {"expires_ms": 1}],
)
async def test_only_who_has_a_ticket_for_this_deck_sees_it(
    world: World, changes: dict[str, Any]
) -> None:
    for path in ("pages/1", "pages/1/text", "text", "pdf"):
        assert (await world.get(path, **changes)).status_code == 403
    slug = world.room["slug"]
    assert (await world.client.get(f"/api/v1/rooms/{slug}/decks/f1/pages/1")).status_code == 403


async def serve(world: World, name: str, told: Told) -> list[Asked]:
    asked: list[Asked] = []

    async def answer(payload: bytes) -> bytes:
        asked.append(msgspec.msgpack.decode(payload, type=Asked))
        return msgspec.msgpack.encode(told)

    await world.services.engine.messaging.respond(f"{SUBJECT}{name}", answer)
    return asked


async def test_the_pdf_comes_from_a_documents_server_that_answers(world: World) -> None:
    assert (await world.get("pdf")).status_code == 503, "there is none"
    await world.services.engine.objects.put("annotated/x", b"%PDF-1.7")
    world.view.documents = [
        SimpleNamespace(server="documents-1.aa", suspect=False, state="ready"),
        SimpleNamespace(server="documents-2.bb", suspect=False, state="ready"),
    ]
    asked = await serve(world, "documents-2.bb", Told("annotated/x"))
    pdf = await world.get("pdf")
    assert (pdf.status_code, pdf.content) == (200, b"%PDF-1.7")
    assert asked == [Asked(world.room["id"], "f1")]
    assert pdf.headers["content-disposition"].startswith("attachment;")
    assert (await world.get("pdf", export=False)).status_code == 403
    slug = world.room["slug"]
    link = await world.client.get(
        f"/api/v1/rooms/{slug}/decks/f1/pdf", params={"ticket": world.ticket()}
    )
    assert link.content == b"%PDF-1.7"


async def test_why_there_is_no_pdf_is_said(world: World) -> None:
    world.view.documents = [SimpleNamespace(server="documents-1.aa", suspect=False, state="ready")]
    await serve(world, "documents-1.aa", Told("", "The file of these slides was removed."))
    gone = await world.get("pdf")
    assert gone.status_code == 404 and "was removed" in gone.json()["message"]


async def test_what_may_be_otherwise_in_a_moment_is_to_be_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.view.documents = [SimpleNamespace(server="documents-1.aa", suspect=False, state="ready")]
    await serve(world, "documents-1.aa", Told("", "The storage could not be read.", again=True))
    away = await world.get("pdf")
    assert away.status_code == 503 and "retry-after" in away.headers
    objects: Any = world.services.engine.objects
    objects.unknown.update((large_name(FOLDER, 1), small_name(FOLDER, 1)))
    with monkeypatch.context() as impatient:
        impatient.setattr(services_module, "ENGINE_WAIT_S", 0.5)
        for path in ("pages/1", "pages/1/text"):
            assert (await world.get(path)).status_code == 503, "one replica does not know it yet"
    assert (await world.get("pages/3")).status_code == 404
