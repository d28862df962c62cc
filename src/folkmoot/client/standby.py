"""Standby: a second connection on another server, ready to become the session's own.

It keeps the conference loaded there. When the first connection is lost the session goes on over
this one at once; when that server stays behind what the standby tells, the session goes over too.
A head that is told twice asks to look whether the own server lives: it must be heard, or answer.
The standby itself is doubted when it is behind the own server, or when the servers are ranked anew
and another would be chosen: then it has to answer soon, or gives way. A dead one is no standby.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from picows import WSError

from folkmoot.client.link import Link, open_link
from folkmoot.protocol import frames
from folkmoot.protocol.limits import KEEPALIVE_INTERVAL_MS, KEEPALIVE_TIMEOUT_MS, PROTOCOL_VERSION
from folkmoot.protocol.position import Position
from folkmoot.protocol.reading import UNREADABLE

log = logging.getLogger("folkmoot.client")

OPEN_AFTER_S: Final = (0.05, 0.3)
AGAIN_AFTER_S: Final = (0.5, 2.0)
WATCH_EVERY_S: Final = 0.5
DOUBTED_S: Final = 3.0
DOUBTED_ANSWER_S: Final = 1.0
"""For so long after a new ranking a standby is doubted, and so long it has to answer then."""

ASK_AFTER_S: Final = 0.06
SWITCH_AFTER_S: Final = 0.14
SWITCH_AFTER_S_MAX: Final = 1.0
"""Who is far away needs longer to answer: twice the round trip, up to this."""


class StandbyKeeper:
    """Keeps one standby connection open while the session is attached elsewhere.

    Caller: `run` in a task; `attached` on each welcome; `take` when the connection is lost. `heard`
    tells how far the own connection is known to be, `heard_at_s` when anything came on it and
    `round_trip_s` how far away its server is; `ask` sends a ping on it, `behind` is called when it
    stays behind or silent. `learn` gets paths and the path of the server that told them.
    """

    def __init__(
        self,
        url_of: Callable[[str], str],
        *,
        learn: Callable[[list[str], str], None],
        heard: Callable[[], Position],
        heard_at_s: Callable[[], float],
        round_trip_s: Callable[[], float],
        ask: Callable[[], None],
        behind: Callable[[], None],
        encryption: ssl.SSLContext | None = None,
    ) -> None:
        self._url_of = url_of
        self._learn = learn
        self._heard = heard
        self._heard_at_s = heard_at_s
        self._round_trip_s = round_trip_s
        self._told: Position | None = None
        self._ask = ask
        self._behind = behind
        self._encryption = encryption
        self._token = ""
        self._current = ""
        self._paths: list[str] = []
        self._changed = asyncio.Event()
        self._link: Link | None = None
        self._path = ""
        self._check: asyncio.TimerHandle | None = None
        self._doubted_until_s = 0.0

    def attached(self, token: str, current: str, paths: list[str]) -> None:
        """The session is attached by the server at `current`."""
        self._token, self._current, self._paths = token, current, paths
        if self._path == current:
            self._drop()
        elif self._link is not None and self._choose() != self._path:
            self._doubted_until_s = asyncio.get_running_loop().time() + DOUBTED_S
        self._changed.set()

    @property
    def path(self) -> str:
        """Where the standby connection leads, empty while there is none."""
        return self._path if self.ready else ""

    @property
    def ready(self) -> bool:
        """Whether a standby connection is open."""
        return self._link is not None and self._link.open

    def take(self, wanted: str = "") -> tuple[str, Link] | None:
        """The standby's path and connection, if there is one; it is the caller's from now on.

        Shape: `wanted` takes it only when it leads to that path.
        """
        if wanted and wanted != self._path:
            return None
        link, self._link = self._link, None
        self._stop_check()
        self._changed.set()
        if link is None or not link.open:
            return None
        return self._path, link

    def close(self) -> None:
        self._stop_check()
        self._drop()

    async def run(self) -> None:
        """Opens a standby whenever there is none, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await asyncio.sleep(random.uniform(*OPEN_AFTER_S))
            while self._link is None and (path := self._choose()):
                try:
                    await self._open(path)
                except (OSError, TimeoutError, WSError) as error:
                    log.debug("no standby at %s: %s", path, error)
                    await asyncio.sleep(random.uniform(*AGAIN_AFTER_S))
            if self._link is not None:
                await self._keep_alive(self._link)

    def _choose(self) -> str:
        """A path on another machine than the current one if there is any, else another server."""
        others = [path for path in self._paths if path != self._current]
        here = machine_of(self._url_of(self._current)) if self._current else ""
        elsewhere = [path for path in others if machine_of(self._url_of(path)) != here]
        return next(iter(elsewhere + others), "")

    async def _open(self, path: str) -> None:
        link = await open_link(self._url_of(path), self._message, self._encryption)
        if self._link is not None or path == self._current:
            link.abort()
            return
        self._path, self._link, self._told = path, link, None
        link.send(frames.encode(frames.Standby(PROTOCOL_VERSION, self._token)))

    async def _keep_alive(self, link: Link) -> None:
        """Returns when the standby is lost, or was taken."""
        loop = asyncio.get_running_loop()
        pinged_s = loop.time()
        while self._link is link and link.open:
            try:
                async with asyncio.timeout(WATCH_EVERY_S):
                    await link.lost.wait()
            except TimeoutError:
                now_s = loop.time()
                doubted = self._is_doubted(link, now_s)
                answer_s = DOUBTED_ANSWER_S if doubted else KEEPALIVE_TIMEOUT_MS / 1000
                if link.heard_at_s < pinged_s:
                    if now_s - pinged_s > answer_s:
                        log.info("the standby at %s does not answer", self._path)
                        break
                elif doubted or (now_s - pinged_s) * 1000 > KEEPALIVE_INTERVAL_MS:
                    pinged_s = now_s
                    link.send(frames.encode(frames.Ping()))
        if self._link is link:
            self._drop()
            self._stop_check()
            self._changed.set()

    def _is_doubted(self, link: Link, now_s: float) -> bool:
        heard, told = self._heard(), self._told
        trails = told is None or (heard.epoch == told.epoch and told.sequence < heard.sequence)
        silent = now_s - link.heard_at_s > WATCH_EVERY_S
        return silent and (trails or now_s < self._doubted_until_s)

    def _message(self, message: bytes) -> None:
        try:
            told = frames.decode_server(message)
        except UNREADABLE as error:
            log.warning("the standby sent what cannot be read: %s", error)
            self._drop()
            return
        for frame in told:
            if isinstance(frame, frames.Head):
                self._head(frame.position)
            elif isinstance(frame, frames.Servers):
                self._learn(frame.paths, self._path)

    def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.abort()

    # Is our own server behind?

    def _head(self, head: Position) -> None:
        again, self._told = head == self._told, head
        if self._check is None:
            loop = asyncio.get_running_loop()
            now_s = loop.time()
            if self._is_behind(head):
                met = lambda: not self._is_behind(head)
            elif again:
                met = lambda: self._heard_at_s() > now_s
            else:
                return
            self._check = loop.call_later(ASK_AFTER_S, self._ask_about, met)

    def _is_behind(self, head: Position) -> bool:
        heard = self._heard()
        return heard.epoch == head.epoch and heard.sequence < head.sequence

    def _ask_about(self, met: Callable[[], bool]) -> None:
        """What it applied may not concern us, or it has nothing to say: a pong tells."""
        self._check = None
        if not met():
            self._ask()
            loop = asyncio.get_running_loop()
            answer_s = min(SWITCH_AFTER_S_MAX, 2 * self._round_trip_s())
            self._check = loop.call_later(max(SWITCH_AFTER_S, answer_s), self._switch_unless, met)

    def _switch_unless(self, met: Callable[[], bool]) -> None:
        self._check = None
        if not met() and self._link is not None and self._link.open:
            log.info("%s stays behind; going over to %s", self._current, self._path)
            self._behind()

    def _stop_check(self) -> None:
        if self._check is not None:
            self._check.cancel()
            self._check = None


def machine_of(url: str) -> str:
    """The machine, as far as an address tells; a server may have a name of its own below it."""
    parts = urlsplit(url)
    return parts.netloc.removeprefix(f"{parts.path.rpartition('/')[2]}.")
