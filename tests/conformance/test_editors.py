"""Editors of others, unchanged: y-websocket, Hocuspocus' provider, pycrdt's provider."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import picows
import pytest
from pycrdt import Doc, Provider, Text

from folkmoot.testing.npm_editor import PACKAGES, ROOT, WAIT_S, Editor, Place, node, npm_editor

pytestmark = pytest.mark.asyncio(loop_scope="module")


class _Socket(picows.WSListener):
    """A WebSocket as a channel of pycrdt."""

    path = "pad"

    def __init__(self) -> None:
        super().__init__()
        self.messages: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.transport: Any = None

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.BINARY:
            self.messages.put_nowait(frame.get_payload_as_bytes())

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self.messages.put_nowait(None)

    async def send(self, message: bytes) -> None:
        self.transport.send(picows.WSMsgType.BINARY, message)

    async def recv(self) -> bytes:
        message = await self.messages.get()
        if message is None:
            raise StopAsyncIteration
        return message

    def __aiter__(self) -> _Socket:
        return self

    async def __anext__(self) -> bytes:
        return await self.recv()


@asynccontextmanager
async def connected(doc: Doc[Any], place: Place, token: str) -> AsyncIterator[None]:
    """pycrdt's own provider at the document `pad`."""
    _, socket = await picows.ws_connect(
        _Socket,
        f"{place.url}/yjs/{place.slug}/pad",
        extra_headers={"Sec-WebSocket-Protocol": f"folkmoot, {token}"},
    )
    try:
        async with Provider(doc, socket) as provider:
            async with asyncio.timeout(WAIT_S):
                await provider.synced.wait()
            yield
    finally:
        socket.transport.disconnect()


def words(text: str) -> Counter[str]:
    return Counter(text.split())


async def test_all_kinds_write_one_document_while_its_servers_are_killed(place: Place) -> None:
    tokens = [await place.token("pad", name) for name in ("plain", "hocuspocus", "pycrdt")]
    expected: Counter[str] = Counter()
    doc: Doc[Any] = Doc()
    text = doc.get("text", type=Text)

    async def write(editor: Editor, name: str, done: asyncio.Event) -> None:
        count = 0
        while not done.is_set() or count < 30:
            count += 1
            await editor.do("insert", text=f"{name}{count} ")
            expected[f"{name}{count}"] += 1
            await asyncio.sleep(0.02)

    async with AsyncExitStack() as stack:
        plain = await stack.enter_async_context(npm_editor(place.plain("pad", tokens[0])))
        hocuspocus = await stack.enter_async_context(npm_editor(place.addressed(pad=tokens[1])))
        async with connected(doc, place, tokens[2]):
            text.insert(0, "pycrdt1 ")
            await plain.until(lambda told: "pycrdt1 " in told["text"])
        expected["pycrdt1"] += 1
        done = asyncio.Event()
        writing = [
            asyncio.create_task(write(plain, "plain", done)),
            asyncio.create_task(write(hocuspocus, "hocuspocus", done)),
        ]
        for server in ("collaboration-1", "collaboration-2"):
            pid = await place.zone.kill(server)
            await place.zone.wait_replaced(server, pid)
            text.insert(0, f"offline{server[-1]} ")
            expected[f"offline{server[-1]}"] += 1
        done.set()
        await asyncio.gather(*writing)
        async with connected(doc, place, tokens[2]):
            for editor in (plain, hocuspocus):
                await editor.until(lambda told: words(told["text"]) == expected)
            saved = await hocuspocus.until(lambda told: told["unsynced"] == 0)
            async with asyncio.timeout(WAIT_S):
                while str(text) != saved["text"]:
                    await asyncio.sleep(0.05)
        assert (await plain.do("state"))["text"] == saved["text"]
        async with asyncio.timeout(WAIT_S):
            while await place.text("pad") != saved["text"]:
                await asyncio.sleep(0.05)
        # Somebody who comes only now is told the same.
        async with npm_editor(place.plain("pad", tokens[0])) as late:
            assert (await late.until(lambda told: told["synced"]))["text"] == saved["text"]


async def test_one_connection_serves_several_documents_and_carets_are_seen(place: Place) -> None:
    pad, notes = await place.token("pad"), await place.token("notes")
    async with (
        npm_editor(place.addressed(pad=pad, notes=notes)) as both,
        npm_editor(place.plain("notes", notes)) as plain,
    ):
        names = {d: f"{place.slug}/{d}" for d in ("pad", "notes")}
        await both.do("insert", text="p" * 1_000_000, document=names["pad"])
        await both.do("insert", text="notes", document=names["notes"])
        told = await plain.until(lambda told: told["text"] == "notes")
        await both.until(lambda told: told["unsynced"] == 0, names["pad"])
        assert await place.text("pad") == "p" * 1_000_000
        await plain.do("caret", state={"user": {"name": "Plain"}})
        caret = {"user": {"name": "Plain"}}
        client = str(told["client"])
        seen = await both.until(lambda told: told["states"].get(client) == caret, names["notes"])
        assert seen["scope"] == "read-write"
        await plain.end()
        await both.until(lambda told: client not in told["states"], names["notes"])


async def test_who_may_not_is_told_so_in_the_words_of_the_protocol(place: Place) -> None:
    reading = await place.token("pad", "reader", write=False)
    address = await place.token("pad", "in the address", address=True)
    link = await place.host.editors.make("pad", "revoked")
    revoked = await place.host.editors.token(link)
    async with AsyncExitStack() as stack:

        async def open_(asked: dict[str, Any]) -> Editor:
            return await stack.enter_async_context(npm_editor(asked))

        in_address = await open_(place.plain("pad", address, address=True))
        await in_address.until(lambda told: told["synced"])
        reader = await open_(place.addressed(pad=reading))
        told = await reader.until(lambda told: told["synced"] and told["unsynced"] == 0)
        assert told["scope"] == "readonly"
        await in_address.do("insert", text="hello")
        await reader.until(lambda told: told["text"] == "hello")
        assert (await reader.do("insert", text="!"))["unsynced"] == 1
        cut_off = await open_(place.plain("pad", revoked))
        provider = await open_(place.addressed(pad=revoked))
        for editor in (cut_off, provider):
            await editor.until(lambda told: told["text"] == "hello")
        await place.host.editors.revoke(link)
        assert (await cut_off.until(lambda told: told["closed"]))["closed"]["code"] == 4401
        assert "expired" in (await provider.until(lambda told: told["denied"]))["denied"][-1]
        for asked, code in (
            (place.plain("pad", reading, address=True), 4401),
            (place.plain("pad", revoked), 4401),
            (place.plain("pad", "e1.x.y"), 4401),
            (place.plain("notes", reading), 4403),
            (place.plain("pad", reading) | {"url": f"{place.url}/yjs/{'a' * 26}"}, 4403),
        ):
            refused = await open_(asked)
            closed = (await refused.until(lambda told: told["closed"]))["closed"]
            assert (closed["code"], closed["reason"] != "") == (code, True)
        denied = await open_(place.addressed(notes=reading))
        assert (await denied.until(lambda told: told["denied"]))["denied"]
        assert (await reader.do("state"))["unsynced"] == 1
        assert await place.text("pad") == "hello"


SNIPPETS = re.findall(
    r"<!-- snippet: ([a-z-]+) -->\n```js\n(.*?)```",
    (ROOT / "docs" / "yjs.md").read_text(),
    re.DOTALL,
)
TYPE_AND_WAIT = """
while (!provider.synced) await new Promise((done) => setTimeout(done, 20));
ydoc.getText("content").insert(0, KIND + " ");
while (!ydoc.getText("content").toString().includes("seen")) {
  await new Promise((done) => setTimeout(done, 20));
}
process.exit(0);
"""


async def test_what_the_documentation_shows_connects(place: Place) -> None:
    token, shared = await place.token("pad"), place.host.documents["pad"]
    await shared.loaded()
    text = shared.get("content", type=Text)
    running = []
    folder = PACKAGES / "node_modules" / ".folkmoot-snippets"
    folder.mkdir(exist_ok=True)
    for kind, snippet in SNIPPETS:
        asked = place.plain("pad", token) if kind == "y-websocket" else place.addressed(pad=token)
        name = {
            "KIND": kind, "SERVER": asked["url"], "DOCUMENT": "pad", "TOKEN": token,
            "NAME": f"{place.slug}/pad",
        }  # fmt: skip
        constants = "".join(f"const {key} = {json.dumps(value)};\n" for key, value in name.items())
        script = folder / f"{kind}.mjs"
        script.write_text(constants + snippet + TYPE_AND_WAIT)
        running.append(await asyncio.create_subprocess_exec(str(node()), str(script)))
    try:
        async with asyncio.timeout(WAIT_S):
            while not all(kind in str(text) for kind, _ in SNIPPETS):
                await asyncio.sleep(0.05)
            text.insert(0, "seen ")
            assert [await process.wait() for process in running] == [0, 0]
    finally:
        for process in running:
            if process.returncode is None:
                process.kill()
                await process.wait()
