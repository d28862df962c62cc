"""Plain messaging between processes over a link (the port is `ports.Messaging`)."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import cast

from folkmoot.engine.link import Link
from folkmoot.errors import invariant
from folkmoot.ports import LogUnavailable, Subscription

RESPONDING_MAX = 256
_SUBJECT = re.compile(r"[A-Za-z0-9_$-]+(\.[A-Za-z0-9_$-]+)*(\.[*>]|\.\*(\.[A-Za-z0-9_$*-]+)+)?")

logger = logging.getLogger(__name__)


class EngineMessaging:
    """At most once, nothing stored; publishing without a connection raises `LogUnavailable`."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._responding: set[asyncio.Task[None]] = set()

    async def publish(self, subject: str, payload: bytes) -> None:
        self.publish_nowait(subject, payload)

    def publish_nowait(self, subject: str, payload: bytes) -> None:
        self._link.send(_checked(subject), payload)

    async def subscribe(
        self, subject: str, on_message: Callable[[str, bytes], None]
    ) -> Subscription:
        """Waits for the engine, however long it is away."""

        def handle(name: bytes, _reply: bytes, data: bytes, _headers: bytes) -> None:
            on_message(name.decode(), data)

        return await self._link.subscribe(_checked(subject), handle)

    async def request(self, subject: str, payload: bytes, timeout_s: float) -> bytes:
        data, _ = await self._link.request(_checked(subject), payload, timeout_s)
        return data

    async def respond(self, subject: str, handler: Callable[[bytes], object]) -> Subscription:
        """Answers requests, at most `RESPONDING_MAX` at a time; the rest get no answer."""
        answer = cast(Callable[[bytes], Awaitable[bytes]], handler)

        def handle(_subject: bytes, reply: bytes, data: bytes, _headers: bytes) -> None:
            if reply and len(self._responding) < RESPONDING_MAX:
                task = asyncio.get_running_loop().create_task(
                    self._answer(answer, reply.decode(), data), name=f"answer on {subject}"
                )
                self._responding.add(task)
                task.add_done_callback(self._responding.discard)

        return await self._link.subscribe(_checked(subject), handle)

    async def _answer(
        self, answer: Callable[[bytes], Awaitable[bytes]], reply: str, data: bytes
    ) -> None:
        try:
            self._link.send(reply, await answer(data))
        except LogUnavailable:
            pass  # the asker gives up by its own clock
        except Exception:
            logger.exception("a request could not be answered")

    async def close(self) -> None:
        for task in self._responding:
            task.cancel()
        await asyncio.gather(*self._responding, return_exceptions=True)


def _checked(subject: str) -> str:
    invariant(_SUBJECT.fullmatch(subject) is not None, "a subject is well formed", subject=subject)
    return subject
