"""A store that is full: a clear refusal, nothing left of the file, and the meetings go on."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from folkmoot.data_folder import Node
from folkmoot.engine import Engine
from folkmoot.engine.jetstream import subjects
from folkmoot.servers.doors.tickets import UploadTicket
from folkmoot.servers.manager.engine_child import EmbeddedEngine
from folkmoot.servers.web.api import build_api
from folkmoot.servers.web.gate import Gate
from folkmoot.servers.web.pages import Pages
from folkmoot.servers.web.services import Services
from folkmoot.settings import Settings
from folkmoot.testing.engine_process import running_engine

STORE_BYTES = 24 << 20
SETTINGS = Settings(publish_timeout_ms=2_000, store_reserve_bytes=4 << 20)


class View:
    """What the process managers of the zone tell."""

    def __init__(self) -> None:
        self.store_free_bytes = -1

    def ranked_servers(self, conference: str = "") -> list[str]:
        return []

    def processes(self, role: str | None = None) -> list[Any]:
        return [SimpleNamespace(beat=self, url="")] if role == "process-manager" else []


async def share(
    http: httpx.AsyncClient, room: dict[str, Any], key: bytes, data: bytes
) -> httpx.Response:
    ticket = UploadTicket(room["id"], "ada", "file", 1 << 30, 1 << 60)
    headers = {"Authorization": f"Bearer {ticket.sign(key)}"}
    name = base64.b64encode(b"big.bin").decode()
    begun = await http.post(
        f"/api/v1/rooms/{room['slug']}/uploads",
        headers=headers | {"Upload-Length": str(len(data)), "Upload-Metadata": f"name {name}"},
    )
    if begun.status_code != 201:
        return begun
    told = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    return await http.patch(begun.headers["location"], content=data, headers=headers | told)


async def test_a_file_that_does_not_fit_leaves_nothing_and_what_fits_is_taken(
    tmp_path: Path,
) -> None:
    async def no_status() -> dict[str, Any]:
        return {}

    async with running_engine(tmp_path, store_bytes_max=STORE_BYTES) as process:
        engine = await Engine.connect(
            process.url, name="t", settings=SETTINGS, user="admin",
            password=process.credentials["admin"],
        )  # fmt: skip
        await engine.prepare(process.known_file)
        manager = EmbeddedEngine(tmp_path, Node(name="t", monitor_port=process.monitor_port))
        free = await manager.store_free_bytes()
        assert STORE_BYTES - (1 << 20) < free <= STORE_BYTES
        view = View()
        services = Services(engine, view, SETTINGS, no_status)
        gate = Gate(build_api(services), Pages(tmp_path), services.metrics)
        transport = httpx.ASGITransport(gate)
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as http:
            room = (await http.post("/api/v1/rooms", json={"title": "Full"})).json()
            key = await services.keys.signing()

            async def left() -> list[str]:
                return await subjects(engine.link, "OBJ_objects", "$O.objects.>", 2.0)

            # Nobody knows how much is left: the engine itself says no.
            answer = await share(http, room, key, b"x" * (2 * STORE_BYTES))
            assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
            assert await left() == [] and await services.uploads.of("") == []
            assert await engine.log.publish(room["id"], b"said afterwards") > 0
            assert (await share(http, room, key, b"x" * (12 << 20))).status_code == 204
            # The engine's manager tells how much: files stop before the meetings would.
            view.store_free_bytes = await manager.store_free_bytes()
            assert (await share(http, room, key, b"y" * (2 << 20))).status_code == 204
            assert (await share(http, room, key, b"z" * (6 << 20))).status_code == 204
            view.store_free_bytes = await manager.store_free_bytes()
            assert 0 <= view.store_free_bytes < SETTINGS.store_reserve_bytes
            answer = await share(http, room, key, b"y")
            assert answer.status_code == 507 and "full" in answer.json()["message"]
            assert await engine.log.publish(room["id"], b"and said again") > 0
        await engine.close()
