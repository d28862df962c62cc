"""The web server's `main`: its two ways in, its state, its end."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from pathlib import Path
from typing import Any

from folkmoot.data_folder import Node
from folkmoot.servers.runtime import Runtime
from folkmoot.servers.sockets import Passed, SocketPasser, pass_directory
from folkmoot.servers.web.main import main
from folkmoot.testing.fake_engine import FakeZone

REQUEST = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
"""Whether it is ready for people depends on the zone's key, which it learns beside all this."""


class View:
    def ranked_servers(self, conference: str = "") -> list[str]:
        return ["/s/collaboration-1"]

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def on_event(self, callback: Any) -> None:
        return None

    def processes(self, role: str | None = None) -> list[Any]:
        return []


async def test_main_serves_both_ways_and_ends_in_time(tmp_path: Path) -> None:
    runtime = Runtime("web", "web-1", tmp_path, Node("one"), logging.getLogger("web-1"))
    runtime.engine = FakeZone().engine()  # type: ignore[assignment]
    runtime.zone = View()  # type: ignore[assignment]
    running = asyncio.create_task(main(runtime))
    async with asyncio.timeout(20):
        while runtime.load.state != "ready":
            await asyncio.sleep(0.01)

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
        runtime.stop()
        await running
    assert time.monotonic() - began < 2.5
    assert passer.receivers("web-") == []
    passer.close()
