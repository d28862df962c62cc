"""The zone's table: who is alive, as one process hears it.

Pure. Every process keeps the same table from the heartbeats of all, its own among them. Its own
heartbeat comes back through the engine too: while that does not arrive we are deaf, and silence
says nothing about others, so the table then keeps what it knew.
"""

from __future__ import annotations

from typing import Final

import msgspec

from folkmoot.zone.heads import Head

ENTRIES_MAX: Final = 4_096
ROLE_COLLABORATION: Final = "collaboration"


class Heartbeat(msgspec.Struct, array_like=True, frozen=True):
    """What every process says of itself four times a second on `zone.heartbeat`.

    Units: `port` is the process's own port, 0 when it has none. Fields are only added at the end.
    """

    id: str
    role: str
    node: str
    incarnation: str
    pid: int
    state: str
    version: str = ""
    address: str = ""
    port: int = 0
    connections: int = 0
    conferences: int = 0
    loop_lag_ms: float = 0.0
    heads: list[Head] = []


class ProcessEntry(msgspec.Struct, frozen=True):
    """One process of the zone; `suspect` when it has been silent for too long."""

    beat: Heartbeat
    heard_ms: int
    suspect: bool

    @property
    def id(self) -> str:
        return self.beat.id

    @property
    def role(self) -> str:
        return self.beat.role

    @property
    def node(self) -> str:
        return self.beat.node

    @property
    def state(self) -> str:
        return self.beat.state

    @property
    def pid(self) -> int:
        return self.beat.pid

    @property
    def server(self) -> str:
        """`<id>.<incarnation>`: a session's server."""
        return f"{self.beat.id}.{self.beat.incarnation}"


class Table:
    """The processes of the zone by id.

    Caller: `hear` for each heartbeat, `gone` for each reported death, `tick` every 100-250 ms.
    Each returns whether something changed that others care about (who is alive, who is ready).
    """

    def __init__(self, own: str, *, suspect_after_ms: int, drop_after_ms: int) -> None:
        self._own = own
        self._suspect_after_ms = suspect_after_ms
        self._drop_after_ms = drop_after_ms
        self._entries: dict[str, ProcessEntry] = {}
        self._dead: dict[str, int] = {}
        self._echo_ms: int | None = None
        self._deaf = True

    def hear(self, now_ms: int, beat: Heartbeat) -> bool:
        server = f"{beat.id}.{beat.incarnation}"
        if server in self._dead:
            return False
        if server == self._own:
            self._hear_echo(now_ms)
        before = self._entries.get(beat.id)
        if before is None and len(self._entries) >= ENTRIES_MAX:
            return False
        self._entries[beat.id] = ProcessEntry(beat, now_ms, suspect=False)
        return (
            before is None
            or before.suspect
            or before.beat.incarnation != beat.incarnation
            or before.beat.state != beat.state
        )

    def gone(self, now_ms: int, id: str, incarnation: str) -> bool:
        """A death was reported: what that incarnation still sent, late, counts no more."""
        if incarnation:
            self._dead[f"{id}.{incarnation}"] = now_ms
        entry = self._entries.get(id)
        if entry is None or (incarnation and entry.beat.incarnation != incarnation):
            return False
        del self._entries[id]
        return True

    def tick(self, now_ms: int) -> bool:
        heard = self._echo_ms is not None and now_ms - self._echo_ms <= self._suspect_after_ms
        self._deaf = not heard
        self._dead = {
            server: at for server, at in self._dead.items() if now_ms - at <= self._drop_after_ms
        }
        if self._deaf:
            return False
        changed = False
        for id, entry in list(self._entries.items()):
            silent_ms = now_ms - entry.heard_ms
            if silent_ms > self._drop_after_ms:
                del self._entries[id]
                changed = True
            elif silent_ms > self._suspect_after_ms and not entry.suspect:
                self._entries[id] = ProcessEntry(entry.beat, entry.heard_ms, suspect=True)
                changed = True
        return changed

    @property
    def deaf(self) -> bool:
        """Whether our own heartbeat does not come back: the engine is away."""
        return self._deaf

    def processes(self, role: str | None = None) -> list[ProcessEntry]:
        """All that are not dropped, by id; `suspect` ones are marked."""
        entries = sorted(self._entries.items())
        return [entry for _, entry in entries if role is None or entry.role == role]

    def alive(self, server: str) -> bool:
        entry = self._entries.get(server.rpartition(".")[0])
        return entry is not None and entry.server == server and not entry.suspect

    def ranked_servers(self) -> list[str]:
        """Paths of collaboration servers, best first: those that are sure, ready, least loaded."""
        candidates = [
            entry
            for entry in self.processes(ROLE_COLLABORATION)
            if entry.state == "ready"
        ]
        candidates.sort(key=lambda entry: (entry.suspect, entry.beat.connections, entry.id))
        return [f"/s/{entry.id}" for entry in candidates]

    def _hear_echo(self, now_ms: int) -> None:
        silent_ms = now_ms - self._echo_ms if self._echo_ms is not None else 0
        self._echo_ms = now_ms
        if silent_ms > self._suspect_after_ms:
            # We were deaf: everybody gets the time anew.
            for id, entry in self._entries.items():
                self._entries[id] = ProcessEntry(entry.beat, now_ms, entry.suspect)
