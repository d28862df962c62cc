"""The download of an export: with a ticket for just that one, and not otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from folkmoot.servers.doors.tickets import ExportTicket, SessionToken
from folkmoot.servers.web.api import build_api
from folkmoot.servers.web.gate import Gate
from folkmoot.servers.web.pages import Pages
from folkmoot.servers.web.services import Services
from folkmoot.settings import Settings
from folkmoot.testing.fake_engine import FakeZone

DATA = b"PK archive"


class View:
    def ranked_servers(self, conference: str = "") -> list[str]:
        return ["/s/collaboration-1"]

    def processes(self, role: str | None = None) -> list[Any]:
        return []


class World:
    def __init__(self, client: httpx.AsyncClient, services: Services) -> None:
        self.client = client
        self.services = services
        self.now_ms = services.now_ms()
        self.room: dict[str, str] = {}
        self.key = b""

    async def prepare(self) -> None:
        answer = await self.client.post("/api/v1/rooms", json={"title": "Weekly"})
        self.room = answer.json()
        self.key = await self.services.keys.signing()
        await self.services.engine.objects.put("exports/c/9.0-aa", DATA)

    @property
    def ticket(self) -> ExportTicket:
        sha256 = hashlib.sha256(DATA).hexdigest()
        return ExportTicket(
            self.room["id"], "ada", "9.0", "exports/c/9.0-aa", sha256, self.now_ms + 60_000
        )

    async def get(self, ticket: str, export: str = "9.0", room: str = "") -> httpx.Response:
        path = f"/api/v1/rooms/{room or self.room['slug']}/exports/{export}"
        return await self.client.get(path, params={"ticket": ticket} if ticket else {})


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async def no_status() -> dict[str, Any]:
        return {}

    services = Services(FakeZone().engine(), View(), Settings(), no_status)
    transport = httpx.ASGITransport(Gate(build_api(services), Pages(tmp_path), services.metrics))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        made = World(client, services)
        await made.prepare()
        yield made


async def test_a_ticket_gives_the_archive_as_a_file(world: World) -> None:
    answer = await world.get(world.ticket.sign(world.key))
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="folkmoot-')
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_breakout_has_its_conference_for_an_address(world: World) -> None:
    breakout = msgspec.structs.replace(world.ticket, conference="breakout-1")
    answer = await world.get(breakout.sign(world.key), room="breakout-1")
    assert (answer.status_code, answer.content) == (200, DATA)
    assert (await world.get(breakout.sign(world.key), room="breakout-2")).status_code == 404
    assert (await world.get(breakout.sign(world.key))).json()["code"] == "token_invalid"


async def test_without_the_right_ticket_there_is_nothing(world: World) -> None:
    assert (await world.get("")).status_code == 400
    assert (await world.get("x1.a.b")).json()["code"] == "token_invalid"
    other = world.ticket.sign(world.key)
    assert (await world.get(other, "9.1")).json()["code"] == "token_invalid"
    foreign = msgspec.structs.replace(world.ticket, conference="elsewhere")
    assert (await world.get(foreign.sign(world.key))).status_code == 403
    forged = world.ticket.sign(b"k" * 32)
    assert (await world.get(forged)).status_code == 403
    old = msgspec.structs.replace(world.ticket, expires_ms=world.now_ms)
    assert (await world.get(old.sign(world.key))).json()["code"] == "token_expired"
    session = SessionToken(world.room["id"], "s", "ada", world.now_ms + 60_000).sign(world.key)
    assert (await world.get(session)).status_code == 403


async def test_an_archive_that_is_gone_or_another_is_not_given(world: World) -> None:
    ticket = msgspec.structs.replace(world.ticket, object="exports/c/gone")
    answer = await world.get(ticket.sign(world.key))
    assert (answer.status_code, answer.json()["code"]) == (404, "export_gone")
    changed = msgspec.structs.replace(world.ticket, sha256="0" * 64)
    assert (await world.get(changed.sign(world.key))).status_code == 404
