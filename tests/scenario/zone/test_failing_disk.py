"""A disk that hangs, and one that fails: a file system of its own, on a loop device.

The image lies on a tmpfs of limited size, so that what was promised to the file system can be
refused by the device below it: then writing and `fsync` fail with an input/output error.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from folkmoot.client import Conference, connect
from folkmoot.drill.person import whole_chat
from folkmoot.testing.zone import running_zone

MEBIBYTES = 192
LOOK_S = 1.0
FILL_BYTES = 1 << 20
CORRECTED = 1
"""What `e2fsck` says when it set something right."""

WORDS = 200
TEXT = "x" * 8_000


class Disk:
    """Caller: `mount`, then `hang` and `go_on`, or `fail` and `mend`; `close` at the end."""

    def __init__(self, folder: Path) -> None:
        self.mount_point = folder / "disk"
        self._below = folder / "below"
        self._image = self._below / "image"
        self._filling = self._below / "filling"
        self._hangs = False

    def make(self) -> None:
        self._below.mkdir()
        self.mount_point.mkdir()
        run("mount", "-t", "tmpfs", "-o", f"size={MEBIBYTES}m", "tmpfs", str(self._below))
        with self._image.open("wb") as file:
            file.truncate(MEBIBYTES << 20)
        run("mke2fs", "-q", "-t", "ext4", "-E", "lazy_itable_init=0", str(self._image))
        self.mount()

    def mount(self) -> None:
        run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.mount_point))

    def hang(self) -> None:
        """Whatever is written waits."""
        run("fsfreeze", "--freeze", str(self.mount_point))
        self._hangs = True

    def go_on(self) -> None:
        if self._hangs:
            run("fsfreeze", "--unfreeze", str(self.mount_point))
            self._hangs = False

    def fail(self) -> None:
        """The device has no place for what the file system writes."""
        with self._filling.open("wb", buffering=0) as file:
            for size in (FILL_BYTES, 4_096):
                try:
                    while file.write(b"\0" * size) == size:
                        pass
                except OSError:
                    continue

    def mend(self) -> None:
        """Another device with the content of the old one, after a look by `e2fsck`."""
        self._filling.unlink()
        mended = self._below / "mended"
        run("cp", "--sparse=always", str(self._image), str(mended))
        # Not always gone at once: somebody's mount namespace may hold it a while.
        run("umount", "--lazy", str(self.mount_point))
        self._image = mended
        looked = subprocess.run(["e2fsck", "-fy", str(mended)], capture_output=True, check=False)
        assert looked.returncode in (0, CORRECTED), looked.stdout.decode()
        self.mount()

    def close(self) -> None:
        self.go_on()
        if os.path.ismount(self.mount_point):
            run("umount", "--lazy", str(self.mount_point))
        if os.path.ismount(self._below):
            for path in (self._filling, *self._below.glob("*")):
                path.unlink(missing_ok=True)
            run("umount", "--lazy", str(self._below))


def run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path, require_tool: Callable[..., str]) -> Iterator[Disk]:
    for tool in ("mount", "mke2fs", "e2fsck", "fsfreeze"):
        require_tool(tool)
    if os.geteuid() != 0 or not Path("/dev/loop-control").exists():
        pytest.skip("only root can mount a file system, and only where there are loop devices")
    made = Disk(tmp_path)
    try:
        made.make()
        yield made
    finally:
        made.close()


async def said_while_it_hangs(disk: Disk, ada: Conference, words: list[str]) -> None:
    """Nothing is called saved meanwhile, and everything is soon after."""
    try:
        disk.hang()
        waiting = [ada.submit_nowait("chat", "post", {"text": word}) for word in words]
        done, _ = await asyncio.wait(waiting, timeout=LOOK_S)
        assert not done, "saved on a disk that takes nothing"
    finally:
        disk.go_on()
    async with asyncio.timeout(60):
        await asyncio.gather(*waiting)


async def test_nothing_that_was_acknowledged_is_lost_by_a_disk_that_hangs_and_one_that_fails(
    disk: Disk,
) -> None:
    data = disk.mount_point / "data"
    saved: list[str] = []

    async def post(one: Conference, text: str) -> None:
        await one.chat.post(text)
        saved.append(text)

    async with running_zone(data) as zone:
        room = (await zone.create_room())["slug"]
        async with connect(zone.url, room=room, name="Ada") as ada:
            await post(ada, "before")
            for time in range(2):
                words = [f"{time}.{number}" for number in range(10)]
                await said_while_it_hangs(disk, ada, words)
                saved += words
            assert ada.reconnections == 0
            disk.fail()
            tasks = [asyncio.create_task(post(ada, f"while {n} {TEXT}")) for n in range(WORDS)]
            # Some may still find a place; then nothing is taken any more.
            await asyncio.wait(tasks, timeout=LOOK_S)
            known = len(saved)
            _, open_ = await asyncio.wait(tasks, timeout=LOOK_S)
            assert len(saved) == known
            assert open_
        await asyncio.gather(*tasks, return_exceptions=True)
        print(f"{len(saved)} were acknowledged, {len(open_)} were not")
    disk.mend()
    async with (
        running_zone(data) as zone,
        connect(zone.url, room=room, name="Bob") as bob,
    ):
        there = [message["text"] for message in await whole_chat(bob)]
        assert [text for text in there if text in saved] == saved
        assert len(there) == len(set(there))
        await bob.chat.post("after")
