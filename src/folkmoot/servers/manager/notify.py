"""Beats: datagrams by which a child tells its process manager that it is well.

They go by the kernel, not by the engine, so that a process manager knows its children also while
the engine is away; and by path, so that a new process manager gets them without being announced.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.manager import sockets
from folkmoot.zone.child import Beat

BEAT_BYTES_MAX: Final = 2_048
BEATS_PER_TURN_MAX: Final = 64

_decoder = msgspec.json.Decoder(Beat)
_encode = msgspec.json.Encoder().encode


def clock_ms() -> int:
    """The time of beats, in milliseconds: it goes on while the machine sleeps."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def socket_path(data: Path) -> Path:
    return data / "run" / "notify.sock"


def listen(data: Path) -> socket.socket:
    return sockets.bind(socket_path(data), socket.SOCK_DGRAM)


def receive(listening: socket.socket, on_beat: Callable[[Beat], None]) -> None:
    """Reads what has come, at most a turn's worth; what is not a beat is dropped."""
    for _ in range(BEATS_PER_TURN_MAX):
        try:
            datagram = listening.recv(BEAT_BYTES_MAX)
        except (BlockingIOError, InterruptedError):
            return
        try:
            beat = _decoder.decode(datagram)
        except UNREADABLE:
            continue
        on_beat(beat)


class Beater:
    """Sends this process's beats; a process manager that is away is no reason to stop."""

    def __init__(self, data: Path) -> None:
        self._folder = os.open(data / "run", os.O_RDONLY | os.O_DIRECTORY)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._name = f"/proc/self/fd/{self._folder}/{socket_path(data).name}"

    def send(self, beat: Beat) -> bool:
        """Whether somebody took the beat."""
        try:
            self._socket.sendto(_encode(beat), self._name)
        except OSError:
            return False
        return True

    def close(self) -> None:
        self._socket.close()
        os.close(self._folder)
