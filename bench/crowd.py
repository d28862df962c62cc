"""One conference with very many people on one machine, over several collaboration servers.

Rooms of 10, 100 and 1,000: all come at once (how long until each has its welcome, what each is
sent meanwhile), one more comes (what that costs each), then ten chat messages a second reach all.
Counted is the CPU of every process of the zone; the people are light connections in this process,
so that clients do not become the measure, but they share its cores.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from bench import report
from bench.light import Receiver, Tickets
from bench.members import SETTINGS, enter
from bench.procs import cpu_s, pids_of, rss_mb
from bench.waiting import until
from folkmoot.client.conference import Conference
from folkmoot.protocol.frames import Events, decode_server
from folkmoot.testing.zone import Zone, running_zone

PER_S: Final = 10.0
TEXT: Final = "a message of some length, as people write them"
P99_MS_MAX: Final = 250
JOIN_500_S_MAX: Final = 3.0
JOINING: Final = 500
"""How many come at once for the promise about joining."""


class Crowd:
    """One room and its light participants."""

    def __init__(self, zone: Zone, slug: str, servers: int) -> None:
        self.receivers: list[Receiver] = []
        self._zone = zone
        self._slug = slug
        self._servers = servers
        self._desk = Tickets(zone.url, 16)

    async def come(self, count: int) -> float:
        """So many come at the same moment; returns after how many seconds all are in."""
        began_s = time.perf_counter()
        first = len(self.receivers)
        newcomers = [Receiver() for _ in range(count)]
        self.receivers += newcomers
        await asyncio.gather(*(self._one(r, first + i) for i, r in enumerate(newcomers)))
        return time.perf_counter() - began_s

    async def _one(self, receiver: Receiver, number: int) -> None:
        ticket = await self._desk.take(self._slug, f"Person {number}")
        server = f"collaboration-{number % self._servers + 1}"
        await receiver.open(self._zone.url, server, ticket)

    def leave(self) -> None:
        self._desk.close()
        for receiver in self.receivers:
            receiver.close()

    def forget(self) -> None:
        """Counts from zero from here on."""
        for receiver in self.receivers:
            receiver.messages = receiver.bytes = 0
            receiver.arrived_s = []

    def mean(self, what: str) -> float:
        values = [getattr(receiver, what) for receiver in self.receivers]
        return float(round(sum(values) / len(values), 1))


async def _talk(
    zone: Zone, writer: Conference, receivers: list[Receiver], seconds: float
) -> dict[str, Any]:
    """Ten messages a second reach everybody: latency of each delivery, CPU of the zone."""
    pids = pids_of(await zone.status())
    for receiver in receivers:
        receiver.noting, receiver.messages, receiver.arrived_s = True, 0, []
    before = {id_: cpu_s(pid) for id_, pid in pids.items()}
    sent_s: dict[str, float] = {}
    decided: list[asyncio.Future[Any]] = []
    began_s = time.perf_counter()
    while (at_s := len(decided) / PER_S) < seconds:
        await asyncio.sleep(max(0.0, began_s + at_s - time.perf_counter()))
        text = f"{TEXT} {len(decided)}"
        sent_s[text] = time.perf_counter()
        decided.append(writer.submit_nowait("chat", "post", {"text": text}))
    await asyncio.gather(*decided)
    end = writer.session.position.sequence
    await until(lambda: all(receiver.sequence >= end for receiver in receivers))
    used = {id_: cpu_s(pid) - before[id_] for id_, pid in pids.items()}
    took_ms = [ms for r in receivers for ms in _latencies_ms(r, sent_s)]
    deliveries = len(decided) * len(receivers)
    return {
        "deliveries": len(took_ms),
        "missing": deliveries - len(took_ms),
        "p50_ms": round(report.percentile(took_ms, 0.5), 1),
        "p99_ms": round(report.percentile(took_ms, 0.99), 1),
        "max_ms": round(max(took_ms), 1),
        "cpu_us_a_delivery": round(sum(used.values()) * 1e6 / deliveries, 2),
        "rss_mb": round(max(rss_mb(pid) for i, pid in pids.items() if "collab" in i), 1),
    }


def _latencies_ms(receiver: Receiver, sent_s: dict[str, float]) -> list[float]:
    return [
        (at_s - sent_s[msgspec.msgpack.decode(event.body)["text"]]) * 1000
        for at_s, message in receiver.arrived_s
        for frame in decode_server(message)
        if isinstance(frame, Events)
        for event in frame.batch.events
        if event.type == "posted"
    ]


async def _room(zone: Zone, size: int, servers: int, seconds: float) -> dict[str, Any]:
    room = await zone.create_room(f"{size} people")
    crowd = Crowd(zone, room["slug"], servers)
    writer = await enter(zone, room, "Writer", 1)
    told: dict[str, Any] = {"people": size}
    try:
        at_once = min(size, JOINING)
        told["join_s"] = round(await crowd.come(at_once), 2)
        told["joined_at_once"] = at_once
        if size > at_once:
            await crowd.come(size - at_once)
        await asyncio.sleep(1)  # what is still on its way belongs to the joining
        told["joining_bytes_each"] = crowd.mean("bytes")
        told["joining_messages_each"] = crowd.mean("messages")
        crowd.forget()
        others = list(crowd.receivers)
        await crowd.come(1)
        await asyncio.sleep(1)
        told["one_more_bytes_each"] = round(sum(r.bytes for r in others) / len(others), 1)
        return told | await _talk(zone, writer, crowd.receivers, seconds)
    finally:
        crowd.leave()
        await writer.close()


async def measure(sizes: list[int], servers: int, seconds: float) -> list[dict[str, Any]]:
    """Every size in a room of its own, one after the other in one zone."""
    settings = SETTINGS | {
        "participants_max": 5_000,
        "collaboration_servers": servers,
        "connections_max": 8_000,
    }
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        async with running_zone(Path(folder) / "data", settings=settings) as zone:
            return [await _room(zone, size, servers, seconds) for size in sizes]


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench crowd", description=__doc__)
    parser.add_argument("--sizes", default="10,100,1000", help="numbers of people")
    parser.add_argument("--servers", type=int, default=3, help="collaboration servers")
    parser.add_argument("--seconds", type=float, default=20.0, help="of talking")
    arguments = parser.parse_args(words)
    sizes = [int(size) for size in arguments.sizes.split(",")]
    rows = report.run(measure(sizes, arguments.servers, arguments.seconds))
    kept = all(row["p99_ms"] <= P99_MS_MAX and not row["missing"] for row in rows) and all(
        row["join_s"] <= JOIN_500_S_MAX for row in rows
    )
    report.table(list(rows[0]), [list(row.values()) for row in rows])
    print("promise:", report.verdict(kept))
    report.write("crowd", {"rows": rows}, kept=kept)
    return kept
