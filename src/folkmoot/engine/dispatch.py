"""The one file that knows the insides of nats-py: a client that hands messages over at once.

nats-py gives every subscription a queue and a task, and every request a future with headers as a
dictionary: 17 us for a received message. Here a message goes from the parser straight to a
function: 3-6 us. The version is pinned, `check_library` refuses any other, and `self_test` feeds
bytes through the library's parser at each start. Nothing else may touch an underscored name of
nats-py.

Also repaired here, all seen in 2.16.0: its flush writes PING ahead of the SUB it should follow;
a PONG that comes after the flush gave up kills its read loop; any `-ERR` ends its reconnecting for
ever; its close waits for a frozen server to take the rest. So this client lives for one connection
only, dies at once, and `link.py` makes the next.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from typing import Any

import nats.aio.client
from nats.aio.client import Client
from nats.errors import Error as NatsError

from folkmoot.errors import OperatorError, invariant
from folkmoot.ports import LogUnavailable
from folkmoot.pulse import pulse

LIBRARY_VERSION = "2.16.0"
CONNECT_TIMEOUT_S = 1.0
PING_INTERVAL_S = 0.5
PINGS_OUTSTANDING_MAX = 2
READ_TASKS = ("_reading_task", "_ping_interval_task", "_flusher_task")

Handler = Callable[[bytes, bytes, bytes, bytes], None]
"""Called with subject, reply subject, payload, headers (raw, b"" when there are none)."""

logger = logging.getLogger(__name__)


class _Feed(asyncio.Protocol):
    """Hands what the engine sends to the client in the moment it comes."""

    def __init__(self, client: LeanClient) -> None:
        self._client = client

    def data_received(self, data: bytes) -> None:
        self._client.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._client.lose()


class LeanClient(Client):
    """One connection to one engine server, from connecting to its loss.

    Caller: `open`, then `write`, until `on_lost` was called (once, synchronously); never reused.
    `on_told` gets HOST:PORT of the cluster's engines.
    """

    def __init__(
        self,
        handlers: dict[int, Handler],
        on_lost: Callable[[], None],
        on_told: Callable[[list[str]], None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._lean_on_told = on_told
        self._lean_handlers = handlers
        self._lean_on_lost = on_lost
        self._lean_lost = False

    async def open(
        self, url: str, *, user: str, password: str, name: str, tls: ssl.SSLContext | None = None
    ) -> None:
        """Connects and authenticates. Errors: OSError, TimeoutError or nats-py's Error.

        Shape: with `tls` nothing is said before the handshake, so nobody can talk us out of it.
        """
        try:
            async with asyncio.timeout(3 * CONNECT_TIMEOUT_S):
                await self.connect(
                    url,
                    name=name,
                    user=user or None,
                    password=password or None,
                    allow_reconnect=False,
                    max_reconnect_attempts=1,
                    reconnect_time_wait=0,
                    connect_timeout=CONNECT_TIMEOUT_S,  # type: ignore[arg-type]
                    ping_interval=PING_INTERVAL_S,  # type: ignore[arg-type]
                    max_outstanding_pings=PINGS_OUTSTANDING_MAX,
                    pending_size=0,
                    error_cb=_ignore,
                    tls=tls,
                    tls_handshake_first=tls is not None,
                )
        except BaseException:
            self._lean_lost = True
            self._abort()
            raise
        if self._lean_lost or not self.is_connected:
            self.lose()
            raise NatsError("the engine closed the connection while it was being made")

    def write(self, data: bytes) -> None:
        self._transport.write(data)  # type: ignore[union-attr]

    @property
    def backlog_bytes(self) -> int:
        """What the operating system has not taken yet."""
        writer = self._transport._io_writer  # type: ignore[union-attr]
        return int(writer.transport.get_write_buffer_size())

    @property
    def payload_bytes_max(self) -> int:
        return self._max_payload

    async def round_trip(self) -> None:
        """Returns when the engine has handled all that was written before."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        await self._send_ping(future)
        await future

    def lose(self) -> None:
        """Drops the connection without waiting for the other side, and tells the owner."""
        if self._lean_lost:
            return
        self._lean_lost = True
        self._abort()
        for future in self._pongs:
            if not future.done():
                future.set_exception(LogUnavailable("the connection to the engine was lost"))
                future.exception()
        self._pongs = []
        self._lean_on_lost()

    async def wait_ended(self) -> None:
        """Returns when the client's tasks are over; call after `lose`."""
        tasks = [getattr(self, name) for name in READ_TASKS]
        await asyncio.gather(*[task for task in tasks if task], return_exceptions=True)

    def _abort(self) -> None:
        self._status = Client.CLOSED
        try:
            current = asyncio.current_task()
        except RuntimeError:
            current = None
        for name in READ_TASKS:
            task = getattr(self, name)
            if task is not None and task is not current:
                task.cancel()
        writer = getattr(self._transport, "_io_writer", None)
        if writer is not None:
            writer.transport.abort()

    def feed(self, data: bytes) -> None:
        """Parses what came, and calls the handlers, before it returns."""
        if self._lean_lost:
            return
        parsing = self._ps.parse(data)
        try:
            parsing.send(None)
        except StopIteration:
            return
        except Exception:
            logger.exception("what the engine said could not be read")
        # It never waits for anything: all that it calls is below, or one of the handlers.
        parsing.close()
        self.lose()

    # What follows takes the place of nats-py's own methods, which its parser and tasks call.

    async def _read_loop(self) -> None:
        """Gives the connection to a protocol: a task and a stream between cost as much again."""
        ends: Any = self._transport
        reader: asyncio.StreamReader = ends._io_reader
        ends._io_writer.transport.set_protocol(_Feed(self))
        reader.feed_eof()
        self.feed(await reader.read())

    async def _process_ping(self) -> None:
        self.write(b"PONG\r\n")

    async def _process_msg(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes
    ) -> None:
        handler = self._lean_handlers.get(sid)
        if handler is None:
            return
        try:
            handler(subject, reply, data, headers or b"")
        except Exception as error:  # noqa: BLE001
            # The stream of messages must go on; what the failure means is the process's policy.
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"handler of {subject!r} failed", "exception": error}
            )

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        """The engine names the others of its kind, when connecting and when one comes or goes."""
        self._lean_on_told([str(address) for address in info.get("connect_urls") or []])

    async def _send_ping(self, future: asyncio.Future[bool] | None = None) -> None:
        self._pongs.append(future or asyncio.get_running_loop().create_future())
        self.write(b"PING\r\n")

    async def _process_pong(self) -> None:
        self._pings_outstanding = 0
        if self._pongs:
            future = self._pongs.pop(0)
            if not future.done():
                future.set_result(True)

    async def _ping_interval(self) -> None:
        loop = asyncio.get_running_loop()
        while not self.is_closed:
            before_s = loop.time()
            await pulse(PING_INTERVAL_S)
            if loop.time() - before_s > 1.5 * PING_INTERVAL_S:
                # It was this process that stood still: the PONG may wait in the socket.
                continue
            self._pings_outstanding += 1
            if self._pings_outstanding > PINGS_OUTSTANDING_MAX:
                self.lose()
                return
            await self._send_ping()

    async def _process_op_err(self, e: Exception) -> None:
        self.lose()

    async def _process_err(self, err_msg: str) -> None:
        if "permissions violation" in err_msg:
            logger.error("the engine refused: %s", err_msg)
            return
        logger.warning("the engine closed the connection: %s", err_msg)
        self.lose()


async def _ignore(error: Exception) -> None:
    """Keeps nats-py quiet: an engine that is away is told once, by the link."""


def check_library() -> None:
    """Refuses a nats-py whose insides were not looked at. Errors: OperatorError."""
    found = nats.aio.client.__version__
    if found != LIBRARY_VERSION:
        raise OperatorError(
            f"nats-py {found} is installed but Folkmoot needs exactly {LIBRARY_VERSION}: "
            f"run pip install nats-py=={LIBRARY_VERSION}"
        )


async def self_test() -> None:
    """Feeds a plain and a headed message through the library's parser, split in the middle."""
    seen: list[tuple[bytes, bytes, bytes, bytes]] = []
    handlers: dict[int, Handler] = {7: lambda *message: seen.append(message)}
    client = LeanClient(handlers, lambda: None)
    head = b"NATS/1.0\r\nA: b\r\n\r\n"
    wire = b"MSG s.1 7 re 2\r\nhi\r\nHMSG s.2 7 %d %d\r\n%syo\r\nMSG s.3 8 1\r\nx\r\n" % (
        len(head),
        len(head) + 2,
        head,
    )
    for part in (wire[:30], wire[30:]):
        await client._ps.parse(part)
    expected = [(b"s.1", b"re", b"hi", b""), (b"s.2", b"", b"yo", head)]
    invariant(seen == expected, "nats-py's parser hands messages over as expected", seen=seen)
