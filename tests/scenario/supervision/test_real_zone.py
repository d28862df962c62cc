"""The real processes under the real supervision: the engine's death, freezing and full disk."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from folkmoot.servers.manager.control import ask
from folkmoot.testing.zone import Zone, running_zone

TMPFS_BYTES = 96 << 20
ENGINE_BACK_S = 1.5


async def test_a_killed_engine_is_back_in_time_and_nothing_is_lost(tmp_path: Path) -> None:
    began_s = time.monotonic()
    async with running_zone(tmp_path / "data") as zone:
        start_s = time.monotonic() - began_s
        room = await zone.create_room("Before")
        pid = await zone.kill("engine")
        killed_s = time.monotonic()
        await zone.wait_replaced("engine", pid)
        assert time.monotonic() - killed_s < max(ENGINE_BACK_S, start_s)
        await _until_rooms_can_be_made(zone)
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            joined = await http.post(
                f"{zone.url}/api/v1/rooms/{room['slug']}/join",
                json={"name": "Ada", "key": room["links"]["host"].rpartition("=")[2]},
            )
        assert joined.status_code < 500


async def test_a_frozen_engine_is_replaced(tmp_path: Path) -> None:
    async with running_zone(tmp_path / "data") as zone:
        pid = await zone.kill("engine", signal.SIGSTOP)
        await zone.wait_replaced("engine", pid)
        await _until_rooms_can_be_made(zone)


async def test_every_process_but_the_launcher_may_die_at_once(tmp_path: Path) -> None:
    began_s = time.monotonic()
    async with running_zone(tmp_path / "data") as zone:
        start_s = time.monotonic() - began_s
        told = await asyncio.to_thread(ask, tmp_path / "data", "status", 10.0)
        missing = told["availability"]["missing"]
        assert "engine_away" not in missing, "a zone that says it is ready has an engine"
        rows = await zone.status()
        for row in rows:
            if row["id"] != "launcher":
                os.kill(row["pid"], signal.SIGKILL)
        dead = {row["pid"] for row in rows if row["id"] != "launcher"}

        def all_new(now: list[dict[str, Any]]) -> bool:
            return all(row["state"] == "ready" and row["pid"] not in dead for row in now)

        await zone.wait_status(all_new, 60)
        await _until_rooms_can_be_made(zone)
        assert await zone.stop() < 5.0 + start_s


async def test_a_node_that_lost_launcher_and_process_manager_raises_a_new_head(
    tmp_path: Path,
) -> None:
    async with running_zone(tmp_path / "data") as zone:
        before = {row["id"]: row["pid"] for row in await zone.status()}
        os.kill(before["process-manager"], signal.SIGSTOP)
        os.kill(before["launcher"], signal.SIGKILL)
        os.kill(before["process-manager"], signal.SIGKILL)
        await zone.wait_status(lambda rows: all(row["state"] == "ready" for row in rows), 60)
        after = {row["id"]: row["pid"] for row in await zone.status()}
        for id in ("engine", "web-1", "collaboration-1", "collaboration-2", "meeting-manager-1"):
            assert after[id] == before[id]
        await _until_rooms_can_be_made(zone)
        down = [sys.executable, "-m", "folkmoot.cli.main", "down", "--data", str(zone.folder)]
        ended = await asyncio.to_thread(subprocess.run, down, timeout=20)
        assert ended.returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own for the engine of the data folder `tmp_path / "data"`."""
    folder = tmp_path / "data" / "engine"
    folder.mkdir(parents=True)
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    option = f"size={TMPFS_BYTES}"
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", option, "tmpfs", str(folder)], capture_output=True
    )
    if done.returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run([umount, "--lazy", str(folder)], check=True)


async def test_a_full_disk_is_told_and_the_engine_writes_again_when_there_is_room(
    tmp_path: Path, small_disk: Path
) -> None:
    async with running_zone(tmp_path / "data") as zone:
        await zone.create_room("Before")
        filling = small_disk / "filling"
        _fill(filling)

        def told(rows: list[dict[str, Any]]) -> bool:
            engine = next(row for row in rows if row["id"] == "engine")
            return engine["restarts"] > 0 or "space" in engine["detail"]

        async with asyncio.timeout(60):
            while not told(await zone.status()):
                # The engine notices only when it writes.
                await _try_to_make_a_room(zone)
        filling.unlink()
        await _until_rooms_can_be_made(zone)


def _fill(path: Path) -> None:
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * (1 << 16))
        except OSError:
            pass
        # To the last byte.
        try:
            while True:
                file.write(b"\0")
        except OSError:
            pass


async def _try_to_make_a_room(zone: Zone) -> bool:
    try:
        await zone.create_room("After")
    except httpx.HTTPError:
        return False
    return True


async def _until_rooms_can_be_made(zone: Zone) -> None:
    async with asyncio.timeout(90):
        while not await _try_to_make_a_room(zone):
            await asyncio.sleep(0.1)
