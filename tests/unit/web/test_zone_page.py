"""GET /api/v1/zone: who may see it, and what it is made of."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from folkmoot.errors import Refused
from folkmoot.servers.doors.tickets import AdminToken, SessionToken
from folkmoot.servers.web.admin_api import FAILURES_PER_MINUTE_MAX
from folkmoot.servers.web.api import build_api
from folkmoot.servers.web.gate import Gate
from folkmoot.servers.web.pages import Pages
from folkmoot.servers.web.services import Services
from folkmoot.servers.web.zone_picture import Event, Told, picture
from folkmoot.servers.web.zone_report import Disk, NodeReport, Reporter, memory_bytes
from folkmoot.servers.web.zone_watch import ZoneWatch
from folkmoot.settings import Settings
from folkmoot.testing.fake_engine import FakeEngine, FakeZone
from folkmoot.zone.availability import Stream, availability
from folkmoot.zone.manager import ZoneEvent
from folkmoot.zone.table import Heartbeat, ProcessEntry

NOW_MS = 1_800_000_000_000
HOST = "127.0.0.1:8080"


class View:
    def __init__(self, entries: Sequence[ProcessEntry] = ()) -> None:
        self.entries = entries

    def ranked_servers(self, conference: str = "") -> list[str]:
        return []

    def processes(self, role: str | None = None) -> Sequence[ProcessEntry]:
        return self.entries


def beat(id_: str, role: str, node: str = "one", *, suspect: bool = False) -> ProcessEntry:
    heartbeat = Heartbeat(id_, role, node, "abc", 17, "ready", url=f"http://{node}:8080", qos=80)
    return ProcessEntry(heartbeat, 0, suspect)


def row(id_: str, role: str, **more: Any) -> dict[str, Any]:
    made = {"id": id_, "role": role, "node": "one", "pid": None, "state": "ready", "restarts": 2,
            "uptime_s": 5.0, "memory_bytes": 1_000, "connections": 0, "conferences": 0,
            "detail": ""}  # fmt: skip
    return made | more


async def status() -> dict[str, Any]:
    return {"zone": "town", "processes": [row("engine", "engine"), row("web-1", "web")]}


Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[tuple[Services, Ask]]:
    engine: FakeEngine = FakeZone().engine()
    services = Services(engine, View(), Settings(), status, now_ms=lambda: NOW_MS)

    async def replication() -> list[Any]:
        return []

    services.watch = ZoneWatch(
        engine,
        View([beat("collaboration-1", "collaboration")]),
        Reporter(tmp_path, "one", status),
        "one",
        replication,
        lambda: NOW_MS,
    )
    gate = Gate(build_api(services), Pages(Path("/nonexistent")), services.metrics)
    transport = httpx.ASGITransport(app=gate)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:

        async def ask(token: str | None = None) -> httpx.Response:
            headers = {} if token is None else {"authorization": f"Bearer {token}"}
            return await client.get("/api/v1/zone", headers=headers)

        yield services, ask


async def admin_of(services: Services, *, expires_ms: int = NOW_MS + 1_000) -> str:
    key = await services.keys.signing()
    token = AdminToken("a1b2", "one", expires_ms)
    await services.admins.note(token, NOW_MS)
    return token.sign(key)


async def test_the_operator_sees_the_zone(world: tuple[Services, Ask]) -> None:
    services, ask = world
    answer = await ask(await admin_of(services))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["zone"] == "town"
    assert [p["id"] for p in told["nodes"][0]["processes"]] == [
        "collaboration-1", "engine", "web-1",
    ]  # fmt: skip
    assert told["nodes"][0]["engine"]
    assert told["nodes"][0]["disk"]["free_bytes"] > 0
    assert not told["availability"]["high"]
    assert "pid" not in answer.text


async def test_without_an_admin_token_nothing_is_told(world: tuple[Services, Ask]) -> None:
    services, ask = world
    key = await services.keys.signing()
    session = SessionToken("c", "s", "p", NOW_MS + 1_000).sign(key)
    forged = AdminToken("a", "one", NOW_MS + 1_000).sign(b"x" * 32)
    for token in (None, "", "nonsense", session, forged):
        answer = await ask(token)
        assert answer.status_code == 401
        assert answer.json()["code"] == "token_invalid"
        assert "folkmoot token --admin" in answer.json()["message"]
    expired = await ask(await admin_of(services, expires_ms=NOW_MS))
    assert (expired.status_code, expired.json()["code"]) == (401, "token_expired")


async def test_a_revoked_token_is_worth_nothing_at_once(world: tuple[Services, Ask]) -> None:
    services, ask = world
    token = await admin_of(services)
    assert [one.id for one in await services.admins.listed()] == ["a1b2"]
    assert (await ask(token)).status_code == 200
    assert await services.admins.revoke("a1b2")
    answer = await ask(token)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert not await services.admins.revoke("a1b2")
    assert not await services.admins.revoke("not.an.id")


async def test_expired_tokens_are_forgotten_when_another_is_made(
    world: tuple[Services, Ask],
) -> None:
    services, _ = world
    await services.admins.note(AdminToken("old", "one", NOW_MS - 1), NOW_MS - 2)
    await services.admins.note(AdminToken("new", "one", NOW_MS + 9), NOW_MS)
    assert [one.id for one in await services.admins.listed()] == ["new"]


async def test_who_guesses_is_slowed_down_and_noted(
    world: tuple[Services, Ask], caplog: pytest.LogCaptureFixture
) -> None:
    services, ask = world
    with caplog.at_level(logging.WARNING, "folkmoot.security"):
        codes = [(await ask("guess")).status_code for _ in range(FAILURES_PER_MINUTE_MAX + 3)]
    assert codes == [401] * FAILURES_PER_MINUTE_MAX + [429] * 3
    assert len(caplog.records) == FAILURES_PER_MINUTE_MAX
    assert "guess" not in caplog.text
    assert (await ask(await admin_of(services))).status_code == 200


def test_kinds_of_tokens_do_not_pass_as_each_other() -> None:
    key = b"k" * 32
    token = AdminToken("a", "one", NOW_MS).sign(key)
    assert AdminToken.verify(key, token, NOW_MS - 1).id == "a"
    with pytest.raises(Refused):
        AdminToken.verify(key, token.replace("a1.", "s1.", 1), NOW_MS - 1)


def watch(tmp_path: Path, clock: list[int]) -> ZoneWatch:
    async def none() -> list[Any]:
        return []

    engine = FakeZone().engine()
    reporter = Reporter(tmp_path, "one", status)
    return ZoneWatch(engine, View(), reporter, "one", none, lambda: clock[0])


def event(kind: str, incarnation: str = "i1", process: str = "web-1") -> ZoneEvent:
    return ZoneEvent(kind, process, incarnation, "one", 17, "killed by SIGKILL")


async def test_a_failure_is_told_with_what_became_of_it(tmp_path: Path) -> None:
    clock = [NOW_MS]
    watching = watch(tmp_path, clock)
    watching.heard(event("died"))
    watching.heard(event("died"))
    watching.heard(event("ready", "x", "documents-1"))
    clock[0] += 340
    watching.heard(event("ready", "i2"))
    clock[0] += 60_000
    watching.heard(event("died", "i3"))
    watching.heard(event("failed", "i3"))
    told = (await watching.look())["events"]
    assert [(e["kind"], e["done"], e["after_ms"]) for e in told] == [
        ("failed", "", 0), ("died", "failed", 0), ("died", "ready", 340),
    ]  # fmt: skip


def node(
    name: str, *, engine: bool = True, state: str = "alive", people: bool = True
) -> dict[str, Any]:
    roles = ("web", "collaboration") if people else ()
    processes = [{"role": role, "state": "ready"} for role in roles]
    return {"name": name, "engine": engine, "state": state, "processes": processes}


def test_high_availability_is_never_claimed_below_three_engines_and_copies() -> None:
    three = [node("a"), node("b"), node("c")]
    kept = [Stream("CONF_0", 3, 3)]
    assert availability(three, kept)["high"]
    assert availability(three[:2], kept)["missing"] == ["engine_nodes"]
    assert availability([*three[:2], node("c", state="silent")], kept)["missing"] == [
        "engine_nodes"
    ]
    assert availability(three, [Stream("CONF_0", 1, 1)])["missing"] == ["copies"]
    assert availability(three, [Stream("CONF_0", 3, 2)])["missing"] == ["copies_behind"]
    assert availability(three, None)["missing"] == ["engine_away", "copies"][:1]


def test_a_witness_counts_for_the_data_and_not_for_people() -> None:
    kept = [Stream("CONF_0", 3, 3)]
    witness = node("c", people=False)
    assert availability([node("a"), node("b"), witness], kept)["high"]
    told = availability([node("a"), node("b", people=False), witness], kept)
    assert (told["high"], told["missing"], told["people_nodes"]) == (False, ["people_nodes"], 1)


def test_one_machine_of_three_that_is_not_heard_is_named() -> None:
    behind = [Stream("CONF_0", 3, 2, "a", ["a", "b", "c"])]
    told = availability([node("a"), node("b"), node("c", state="gone", engine=False)], behind)
    assert told["missing"] == ["engine_nodes", "copies_behind"]
    assert told["unheard"] == ["c"]


def test_a_node_that_nobody_hears_is_shown_with_what_it_keeps() -> None:
    report = NodeReport("one", "town", [row("web-1", "web")], members=["one", "three"])
    made = picture(
        zone="town",
        version="1",
        time_ms=NOW_MS,
        reports={"one": report},
        beats=[],
        streams=[Stream("CONF_0", 3, 2, "one", ["one", "two", "three"])],
        told=[],
        titles={},
        events=[],
    )
    lines = [(n["name"], n["state"], n["keeps"], n["leads"]) for n in made["nodes"]]
    assert lines == [("one", "alive", True, 1), ("three", "gone", True, 0)]


def test_the_picture_joins_reports_heartbeats_and_rooms() -> None:
    entries = [
        beat("collaboration-1", "collaboration"),
        beat("collaboration-1", "collaboration", "two", suspect=True),
    ]
    report = NodeReport("one", "town", [row("collaboration-1", "collaboration")], Disk(1, 2, 3))
    told = [
        Told("c1", 3, 2, "collaboration-1", "one"),
        Told("c1", 2, 1, "collaboration-1", "two"),
        Told("c2", 5, 0, "collaboration-1", "one"),
    ]
    made = picture(
        zone="town",
        version="1",
        time_ms=NOW_MS,
        reports={"one": report},
        beats=entries,
        streams=[],
        told=told,
        titles={"c1": "Weekly"},
        events=[Event("e", NOW_MS, "died", "web-1", "one", "")],
    )
    one, two = made["nodes"]
    assert (one["state"], one["processes"][0]["restarts"], one["processes"][0]["qos"]) == (
        "alive", 2, 80,
    )  # fmt: skip
    assert (two["state"], two["processes"][0]["state"]) == ("silent", "suspect")
    assert two["processes"][0]["restarts"] is None
    assert [(c["id"], c["people"], c["title"]) for c in made["conferences"]] == [
        ("c2", 5, ""), ("c1", 3, "Weekly"),
    ]  # fmt: skip
    assert [s["node"] for s in made["conferences"][1]["servers"]] == ["one", "two"]


def test_memory_of_a_process_that_is_gone_is_unknown() -> None:
    assert memory_bytes(None) is None
    assert memory_bytes(2**22 + 1) is None
