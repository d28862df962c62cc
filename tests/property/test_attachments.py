"""Clients, servers and one log, taken apart and put together in any order that hypothesis finds.

Unlike the simulation nothing here happens by a clock: every frame, copy, acknowledgement and read
is a step of its own, so a server is frozen simply by not being chosen.
"""

from __future__ import annotations

from collections import deque

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from folkmoot.apps import all_applications
from folkmoot.client.session import Arrived, Broken, ClientSession, Decided, Ended, Welcomed
from folkmoot.conference.machine import canonical
from folkmoot.conference.replica import Fenced, Replica
from folkmoot.conference.snapshot import decode_snapshot, encode_snapshot
from folkmoot.ports import LogMessage
from folkmoot.protocol.frames import Join, Operation, Ping, Resume, decode_client
from folkmoot.servers.collaboration.effects import Close, Fetch, Publish, Send
from folkmoot.settings import Settings
from folkmoot.testing.batches import LogWriter, grant
from folkmoot.testing.hosts import HostBench

HOSTS = 2
CLIENTS = 2
SETTINGS = Settings(backlog_batches_max=3, operations_per_s=10_000, operations_burst=10_000)
TOLD_TO_STOP = "taken_over"


class Server:
    """One incarnation: a host, what was published, and copies under way to it."""

    def __init__(self, log: LogWriter, index: int, life: int, replica: Replica) -> None:
        self.bench = HostBench(SETTINGS, server=f"server-{index}.{life}", log=log, replica=replica)
        self.copies: deque[LogMessage] = deque()
        self.publishes: deque[Publish] = deque()
        self.fetches: deque[Fetch] = deque()
        self.down: dict[int, deque[bytes | None]] = {}

    def flush(self) -> None:
        for effect in self.bench.host.take_effects():
            if isinstance(effect, Send):
                self.down.setdefault(effect.connection, deque()).append(effect.data)
            elif isinstance(effect, Close):
                self.down.setdefault(effect.connection, deque()).append(None)
            elif isinstance(effect, Publish):
                self.publishes.append(effect)
            elif isinstance(effect, Fetch):
                self.fetches.append(effect)


class Client:
    """A participant with its session, its connection and what it knows."""

    def __init__(self, index: int) -> None:
        self.name = f"c{index}"
        self.session = ClientSession(self.name, f"nonce {self.name}")
        self.server: Server | None = None
        self.connection = 0
        self.up: deque[bytes] = deque()
        self.said = 0
        self.outcomes: dict[int, str] = {}
        self.seen: list[str] = []

    def heed(self) -> None:
        for notice in self.session.take_notices():
            assert not isinstance(notice, Broken), notice.reason
            if isinstance(notice, Decided):
                assert notice.counter not in self.outcomes
                code = notice.rejection.code if notice.rejection else "saved"
                self.outcomes[notice.counter] = code
            elif isinstance(notice, Welcomed) and not notice.resumed:
                texts = [m["text"] for m in notice.state["chat"]["messages"]]
                assert texts[: len(self.seen)] == self.seen, "shown an older state"
                self.seen = texts
            elif isinstance(notice, Arrived):
                for event in notice.batch.events:
                    if event.type == "posted":
                        self.seen.append(msgspec.msgpack.decode(event.body)["text"])
            elif isinstance(notice, Ended):
                assert notice.reconnect or notice.code == TOLD_TO_STOP, notice
        self.up.extend(self.session.take_outgoing())


class Zone(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.log = LogWriter(step=2)
        self.lives = 0
        self.connections = 0
        self.servers = [self.new_server(index, None) for index in range(HOSTS)]
        self.clients = [Client(index) for index in range(CLIENTS)]

    def new_server(self, index: int, snapshot: bytes | None) -> Server:
        self.lives += 1
        state = decode_snapshot(snapshot, all_applications()) if snapshot else None
        replica = Replica("room", "e1", all_applications(), state)
        replica.receive_page(self.read(replica.sequence + 1))
        return Server(self.log, index, self.lives, replica)

    def read(self, first: int) -> list[LogMessage]:
        return [m for m in self.log.messages if m.sequence >= first]

    @initialize()
    def everyone_is_attached(self) -> None:
        for index in range(CLIENTS):
            self.connect(index, index % HOSTS)
        self.everything_moves()

    @rule(index=st.integers(0, CLIENTS - 1), at=st.integers(0, HOSTS - 1))
    def move(self, index: int, at: int) -> None:
        """A client comes to a server, and that one gets on with it; the others stand still."""
        self.connect(index, at)
        self.frames_up(index, 1_000)
        self.get_on(at)
        self.messages_down(index, 1_000)

    @rule(at=st.integers(0, HOSTS - 1))
    def get_on(self, at: int) -> None:
        """One server does all it can; nothing reaches the others."""
        for _ in range(2):
            while self.servers[at].publishes:
                self.store(at, 1, True)
            self.copies_arrive(at, len(self.servers[at].copies), False)
            self.tick(at, 300)
            self.reads_end(at, 0)

    # Clients

    @rule(index=st.integers(0, CLIENTS - 1), count=st.integers(1, 3), sent=st.booleans())
    def say(self, index: int, count: int, sent: bool) -> None:
        client = self.clients[index]
        for _ in range(count):
            client.said += 1
            empty = client.said % 4 == 0
            text = " " if empty else f"{client.name}-{client.said}"
            client.session.submit("chat", "post", {"text": text})
        if client.server is not None:
            client.up.extend(client.session.take_outgoing())
        if sent:
            self.frames_up(index, 1_000)

    @rule(index=st.integers(0, CLIENTS - 1), at=st.integers(0, HOSTS - 1))
    def connect(self, index: int, at: int) -> None:
        """Also while another connection stands, of which its server has not heard the end."""
        client = self.clients[index]
        self.connections += 1
        client.server, client.connection = self.servers[at], self.connections
        client.up.clear()
        client.session.opened()
        client.up.extend(client.session.take_outgoing())

    @rule(index=st.integers(0, CLIENTS - 1), told=st.booleans())
    def cut(self, index: int, told: bool) -> None:
        client = self.clients[index]
        server, client.server = client.server, None
        client.session.lost()
        client.up.clear()
        if server is not None and told:
            server.bench.host.disconnected(client.connection, server.bench.now_ms)
            server.flush()

    @rule(index=st.integers(0, CLIENTS - 1), count=st.integers(1, 4))
    def frames_up(self, index: int, count: int) -> None:
        client = self.clients[index]
        server = client.server
        for _ in range(min(count, len(client.up))):
            if server is not None:
                self.take_frame(client, server, client.up.popleft())
                server.flush()

    def take_frame(self, client: Client, server: Server, data: bytes) -> None:
        bench, frame = server.bench, decode_client(data)
        if isinstance(frame, Join):
            bench.host.attach(
                client.connection,
                client.name,
                client.name,
                frame.generation,
                bench.now_ms,
                grant=grant(client.name, proof=frame.nonce),
            )
        elif isinstance(frame, Resume):
            bench.host.attach(
                client.connection,
                client.name,
                client.name,
                frame.generation,
                bench.now_ms,
                resume=frame,
            )
        elif not isinstance(frame, Ping):
            assert isinstance(frame, Operation)
            member = bench.host.members.get(client.connection)
            if member is not None:
                bench.ingress.operation(member, frame, bench.now_ms)

    @rule(index=st.integers(0, CLIENTS - 1), count=st.integers(1, 4))
    def messages_down(self, index: int, count: int) -> None:
        client = self.clients[index]
        for _ in range(count):
            if client.server is None:
                return
            waiting = client.server.down.get(client.connection)
            if not waiting:
                return
            message = waiting.popleft()
            if message is None:
                client.server = None
                client.session.lost()
                client.up.clear()
                return
            client.session.receive(message)
            client.heed()

    # Servers and the log

    @rule(
        at=st.integers(0, HOSTS - 1),
        copies=st.integers(0, 2),
        acknowledged=st.booleans(),
    )
    def store(self, at: int, copies: int, acknowledged: bool) -> None:
        """A publish ends: stored or not, once or twice, and its author told or left in doubt."""
        server = self.servers[at]
        if not server.publishes:
            return
        publish = server.publishes.popleft()
        sequence = 0
        for _ in range(copies):
            message = self.log.add_payload(publish.payload)
            sequence = message.sequence
            for other in self.servers:
                other.copies.append(message)
        if sequence and acknowledged:
            self.guarded(at, lambda: server.bench.host.published(publish.batch, sequence, 0))
        else:
            server.bench.host.publish_failed(publish.batch, server.bench.now_ms, full=False)
        server.flush()

    @rule(at=st.integers(0, HOSTS - 1), count=st.integers(1, 5), lost=st.booleans())
    def copies_arrive(self, at: int, count: int, lost: bool) -> None:
        server = self.servers[at]
        for _ in range(min(count, len(server.copies))):
            message = server.copies.popleft()
            if not lost:
                self.guarded(
                    at, lambda m=message: server.bench.host.live_message(m, server.bench.now_ms)
                )
        server.flush()

    @rule(at=st.integers(0, HOSTS - 1), stale=st.integers(0, 3))
    def reads_end(self, at: int, stale: int) -> None:
        server = self.servers[at]
        while server.fetches:
            fetch = server.fetches.popleft()
            page = self.read(fetch.first)
            if fetch.count_max:
                page = page[: fetch.count_max]
            elif stale:
                page = page[:-stale]
            self.guarded(
                at,
                lambda p=page, read=fetch.read: server.bench.host.page(
                    p, read=read, more=False, now_ms=server.bench.now_ms
                ),
            )
            server.flush()

    @rule(at=st.integers(0, HOSTS - 1), after_ms=st.sampled_from([50, 300, 4_000]))
    def tick(self, at: int, after_ms: int) -> None:
        bench = self.servers[at].bench
        bench.now_ms += after_ms
        alive = [server.bench.host.server for server in self.servers]
        bench.duties.tick(bench.now_ms, bench.now_ms, alive)
        self.servers[at].flush()

    @rule(at=st.integers(0, HOSTS - 1))
    def heads_arrive(self, at: int) -> None:
        """Without heads nothing tells a server of the last copy that it lost."""
        bench = self.servers[at].bench
        for other in self.servers:
            replica = other.bench.host.replica
            digest = replica.state.digest
            self.guarded(
                at, lambda r=replica, d=digest: bench.host.head(r.sequence, d, bench.now_ms)
            )
        self.servers[at].flush()

    @precondition(lambda self: self.log.messages)
    @rule(at=st.integers(0, HOSTS - 1), from_snapshot=st.booleans())
    def restart(self, at: int, from_snapshot: bool) -> None:
        old = self.servers[at]
        snapshot = encode_snapshot(old.bench.host.replica.state) if from_snapshot else None
        for client in self.clients:
            if client.server is old:
                client.server = None
                client.session.lost()
                client.up.clear()
        self.servers[at] = self.new_server(at, snapshot)

    def guarded(self, at: int, step: object) -> None:
        assert callable(step)
        try:
            step()
        except Fenced as fenced:
            raise AssertionError(f"nothing here may fence: {fenced}") from fenced

    # In the end

    def teardown(self) -> None:
        for _ in range(40):
            for index, client in enumerate(self.clients):
                if client.server is None or (
                    not client.session.attached and not self.under_way(client)
                ):
                    self.connect(index, 0)
            self.everything_moves()
            if all(c.session.attached and not c.session.unacknowledged for c in self.clients):
                break
        self.everything_moves()
        self.judge()

    def under_way(self, client: Client) -> bool:
        server = client.server
        assert server is not None
        return bool(
            client.up
            or server.down.get(client.connection)
            or server.publishes
            or server.copies
            or not server.bench.host.batcher.idle
        )

    def everything_moves(self) -> None:
        for _ in range(6):
            for at in range(HOSTS):
                while self.servers[at].publishes:
                    self.store(at, 1, True)
                self.copies_arrive(at, len(self.servers[at].copies), False)
                self.heads_arrive(at)
                self.tick(at, 300)
                self.reads_end(at, 0)
            for index in range(CLIENTS):
                self.frames_up(index, 1_000)
                self.messages_down(index, 1_000)

    def judge(self) -> None:
        whole = Replica("room", "e1", all_applications())
        whole.receive_page(self.log.messages)
        texts = [message.text for message in whole.state.apps["chat"].messages]
        for client in self.clients:
            assert client.session.attached and not client.session.unacknowledged
            wanted = [n for n in range(1, client.said + 1) if n % 4]
            assert [t for t in texts if t.startswith(client.name)] == [
                f"{client.name}-{n}" for n in wanted
            ]
            assert client.outcomes == {
                n: "saved" if n % 4 else "empty" for n in range(1, client.said + 1)
            }
            assert client.seen == texts
        for server in self.servers:
            replica = server.bench.host.replica
            assert replica.state.digest == whole.state.digest
            assert canonical(replica.state) == canonical(whole.state)


TestZone = Zone.TestCase
TestZone.settings = settings(
    max_examples=150,
    stateful_step_count=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
