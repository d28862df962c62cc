"""People of a test, as the test sees them: orders to the process in which their clients run."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from folkmoot.drill.history import Line, read
from folkmoot.errors import invariant
from folkmoot.testing.machines.network import Network

ANSWER_S_MAX: Final = 60.0
END_S_MAX: Final = 10.0
PART_BYTES: Final = 1 << 16


class People:
    """Clients in a place of the network, in one process. Caller: `close` at the end.

    Shape: `history` is the file that they write; what `stop` and `close` leave there is whole.
    """

    def __init__(self, network: Network, place: str, history: Path) -> None:
        self.place = place
        self.history = history
        self._output = history.with_suffix(".log").open("ab")
        self._process = network.start(
            place,
            (sys.executable, "-P", "-m", "folkmoot.testing.machines.worker", str(history)),
            output=self._output,
            talks=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("people were started without pipes")
        self._pipe = self._process.stdin
        self._answers = self._process.stdout
        self._told = self._answers.fileno()

    def lines(self) -> list[Line]:
        """All that was written down so far."""
        self.ask("mark", what="read")
        return read(self.history)

    # Orders

    def create_room(self, url: str) -> str:
        """Makes a room by a host's web server and returns its address there."""
        return str(self.ask("create_room", url=url))

    def join(
        self,
        names: Sequence[str],
        room: str,
        url: str,
        *,
        here: bool = False,
        at: str = "",
        standby: bool = True,
    ) -> None:
        """They come in by a host's web server, which may send them to another host.

        Shape: with `here` they attach to that host first, whatever it says, with `at` to the host
        that has that address; without `standby` they have one connection only.
        """
        self.ask("join", names=list(names), room=room, url=url, here=here, at=at, standby=standby)

    def post(self, name: str, count: int = 1) -> None:
        """Posts, without waiting for the outcome."""
        self.ask("post", name=name, count=count)

    def begin(self, per_s: float, names: Sequence[str] = (), *, mixed: int | None = None) -> None:
        """All, or these, post one after the other, so many messages a second in all.

        Shape: with `mixed`, a seed, they write, rename, raise hands and correct messages, too.
        """
        self.ask("begin", per_s=per_s, names=list(names) or None, mixed=mixed)

    def pause(self) -> None:
        self.ask("pause")

    def settle(self, within_s: float) -> float:
        """Stops posting, and waits until everything is decided and everybody equally far.

        Shape: returns how long that took. Errors: `InvariantViolated` that says what is missing.
        """
        self.pause()
        told = self.ask("settle", within_s=within_s, answer_s=within_s + ANSWER_S_MAX)
        invariant(told["settled"], "people get on", left=told["left"], within_s=within_s)
        return float(told["took_s"])

    def mark(self, what: str) -> float:
        """Writes into the history that something happened; returns when."""
        return float(self.ask("mark", what=what))

    def leave(self, name: str) -> None:
        self.ask("leave", name=name)

    def haunt(self, name: str, url: str) -> None:
        self.ask("haunt", name=name, url=url)

    def final(self, rooms: Sequence[str], url: str, others: Sequence[People] = ()) -> None:
        """A newcomer reads the rooms, and all states are written down, those of others too."""
        told = self.ask("read", rooms=list(rooms), url=url)
        for people in (self, *others):
            people.ask("states", rooms=told)
        self.ask("forget_readers")

    def servers(self) -> dict[str, str]:
        """The address of the server that each person is attached to, or tries next."""
        told: dict[str, str] = self.ask("servers")
        return told

    def fetch(self, url: str, token: str = "") -> tuple[int, Any]:
        told = self.ask("fetch", url=url, token=token)
        return int(told["status"]), told["body"]

    def ask(self, do: str, *, answer_s: float = ANSWER_S_MAX, **arguments: Any) -> Any:
        """Errors: `InvariantViolated` with what went wrong there, or when nothing is answered."""
        self._pipe.write(msgspec.json.encode({"do": do, **arguments}) + b"\n")
        self._pipe.flush()
        told = msgspec.json.decode(self._line(answer_s, do))
        invariant("error" not in told, "people do what they are told", do=do, told=told)
        return told["ok"]

    def _line(self, within_s: float, do: str) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._told], [], [], within_s)
            invariant(bool(ready), "people answer", do=do, within_s=within_s)
            # One answer a question: nothing behind its end can be waiting.
            part = os.read(self._told, PART_BYTES)
            invariant(bool(part), "people live", log=str(self.history.with_suffix(".log")))
            line += part
        return line

    def close(self) -> None:
        """They drop their connections and go."""
        with contextlib.suppress(BrokenPipeError):
            self._pipe.close()
        try:
            self._process.wait(END_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(END_S_MAX)
        self._answers.close()
        self._output.close()
