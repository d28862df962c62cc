"""Reads what answers about documents are made of; what was read last is kept: many ask at once."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict
from typing import Any, Final

from folkmoot.ports import Damaged, LogUnavailable, Objects
from folkmoot.protocol.limits import DOCUMENT_PART_BYTES_MAX
from folkmoot.servers.collaboration.effects import AnswerAuthors, AnswerPart
from folkmoot.servers.document_files import decode_authors, plain_file

log = logging.getLogger(__name__)

KEPT_BYTES_MAX: Final = 48 << 20
"""Of objects kept in one process; the one that was not asked for longest goes first."""

Key = tuple[str, bool]


class Parts:
    """Objects by hash, opened where they are sealed; shared by all rooms of a process."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._reading: dict[Key, asyncio.Task[bytes | None]] = {}
        self._bytes = 0

    async def part(self, asked: AnswerPart) -> dict[str, Any] | None:
        """A part of an object; None when it cannot be read just now."""
        data = await self._read(asked.object, asked.sha256, asked.sealed)
        if data is None:
            return None
        end = asked.start + DOCUMENT_PART_BYTES_MAX
        return {"bytes": data[asked.start : end], "total": len(data)}

    async def authors(self, asked: AnswerAuthors) -> dict[str, Any] | None:
        """Names by person, and persons by number, of all who ever wrote."""
        persons: dict[str, str] = {}
        numbers: dict[int, str] = {}
        if asked.object:
            data = await self._read(asked.object, asked.sha256, False)
            if data is None:
                return None
            known = decode_authors(data)
            persons = dict(known.persons)
            numbers = {number: known.persons[at][0] for number, at in known.numbers.items()}
        for number, (person, name) in asked.now.items():
            numbers[number] = person
            persons[person] = name
        return {"persons": persons, "numbers": numbers}

    async def _read(self, name: str, sha256: str, sealed: bool) -> bytes | None:
        key = (sha256, sealed)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        task = self._reading.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._fetch(name, sha256, sealed))
            self._reading[key] = task
            task.add_done_callback(lambda _: self._reading.pop(key, None))
        return await asyncio.shield(task)

    async def _fetch(self, name: str, sha256: str, sealed: bool) -> bytes | None:
        try:
            data = await self._objects.get(name)
            if data is None:
                return None  # replaced or thinned out meanwhile: the client looks anew
            if hashlib.sha256(data).hexdigest() != sha256:
                raise Damaged(f"object {name} is not what the log says")
            if sealed:
                data = await asyncio.to_thread(plain_file, data)
        except LogUnavailable as error:
            log.warning("object %s: %s", name, error)
            return None
        except Damaged as error:
            log.error("alarm: object %s: %s", name, error)
            return None
        self._keep((sha256, sealed), data)
        return data

    def _keep(self, key: Key, data: bytes) -> None:
        if len(data) > KEPT_BYTES_MAX:
            return
        self._kept[key] = data
        self._bytes += len(data)
        while self._bytes > KEPT_BYTES_MAX:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone)
