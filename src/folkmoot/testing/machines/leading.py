"""Asks leaders of streams to step down in favour of one host; run in that host's namespace."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from folkmoot.data_folder import load_node
from folkmoot.engine import copying
from folkmoot.ports import LogUnavailable
from folkmoot.servers.access import connect_engine, connect_system
from folkmoot.servers.runtime import settings_of

ANSWER_S = 3.0
CONNECT_S = 10.0
SETTLE_S = 0.5


async def main(data: Path, name: str) -> None:
    node = load_node(data)
    engine = await connect_engine(data, node, settings_of(node), "test", "process-manager")
    payload = msgspec.json.encode({"placement": {"preferred": name}})
    try:
        async with asyncio.timeout(CONNECT_S):
            await engine.wait_connected()
        subjects = []
        for stream in await copying.stream_names(engine.link):
            info = await copying.stream_info(engine.link, stream)
            if info is not None and info["cluster"].get("leader") != name:
                subjects.append(f"$JS.API.STREAM.LEADER.STEPDOWN.{stream}")
        for subject in subjects:
            try:
                answer, _ = await engine.link.request(subject, payload, ANSWER_S)
                print(subject, answer.decode())
            except LogUnavailable as error:
                print(subject, error)
        await _lead_engines(data, payload)
        await asyncio.sleep(SETTLE_S)
    finally:
        await engine.close()


async def _lead_engines(data: Path, payload: bytes) -> None:
    """The leader of the engines themselves takes this from the system's user only."""
    engine = await connect_system(data, load_node(data))
    subject = "$JS.API.META.LEADER.STEPDOWN"
    try:
        async with asyncio.timeout(CONNECT_S):
            await engine.wait_connected()
        answer, _ = await engine.link.request(subject, payload, ANSWER_S)
        print(subject, answer.decode())
    except (LogUnavailable, TimeoutError) as error:
        print(subject, error)
    finally:
        await engine.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
