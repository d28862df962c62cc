"""Answers: what clients asked for that lies in the engine's store, or is to be signed.

The part of a room that reads objects; nothing here touches the conference.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

import msgspec

from folkmoot.apps.lib0 import UpdateInvalid
from folkmoot.engine import Engine
from folkmoot.ports import Damaged, LogUnavailable
from folkmoot.protocol.codes import message_of
from folkmoot.protocol.frames import Fault, Got, encode
from folkmoot.servers.chat_history import read_chat
from folkmoot.servers.collaboration.effects import (
    Answer,
    AnswerAuthors,
    AnswerDeck,
    AnswerDocument,
    AnswerEditor,
    AnswerExport,
    AnswerFile,
    AnswerHistory,
    AnswerLink,
    AnswerPart,
    AnswerUpload,
)
from folkmoot.servers.collaboration.parts import Parts
from folkmoot.servers.collaboration.signing import Signer
from folkmoot.servers.gateway.mirror import Compaction, read_compaction

log = logging.getLogger(__name__)

READ_AT_ONCE_BYTES_MAX: Final = 32 * 1024


class Answers:
    """Answers the queries of one conference's clients.

    Shape: `say` takes a connection and a frame for it; `spawn` runs what takes a while, unless we
    are `busy`: then that query has failed at once, which its client may try again.
    """

    def __init__(
        self,
        engine: Engine,
        conference: str,
        parts: Parts,
        signer: Signer,
        say: Callable[[int, bytes], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        busy: Callable[[], bool],
    ) -> None:
        self.conference = conference
        self._engine = engine
        self._parts = parts
        self._signer = signer
        self._say = say
        self._spawn = spawn
        self._busy = busy

    def answer(self, effect: Answer) -> None:
        reads = isinstance(effect, AnswerPart | AnswerAuthors | AnswerDocument | AnswerHistory)
        if reads and self._busy():
            self._answer(effect.connection, effect.request, None)
        elif isinstance(effect, AnswerPart | AnswerAuthors):
            self._spawn(self._answer_part(effect))
        elif isinstance(effect, AnswerDocument):
            self._spawn(self._answer_document(effect))
        elif isinstance(effect, AnswerHistory):
            self._spawn(self._answer_history(effect))
        elif isinstance(effect, AnswerExport):
            ticket = self._signer.export(self.conference, effect)
            self._answer(
                effect.connection, effect.request, {"ticket": ticket, "room": self.conference}
            )
        elif isinstance(effect, AnswerUpload):
            ticket = self._signer.upload(self.conference, effect)
            answer = {"ticket": ticket, "room": self.conference, "bytes_max": effect.bytes_max}
            self._answer(effect.connection, effect.request, answer)
        elif isinstance(effect, AnswerFile):
            ticket = self._signer.file(self.conference, effect)
            answer = {"ticket": ticket, "room": self.conference, "type": effect.type}
            self._answer(effect.connection, effect.request, answer)
        elif isinstance(effect, AnswerDeck):
            answer = self._signer.deck(self.conference, effect)
            self._answer(effect.connection, effect.request, answer)
        elif isinstance(effect, AnswerEditor):
            token = self._signer.editor(self.conference, effect)
            self._answer(effect.connection, effect.request, {"token": token})
        elif isinstance(effect, AnswerLink):
            link = self._signer.link(self.conference, effect)
            self._answer(effect.connection, effect.request, link)
        else:
            way = {"ticket": self._signer.breakout(effect), "conference": effect.conference}
            self._answer(effect.connection, effect.request, way)

    async def _answer_part(self, effect: AnswerPart | AnswerAuthors) -> None:
        if isinstance(effect, AnswerPart):
            answer = await self._parts.part(effect)
        else:
            answer = await self._parts.authors(effect)
        self._answer(effect.connection, effect.request, answer)

    async def _answer_document(self, effect: AnswerDocument) -> None:
        answer: dict[str, Any] | None = effect.answer
        if effect.object:
            base = await self.object(effect.object)
            # Without it, the base was replaced by a newer one meanwhile: the client asks again.
            answer = None if base is None else effect.answer | {"base": base}
        self._answer(effect.connection, effect.request, answer)

    async def object(self, name: str) -> bytes | None:
        """An object of the store, or None when it cannot be read."""
        try:
            return await self._engine.objects.get(name)
        except (LogUnavailable, Damaged) as error:
            log.warning("object %s: %s", name, error)
            return None

    async def _answer_history(self, effect: AnswerHistory) -> None:
        answer: dict[str, Any] | None = None
        try:
            answer = await read_chat(self._engine, self.conference, effect.query)
        except (LogUnavailable, Damaged) as error:
            log.warning("history of %s: %s", self.conference, error)
        self._answer(effect.connection, effect.request, answer)

    def _answer(self, connection: int, request: int, answer: dict[str, Any] | None) -> None:
        """Answers a query; None is a fault that the client may try again."""
        if answer is None:
            fault = Fault("request_failed", message_of("request_failed"), request=request)
            self._say(connection, encode(fault))
        else:
            body = msgspec.Raw(msgspec.msgpack.encode(answer))
            self._say(connection, encode(Got(request, body)))

    async def compaction(self, name: str) -> Compaction | None:
        """A document for the editors that are not ours; a large one is read beside the loop."""
        data = await self.object(name)
        if data is None:
            return None
        try:
            if len(data) <= READ_AT_ONCE_BYTES_MAX:
                return read_compaction(name, data)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(None, read_compaction, name, data)
        except UpdateInvalid as error:
            log.error("alarm: the document in %s cannot be read: %s", name, error)
            return None
