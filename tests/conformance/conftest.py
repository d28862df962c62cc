"""A zone, a room in it, and editors of others: unchanged npm clients in a Node of their own."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from folkmoot.client.conference import Conference, connect
from folkmoot.testing.zone import Zone, running_zone

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ROOT / "web"
SCRIPT: Final = Path(__file__).with_name("editor.cjs")
WAIT_S: Final = 60.0


class Editor:
    """One npm client. Caller: `open` as a context."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()

    async def do(self, command: str, **more: Any) -> dict[str, Any]:
        """Does something, and tells how it is then."""
        assert self._process.stdin is not None and self._process.stdout is not None
        async with self._turn:
            self._process.stdin.write(json.dumps({"do": command, **more}).encode() + b"\n")
            line = await asyncio.wait_for(self._process.stdout.readline(), WAIT_S)
        assert line, "the editor ended"
        told: dict[str, Any] = json.loads(line)
        return told

    async def until(
        self, condition: Callable[[dict[str, Any]], bool], document: str = ""
    ) -> dict[str, Any]:
        """Its state, once it satisfies a condition."""
        more = {"document": document} if document else {}
        told: dict[str, Any] = {}
        try:
            async with asyncio.timeout(WAIT_S):
                while True:
                    told = await self.do("state", **more)
                    if condition(told):
                        return told
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"the editor did not come to it; it is at {told}") from None

    async def end(self) -> None:
        await self.do("end")
        await self._process.wait()


class Place(msgspec.Struct):
    """A room with its host, and the way to it for editors."""

    zone: Zone
    slug: str
    host: Conference

    @property
    def url(self) -> str:
        return self.zone.url.replace("http", "ws", 1)

    async def token(self, document: str, name: str = "Editor", **more: Any) -> str:
        return await self.host.editors.token(await self.host.editors.make(document, name, **more))

    def plain(self, document: str, token: str, *, address: bool = False) -> dict[str, Any]:
        return {
            "kind": "y-websocket",
            "url": f"{self.url}/yjs/{self.slug}",
            "document": document,
            "token": token,
            "address": address,
        }

    def addressed(self, **tokens: str) -> dict[str, Any]:
        documents = [{"name": f"{self.slug}/{d}", "token": t} for d, t in tokens.items()]
        return {"kind": "hocuspocus", "url": f"{self.url}/hocuspocus", "documents": documents}

    async def text(self, document: str) -> str:
        """What a page would show, once the host's client has it."""
        from pycrdt import Text

        shared = self.host.documents[document]
        await shared.loaded()
        return str(shared.get("text", type=Text))


@asynccontextmanager
async def editor(asked: dict[str, Any]) -> AsyncIterator[Editor]:
    node = shutil.which("node")
    assert node is not None and (PACKAGES / "node_modules" / "y-websocket").is_dir()
    process = await asyncio.create_subprocess_exec(
        node,
        str(SCRIPT),
        str(PACKAGES),
        json.dumps(asked),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Editor(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture(scope="module")
async def zone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Zone]:
    async with running_zone(tmp_path_factory.mktemp("editors")) as zone:
        yield zone


@pytest.fixture
async def place(zone: Zone) -> AsyncIterator[Place]:
    room = await zone.create_room("Editors")
    key = room["links"]["host"].partition("#k=")[2]
    async with AsyncExitStack() as stack:
        connecting = connect(zone.url, room=room["slug"], name="Host", key=key)
        host = await stack.enter_async_context(connecting)
        yield Place(zone, room["slug"], host)
