"""One connection through the fault proxy: two lanes, each read, held back and passed on in order.

What is in a lane is bounded: a lane that is full reads nothing more, and its sender feels it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import deque
from typing import Final, Literal

from folkmoot.testing.faults import Ends, Faults, Lane, Way, seed_of

CHUNK_BYTES_MAX: Final = 64 * 1024
QUEUE_BYTES_MAX: Final = 1 << 20
"""Held back in one lane; with `latency_ms` this also bounds its rate."""

RESET: Final = struct.pack("ii", 1, 0)
"""Linger for no time: the kernel sends RST."""

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
End = Literal["reset", "drop"]


class Pipe:
    """One way of a connection.

    Shape: `holed` tells that bytes or the end were swallowed, so that this stream cannot go on.
    """

    def __init__(
        self, lane: Lane, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.way = way
        self.holed = False
        self._lane = lane
        self._reader = reader
        self._writer = writer
        self._queue: deque[tuple[float, bytes | End]] = deque()
        self._queued_bytes = 0
        self._changed = asyncio.Condition()

    async def switch(self, way: Way) -> None:
        """Goes on in this way; what is on its way keeps the time it was given."""
        async with self._changed:
            self.way = way
            self._changed.notify_all()

    async def read(self) -> None:
        """Reads until the end; returns once that is queued, or was swallowed."""
        end: End = "drop"
        loop = asyncio.get_running_loop()
        try:
            while True:
                async with self._changed:
                    await self._changed.wait_for(self._may_read)
                if not (chunk := await self._reader.read(CHUNK_BYTES_MAX)):
                    break
                await self._take(chunk, loop.time())
        except OSError:
            end = "reset"
        async with self._changed:
            await self._changed.wait_for(lambda: self.way.state != "stalled")
            if self.way.state == "black_hole":
                self.holed = True
                return
            self._queue.append((self._lane.end_due_s(self.way, loop.time()), end))
            self._changed.notify_all()

    async def write(self) -> End:
        """Passes on until the end, which it returns."""
        loop = asyncio.get_running_loop()
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self._queue))
                due_s, _ = self._queue[0]
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            async with self._changed:
                await self._changed.wait_for(lambda: self.way.state != "stalled")
                _, told = self._queue.popleft()
                self._queued_bytes -= len(told) if isinstance(told, bytes) else 0
                self._changed.notify_all()
                if self.way.state == "black_hole":
                    self.holed = True
                    continue
            if not isinstance(told, bytes):
                return told
            self._writer.write(told)
            await self._writer.drain()

    def _may_read(self) -> bool:
        return self.way.state != "stalled" and self._queued_bytes < QUEUE_BYTES_MAX

    async def _take(self, chunk: bytes, now_s: float) -> None:
        async with self._changed:
            if self.way.state == "black_hole":
                self.holed = True
                return
            begin = 0
            for piece in self._lane.pieces(self.way, now_s, len(chunk)):
                self._queue.append((piece.due_s, chunk[begin : begin + piece.size_bytes]))
                begin += piece.size_bytes
            self._queued_bytes += len(chunk)
            self._changed.notify_all()


class Connection:
    """Both ways between the one who connected (`near`) and the one who listens (`far`)."""

    def __init__(self, number: int, seed: int, near: Stream, far: Stream, faults: Faults) -> None:
        self.number = number
        self._writers = (near[1], far[1])
        for writer in self._writers:
            peer: socket.socket = writer.get_extra_info("socket")
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._up = Pipe(Lane(seed_of(seed, number, "up")), faults.up, near[0], far[1])
        self._down = Pipe(Lane(seed_of(seed, number, "down")), faults.down, far[0], near[1])
        self._ends = Ends(seed_of(seed, number, "ends"))
        self._faults = faults
        self._switched = asyncio.Event()
        self._finished = 0
        self._ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()

    def switch(self, faults: Faults) -> None:
        """From now on these faults."""
        self._faults = faults
        self._switched.set()

    def end(self, how: End) -> None:
        """Ends both sides now."""
        if not self._ended.done():
            self._ended.set_result(how)

    async def run(self) -> None:
        """Passes on until both ways have ended, or it is ended."""
        work = [
            asyncio.create_task(self._carry(self._up, self._writers[1])),
            asyncio.create_task(self._carry(self._down, self._writers[0])),
            asyncio.create_task(self._heed_faults()),
        ]
        how: End = "reset"
        try:
            how = await self._ended
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            self._close(how)

    async def _carry(self, pipe: Pipe, writer: asyncio.StreamWriter) -> None:
        reading = asyncio.create_task(pipe.read())
        try:
            end = await pipe.write()
            self._finished += 1
            if end == "reset" or self._finished == 2:
                self.end(end)
            else:
                writer.write_eof()
        except OSError:
            # The receiver is gone. Its own pipe tells the sender, unless that way is silent too.
            await asyncio.Event().wait()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _heed_faults(self) -> None:
        """Switches, resets what cannot go on, and ends at the drawn time."""
        while True:
            self._switched.clear()
            for pipe, way in ((self._up, self._faults.up), (self._down, self._faults.down)):
                await pipe.switch(way)
                if pipe.holed and way.state != "black_hole":
                    self.end("reset")
            drawn = self._ends.draw(self._faults)
            try:
                async with asyncio.timeout(drawn[0] if drawn else None):
                    await self._switched.wait()
            except TimeoutError:
                if drawn:
                    self.end(drawn[1])
                return

    def _close(self, how: End) -> None:
        for writer in self._writers:
            if how == "reset":
                # A socket that is closed already refuses it; the other one must end all the same.
                with contextlib.suppress(OSError):
                    peer: socket.socket = writer.get_extra_info("socket")
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                writer.transport.abort()
            else:
                writer.close()
