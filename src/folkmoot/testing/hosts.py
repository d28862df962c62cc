"""Hosts: a conference's host with a log of its own, driven by hand and without a loop."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from folkmoot.apps import all_applications
from folkmoot.conference.batch import Entry, decode_batch
from folkmoot.conference.replica import Replica
from folkmoot.conference.rights import Role
from folkmoot.ports import LogMessage
from folkmoot.protocol.frames import Operation, Resume, ServerFrame, decode_server
from folkmoot.protocol.limits import PROTOCOL_VERSION
from folkmoot.protocol.position import Position
from folkmoot.servers.collaboration.duties import Duties
from folkmoot.servers.collaboration.effects import Close, Effect, Publish, Send
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.collaboration.ingress import Ingress
from folkmoot.servers.collaboration.member import Member
from folkmoot.settings import Settings
from folkmoot.testing.batches import START_MS, LogWriter, grant, newest_replica


class HostBench:
    """One host, its ingress and duties.

    Shape: `frames` are what each connection was sent since last taken, `written` its bytes,
    `closed` the codes with which connections were closed, `publishes` what waits to be stored,
    `others` all other effects.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        server: str = "one.1",
        log: LogWriter | None = None,
        replica: Replica | None = None,
    ) -> None:
        self.log = log or LogWriter()
        self.now_ms = 1_000
        replica = replica or newest_replica()
        self.host = ConferenceHost(
            server,
            replica,
            all_applications(),
            settings or Settings(),
            lambda *parts: " ".join(parts),
        )
        self.ingress = Ingress(self.host)
        self.duties = Duties(self.host)
        self.frames: dict[int, list[ServerFrame]] = {}
        self.written: dict[int, bytes] = {}
        self.closed: dict[int, str] = {}
        self.publishes: list[Publish] = []
        self.others: list[Effect] = []

    def flush(self) -> None:
        for effect in self.host.take_effects():
            if isinstance(effect, Send):
                frames = self.frames.setdefault(effect.connection, [])
                frames.extend(decode_server(effect.data))
                self.written[effect.connection] = (
                    self.written.get(effect.connection, b"") + effect.data
                )
            elif isinstance(effect, Close):
                self.closed[effect.connection] = effect.reason
            elif isinstance(effect, Publish):
                self.publishes.append(effect)
            else:
                self.others.append(effect)

    def take(self, connection: int) -> list[ServerFrame]:
        """Frames of a connection since it was last asked."""
        self.flush()
        return self.frames.pop(connection, [])

    def entries(self) -> list[Entry]:
        """Entries of the batches that wait to be stored."""
        self.flush()
        return [e for publish in self.publishes for e in decode_batch(publish.payload).entries]

    # The log

    def store(self) -> list[tuple[int, LogMessage]]:
        """Stores what was published; nobody is told yet."""
        self.flush()
        publishes, self.publishes = self.publishes, []
        return [(p.batch, self.log.add_payload(p.payload)) for p in publishes]

    def commit(self) -> None:
        """Stores, republishes and acknowledges until nothing more is published."""
        self.flush()
        while self.publishes:
            for batch, message in self.store():
                self.host.live_message(message, self.now_ms)
                self.host.published(batch, message.sequence, self.now_ms)
            self.flush()

    def other_server(self, *entries: Entry, server: str = "two.1") -> None:
        """Another server's batch, republished."""
        self.host.live_message(self.log.add(*entries, server=server), self.now_ms)
        self.flush()

    # Clients

    def join(
        self,
        connection: int,
        session: str = "s1",
        person: str = "ada",
        *,
        role: str = Role.PARTICIPANT,
        **more: Any,
    ) -> None:
        """Shape: `more` are further fields of the grant."""
        made = msgspec.structs.replace(grant(person, role=role), **more)
        self.host.attach(connection, session, person, 1, self.now_ms, grant=made)

    def resume(
        self,
        connection: int,
        generation: int,
        sequence: int = 0,
        *,
        session: str = "s1",
        person: str = "ada",
        epoch: str = "e1",
        number: int = 0,
    ) -> None:
        position = Position(epoch, sequence)
        frame = Resume(PROTOCOL_VERSION, "", generation, position, number=number)
        self.host.attach(connection, session, person, generation, self.now_ms, resume=frame)

    def joined(self, connection: int = 1, session: str = "s1", person: str = "ada") -> Member:
        """Joins, and forgets the frames that told of it."""
        self.join(connection, session, person)
        self.commit()
        self.frames.clear()
        return self.host.members[connection]

    def say(
        self,
        connection: int,
        counter: int,
        text: str = "hello",
        *,
        app: str = "chat",
        type_: str = "post",
        body: object = None,
        seen: int = 0,
    ) -> None:
        plain = {"text": text} if body is None else body
        raw = msgspec.Raw(msgspec.msgpack.encode(plain))
        member = self.host.members[connection]
        operation = Operation(counter, app, type_, raw, seen)
        self.ingress.operation(member, operation, self.now_ms)

    # The clock

    def tick(self, after_ms: int = 50, alive: Collection[str] = ("one.1",)) -> None:
        self.now_ms += after_ms
        self.duties.tick(self.now_ms, START_MS + self.now_ms, alive)
        for member in [m for m in self.host.members.values() if m.held]:
            self.ingress.release_held(member, self.now_ms)
        self.flush()
