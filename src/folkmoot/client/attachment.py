"""Attachment: keeps a session connected to some server, whatever happens to servers. Thin."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import ssl
import time
from collections.abc import Callable
from typing import Final

from picows import WSError

from folkmoot.client.going import GoingOver
from folkmoot.client.link import Link, open_link
from folkmoot.client.log_clock import LogClock
from folkmoot.client.session import ClientSession
from folkmoot.client.standby import StandbyKeeper
from folkmoot.protocol.frames import Pong
from folkmoot.protocol.limits import KEEPALIVE_INTERVAL_MS, KEEPALIVE_TIMEOUT_MS
from folkmoot.protocol.position import Position

log = logging.getLogger("folkmoot.client")

FIRST_RETRY_JITTER_S: Final = 0.03
QUICK_TRIES: Final = 4
SOON_RETRY_JITTER_S: Final = 0.25
SOON_TRIES: Final = 16
RETRY_MAX_S: Final = 5.0
PATHS_MAX: Final = 16
WATCH_EVERY_S: Final = 0.25
PING_AFTER_S: Final = KEEPALIVE_INTERVAL_MS / 1000
ANSWER_S: Final = 0.75
"""How long an answer may take while work waits and another server is ready."""
MOVE_S: Final = 4.0
"""How long going over to another server may take while our own goes on."""
MOVE_LATE_S: Final = 1.0
"""How long it may still take once our own server is lost."""
MOVE_TRIES_MAX: Final = 3


class Attachment:
    """The session's connection, and the one that stands by.

    Caller: `run` in a task until cancelled or `stop`; `flush` after each input to the session.
    `on_message` gets each message of the server; `on_lost` is called when a connection has ended,
    `on_moved` when the session was welcomed on another one while the last still served it.
    """

    def __init__(
        self,
        base_url: str,
        paths: list[str],
        session: ClientSession,
        *,
        on_message: Callable[[bytes], None],
        on_lost: Callable[[], None],
        on_moved: Callable[[], None],
        encryption: ssl.SSLContext | None = None,
        standby: bool = True,
    ) -> None:
        self._stands_by = standby
        self._base = base_url.rstrip("/")
        self._encryption = encryption
        self._paths = self._trusted(paths)
        self._session = session
        self._clock = LogClock()
        self._on_message = on_message
        self._on_lost = on_lost
        self._on_moved = on_moved
        self._move: asyncio.Task[None] | None = None
        self._link: Link | None = None
        self._welcomed = False
        self._stopped = False
        self._moving = False
        self._doubts = False
        self.switched = 0
        self._standby = StandbyKeeper(
            self._url_of,
            learn=self._learn_from,
            heard=lambda: Position(session.position.epoch, session.heard),
            heard_at_s=lambda: self._link.heard_at_s if self._link is not None else math.inf,
            round_trip_s=lambda: self._link.round_trip_s if self._link is not None else 0.0,
            ask=self._ping,
            behind=self._leave_slow,
            encryption=encryption,
        )

    async def run(self) -> None:
        """Stays attached until stopped."""
        standby = None
        if self._stands_by:
            standby = asyncio.create_task(self._standby.run(), name="folkmoot-standby")
        try:
            await self._stay_attached()
        finally:
            if standby is not None:
                standby.cancel()
            if self._move is not None:
                self._move.cancel()
            self._standby.close()

    @property
    def paths(self) -> list[str]:
        """The servers that are known, best first."""
        return list(self._paths)

    def flush(self) -> None:
        """Sends what the session has to send, if there is a connection."""
        link = self._link
        if link is not None:
            for message in self._session.take_outgoing():
                link.send(message)

    def welcomed(self) -> None:
        """The session was welcomed on the current connection."""
        self._welcomed = True
        self._standby.attached(self._session.token, self._paths[0], self._paths)
        self._ping()  # the answer tells the log's time

    def told(self, pong: Pong) -> None:
        """The answer to a ping."""
        self._clock.told(pong.nonce, pong.time_ms, self._steady_ms())

    def log_ms(self) -> int | None:
        """The log's time, or None before the first answer."""
        return self._clock.at(self._steady_ms())

    def learn(self, paths: list[str]) -> None:
        """A new ranking of servers.

        The current server stays first, so that the next try after its loss is another one. Servers
        that are not told any more stay last: one that was just replaced is back before we are told.
        """
        self._learn_from(paths, self._paths[0])

    def _learn_from(self, paths: list[str], teller: str) -> None:
        known = dict.fromkeys([self._paths[0], *self._whole(paths, teller), *self._paths])
        self._paths = list(known)[:PATHS_MAX]
        if self._session.attached:
            self._standby.attached(self._session.token, self._paths[0], self._paths)

    def move_to(self, path: str) -> None:
        """Goes to the server at this path, or to another one if that fails."""
        self._paths = [path, *(other for other in self._paths if other != path)]
        if self._link is not None:
            self._moving = True
            self._link.abort()

    def move_over(self, paths: list[str]) -> None:
        """Goes on over one of these servers; our own serves us until we are welcomed there."""
        if self._move is None and self._link is not None and self._session.attached:
            self._go(paths, doubted=False)

    def _go(self, paths: list[str], *, doubted: bool) -> None:
        going = self._go_over(paths, doubted=doubted)
        self._move = asyncio.create_task(going, name="folkmoot-move")
        self._move.add_done_callback(self._move_ended)

    def _leave_slow(self) -> None:
        """Our server is silent, or behind the standby: it may be dead, or only slow."""
        if self._move is None and self._session.attached and self._standby.ready:
            self._doubts = True
            self._go([self._standby.path], doubted=True)
        elif not self._doubts:
            self.switched += 1
            self.drop()

    def drop(self) -> None:
        """Drops the connection; the session goes on over another one."""
        if self._link is not None:
            self._link.abort()

    @property
    def standby_ready(self) -> bool:
        return self._standby.ready

    def stop(self) -> None:
        """Ends for good."""
        self._stopped = True
        if self._link is not None:
            self._link.close()

    @property
    def url(self) -> str:
        """The address of the current server, or of the one that is tried next."""
        return self._url_of(self._paths[0])

    # Moving

    async def _go_over(self, paths: list[str], *, doubted: bool) -> None:
        own = self._link
        if own is None:
            return
        whole = paths if doubted else self._trusted(self._whole(paths, self._paths[0]))
        ready = [path for path in whole if path == self._standby.path]
        targets = list(dict.fromkeys([*ready, *whole]))[:MOVE_TRIES_MAX]
        asked = doubted
        try:
            async with asyncio.timeout(MOVE_S):
                for path in targets:
                    link = await self._target(path)
                    if link is not None:
                        asked = True
                        going = GoingOver(
                            self._session,
                            own,
                            doubted=doubted,
                            moved=self._moved,
                            given_up=self._gave_up,
                        )
                        if await going.attach(path, link):
                            return
                        break
        except TimeoutError:
            log.info("going over to another server took too long")
        if asked and self._link is own:
            # It may have come through after all: only attaching anew tells.
            self.switched += doubted
            self.drop()

    async def _target(self, path: str) -> Link | None:
        taken = self._standby.take(path)
        if taken is not None:
            return taken[1]
        try:
            return await open_link(self._url_of(path), self._on_message, self._encryption)
        except (OSError, TimeoutError, WSError) as error:
            log.debug("no connection to %s: %s", path, error)
            return None

    def _moved(self, path: str, link: Link) -> None:
        """The welcome came: at once, for what follows it is already on this connection."""
        before = self._take_over(path, link)
        self._on_moved()
        self.flush()
        if before is not None:
            before.abort()

    def _gave_up(self, path: str, link: Link, told: list[bytes]) -> None:
        """Our own server is taken for lost; the other one was asked to attach us already."""
        log.info("%s is silent; going over to %s", self._paths[0], path)
        before = self._take_over(path, link)
        self.switched += 1
        self._welcomed = False
        if before is not None:
            before.abort()
        self._session.given_up()
        self._on_lost()
        for message in told:
            self._on_message(message)
        self.flush()

    def _take_over(self, path: str, link: Link) -> Link | None:
        """Makes this connection the session's own; returns the one before."""
        before, self._link = self._link, link
        link.on_message = self._on_message
        self._paths = [path, *(other for other in self._paths if other != path)]
        return before

    def _move_ended(self, task: asyncio.Task[None]) -> None:
        self._move, self._doubts = None, False
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("going over to another server failed", exc_info=error)
            self.drop()

    async def _moved_from(self, link: Link) -> bool:
        """Whether the session went on over another connection than this one, which is lost."""
        if self._move is not None:
            await asyncio.wait([self._move], timeout=MOVE_LATE_S)
            if self._move is not None and self._link is link:
                self._move.cancel()
        return self._link is not link and self._link is not None

    # Inside

    def _whole(self, paths: list[str], teller: str) -> list[str]:
        """What the server at `teller` told: its paths are those of its own machine."""
        there = teller[: teller.index("/s/")] if "://" in teller else ""
        full = [path if "://" in path else there + path for path in paths]
        return [path.removeprefix(self._base) for path in full]

    def _url_of(self, path: str) -> str:
        """Paths are relative to the address we came by; other machines are named in full."""
        url = path if "://" in path else self._base + path
        return url.replace("http", "ws", 1) if url.startswith("http") else url

    def _trusted(self, paths: list[str]) -> list[str]:
        """Who came by TLS is led to no address without it, whoever names one."""
        if not self._base.startswith("https:"):
            return paths
        return [path for path in paths if not path.startswith("http:")]

    async def _stay_attached(self) -> None:
        attempt = 0
        while not self._stopped:
            self._welcomed = False
            try:
                self._link = await self._connect()
                self._session.opened()
                self.flush()
                link = self._link
                await self._watch(link)
                while await self._moved_from(link):
                    link = self._link
                    await self._watch(link)
                if self._welcomed:
                    attempt = 0
            except (OSError, TimeoutError, WSError) as error:
                log.debug("no connection to %s: %s", self._paths[0], error)
            if self._link is not None:
                self._link.abort()
                self._link = None
            self._session.lost()
            self._on_lost()
            if self._moving:
                continue
            self._paths = self._paths[1:] + self._paths[:1]
            if not self._stopped and not (attempt == 0 and self._standby.ready):
                await asyncio.sleep(self._delay_s(attempt))
            attempt += 1

    async def _connect(self) -> Link:
        """The standby if there is one, else a new connection; to move is to want one path."""
        moving, self._moving = self._moving, False
        taken = self._standby.take(self._paths[0] if moving else "")
        if taken is not None:
            path, link = taken
            self._paths = [path, *(other for other in self._paths if other != path)]
            link.on_message = self._on_message
            return link
        return await open_link(self._url_of(self._paths[0]), self._on_message, self._encryption)

    @staticmethod
    def _delay_s(attempt: int) -> float:
        """At once for the first tries, soon while a server is being replaced, then patient."""
        if attempt < QUICK_TRIES:
            longest_s = FIRST_RETRY_JITTER_S
        elif attempt < SOON_TRIES:
            longest_s = SOON_RETRY_JITTER_S
        else:
            longest_s = min(RETRY_MAX_S, SOON_RETRY_JITTER_S * 2.0 ** (attempt - SOON_TRIES))
        return random.uniform(0, longest_s)

    async def _watch(self, link: Link) -> None:
        """Waits until the connection is lost, keeping it alive and noticing when it is dead.

        Only silence after a ping counts: a room where nothing happens is silent too.
        """
        loop = asyncio.get_running_loop()
        pinged_s = 0.0
        while not link.lost.is_set():
            try:
                async with asyncio.timeout(WATCH_EVERY_S):
                    await link.lost.wait()
            except TimeoutError:
                now_s, waits = loop.time(), bool(self._session.unacknowledged)
                if link.heard_at_s < pinged_s:
                    if now_s - pinged_s > self._patience_s() and self._link is link:
                        log.info("%s does not answer", self._paths[0])
                        self._leave_slow()
                elif now_s - link.heard_at_s > (WATCH_EVERY_S if waits else PING_AFTER_S):
                    pinged_s = now_s
                    self._ping()

    def _patience_s(self) -> float:
        """How long an answer may take: not long if work waits and another server is ready."""
        if self._session.unacknowledged and self._standby.ready:
            return ANSWER_S
        return KEEPALIVE_TIMEOUT_MS / 1000

    def _ping(self) -> None:
        self._session.ping(self._clock.asked(self._steady_ms()))
        self.flush()

    @staticmethod
    def _steady_ms() -> float:
        return time.monotonic() * 1000
