"""Draws the pages of one PDF in children, puts them into the store, and tells how far they are.

Pages are dealt out in turn to as many children as there are cores to use, so the first ones are
there first. A page at which a child dies is given up: an empty one takes its place, another child
goes on behind it. One that only takes too long is tried once more: the machine may have slept.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Final, Protocol

import msgspec

from folkmoot.ports import LogUnavailable, Objects
from folkmoot.servers.applications.child_process import ConfinedChild
from folkmoot.servers.applications.conferences import NotNow
from folkmoot.servers.applications.jobs import ChildLimits, Died
from folkmoot.servers.slides.job import FONTS, Draw, Drawn, Opened, Refusal, Reply, Small
from folkmoot.servers.slides.kinds import NotTaken
from folkmoot.servers.slides.store import large_name, small_name

LIMITS: Final = ChildLimits(wall_s=45.0, cpu_s=600, memory_bytes=1536 << 20)
"""`wall_s` is for a page, `cpu_s` for all."""

BAD_PAGES_MAX: Final = 5
RESTARTS_MAX: Final = 3
"""Of one lane's child that somebody else ended."""

WAITS_S: Final = (0.2, 0.5, 1.0, 2.0, 4.0, 6.0)
UNREADABLE: Final = "This file cannot be read: what reads it ends over it."

_encode = msgspec.msgpack.encode


class Parts(Protocol):
    """A child that answers bit by bit."""

    def parts(self, payload: bytes) -> AsyncGenerator[bytes | Died, None]: ...


def drawing_child() -> ConfinedChild:
    return ConfinedChild("folkmoot.servers.slides.child", "slides", LIMITS)


def writing_child() -> ConfinedChild:
    """One that has fonts, for `Annotate`."""
    return ConfinedChild("folkmoot.servers.slides.child", "slides", LIMITS, (FONTS,))


async def replies(child: Parts, job: msgspec.Struct) -> AsyncGenerator[Reply | Died, None]:
    """What a child says to a job, decoded. Errors: `NotTaken` for a refusal."""
    async with contextlib.aclosing(child.parts(_encode(job))) as parts:
        async for part in parts:
            if isinstance(part, Died):
                yield part
                return
            reply = msgspec.msgpack.decode(part, type=Reply)
            if isinstance(reply, Refusal):
                raise NotTaken(reply.reason)
            yield reply


class Drawing:
    """One PDF on its way. Shape: `ready` first pages are in the store; `sizes` once it is open.

    Caller: `run`, which calls `opened` once before any page is put, and `more` whenever `ready`
    has grown.
    """

    def __init__(
        self,
        objects: Objects,
        child: Callable[[], Parts],
        lanes: int,
        opened: Callable[[list[int]], Awaitable[str]],
        more: Callable[[], None],
    ) -> None:
        self._objects = objects
        self._child = child
        self._lanes = lanes
        self._opened = opened
        self._more = more
        self._opening = asyncio.Lock()
        self._folder = ""
        self._bad = 0
        self._there: set[int] = set()
        self.sizes: list[int] = []
        self.ready = 0

    @property
    def pages(self) -> int:
        return len(self.sizes) // 2

    async def run(self, pdf: bytes, ready: int) -> None:
        """Draws what comes after the first `ready` pages.

        Errors: `NotTaken`, `NotNow`, and those of the store and of `opened`.
        """
        self.ready = ready
        lanes = [self._lane(pdf, ready + 1 + n) for n in range(self._lanes)]
        async with contextlib.AsyncExitStack() as stack:
            tasks = [asyncio.ensure_future(lane) for lane in lanes]
            stack.push_async_callback(_cancel, tasks)
            await asyncio.gather(*tasks)

    async def _lane(self, pdf: bytes, first: int) -> None:
        """Every `lanes`-th page from the first on."""
        at, bad, restarts, late_at = first, list[int](), 0, 0
        while True:
            died = None
            job = Draw(pdf, at, self._lanes, bad)
            async with contextlib.aclosing(replies(self._child(), job)) as said:
                async for reply in said:
                    if isinstance(reply, Died):
                        died = reply
                    elif isinstance(reply, Opened):
                        await self._open(reply.sizes)
                    elif isinstance(reply, Drawn):
                        await self._put(reply)
                        at = reply.page + self._lanes
            if died is None:
                return
            if not died.by_itself:
                restarts += 1
                if restarts > RESTARTS_MAX:
                    raise NotNow(f"It could not be drawn: {died.reason}.", excused=not died.begun)
            elif died.late and at != late_at:
                late_at = at
            elif not self.sizes or at in bad:
                raise NotTaken(UNREADABLE)
            else:
                self._bad += 1
                if self._bad > BAD_PAGES_MAX:
                    raise NotTaken(f"More than {BAD_PAGES_MAX} of its pages cannot be drawn.")
                bad = [at]

    async def _open(self, sizes: list[int]) -> None:
        """Each child tells the sizes; the first one counts."""
        async with self._opening:
            if not self.sizes:
                self._folder = await self._opened(sizes)
                self.sizes = sizes

    async def _put(self, drawn: Drawn) -> None:
        small = Small(drawn.small, drawn.text, drawn.lines)
        for name, data in (
            (large_name(self._folder, drawn.page), drawn.large),
            (small_name(self._folder, drawn.page), _encode(small)),
        ):
            await patiently(lambda: self._objects.put(name, data))  # noqa: B023
        self._there.add(drawn.page)
        before = self.ready
        while self.ready + 1 in self._there:
            self.ready += 1
            self._there.discard(self.ready)
        if self.ready > before:
            self._more()


async def patiently(work: Callable[[], Awaitable[object]]) -> None:
    """Tries again while the engine finds a new leader. Errors: `LogUnavailable` at last."""
    for wait_s in WAITS_S:
        try:
            await work()
            return
        except LogUnavailable:
            await asyncio.sleep(wait_s)
    await work()


async def _cancel(tasks: Sequence[asyncio.Future[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
