"""How work is told and taken up, and which services are said to be away."""

from __future__ import annotations

import asyncio
import logging

import msgspec
import pytest

from folkmoot.conference.batch import ServiceEntry, encode_body
from folkmoot.protocol.frames import Fault, Get, Servers
from folkmoot.servers.applications import work as work_module
from folkmoot.servers.applications.work import EXPORT, Work, WorkQueue, services_away
from folkmoot.servers.collaboration.duties import AGAIN_AFTER_MS, SLOW_EVERY_MS
from folkmoot.servers.collaboration.effects import AnswerExport, RequestWork
from folkmoot.testing.hosts import HostBench


class Process:
    def __init__(self, state: str = "ready", *, suspect: bool = False) -> None:
        self.state = state
        self.suspect = suspect


class Zone:
    def __init__(self, *processes: Process, deaf: bool = False) -> None:
        self.deaf = deaf
        self._processes = list(processes)

    def processes(self, role: str | None = None) -> list[Process]:
        return self._processes if role in ("export", "documents") else []


@pytest.mark.parametrize(
    ("zone", "away"),
    [
        (Zone(Process()), []),
        (Zone(), ["export", "breakouts", "files", "slides"]),
        (Zone(Process("starting")), ["export", "breakouts", "files", "slides"]),
        (Zone(Process(suspect=True)), ["export", "breakouts", "files", "slides"]),
        (Zone(Process(suspect=True), Process()), []),
        (Zone(deaf=True), []),
    ],
)
def test_a_service_is_away_when_nobody_is_ready_to_offer_it(zone: Zone, away: list[str]) -> None:
    assert services_away(zone) == away


async def test_requests_wait_once_each_and_one_failure_is_not_the_nexts(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(work_module, "WAITING_MAX", 2)
    done: list[str] = []
    ended = asyncio.Event()

    async def do(work: Work) -> None:
        done.append(work.conference)
        if work.conference == "a":
            raise ValueError("broken")
        ended.set()

    queue = WorkQueue(do)
    for conference in ("a", "a", "b", "beyond the bound"):
        queue.asked(EXPORT, msgspec.msgpack.encode({"conference": conference, "document": ""}))
    queue.asked(EXPORT, b"\xc1")
    running = asyncio.ensure_future(queue.run())
    with caplog.at_level(logging.CRITICAL):
        await asyncio.wait_for(ended.wait(), 5)
    running.cancel()
    assert done == ["a", "b"]


# What collaboration servers do for exports


@pytest.fixture
def bench() -> HostBench:
    made = HostBench()
    made.joined(1)
    made.say(1, 1, app="exports", type_="request", body={"formats": ["json"]})
    made.commit()
    made.others.clear()
    return made


def test_export_servers_are_told_at_once_and_again_while_it_is_not_done(bench: HostBench) -> None:
    bench.tick(SLOW_EVERY_MS)
    assert bench.others == [RequestWork(EXPORT)]
    bench.tick(SLOW_EVERY_MS)
    assert len(bench.others) == 1
    bench.tick(AGAIN_AFTER_MS)
    assert len(bench.others) == 2


def finish(bench: HostBench) -> str:
    id_ = str(next(iter(bench.host.replica.state.apps["exports"].exports)))
    body = {"export": id_, "object": "o", "sha256": "h", "bytes": 1, "position": 1}
    bench.other_server(ServiceEntry("export-1.a", "x", "exports", "finished", encode_body(body)))
    bench.others.clear()
    return id_


def ask(bench: HostBench, connection: int, export: str) -> None:
    raw = msgspec.Raw(msgspec.msgpack.encode({"export": export}))
    bench.ingress.get(bench.host.members[connection], Get(7, "export", raw), bench.now_ms)
    bench.flush()


def test_a_download_is_for_its_person_alone(bench: HostBench) -> None:
    bench.joined(2, "s2", "bob")
    id_ = finish(bench)
    ask(bench, 2, id_)
    assert bench.others == []
    (fault,) = [f for f in bench.take(2) if isinstance(f, Fault)]
    assert (fault.request, fault.code) == (7, "request_failed")
    ask(bench, 1, id_)
    assert bench.others == [AnswerExport(1, 7, "ada", id_, "o", "h")]
    ask(bench, 1, "nothing")
    assert len(bench.others) == 1


def test_people_are_told_when_a_service_goes_and_comes_back(bench: HostBench) -> None:
    bench.take(1)
    for away in (["export"], ["export"], []):
        bench.host.servers_changed(["/s/one"], away)
    assert bench.take(1) == [Servers(["/s/one"], ["export"]), Servers(["/s/one"])]
    bench.host.servers_changed([], ["export"])
    bench.frames.clear()
    bench.join(3, "s3", "carol")
    bench.commit()
    assert Servers([], ["export"]) in bench.take(3)
