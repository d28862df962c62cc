"""CPU of the servers for each delivery: one operation that reaches one participant.

As the peers were measured: one writer, N receivers that only read, all on one collaboration server.
`W20` keeps 20 operations outstanding, `pace` writes 50 a second. Counted is user and system time of
every process of the zone, the engine and its writes to disk included.
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

SERVER: Final = "collaboration-1"
ROOMY: Final = SETTINGS | {"participants_max": 5_000}
OUTSTANDING: Final = 20
PACE_PER_S: Final = 50.0
TEXT: Final = "a message of some length, as people write them"


class Fanout:
    """One room with a writer and receivers."""

    def __init__(self, zone: Zone, writer: Conference, receivers: list[Receiver]) -> None:
        self._zone = zone
        self._writer = writer
        self._receivers = receivers
        self._written = 0
        self._acknowledged = 0
        self._sent_s: dict[str, float] = {}

    async def measure(self, mode: str, seconds: float) -> dict[str, Any]:
        """One mode, for so long."""
        pids = pids_of(await self._zone.status())
        before = {id_: cpu_s(pid) for id_, pid in pids.items()}
        self._written = self._acknowledged = 0
        for receiver in self._receivers:
            receiver.noting, receiver.messages, receiver.arrived_s = mode == "pace", 0, []
        began_s = time.perf_counter()
        await (self._burst(seconds) if mode == "W20" else self._paced(seconds))
        await until(lambda: self._acknowledged == self._written)
        end = self._writer.session.position.sequence
        await until(lambda: all(r.sequence >= end for r in self._receivers))
        took_s = time.perf_counter() - began_s
        used = {id_: cpu_s(pid) - before[id_] for id_, pid in pids.items()}
        deliveries = self._written * len(self._receivers)
        told = {
            "mode": mode,
            "receivers": len(self._receivers),
            "operations_per_s": round(self._written / took_s),
            "cpu_us_a_delivery": round(sum(used.values()) * 1e6 / deliveries, 2),
            "of_it_collaboration": round(used[SERVER] * 1e6 / deliveries, 2),
            "of_it_engine": round(used["engine"] * 1e6 / deliveries, 2),
            "operations_a_message": round(
                deliveries / sum(receiver.messages for receiver in self._receivers), 2
            ),
            "rss_mb": round(rss_mb(pids[SERVER]), 1),
        }
        return told | (self._latency() if mode == "pace" else {})

    async def _burst(self, seconds: float) -> None:
        until_s = time.perf_counter() + seconds

        def again(_: object) -> None:
            self._acknowledged += 1
            if time.perf_counter() < until_s:
                self._post(again)

        for _ in range(OUTSTANDING):
            self._post(again)
        await asyncio.sleep(seconds)

    async def _paced(self, seconds: float) -> None:
        def done(_: object) -> None:
            self._acknowledged += 1

        began_s = time.perf_counter()
        while (at_s := self._written / PACE_PER_S) < seconds:
            await asyncio.sleep(max(0.0, began_s + at_s - time.perf_counter()))
            self._post(done)

    def _post(self, done: Any) -> None:
        self._written += 1
        text = f"{TEXT} {len(self._sent_s)}"
        self._sent_s[text] = time.perf_counter()
        self._writer.submit_nowait("chat", "post", {"text": text}).add_done_callback(done)

    def _latency(self) -> dict[str, Any]:
        """From the writer's call to the arrival, of every delivery."""
        took_ms = [
            (at_s - self._sent_s[msgspec.msgpack.decode(event.body)["text"]]) * 1000
            for receiver in self._receivers
            for at_s, message in receiver.arrived_s
            for frame in decode_server(message)
            if isinstance(frame, Events)
            for event in frame.batch.events
            if event.type == "posted"
        ]
        return {
            "p50_ms": round(report.percentile(took_ms, 0.5), 2),
            "p99_ms": round(report.percentile(took_ms, 0.99), 2),
        }


async def measure(
    sizes: list[int], seconds: float, *, encrypted: bool = False
) -> list[dict[str, Any]]:
    """Every size in a room of its own, both modes."""
    told = []
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        options: tuple[str, ...] = ()
        trust = None
        if encrypted:
            from folkmoot.testing.certificates import Authority

            authority = Authority(Path(folder) / "files")
            authority.write()
            options, trust = authority.options, authority.trust
        data = Path(folder) / "data"
        async with running_zone(data, *options, settings=ROOMY, trust=trust) as zone:
            for size in sizes:
                room = await zone.create_room(f"{size} receivers")
                writer = await enter(zone, room, "Writer", 1)
                receivers = [Receiver() for _ in range(size)]
                desk = Tickets(zone.url, 1, zone.trust)
                try:
                    for i, receiver in enumerate(receivers):
                        ticket = await desk.take(room["slug"], f"Receiver {i}")
                        await receiver.open(zone.url, SERVER, ticket, zone.trust)
                    run = Fanout(zone, writer, receivers)
                    told += [await run.measure(mode, seconds) for mode in ("W20", "pace")]
                finally:
                    desk.close()
                    for receiver in receivers:
                        receiver.close()
                    await writer.close()
    return told


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench fanout", description=__doc__)
    parser.add_argument("--sizes", default="10,50,200", help="numbers of receivers")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each mode")
    parser.add_argument("--tls", action="store_true", help="over TLS, half of it relayed")
    arguments = parser.parse_args(words)
    sizes = [int(size) for size in arguments.sizes.split(",")]
    told = report.run(measure(sizes, arguments.seconds, encrypted=arguments.tls))
    head = list(dict.fromkeys(name for row in told for name in row))
    report.table(head, [[row.get(name, "") for name in head] for row in told])
    report.write("fanout-tls" if arguments.tls else "fanout", {"rows": told}, kept=True)
    return True
