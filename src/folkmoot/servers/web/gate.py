"""The first thing every request meets: what it must look like, and where it goes.

Everything refused here is refused before a handler sees it: a Host that is none, a foreign Origin
on a request that changes something, a body that is too large, too slow or no JSON.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import msgspec

from folkmoot.servers.doors.origin import host_sane, origin_allowed
from folkmoot.servers.web import upload_gate
from folkmoot.servers.web.api import BODY_BYTES_MAX
from folkmoot.servers.web.headers import security_headers
from folkmoot.servers.web.metrics import Metrics
from folkmoot.servers.web.pages import Pages
from folkmoot.servers.web.problems import Problem

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

BODY_LIMIT_S: Final = 10.0

_API: Final = re.compile(r"/(?:api(?:/.*)?|livez|readyz|metrics)", re.DOTALL)
_ROUTES: Final = (
    ("join", re.compile(r"/api/v1/rooms/[^/]+/join")),
    ("export", re.compile(r"/api/v1/rooms/[^/]+/exports/[^/]+")),
    ("upload", re.compile(r"/api/v1/rooms/[^/]+/uploads(?:/[^/]+)?")),
    ("file", re.compile(r"/api/v1/rooms/[^/]+/files/[^/]+")),
    ("deck", re.compile(r"/api/v1/rooms/[^/]+/decks/.+")),
    ("room", re.compile(r"/api/v1/rooms/[^/]+")),
    ("rooms", re.compile(r"/api/v1/rooms")),
    ("servers", re.compile(r"/api/v1/servers")),
    ("zone", re.compile(r"/api/v1/zone")),
    ("site", re.compile(r"/api/v1/site")),
    ("status", re.compile(r"/api/v1/status")),
    ("docs", re.compile(r"/api/docs.*")),
    ("health", re.compile(r"/(?:livez|readyz|metrics)")),
    ("page", re.compile(r"/|/r/[^/]+/?|/zone/?|/assets/.*")),
)
_encode = msgspec.json.Encoder().encode


def route_of(path: str) -> str:
    """The name under which a request is counted."""
    for name, pattern in _ROUTES:
        if pattern.fullmatch(path):
            return name
    return "other"


class Gate:
    """The ASGI application of a web server.

    Shape: `origins` are where the zone's nodes serve pages; `encrypted` says that this one is
    reached by TLS only.
    """

    def __init__(
        self,
        api: Application,
        pages: Pages,
        metrics: Metrics,
        origins: Callable[[], frozenset[str]] = frozenset,
        *,
        encrypted: bool = False,
    ) -> None:
        self._api = api
        self._origins = origins
        self._encrypted = encrypted
        self._pages = pages
        self._metrics = metrics

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        began_s = time.perf_counter()
        headers = _headers_of(scope)
        status = 500
        always = self._encrypted and scope.get("scheme") == "https"
        origins = self._origins()
        extra = security_headers(headers.get("host", ""), origins, always_encrypted=always)
        if upload_gate.is_shared(scope["path"]):
            extra += upload_gate.cors_headers(headers.get("origin"), origins)

        async def send_secured(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name.lower() for name, _value in message["headers"]}
                added = extra if b"cache-control" in present else [*extra, _NO_STORE]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        try:
            await self._route(scope, headers, receive, send_secured)
        finally:
            duration_s = time.perf_counter() - began_s
            self._metrics.request(route_of(scope["path"]), status, duration_s)

    async def _route(
        self, scope: Message, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        shared = upload_gate.is_shared(scope["path"])
        problem = _refusal(scope, headers, self._origins() if shared else frozenset())
        if problem is not None:
            await _send_problem(send, problem)
        elif shared and scope["method"] == "OPTIONS":
            await _send(send, 204, upload_gate.options_headers(scope["path"]), b"")
        elif shared:
            await self._share(scope, receive, send)
        elif _API.fullmatch(scope["path"]):
            # A HEAD is answered like a GET; uvicorn leaves the body out.
            method = "GET" if scope["method"] == "HEAD" else scope["method"]
            await self._api({**scope, "method": method}, _limited(receive), send)
        elif scope["method"] in ("GET", "HEAD"):
            answer = self._pages.answer(
                scope["path"],
                headers.get("accept-encoding", ""),
                headers.get("if-none-match", ""),
            )
            await _send(send, answer.status, answer.headers, answer.body)
        else:
            await _send_problem(send, _ONLY_GET)


    async def _share(self, scope: Message, receive: Receive, send: Send) -> None:
        """Uploads and downloads, which may take as long as they get on."""
        head = scope["method"] == "HEAD"
        scope = {**scope, "method": "GET" if head else scope["method"], "head": head}
        upload = upload_gate.is_upload(scope["path"]) and scope["method"] == "PATCH"
        taken = upload_gate.patient(receive) if upload else _limited(receive)
        await self._api(scope, taken, upload_gate.impatient(send))


_NO_STORE: Final = (b"cache-control", b"no-store")
_ONLY_GET: Final = Problem(
    405, "method_not_allowed", "This address can only be read. See /api/docs for what there is."
)
_BAD_HOST: Final = Problem(
    400, "host_malformed", "The Host header is not a name or address. Check the link."
)
_FOREIGN: Final = Problem(
    403, "origin_refused", "Pages of another site may not use this server."
)
_TOO_LARGE: Final = Problem(
    413, "body_too_large", "The request's body is too large. Send at most 64 KB."
)
_NOT_JSON: Final = Problem(
    415, "not_json", "Send the body as JSON, with the header Content-Type: application/json."
)
_MISDIRECTED: Final = Problem(
    421, "misdirected", "Open a connection of its own for a WebSocket to a collaboration server."
)
_TOO_SLOW: Final = Problem(
    408, "body_too_slow", "The request's body did not arrive in time. Try again.", retry_after_s=1
)


def _refusal(
    scope: Message, headers: dict[str, str], origins: frozenset[str]
) -> Problem | None:
    """Why a request goes no further, judged by its head alone; pages of `origins` may ask."""
    host = headers.get("host", "")
    if not host_sane(host):
        return _BAD_HOST
    if scope["path"].startswith("/s/"):
        return _MISDIRECTED
    length = headers.get("content-length", "0")
    bytes_max = upload_gate.body_bytes_max(scope, BODY_BYTES_MAX)
    if not length.isascii() or not length.isdigit() or int(length[:12]) > bytes_max:
        return _TOO_LARGE
    if scope["method"] in ("GET", "HEAD"):
        return None
    if not origin_allowed(headers.get("origin"), host, origins):
        return _FOREIGN
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if upload_gate.is_upload(scope["path"]):
        return upload_gate.content_refusal(scope, kind)
    if scope["method"] == "POST" and kind != "application/json":
        return _NOT_JSON
    return None


def _headers_of(scope: Message) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _limited(receive: Receive) -> Receive:
    """Gives the body 10 s in all."""
    deadline_s: float | None = None
    complete = False

    async def receive_in_time() -> Message:
        nonlocal deadline_s, complete
        if complete:
            return await receive()
        if deadline_s is None:
            deadline_s = asyncio.get_running_loop().time() + BODY_LIMIT_S
        try:
            async with asyncio.timeout_at(deadline_s):
                message = await receive()
        except TimeoutError:
            raise _TOO_SLOW from None
        complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return receive_in_time


async def _send_problem(send: Send, problem: Problem) -> None:
    body = _encode(problem.body)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        # What the client may still be sending is not read: the connection ends here.
        (b"connection", b"close"),
    ]
    await _send(send, problem.status, headers, body)


async def _send(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
