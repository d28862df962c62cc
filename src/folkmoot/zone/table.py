"""The zone's table: who is alive, as one process hears it.

Pure. Every process keeps the same table from the heartbeats of all, its own among them. Ids are a
node's own business, so entries are kept by (node, id). Its own heartbeat comes back through the
engine too: while that does not arrive we are deaf, and silence says nothing about others, so the
table then keeps what it knew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from folkmoot.zone.clock import agreed_offset_ms
from folkmoot.zone.heads import Head
from folkmoot.zone.placement import Candidate, rank, weight

ENTRIES_MAX: Final = 4_096
ROLE_COLLABORATION: Final = "collaboration"
ROLE_PROCESS_MANAGER: Final = "process-manager"
NODE_MISSED_MS: Final = 24 * 3_600_000
"""So long a node that fell silent without a word stays in the table: an operator is to see it."""

RANKINGS_MAX: Final = 20_000
"""Rankings that are kept until something changes that they stand on."""


class Heartbeat(msgspec.Struct, array_like=True, frozen=True):
    """What every process says of itself four times a second on `zone.heartbeat`.

    Shape: `url` is where people reach the node, such as `http://10.77.0.2:8080`; `qos` is -1 while
    unknown; one that is `draining` keeps serving whom it has and takes nobody new; of its
    `connections` so many are `attached`, the others stand by or are about to come in. `level` is
    the highest that its code knows, `zone_level` what it has heard of the zone's. A process manager
    tells of its node what is free where the data folder lies, for how many days its certificate
    holds, and how much its engine may still store; -1: not told, or there is none.
    `relayed` are people whom this process decrypts and
    another one of its node serves; a process manager tells whether an engine `engine_runs` there,
    what its clock says (`wall_ms`, since 1970), how far that is from the zone's (`clock_off_s`),
    how many errors of its disk the engine met within the last day (`disk_errors`), and how long a
    small write takes there (`disk_ms`).
    Units: `port` is the process's own port, 0 when it has none; `cpu` is in cores, of the process
    itself, but of the whole machine in a process manager's. Fields are only added at the end.
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
    url: str = ""
    qos: int = -1
    draining: bool = False
    commit_ms: float = 0.0
    backlog_bytes: int = 0
    cpu: float = 0.0
    engine_ms: float = 0.0
    attached: int = 0
    level: int = 1
    zone_level: int = 1
    free_bytes: int = -1
    free_percent: int = -1
    certificate_days: int = -1
    store_free_bytes: int = -1
    relayed: int = 0
    engine_runs: bool = False
    wall_ms: int = 0
    clock_off_s: int = 0
    disk_errors: int = 0
    disk_ms: int = -1


Key = tuple[str, str]
"""(node, id)"""


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

    @property
    def key(self) -> Key:
        return (self.beat.node, self.beat.id)


class Table:
    """The processes of the zone by node and id.

    Shape: `own` is our `<id>.<incarnation>`; the random part makes it the zone's only one.

    Caller: `hear` for each heartbeat, `gone` for each reported death, `tick` every 100-250 ms.
    Each returns whether something changed that others care about (who is alive, who is ready).
    """

    def __init__(self, own: str, *, suspect_after_ms: int, drop_after_ms: int) -> None:
        self._own = own
        self._suspect_after_ms = suspect_after_ms
        self._drop_after_ms = drop_after_ms
        self._entries: dict[Key, ProcessEntry] = {}
        self._places: dict[str, Key] = {}
        self._dead: dict[str, int] = {}
        self._rankings: dict[str, list[str]] = {}
        self._echo_ms: int | None = None
        self._deaf = True

    def hear(self, now_ms: int, beat: Heartbeat) -> bool:
        server = f"{beat.id}.{beat.incarnation}"
        if server in self._dead:
            return False
        if server == self._own:
            self._hear_echo(now_ms)
        key = (beat.node, beat.id)
        before = self._entries.get(key)
        if before is None and len(self._entries) >= ENTRIES_MAX:
            return False
        self._entries[key] = ProcessEntry(beat, now_ms, suspect=False)
        self._place(before, self._entries[key])
        return (
            before is None
            or before.suspect
            or before.beat.incarnation != beat.incarnation
            or before.beat.state != beat.state
            or before.beat.draining != beat.draining
        )

    def gone(self, now_ms: int, id: str, incarnation: str) -> bool:
        """A death was reported: what that incarnation still sent, late, counts no more."""
        server = f"{id}.{incarnation}"
        self._dead[server] = now_ms
        key = self._places.get(server)
        if key is None:
            return False
        self._drop(key)
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
        for key, entry in list(self._entries.items()):
            silent_ms = now_ms - entry.heard_ms
            if silent_ms > self._kept_ms(entry):
                self._drop(key)
                changed = True
            elif silent_ms > self._suspect_after_ms and not entry.suspect:
                self._entries[key] = ProcessEntry(entry.beat, entry.heard_ms, suspect=True)
                self._rankings.clear()
                changed = True
        return changed

    def _kept_ms(self, entry: ProcessEntry) -> int:
        missed = entry.role == ROLE_PROCESS_MANAGER and entry.state != "stopping"
        return NODE_MISSED_MS if missed else self._drop_after_ms

    @property
    def deaf(self) -> bool:
        """Whether our own heartbeat does not come back: the engine is away."""
        return self._deaf

    def processes(self, role: str | None = None) -> list[ProcessEntry]:
        """All that are not dropped, by id, then node; `suspect` ones are marked."""
        entries = sorted(self._entries.values(), key=lambda entry: (entry.id, entry.node))
        return [entry for entry in entries if role is None or entry.role == role]

    @property
    def zone_level(self) -> int:
        """The zone's level, as far as anybody here has told it."""
        return max((entry.beat.zone_level for entry in self._entries.values()), default=1)

    def wall_ms(self, now_ms: int, own_ms: int) -> int:
        """The time since 1970 that the zone's nodes agree on; `own_ms` while nobody is heard."""
        offset_ms = agreed_offset_ms(
            entry.beat.wall_ms - entry.heard_ms
            for entry in self._entries.values()
            if entry.beat.wall_ms and not entry.suspect
        )
        return own_ms if offset_ms is None else now_ms + offset_ms

    def alive(self, server: str) -> bool:
        key = self._places.get(server)
        return key is not None and not self._entries[key].suspect

    def ranked_servers(self, conference: str, node: str) -> list[str]:
        """Addresses of collaboration servers for a conference, as a process of `node` tells them.

        Shape: paths for servers of `node`, whole addresses for those of others; best first.
        Caller: always with the same node.
        """
        if not conference:
            return self._ranked("", node)
        known = self._rankings.get(conference)
        if known is None:
            if len(self._rankings) >= RANKINGS_MAX:
                self._rankings.clear()
            known = self._rankings[conference] = self._ranked(conference, node)
        return list(known)

    def fit_servers(self, conference: str, node: str) -> list[str]:
        """As `ranked_servers`: those that are sure to take people, and are not this process."""
        return self._ranked(
            conference,
            node,
            lambda entry: (
                not (
                    entry.server == self._own
                    or entry.suspect
                    or entry.beat.draining
                    or entry.beat.level < self.zone_level
                )
            ),
        )

    def _ranked(
        self,
        conference: str,
        node: str,
        fit: Callable[[ProcessEntry], bool] = lambda entry: True,
    ) -> list[str]:
        entries = {
            entry.key: entry
            for entry in self.processes(ROLE_COLLABORATION)
            if entry.state == "ready" and (entry.node == node or entry.beat.url) and fit(entry)
        }
        candidates = [
            Candidate(
                entry.node,
                entry.id,
                qos=entry.beat.qos,
                connections=entry.beat.connections,
                suspect=entry.suspect,
                draining=entry.beat.draining,
                outdated=entry.beat.level < self.zone_level,
            )
            for entry in entries.values()
        ]
        ranked = [entries[chosen.node, chosen.id] for chosen in rank(candidates, conference)]
        return [_address(entry, node) for entry in ranked]

    def _place(self, before: ProcessEntry | None, entry: ProcessEntry) -> None:
        if before is not None:
            self._places.pop(before.server, None)
        self._places[entry.server] = entry.key
        if before is None or _standing(before) != _standing(entry):
            self._rankings.clear()

    def _drop(self, key: Key) -> None:
        self._places.pop(self._entries.pop(key).server, None)
        self._rankings.clear()

    def _hear_echo(self, now_ms: int) -> None:
        silent_ms = now_ms - self._echo_ms if self._echo_ms is not None else 0
        self._echo_ms = now_ms
        if silent_ms > self._suspect_after_ms:
            # We were deaf: everybody gets the time anew.
            for key, entry in self._entries.items():
                self._entries[key] = ProcessEntry(entry.beat, now_ms, entry.suspect)


def _standing(entry: ProcessEntry) -> tuple[str, str, bool, bool, float, int, int]:
    """What a conference's ranking stands on."""
    beat = entry.beat
    weighs = weight(beat.qos)
    return (
        beat.state, beat.url, beat.draining, entry.suspect, weighs, beat.level, beat.zone_level
    )  # fmt: skip


def _address(entry: ProcessEntry, node: str) -> str:
    path = f"/s/{entry.id}"
    return path if entry.node == node else entry.beat.url.rstrip("/") + path
