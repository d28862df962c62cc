"""A TCP proxy that does to connections what bad networks do, repeatable from a seed.

In a test: `async with fault_proxy("127.0.0.1", port, seed=7) as proxy: proxy.switch(HALF_OPEN)`.
By itself, for instance in a network namespace: `python -m folkmoot.testing.fault_proxy`; see
`main`. What may go wrong, and what is drawn, is in `faults`; here it is performed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Final, Literal

import msgspec

from folkmoot.testing.fault_connection import Connection
from folkmoot.testing.faults import NONE, Faults

CONNECT_S_MAX: Final = 10.0
BACKLOG: Final = 1_024
LINE_BYTES_MAX: Final = 64 * 1024


class FaultProxy:
    """Passes connections on to one address, with the faults that are switched on.

    Shape: `connections` are the open ones by number, counted from 1 in order of arrival.
    Caller: `start`, then `switch` at will, then `close`; or use `fault_proxy`.
    """

    def __init__(self, to_host: str, to_port: int, *, seed: int = 0, faults: Faults = NONE) -> None:
        self.seed = seed
        self.host = ""
        self.port = 0
        self.connections: dict[int, Connection] = {}
        self.accepted = 0
        self.refused = 0
        self._to = (to_host, to_port)
        self._faults = faults
        self._reserved: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens. Errors: `OSError`."""
        # Bound and never listening: keeps the port ours while connections are refused.
        self._reserved = _bound(host, port)
        self.host, self.port = self._reserved.getsockname()[:2]
        if not self._faults.refuse:
            self._listen()

    def switch(self, faults: Faults, to: Literal["all", "open", "new"] = "all") -> None:
        """From now on these faults: for all connections, only the open ones, or only new ones."""
        if to != "new":
            for connection in list(self.connections.values()):
                connection.switch(faults)
        if to != "open":
            self._faults = faults
            if faults.refuse:
                self._stop_listening()
            elif self._listener is None:
                self._listen()

    def reset(self) -> int:
        """Ends all open connections with RST, now; returns how many."""
        return self._end("reset")

    def drop(self) -> int:
        """Ends all open connections in order (FIN), now; returns how many."""
        return self._end("drop")

    def statistics(self) -> dict[str, int]:
        """Shape: connections accepted so far, those that nobody answered, those open."""
        return {
            "port": self.port,
            "accepted": self.accepted,
            "unanswered": self.refused,
            "open": len(self.connections),
        }

    async def close(self) -> None:
        """Ends everything."""
        self._stop_listening()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._reserved is not None:
            self._reserved.close()

    # Inside

    def _end(self, how: Literal["reset", "drop"]) -> int:
        ended = list(self.connections.values())
        for connection in ended:
            connection.end(how)
        return len(ended)

    def _listen(self) -> None:
        listener = _bound(self.host, self.port)
        listener.listen(BACKLOG)
        self._listener = listener
        self._accepting = self._spawn(self._accept(listener))
        # Not before: a descriptor that is closed while it is waited on stays in the loop.
        self._accepting.add_done_callback(lambda _: listener.close())

    def _stop_listening(self) -> None:
        if self._listener is not None and self._accepting is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._accepting.cancel()
        self._listener = self._accepting = None

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            accepted, _ = await loop.sock_accept(listener)
            self.accepted += 1
            self._spawn(self._serve(self.accepted, accepted))

    async def _serve(self, number: int, accepted: socket.socket) -> None:
        near = await asyncio.open_connection(sock=accepted)
        try:
            async with asyncio.timeout(CONNECT_S_MAX):
                far = await asyncio.open_connection(*self._to)
        except BaseException as error:
            near[1].transport.abort()
            if not isinstance(error, OSError | TimeoutError):
                raise
            self.refused += 1
            return
        try:
            connection = Connection(number, self.seed, near, far, self._faults)
            self.connections[number] = connection
            await connection.run()
        except OSError:
            self.refused += 1  # it went before it could be served
        finally:
            self.connections.pop(number, None)
            for _, writer in (near, far):
                writer.close()  # where it is not closed already

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


@asynccontextmanager
async def fault_proxy(
    to_host: str, to_port: int, *, seed: int = 0, faults: Faults = NONE
) -> AsyncIterator[FaultProxy]:
    """A proxy on a free port of this machine's loopback, closed at the end."""
    proxy = FaultProxy(to_host, to_port, seed=seed, faults=faults)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.close()


# By itself


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """A line on standard input."""

    faults: Faults | None = None
    to: Literal["all", "open", "new"] = "all"
    end: Literal["reset", "drop"] | None = None


def obey(proxy: FaultProxy, line: bytes) -> str:
    """Does what a line orders and returns the line to answer."""
    try:
        order = msgspec.json.decode(line, type=Order)
    except (msgspec.MsgspecError, ValueError) as error:
        return json.dumps({"error": str(error)})
    if order.faults is not None:
        proxy.switch(order.faults, order.to)
    if order.end is not None:
        proxy.reset() if order.end == "reset" else proxy.drop()
    return json.dumps(proxy.statistics())


def _address(words: str) -> tuple[str, int]:
    host, _, port = words.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"not HOST:PORT: {words}")
    return host.strip("[]"), int(port)


def _faults(words: str) -> Faults:
    try:
        return msgspec.json.decode(words.encode(), type=Faults)
    except (msgspec.MsgspecError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


async def _run(arguments: argparse.Namespace) -> None:
    proxy = FaultProxy(*arguments.to, seed=arguments.seed, faults=arguments.faults)
    await proxy.start(*arguments.listen)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    print(json.dumps(proxy.statistics() | {"seed": proxy.seed}), flush=True)
    orders = asyncio.create_task(_heed_orders(proxy, stop)) if arguments.control else None
    try:
        await stop.wait()
    finally:
        if orders is not None:
            orders.cancel()
            await asyncio.gather(orders, return_exceptions=True)
        await proxy.close()


async def _heed_orders(proxy: FaultProxy, stop: asyncio.Event) -> None:
    reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        while line := await reader.readline():
            print(obey(proxy, line), flush=True)
    finally:
        stop.set()


def main(words: Sequence[str] | None = None) -> int:
    """`python -m folkmoot.testing.fault_proxy --listen 127.0.0.1:9000 --to 127.0.0.1:8400`."""
    parser = argparse.ArgumentParser(
        prog="python -m folkmoot.testing.fault_proxy",
        description="A TCP proxy with faults. Its first line tells the port it listens on.",
    )
    parser.add_argument("--listen", type=_address, default=("127.0.0.1", 0), metavar="HOST:PORT")
    parser.add_argument("--to", type=_address, required=True, metavar="HOST:PORT")
    parser.add_argument("--seed", type=int, default=0, help="the same faults again")
    parser.add_argument(
        "--faults", type=_faults, default=NONE, help='JSON, such as {"up": {"latency_ms": 50}}'
    )
    parser.add_argument(
        "--control",
        action="store_true",
        help='obey lines such as {"faults": {...}, "to": "open"} or {"end": "reset"} on standard '
        "input, answer each with a line, and end when it ends",
    )
    arguments = parser.parse_args(words)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(arguments))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
