"""Counters of a web server, told as Prometheus text. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DURATION_BOUNDS_S: Final = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5)
SERIES_MAX: Final = 200


class Metrics:
    """Requests by route and status, and how long they took.

    Shape: `route` comes from a fixed list, never from a client; beyond `SERIES_MAX` series new
    ones are counted as `other`.
    """

    def __init__(self) -> None:
        self._requests: dict[tuple[str, int], int] = {}
        self._duration_counts = [0] * (len(DURATION_BOUNDS_S) + 1)
        self._duration_sum_s = 0.0

    def request(self, route: str, status: int, duration_s: float) -> None:
        series = (route, status)
        if series not in self._requests and len(self._requests) >= SERIES_MAX:
            series = ("other", 0)
        self._requests[series] = self._requests.get(series, 0) + 1
        self._duration_sum_s += duration_s
        for index, bound_s in enumerate(DURATION_BOUNDS_S):
            if duration_s <= bound_s:
                self._duration_counts[index] += 1
                return
        self._duration_counts[-1] += 1

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """The exposition text; `gauges` maps a name to its help sentence and value."""
        lines = [
            "# HELP folkmoot_http_requests_total Requests answered.",
            "# TYPE folkmoot_http_requests_total counter",
        ]
        for (route, status), count in sorted(self._requests.items()):
            lines.append(
                f'folkmoot_http_requests_total{{route="{route}",status="{status}"}} {count}'
            )
        lines += self._histogram()
        for name, (sentence, value) in gauges.items():
            lines.append(f"# HELP folkmoot_{name} {sentence}")
            lines.append(f"# TYPE folkmoot_{name} gauge")
            lines.append(f"folkmoot_{name} {value:g}")
        return "\n".join(lines) + "\n"

    def _histogram(self) -> list[str]:
        name = "folkmoot_http_request_duration_seconds"
        lines = [f"# HELP {name} Time from request to response.", f"# TYPE {name} histogram"]
        total = 0
        for index, bound_s in enumerate(DURATION_BOUNDS_S):
            total += self._duration_counts[index]
            lines.append(f'{name}_bucket{{le="{bound_s:g}"}} {total}')
        total += self._duration_counts[-1]
        lines.append(f'{name}_bucket{{le="+Inf"}} {total}')
        lines.append(f"{name}_sum {self._duration_sum_s:.6f}")
        lines.append(f"{name}_count {total}")
        return lines
