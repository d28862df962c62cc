"""The HTTP API against its own description, by requests that schemathesis makes up.

It runs the whole stack of a web server (uvicorn, the gate, Litestar) on the fake engine: whatever
comes is answered as the description says, with a JSON error that has a code, and never with a 500.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from folkmoot.servers.web.api import build_api
from folkmoot.servers.web.gate import Gate
from folkmoot.servers.web.http_server import HttpServer
from folkmoot.servers.web.pages import Pages
from folkmoot.servers.web.services import Services
from folkmoot.settings import Settings
from folkmoot.testing.fake_engine import FakeZone

START_S: Final = 20.0
EXAMPLES_MAX: Final = 60
FREE: Final = 1_000_000
CHECKS: Final = (
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
)  # fmt: skip

load_all_checks()


class View:
    """One server, which is enough to be sent to."""

    def ranked_servers(self, conference: str = "") -> list[str]:
        return ["/s/collaboration-1"]

    def processes(self, role: str | None = None) -> list[Any]:
        return []


async def _status() -> dict[str, Any]:
    return {"zone": "default", "nodes": [], "processes": []}


class Site:
    """A web server in a thread of its own, for schemathesis waits for each answer."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="web server")
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(START_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(START_S)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        rates = {name: FREE for name in Settings.__struct_fields__ if name.endswith("_per_address")}
        settings_ = Settings(**rates)
        services = Services(FakeZone().engine(), View(), settings_, _status)
        gate = Gate(build_api(services), Pages(Path("/nonexistent")), services.metrics)
        server = HttpServer(gate, logging.getLogger("conformance"))
        await server.start()
        self.port = server.port
        self._ready.set()
        await self._stop.wait()
        await server.stop()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


def description() -> dict[str, Any]:
    services = Services(FakeZone().engine(), View(), Settings(), _status)
    told: dict[str, Any] = build_api(services).openapi_schema.to_schema()
    return told


DESCRIPTION: Final = description()
OPERATIONS: Final = [
    (method, path)
    for path, item in DESCRIPTION["paths"].items()
    for method in item
    if method in ("get", "head", "post", "put", "patch", "delete", "options")
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_request_is_answered_as_the_description_says(
    site: Site, method: str, path: str
) -> None:
    operation = schemathesis.openapi.from_dict(DESCRIPTION)[path][method]
    address = f"http://127.0.0.1:{site.port}"

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES_MAX, deadline=None, suppress_health_check=list(HealthCheck),
        database=None,
    )  # fmt: skip
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=address, checks=list(CHECKS), timeout=START_S)

    ask()
