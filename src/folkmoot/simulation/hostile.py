"""Hostile: somebody with a good ticket who sends what no client of ours would.

Nothing is promised to them. What they do must harm nobody: the others are judged as ever, and what
of it takes effect is in the log as theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from folkmoot.protocol.frames import (
    Get,
    Join,
    LiveSend,
    Operation,
    Ping,
    Resume,
    Welcome,
    decode_server,
    encode,
)
from folkmoot.protocol.limits import PROTOCOL_VERSION
from folkmoot.protocol.position import START
from folkmoot.simulation.client import SimClient
from folkmoot.simulation.network import Connection, Item
from folkmoot.simulation.server import SimServer
from folkmoot.simulation.world import World

NAME: Final = "mallory"
EVERY_MS: Final = (50, 700)
FLOOD: Final = 25
JUNK: Final = (
    b"",
    b"\xc1",
    b"\x91\xa4nope",
    b"\x91" * 4_000,
    b"\xdd\xff\xff\xff\xff",
    b"\x93\xa4live\xa6cursor\x81\xa9__proto__\x01",
    b"\x95\xa2op\x01\xa4chat\xa4post\x81\xa4text\xa2\xff\xfe",
)


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(value))


class Hostile:
    """Caller: `start`; `stop` when the world is healed."""

    def __init__(
        self,
        world: World,
        servers: Sequence[SimServer],
        conference: str,
        victims: Sequence[SimClient],
    ) -> None:
        self._world = world
        self._servers = servers
        self._conference = conference
        self._victims = victims
        self._tickets: dict[str, None] = {}
        self._connection: Connection | None = None
        self._sessions = 0
        self._counter = 0
        self._posts = 0
        self._stopped = False

    def start(self) -> None:
        if not self._stopped:
            self._world.after(self._world.between(*EVERY_MS), self._act)

    def stop(self) -> None:
        self._stopped = True
        self._hang_up()

    def received(self, connection: Connection, item: Item) -> None:
        if connection is not self._connection:
            return
        if item is None:
            self._connection = None
            return
        for frame in decode_server(item):
            if isinstance(frame, Welcome):
                self._world.mark("hostile_welcomed")
                self._counter = frame.last
                if frame.person != NAME:
                    self._world.mark("hostile_joined_as_another")

    # Acts

    def _act(self) -> None:
        self.start()
        if self._stopped:
            return
        if self._connection is None:
            self._open()
            return
        acts = (
            self._junk, self._jump, self._again, self._malformed, self._foreign_text,
            self._forged, self._stale, self._used_ticket, self._flood, self._nonsense, self._post,
            self._hang_up,
        )  # fmt: skip
        self._world.mark("hostile_acted")
        acts[self._world.between(0, len(acts) - 1)]()

    def _open(self) -> None:
        """Connects, and mostly joins with a good ticket."""
        self._connect()
        if self._connection is not None and self._world.chance(0.9):
            self._sessions += 1
            id_ = f"{NAME}.{self._sessions}"
            ticket = f"{self._conference} {id_} {NAME} participant"
            self._say(Join(PROTOCOL_VERSION, ticket, f"nonce of {id_}"))

    def _connect(self) -> None:
        able = [s for s in self._servers if s.running and not s.frozen]
        if able:
            server = able[self._world.between(0, len(able) - 1)]
            self._connection = Connection(self._world, server.next_connection(), self, server)
            self._connection.hostile = True
            server.accept(self._connection)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.up.push(None)
            self._connection = None

    def _say(self, frame: Any) -> None:
        self._push(encode(frame))

    def _push(self, data: bytes) -> None:
        if self._connection is not None:
            self._connection.up.push(data)

    def _operate(self, app: str, type_: str, body: Any, counter: int = 0) -> None:
        if not counter:
            self._counter += 1
        self._say(Operation(counter or self._counter, app, type_, raw(body)))

    def _junk(self) -> None:
        self._push(JUNK[self._world.between(0, len(JUNK) - 1)])

    def _jump(self) -> None:
        self._operate("chat", "post", {"text": "from the future"}, self._counter + 7)

    def _again(self) -> None:
        self._operate("chat", "post", {"text": "another past"}, max(1, self._counter))

    def _malformed(self) -> None:
        bodies: tuple[Any, ...] = ({}, [], {"text": 7}, {"text": "x", "more": 1}, None, "text")
        self._operate("chat", "post", bodies[self._world.between(0, len(bodies) - 1)])

    def _foreign_text(self) -> None:
        """Text in somebody else's name, or what is no update at all."""
        updates = (b"\x01\x01\x01\x00\x04\x01\x04text\x01x\x00", b"\x07", b"")
        update = updates[self._world.between(0, 2)]
        body = {"document": "pad", "from": 0, "to": 1, "update": update}
        self._operate("documents", "update", body)

    def _forged(self) -> None:
        self._say(Resume(PROTOCOL_VERSION, "no token at all", 1, START, 0))

    def _stale(self) -> None:
        """A token that somebody lost long ago, with the generation it had then."""
        session = self._victims[self._world.between(0, len(self._victims) - 1)].session
        if session.token and session.generation > 1:
            self._hang_up()
            self._connect()
            self._say(Resume(PROTOCOL_VERSION, session.token, session.generation - 1, START, 0))

    def _used_ticket(self) -> None:
        """Of a session that goes on it gives nothing; of one that is forgotten it makes another.

        Real tickets are over after a minute, and many more closed sessions than end meanwhile are
        remembered; here only one is.
        """
        for victim in self._victims:
            if victim.session.token:
                self._tickets[victim.session.ticket] = None
        if self._tickets:
            ticket = list(self._tickets)[self._world.between(0, len(self._tickets) - 1)]
            self._hang_up()
            self._connect()
            self._say(Join(PROTOCOL_VERSION, ticket, "another nonce"))

    def _flood(self) -> None:
        for _ in range(FLOOD):
            self._operate("chat", "post", {"text": " "})

    def _nonsense(self) -> None:
        self._say(Ping())
        self._say(Get(1, "everything", raw({})))
        self._say(LiveSend("chat.typing", raw({"to": {}})))
        self._operate("roster", "end", {})

    def _post(self) -> None:
        self._posts += 1
        self._operate("chat", "post", {"text": f"{NAME} says {self._posts}"})
