"""Every bound and interval of a node, with its unit in its name."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Configuration of one node; the defaults suit a single machine."""

    # Processes
    collaboration_servers: int = 2
    front_doors: int = 2
    shards: int = 4

    # Collaboration servers that the meeting manager orders where load or failure asks for them
    collaboration_servers_max: int = 6
    order_after_failure_ms: int = 15_000
    order_after_load_ms: int = 5_000
    surplus_after_ms: int = 300_000

    # Zone
    heartbeat_interval_ms: int = 250
    suspect_after_ms: int = 1_000
    watchdog_timeout_ms: int = 10_000
    restarts_max: int = 5
    restarts_window_ms: int = 30_000

    # Collaboration server: per session
    operations_per_s: int = 50
    operations_burst: int = 200
    live_per_s: int = 60
    rejections_per_minute_max: int = 120
    send_queue_bytes_max: int = 1 << 20
    half_open_timeout_ms: int = 10_000
    first_frame_timeout_ms: int = 10_000
    away_grace_ms: int = 1_500

    # Collaboration server: per conference
    batch_bytes_max: int = 512 * 1024
    batch_entries_max: int = 512
    publish_timeout_ms: int = 1_000
    republish_wait_ms: int = 250
    backlog_batches_max: int = 2_048
    backlog_bytes_max: int = 8 << 20
    participants_max: int = 1_000
    replica_idle_ms: int = 60_000

    # Collaboration server: whole process
    connections_max: int = 4_000

    # Snapshots and history
    snapshot_every_operations: int = 1_000
    trim_behind_ms: int = 600_000
    compact_after_updates: int = 500
    compact_after_bytes: int = 256 * 1024
    settle_after_ms: int = 30_000

    # HTTP
    rooms_per_minute_per_address: int = 60
    uploads_per_minute_per_address: int = 300
    upload_idle_ms: int = 3_600_000
    uploads_at_once_max: int = 64
    downloads_at_once_max: int = 128
    store_reserve_bytes: int = 256 << 20
    joins_per_minute_per_address: int = 600
