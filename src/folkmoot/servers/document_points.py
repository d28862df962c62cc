"""Reads what a document was at any position that is kept: for restoring it, and for exports."""

from __future__ import annotations

import hashlib

import msgspec

from folkmoot.apps.documents import Document, Segment, base_upto, segment_at, time_of
from folkmoot.ports import Damaged, Objects
from folkmoot.servers.document_files import SegmentContent, decode_segment, decode_version
from folkmoot.servers.named import get_named


class PointGone(Exception):
    """The point is no longer kept; the text says so."""


class Point(msgspec.Struct, frozen=True):
    """A document at a position: Yjs updates that are to be applied one after the other.

    Units: `time_ms` is that of its last edit, 0 where nobody knows.
    """

    updates: list[bytes]
    time_ms: int


async def read_object(objects: Objects, name: str, sha256: str) -> bytes:
    """An object that the log names. Errors: `Damaged`, `LogUnavailable`."""
    data = await get_named(objects, name)
    if data is None:
        raise Damaged(f"object {name} is missing")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Damaged(f"object {name} is not what the log says")
    return data


async def read_segment_file(objects: Objects, segment: Segment) -> SegmentContent:
    """The edits of a segment. Errors: as `read_object`."""
    return decode_segment(await read_object(objects, segment.object, segment.sha256))


async def read_point(objects: Objects, document: Document, position: int) -> Point:
    """The document as it was at a position. Errors: `PointGone`, and those of `read_object`."""
    history, base = document.history, document.base
    if position >= base_upto(document):
        later = [update for update in document.updates if update.sequence <= position]
        parts = [update.update for update in later]
        time_ms = time_of(history.times, later[-1].sequence) if later and history else 0
        if base is not None:
            parts.insert(0, await read_object(objects, base.object, base.sha256))
        return Point(parts, time_ms)
    segment = segment_at(history, position) if history else None
    if segment is None:
        raise PointGone("This point is no longer kept.")
    content = await read_segment_file(objects, segment)
    edits = [edit for edit in content.edits if edit.sequence <= position]
    parts = [edit.update for edit in edits]
    if segment.ground:
        ground = await read_object(objects, segment.ground, segment.ground_sha256)
        parts.insert(0, decode_version(ground).state)
    return Point(parts, edits[-1].time_ms if edits else segment.from_ms)
