"""Queries about files: leave to bring one, and the way to the bytes of one.

Pure. Who asks gets a signed ticket for the web servers, which know nothing of roles and rooms.
"""

from __future__ import annotations

from typing import Final

import msgspec

from folkmoot.apps.files import FILE, PURPOSES, FilesState, bytes_left, may_upload
from folkmoot.conference.state import ConferenceState
from folkmoot.protocol.codes import message_of
from folkmoot.protocol.frames import Fault, Get
from folkmoot.protocol.limits import DECK_BYTES_MAX, FILE_BYTES_MAX, IMAGE_BYTES_MAX
from folkmoot.servers.collaboration.effects import AnswerFile, AnswerUpload
from folkmoot.servers.collaboration.member import Member

QUERIES: Final = ("upload", "file")
_BYTES_MAX: Final = {"image": IMAGE_BYTES_MAX, "deck": DECK_BYTES_MAX}


class _Upload(msgspec.Struct):
    purpose: str = FILE


class _File(msgspec.Struct):
    file: str


def file_query(
    state: ConferenceState, member: Member, frame: Get
) -> AnswerUpload | AnswerFile | Fault:
    """The answer. Errors: `msgspec.DecodeError`."""
    files: FilesState | None = state.apps.get("files")
    if files is None:
        return _fault(frame, message_of("unknown_application"))
    if frame.query == "file":
        return _file(files, member, frame)
    purpose = msgspec.msgpack.decode(frame.arguments, type=_Upload).purpose
    if purpose not in PURPOSES or not may_upload(state, member.person, purpose):
        return _fault(frame, message_of("not_allowed"))
    left = bytes_left(files)
    if not left:
        return _fault(frame, "This room cannot hold more files. Remove some first.")
    bytes_max = min(left, _BYTES_MAX.get(purpose, FILE_BYTES_MAX))
    return AnswerUpload(member.connection, frame.request, member.person, purpose, bytes_max)


def _file(files: FilesState, member: Member, frame: Get) -> AnswerFile | Fault:
    id_ = msgspec.msgpack.decode(frame.arguments, type=_File).file
    file = files.files.get(id_)
    if file is None:
        return _fault(frame, "There is no such file any more.")
    return AnswerFile(
        member.connection, frame.request, member.person,
        id_, file.object, file.preview, file.name, file.type,
    )  # fmt: skip


def _fault(frame: Get, message: str) -> Fault:
    return Fault("request_failed", message, request=frame.request)
