"""Queries about who comes in: links to invite by, links for editors, attendance. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from folkmoot.apps import editors
from folkmoot.apps.roster import attendance
from folkmoot.apps.roster.people import RANK
from folkmoot.apps.texts import clean_name
from folkmoot.conference.application import Rejected
from folkmoot.conference.rights import EVERYONE, STAFF, Role
from folkmoot.conference.state import ConferenceState, Person
from folkmoot.protocol.codes import message_of
from folkmoot.protocol.frames import Fault, Get, Got
from folkmoot.protocol.limits import NAME_CHARACTERS_MAX
from folkmoot.servers.collaboration.attendance_csv import to_csv
from folkmoot.servers.collaboration.effects import AnswerEditor, AnswerLink
from folkmoot.servers.collaboration.member import Member

QUERIES: Final = ("link", "attendance", "editor_links", "editor_token")


class _Link(msgspec.Struct):
    """Shape: `kind` is `viewer`, `own` (for another device), or `personal` with name and role."""

    kind: str
    name: str = ""
    role: str = Role.PARTICIPANT


class _Editor(msgspec.Struct):
    link: str


def people_query(
    state: ConferenceState, member: Member, frame: Get
) -> Got | Fault | AnswerLink | AnswerEditor:
    """The answer, or what the shell has to sign for it. Errors: `msgspec.DecodeError`."""
    person = state.persons[member.person]
    try:
        if frame.query == "attendance":
            return _attendance(state, person, frame)
        if frame.query == "editor_links":
            return _editor_links(state, person, frame)
        if frame.query == "editor_token":
            return _editor_token(state, person, member, frame)
        return _link(person, member, frame)
    except Rejected as rejected:
        text = rejected.message or message_of(rejected.code)
        return Fault("request_failed", text, request=frame.request)


def _attendance(state: ConferenceState, person: Person, frame: Get) -> Got:
    if person.role not in STAFF:
        raise Rejected("not_allowed")
    rows = attendance.rows(state.apps["roster"], state)
    answer: dict[str, Any] = {
        "rows": rows, "csv": to_csv(rows), "time_ms": state.time_ms
    }  # fmt: skip
    return Got(frame.request, msgspec.Raw(msgspec.msgpack.encode(answer)))


def _editor_links(state: ConferenceState, person: Person, frame: Get) -> Got:
    if person.role not in STAFF:
        raise Rejected("not_allowed")
    editors_state: editors.EditorsState | None = state.apps.get("editors")
    rows = editors.rows(editors_state) if editors_state is not None else []
    answer: dict[str, Any] = {"links": rows, "time_ms": state.time_ms}
    return Got(frame.request, msgspec.Raw(msgspec.msgpack.encode(answer)))


def _editor_token(
    state: ConferenceState, person: Person, member: Member, frame: Get
) -> AnswerEditor:
    asked = msgspec.msgpack.decode(frame.arguments, type=_Editor)
    if person.role not in STAFF:
        raise Rejected("not_allowed")
    link = editors.links_of(state).get(asked.link)
    if link is None:
        raise Rejected("not_found", "There is no such link any more.")
    return AnswerEditor(member.connection, frame.request, asked.link, link.expires_ms)


def _link(person: Person, member: Member, frame: Get) -> AnswerLink:
    asked = msgspec.msgpack.decode(frame.arguments, type=_Link)
    if asked.kind == "own":
        return AnswerLink(member.connection, frame.request, "own", person.id, "", "")
    if person.role not in STAFF:
        raise Rejected("not_allowed")
    if asked.kind == "viewer":
        return AnswerLink(member.connection, frame.request, "viewer", "", "", "")
    if asked.kind != "personal" or asked.role not in EVERYONE:
        raise Rejected("malformed")
    if RANK[Role(asked.role)] < RANK[Role(person.role)]:
        raise Rejected("not_allowed")
    name = clean_name(asked.name, NAME_CHARACTERS_MAX)
    return AnswerLink(member.connection, frame.request, "personal", "", name, asked.role)
