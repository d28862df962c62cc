"""The Python client's uploads and downloads against web servers that cut, refuse and go away."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.client import ClientError, UploadRefused
from folkmoot.client import files as client_files
from folkmoot.client.files import FilesApi

BASES = ("http://a", "http://b")


class Servers:
    """What the zone's web servers do with each request in turn: cut it, take half, refuse."""

    def __init__(self, *faults: str) -> None:
        self.faults = list(faults)
        self.stored = b""
        self.requests: list[str] = []
        self.tickets = 0
        self.heard = 100
        self.unknown = 0
        self.outcome: dict[str, Any] = {"phase": "stored", "file": "9.0"}
        self.content = b"content of a file"

    async def get(self, query: str, _arguments: object) -> dict[str, str]:
        if query == "file" and self.unknown:
            self.unknown -= 1
            raise ClientError("request_failed", "There is no such file any more.")
        self.tickets += 1
        return {"ticket": f"{query}{self.tickets}", "room": "c"}

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.host}")
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "before":
            raise httpx.ConnectError("cut")
        if fault == "busy":
            return httpx.Response(503, json={"code": "busy", "message": "Wait."})
        if fault == "expired":
            return httpx.Response(403, json={"code": "token_expired", "message": "Over."})
        told = self._done(request, half=fault == "half")
        if fault in ("half", "after"):
            raise httpx.ReadError("cut")
        return told

    def _done(self, request: httpx.Request, *, half: bool) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(201, headers={"location": "/api/v1/rooms/c/uploads/u"})
        if request.method == "PATCH":
            if int(request.headers["upload-offset"]) != len(self.stored):
                return httpx.Response(409, json={"code": "wrong_offset", "message": "No."})
            self.stored += request.content[: len(request.content) // 2 if half else None]
        if "/files/" in request.url.path:
            first = int(request.headers.get("range", "bytes=0-")[6:-1])
            return httpx.Response(
                206 if first else 200, content=self.content[first:], headers={"etag": '"x"'}
            )
        headers = {"upload-offset": str(len(self.stored))}
        if request.method == "GET":
            return httpx.Response(200, json=self.outcome, headers=headers)
        return httpx.Response(204, headers=headers)

    @property
    def api(self) -> FilesApi:
        api = FilesApi(self, lambda: BASES, None, lambda: self.heard)  # type: ignore[arg-type]

        @asynccontextmanager
        async def http() -> AsyncIterator[httpx.AsyncClient]:
            async with httpx.AsyncClient(transport=httpx.MockTransport(self.answer)) as client:
                yield client

        api._http = http  # type: ignore[method-assign]
        return api


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_files, "AGAIN_S", (0.0, 0.0))
    monkeypatch.setattr(client_files, "CHUNK_BYTES", 1_000)


FAULTS = st.lists(st.sampled_from(["", "before", "half", "after", "busy", "expired"]), max_size=12)


@given(FAULTS, st.integers(1, 4_000))
def test_whatever_is_cut_off_all_bytes_are_stored_once(faults: list[str], size: int) -> None:
    servers = Servers(*faults)
    data = bytes(n % 251 for n in range(size))
    seen: list[int] = []

    async def upload() -> str:
        api = servers.api
        return await api.upload(
            io.BytesIO(data), "a.bin", on_progress=lambda done, _of: seen.append(done)
        )

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(client_files, "AGAIN_S", (0.0, 0.0))
        patched.setattr(client_files, "CHUNK_BYTES", 1_000)
        assert asyncio.run(upload()) == "9.0"
    assert servers.stored == data and seen == sorted(seen)


async def test_a_server_that_is_gone_is_left_for_another_one() -> None:
    servers = Servers("", "before")
    await servers.api.upload(b"abc", "a.txt")
    assert servers.requests == ["POST a", "PATCH a", "HEAD b", "PATCH b", "GET b"]


async def test_a_refusal_has_its_code_and_is_not_tried_again() -> None:
    servers = Servers()
    servers.outcome = {"phase": "refused", "code": "mixed", "message": "It is two things."}
    with pytest.raises(UploadRefused, match="two things") as caught:
        await servers.api.upload(b"abc", "a.png")
    assert caught.value.code == "mixed" and len(servers.requests) == 3


async def test_who_is_cancelled_takes_back_what_was_sent() -> None:
    servers = Servers()
    task: asyncio.Task[str]

    def cancel(_done: int, _of: int) -> None:
        task.cancel()

    task = asyncio.create_task(servers.api.upload(b"x" * 2_500, "a.bin", on_progress=cancel))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert servers.requests == ["POST a", "PATCH a", "DELETE a"]


async def test_a_download_asks_again_elsewhere_and_a_file_that_is_gone_is_said_so() -> None:
    servers = Servers("before", "busy")
    assert await servers.api.fetch("9.0") == servers.content
    assert servers.requests == ["GET a", "GET b", "GET a"]
    gone = Servers()
    gone.answer = lambda _request: httpx.Response(  # type: ignore[method-assign]
        404, json={"code": "file_gone", "message": "This file is no longer there."}
    )
    with pytest.raises(ClientError, match="no longer there"):
        await gone.api.fetch("9.0")


async def test_a_view_follows_what_is_shared_and_removed() -> None:
    view = client_files.new_files()
    for file in ("1.0", "2.0"):
        client_files.files_after(view, "stored", {"file": file})
    client_files.files_after(view, "removed", {"file": "1.0"})
    assert view == {"files": [{"file": "2.0"}]}


async def test_a_file_that_ones_own_server_does_not_know_yet_is_waited_for() -> None:
    servers = Servers()
    servers.unknown, servers.heard = 3, 8
    assert await servers.api.fetch("9.0") == servers.content
    servers.unknown, servers.heard = 3, 9
    with pytest.raises(ClientError, match="no such file"):
        await servers.api.fetch("9.0")


async def test_an_examination_may_take_longer_than_a_server_may_be_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_files, "PATIENCE_S", -1.0)
    servers = Servers()
    stored, servers.outcome = servers.outcome, {"phase": "complete"}
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            asked.append(0)
            if len(asked) == 20:
                servers.outcome = stored
        return Servers.answer(servers, request)

    monkeypatch.setattr(servers, "answer", answer)
    assert await servers.api.upload(b"abc", "a.txt") == "9.0"
    servers.outcome = {"phase": "complete"}
    monkeypatch.setattr(client_files, "EXAMINED_WITHIN_S", 0.0)
    servers.stored = b""
    with pytest.raises(ConnectionError, match="examined"):
        await servers.api.upload(b"abc", "a.txt")
