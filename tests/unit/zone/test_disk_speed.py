"""How fast disks are, and when a slow one hands over."""

from __future__ import annotations

import pytest

from folkmoot.zone.disk_speed import PROBES, SLOW_MS, UNKNOWN, Probes, successor


def test_a_disk_is_as_slow_as_the_best_of_the_last_few_measurements() -> None:
    probes = Probes()
    assert [probes.add(ms) for ms in (900, 900, 70, 80, 90, 3, 500, 500, 500)] == [
        *(UNKNOWN, UNKNOWN, 70, 70, 70, 3, 3, 3, 500),
    ]
    assert PROBES == 3


@pytest.mark.parametrize(
    ("own_ms", "others", "best"),
    [
        (SLOW_MS, {"h2": 1, "h3": 2}, "h2"),
        (SLOW_MS - 1, {"h2": 0, "h3": 0}, ""),
        (UNKNOWN, {"h2": 1}, ""),
        (200, {"h2": UNKNOWN, "h3": 40}, "h3"),
        (200, {"h2": 60, "h3": 51}, ""),
        (5_000, {"h2": 60, "h3": UNKNOWN}, "h2"),
        (5_000, {}, ""),
    ],
)
def test_a_slow_disk_hands_over_to_the_fastest_one_if_that_is_much_faster(
    own_ms: int, others: dict[str, int], best: str
) -> None:
    assert successor(own_ms, others) == best
