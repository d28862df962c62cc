"""Slow paths between people and hosts: a fault proxy before each host, in a place of its own.

A host that is started with `--advertise` of its proxy sends all people there. This is how delay and
jitter come into tests: the kernel's own (netem) is not everywhere.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from typing import IO, Any, Final

from folkmoot.errors import invariant
from folkmoot.testing.machines.network import Network

FIRST_PORT: Final = 9_000
END_S_MAX: Final = 5.0


class SlowPath:
    """The way to one host. Caller: `start` when that host has an address, `close` at the end."""

    def __init__(self, network: Network, place: str, number: int) -> None:
        self._network = network
        self._place = place
        self._address = f"{network.address(place)}:{FIRST_PORT + number}"
        self.url = f"http://{self._address}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, host: str, port: int, seed: int, log: IO[bytes]) -> None:
        words = (
            *(sys.executable, "-P", "-m", "folkmoot.testing.fault_proxy", "--control"),
            *("--listen", self._address, "--to", f"{host}:{port}", "--seed", str(seed)),
        )
        self._process = self._network.start(self._place, words, output=log, talks=True)
        self._line()

    def delay(self, latency_ms: int, jitter_ms: int) -> None:
        """So long each way, and up to so much more; nothing is overtaken."""
        way = {"latency_ms": latency_ms, "jitter_ms": jitter_ms}
        self._order({"faults": {"up": way, "down": way}})

    def stall(self) -> None:
        """Open connections and new ones pass nothing on, and nobody is told."""
        way = {"state": "stalled"}
        self._order({"faults": {"up": way, "down": way}})

    def reset(self) -> None:
        """Ends all open connections at once."""
        self._order({"end": "reset"})

    def mend(self) -> None:
        self._order({"faults": {}})

    def _order(self, order: dict[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise RuntimeError("the path was not started")
        process.stdin.write(json.dumps(order).encode() + b"\n")
        process.stdin.flush()
        self._line()

    def _line(self) -> None:
        output = self._process.stdout if self._process is not None else None
        told = output.readline() if output is not None else b""
        invariant(bool(told) and b"error" not in told, "the proxy does what it is told", told=told)

    def close(self) -> None:
        process = self._process
        if process is None:
            return
        with contextlib.suppress(BrokenPipeError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(END_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END_S_MAX)
        if process.stdout is not None:
            process.stdout.close()
