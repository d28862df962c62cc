"""How often one address may ask: token buckets, in a table with a bound. Pure."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from typing import Final

ADDRESSES_MAX: Final = 10_000


def network_of(address: str) -> str:
    """What shares a bucket: an IPv4 address, or a /64 of IPv6, which one customer has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class Rates:
    """`per_minute` requests an address and minute, all of them at once if need be.

    Shape: the addresses that asked longest ago are forgotten first.
    """

    def __init__(self, per_minute: int, addresses_max: int = ADDRESSES_MAX) -> None:
        self._per_ms = per_minute / 60_000
        self._burst = float(max(1, per_minute))
        self._addresses_max = addresses_max
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait_s(self, address: str, now_ms: int) -> int:
        """0 when the request may go on (and is counted), else the seconds to wait."""
        network = network_of(address)
        tokens, since_ms = self._buckets.get(network, (self._burst, now_ms))
        tokens = min(self._burst, tokens + max(0, now_ms - since_ms) * self._per_ms)
        allowed = tokens >= 1
        self._buckets[network] = (tokens - 1 if allowed else tokens, now_ms)
        self._buckets.move_to_end(network)
        while len(self._buckets) > self._addresses_max:
            self._buckets.popitem(last=False)
        if allowed:
            return 0
        return max(1, int((1 - tokens) / self._per_ms / 1_000 + 0.999))
