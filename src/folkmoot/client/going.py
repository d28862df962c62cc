"""Going over: the session attaches over another connection while its own may still serve it.

Its own server asks for that (it drains), or the client itself, for its server is silent: that may
be dead, or only slow. So it is kept until the other one has welcomed us, and a false alarm costs
nothing. But a dead one is given up at once where the log takes nothing just now, for then the
welcome is seconds away, and all that the other server can do meanwhile counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from folkmoot.client.link import Link
from folkmoot.client.session import ClientSession

DOUBT_S: Final = 1.0
"""How long the welcome may take while our own server is silent."""


class GoingOver:
    """One attempt.

    Shape: `own` is the connection that may still serve us, `doubted` when it is silent. One of the
    two is called at most once: `moved` in the moment of the welcome; `given_up` when our own server
    is left without one, with what the other told until then.
    """

    def __init__(
        self,
        session: ClientSession,
        own: Link,
        *,
        doubted: bool,
        moved: Callable[[str, Link], None],
        given_up: Callable[[str, Link, list[bytes]], None],
    ) -> None:
        self._session = session
        self._own = own
        self._doubted = doubted
        self._moved = moved
        self._given_up = given_up
        self._began_s = 0.0
        self._told: list[bytes] = []

    async def attach(self, path: str, link: Link) -> bool:
        """Whether `link` is the session's own connection now; else it is closed.

        Caller: bounds the time.
        """
        session, loop = self._session, asyncio.get_running_loop()
        over: asyncio.Future[bool] = loop.create_future()
        kept = False

        def leave() -> None:
            nonlocal kept
            if not over.done() and self._is_silent():
                kept = True
                over.set_result(True)
                self._given_up(path, link, self._told)

        def heard(message: bytes) -> None:
            nonlocal kept
            if over.done():
                return
            moved = session.receive_elsewhere(message)
            if moved is None:
                self._told.append(message)
                if session.waits_elsewhere:
                    leave()
                return
            kept = moved
            over.set_result(moved)
            if moved:
                self._moved(path, link)

        link.on_message = heard
        patience = loop.call_later(DOUBT_S, leave)
        try:
            if not session.token or session.ended is not None or not link.open:
                return False
            self._began_s = loop.time()
            link.send(session.move_frame())
            lost: asyncio.Future[Any] = asyncio.ensure_future(link.lost.wait())
            ends: list[asyncio.Future[Any]] = [over, lost]
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                lost.cancel()
            return kept
        finally:
            patience.cancel()
            if not kept:
                link.abort()

    def _is_silent(self) -> bool:
        """Whether nothing came from our own server since we asked."""
        return self._doubted and not (self._own.open and self._own.heard_at_s > self._began_s)
