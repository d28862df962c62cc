"""The same session through Folkmoot's own protocol: what its page's participants get."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec
from pycrdt import merge_updates

from bench.costs import Costs, names_of
from bench.light import Receiver, Tickets
from bench.members import enter
from bench.peers.script import Script
from bench.peers.servers import cpu_s, memory_mb, zone_processes
from bench.peers.wire import until
from bench.report import percentile
from bench.traces import Trace
from folkmoot.apps.yjs_update import parse_update
from folkmoot.client.conference import Conference
from folkmoot.client.receipt import Receipt
from folkmoot.protocol.frames import Events, decode_server
from folkmoot.testing.zone import running_zone

DOCUMENT: Final = "pad"
SERVER: Final = 1
SETTLE_S: Final = 20.0
JOINS: Final = {"joins_per_minute_per_address": 100_000}


class _Reader(Receiver):
    """Looks at what documents' events bring."""

    def __init__(self, script: Script, sent_s: list[float], seen: dict[bytes, list[int]]) -> None:
        super().__init__()
        self.arrivals: list[float] = []
        self.count = 0
        self._read = bytearray(len(script.edits))
        self._script = script
        self._sent_s = sent_s
        self._known = seen

    def _message(self, message: bytes) -> None:
        welcomed = self._welcomed.is_set()
        super()._message(message)
        if not welcomed:
            return
        now_s = time.perf_counter()
        brought = self._known.get(message)
        if brought is None:
            brought = self._known[message] = list(self._brings(message))
            if len(self._known) > 1_000:
                del self._known[next(iter(self._known))]
        for index in brought:
            if not self._read[index]:
                self._read[index] = 1
                self.count += 1
                self.arrivals.append(now_s - self._sent_s[index])

    def _brings(self, message: bytes) -> list[int]:
        return [
            index
            for frame in decode_server(message)
            if isinstance(frame, Events)
            for event in frame.batch.events
            if (event.app, event.type) == ("documents", "updated")
            for index in self._script.brings(msgspec.msgpack.decode(event.body)["update"])
        ]


class _Writer:
    """Sends edits as the clients do: what comes while an operation is under way is merged."""

    def __init__(self, conference: Conference) -> None:
        self.conference = conference
        self.rejected: list[str] = []
        self._clock = 0
        self._waiting: list[bytes] = []
        self._in_flight = False

    def send(self, update: bytes) -> None:
        self._waiting.append(update)
        self._next()

    def _next(self) -> None:
        if self._in_flight or not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        update = merge_updates(*waiting) if len(waiting) > 1 else waiting[0]
        clients = parse_update(update).clients
        to = clients[0].end if clients else self._clock
        body = {"document": DOCUMENT, "from": self._clock, "to": to, "update": update}
        self._clock, self._in_flight = to, True
        self.conference.submit_nowait("documents", "update", body).add_done_callback(self._decided)

    def _decided(self, future: asyncio.Future[Receipt]) -> None:
        self._in_flight = False
        if not future.cancelled() and (error := future.exception()) is not None:
            self.rejected.append(str(error))
        self._next()


async def measure_own(
    trace: Trace, readers: int, pace_per_s: float, seconds: float
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """As `measure_pace` for the other protocols."""
    count, before = int(pace_per_s * (seconds + 1)), int(pace_per_s)
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        async with running_zone(Path(folder) / "data", settings=JOINS) as zone:
            room = await zone.create_room("Peers")
            conferences = [
                await enter(zone, room, f"Author {i}", SERVER) for i in range(trace.authors)
            ]
            script = Script(trace, [c.session.number for c in conferences], count)
            sent_s, seen = [0.0] * count, {}
            members = [_Reader(script, sent_s, seen) for _ in range(readers)]
            desk = Tickets(zone.url, 1)
            try:
                for i, member in enumerate(members):
                    ticket = await desk.take(room["slug"], f"Reader {i}")
                    await member.open(zone.url, f"collaboration-{SERVER}", ticket)
                writers = [_Writer(conference) for conference in conferences]

                async def write(first: int, upto: int) -> None:
                    began_s = time.perf_counter()
                    for index in range(first, upto):
                        due_s = began_s + (index - first) / pace_per_s
                        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
                        sent_s[index] = time.perf_counter()
                        edit = script.edits[index]
                        writers[edit.author].send(edit.update)

                def all_read(upto: int) -> bool:
                    return all(member.count >= upto for member in members)

                await write(0, before)
                await until(lambda: all_read(before), SETTLE_S)
                for member in members:
                    member.arrivals, member.messages = [], 0
                processes = zone_processes(zone)
                costs, began_s = Costs(await names_of(zone)), time.perf_counter()
                used_s = cpu_s(processes)
                await write(before, count)
                await until(lambda: all_read(count), SETTLE_S)
                used_s = cpu_s(processes) - used_s
                told = costs.end(time.perf_counter() - began_s)
                took_ms = [s * 1000 for member in members for s in member.arrivals]
                row = {
                    "server": "Folkmoot, its own protocol",
                    "trace": trace.name,
                    "pace_per_s": pace_per_s,
                    "cpu_us_a_delivery": round(used_s * 1e6 / max(1, len(took_ms)), 2),
                    "p50_ms": round(percentile(took_ms, 0.5), 2),
                    "p99_ms": round(percentile(took_ms, 0.99), 2),
                    "memory_mb": round(memory_mb(processes)),
                    "edits_a_message": round(
                        len(took_ms) / max(1, sum(m.messages for m in members)), 2
                    ),
                    "undelivered": count
                    - min(m.count for m in members)
                    + sum(len(w.rejected) for w in writers),
                }
                return row, told
            finally:
                desk.close()
                for member in members:
                    member.close()
                for conference in conferences:
                    await conference.close()
