"""Files: what people share in a room, and the pictures and slides that other applications show.

The state says which files there are, whose they are and in which object the bytes lie; the bytes
never pass through here. A file comes by the service operation `stored`, from whoever examined an
upload: the first one for an upload counts. Equal bytes are one object, so an object is deleted only
once no file names it, and while it is being deleted nothing new may come to name it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec

from folkmoot.apps.texts import clean_name, clean_text
from folkmoot.conference.application import Context, Defaults, Rejected
from folkmoot.conference.replicated import State
from folkmoot.conference.rights import EVERYONE, PRESENTERS, STAFF, Right, Rights, allowed
from folkmoot.conference.state import ConferenceState
from folkmoot.protocol.limits import (
    FILE_BYTES_MAX,
    FILE_NAME_CHARACTERS_MAX,
    FILES_BYTES_MAX,
    FILES_MAX,
)

FILE: Final = "file"
IMAGE: Final = "image"
DECK: Final = "deck"
PURPOSES: Final[Mapping[str, tuple[Right, ...]]] = {
    FILE: (Right(EVERYONE, "files"),),
    # A picture belongs into notes or onto a board, or is shared by itself.
    IMAGE: (Right(EVERYONE, "files"), Right(EVERYONE, "notes"), Right(EVERYONE, "whiteboard")),
    DECK: (Right(PRESENTERS),),
}
"""What an upload is for, and by which rights it may be made: one of them is enough."""

REMOVING_MAX: Final = 2_000
"""Objects of one conference that are still to be deleted; beyond it nothing more is removed."""

PIXELS_MAX: Final = 1 << 16
"""Of one side of a picture."""

TEXT_CHARACTERS_MAX: Final = 300
_TYPE: Final = re.compile(r"[a-z0-9]+/[a-z0-9][a-z0-9.+-]{0,99}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_NUMBERED: Final = re.compile(r" \([0-9]{1,4}\)$")
_LOWER: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
"""Of ASCII alone: Unicode's tables differ between versions of Python, and replicas must agree."""


class Remove(msgspec.Struct, forbid_unknown_fields=True):
    file: str


class Stored(msgspec.Struct, forbid_unknown_fields=True):
    """An upload was examined, and its bytes lie in `object`.

    Shape: `type` is what the content is; `width` and `height` in pixels for pictures, else 0;
    `preview` names the object with a small picture of it, if there is one.
    """

    upload: str
    person: str
    purpose: str
    name: str
    type: str
    bytes: int
    sha256: str
    object: str
    width: int = 0
    height: int = 0
    preview: str = ""


class Unused(msgspec.Struct, forbid_unknown_fields=True):
    """Nobody should need these objects: they are to be deleted if no file names them."""

    objects: list[str]


class Deleted(msgspec.Struct, forbid_unknown_fields=True):
    """These objects are no longer there."""

    objects: list[str]


class File(State):
    """One file. Shape: `by` is the name of `person` when it was shared; `upload` made it."""

    person: str
    by: str
    purpose: str
    name: str
    type: str
    bytes: int
    sha256: str
    object: str
    upload: str
    shared_ms: int
    width: int = 0
    height: int = 0
    preview: str = ""


class FilesState(State):
    """Files by id, oldest first; `removing` are objects still to be deleted."""

    files: dict[str, File] = msgspec.field(default_factory=dict)
    removing: list[str] = msgspec.field(default_factory=list)


def may_upload(conference: ConferenceState, person: str, purpose: str) -> bool:
    """Whether a person may bring something for this purpose at this position."""
    known = conference.persons.get(person)
    return known is not None and any(
        allowed(right, known.role, conference.locks) for right in PURPOSES.get(purpose, ())
    )


def bytes_left(state: FilesState) -> int:
    """How many bytes the room's quota has left; what is stored once counts once."""
    held = {file.object: file.bytes for file in state.files.values()}
    return max(0, FILES_BYTES_MAX - sum(held.values())) if len(state.files) < FILES_MAX else 0


def file_of_upload(state: FilesState, upload: str) -> str:
    """The id of the file that an upload became; empty when it did not."""
    return next((i for i, file in state.files.items() if file.upload == upload), "")


def refusal_of(conference: ConferenceState, body: Stored) -> Rejected | None:
    """Why an examined upload cannot become a file here; None when it can."""
    state: FilesState = conference.apps["files"]
    if file_of_upload(state, body.upload):
        return Rejected("exists")
    if body.object in state.removing or (body.preview and body.preview in state.removing):
        return Rejected("changed_meanwhile")
    if not may_upload(conference, body.person, body.purpose):
        return Rejected("not_allowed")
    known = any(file.object == body.object for file in state.files.values())
    left = bytes_left(state)
    if left == 0 or (not known and body.bytes > left):
        return Rejected("limit_reached", "This room cannot hold more files. Remove some first.")
    return None


def shown(id_: str, file: File) -> dict[str, Any]:
    """A file as people see it."""
    return {
        "file": id_,
        "name": file.name,
        "type": file.type,
        "bytes": file.bytes,
        "person": file.person,
        "by": file.by,
        "shared_ms": file.shared_ms,
        "width": file.width,
        "height": file.height,
        "preview": bool(file.preview),
    }


class Files(Defaults):
    """Keeps which files there are, whose they are, and which objects must go."""

    name: ClassVar[str] = "files"
    since: ClassVar[int] = 2
    state_type: ClassVar[type[Any]] = FilesState
    operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {"remove": Remove}
    service_operations: ClassVar[Mapping[str, type[msgspec.Struct]]] = {
        "stored": Stored,
        "unused": Unused,
        "deleted": Deleted,
    }
    # Whose a file is decides, and staff; what is closed must not keep anybody from taking it back.
    rights: ClassVar[Rights] = {"remove": Right(EVERYONE)}

    def initial(self) -> FilesState:
        return FilesState()

    def reduce(self, state: FilesState, body: Any, context: Context) -> None:
        if isinstance(body, Remove):
            self._remove(state, body, context)
        elif isinstance(body, Stored):
            self._stored(state, body, context)
        elif isinstance(body, Unused):
            self._unused(state, body)
        else:
            self._deleted(state, body)

    def _remove(self, state: FilesState, body: Remove, context: Context) -> None:
        file = state.files.get(body.file)
        if file is None:
            raise Rejected("not_found")
        author = context.author
        if author.id != file.person and author.role not in STAFF:
            raise Rejected("not_allowed")
        if len(state.removing) + 2 > REMOVING_MAX:
            raise Rejected("limit_reached", "Too much is being removed just now. Try again later.")
        del state.files[body.file]
        _let_go(state, [file.object, file.preview])
        context.emit("removed", {"file": body.file, "name": file.name}, _audience(file.purpose))

    def _stored(self, state: FilesState, body: Stored, context: Context) -> None:
        _check(body)
        refusal = refusal_of(context.conference, body)
        if refusal is not None:
            raise refusal
        name = _free_name(state, body.name) if body.purpose == FILE else body.name
        id_ = context.event_id
        file = File(
            body.person,
            context.conference.persons[body.person].name,
            body.purpose,
            name,
            body.type,
            body.bytes,
            body.sha256,
            body.object,
            body.upload,
            context.time_ms,
            body.width,
            body.height,
            body.preview,
        )
        state.files[id_] = file
        context.emit("stored", shown(id_, file), _audience(file.purpose))

    def _unused(self, state: FilesState, body: Unused) -> None:
        if len(state.removing) + len(body.objects) > REMOVING_MAX:
            raise Rejected("limit_reached")
        for name in body.objects:
            clean_text(name, TEXT_CHARACTERS_MAX)
        _let_go(state, body.objects)

    def _deleted(self, state: FilesState, body: Deleted) -> None:
        state.removing = [name for name in state.removing if name not in body.objects]

    def view(self, state: FilesState, conference: ConferenceState, person: str) -> Any:
        files = state.files.items()
        return {"files": [shown(i, f) for i, f in files if f.purpose == FILE]}


def _audience(purpose: str) -> tuple[str, ...] | None:
    """Of a picture in a document people learn by the document."""
    return None if purpose == FILE else ()


def _let_go(state: FilesState, objects: list[str]) -> None:
    """What no file names any more is to be deleted."""
    named = {name for file in state.files.values() for name in (file.object, file.preview)}
    named.update(state.removing)
    for name in objects:
        if name and name not in named:
            state.removing.append(name)
            named.add(name)


def forget(state: FilesState, id_: str, purpose: str) -> None:
    """Takes out a file that came for this purpose only, once that is over; another one stays."""
    file = state.files.get(id_)
    if file is not None and file.purpose == purpose and len(state.removing) + 2 <= REMOVING_MAX:
        del state.files[id_]
        _let_go(state, [file.object, file.preview])


def _check(body: Stored) -> None:
    """Errors: `Rejected`: no examiner of ours says that."""
    clean_name(body.name, FILE_NAME_CHARACTERS_MAX)
    for text in (body.upload, body.object, body.person):
        clean_name(text, TEXT_CHARACTERS_MAX)
    if (
        body.purpose not in PURPOSES
        or len(body.preview) > TEXT_CHARACTERS_MAX
        or not _TYPE.fullmatch(body.type)
        or not _SHA256.fullmatch(body.sha256)
        or not 0 < body.bytes <= FILE_BYTES_MAX
        or not 0 <= body.width <= PIXELS_MAX
        or not 0 <= body.height <= PIXELS_MAX
    ):
        raise Rejected("malformed")


def _free_name(state: FilesState, name: str) -> str:
    """The name, with a number where a shared file has it already, however it is written."""
    taken = {file.name.translate(_LOWER) for file in state.files.values() if file.purpose == FILE}
    if name.translate(_LOWER) not in taken:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > 16:
        stem, dot, ending = name, "", ""
    stem = _NUMBERED.sub("", stem)
    for number in range(2, FILES_MAX + 2):
        added = f" ({number}){dot}{ending}"
        tried = stem[: FILE_NAME_CHARACTERS_MAX - len(added)] + added
        if tried.translate(_LOWER) not in taken:
            return tried
    raise Rejected("limit_reached")
