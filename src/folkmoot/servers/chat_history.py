"""Chat that has left the window: read back from history segments, for one person.

A segment holds messages in their final form (`settled` events); from rooms of the first level also
as they were posted. What was deleted since is in the conference's state, and left out here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from folkmoot.apps.chat_state import ChatState, Message, order, told, with_removals
from folkmoot.ports import LogUnavailable
from folkmoot.servers.history import Record, SegmentEntry, read_index, read_segment
from folkmoot.servers.store import Stores

SEGMENTS_AT_ONCE: Final = 8
"""Read for one answer; the client asks on from where it ended."""

NEEDLE_WORDS_MAX: Final = 8
NEEDLE_CHARACTERS_MAX: Final = 100


class ChatQuery(msgspec.Struct, frozen=True):
    """Which older messages somebody asks for.

    Shape: those before `before`, at most `count`, with all of `words` in them; `removed` and
    `gone` are the state's: what was deleted since, and how many messages lie before the window.
    """

    person: str
    before: str
    count: int
    removed: Mapping[str, str]
    gone: int
    words: tuple[str, ...] = ()


class _Settled(msgspec.Struct):
    through: int
    messages: list[Message]


class _Posted(msgspec.Struct):
    id: str
    name: str
    text: str
    to: str | None = None


_settled = msgspec.msgpack.Decoder(_Settled)
_posted = msgspec.msgpack.Decoder(_Posted)


def query_of(
    state: ChatState, person: str, before: str, count: int, words: tuple[str, ...] = ()
) -> ChatQuery:
    # What was never settled lies in history as it was posted: nothing is awaited there.
    gone = state.first - 1 if state.first - 1 > state.plain else 0
    return ChatQuery(person, before, count, dict(state.removed), gone, words)


def words_of(text: str) -> tuple[str, ...]:
    """What a message must hold to be found; empty when there is nothing to look for."""
    return tuple(text[:NEEDLE_CHARACTERS_MAX].casefold().split()[:NEEDLE_WORDS_MAX])


def matches(message: Message, words: Sequence[str]) -> bool:
    if not words:
        return True
    text = f"{message.text}\n{message.name}".casefold()
    return all(word in text for word in words)


def chat_of(records: Iterable[Record]) -> tuple[list[Message], int]:
    """A segment's messages, whoever may see them, oldest first; and the number of the last settled.

    Shape: deleted ones are there without their text, so that nothing else brings them back.
    """
    messages: dict[str, Message] = {}
    through = 0
    for record in records:
        for event in record.events:
            if event.app != "chat":
                continue
            if event.type == "settled":
                body = _settled.decode(event.body)
                through = body.through
                messages.update((message.id, message) for message in body.messages)
            elif event.type == "posted" and event.audience is None:
                plain = _posted.decode(event.body)
                if plain.to is None:
                    message = Message(
                        plain.id, event.author, plain.name, record.time_ms, plain.text
                    )
                    messages.setdefault(plain.id, message)
    return sorted(messages.values(), key=lambda message: order(message.id) or (0, 0)), through


def segment_entry(
    epoch: str, after: int, last: int, time_ms: int, records: Sequence[Record]
) -> SegmentEntry:
    """What the index says of these records; the object's name and hash are still to be told."""
    messages, through = chat_of(records)
    first, end = (messages[0].id, messages[-1].id) if messages else ("", "")
    return SegmentEntry(epoch, after, last, time_ms, len(messages), "", "", first, end, through)


async def read_segment_chat(stores: Stores, segment: SegmentEntry) -> list[Message]:
    """Errors: `Damaged`, `LogUnavailable`."""
    if not segment.messages:
        return []
    messages, _ = chat_of(await read_segment(stores, segment))
    return messages


async def read_chat(stores: Stores, conference: str, query: ChatQuery) -> dict[str, Any]:
    """A person's older messages, oldest first.

    Shape: `{"messages", "earlier": whether there may be older ones, "before": ask for those before
    this}`; a long way without anything for this person ends early, with `earlier` true.
    Errors: `Damaged`; `LogUnavailable`, also while a part is on its way to the segments.
    """
    place = order(query.before)
    if place is None:
        return {"messages": [], "earlier": False, "before": ""}
    index, _ = await read_index(stores, conference)
    check_whole(index.segments, query)
    relevant = [s for s in reversed(index.segments) if s.messages and _begin(s) < place]
    known: set[str] = set()
    found: list[Message] = []
    before, unread = query.before, len(relevant)
    for segment in relevant[:SEGMENTS_AT_ONCE]:
        messages = await read_segment_chat(stores, segment)
        older = [m for m in messages if (order(m.id) or (0, 0)) < place and m.id not in known]
        known.update(m.id for m in older)
        theirs = with_removals(older, query.person, query.removed)
        found = [m for m in theirs if matches(m, query.words)] + found
        unread -= 1
        before = ".".join(map(str, _begin(segment)))
        if len(found) > query.count:
            break
        await asyncio.sleep(0)
    if len(found) > query.count:
        found = found[-query.count :]
        before, unread = found[0].id, 1
    return {
        "messages": [told(message) for message in found],
        "earlier": unread > 0,
        "before": before,
    }


def search_window(
    state: ChatState, person: str, before: str, count: int, words: Sequence[str]
) -> dict[str, Any] | None:
    """What of the window fits, as `read_chat` answers; None when `before` lies behind it."""
    place = order(before) if before else (state.total + (1 << 60), 0)
    if place is None or not state.messages or (order(state.messages[0].id) or (0, 0)) >= place:
        return None
    found: list[Message] = []
    for message in reversed(state.messages):
        if (order(message.id) or (0, 0)) >= place or message.deleted_ms:
            continue
        if message.visible_to(person) and matches(message, words):
            found.append(message)
            if len(found) == count:
                break
    full = len(found) == count
    found.reverse()
    oldest = state.messages[0].id
    return {
        "messages": [told(message) for message in found],
        "earlier": full or state.first > 1,
        "before": found[0].id if full else oldest,
    }


def _begin(segment: SegmentEntry) -> tuple[int, int]:
    """The place of a segment's first message."""
    return order(segment.chat_first) or (segment.after + 1, 0)


def check_whole(segments: Sequence[SegmentEntry], query: ChatQuery) -> None:
    """What left the window must have reached the segments, or a part would be passed over.

    Errors: `LogUnavailable`: it is on its way there.
    """
    place = order(query.before) or (0, 0)
    with_chat = [s for s in segments if s.chat_through]
    through = with_chat[-1].chat_through if with_chat else 0
    end = order(with_chat[-1].chat_last) if with_chat else None
    if through < query.gone and (end is None or place > end):
        raise LogUnavailable("the newest of the older messages are being archived")
