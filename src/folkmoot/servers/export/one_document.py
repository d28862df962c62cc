"""Gathers one document for an export, and has a child write it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from folkmoot.apps.documents import DocumentsState
from folkmoot.apps.exports import Export
from folkmoot.apps.files import FilesState
from folkmoot.ports import Damaged
from folkmoot.servers.applications.child_process import ConfinedChild
from folkmoot.servers.applications.conferences import NotNow
from folkmoot.servers.applications.jobs import JOB_BYTES_MAX, ChildLimits, Died
from folkmoot.servers.document_files import decode_version
from folkmoot.servers.document_points import PointGone, read_point
from folkmoot.servers.export.gathering import ExportConference, Gathered, TooLarge
from folkmoot.servers.export.job import DocumentJob, MadeDocument, Picture
from folkmoot.servers.named import get_named
from folkmoot.servers.replicas import LoadFrom

LIMITS: Final = ChildLimits(wall_s=120.0, cpu_s=60, memory_bytes=2 << 30)
PICTURE_BYTES_MAX: Final = 4 << 20
PICTURES_BYTES_MAX: Final = 32 << 20
"""Of one picture, and of all in one document; larger ones are described by their words."""

PICTURE_TYPES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
WITH_PICTURES: Final = ("html", "pdf", "docx")
_MODULES: Final = {"pdf": "pdf_child", "docx": "docx_child"}


class Write(Protocol):
    """Writes a job's bytes in a child; `format` decides which one."""

    async def __call__(self, format_: str, payload: bytes) -> bytes | Died: ...


async def write_in_child(format_: str, payload: bytes) -> bytes | Died:
    """The real one."""
    module = f"folkmoot.servers.export.{_MODULES.get(format_, 'writing')}"
    return await ConfinedChild(module, "export", LIMITS).run(payload)


async def write_document(
    engine: LoadFrom,
    conference: ExportConference,
    export: Export,
    gathered: Gathered,
    write: Write,
) -> tuple[bytes, int]:
    """The file, and the position in the log that it shows. Errors: as `gather`."""
    format_ = export.formats[0]
    gathered.of = 3
    job, position, held = await _job(engine, conference, export)
    gathered.done += 1
    if job.kind == "rich" and format_ in WITH_PICTURES:
        asked = msgspec.structs.replace(job, names_only=True, format="markdown")
        names = (await _ask(write, "markdown", asked)).pictures
        job = msgspec.structs.replace(job, pictures=await _pictures(engine, held, names))
    gathered.done += 1
    made = await _ask(write, format_, job)
    if not made.readable:
        raise TooLarge("The content of this document could not be read.")
    return made.data, position


async def _ask(write: Write, format_: str, job: DocumentJob) -> MadeDocument:
    payload = msgspec.msgpack.encode(job)
    if len(payload) > JOB_BYTES_MAX:
        raise TooLarge("The document holds more than an export can (256 MB).")
    reply = await write(format_, payload)
    if isinstance(reply, Died):
        reason = f"It could not be written: {reply.reason}."
        raise TooLarge(reason) if reply.by_itself else NotNow(reason, excused=not reply.begun)
    try:
        return msgspec.msgpack.decode(reply, type=MadeDocument)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotNow("What was written could not be read.") from error


async def _job(
    engine: LoadFrom, conference: ExportConference, export: Export
) -> tuple[DocumentJob, int, FilesState | None]:
    state = conference.state
    documents: DocumentsState = state.apps["documents"]
    document = documents.documents.get(export.document)
    if document is None or document.removed_ms:
        raise TooLarge("The document was removed meanwhile.")
    held: FilesState | None = state.apps.get("files")
    job = DocumentJob(document.kind, document.title, state.time_ms, export.formats[0], [])
    if export.version:
        versions = document.history.versions if document.history else []
        version = next((v for v in versions if v.id == export.version), None)
        if version is None:
            raise TooLarge("This version is no longer kept.")
        data = await _object(engine, version.object, version.sha256)
        content = decode_version(data)
        job = msgspec.structs.replace(job, updates=[content.state], time_ms=version.time_ms)
        return job, version.upto, held
    if export.point:
        try:
            point = await read_point(engine.objects, document, export.point)
        except PointGone as error:
            raise TooLarge(str(error)) from error
        time_ms = point.time_ms or state.time_ms
        job = msgspec.structs.replace(job, updates=point.updates, time_ms=time_ms)
        return job, export.point, held
    updates = [update.update for update in document.updates]
    position, base = state.sequence, document.base
    if base is not None:
        updates.insert(0, await _object(engine, base.object, base.sha256))
    return msgspec.structs.replace(job, updates=updates), position, held


async def _object(engine: LoadFrom, name: str, sha256: str) -> bytes:
    data = await get_named(engine.objects, name)
    if data is None:
        raise NotNow("The document was compacted while it was read.")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Damaged(f"object {name} is not what the log says")
    return data


async def _pictures(
    engine: LoadFrom, held: FilesState | None, names: list[str]
) -> Mapping[str, Picture]:
    """Those that are there, raster by their content, and small."""
    found: dict[str, Picture] = {}
    left = PICTURES_BYTES_MAX
    for name in names:
        file = held.files.get(name) if held is not None else None
        if file is None or file.type not in PICTURE_TYPES:
            continue
        if file.bytes > min(PICTURE_BYTES_MAX, left):
            continue
        data = await get_named(engine.objects, file.object)
        if data is not None and hashlib.sha256(data).hexdigest() == file.sha256:
            found[name] = Picture(file.type, data)
            left -= file.bytes
    return found
