"""What a process says of itself and of its load."""

from __future__ import annotations

import msgspec

from folkmoot import __version__
from folkmoot.zone.heads import Head
from folkmoot.zone.qos import UNKNOWN, Measures, qos_value
from folkmoot.zone.table import ROLE_PROCESS_MANAGER, Heartbeat


class Identity(msgspec.Struct, frozen=True):
    """Who this process is."""

    id: str
    role: str
    node: str
    incarnation: str
    pid: int


class Load(msgspec.Struct):
    """What a process says of its own load; its role writes it, the heartbeats carry it.

    Shape: `state` is starting, ready or stopping; the fields are those of `table.Heartbeat`.
    The runtime fills `loop_lag_ms`, `cpu`, `url`, `qos`, `draining`, `engine_ms` and `level`, the
    role the rest. `connections_max` is 0 where there is no bound.
    """

    state: str = "starting"
    connections: int = 0
    conferences: int = 0
    loop_lag_ms: float = 0.0
    address: str = ""
    port: int = 0
    url: str = ""
    qos: int = UNKNOWN
    draining: bool = False
    commit_ms: float = 0.0
    backlog_bytes: int = 0
    cpu: float = 0.0
    engine_ms: float = 0.0
    attached: int = 0
    connections_max: int = 0
    level: int = 1
    zone_level: int = 1
    free_bytes: int = -1
    free_percent: int = -1
    certificate_days: int = -1
    store_free_bytes: int = -1
    relayed: int = 0
    engine_runs: bool = False
    clock_off_s: int = 0
    disk_errors: int = 0
    disk_ms: int = -1

    def value(self) -> int:
        """The QoS value, from what is known now."""
        share = self.connections / self.connections_max if self.connections_max else 0.0
        measures = Measures(
            lag_ms=self.loop_lag_ms,
            cpu=self.cpu,
            backlog_bytes=self.backlog_bytes,
            connections_share=share,
            commit_ms=self.commit_ms,
            engine_ms=self.engine_ms,
        )
        return qos_value(self.state, self.draining, measures)

    def heartbeat(self, identity: Identity, heads: list[Head], wall_ms: int) -> Heartbeat:
        """What is told of it now; sets `qos`. Shape: only of process managers the clock counts."""
        self.qos = self.value()
        return Heartbeat(
            id=identity.id,
            role=identity.role,
            node=identity.node,
            incarnation=identity.incarnation,
            pid=identity.pid,
            state=self.state,
            version=__version__,
            address=self.address,
            port=self.port,
            connections=self.connections,
            conferences=self.conferences,
            loop_lag_ms=round(self.loop_lag_ms, 1),
            heads=heads,
            url=self.url,
            qos=self.qos,
            draining=self.draining,
            commit_ms=round(self.commit_ms, 1),
            backlog_bytes=self.backlog_bytes,
            cpu=round(self.cpu, 2),
            engine_ms=round(self.engine_ms, 1),
            attached=self.attached,
            level=self.level,
            zone_level=self.zone_level,
            free_bytes=self.free_bytes,
            free_percent=self.free_percent,
            certificate_days=self.certificate_days,
            store_free_bytes=self.store_free_bytes,
            relayed=self.relayed,
            engine_runs=self.engine_runs,
            wall_ms=wall_ms if identity.role == ROLE_PROCESS_MANAGER else 0,
            clock_off_s=self.clock_off_s,
            disk_errors=self.disk_errors,
            disk_ms=self.disk_ms,
        )
