"""A page's server freezes or dies while others talk: the page goes on over its standby."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, WebSocket, expect

from folkmoot.client import Conference, connect
from folkmoot.testing.zone import Zone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

SERVERS = ("collaboration-1", "collaboration-2")
GAP_S_MAX = 6.0
"""A frozen server is left in a fraction of a second; this machine may be slow, and the watchdog,
which takes ten seconds, must have had no part in it."""

RECORD_KINDS = """() => {
    const sign = document.querySelector(".fm-connection");
    window.kinds = [sign.dataset.kind];
    new MutationObserver(() => {
        const now = document.querySelector(".fm-connection")?.dataset.kind;
        if (now !== window.kinds.at(-1)) window.kinds.push(now);
    }).observe(document.body, {attributes: true, childList: true, subtree: true});
}"""


class Standbys:
    """Which servers a page has told that it waits there."""

    def __init__(self, page: Page) -> None:
        self.waiting: dict[WebSocket, str] = {}
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda payload: self._sent(socket, payload))
        socket.on("close", self._closed)

    def _closed(self, socket: WebSocket) -> None:
        self.waiting.pop(socket, None)

    def _sent(self, socket: WebSocket, payload: bytes | str) -> None:
        if isinstance(payload, bytes):
            if b"\xa7standby" in payload[:16]:
                self.waiting[socket] = socket.url.rsplit("/", 1)[-1]
            elif b"\xa6resume" in payload[:16]:
                self.waiting.pop(socket, None)

    async def wait_for(self, server: str) -> None:
        async with asyncio.timeout(30):
            while server not in self.waiting.values():
                await asyncio.sleep(0.02)


@asynccontextmanager
async def meeting(
    zone: Zone, person: Callable[..., Any], title: str
) -> AsyncIterator[tuple[Any, Conference, str, str]]:
    """Ada at a page and Bob's program on different servers; Ada waits on Bob's, too."""
    ada = await person("Ada")
    standbys = Standbys(ada.page)
    link = await ada.start_room(zone, title)
    name = ada.page.locator(".fm-connection-server")
    await name.wait_for()
    here = await name.inner_text()
    there = next(server for server in SERVERS if server != here)
    async with connect(zone.url, room=link.rsplit("/", 1)[-1], name="Bob") as bob:
        if bob.server != there:
            bob.move_to(f"/s/{there}")
        async with asyncio.timeout(30):
            while bob.server != there:
                await asyncio.sleep(0.02)
        await bob.wait_attached()
        await bob.chat.post("hello")
        await ada.sees("hello")
        await standbys.wait_for(there)
        await ada.page.locator(".fm-connection[data-kind=connected]").wait_for()
        await ada.page.evaluate(RECORD_KINDS)
        yield ada, bob, here, there


async def hears_elsewhere(ada: Any, bob: Conference, there: str) -> float:
    """Returns how many seconds it took until Ada's page showed what Bob says."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await bob.chat.post("can you hear me")
    await ada.sees("can you hear me")
    took_s = loop.time() - began_s
    await expect(ada.page.locator(".fm-connection-server")).to_have_text(there)
    await ada.say("yes")
    await ada.all_saved()
    await ada.page.locator(".fm-connection[data-kind=connected]").wait_for()
    return took_s


async def test_a_page_leaves_a_frozen_server_when_others_talk(
    zone: Zone, person: Callable[..., Any]
) -> None:
    async with meeting(zone, person, "Frozen") as (ada, bob, here, there):
        pid = await zone.kill(here, signal.SIGSTOP)
        took_s = await hears_elsewhere(ada, bob, there)
        assert await zone.pid(here) == pid
        assert took_s < GAP_S_MAX
        print(f"\nheard after {took_s:.2f} s; {await ada.page.evaluate('kinds')}")
        await zone.wait_replaced(here, pid)
        assert await ada.messages() == ["hello", "can you hear me", "yes"]


async def test_a_page_that_writes_leaves_a_frozen_server(
    zone: Zone, person: Callable[..., Any]
) -> None:
    async with meeting(zone, person, "Silent") as (ada, bob, here, there):
        pid = await zone.kill(here, signal.SIGSTOP)
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await ada.say("anyone?")
        await ada.all_saved()
        took_s = loop.time() - began_s
        assert await zone.pid(here) == pid
        assert took_s < GAP_S_MAX
        print(f"\nsaved after {took_s:.2f} s; {await ada.page.evaluate('kinds')}")
        await expect(ada.page.locator(".fm-connection-server")).to_have_text(there)
        assert [message["text"] for message in bob.state.chat["messages"]] == ["hello", "anyone?"]
        await zone.wait_replaced(here, pid)


async def test_a_page_goes_on_at_once_when_its_server_is_killed(
    zone: Zone, person: Callable[..., Any]
) -> None:
    async with meeting(zone, person, "Killed") as (ada, bob, here, there):
        pid = await zone.kill(here)
        took_s = await hears_elsewhere(ada, bob, there)
        assert took_s < GAP_S_MAX
        kinds = await ada.page.evaluate("kinds")
        print(f"\nheard after {took_s:.2f} s; {kinds}")
        assert kinds[-1] == "connected"
        await zone.wait_replaced(here, pid)
