"""A web server against real sockets: passed ones, malformed requests, slow ones, the end."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from folkmoot.servers.sockets import Passed, SocketPasser, pass_directory, pass_path
from folkmoot.servers.web import gate as gate_module
from folkmoot.servers.web import http_server as http_server_module
from folkmoot.servers.web.api import build_api
from folkmoot.servers.web.gate import Gate
from folkmoot.servers.web.http_server import HttpServer
from folkmoot.servers.web.pages import Pages
from folkmoot.servers.web.services import Services
from folkmoot.settings import Settings
from folkmoot.testing.fake_engine import FakeZone

LIMIT_S = 20.0


class View:
    def ranked_servers(self, conference: str = "") -> list[str]:
        return ["/s/collaboration-1"]

    def processes(self, role: str | None = None) -> list[Any]:
        return []


class Site:
    def __init__(self, tmp_path: Path) -> None:
        dist = tmp_path / "web_dist"
        dist.mkdir()
        (dist / "index.html").write_text("<title>Folkmoot</title>")
        (tmp_path / "secret.txt").write_text("secret")
        services = Services(FakeZone().engine(), View(), Settings(), self.query_status)
        self.server = HttpServer(
            Gate(build_api(services), Pages(dist), services.metrics), logging.getLogger("web")
        )

    async def query_status(self) -> dict[str, Any]:
        return {}

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.server.port)

    async def ask(self, request: bytes) -> bytes:
        """One connection: sends, and reads to the end (or what came before a reset)."""
        async with asyncio.timeout(LIMIT_S):
            reader, writer = await self.connect()
            writer.write(request)
            answer = b""
            try:
                while part := await reader.read(65_536):
                    answer += part
            except ConnectionResetError:
                pass
            writer.close()
            return answer


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path)
    await site.server.start()
    yield site
    await site.server.stop()


def get(path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: a", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: a", "Content-Type: application/json", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def test_a_passed_socket_is_served_like_an_accepted_one(site: Site, tmp_path: Path) -> None:
    site.server.serve_passed(pass_path(tmp_path, "web-1"))
    passer = SocketPasser(pass_directory(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(post("/api/v1/rooms", b'{"title": "a"}', "Content-Length: 14"))
        accepted, _address = listening.accept()
        assert passer.send("web-1", accepted) is Passed.TAKEN
        accepted.close()
    async with asyncio.timeout(LIMIT_S):
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 201 ")
        assert b"http://a/r/" in await reader.read(4_096)
        writer.write(get("/r/abc"))
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    writer.close()
    passer.close()


SMUGGLED = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5, 6",),
        ("Content-Length: +5",),
        ("Content-Length: -1",),
        ("Content-Length: 0x5",),
        ("Content-Length : 5",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: identity, chunked",),
        ("Transfer-Encoding : chunked",),
        ("X\x00Y: z",),
        ("X: a\rb",),
        ("Host: b",),
    ],
)
async def test_shapes_of_request_smuggling_are_refused(site: Site, headers: tuple[str]) -> None:
    answer = await site.ask(post("/api/v1/rooms", b"0\r\n\r\n" + SMUGGLED, *headers))
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 ")), answer
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b'"ok"' not in answer


async def test_both_length_and_chunks_never_let_a_second_request_through(site: Site) -> None:
    """RFC 9112, 6.3: chunked wins; the connection must not go on with what is behind it."""
    body = b"0\r\n\r\n" + SMUGGLED
    answer = await site.ask(
        post("/api/v1/rooms", body, f"Content-Length: {len(body)}", "Transfer-Encoding: chunked",
             "Connection: close")
    )  # fmt: skip
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"ok"' not in answer


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 2_000_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 2_000_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a/../b\r\nConnection: close\r\n\r\n",
    ],
)
async def test_malformed_requests_are_refused(site: Site, request_bytes: bytes) -> None:
    assert (await site.ask(request_bytes)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "//secret.txt",
        "/assets/..%5c..%5csecret.txt", "/%00", "/r/../../secret.txt", "/assets/../../secret.txt",
    ],
)  # fmt: skip
async def test_no_address_leads_out_of_the_pages_folder(site: Site, path: str) -> None:
    answer = await site.ask(get(path))
    assert answer.startswith(b"HTTP/1.1 404 "), answer
    assert b"secret" not in answer


async def test_head_is_answered_without_a_body(site: Site) -> None:
    for path in ("/", "/livez"):
        answer = await site.ask(get(path).replace(b"GET", b"HEAD"))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert body == b""


async def test_a_web_socket_handshake_is_not_for_a_web_server(site: Site) -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    request = "\r\n".join(["GET /s/collaboration-1 HTTP/1.1", "Host: a", *upgrade]).encode()
    answer = await site.ask(request + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 421 ")


async def test_a_slow_head_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server_module, "HEAD_LIMIT_S", 0.3)
    reader, writer = await site.connect()
    began = time.monotonic()
    async with asyncio.timeout(LIMIT_S):
        try:
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n")
            while not writer.transport.is_closing():
                writer.write(b"X-Slow: x\r\n")
                await asyncio.sleep(0.05)
            assert await reader.read() == b""
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert time.monotonic() - began < LIMIT_S
    writer.close()


async def test_a_slow_second_head_is_cut_off_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = await site.connect()
    writer.write(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
    async with asyncio.timeout(LIMIT_S):
        await reader.readuntil(b'{"ok":true}')
        monkeypatch.setattr(http_server_module, "HEAD_LIMIT_S", 0.2)
        writer.write(b"GET /li")
        try:
            assert await reader.read() == b""
        except ConnectionResetError:
            pass
    writer.close()


async def test_a_slow_body_is_answered_with_a_sentence(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_module, "BODY_LIMIT_S", 0.3)
    reader, writer = await site.connect()
    writer.write(post("/api/v1/rooms", b'{"tit', "Content-Length: 14", "Connection: close"))
    async with asyncio.timeout(LIMIT_S):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "body_too_slow"
    writer.close()


async def test_a_proxy_on_this_machine_may_tell_the_scheme(site: Site) -> None:
    forwarded = ("X-Forwarded-Proto: https", "X-Forwarded-For: 203.0.113.9")
    answer = await site.ask(get("/api/v1/servers", *forwarded))
    assert b"wss://a/s/collaboration-1" in answer


async def test_many_requests_at_once_are_all_answered(site: Site) -> None:
    answers = await asyncio.gather(*(site.ask(get("/livez")) for _ in range(200)))
    assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)


async def test_stopping_takes_no_longer_than_a_process_may(site: Site) -> None:
    idle = [await site.connect() for _ in range(10)]
    half = await site.connect()
    half[1].write(post("/api/v1/rooms", b"{", "Content-Length: 14"))
    await site.ask(get("/livez"))
    began = time.monotonic()
    await site.server.stop()
    assert time.monotonic() - began < 2.5
    for _reader, writer in [*idle, half]:
        writer.close()


async def test_of_too_many_idle_connections_the_oldest_makes_room(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server_module, "CONNECTIONS_MAX", 4)
    idle = []
    for _ in range(4):
        reader, writer = await site.connect()
        idle.append((reader, writer))
        writer.write(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        async with asyncio.timeout(LIMIT_S):
            await reader.readuntil(b'{"ok":true}')
    for _ in range(4):
        assert (await site.ask(get("/livez"))).startswith(b"HTTP/1.1 200 ")
    async with asyncio.timeout(LIMIT_S):
        try:
            assert await idle[0][0].read() == b""
        except ConnectionResetError:
            pass
    assert site.server.connections <= 4
    for _reader, writer in idle:
        writer.close()
