"""The web server's `main`: its two ways in, its state, its end."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from folkmoot.data_folder import Node
from folkmoot.servers.sockets import Passed, SocketPasser, pass_directory
from folkmoot.servers.web.main import main
from folkmoot.settings import Settings
from folkmoot.testing.fake_engine import FakeZone
from folkmoot.zone.manager import Load

REQUEST = b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class View:
    def ranked_servers(self, conference: str = "") -> list[str]:
        return ["/s/collaboration-1"]

    def on_event(self, callback: Any) -> None:
        return None

    def processes(self, role: str | None = None) -> list[Any]:
        return []


async def test_main_serves_both_ways_and_ends_in_time(tmp_path: Path) -> None:
    tasks: list[asyncio.Task[Any]] = []
    runtime = SimpleNamespace(
        id="web-1",
        node="one",
        node_record=Node("one"),
        data=tmp_path,
        settings=Settings(),
        engine=FakeZone().engine(),
        zone=View(),
        log=logging.getLogger("web-1"),
        stopping=asyncio.Event(),
        load=Load(),
        spawn=lambda coroutine, name: tasks.append(asyncio.create_task(coroutine, name=name)),
    )
    running = asyncio.create_task(main(runtime))  # type: ignore[arg-type]
    async with asyncio.timeout(20):
        while runtime.load.state != "ready":
            await asyncio.sleep(0.01)
        await asyncio.gather(*tasks)

        reader, writer = await asyncio.open_connection("127.0.0.1", runtime.load.port)
        writer.write(REQUEST)
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        writer.close()

        passer = SocketPasser(pass_directory(tmp_path))
        with socket.create_server(("127.0.0.1", 0)) as listening:
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            accepted, _address = listening.accept()
        writer.write(REQUEST)
        assert passer.send("web-1", accepted) is Passed.TAKEN
        accepted.close()
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        writer.close()

        began = time.monotonic()
        runtime.stopping.set()
        await running
    assert time.monotonic() - began < 2.5
    assert passer.receivers("web-") == []
    passer.close()
