"""The API behind its gate, on the fake engine, without sockets."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from folkmoot.conference.batch import RoomPlan
from folkmoot.conference.doors import passcode_proof
from folkmoot.errors import OperatorError
from folkmoot.servers.doors.rooms import new_id
from folkmoot.servers.doors.tickets import PersonToken, Ticket
from folkmoot.servers.web import services as services_module
from folkmoot.servers.web.api import build_api
from folkmoot.servers.web.gate import Gate
from folkmoot.servers.web.pages import Pages
from folkmoot.servers.web.services import Services
from folkmoot.settings import Settings
from folkmoot.testing.fake_engine import FakeEngine, FakeZone

HOST = "127.0.0.1:8080"


class View:
    """The zone's table, as the test wants it."""

    def __init__(self) -> None:
        self.paths = ["/s/collaboration-2", "/s/collaboration-1"]
        self.entries: Sequence[Any] = []
        self.asked: list[str] = []

    def ranked_servers(self, conference: str = "") -> list[str]:
        self.asked.append(conference)
        return self.paths

    def processes(self, role: str | None = None) -> Sequence[Any]:
        return self.entries


class World:
    def __init__(self, client: httpx.AsyncClient, services: Services, engine: FakeEngine) -> None:
        self.client = client
        self.services = services
        self.engine = engine
        self.view = services.zone
        self.status: dict[str, Any] | None = {"zone": "default", "processes": []}

    async def room(self, title: str = "Weekly") -> dict[str, Any]:
        answer = await self.client.post("/api/v1/rooms", json={"title": title})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def refused(
        self, status: int, code: str, method: str, path: str, **arguments: Any
    ) -> httpx.Response:
        answer = await self.client.request(method, path, **arguments)
        assert answer.status_code == status, answer.text
        body = answer.json()
        assert set(body) == {"code", "message"}
        assert body["code"] == code
        assert body["message"].endswith("."), body
        return answer


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(services_module, "ENGINE_WAIT_S", 0.3)
    monkeypatch.setattr(services_module, "SERVERS_WAIT_S", 0.1)
    engine = FakeZone().engine()

    async def query_status() -> dict[str, Any]:
        if made.status is None:
            raise OperatorError("No Folkmoot answers.")
        return made.status

    services = Services(engine, View(), Settings(), query_status)
    gate = Gate(build_api(services), Pages(Path("/nonexistent")), services.metrics)
    transport = httpx.ASGITransport(app=gate)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
        made = World(client, services, engine)
        yield made


async def test_a_room_has_two_links_and_only_the_hosts_has_a_key(world: World) -> None:
    room = await world.room("  Weekly\tplanning ")
    assert room["title"] == "Weekly planning"
    assert room["links"]["participant"] == f"http://{HOST}/r/{room['slug']}"
    assert room["links"]["host"].startswith(f"http://{HOST}/r/{room['slug']}#k=")
    assert room["id"] != room["slug"]


async def test_a_room_is_shown_to_who_has_its_link_without_its_key(world: World) -> None:
    room = await world.room()
    shown = await world.client.get(f"/api/v1/rooms/{room['slug']}")
    assert shown.json() == {"slug": room["slug"], "title": "Weekly"}


async def test_joining_gives_a_ticket_for_this_room_and_the_servers_best_first(
    world: World,
) -> None:
    room = await world.room()
    joined = await world.client.post(
        f"/api/v1/rooms/{room['slug']}/join", json={"name": " Ada  Lovelace"}
    )
    assert joined.status_code == 200
    body = joined.json()
    key = await world.services.keys.signing()
    ticket = Ticket.verify(key, body["ticket"], int(time.time() * 1_000))
    assert (ticket.conference, ticket.name, ticket.role) == (
        room["id"],
        "Ada Lovelace",
        "participant",
    )
    assert (ticket.session, ticket.person) == (body["session"], body["person"])
    assert body["servers"] == [
        {"id": f"collaboration-{n}", "path": f"/s/collaboration-{n}",
         "url": f"ws://{HOST}/s/collaboration-{n}"}
        for n in (2, 1)
    ]  # fmt: skip


async def test_each_join_is_another_person_and_session(world: World) -> None:
    path = f"/api/v1/rooms/{(await world.room())['slug']}/join"
    bodies = [(await world.client.post(path, json={"name": "Ada"})).json() for _ in range(3)]
    assert len({body["person"] for body in bodies}) == 3
    assert len({body["session"] for body in bodies}) == 3


async def test_the_host_key_makes_a_host(world: World) -> None:
    room = await world.room()
    key = room["links"]["host"].partition("#k=")[2]
    joined = await world.client.post(
        f"/api/v1/rooms/{room['slug']}/join", json={"name": "Ada", "key": key}
    )
    assert joined.json()["role"] == "host"


async def test_the_viewer_link_makes_a_viewer_and_a_personal_one_whom_it_names(
    world: World,
) -> None:
    room = await world.room()
    path = f"/api/v1/rooms/{room['slug']}/join"
    viewer = room["links"]["viewer"].partition("#v=")[2]
    joined = await world.client.post(path, json={"name": "Ada", "key": viewer})
    assert joined.json()["role"] == "viewer"
    key, now_ms = await world.services.keys.signing(), int(time.time() * 1_000)
    personal = PersonToken(room["id"], "p7", "Eve", "co-host", now_ms + 60_000).sign(key)
    joined = await world.client.post(path, json={"name": "Eve", "person": personal})
    assert (joined.json()["role"], joined.json()["person"]) == ("co-host", "p7")
    ticket = Ticket.verify(key, joined.json()["ticket"], now_ms)
    assert ticket.invited
    for wrong in (
        PersonToken("another", "p7", "Eve", "co-host", now_ms + 60_000).sign(key),
        PersonToken(room["id"], "p7", "Eve", "host", now_ms + 60_000).sign(b"x" * 32),
        joined.json()["ticket"],
    ):
        await world.refused(
            403, "token_invalid", "POST", path, json={"name": "Eve", "person": wrong}
        )


async def test_a_browser_that_comes_again_is_the_same_person(world: World) -> None:
    room = await world.room()
    path = f"/api/v1/rooms/{room['slug']}/join"
    first = (await world.client.post(path, json={"name": "Ada", "device": "d"})).json()
    body = {"name": "Ada", "device": "d", "person": first["person_token"], "passcode": " 47  11"}
    second = (await world.client.post(path, json=body)).json()
    assert second["person"] == first["person"]
    assert second["session"] != first["session"]
    key, now_ms = await world.services.keys.signing(), int(time.time() * 1_000)
    one, two = (Ticket.verify(key, told["ticket"], now_ms) for told in (first, second))
    assert one.device == two.device != "d"
    assert not two.invited, "it says who comes, and nothing of what they may"
    assert two.passcode == passcode_proof(room["id"], "47 11")
    old = PersonToken(room["id"], one.person, "", "", now_ms - 1).sign(key)
    third = (await world.client.post(path, json={"name": "Ada", "person": old})).json()
    assert third["person"] != first["person"], "one that is too old makes a new person"


async def test_how_the_doors_of_a_new_room_begin_travels_with_the_ticket(world: World) -> None:
    wanted = {"lobby": True, "passcode": "x y", "participants_max": 9, "closed": ["chat"]}
    made = await world.client.post("/api/v1/rooms", json={"title": "Weekly", **wanted})
    assert made.status_code == 201, made.text
    path = f"/api/v1/rooms/{made.json()['slug']}/join"
    joined = (await world.client.post(path, json={"name": "Ada"})).json()
    key = await world.services.keys.signing()
    ticket = Ticket.verify(key, joined["ticket"], int(time.time() * 1_000))
    assert ticket.plan == RoomPlan(True, "x y", 9, 0, ("chat",))
    for wrong in ({"closed": ["unheard"]}, {"participants_max": -1}, {"lobby": "yes"}):
        await world.refused(
            400, "request_malformed", "POST", "/api/v1/rooms", json={"title": "W", **wrong}
        )


async def test_a_wrong_key_is_refused(world: World) -> None:
    room = await world.room()
    await world.refused(
        403, "not_allowed", "POST", f"/api/v1/rooms/{room['slug']}/join",
        json={"name": "Ada", "key": "wrong"},
    )  # fmt: skip


@pytest.mark.parametrize("slug", [new_id(), "short", "A" * 26, "a" * 5_000, "%00", "%2e%2e"])
async def test_an_unknown_room_is_told(world: World, slug: str) -> None:
    await world.refused(404, "unknown_room", "GET", f"/api/v1/rooms/{slug}")
    await world.refused(
        404, "unknown_room", "POST", f"/api/v1/rooms/{slug}/join", json={"name": "Ada"}
    )


@pytest.mark.parametrize("name", ["", "   ", "\x00", "a\x1bb", "x" * 65, "x" * 10_000, "\u202e"])
async def test_a_name_that_cannot_be_used_is_refused_with_a_sentence(
    world: World, name: str
) -> None:
    room = await world.room()
    await world.refused(
        400, "name_refused", "POST", f"/api/v1/rooms/{room['slug']}/join", json={"name": name}
    )
    await world.refused(400, "name_refused", "POST", "/api/v1/rooms", json={"title": name * 2})


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"text"', b"{}", b'{"title": 5}', b'{"title": null}',
        b'{"title": "a", "extra": 1}', b'{"title": "a", "id": "mine"}', b"\xff\xfe",
        b'{"title": ["a"]}', b"[" * 50_000,
    ],
)  # fmt: skip
async def test_a_body_of_another_shape_is_refused(world: World, body: bytes) -> None:
    await world.refused(
        400, "request_malformed", "POST", "/api/v1/rooms",
        content=body, headers={"content-type": "application/json"},
    )  # fmt: skip


async def test_who_joins_does_not_choose_the_person(world: World) -> None:
    room = await world.room()
    answer = await world.refused(
        403, "token_invalid", "POST", f"/api/v1/rooms/{room['slug']}/join",
        json={"name": "Ada", "person": "me"},
    )  # fmt: skip
    assert "person" not in answer.json()["message"]


async def test_a_body_over_the_limit_is_refused_before_it_is_read(world: World) -> None:
    body = b'{"title": "' + b"a" * 70_000 + b'"}'
    json_type = {"content-type": "application/json"}
    await world.refused(
        413, "body_too_large", "POST", "/api/v1/rooms", content=body, headers=json_type
    )

    async def in_parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1_000):
            yield body[start : start + 1_000]

    await world.refused(
        413, "body_too_large", "POST", "/api/v1/rooms", content=in_parts(), headers=json_type
    )


async def test_a_form_of_another_site_cannot_post(world: World) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        await world.refused(
            415, "not_json", "POST", "/api/v1/rooms",
            content=b'{"title": "a"}', headers={"content-type": kind},
        )  # fmt: skip


@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"https://{HOST}.evil.example"])
async def test_a_foreign_page_is_refused(world: World, origin: str) -> None:
    await world.refused(
        403, "origin_refused", "POST", "/api/v1/rooms",
        json={"title": "a"}, headers={"origin": origin},
    )  # fmt: skip


async def test_our_own_page_may_post(world: World) -> None:
    answer = await world.client.post(
        "/api/v1/rooms", json={"title": "a"}, headers={"origin": f"http://{HOST}"}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("host", ["a b", "a/../b", "a;script-src *", "a" * 300])
async def test_an_odd_host_is_refused(world: World, host: str) -> None:
    await world.refused(400, "host_malformed", "GET", "/livez", headers={"host": host})


async def test_who_asks_too_often_is_told_when_to_come_back(world: World) -> None:
    statuses = []
    for _ in range(65):
        answer = await world.client.post("/api/v1/rooms", json={"title": "a"})
        statuses.append(answer.status_code)
    assert 60 <= statuses.count(201) < 65
    assert statuses[-1] == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["code"] == "rate_limited"


async def test_without_the_engine_a_room_is_not_created_and_one_is_told_to_retry(
    world: World,
) -> None:
    world.engine.connection.drop()
    answer = await world.refused(
        503, "engine_unavailable", "POST", "/api/v1/rooms", json={"title": "a"}
    )
    assert answer.headers["retry-after"] == "2"


async def test_a_known_room_can_be_joined_while_the_engine_is_away(world: World) -> None:
    room = await world.room()
    await world.services.keys.signing()
    world.engine.connection.drop()
    joined = await world.client.post(f"/api/v1/rooms/{room['slug']}/join", json={"name": "Ada"})
    assert joined.status_code == 200


async def test_without_a_server_nobody_gets_a_ticket_that_runs_out(world: World) -> None:
    room = await world.room()
    world.services.zone.paths = []  # type: ignore[attr-defined]
    path = f"/api/v1/rooms/{room['slug']}/join"
    await world.refused(503, "no_servers", "POST", path, json={"name": "Ada"})
    listed = await world.client.get("/api/v1/servers")
    assert listed.json() == {"servers": []}


async def test_when_all_servers_are_full_the_sentence_says_so(world: World) -> None:
    room = await world.room()
    view: View = world.services.zone  # type: ignore[assignment]
    view.paths, view.entries = [], [SimpleNamespace(state="ready")]
    path = f"/api/v1/rooms/{room['slug']}/join"
    answer = await world.refused(503, "servers_full", "POST", path, json={"name": "Ada"})
    assert answer.headers["retry-after"] == "30"


async def test_joining_names_the_best_servers_for_that_conference(world: World) -> None:
    room = await world.room()
    view: View = world.services.zone  # type: ignore[assignment]
    view.paths = ["/s/collaboration-1", "http://10.0.0.2:8080/s/collaboration-1"]
    joined = await world.client.post(f"/api/v1/rooms/{room['slug']}/join", json={"name": "Ada"})
    servers = joined.json()["servers"]
    assert [server["path"] for server in servers] == view.paths
    assert servers[1]["url"] == "ws://10.0.0.2:8080/s/collaboration-1"
    assert servers[0]["url"].startswith("ws://")
    assert view.asked[-1] != ""


async def test_readiness_follows_engine_key_and_servers(world: World) -> None:
    assert (await world.client.get("/livez")).json() == {"ok": True}
    await world.refused(503, "not_ready", "GET", "/readyz")
    await world.services.keys.signing()
    assert (await world.client.get("/readyz")).json() == {"ok": True}
    world.services.zone.paths = []  # type: ignore[attr-defined]
    answer = await world.refused(503, "not_ready", "GET", "/readyz")
    assert "collaboration" in answer.json()["message"]
    world.engine.connection.drop()
    answer = await world.refused(503, "not_ready", "GET", "/readyz")
    assert "engine" in answer.json()["message"]
    assert (await world.client.get("/livez")).status_code == 200


async def test_status_comes_from_the_process_manager(world: World) -> None:
    assert (await world.client.get("/api/v1/status")).json() == world.status
    world.status = None
    await world.refused(503, "manager_unavailable", "GET", "/api/v1/status")


async def test_every_answer_carries_the_security_headers(world: World) -> None:
    for path in ("/", "/r/x", "/livez", "/nope", "/api/nope", "/api/v1/rooms", "/s/c-1"):
        headers = (await world.client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "geolocation=()" in headers["permissions-policy"]
        assert headers["cache-control"] == "no-store"


async def test_unknown_addresses_and_methods_are_told(world: World) -> None:
    await world.refused(404, "not_found", "GET", "/api/nope")
    await world.refused(405, "method_not_allowed", "DELETE", "/api/v1/rooms")
    await world.refused(405, "method_not_allowed", "PUT", "/")
    await world.refused(421, "misdirected", "GET", "/s/collaboration-1")


async def test_the_description_works_without_scripts_or_other_hosts(world: World) -> None:
    page = (await world.client.get("/api/docs")).text
    assert "POST /api/v1/rooms" in page
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    schema = (await world.client.get("/api/docs/openapi.json")).json()
    for item in schema["paths"].values():
        for operation in item.values():
            for status, told in operation["responses"].items():
                if int(status) >= 400:
                    shape = told["content"]["application/json"]["schema"]
                    assert shape == {"$ref": "#/components/schemas/ErrorBody"}, operation
    assert {"/api/v1/rooms", "/api/v1/rooms/{slug}/join", "/api/v1/servers"} <= set(schema["paths"])


async def test_requests_are_counted_by_route(world: World) -> None:
    await world.room()
    await world.client.get(f"/api/v1/rooms/{new_id()}")
    text = (await world.client.get("/metrics")).text
    assert 'requests_total{route="rooms",status="201"} 1' in text
    assert 'requests_total{route="room",status="404"} 1' in text
    assert "folkmoot_collaboration_servers_ready 2" in text


async def test_people_are_told_when_others_could_read_along(world: World) -> None:
    assert (await world.client.get("/api/v1/site")).json() == {"insecure": False}
    world.services.unencrypted = True
    assert (await world.client.get("/api/v1/site")).json() == {"insecure": True}
    by_proxy = await world.client.get("https://meet.example/api/v1/site")
    assert by_proxy.json() == {"insecure": False}
