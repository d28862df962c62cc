"""What a machine needs its operator for: a sound disk, room on it, certificate, clock. Pure."""

from __future__ import annotations

from typing import Final

from folkmoot.zone.clock import CLOCK_OFF_S_MAX
from folkmoot.zone.disk_speed import SLOW_MS, UNKNOWN

DISK_FAILING: Final = "disk_failing"
DISK_SLOW: Final = "disk_slow"
DISK_LOW: Final = "disk_low"
CERTIFICATE_EXPIRING: Final = "certificate_expiring"
CLOCK_OFF: Final = "clock_off"

FREE_PERCENT_MIN: Final = 10
FREE_BYTES_MIN: Final = 1 << 30
CERTIFICATE_DAYS_MIN: Final = 30
"""They renew themselves when 120 days are left: below this, that has failed for long."""


def warnings(
    free_bytes: int,
    free_percent: int,
    certificate_days: int,
    clock_off_s: int = 0,
    disk_errors: int = 0,
    disk_ms: int = UNKNOWN,
) -> list[str]:
    """What is to be done about a node; -1 stands for what is not known, or not there."""
    found = []
    if disk_errors > 0:
        found.append(DISK_FAILING)
    if disk_ms >= SLOW_MS:
        found.append(DISK_SLOW)
    if 0 <= free_percent < FREE_PERCENT_MIN or 0 <= free_bytes < FREE_BYTES_MIN:
        found.append(DISK_LOW)
    if 0 <= certificate_days < CERTIFICATE_DAYS_MIN:
        found.append(CERTIFICATE_EXPIRING)
    if abs(clock_off_s) > CLOCK_OFF_S_MAX:
        found.append(CLOCK_OFF)
    return found
