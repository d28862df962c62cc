"""Orders: what one process asks of another by `zone.request`, and how it is answered.

All are idempotent: an order that is repeated, because its answer was lost, changes nothing more.
Orders of a meeting manager carry its fencing number; who has heard a higher one refuses them.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from folkmoot.protocol.reading import UNREADABLE

EXTRA_FROM: Final = 101
"""Collaboration servers that a meeting manager ordered are numbered from here; a plan's below."""

ORDER_BYTES_MAX: Final = 4_096

FENCE: Final = "fence"
"""Where the body of a refusal names the number that is obeyed."""


class Order(msgspec.Struct, frozen=True):
    """One order.

    Shape: `op` is, to a collaboration server: move (`count` clients, of `conference` or of any);
    to a process manager: start and stop (an extra collaboration server, `id`), drain (`id`, empty:
    the node; `on`), restart (`id`), status, use (`python` for what is started from now on), and of
    drills kill (`id`, empty: all of the node) and freeze (`id`, `for_ms`). `fence` is 0 for an
    operator's orders.
    """

    op: str
    id: str = ""
    conference: str = ""
    count: int = 0
    on: bool = True
    fence: int = 0
    python: str = ""
    for_ms: int = 0


class Answer(msgspec.Struct, frozen=True):
    """Shape: `refused` is a sentence, empty when the order is or was carried out; `unanswered` when
    whom it was passed on to said nothing, so that nobody knows whether it was.
    """

    refused: str = ""
    count: int = 0
    body: dict[str, Any] = {}
    unanswered: bool = False


_order_decoder = msgspec.msgpack.Decoder(Order)
_answer_decoder = msgspec.msgpack.Decoder(Answer)
encode = msgspec.msgpack.Encoder().encode


def read_order(payload: bytes) -> Order | None:
    """The order, or None when it is none."""
    if len(payload) > ORDER_BYTES_MAX:
        return None
    try:
        return _order_decoder.decode(payload)
    except UNREADABLE:
        return None


def read_answer(payload: bytes) -> Answer:
    """The answer; what cannot be read is a refusal."""
    try:
        return _answer_decoder.decode(payload)
    except UNREADABLE:
        return Answer(refused="The answer could not be read.")


def is_extra(id: str) -> bool:
    """Whether the id is one of a collaboration server that a meeting manager ordered."""
    role, _, number = id.rpartition("-")
    return role == "collaboration" and number.isdecimal() and int(number) >= EXTRA_FROM


def next_extra(taken: set[str]) -> str:
    """The first free id for an extra collaboration server."""
    number = EXTRA_FROM
    while f"collaboration-{number}" in taken:
        number += 1
    return f"collaboration-{number}"


def outnumbered_by(answer: Answer) -> int:
    """The number that is obeyed instead of the one that was refused; 0 when it was not that."""
    told = answer.body.get(FENCE) if answer.refused else None
    return told if isinstance(told, int) and not isinstance(told, bool) else 0


class Fence:
    """The highest fencing number heard, so that a meeting manager that was replaced is refused."""

    def __init__(self, highest: int = 0) -> None:
        self.highest = highest

    def refuses(self, order: Order) -> str:
        """Why the order is refused; empty when it is not."""
        if order.fence and order.fence < self.highest:
            return f"Meeting manager number {self.highest} has taken over from {order.fence}."
        self.highest = max(self.highest, order.fence)
        return ""
