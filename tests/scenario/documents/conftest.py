"""A room on the fake engine with people who type, and the updates they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pycrdt
import pytest

from folkmoot.apps import all_applications
from folkmoot.apps.documents import Document, Update
from folkmoot.conference.batch import (
    FORMAT,
    AttachEntry,
    Batch,
    Entry,
    Grant,
    LevelEntry,
    OperationEntry,
    encode_batch,
    encode_body,
)
from folkmoot.conference.state import LEVEL
from folkmoot.servers.replicas import load_replica
from folkmoot.settings import Settings
from folkmoot.testing.fake_engine import FakeEngine, FakeZone

CONFERENCE = "c1"


class Typist:
    """A session in the room with a document of its own; `number` is its Yjs client id."""

    def __init__(self, room: Room, number: int) -> None:
        self.number = number
        self.session = f"s{number}"
        self.counter = 0
        self.clock = 0
        self.doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=number)
        self.text = self.doc.get("content", type=pycrdt.Text)
        self._room = room
        self._sent: list[bytes] = []
        self._subscription = self.doc.observe(lambda event: self._sent.append(event.update))

    def type(self, text: str) -> int:
        """Types at the end of its own document; returns the position in the log."""
        self.text += text
        return self.send(self._sent.pop(), len(text))

    def delete(self, start: int, end: int) -> int:
        """Deletes characters of its own document."""
        del self.text[start:end]
        return self.send(self._sent.pop(), 0)

    def ask(self, type_: str, **body: Any) -> int:
        """Any other operation on documents."""
        self.counter += 1
        return self._room.publish(
            OperationEntry(self.session, 1, self.counter, "documents", type_, encode_body(body))
        )

    def read(self, updates: list[bytes]) -> None:
        """Applies what others wrote."""
        for update in updates:
            self.doc.apply_update(update)
        self._sent.clear()

    def send(self, update: bytes, clocks: int) -> int:
        """Publishes bytes as an update, unchecked, as if a door had let them through."""
        self.counter += 1
        body = Update("pad", self.clock, self.clock + clocks, update)
        self.clock += clocks
        return self._room.publish(
            OperationEntry(self.session, 1, self.counter, "documents", "update", encode_body(body))
        )


class Room:
    """One conference in a zone that compacts after ten updates."""

    def __init__(self) -> None:
        self.settings = Settings(compact_after_updates=10)
        self.zone = FakeZone(self.settings)
        self.conference = CONFERENCE
        self._batches = 0
        self._people = 0

    def engine(self) -> FakeEngine:
        return self.zone.engine()

    def wall_ms(self) -> int:
        return self.zone.logs.time_ms

    def wait(self, time_ms: int) -> None:
        """Lets time pass for the log and everybody's clocks."""
        self.zone.logs.time_ms += time_ms

    def raise_level(self) -> None:
        self.publish(LevelEntry(LEVEL))

    def publish(self, *entries: Entry) -> int:
        self._batches += 1
        messages = self.zone.logs.messages(CONFERENCE)
        base = messages[-1].sequence if messages else 0
        epoch = self.zone.logs.stream(CONFERENCE).epoch
        batch = Batch(FORMAT, epoch, "collaboration-1.aa", self._batches, base, list(entries))
        return self.zone.logs.store(CONFERENCE, encode_batch(batch))

    def join(self) -> Typist:
        self._people += 1
        typist = Typist(self, self._people)
        grant = Grant(f"p{self._people}", f"P{self._people}", "participant", "proof")
        self.publish(AttachEntry(typist.session, 1, "collaboration-1.aa", grant))
        return typist

    async def pad(self) -> Document:
        """The pad as a fresh replica has it."""
        replica = await load_replica(self.engine(), CONFERENCE, all_applications())
        document: Document = replica.state.apps["documents"].documents["pad"]
        return document

    async def text(self) -> str:
        """What somebody reads who joins now."""
        pad = await self.pad()
        doc: pycrdt.Doc[Any] = pycrdt.Doc()
        if pad.base is not None:
            base = await self.engine().objects.get(pad.base.object)
            assert base is not None
            doc.apply_update(base)
        for update in pad.updates:
            doc.apply_update(update.update)
        return str(doc.get("content", type=pycrdt.Text))


@pytest.fixture
def room() -> Room:
    return Room()


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


@pytest.fixture
def nested_value() -> Callable[[int, int, int], bytes]:
    """An update of two bytes a level: one value nested as deep as asked for."""

    def build(number: int, clock: int, levels: int) -> bytes:
        head = b"\x01\x01" + _varint(number) + _varint(clock) + b"\x08\x01\x04text\x01"
        return head + b"\x75\x01" * levels + b"\x7e\x00"

    return build


@pytest.fixture
def nested_types() -> Callable[[int, int, int], bytes]:
    """An update with as many shared types, the first in the one that has the clock before it."""

    def build(number: int, clock: int, levels: int) -> bytes:
        structs = [
            b"\x07\x00" + _varint(number) + _varint(at - 1) + b"\x00"
            if at
            else b"\x07\x01\x04deep\x00"
            for at in range(clock, clock + levels)
        ]
        head = b"\x01" + _varint(levels) + _varint(number) + _varint(clock)
        return head + b"".join(structs) + b"\x00"

    return build
