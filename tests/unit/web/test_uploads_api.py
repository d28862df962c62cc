"""Uploads and downloads over HTTP, on the fake engine: offsets, tickets, bounds, bad input."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from folkmoot.ports import LogUnavailable
from folkmoot.servers.doors.tickets import FileTicket, UploadTicket
from folkmoot.servers.files import names
from folkmoot.servers.files.records import STORED, UploadRecord
from folkmoot.servers.web import services as services_module
from folkmoot.servers.web.api import build_api
from folkmoot.servers.web.gate import Gate
from folkmoot.servers.web.pages import Pages
from folkmoot.servers.web.problems import Problem
from folkmoot.servers.web.services import Services
from folkmoot.servers.web.upload_bytes import take
from folkmoot.servers.web.uploads_api import UPLOADS_EACH_MAX
from folkmoot.settings import Settings
from folkmoot.testing.fake_engine import FakeZone

BYTES = {"Content-Type": "application/offset+octet-stream", "Tus-Resumable": "1.0.0"}
OTHER_NODE = "https://other.example:8443"


class View:
    def __init__(self) -> None:
        self.store_free_bytes = -1

    def ranked_servers(self, conference: str = "") -> list[str]:
        return ["/s/collaboration-1"]

    def processes(self, role: str | None = None) -> list[Any]:
        return [SimpleNamespace(beat=self, url="")] if role == "process-manager" else []


class World:
    """A web server, a second one of the same zone, a room, and a person with a ticket."""

    def __init__(self, zone: FakeZone, folder: Path) -> None:
        self.zone, self.view = zone, View()
        self.services, self.client = self.server(folder)
        self.other_services, self.other = self.server(folder)
        self.now_ms = self.services.now_ms()
        self.room: dict[str, str] = {}
        self.key = b""
        self.asked: list[dict[str, str]] = []

    def server(self, folder: Path) -> tuple[Services, httpx.AsyncClient]:
        async def no_status() -> dict[str, Any]:
            return {}

        services = Services(self.zone.engine(), self.view, Settings(), no_status)
        gate = Gate(
            build_api(services), Pages(folder), services.metrics, lambda: frozenset({OTHER_NODE})
        )
        transport = httpx.ASGITransport(gate)
        return services, httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")

    async def prepare(self) -> None:
        self.room = (await self.client.post("/api/v1/rooms", json={"title": "Weekly"})).json()
        self.key = await self.services.keys.signing()

        def asked(_subject: str, payload: bytes) -> None:
            self.asked.append(msgspec.msgpack.decode(payload))

        await self.services.engine.messaging.subscribe("work.files", asked)

    @property
    def path(self) -> str:
        return f"/api/v1/rooms/{self.room['slug']}"

    def bearer(self, **changes: Any) -> dict[str, str]:
        ticket = UploadTicket(self.room["id"], "ada", "file", 10_000_000, self.now_ms + 60_000)
        ticket = msgspec.structs.replace(ticket, **changes)
        return {"Authorization": f"Bearer {ticket.sign(self.key)}"}

    async def begin(
        self, length: object, name: str = "plan.pdf", **changes: Any
    ) -> httpx.Response:
        told = f"name {base64.b64encode(name.encode()).decode()}"
        headers = {"Upload-Length": str(length), "Upload-Metadata": told}
        return await self.client.post(
            f"{self.path}/uploads", headers=headers | self.bearer(**changes)
        )

    async def put(
        self, location: str, offset: object, data: Any, client: httpx.AsyncClient | None = None
    ) -> httpx.Response:
        headers = BYTES | {"Upload-Offset": str(offset)} | self.bearer()
        return await (client or self.client).patch(location, content=data, headers=headers)

    async def where(self, location: str) -> int:
        head = await self.other.head(location, headers=self.bearer())
        assert head.status_code == 200 and head.content == b""
        return int(head.headers["upload-offset"])

    @property
    def left_behind(self) -> tuple[int, int]:
        """Uploads' records, and objects being written."""
        return len(self.zone.buckets["uploads"].entries), len(self.zone.pieces.written)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(FakeZone(), tmp_path)
    async with made.client, made.other:
        await made.prepare()
        yield made


async def test_an_upload_goes_on_through_another_server_and_is_asked_for(world: World) -> None:
    data = bytes(range(256)) * 1_000
    begun = await world.begin(len(data))
    assert begun.status_code == 201 and "upload-expires" in begun.headers
    location = begun.headers["location"]
    assert await world.where(location) == 0
    assert (await world.put(location, 0, data[:100_000])).headers["upload-offset"] == "100000"
    assert await world.where(location) == 100_000
    wrong = await world.put(location, 99_999, data[99_999:])
    assert (wrong.status_code, wrong.json()["code"]) == (409, "wrong_offset")
    done = await world.put(location, 100_000, data[100_000:], world.other)
    assert (done.status_code, done.headers["upload-offset"]) == (204, str(len(data)))
    told = (await world.client.get(location, headers=world.bearer())).json()
    assert (told["phase"], told["offset"]) == ("complete", len(data))
    assert world.asked[0] == {"conference": world.room["id"], "document": told["upload"]}
    assert world.zone.pieces.written[told["upload"]][1] == data
    assert (await world.put(location, len(data), b"")).status_code == 204, "said again"


async def test_who_waits_is_told_what_became_of_it(world: World) -> None:
    location = (await world.begin(3)).headers["location"]
    await world.put(location, 0, b"abc")
    upload = location.rpartition("/")[2]
    found = await world.services.uploads.find(world.room["id"], upload)
    assert found is not None and found.record.name == "plan.pdf"
    await world.services.uploads.change(found, phase=STORED, file="7.0")
    told = await world.client.get(location, params={"wait": 10}, headers=world.bearer())
    assert (told.json()["phase"], told.json()["file"]) == ("stored", "7.0")
    late = await world.client.delete(location, headers=world.bearer())
    assert late.json()["code"] == "upload_over"


async def test_a_body_that_breaks_off_keeps_what_came_of_it(world: World) -> None:
    size = world.services.engine.objects.piece_bytes_max
    record = UploadRecord("c", "u", "ada", "file", "n", 4 * size, 1)

    async def body(count: int) -> AsyncIterator[bytes]:
        yield b"a" * count
        raise Problem(408, "broken_off", "It broke off.")

    for offset, count, kept in ((0, size + 10, size), (size, 2 * size - 1, 3 * size - 1)):
        with pytest.raises(Problem, match="broke off"):
            await take(world.services, record, offset, body(count))
        assert (await world.services.engine.objects.resume("u")).bytes == kept


async def test_cancelling_leaves_nothing(world: World) -> None:
    location = (await world.begin(100)).headers["location"]
    await world.put(location, 0, b"x" * 50)
    assert world.left_behind == (1, 1)
    assert (await world.client.delete(location, headers=world.bearer())).status_code == 204
    assert world.left_behind == (0, 0)
    assert (await world.put(location, 50, b"x" * 50)).status_code == 404


async def test_a_full_store_is_a_clear_refusal_and_leaves_nothing(world: World) -> None:
    location = (await world.begin(100_000)).headers["location"]
    await world.put(location, 0, b"x" * 50_000)
    world.zone.pieces.full = True
    answer = await world.put(location, 50_000, b"x" * 50_000)
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
    assert "full" in answer.json()["message"] and world.left_behind == (0, 0)


async def test_an_upload_in_crumbs_is_not_taken_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("folkmoot.servers.web.upload_bytes.PIECES_MAX", 3)
    location = (await world.begin(10)).headers["location"]
    for offset in range(3):
        assert (await world.put(location, offset, b"x")).status_code == 204
    answer = await world.put(location, 3, b"x" * 7)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_parts")


async def test_an_engine_that_does_not_write_is_told_and_the_upload_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("folkmoot.servers.web.upload_bytes.STORE_WAIT_S", 0.3)
    location = (await world.begin(100)).headers["location"]
    await world.put(location, 0, b"x" * 40)

    async def silent(_unfinished: object, _piece: bytes) -> None:
        raise LogUnavailable("no answer")

    with monkeypatch.context() as cut:
        cut.setattr(world.services.engine.objects, "append", silent)
        answer = await world.put(location, 40, b"x" * 60)
    assert (answer.status_code, answer.json()["code"]) == (503, "engine_unavailable")
    assert await world.where(location) == 40
    assert (await world.put(location, 40, b"x" * 60)).status_code == 204


async def test_a_piece_whose_answer_was_lost_is_stored_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = (await world.begin(100)).headers["location"]
    objects = world.services.engine.objects
    append = objects.append

    async def lost(unfinished: Any, piece: bytes) -> None:
        monkeypatch.setattr(objects, "append", append)
        await append(unfinished, piece)
        raise LogUnavailable("the answer was lost")

    monkeypatch.setattr(objects, "append", lost)
    assert (await world.put(location, 0, b"x" * 100)).headers["upload-offset"] == "100"
    (stored,) = world.zone.pieces.written.values()
    assert stored[1] == b"x" * 100


async def test_what_the_meetings_need_is_not_given_to_files(world: World) -> None:
    size = world.services.engine.objects.piece_bytes_max
    location = (await world.begin(2 * size)).headers["location"]
    world.view.store_free_bytes = Settings().store_reserve_bytes - 1
    assert (await world.begin(10)).status_code == 507
    assert (await world.put(location, 0, b"x" * 2 * size)).status_code == 507
    assert world.left_behind == (0, 0)


async def test_only_who_has_a_ticket_for_this_room_brings_something(world: World) -> None:
    location = (await world.begin(100)).headers["location"]
    path = f"{world.path}/uploads"
    assert (await world.client.post(path, headers={"Upload-Length": "3"})).status_code == 403
    assert (await world.begin(10, conference="elsewhere")).json()["code"] == "token_invalid"
    assert (await world.begin(10, expires_ms=1)).json()["code"] == "token_expired"
    bob = await world.client.head(location, headers=world.bearer(person="bob"))
    assert bob.status_code == 404, "somebody else's upload is not there"
    forged = UploadTicket(world.room["id"], "a", "file", 9, 1 << 60).sign(b"k" * 32)
    headers = {"Authorization": f"Bearer {forged}"}
    assert (await world.client.head(location, headers=headers)).status_code == 403


async def test_lengths_names_and_headers_that_are_wrong_are_told_so(world: World) -> None:
    for length in ("", "-1", "1.5", "ten", "9" * 30):
        assert (await world.begin(length)).status_code == 400, length
    assert (await world.begin(0)).json()["code"] == "empty"
    large = await world.begin(10_000_001)
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    bearer = {"Upload-Length": "3"} | world.bearer()
    for told in ("name ***", "name", "x" * 5_000, "name /w=="):
        headers = bearer | {"Upload-Metadata": told}
        answer = await world.client.post(f"{world.path}/uploads", headers=headers)
        assert answer.status_code == (201 if told == "name" else 400), told
    old = await world.client.post(
        f"{world.path}/uploads", headers=bearer | {"Tus-Resumable": "0.2.2"}
    )
    assert old.status_code == 412
    location = (await world.begin(3)).headers["location"]
    assert (await world.put(location, "x", b"abc")).status_code == 400
    assert (await world.put(location, 0, b"abcd")).status_code == 413
    json = await world.client.patch(location, content=b"abc", headers=world.bearer())
    assert json.status_code == 415
    assert await world.where(location) == 0
    for gone in ("x", "a" * 26, "..%2f..%2fetc"):
        answer = await world.client.head(f"{world.path}/uploads/{gone}", headers=world.bearer())
        assert answer.status_code == 404, gone


async def test_one_person_has_few_uploads_under_way(world: World) -> None:
    for _ in range(UPLOADS_EACH_MAX):
        assert (await world.begin(10)).status_code == 201
    answer = await world.begin(10)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_uploads")
    assert (await world.begin(10, person="bob")).status_code == 201


async def test_pages_of_the_zones_nodes_may_ask_and_others_not(world: World) -> None:
    path = f"{world.path}/uploads"
    asked = await world.client.options(path, headers={"Origin": OTHER_NODE})
    assert asked.status_code == 204 and asked.headers["tus-version"] == "1.0.0"
    assert asked.headers["access-control-allow-origin"] == OTHER_NODE
    assert "authorization" in asked.headers["access-control-allow-headers"]
    foreign = {"Origin": "https://evil.example"}
    assert (await world.client.options(path, headers=foreign)).status_code == 403
    answer = await world.client.post(path, headers={"Upload-Length": "3"} | foreign)
    assert answer.json()["code"] == "origin_refused"
    assert "access-control-allow-origin" not in answer.headers


# Downloads


def file_ticket(world: World, **changes: Any) -> str:
    ticket = FileTicket(
        world.room["id"], "bob", "7.0", "files/c/x", "files/c/x.preview", 'a "b"\u00fc.html',
        "text/html", world.now_ms + 60_000,
    )  # fmt: skip
    return msgspec.structs.replace(ticket, **changes).sign(world.key)


async def test_a_file_comes_as_something_that_no_browser_runs(world: World) -> None:
    data = b"<script>alert(1)</script>" * 8_000
    await world.services.engine.objects.put("files/c/x", data)
    await world.services.engine.objects.put("files/c/x.preview", b"webp")
    path = f"{world.path}/files/7.0"
    answer = await world.client.get(path, params={"ticket": file_ticket(world)})
    assert (answer.status_code, answer.content) == (200, data)
    told = answer.headers
    assert told["content-type"] == "application/octet-stream"
    assert told["content-disposition"] == (
        "attachment; filename=\"a _b__.html\"; filename*=UTF-8''a%20%22b%22%C3%BC.html"
    )
    assert told["x-content-type-options"] == "nosniff"
    assert "sandbox" in told["content-security-policy"]
    bearer = {"Authorization": f"Bearer {file_ticket(world, type='image/png')}"}
    picture = await world.client.get(path, headers=bearer)
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["content-disposition"].startswith("attachment")
    small = await world.client.get(path, params={"preview": 1}, headers=bearer)
    assert (small.content, small.headers["content-type"]) == (b"webp", "image/webp")
    head = await world.client.head(path, headers=bearer)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(data)))


async def test_a_download_that_broke_off_goes_on_where_it_was(world: World) -> None:
    data = bytes(range(256)) * 1_000
    await world.services.engine.objects.put("files/c/x", data)
    path, params = f"{world.path}/files/7.0", {"ticket": file_ticket(world)}
    etag = f'"{hashlib.sha256(data).hexdigest()}"'

    async def ask(asked: str, **headers: str) -> httpx.Response:
        return await world.client.get(path, params=params, headers={"Range": asked} | headers)

    part = await ask("bytes=100000-")
    assert (part.status_code, part.content, part.headers["etag"]) == (206, data[100_000:], etag)
    assert part.headers["content-range"] == f"bytes 100000-{len(data) - 1}/{len(data)}"
    assert (await ask("bytes=5-9")).content == data[5:10]
    assert (await ask("bytes=-7")).content == data[-7:]
    assert (await ask(f"bytes={len(data)}-")).status_code == 416
    for odd in ("bytes=", "bytes=1-2,4-5", "pages=1-2", "bytes=9-5x"):
        assert (await ask(odd)).status_code == 200, odd
    assert (await ask("bytes=5-9", **{"If-Range": '"other"'})).status_code == 200
    same = await world.client.get(path, params=params, headers={"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")


async def test_a_file_is_for_who_has_a_ticket_for_it(world: World) -> None:
    await world.services.engine.objects.put("files/c/x", b"x")
    path = f"{world.path}/files/7.0"
    assert (await world.client.get(path)).status_code == 403
    for changes in ({"file": "7.1"}, {"conference": "c"}, {"expires_ms": 1}):
        params = {"ticket": file_ticket(world, **changes)}
        assert (await world.client.get(path, params=params)).status_code == 403, changes
    gone = {"ticket": file_ticket(world, object="files/c/gone")}
    assert (await world.client.get(path, params=gone)).json()["code"] == "file_gone"
    no_preview = {"ticket": file_ticket(world, preview=""), "preview": "1"}
    assert (await world.client.get(path, params=no_preview)).status_code == 404


# Names


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\plan.pdf", "plan.pdf"),
        ("a\x00b\r\n.txt", "ab.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("  .. ", "file"),
        ("", "file"),
        ("CON.txt", "_CON.txt"),
        ("a<b>|c?.txt", "a_b__c_.txt"),
        ("n" * 300 + ".pdf", "n" * 146 + ".pdf"),
        ("u\u0308.txt", "\u00fc.txt"),
        (".gitignore", "gitignore"),
    ],
)
def test_names_lose_what_could_harm(given: str, kept: str) -> None:
    assert names.clean(given) == kept


@given(st.text(max_size=400))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_a_clean_name_is_taken_by_the_log_and_stays_as_it_is(text: str) -> None:
    from folkmoot.apps.texts import clean_name
    from folkmoot.protocol.limits import FILE_NAME_CHARACTERS_MAX

    name = names.clean(text)
    assert clean_name(name, FILE_NAME_CHARACTERS_MAX) == name
    assert "/" not in name and "\\" not in name and names.clean(name) == name
    assert "\n" not in names.disposition(name) and names.disposition(name).isascii()


async def test_what_one_replica_does_not_know_yet_is_not_gone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = (await world.begin(3)).headers["location"]
    await world.services.engine.objects.put("files/c/x", b"x")
    path, params = f"{world.path}/files/7.0", {"ticket": file_ticket(world)}
    uploads, rooms = world.zone.buckets["uploads"], world.zone.buckets["rooms"]
    objects: Any = world.services.engine.objects
    objects.unknown.add("files/c/x")
    uploads.seen.update(dict.fromkeys(uploads.entries))
    rooms.seen.update(dict.fromkeys(rooms.entries))
    headers = world.bearer()
    with monkeypatch.context() as impatient:
        impatient.setattr(services_module, "ENGINE_WAIT_S", 0.5)
        assert (await world.other.get(location, headers=headers)).status_code == 503
        rooms.seen.clear()
        assert (await world.client.get(location, headers=headers)).status_code == 503
        assert (await world.client.get(path, params=params)).status_code == 503
    uploads.seen.clear()
    objects.unknown.clear()
    assert (await world.client.get(location, headers=headers)).status_code == 200
    assert (await world.client.get(path, params=params)).content == b"x"
