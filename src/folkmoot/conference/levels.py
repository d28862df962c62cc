"""Levels: which applications and operations there are for a conference, by its level.

Two versions of the code serve one conference while servers are upgraded, and must decide the same
of every entry of its log. So whatever a version adds exists from a level on, and the conference's
level is in its log (`batch.LevelEntry`). What is above it is rejected with the codes that code
gives which does not know it. See docs/levels.md for how behaviour is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from folkmoot.conference.application import Application, Applications, Later, Rejected
from folkmoot.protocol.reading import UNREADABLE

Types = dict[str, type[msgspec.Struct]]


def exist_at(applications: Applications, level: int) -> list[str]:
    """Names of the applications of a level, in the order in which they hear of sessions."""
    return [name for name, application in applications.items() if application.since <= level]


def operations_at(application: Application, level: int) -> Types:
    """Participants' operations at a level, with the bodies they have there."""
    return _at(application, application.operations, application.later, level)


def service_operations_at(application: Application, level: int) -> Types:
    return _at(application, application.service_operations, application.service_later, level)


def _at(
    application: Application,
    first: Mapping[str, type[msgspec.Struct]],
    later: Later,
    level: int,
) -> Types:
    if application.since > level:
        return {}
    known = dict(first)
    for since in sorted(later):
        if since <= level:
            known |= later[since]
    return known


class Bodies:
    """Decoders of all operations at one level."""

    def __init__(self, applications: Applications, level: int) -> None:
        self.level = level
        self._operations: dict[str, dict[str, msgspec.msgpack.Decoder[Any]]] = {}
        self._service: dict[str, dict[str, msgspec.msgpack.Decoder[Any]]] = {}
        for name in exist_at(applications, level):
            application = applications[name]
            self._operations[name] = _decoders(operations_at(application, level))
            self._service[name] = _decoders(service_operations_at(application, level))

    def operation(self, app: str, type_: str) -> msgspec.msgpack.Decoder[Any]:
        """Errors: `Rejected` with `unknown_application` or `unknown_operation`."""
        return _find(self._operations, app, type_)

    def service_operation(self, app: str, type_: str) -> msgspec.msgpack.Decoder[Any]:
        """Errors: as `operation`."""
        return _find(self._service, app, type_)


def _decoders(types: Types) -> dict[str, msgspec.msgpack.Decoder[Any]]:
    return {type_: msgspec.msgpack.Decoder(body) for type_, body in types.items()}


def _find(
    known: dict[str, dict[str, msgspec.msgpack.Decoder[Any]]], app: str, type_: str
) -> msgspec.msgpack.Decoder[Any]:
    decoders = known.get(app)
    if decoders is None:
        raise Rejected("unknown_application")
    decoder = decoders.get(type_)
    if decoder is None:
        raise Rejected("unknown_operation")
    return decoder


def decode_body(decoder: msgspec.msgpack.Decoder[Any], raw: msgspec.Raw) -> Any:
    """Errors: `Rejected` with `malformed`."""
    try:
        return decoder.decode(raw)
    except UNREADABLE:
        raise Rejected("malformed") from None
