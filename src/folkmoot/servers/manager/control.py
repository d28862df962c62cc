"""`run/control.sock`: what a process manager answers to the command line and to web servers.

One JSON object a line each way: `{"op": "status"}` gives the status, `{"op": "down"}` stops the
zone, `{"op": "order", "node": ..., "order": {...}}` is an order as in `zone/orders.py`. Anybody
who may open the data folder may ask.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from folkmoot.errors import OperatorError
from folkmoot.folder_lock import is_locked
from folkmoot.servers.manager import sockets

REQUEST_BYTES_MAX: Final = 4_096
ANSWER_BYTES_MAX: Final = 4 << 20
TIMEOUT_S: Final = 4.0
CONNECTIONS_MAX: Final = 32
ATTEMPT_S: Final = 1.5
AGAIN_S: Final = 0.05

Operation = Callable[[], dict[str, Any]]
OnOrder = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]


def socket_path(data: Path) -> Path:
    return data / "run" / "control.sock"


class ControlServer:
    """Answers on the control socket."""

    def __init__(
        self, data: Path, operations: dict[str, Operation], on_order: OnOrder | None = None
    ) -> None:
        self._path = socket_path(data)
        self._operations = operations
        self._on_order = on_order
        self._open = 0

    async def start(self) -> asyncio.Server:
        listening = sockets.bind(self._path, socket.SOCK_STREAM)
        return await asyncio.start_unix_server(self._serve, sock=listening, limit=REQUEST_BYTES_MAX)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= CONNECTIONS_MAX:
                async with asyncio.timeout(TIMEOUT_S):
                    line = await reader.readline()
                    writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                    await writer.drain()
        except (TimeoutError, ValueError, OSError):
            # Who asks too slowly or too much gets no answer.
            pass
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            asked = json.loads(line)
            if asked["op"] == "order" and self._on_order is not None:
                return await self._on_order(asked)
            operation = self._operations[asked["op"]]
        except (ValueError, KeyError, TypeError):
            known = ", ".join(sorted(self._operations))
            return {"error": f"The request is not understood; known operations: {known}."}
        return operation()


async def query_status(data: Path, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    """The status of the zone as this node's process manager tells it.

    Errors: `OperatorError` when no process manager answers in time.
    """
    return await asyncio.to_thread(ask, data, "status", timeout_s)


def ask(data: Path, operation: str, timeout_s: float = TIMEOUT_S, **more: object) -> dict[str, Any]:
    """Asks the process manager and waits; asks its successor when it is just being replaced.

    Shape: `more` goes with the request.
    Errors: `OperatorError` when none runs, or none answers in time.
    """
    deadline = time.monotonic() + timeout_s
    # An order may have to be passed on to another node.
    attempt_s = TIMEOUT_S if operation == "order" else ATTEMPT_S
    while True:
        left_s = deadline - time.monotonic()
        try:
            asked = {"op": operation, **more}
            return _ask_once(data, asked, max(0.05, min(left_s, attempt_s)))
        except OSError:
            if left_s <= AGAIN_S or not is_locked(data):
                raise OperatorError(
                    f"No Folkmoot answers on the data folder {data};"
                    f" start one with `folkmoot up --data {data}`."
                ) from None
        time.sleep(AGAIN_S)


def _ask_once(data: Path, asked: Mapping[str, object], timeout_s: float) -> dict[str, Any]:
    with sockets.connect(socket_path(data), socket.SOCK_STREAM, timeout_s) as asking:
        asking.sendall(json.dumps(asked).encode() + b"\n")
        answer = _read_line(asking)
    if not answer:
        raise ConnectionResetError("the process manager ended before it answered")
    try:
        told = json.loads(answer)
    except ValueError:
        told = None
    if not isinstance(told, dict) or "error" in told:
        raise OperatorError(f"The process manager of {data} gave no useful answer.")
    return told


def _read_line(asking: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"\n") and len(answer) < ANSWER_BYTES_MAX:
        part = asking.recv(65_536)
        if not part:
            break
        answer += part
    return answer
