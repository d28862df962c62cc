"""Placement: which servers a conference's participants should go to, best first.

Pure, and the same in every process: weighted rendezvous hashing. Each server draws a number for a
conference from a hash of both, scaled by the server's weight; the highest wins. So participants of
one conference meet on one server, conferences spread by weight, and a server that comes or goes
moves only those conferences that it wins or had. The weight falls in few steps and not before a
server is busy, so that a ranking does not change with every heartbeat.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from folkmoot.zone.qos import FLOOR, UNKNOWN

WEIGHTS: Final = ((60, 1.0), (40, 0.5), (20, 0.2), (FLOOR, 0.05))
"""(QoS value from which on, weight); below the last a server is refused."""


class Candidate(msgspec.Struct, frozen=True):
    """A ready collaboration server."""

    node: str
    id: str
    qos: int = UNKNOWN
    connections: int = 0
    suspect: bool = False
    draining: bool = False
    outdated: bool = False

    @property
    def key(self) -> str:
        return f"{self.node}/{self.id}"


def weight(qos: int) -> float:
    """A server's weight; 0 means refused. One whose value is not known yet counts in full."""
    if qos == UNKNOWN:
        return 1.0
    for least, value in WEIGHTS:
        if qos >= least:
            return value
    return 0.0


def rank(candidates: Iterable[Candidate], conference: str) -> list[Candidate]:
    """The servers for a conference, best first; refused ones are left out.

    Shape: the second is on another node than the first where there is one. Suspect ones come
    after those that are sure, draining ones after them: they serve when there is nobody else. Last
    are those that do not know the zone's level. Without a conference the least busy comes first.
    """
    classes: tuple[list[Candidate], ...] = ([], [], [], [])
    for candidate in candidates:
        # A draining server's value is 0; that it drains is said here, not that it is busy.
        if candidate.outdated:
            classes[3].append(candidate)
        elif candidate.draining:
            classes[2].append(candidate)
        elif weight(candidate.qos) > 0:
            classes[1 if candidate.suspect else 0].append(candidate)
    ranked = []
    for group in classes:
        ranked += _apart(_ordered(group, conference))
    return ranked


def _ordered(group: Sequence[Candidate], conference: str) -> list[Candidate]:
    if not conference:
        return sorted(group, key=lambda c: (-weight(c.qos), c.connections, c.id, c.node))
    return sorted(group, key=lambda c: (-_score(c, conference), c.key))


def _score(candidate: Candidate, conference: str) -> float:
    digest = hashlib.blake2b(f"{conference}\0{candidate.key}".encode(), digest_size=8).digest()
    # Between 0 and 1, both excluded.
    drawn = ((int.from_bytes(digest, "big") >> 11) + 0.5) / (1 << 53)
    share = 1.0 if candidate.draining else weight(candidate.qos)
    return share / -math.log(drawn)


def _apart(ordered: list[Candidate]) -> list[Candidate]:
    """Brings the first one of another node to the second place."""
    for place, candidate in enumerate(ordered):
        if candidate.node != ordered[0].node:
            return [ordered[0], candidate, *ordered[1:place], *ordered[place + 1 :]]
    return ordered
