"""Gathers what goes into an export: everything as it is at one position of the conference's log."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec

from folkmoot.apps.chat_state import ChatState, Message, order, with_removals
from folkmoot.apps.documents import Base, DocumentsState, shown_documents
from folkmoot.apps.exports import Export, ExportsState
from folkmoot.apps.files import FILE, File, FilesState
from folkmoot.apps.roster.telling import people, people_for
from folkmoot.conference.replica import Fenced, Replica
from folkmoot.conference.state import ConferenceState
from folkmoot.ports import Damaged
from folkmoot.servers.applications.conferences import NotNow, OpenConference, Trimmed
from folkmoot.servers.chat_history import check_whole, query_of, read_segment_chat
from folkmoot.servers.export.decks import Shown
from folkmoot.servers.export.job import (
    ExportDocument,
    ExportFile,
    ExportJob,
    ExportMessage,
    ExportPerson,
)
from folkmoot.servers.export.talk import agenda_of, polls_of, questions_of
from folkmoot.servers.history import read_index
from folkmoot.servers.named import get_named
from folkmoot.servers.replicas import LoadFrom

CHAT_CHARACTERS_MAX: Final = 64_000_000
"""Of chat in one export."""


FILE_BYTES_MAX: Final = 8 << 20
FILES_BYTES_MAX: Final = 32 << 20
"""Of one shared file, and of all together, that lie in an archive; the others are listed."""


class TooLarge(Exception):
    """The export cannot be made at all; the text says why."""


class Gathered:
    """How far it is, in steps."""

    def __init__(self) -> None:
        self.done = 0
        self.of = 0


class ExportConference(OpenConference):
    """One conference, and its exports. What is said from several tasks is said in turn."""

    app: ClassVar[str] = "exports"

    def __init__(self, engine: LoadFrom, replica: Replica, server: str) -> None:
        super().__init__(engine, replica, server)
        self._speaking = asyncio.Lock()

    @property
    def exports(self) -> ExportsState:
        state: ExportsState = self.state.apps["exports"]
        return state

    def export(self, id_: str) -> Export | None:
        return self.exports.exports.get(id_)

    async def say(self, id_: str, type_: str, body: msgspec.Struct) -> None:
        """Says it in the log and reads on. Errors: `NotNow`, `LogUnavailable`, `LogFull`."""
        async with self._speaking:
            try:
                await self.publish(id_, type_, body)
            except (Trimmed, Fenced) as error:
                text = f"The room could not be followed: {error}."
                raise NotNow(text, excused=True) from error


async def gather(
    engine: LoadFrom,
    conference: ExportConference,
    person: str,
    formats: Sequence[str],
    gathered: Gathered,
) -> ExportJob:
    """All that a person may see and that goes into the archive, as it is now.

    Errors: `NotNow`, `TooLarge`, `Damaged`, `LogUnavailable`.
    """
    index, _ = await read_index(engine, conference.conference)
    # From here to the return of `_now` nothing may come between: it is one position.
    job, bases = _now(conference, person, formats)
    chat: ChatState = conference.state.apps["chat"]
    removed = dict(chat.removed)
    query = query_of(chat, person, chat.messages[0].id if chat.messages else "", 0)
    check_whole(index.segments, query)
    shared = taken(conference.state) if person else []
    slides = Shown(conference.state, person)
    gathered.of = len(index.segments) + len(bases) + len(shared) + len(slides.decks) + 1
    for at, base in bases.items():
        job.documents[at].updates.insert(0, await _base(engine, base))
        gathered.done += 1
    older: dict[str, Message] = {}
    characters = sum(len(m.text) for m in job.messages)
    end = order(query.before) or (job.position + 1, 0)
    # Newest first: what a room of the first level posted may have been settled in a later segment.
    for segment in reversed(index.segments):
        for message in await read_segment_chat(engine, segment):
            if (order(message.id) or end) < end and message.id not in older:
                older[message.id] = message
                characters += len(message.text)
        if characters > CHAT_CHARACTERS_MAX:
            raise TooLarge("The chat is longer than an export can hold (64 million characters).")
        gathered.done += 1
    files = []
    for file, wanted in shared:
        data = await get_named(engine.objects, file.object) if wanted else None
        files.append(ExportFile(file.name, file.type, file.bytes, file.by, file.shared_ms, data))
        gathered.done += 1
    decks = await slides.read(engine)
    gathered.done += len(decks)
    in_order = sorted(older.values(), key=lambda message: order(message.id) or end)
    theirs = [_exported(m) for m in with_removals(in_order, person, removed)]
    return msgspec.structs.replace(job, messages=theirs + job.messages, files=files, decks=decks)


def taken(state: ConferenceState) -> list[tuple[File, bool]]:
    """The files that people shared, and whether their bytes go into the archive."""
    held: FilesState | None = state.apps.get("files")
    found, left = [], FILES_BYTES_MAX
    for file in held.files.values() if held is not None else ():
        if file.purpose != FILE:
            continue
        wanted = file.bytes <= min(FILE_BYTES_MAX, left)
        left -= file.bytes if wanted else 0
        found.append((file, wanted))
    return found


def _exported(message: Message) -> ExportMessage:
    reply = message.reply
    return ExportMessage(
        message.id,
        message.author,
        message.name,
        message.time_ms,
        message.text,
        message.to,
        message.to_name,
        reply.id if reply else "",
        reply.name if reply else "",
        reply.text if reply else "",
        message.edited_ms,
        {emoji: len(persons) for emoji, persons in message.reactions.items()},
    )


def _now(
    conference: ExportConference, person: str, formats: Sequence[str]
) -> tuple[ExportJob, dict[int, Base]]:
    """What the state holds, and which documents begin with a compaction still to be read."""
    state = conference.state
    chat: ChatState = state.apps["chat"]
    documents: DocumentsState = state.apps["documents"]
    every = people(state, state.persons.values())
    shown = (people_for(state, person) if person else every)["persons"]
    job = ExportJob(
        state.conference,
        state.sequence,
        state.time_ms,
        list(formats),
        [_exported(m) for m in chat.messages if m.visible_to(person) and not m.deleted_ms],
        [
            ExportPerson(id_, p["name"], p["role"], p["joined_ms"], p["present"])
            for id_, p in shown.items()
        ],
        [
            ExportDocument(id_, d.kind, d.title, [u.update for u in d.updates])
            for id_, d in shown_documents(documents).items()
        ],
        polls_of(state, person),
        questions_of(state, person),
        agenda_of(state),
    )
    bases = [document.base for document in shown_documents(documents).values()]
    return job, {at: base for at, base in enumerate(bases) if base is not None}


async def _base(engine: LoadFrom, base: Base) -> bytes:
    data = await get_named(engine.objects, base.object)
    if data is None:
        raise NotNow("A document was compacted while it was read.")
    if hashlib.sha256(data).hexdigest() != base.sha256:
        raise Damaged(f"object {base.object} is not what the log says")
    return data
