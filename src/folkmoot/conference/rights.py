"""Rights: which role may do what. Decided by the reducer, in log order."""

from __future__ import annotations

import enum
from typing import Final


class Role(enum.StrEnum):
    HOST = "host"
    PARTICIPANT = "participant"


_EVERYONE: Final = (Role.HOST, Role.PARTICIPANT)

RIGHTS: Final[dict[tuple[str, str], tuple[Role, ...]]] = {
    ("roster", "rename"): _EVERYONE,
    ("roster", "leave"): _EVERYONE,
    ("chat", "post"): _EVERYONE,
    ("documents", "create"): _EVERYONE,
    ("documents", "update"): _EVERYONE,
    ("exports", "request"): _EVERYONE,
}
"""Every operation of every application has a row: a missing one is allowed to nobody."""


def allowed(role: str, app: str, operation: str) -> bool:
    return role in RIGHTS.get((app, operation), ())
