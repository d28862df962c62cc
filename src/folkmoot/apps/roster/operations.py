"""The roster's operations: their bodies, and who may do them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from folkmoot.conference.rights import ANYBODY, EVERYONE, HOSTS, STAFF, Right, Rights


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    pass


class Rename(_Body):
    name: str


class Leave(_Body):
    """Ends the session that sends it; other devices of the person stay."""


class RenamePerson(_Body):
    person: str
    name: str


class SetRole(_Body):
    """Gives a role, `host` to `viewer`; the author outranks the person and has the role or more."""

    person: str
    role: str


class HandOver(_Body):
    """Makes the person host, and the author co-host."""

    person: str


class Remove(_Body):
    """Closes all sessions of a person; with `ban` they cannot come back."""

    person: str
    ban: bool = True


class Unban(_Body):
    person: str


class Admit(_Body):
    persons: list[str]


class AdmitAll(_Body):
    pass


class Deny(_Body):
    """Sends somebody who waits away."""

    person: str
    ban: bool = False


class ToLobby(_Body):
    """Sends somebody who is in the room back to the lobby."""

    person: str


class TellWaiting(_Body):
    """What those who wait are told; empty for nothing."""

    text: str


class Configure(_Body):
    """Changes the doors; what is missing stays.

    Units: `close_when_empty_ms` 0 for never; `participants_max` 0 for the server's own bound.
    """

    lobby: bool | None = None
    locked: bool | None = None
    passcode: str | None = None
    participants_max: int | None = None
    close_when_empty_ms: int | None = None
    host_grace_ms: int | None = None
    muted_on_entry: bool | None = None


class Allow(_Body):
    """Says to whom a setting is open: any of `participant`, `viewer`, in this order."""

    setting: str
    roles: list[str]


class Suspend(_Body):
    """Stops every activity of everyone but the staff, or lets them go on."""

    on: bool


class End(_Body):
    """Closes the room for everyone, until somebody comes with the host's key."""


FIRST: Final[Mapping[str, type[msgspec.Struct]]] = {"rename": Rename, "leave": Leave}
SECOND: Final[Mapping[str, type[msgspec.Struct]]] = {
    "rename_person": RenamePerson,
    "set_role": SetRole,
    "hand_over": HandOver,
    "remove": Remove,
    "unban": Unban,
    "admit": Admit,
    "admit_all": AdmitAll,
    "deny": Deny,
    "to_lobby": ToLobby,
    "tell_waiting": TellWaiting,
    "configure": Configure,
    "allow": Allow,
    "suspend": Suspend,
    "end": End,
}

RIGHTS: Final[Rights] = {
    "rename": Right(EVERYONE, "rename"),
    "leave": Right(ANYBODY),
    "rename_person": Right(STAFF),
    "set_role": Right(STAFF),
    "hand_over": Right(HOSTS),
    "remove": Right(STAFF),
    "unban": Right(STAFF),
    "admit": Right(STAFF),
    "admit_all": Right(STAFF),
    "deny": Right(STAFF),
    "to_lobby": Right(STAFF),
    "tell_waiting": Right(STAFF),
    "configure": Right(STAFF),
    "allow": Right(STAFF),
    "suspend": Right(STAFF),
    "end": Right(HOSTS),
}
