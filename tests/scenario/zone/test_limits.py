"""Clients that stop reading, connections that go silent, updates that kill, a disk that is full."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from folkmoot.client import connect
from folkmoot.client.conference import join
from folkmoot.protocol import frames
from folkmoot.protocol.limits import PROTOCOL_VERSION
from folkmoot.testing.zone import Zone, running_zone

pytestmark = pytest.mark.asyncio(loop_scope="module")

DISK_MEBIBYTES = 192


def handshake(zone: Zone, path: str, receive_bytes: int) -> socket.socket:
    """A WebSocket connection whose owner decides when to read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", zone.port))
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{zone.port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(1)
    assert b" 101 " in answer
    return connection


def masked(payload: bytes) -> bytes:
    """One binary message as a client sends it, with the mask 0."""
    return b"\x82" + bytes((0x80 | 126,)) + len(payload).to_bytes(2, "big") + b"\0" * 4 + payload


async def attached_socket(zone: Zone, room: str) -> socket.socket:
    ticket, paths = await join(zone.url, room, "Silent")
    connection = await asyncio.to_thread(handshake, zone, paths[0], 4_096)
    connection.sendall(
        masked(frames.encode(frames.Join(PROTOCOL_VERSION, ticket, secrets.token_hex(8))))
    )
    return connection


async def test_a_client_that_stops_reading_is_put_back_and_harms_nobody(zone: Zone) -> None:
    room = (await zone.create_room())["slug"]
    async with connect(zone.url, room=room, name="Ada") as ada:
        stuck = await attached_socket(zone, room)
        try:
            # Far more than its socket buffers and its queue on the server can hold.
            text = "x" * 10_000
            async with asyncio.timeout(90):
                sent = [ada.submit_nowait("chat", "post", {"text": text}) for _ in range(900)]
                await asyncio.gather(*sent)
                while any(
                    p["present"]
                    for p in ada.state.roster["persons"].values()
                    if p["name"] == "Silent"
                ):
                    await asyncio.sleep(0.05)
            assert ada.reconnections == 0
        finally:
            stuck.close()


async def test_a_connection_that_went_silent_is_noticed(zone: Zone) -> None:
    room = (await zone.create_room())["slug"]
    async with connect(zone.url, room=room, name="Ada") as ada:
        silent = await attached_socket(zone, room)
        try:
            async with asyncio.timeout(60):
                while not any(p["name"] == "Silent" for p in ada.state.roster["persons"].values()):
                    await asyncio.sleep(0.05)
                # It answers no ping: after the timeout and the grace it is away.
                while any(
                    p["present"]
                    for p in ada.state.roster["persons"].values()
                    if p["name"] == "Silent"
                ):
                    await asyncio.sleep(0.05)
        finally:
            silent.close()


@pytest.fixture
def small_disk(tmp_path: Path, require_tool: Callable[..., str]) -> Iterator[Path]:
    """A file system of its own that a test can fill."""
    mount = require_tool("mount")
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={DISK_MEBIBYTES}m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path) -> None:
    """Writes until nothing fits any more."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 4_096, 1):
            try:
                while file.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue


async def test_a_full_disk_loses_nothing_and_saving_goes_on_when_there_is_room(
    small_disk: Path,
) -> None:
    async with running_zone(small_disk / "data") as zone:
        room = (await zone.create_room())["slug"]
        async with (
            connect(zone.url, room=room, name="Ada") as ada,
            connect(zone.url, room=room, name="Bob") as bob,
        ):
            await ada.chat.post("before")
            filling = small_disk / "filling"
            await asyncio.to_thread(fill, filling)
            waiting = [
                ada.submit_nowait("chat", "post", {"text": f"{n} " + "x" * 5_000})
                for n in range(60)
            ]
            # Nobody is told "saved" while the disk takes nothing.
            _, pending = await asyncio.wait(waiting, timeout=5)
            assert pending
            # The others see what is said all the same, marked as not saved.
            async with asyncio.timeout(20):
                while not bob.state.pending:
                    await asyncio.sleep(0.01)
            assert len(bob.state.chat["messages"]) <= 61 - len(pending)
            filling.unlink()
            async with asyncio.timeout(90):
                await asyncio.gather(*waiting)
                await ada.chat.post("after")
            texts = [message["text"].split()[0] for message in ada.state.chat["messages"]]
            assert texts == ["before", *(f"{n}" for n in range(60)), "after"]
            async with asyncio.timeout(20):
                while len(bob.state.chat["messages"]) < len(texts):
                    await asyncio.sleep(0.01)
            assert bob.state.pending == {}
        assert shutil.disk_usage(small_disk).free > 0
