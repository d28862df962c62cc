"""Chat against a dumb twin: whatever people do, each sees all that is theirs, and nothing else.

The twin keeps every message for ever and knows nothing of windows, segments, views or frames. What
a person can get by any way (frames as they are told, the welcome, paging back, search, export) is
compared with it, and the bytes that went to a connection are searched for words of others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.apps import all_applications
from folkmoot.apps import chat as chat_module
from folkmoot.apps import chat_state as state_module
from folkmoot.client.state import ConferenceView
from folkmoot.conference.batch import Grant, LevelEntry
from folkmoot.conference.replica import Replica
from folkmoot.conference.snapshot import SnapshotPointer, encode_snapshot
from folkmoot.conference.state import LEVEL
from folkmoot.protocol.frames import Events, Get, Got, Outcomes, Welcome, encode
from folkmoot.protocol.limits import CHAT_REACTIONS
from folkmoot.servers.archive import Archive
from folkmoot.servers.chat_history import read_chat
from folkmoot.servers.collaboration.effects import AnswerHistory
from folkmoot.servers.export.gathering import Gathered, gather
from folkmoot.servers.store import add_pointer
from folkmoot.servers.web.services import wall_ms
from folkmoot.settings import Settings
from folkmoot.testing.batches import LogWriter
from folkmoot.testing.fake_engine import FakeZone
from folkmoot.testing.hosts import HostBench

CONFERENCE = "room"
HOST = "hal"
PEOPLE = (HOST, "ada", "bob", "eve")
LATE = "zoe"
BOUNDS = {"WINDOW_MESSAGES": 14, "OPEN_MESSAGES": 4, "WINDOW_SLACK": 2, "VIEW_MESSAGES": 3}


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (chat_module, state_module):
            for name, value in BOUNDS.items():
                if hasattr(module, name):
                    patch.setattr(module, name, value)
        yield


class Said:
    def __init__(self, id_: str, author: str, text: str, audience: set[str] | None) -> None:
        self.id = id_
        self.author = author
        self.text = text
        self.audience = audience
        self.deleted = False
        self.reply: Said | None = None
        self.reactions: dict[str, list[str]] = {}

    def seen_by(self, person: str) -> bool:
        return self.audience is None or person in self.audience


class Twin:
    """The rules in their simplest form."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.words: list[tuple[str, set[str] | None]] = []
        self.here = set(PEOPLE)

    def add(self, id_: str, author: str, text: str, audience: set[str] | None) -> Said:
        message = Said(id_, author, text, audience)
        self.said.append(message)
        self.words.append((text, audience))
        return message

    def quoting(self, author: str, at: int, audience: set[str] | None) -> tuple[str, Said | None]:
        old = self.said[at]
        if not self._in_window(at) or old.deleted or not old.seen_by(author):
            return "not_found", None
        if old.audience is not None and (audience is None or not audience <= old.audience):
            return "not_allowed", None
        return "", old

    def change(self, kind: str, person: str, at: int) -> str:
        """The code of an edit, a deletion or a reaction."""
        message = self.said[at]
        if kind != "delete" and not self._open(at):
            return "too_old"
        if not self._in_window(at):
            if person != HOST:
                return "not_found"
            if not hasattr(message, "removed_late"):
                message.removed_late = True  # type: ignore[attr-defined]
                message.deleted = message.deleted or message.seen_by(person)
                return ""
            return "not_found"
        if message.deleted or not message.seen_by(person):
            return "not_found"
        if kind == "edit" and message.author != person:
            return "not_allowed"
        if kind == "delete" and person not in (message.author, HOST):
            return "not_allowed"
        if kind == "delete" and not self._open(at):
            message.removed_late = True  # type: ignore[attr-defined]
        return ""

    def _settled(self) -> int:
        settled, slack, open_ = 0, BOUNDS["WINDOW_SLACK"], BOUNDS["OPEN_MESSAGES"]
        for total in range(1, len(self.said) + 1):
            while total - settled > open_ + slack:
                settled += slack
        return settled

    def _open(self, at: int) -> bool:
        return at >= self._settled()

    def _in_window(self, at: int) -> bool:
        window, slack, gone = BOUNDS["WINDOW_MESSAGES"], BOUNDS["WINDOW_SLACK"], 0
        for total in range(1, len(self.said) + 1):
            if total - gone > window + slack:
                gone += slack
        return at >= gone

    def for_(self, person: str) -> list[tuple[str, str, str]]:
        """(id, text, quoted text) of all that a person can see."""
        return [
            (m.id, m.text, "" if m.reply is None or m.reply.deleted else m.reply.text)
            for m in self.said
            if m.seen_by(person) and not m.deleted
        ]


class World:
    """A host with everybody connected, and an engine that its log is archived in."""

    def __init__(self) -> None:
        self.zone = FakeZone(Settings(trim_behind_ms=0))
        self.engine: Any = self.zone.engine()
        epoch = self.zone.logs.stream(CONFERENCE).epoch
        replica = Replica(CONFERENCE, epoch, all_applications())
        self.bench = HostBench(log=LogWriter(epoch), replica=replica)
        self.bench.now_ms = 0
        self.twin = Twin()
        self.sent: dict[str, bytes] = {}
        self.views: dict[str, ConferenceView] = {}
        self.counters: dict[str, int] = {}
        self.stored = 0
        self.bench.other_server(LevelEntry(LEVEL))
        for person in PEOPLE:
            self.come(person)

    def come(self, person: str) -> None:
        connection = len(self.counters) + 1
        self.counters[person] = 0
        self.sent[person] = b""
        self.views[person] = ConferenceView()
        role = "host" if person == HOST else "participant"
        grant = Grant(person, person.title(), role, "proof")
        bench = self.bench
        bench.host.attach(connection, person, person, 1, bench.now_ms, grant=grant)
        self.twin.here.add(person)
        self.settle()

    def connection(self, person: str) -> int:
        return list(self.counters).index(person) + 1

    def settle(self) -> dict[str, str]:
        """Commits, and lets everybody read. Returns each author's rejection, empty when saved."""
        self.bench.commit()
        for message in self.bench.log.messages[self.stored :]:
            assert self.zone.logs.store(CONFERENCE, message.payload) == message.sequence
        self.stored = len(self.bench.log.messages)
        codes = {}
        for person, view in self.views.items():
            for frame in self.bench.take(self.connection(person)):
                self.sent[person] += encode(frame)
                if isinstance(frame, Welcome):
                    view.replace(frame.position, frame.state)
                elif isinstance(frame, Events):
                    view.advance(frame.batch and self.bench.log.epoch, frame.batch)
                elif isinstance(frame, Outcomes):
                    codes[person] = frame.rejected[0].code if frame.rejected else ""
        return codes

    def do(self, person: str, type_: str, body: dict[str, Any]) -> tuple[str, str]:
        """One operation: its code, and the id that a message got by it."""
        self.counters[person] += 1
        self.bench.now_ms += 1_000
        total = self.chat.total
        self.bench.say(self.connection(person), self.counters[person], type_=type_, body=body)
        code = self.settle()[person]
        return code, self.chat.messages[-1].id if self.chat.total > total else ""

    @property
    def chat(self) -> state_module.ChatState:
        state: state_module.ChatState = self.bench.host.replica.state.apps["chat"]
        return state

    async def archive(self) -> None:
        state = self.bench.host.replica.state
        name = f"snapshots/{state.sequence}"
        sha256 = await self.engine.objects.put(name, encode_snapshot(state))
        pointer = SnapshotPointer(
            state.epoch, state.sequence, state.digest.hex(), name, sha256,
            state.operations, state.time_ms,
        )  # fmt: skip
        await add_pointer(self.engine, CONFERENCE, pointer)
        await Archive(self.engine, all_applications(), self.zone.settings, wall_ms).archive(
            CONFERENCE
        )

    async def ask(self, person: str, query: str, **arguments: object) -> dict[str, Any]:
        """A query's answer, from whichever place it comes."""
        self.bench.now_ms += 1_000
        raw = msgspec.Raw(msgspec.msgpack.encode(arguments))
        connection = self.connection(person)
        self.bench.ingress.get(
            self.bench.host.members[connection], Get(1, query, raw), self.bench.now_ms
        )
        self.bench.flush()
        others, self.bench.others = self.bench.others, []
        for effect in others:
            if isinstance(effect, AnswerHistory):
                return await read_chat(self.engine, CONFERENCE, effect.query)
        (frame,) = self.bench.take(connection)
        assert isinstance(frame, Got)
        answer: dict[str, Any] = msgspec.msgpack.decode(frame.body)
        return answer

    async def all_of(self, person: str, query: str, before: str, **more: object) -> list[Any]:
        found: list[Any] = []
        for _ in range(200):
            answer = await self.ask(person, query, before=before, count=2, **more)
            found = answer["messages"] + found
            before = answer["before"]
            if not answer["earlier"]:
                return found
        raise AssertionError("paging back does not end")


def shown(messages: list[Any]) -> list[tuple[str, str, str]]:
    return [
        (m["id"], m["text"], m.get("reply", {}).get("text", ""))
        for m in messages
        if "deleted_by" not in m
    ]


PERSON = st.sampled_from(PEOPLE)
RECENT = st.integers(1, 8)
"""Which message, counted from the newest."""
ACTS = st.one_of(
    st.tuples(st.just("post"), PERSON, st.none() | RECENT),
    st.tuples(st.just("whisper"), PERSON, PERSON, st.none() | RECENT),
    st.tuples(st.just("ask"), PERSON, st.none() | RECENT),
    st.tuples(st.just("edit"), PERSON, RECENT),
    st.tuples(st.just("delete"), PERSON, st.integers(1, 30)),
    st.tuples(st.just("react"), PERSON, RECENT, st.sampled_from(CHAT_REACTIONS), st.booleans()),
    st.tuples(st.just("archive")),
    st.tuples(st.just("late")),
)


async def act(world: World, number: int, what: tuple[Any, ...]) -> None:
    twin, text = world.twin, f"word{number:03d}w"
    kind = what[0]
    if kind == "archive":
        await world.archive()
    elif kind == "late":
        if LATE not in world.counters:
            world.come(LATE)
    elif kind in ("post", "whisper", "ask"):
        say(world, text, *what)
    elif len(twin.said) >= what[2]:
        change(world, text, *what)


def say(world: World, text: str, kind: str, author: str, *more: Any) -> None:
    twin, (*to, reply) = world.twin, more
    expected, body = "", {"text": text}
    audience: set[str] | None = None
    if kind == "whisper":
        body["to"] = to[0]
        audience = {author, to[0]}
        expected = "malformed" if to[0] == author else ""
    old = None
    if reply is not None and len(twin.said) >= reply:
        body["reply"] = twin.said[-reply].id
    if kind == "ask":
        audience = {HOST, author}
        if "reply" in body and twin.said[-reply].audience not in (None, {HOST, author}):
            asked = twin.said[-reply]
            if getattr(asked, "asked", False):
                audience = asked.audience
        elif "reply" in body and getattr(twin.said[-reply], "asked", False):
            audience = twin.said[-reply].audience
    if "reply" in body:
        refused, old = twin.quoting(author, len(twin.said) - reply, audience)
        expected = refused if refused == "not_found" else expected or refused
    code, id_ = world.do(author, kind, body)
    assert code == expected, (kind, author, more)
    if not code:
        message = twin.add(id_, author, text, audience)
        message.reply = old
        message.asked = kind == "ask"  # type: ignore[attr-defined]


def change(world: World, text: str, kind: str, person: str, back: int, *more: Any) -> None:
    twin, at = world.twin, len(world.twin.said) - back
    message = twin.said[at]
    body: dict[str, Any] = {"id": message.id}
    if kind == "edit":
        body["text"] = text
    elif kind == "react":
        body["emoji"], body["on"] = more
    expected = twin.change(kind, person, at)
    code, _ = world.do(person, kind, body)
    assert code == expected, (kind, person, back)
    if code:
        return
    if kind == "edit":
        message.text = text
        twin.words.append((text, message.audience))
    elif kind == "delete" and message.seen_by(person):
        message.deleted = True
    elif kind == "react":
        given = message.reactions.setdefault(more[0], [])
        if more[1] and person not in given:
            given.append(person)
        elif not more[1] and person in given:
            given.remove(person)


async def judge(world: World) -> None:
    twin = world.twin
    await world.archive()
    for person in world.counters:
        expected = twin.for_(person)
        told = shown(world.views[person].chat["messages"])
        assert told == expected[len(expected) - len(told) :], person
        state = world.bench.host.replica.state
        view = all_applications()["chat"].view(world.chat, state, person)
        newest = view["messages"]
        start = newest[0]["id"] if newest else "999999.0"
        paged = await world.all_of(person, "chat", start) if view["earlier"] else []
        assert shown(paged + newest) == expected, person
        found = await world.all_of(person, "chat.search", "", text="word w")
        assert shown(found) == expected, person
        by_id = {m["id"]: m for m in found}
        for message in twin.said:
            if message.id in by_id:
                given = {e: p for e, p in message.reactions.items() if p}
                assert by_id[message.id].get("reactions", {}) == given
        export: Any = type("Conference", (), {"conference": CONFERENCE, "state": state})
        job = await gather(world.engine, export, person, ["json"], Gathered())
        assert [(m.id, m.text, m.reply_text) for m in job.messages] == expected, person
        for word, audience in twin.words:
            if audience is not None and person not in audience:
                assert word.encode() not in world.sent[person], (person, word)
                assert word not in repr((view, paged, found, job)), (person, word)


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTS, min_size=10, max_size=60))
def test_everybody_sees_what_is_theirs_by_every_way_and_nothing_else(
    acts: list[tuple[Any, ...]],
) -> None:
    async def run() -> None:
        world = World()
        for number, what in enumerate(acts):
            await act(world, number, what)
        await judge(world)

    asyncio.run(run())
