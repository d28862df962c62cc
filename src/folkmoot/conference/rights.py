"""Rights: which role may do what, and what a host can close. Decided by the machine, in log order.

Every application declares a row for each of its operations (`Application.rights`): the roles that
may, and the setting, if any, that hosts can close for participants and viewers. `make docs` writes
all rows into docs/roles.md. May not live here: what an operation does.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

import msgspec

from folkmoot.conference.replicated import State


class Role(enum.StrEnum):
    """Shape: from the one that may most to the one that may least. Who waits is in the lobby."""

    HOST = "host"
    COHOST = "co-host"
    PRESENTER = "presenter"
    PARTICIPANT = "participant"
    VIEWER = "viewer"
    WAITING = "waiting"


Roles = tuple[Role, ...]

HOSTS: Final[Roles] = (Role.HOST,)
STAFF: Final[Roles] = (*HOSTS, Role.COHOST)
"""Who runs the meeting; settings never close anything for them."""

PRESENTERS: Final[Roles] = (*STAFF, Role.PRESENTER)
PARTICIPANTS: Final[Roles] = (*PRESENTERS, Role.PARTICIPANT)
EVERYONE: Final[Roles] = (*PARTICIPANTS, Role.VIEWER)
"""Everyone who is in the room: not those who wait."""

ANYBODY: Final[Roles] = (*EVERYONE, Role.WAITING)
LOCKABLE: Final[Roles] = (Role.PARTICIPANT, Role.VIEWER)
"""For whom a setting can be closed. A presenter is somebody to whom a host opened all of them."""

FIRST_ROLES: Final[Roles] = (Role.HOST, Role.PARTICIPANT)
"""The roles of level 1; a room of that level knows no other."""


class Right(msgspec.Struct, frozen=True):
    """The roles that may do an operation; `setting` must be open to them, if they are lockable."""

    roles: Roles
    setting: str = ""


Rights = Mapping[str, Right]
"""Operation to its row. One that has none is allowed to nobody."""


class Setting(msgspec.Struct, frozen=True):
    """Something that hosts open and close.

    Shape: `open_to` is who has it in a new room, of `LOCKABLE`; an `activity` stops for everyone
    but the staff while the room's activities are suspended.
    """

    says: str
    open_to: Roles = LOCKABLE
    activity: bool = True


SETTINGS: Final[Mapping[str, Setting]] = {
    "chat": Setting("write to everyone"),
    "private_chat": Setting("write to one person", (Role.PARTICIPANT,)),
    "notes": Setting("write in notes and pads", (Role.PARTICIPANT,)),
    "whiteboard": Setting("draw on the whiteboard", (Role.PARTICIPANT,)),
    "files": Setting("share files", (Role.PARTICIPANT,)),
    "annotate": Setting("draw on slides and point at them", ()),
    "polls": Setting("answer polls"),
    "questions": Setting("ask questions and vote for them"),
    "hand": Setting("raise a hand", activity=False),
    "reactions": Setting("send reactions"),
    "rename": Setting("change one's own name", activity=False),
    "see_people": Setting("see who is here", activity=False),
    "export": Setting("export chat and notes", activity=False),
    "microphone": Setting("switch the microphone on", (Role.PARTICIPANT,)),
    "camera": Setting("switch the camera on", (Role.PARTICIPANT,)),
    "screen": Setting("share a screen", (Role.PARTICIPANT,)),
}
"""What can be closed, in the order in which people see it."""


class Locks(State):
    """What the hosts opened and closed; replaced, never changed. None where nothing ever was.

    Shape: `open_to` maps a setting to the roles that have it, where that is not the usual.
    """

    open_to: dict[str, list[str]] = msgspec.field(default_factory=dict)
    suspended: bool = False


def is_open(locks: Locks | None, setting: str, role: str) -> bool:
    """Whether somebody of this role has the setting."""
    usual = SETTINGS[setting]
    if role in STAFF:
        return True
    if locks is not None and locks.suspended and usual.activity:
        return False
    if role == Role.PRESENTER:
        return True
    changed = locks.open_to.get(setting) if locks is not None else None
    return role in (usual.open_to if changed is None else changed)


def allowed(right: Right | None, role: str, locks: Locks | None) -> bool:
    """Whether somebody of this role may do the operation that the row is for."""
    if right is None or role not in right.roles:
        return False
    return not right.setting or is_open(locks, right.setting, role)
