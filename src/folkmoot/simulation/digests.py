"""Digests: whether servers that applied the same hold the same."""

from __future__ import annotations

from folkmoot.simulation.world import Violation


class Digests:
    """Every digest any server ever had, by conference and sequence (I6)."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], tuple[bytes, str]] = {}

    def check(self, conference: str, sequence: int, digest: bytes, server: str) -> None:
        known = self._known.setdefault((conference, sequence), (digest, server))
        if known[0] != digest:
            raise Violation(
                f"I6: {conference} at {sequence}: {server} and {known[1]} have different digests"
            )
