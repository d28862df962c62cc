"""Just enough of the peers' protocols for readers and writers, over raw picows connections.

A client's library is not measured; what a server sends is looked at once for all readers.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any, Final

import picows
from picows import WSFrame, WSListener, WSMsgType, WSTransport
from pycrdt import Doc

from bench.peers.script import Script
from folkmoot.apps.lib0 import Reader, number, sized

EMPTY_VECTOR: Final = b"\x00"
ATTEMPT_S: Final = 5.0


class Way:
    """Where to connect and in which protocol.

    Shape: `name` is the document's for Hocuspocus, empty for y-websocket.
    """

    def __init__(self, url: str, *, name: str = "", token: str = "") -> None:
        self.url = url
        self.token = token
        self.hocuspocus = bool(name)
        self.prefix = sized(name.encode()) if name else b""

    @property
    def headers(self) -> dict[str, str]:
        if self.hocuspocus or not self.token:
            return {}
        return {"Sec-WebSocket-Protocol": f"folkmoot, {self.token}"}

    def greetings(self, vector: bytes) -> list[bytes]:
        """What a client says first."""
        step = self.prefix + b"\x00\x00" + sized(vector)
        if not self.hocuspocus:
            return [step]
        token = self.prefix + b"\x02\x00" + sized(self.token.encode()) + sized(b"4.7.0")
        return [token, step]

    def update(self, data: bytes, step: int = 2) -> bytes:
        return self.prefix + b"\x00" + number(step) + sized(data)

    def delay_s(self, failures: int) -> float:
        """How long the protocol's own library waits before it connects again."""
        if not self.hocuspocus:
            return min(2 ** (failures + 1) * 0.1, 2.5)
        return 1.0 if not failures else random.uniform(1.0, min(30.0, 2.0**failures))


class Client(WSListener):
    """One connection at a time, made again as the protocol's library does.

    Shape: `arrivals` are (edit, seconds from its sending); `gap_s_max` the longest time without
    anything new, while somebody wrote. A writer has a document and offers what a server lacks.
    """

    def __init__(self, way: Way, script: Script, sent_s: list[float]) -> None:
        super().__init__()
        self.way = way
        self.seen = bytearray(len(script.edits))
        self.count = 0
        self.arrivals: list[float] = []
        self.gap_s_max = 0.0
        self.messages = 0
        self.statuses = 0
        self.synced = asyncio.Event()
        self.doc: Doc[Any] | None = None
        self.reconnections = 0
        self._script = script
        self._sent_s = sent_s
        self._last_s = 0.0
        self._transport: WSTransport | None = None
        self._parts: list[bytes] = []
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._stay())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._transport is not None:
            self._transport.disconnect(False)

    async def _stay(self) -> None:
        failures = 0
        while True:
            self._lost.clear()
            self.synced.clear()
            try:
                async with asyncio.timeout(ATTEMPT_S):
                    await picows.ws_connect(
                        lambda: self, self.way.url, extra_headers=self.way.headers,
                        max_frame_size=64 << 20,
                    )  # fmt: skip
                if self._transport is None:
                    # picows does not tell of a connection that ends with its handshake.
                    raise ConnectionResetError("the server ended it at once")
                vector = self.doc.get_state() if self.doc is not None else EMPTY_VECTOR
                for message in self.way.greetings(vector):
                    self.send(message)
                await self._lost.wait()
                failures = 0 if self.synced.is_set() else failures
            except (OSError, TimeoutError, picows.WSError):
                failures += 1
            self.reconnections += 1
            await asyncio.sleep(self.way.delay_s(failures))

    def send(self, message: bytes) -> None:
        """Sends, if there is a connection."""
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.send(WSMsgType.BINARY, message)

    # What picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._parts = []

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif kind == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        elif kind == WSMsgType.BINARY and frame.fin:
            self._message(frame.get_payload_as_bytes())
        elif kind in (WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                message, self._parts = b"".join(self._parts), []
                self._message(message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport = None
        self._lost.set()

    def _message(self, message: bytes) -> None:
        now_s = time.perf_counter()
        self.messages += 1
        prefix = self.way.prefix
        if not message.startswith(prefix) or len(message) < len(prefix) + 2:
            return
        at = len(prefix)
        type_, step = message[at], message[at + 1]
        if type_ == 8:
            self.statuses += step
        if type_ not in (0, 4):
            return
        data = Reader(message[at + 2 :]).block()
        if step == 0:
            if self.doc is not None:
                self.send(self.way.update(self.doc.get_update(data), 1))
            return
        if step == 1:
            self.synced.set()
        self._brought(data, now_s)

    def _brought(self, data: bytes, now_s: float) -> None:
        new = False
        for index in self._script.brings(data):
            if not self.seen[index]:
                self.seen[index] = 1
                self.count += 1
                new = True
                self.arrivals.append(now_s - self._sent_s[index])
        if new:
            if self._last_s:
                self.gap_s_max = max(self.gap_s_max, now_s - self._last_s)
            self._last_s = now_s

    def end_gap(self, written: int) -> None:
        """Who never got everything has waited until now."""
        if self.count < written:
            self.gap_s_max = max(self.gap_s_max, time.perf_counter() - self._last_s)


async def until(condition: Callable[[], bool], within_s: float) -> bool:
    """Whether it came true in time."""
    end_s = time.perf_counter() + within_s
    while not condition():
        if time.perf_counter() > end_s:
            return False
        await asyncio.sleep(0.02)
    return True
