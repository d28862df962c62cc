"""Yjs servers side by side: Folkmoot through its gateway, Hocuspocus, pycrdt-websocket.

Recorded sessions are typed at a fixed pace; readers only read. Counted is the CPU of every process
of a server, Folkmoot's engine and its writes to disk included; the peers keep documents in memory.
An edit is delivered when a reader has been sent its text or its deletion, in whatever message:
servers merge, and that is part of what they do.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from pycrdt import Doc

from bench import report
from bench.costs import COLUMNS, Costs
from bench.peers.own import measure_own
from bench.peers.script import Script
from bench.peers.servers import Server, cpu_s, folkmoot, install, memory_mb, peer
from bench.peers.wire import Client, until
from bench.traces import Trace, read_trace

FIRST_CLIENT: Final = 5_000_000
OWN: Final = "folkmoot-own"
SERVERS: Final = ("folkmoot", "folkmoot-hocuspocus", OWN, "hocuspocus", "pycrdt")
SETTLE_S: Final = 20.0
AROUND: Final = 4.0


def open_server(name: str) -> AbstractAsyncContextManager[Server]:
    if name.startswith("folkmoot"):
        return folkmoot(hocuspocus=name.endswith("hocuspocus"))
    return peer(name)


class Run:
    """One server, one trace, one pace."""

    def __init__(self, server: Server, trace: Trace, readers: int, count: int) -> None:
        clients = [FIRST_CLIENT + author for author in range(trace.authors)]
        self.server = server
        self.script = Script(trace, clients, count)
        self.sent_s = [0.0] * len(self.script.edits)
        self.written = 0
        way = server.way()
        self.readers = [Client(way, self.script, self.sent_s) for _ in range(readers)]
        self.writers = [Client(way, self.script, self.sent_s) for _ in range(trace.authors)]

    async def open(self) -> None:
        for writer in self.writers:
            writer.doc = Doc()
        # One first: of several that open a new room at once, pycrdt-websocket forgets some.
        for some in ([self.writers[0]], [*self.writers[1:], *self.readers]):
            for client in some:
                client.start()
            for client in some:
                async with asyncio.timeout(60):
                    await client.synced.wait()

    async def close(self) -> None:
        await asyncio.gather(*(client.stop() for client in (*self.readers, *self.writers)))

    async def write(self, pace_per_s: float, upto: int) -> None:
        """Types up to edit `upto`, on time whatever becomes of it."""
        began_s, first = time.perf_counter(), self.written
        for index in range(first, upto):
            due_s = began_s + (index - first) / pace_per_s
            now_s = time.perf_counter()
            if due_s > now_s:
                await asyncio.sleep(due_s - now_s)
            edit = self.script.edits[index]
            self.sent_s[index] = time.perf_counter()
            for author, writer in enumerate(self.writers):
                if writer.doc is not None:
                    writer.doc.apply_update(edit.update)
                if author == edit.author:
                    writer.send(writer.way.update(edit.update))
            self.written = index + 1

    def all_read(self) -> bool:
        return all(reader.count >= self.written for reader in self.readers)

    @property
    def lost(self) -> int:
        """Edits that some reader never got."""
        return max(self.written - reader.count for reader in self.readers)

    def took_ms(self) -> list[float]:
        return [took_s * 1000 for reader in self.readers for took_s in reader.arrivals]


async def measure_pace(
    name: str, trace: Trace, readers: int, pace_per_s: float, seconds: float
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """CPU, latency and memory while all goes well; the first second does not count.

    Shape: and what each process used, where a server has several.
    """
    count, before = int(pace_per_s * (seconds + 1)), int(pace_per_s)
    async with open_server(name) as server:
        run = Run(server, trace, readers, count)
        try:
            await run.open()
            await run.write(pace_per_s, before)
            await until(run.all_read, SETTLE_S)
            for reader in run.readers:
                reader.arrivals, reader.messages = [], 0
            processes = server.processes()
            names = await server.names()
            costs, began_s = Costs(names), time.perf_counter()
            used_s = cpu_s(processes)
            await run.write(pace_per_s, len(run.script.edits))
            read = await until(run.all_read, SETTLE_S)
            used_s = cpu_s(processes) - used_s
            told = costs.end(time.perf_counter() - began_s) if names else []
            delivered = sum(len(reader.arrivals) for reader in run.readers)
            took_ms = run.took_ms()
            row = {
                "server": server.name,
                "trace": trace.name,
                "pace_per_s": pace_per_s,
                "cpu_us_a_delivery": round(used_s * 1e6 / max(1, delivered), 2),
                "p50_ms": round(report.percentile(took_ms, 0.5), 2),
                "p99_ms": round(report.percentile(took_ms, 0.99), 2),
                "memory_mb": round(memory_mb(processes)),
                "edits_a_message": round(
                    delivered / max(1, sum(reader.messages for reader in run.readers)), 2
                ),
                "undelivered": 0 if read else run.lost,
            }
            return row, told
        finally:
            await run.close()


async def measure_kill(
    name: str, trace: Trace, readers: int, pace_per_s: float, seconds: float
) -> dict[str, Any]:
    """The server is killed in the middle, then once more together with everybody who wrote."""
    count = int(pace_per_s * seconds)
    async with open_server(name) as server:
        run = Run(server, trace, readers, count)
        late = Client(server.way(), run.script, run.sent_s)
        try:
            await run.open()
            writing = asyncio.create_task(run.write(pace_per_s, count))
            await asyncio.sleep(seconds / 2)
            await server.kill()
            await writing
            await until(run.all_read, SETTLE_S)
            for reader in run.readers:
                reader.end_gap(run.written)
            gaps_ms = [reader.gap_s_max * 1000 for reader in run.readers]
            lost = run.lost
            for writer in run.writers:
                await writer.stop()
            await server.kill()
            late.start()
            await until(late.synced.is_set, SETTLE_S)
            await until(lambda: late.count >= run.written, AROUND)
            return {
                "server": server.name,
                "trace": trace.name,
                "gap_ms": report.spread(gaps_ms),
                "lost": lost,
                "delivered_and_lost_with_the_writers": run.written - lost - late.count,
            }
        finally:
            await late.stop()
            await run.close()


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    paced, killed = [], []
    names = arguments.servers.split(",")
    for trace_name in arguments.traces.split(","):
        most = int(max(map(float, arguments.paces.split(","))) * (arguments.seconds + 1)) + 1
        trace = read_trace(trace_name, most)
        for pace in map(float, arguments.paces.split(",")):
            for name in names:
                told, costs = await (
                    measure_own(trace, arguments.readers, pace, arguments.seconds)
                    if name == OWN
                    else measure_pace(name, trace, arguments.readers, pace, arguments.seconds)
                )
                print(told, flush=True)
                if costs:
                    report.table(COLUMNS, [[one[column] for column in COLUMNS] for one in costs])
                paced.append(told)
        # What participants notice of a kill with their standbys is measured by `failover`.
        for name in [name for name in names if name != OWN] if arguments.kill_pace else ():
            told = await measure_kill(
                name, trace, arguments.readers, arguments.kill_pace, arguments.seconds
            )
            print(told, flush=True)
            killed.append(told)
    return {"readers": arguments.readers, "paced": paced, "killed": killed}


def _ahead(told: dict[str, Any]) -> bool:
    """Whether Folkmoot is ahead of both, side by side, with nothing lost.

    Shape: CPU is judged at the highest pace; at a low one it is what a zone's processes do while
    nothing happens. With one protocol the gap is the library's own wait and little else, so there
    it has only not to be longer than Hocuspocus'.
    """
    pace = max((row["pace_per_s"] for row in told["paced"]), default=0)
    ahead = True
    rows = [*told["paced"], *told["killed"]]
    for row in rows:
        if row["server"].startswith("Folkmoot"):
            lost = row.get("lost", 0) + row.get("undelivered", 0)
            ahead = ahead and lost + row.get("delivered_and_lost_with_the_writers", 0) == 0
            ahead = ahead and all(
                _is_ahead(row, other)
                for other in rows
                if not other["server"].startswith("Folkmoot")
                and other.get("pace_per_s", pace) == pace
                and (other["trace"], other.get("pace_per_s"))
                == (row["trace"], row.get("pace_per_s"))
            )
    return ahead


def _is_ahead(ours: dict[str, Any], other: dict[str, Any]) -> bool:
    if "gap_ms" not in ours:
        return bool(ours["cpu_us_a_delivery"] < other["cpu_us_a_delivery"])
    same_wait = ours["server"].endswith("Hocuspocus") and other["server"].startswith("Hocuspocus")
    return bool(ours["gap_ms"]["p50"] < other["gap_ms"]["p50"] * (1.1 if same_wait else 1.0))


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench peers", description=__doc__)
    parser.add_argument("--traces", default="friendsforever,automerge-paper")
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--paces", default="50,500", help="edits a second, of all authors")
    parser.add_argument("--kill-pace", type=float, default=50.0, help="0 kills nothing")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each run")
    parser.add_argument("--servers", default=",".join(SERVERS))
    arguments = parser.parse_args(words)
    install()
    told = report.run(measure(arguments))
    for rows in (told["paced"], told["killed"]):
        if rows:
            head = list(rows[0])
            report.table(head, [[row[name] for name in head] for row in rows])
    kept = _ahead(told)
    print(f"ahead of both, nothing lost: {report.verdict(kept)}")
    report.write("peers", told, kept=kept)
    return kept
