"""What the active meeting manager orders: servers where load or failure asks for them, and moves.

Pure: the shell in `main.py` feeds it the zone's table and the time, and sends what comes out to the
process named. Everything waits for a condition to last, so that a hiccup moves nobody, and one
order is given time to show before the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from folkmoot.settings import Settings
from folkmoot.zone.orders import Order, is_extra, next_extra
from folkmoot.zone.table import ProcessEntry

COLLABORATION: Final = "collaboration"
PROCESS_MANAGER: Final = "process-manager"

SERVERS_WANTED: Final = 2
"""Fewer than these are a failure, where the zone had as many: nobody could go anywhere."""

ORDER_BELOW: Final = 50
SURPLUS_FROM: Final = 80
MOVE_BELOW: Final = 30
TAKES_FROM: Final = 60
"""QoS values: the mean below which a server is ordered and from which one is surplus; a server's
own below which it gives up clients, and from which another one takes them."""

MACHINE_BUSY: Final = 0.8
"""Share of a machine's cores in use, from which on another process would only slow the others."""

ORDER_AGAIN_MS: Final = 15_000
MOVE_AFTER_MS: Final = 3_000
MOVE_AGAIN_MS: Final = 5_000
RETIRE_MS: Final = 60_000
MOVE_SHARE: Final = 10
"""One tenth of a server's clients at a time."""


class Decision(msgspec.Struct, frozen=True):
    """An order for one process of a node, and why."""

    node: str
    process: str
    order: Order
    why: str


class Director:
    """Decides from one look at the zone's table after the other.

    Shape: `most` is how many servers took people at once, not counting extra ones.
    Caller: `see` in each round, also while standing by; `decide` after it while active; a new one,
    with the same `most`, when the seat was taken or lost.
    """

    def __init__(self, settings: Settings, fence: int, most: int = 0) -> None:
        self.most = most
        self._settings = settings
        self._fence = fence
        self._since: dict[str, int] = {}
        self._not_before: dict[str, int] = {}

    def see(self, entries: Iterable[ProcessEntry]) -> None:
        """Notes how many servers there are when all is well."""
        planned = [e for e in entries if e.role == COLLABORATION and not is_extra(e.id)]
        self.most = max(self.most, sum(map(_takes, planned)))

    def decide(self, now_ms: int, entries: Iterable[ProcessEntry]) -> list[Decision]:
        known = list(entries)
        servers = [entry for entry in known if entry.role == COLLABORATION]
        takers = [entry for entry in servers if _takes(entry)]
        planned = [entry for entry in takers if not is_extra(entry.id)]
        decisions = self._retire(now_ms, servers)
        few, busy = self._few(now_ms, servers), self._busy(now_ms, takers)
        if few or busy:
            # Where nobody could go anywhere, a busy machine is better than none.
            most = 1.0 if few else MACHINE_BUSY
            decisions += self._start(now_ms, known, servers, few or busy, most)
        elif not decisions:
            decisions += self._surplus(now_ms, takers, planned)
        self._forget({entry.server for entry in servers})
        return decisions + self._moves(now_ms, takers)

    def _few(self, now_ms: int, servers: Sequence[ProcessEntry]) -> str:
        """Why too few servers are left; empty when there are enough.

        Shape: one that drains is there, its operator brings it back; an extra one is about to end.
        """
        ready = [entry for entry in servers if entry.state == "ready" and not entry.suspect]
        count = sum(1 for e in ready if not (is_extra(e.id) and e.beat.draining))
        few = count < min(SERVERS_WANTED, self.most)
        if self._lasts(now_ms, "few", few, self._settings.order_after_failure_ms):
            return f"of {self.most} servers {count} are left"
        return ""

    def _busy(self, now_ms: int, takers: Sequence[ProcessEntry]) -> str:
        """Why those that are there do not suffice; empty when they do."""
        mean = _mean(takers)
        busy = bool(takers) and mean < ORDER_BELOW
        if self._lasts(now_ms, "busy", busy, self._settings.order_after_load_ms):
            return f"the servers' mean QoS value is {mean}"
        return ""

    def _start(
        self,
        now_ms: int,
        known: Sequence[ProcessEntry],
        servers: Sequence[ProcessEntry],
        why: str,
        cpu_most: float,
    ) -> list[Decision]:
        if not self._may(now_ms, "start"):
            return []
        ids: dict[str, set[str]] = {}
        for entry in servers:
            ids.setdefault(entry.node, set()).add(entry.id)
        nodes = [
            (len(ids.get(entry.node, ())), entry.beat.cpu, entry.node)
            for entry in known
            if entry.role == PROCESS_MANAGER
            and _takes(entry)
            and entry.beat.cpu <= cpu_most
            and len(ids.get(entry.node, ())) < self._settings.collaboration_servers_max
        ]
        if not nodes:
            return []
        node = min(nodes)[2]
        self._not_before["start"] = now_ms + ORDER_AGAIN_MS
        id = next_extra(ids.get(node, set()))
        return [self._decision(node, PROCESS_MANAGER, why, "start", id)]

    def _surplus(
        self, now_ms: int, takers: Sequence[ProcessEntry], planned: Sequence[ProcessEntry]
    ) -> list[Decision]:
        """Lets the least used extra server go when all have been quiet for long."""
        extras = [entry for entry in takers if is_extra(entry.id)]
        enough = len(takers) - 1 >= min(SERVERS_WANTED, self.most) and bool(planned)
        quiet = bool(extras) and enough and _mean(takers) >= SURPLUS_FROM
        if not self._lasts(now_ms, "quiet", quiet, self._settings.surplus_after_ms):
            return []
        self._since.pop("quiet", None)
        least = min(extras, key=lambda entry: (entry.beat.attached, entry.key))
        return [self._decision(least.node, PROCESS_MANAGER, "it is not needed", "drain", least.id)]

    def _retire(self, now_ms: int, servers: Sequence[ProcessEntry]) -> list[Decision]:
        """Stops extra servers that drain once they are empty, or have had their time."""
        decisions = []
        retiring = [e for e in servers if is_extra(e.id) and e.beat.draining and not e.suspect]
        for entry in retiring:
            late = self._lasts(now_ms, f"retire {entry.server}", True, RETIRE_MS)
            if (entry.beat.attached == 0 or late) and self._may(now_ms, f"stop {entry.server}"):
                self._not_before[f"stop {entry.server}"] = now_ms + MOVE_AGAIN_MS
                decisions.append(
                    self._decision(entry.node, PROCESS_MANAGER, "it is empty", "stop", entry.id)
                )
        return decisions

    def _moves(self, now_ms: int, takers: Sequence[ProcessEntry]) -> list[Decision]:
        """Lets servers that are far too busy give up some clients, where others take them."""
        decisions = []
        others = any(entry.beat.qos >= TAKES_FROM for entry in takers)
        for entry in takers:
            name = f"move {entry.server}"
            busy = others and 0 <= entry.beat.qos < MOVE_BELOW and entry.beat.attached > 0
            if self._lasts(now_ms, name, busy, MOVE_AFTER_MS) and self._may(now_ms, name):
                self._not_before[name] = now_ms + MOVE_AGAIN_MS
                count = max(1, entry.beat.attached // MOVE_SHARE)
                why = f"its QoS value is {entry.beat.qos}"
                order = Order("move", count=count, fence=self._fence)
                decisions.append(Decision(entry.node, entry.id, order, why))
        return decisions

    def _lasts(self, now_ms: int, name: str, holds: bool, for_ms: int) -> bool:
        """Whether a condition has held for that long."""
        if not holds:
            self._since.pop(name, None)
            return False
        return now_ms - self._since.setdefault(name, now_ms) >= for_ms

    def _may(self, now_ms: int, name: str) -> bool:
        return now_ms >= self._not_before.get(name, now_ms)

    def _forget(self, servers: set[str]) -> None:
        """Drops what was remembered of servers that are no more."""
        for memory in (self._since, self._not_before):
            for name in list(memory):
                _, space, server = name.partition(" ")
                if space and server not in servers:
                    del memory[name]

    def _decision(self, node: str, process: str, why: str, op: str, id: str) -> Decision:
        return Decision(node, process, Order(op, id=id, fence=self._fence), why)


def _takes(entry: ProcessEntry) -> bool:
    return entry.state == "ready" and not entry.suspect and not entry.beat.draining


def _mean(takers: Sequence[ProcessEntry]) -> int:
    values = [100 if entry.beat.qos < 0 else entry.beat.qos for entry in takers]
    return sum(values) // len(values) if values else 0
