"""A connection to the engine that is always there or coming back.

It owns the table of subscriptions and the requests in flight; each loss of the connection fails
the requests at once (their outcome is unknown) and a fresh client takes over the subscriptions.
What the subjects mean is for others to know.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import ssl
from collections.abc import Callable

from nats.errors import Error as NatsError

from folkmoot.engine.dispatch import Handler, LeanClient
from folkmoot.engine.tls import NodeContext
from folkmoot.errors import invariant
from folkmoot.ports import LogUnavailable

RECONNECT_WAIT_S = 0.05
RECONNECT_WAIT_LONG_S = 0.15
RECONNECTS_QUICK = 60
BACKLOG_BYTES_MAX = 32 << 20
HOME_AFTER_S = (1.0, 3.0)
HOME_QUIET_S = 1.0
HOME_POLL_S = 0.01
REQUESTS_MAX = 16_384
SUBSCRIPTIONS_MAX = 100_000
SERVERS_MAX = 32
STATUS_NO_RESPONDERS = 503

OnReply = Callable[[bytes, bytes], bool]
"""Called with payload and raw headers of each reply; true when it was the last."""

logger = logging.getLogger(__name__)


def status_of(headers: bytes) -> int:
    """The status in the first line of raw headers, 0 when there is none."""
    line = headers[8:12]
    return int(line) if line[:1] == b" " and line[1:].isdigit() else 0


class NobodyListens(LogUnavailable):
    """Certainly not received by anybody."""


class _Exchange:
    """A request and what it waits for."""

    __slots__ = ("future", "idle_s", "on_reply", "seen", "timer")

    def __init__(self, future: asyncio.Future[None], on_reply: OnReply, idle_s: float) -> None:
        self.future = future
        self.on_reply = on_reply
        self.idle_s = idle_s
        self.seen = False
        self.timer: asyncio.TimerHandle | None = None


class Link:
    """Keeps one connection to any of the servers, for ever, until closed.

    Shape: `home` is the engine of our own machine. Over it we hear the zone also when another
    machine is gone, and nobody else's end cuts us off: so we go back to it when it is there again.
    Caller: `start` on a running loop; all calls from that loop.
    """

    def __init__(
        self,
        servers: list[str],
        *,
        user: str,
        password: str,
        name: str,
        tls: ssl.SSLContext | None = None,
        home: str = "",
    ) -> None:
        invariant(bool(servers), "a link needs a server")
        self.name = name
        self.connections = 0
        self._servers = list(servers)
        self._tls = tls
        self._home = home
        self._url = ""
        self._home_told = asyncio.Event()
        self._prepared: LeanClient | None = None
        self._seeking: asyncio.Task[None] | None = None
        self._user = user
        self._password = password
        self._client: LeanClient | None = None
        self._up = asyncio.Event()
        self._lost = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._sid_last = 0
        self._subjects: dict[int, bytes] = {}
        self._handlers: dict[int, Handler] = {}
        self._on_servers: list[Callable[[list[str]], None]] = []
        self._on_up: list[Callable[[], None]] = []
        self._on_down: list[Callable[[], None]] = []
        self._exchanges: dict[bytes, _Exchange] = {}
        self._token_last = 0
        self._inbox = f"_INBOX.{secrets.token_hex(8)}."
        self.subscribe_nowait(self._inbox + "*", self._on_inbox)

    # --- life

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(
            self._keep_connected(), name=f"engine link {self.name}"
        )
        if self._home:
            self._seeking = asyncio.get_running_loop().create_task(
                self._seek_home(), name=f"engine link {self.name} home"
            )

    async def close(self) -> None:
        self._closing = True
        tasks = [task for task in (self._task, self._seeking) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._prepared is not None:
            self._prepared.lose()
        client = self._client
        if client is not None:
            try:
                async with asyncio.timeout(0.5):
                    await client.round_trip()
            except (LogUnavailable, TimeoutError):
                pass
            client.lose()
            await client.wait_ended()

    @property
    def connected(self) -> bool:
        return self._up.is_set()

    async def wait_connected(self) -> None:
        await self._up.wait()

    def on_reconnect(self, callback: Callable[[], None]) -> None:
        """Calls back after each connection but the first, with all subscriptions restored."""
        self._on_up.append(callback)

    def on_disconnect(self, callback: Callable[[], None]) -> None:
        self._on_down.append(callback)

    def on_servers(self, callback: Callable[[list[str]], None]) -> None:
        """Calls back with all addresses when the engine named one that was not known."""
        self._on_servers.append(callback)

    def _on_told(self, addresses: list[str]) -> None:
        # Only with certificates: what they prove makes it harmless whom we are told to ask.
        told = [f"tls://{address}" for address in addresses] if self._tls else []
        if self._home.partition("://")[2] in addresses:
            self._home_told.set()
        else:
            self._home_told.clear()
        new = [url for url in told if url not in self._servers]
        if new and len(self._servers) + len(new) <= SERVERS_MAX:
            self._servers += new
            for callback in self._on_servers:
                callback(list(self._servers))

    async def _keep_connected(self) -> None:
        attempt, failures = 0, 0
        while not self._closing:
            url = self._servers[attempt % len(self._servers)]
            attempt += 1
            self._lost = asyncio.Event()
            if await self._connect_once(url):
                failures = 0
                await self._lost.wait()
            else:
                # Trying costs 1-2 ms of CPU; after some seconds 20 a second are too many.
                failures += 1
                quick = failures <= RECONNECTS_QUICK
                await asyncio.sleep(RECONNECT_WAIT_S if quick else RECONNECT_WAIT_LONG_S)

    async def _connect_once(self, url: str) -> bool:
        client, self._prepared = self._prepared, None
        try:
            if client is None:
                client = await self._open(url)
            else:
                url = self._home
            self._client = client
            for sid, subject in self._subjects.items():
                client.write(b"SUB %s %d\r\n" % (subject, sid))
            async with asyncio.timeout(2.0):
                await client.round_trip()
        except (OSError, TimeoutError, NatsError, LogUnavailable, ValueError) as error:
            logger.debug("no connection to the engine at %s: %r", url, error)
            self._client = None
            if client is not None:
                client.lose()
            return False
        except BaseException:
            if client is not None:
                client.lose()
            raise
        self._url = url
        self._up.set()
        if self.connections:
            logger.info("connected to the engine again")
            for callback in self._on_up:
                callback()
        self.connections += 1
        return True

    async def _open(self, url: str) -> LeanClient:
        """Errors: those of `LeanClient.open`; nothing is left open then."""
        client = LeanClient(self._handlers, lambda: self._on_lost(client), self._on_told)
        if isinstance(self._tls, NodeContext):
            self._tls.refresh()
        try:
            await client.open(
                url, user=self._user, password=self._password, name=self.name, tls=self._tls
            )
        except BaseException:
            client.lose()
            raise
        return client

    async def _seek_home(self) -> None:
        """Goes back to our machine's engine once the others say that it is there.

        The new connection stands before the old one is left, at a moment without questions open.
        """
        while True:
            await self._home_told.wait()
            await asyncio.sleep(random.uniform(*HOME_AFTER_S))
            if self._client is None:
                continue
            if self._url == self._home:
                self._home_told.clear()
                continue
            try:
                client = await self._open(self._home)
            except (OSError, TimeoutError, NatsError, LogUnavailable, ValueError) as error:
                logger.debug("not home yet: %r", error)
                continue
            self._prepared = client
            quiet_s = HOME_QUIET_S
            while self._exchanges and quiet_s > 0:
                await asyncio.sleep(HOME_POLL_S)
                quiet_s -= HOME_POLL_S
            if self._client is not None and self._prepared is client:
                logger.info("going over to the engine of this machine")
                self._client.lose()

    def _on_lost(self, client: LeanClient) -> None:
        """Comes in the moment of the loss, so that nobody writes into a dead connection."""
        if client is self._prepared:
            self._prepared = None
        if client is not self._client:
            return
        self._client = None
        self._lost.set()
        was_up = self._up.is_set()
        self._up.clear()
        waiting = list(self._exchanges.values())
        self._exchanges.clear()
        for exchange in waiting:
            self._fail(exchange, "the connection to the engine was lost")
        if was_up and not self._closing:
            logger.info("connection to the engine lost")
            for callback in self._on_down:
                callback()

    # --- sending and subscriptions

    def send(self, subject: str, payload: bytes, reply: str = "", headers: bytes = b"") -> None:
        """Writes one message. Errors: `LogUnavailable` when it was certainly not sent."""
        client = self._client
        if client is None or not self._up.is_set():
            raise LogUnavailable("there is no connection to the engine")
        if client.backlog_bytes > BACKLOG_BYTES_MAX:
            raise LogUnavailable("the engine does not keep up with what is sent")
        size = len(payload) + len(headers)
        invariant(size <= client.payload_bytes_max, "a message fits the engine", bytes=size)
        if headers:
            head = f"HPUB {subject} {reply} {len(headers)} {size}\r\n".encode() + headers
        else:
            head = f"PUB {subject} {reply} {size}\r\n".encode()
        client.write(b"%s%s\r\n" % (head, payload))

    def subscribe_nowait(self, subject: str, handler: Handler) -> int:
        invariant(len(self._subjects) < SUBSCRIPTIONS_MAX, "subscriptions are bounded")
        self._sid_last += 1
        sid = self._sid_last
        self._subjects[sid] = subject.encode()
        self._handlers[sid] = handler
        if self._client is not None:
            self._client.write(b"SUB %s %d\r\n" % (self._subjects[sid], sid))
        return sid

    def unsubscribe_nowait(self, sid: int) -> None:
        if self._subjects.pop(sid, None) is None:
            return
        del self._handlers[sid]
        if self._client is not None:
            self._client.write(b"UNSUB %d\r\n" % sid)

    async def subscribe(self, subject: str, handler: Handler) -> LinkSubscription:
        """Returns when the engine has the subscription, however long it is away."""
        sid = self.subscribe_nowait(subject, handler)
        try:
            while True:
                await self._up.wait()
                client = self._client
                if client is not None:
                    try:
                        await client.round_trip()
                        return LinkSubscription(self, sid)
                    except LogUnavailable:
                        continue
        except BaseException:
            self.unsubscribe_nowait(sid)
            raise

    # --- requests

    async def request(
        self, subject: str, payload: bytes, timeout_s: float, headers: bytes = b""
    ) -> tuple[bytes, bytes]:
        """Sends, and returns payload and raw headers of the one reply.

        Errors: `LogUnavailable` when nobody answers; whether it took effect is unknown.
        """
        replies: list[tuple[bytes, bytes]] = []

        def on_reply(data: bytes, reply_headers: bytes) -> bool:
            replies.append((data, reply_headers))
            return True

        await self.request_many(subject, payload, timeout_s, on_reply, headers)
        if not replies[0][0] and status_of(replies[0][1]) == STATUS_NO_RESPONDERS:
            raise NobodyListens(f"nobody listens on {subject}")
        return replies[0]

    async def request_many(
        self, subject: str, payload: bytes, idle_s: float, on_reply: OnReply, headers: bytes = b""
    ) -> None:
        """Sends, and calls `on_reply` until it says that was the last reply.

        Errors: `LogUnavailable` when no reply comes for `idle_s`.
        """
        if len(self._exchanges) >= REQUESTS_MAX:
            raise LogUnavailable("too many requests to the engine wait for an answer")
        loop = asyncio.get_running_loop()
        self._token_last += 1
        token = b"%x" % self._token_last
        exchange = _Exchange(loop.create_future(), on_reply, idle_s)
        self.send(subject, payload, self._inbox + token.decode(), headers)
        self._exchanges[token] = exchange
        exchange.timer = loop.call_later(idle_s, self._on_idle, exchange)
        try:
            await exchange.future
        finally:
            exchange.timer.cancel()
            self._exchanges.pop(token, None)

    def _on_inbox(self, subject: bytes, _reply: bytes, data: bytes, headers: bytes) -> None:
        exchange = self._exchanges.get(subject[len(self._inbox) :])
        if exchange is None or exchange.future.done():
            return
        exchange.seen = True
        try:
            if exchange.on_reply(data, headers):
                exchange.future.set_result(None)
        except Exception as error:  # noqa: BLE001
            # It belongs to who asked, not to the parser.
            exchange.future.set_exception(error)

    def _on_idle(self, exchange: _Exchange) -> None:
        if exchange.seen:
            exchange.seen = False
            loop = asyncio.get_running_loop()
            exchange.timer = loop.call_later(exchange.idle_s, self._on_idle, exchange)
            return
        self._fail(exchange, f"the engine did not answer within {exchange.idle_s:g} s")

    @staticmethod
    def _fail(exchange: _Exchange, reason: str) -> None:
        if not exchange.future.done():
            exchange.future.set_exception(LogUnavailable(reason))


class LinkSubscription:
    """Ends with `close`; closing twice is harmless."""

    def __init__(self, link: Link, sid: int) -> None:
        self._link = link
        self._sid = sid

    async def close(self) -> None:
        self._link.unsubscribe_nowait(self._sid)
