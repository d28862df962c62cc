"""Schedule: one world from its start to its verdict."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from typing import Final

import msgspec

from folkmoot.conference import machine
from folkmoot.conference.machine import canonical
from folkmoot.conference.replica import Replica
from folkmoot.conference.state import CLOSED_KEPT_MAX as CLOSED_KEPT_REALLY
from folkmoot.simulation.checkers import Judge, Lost, check_client, check_presence
from folkmoot.simulation.client import SimClient
from folkmoot.simulation.digests import Digests
from folkmoot.simulation.engine import EPOCH, SimEngine
from folkmoot.simulation.faults import Faults
from folkmoot.simulation.hostile import Hostile
from folkmoot.simulation.other_work import other_wish
from folkmoot.simulation.reference import Reference
from folkmoot.simulation.restoring import Restored
from folkmoot.simulation.server import SimServer
from folkmoot.simulation.server_clients import CONFERENCES
from folkmoot.simulation.talk_model import body_of_talk, talk_wish
from folkmoot.simulation.witness import body_of
from folkmoot.simulation.world import EPOCH_MS, Violation, World

SERVERS: Final = 3
CLIENTS_EACH: Final = 3
OPERATIONS: Final = 200
FAULTS_MIN: Final = 6
FAULTS_MAX: Final = 14
UPGRADE_CHANCE: Final = 0.5
HOSTILE_CHANCE: Final = 0.3
CLOSED_KEPT_MAX: Final = 1
"""Closed sessions remembered, few enough that some are forgotten in a short world."""
FIRST_MS: Final = 1_600
"""Everybody has come by then, and begins to do things."""
TROUBLE_ENDS_MS: Final = 50_000
ENDS_MS: Final = 60_000
ON_ITS_WAY_MS: Final = 100
ARRIVALS_MAX: Final = 10
LAST_MOVE_CHANCE: Final = 0.5
LAST_MOVE_MS: Final = 2_000
LAST_WORDS: Final = 3
LAST_WORDS_MS: Final = 30
"""After the trouble has ended, all are sent elsewhere in the midst of so many words each.

Not in every world: to attach anew also repairs what should have been right without it.
"""

SOMETIMES: Final = (
    "attach_refused",
    "batch_of_old_ignored",
    "came_back_unasked",
    "closed_idle",
    "closed_session_ignored",
    "connection_cut",
    "connection_stalled",
    "copy_lost",
    "crashed",
    "disk_full",
    "duplicate_dropped",
    "edited",
    "ended_conference_unavailable",
    "ended_going_away",
    "ended_session_closed",
    "ended_token_expired",
    "engine_reconnected",
    "fenced",
    "gap_repaired",
    "ghost_spoke",
    "half_open",
    "hostile_joined_as_another",
    "hostile_refused",
    "hostile_welcomed",
    "joined_anew",
    "leaderless",
    "level_raised",
    "loaded_from_log",
    "loaded_from_snapshot",
    "move_failed",
    "given_up",
    "moved",
    "old_generation_ignored",
    "other_epoch_ignored",
    "outdated",
    "publish_unknown",
    "refused_at_the_door",
    "rejected_by_the_log",
    "restored",
    "resumed_by_view",
    "room_ended",
    "resumed_from_backlog",
    "sent_early",
    "snapshot_saved",
    "stale_read",
    "stored_late",
    "stored_twice",
    "supported",
    "taken_over",
    "told_of_restoring",
    "trimmed",
    "used_agenda",
    "used_files",
    "used_slides",
    "used_stage",
    "vote_changed",
    "vote_refused",
    "voted",
    "went_away",
    "whispered",
    "woke",
)
"""What must happen in a long enough run: a mark never seen means that the run tests less."""


class Failed(Exception):
    """A schedule failed; `lines` is its trace so far."""

    def __init__(self, seed: int, reason: str, lines: list[str]) -> None:
        self.seed = seed
        self.reason = reason
        self.lines = lines
        super().__init__(f"{reason}\nRepeat it with: make sim SEED={seed}")


class Result(msgspec.Struct):
    """Shape: `digest` is of all that was stored: the same in every process."""

    marks: Counter[str]
    operations: int
    batches: int
    lines: list[str]
    digest: str


class Without(msgspec.Struct, frozen=True):
    """What of a schedule's plan is left out, by its number: for making a failing one smaller."""

    faults: frozenset[int] = frozenset()
    operations: frozenset[int] = frozenset()
    hostile: bool = False
    restoring: bool = False


class Schedule:
    """One seeded run: at least 3 servers, 5 clients, 2 conferences, 200 operations, 5 faults."""

    def __init__(self, seed: int, *, tracing: bool = False, without: Without | None = None) -> None:
        self._without = without or Without()
        self.world = world = World(seed, tracing=tracing)
        self.engine = SimEngine(world)
        digests = Digests()
        self.servers = [
            SimServer(world, self.engine, digests, f"collaboration-{n}")
            for n in range(1, SERVERS + 1)
        ]
        for server in self.servers:
            server.peers = self.servers
        self.clients = [
            SimClient(world, self.servers, f"{conference[-1]}{name}", conference)
            for conference in CONFERENCES
            for name in ("ada", "bob", "eve")[:CLIENTS_EACH]
        ]
        self.hostile = [
            Hostile(world, self.servers, conference, self.clients)
            for conference in CONFERENCES
            if world.chance(HOSTILE_CHANCE) and not self._without.hostile
        ]
        self.faults = Faults(world, self.engine, self.servers, self.clients)
        if world.chance(UPGRADE_CHANCE):
            self.faults.plan_upgrade()
        if not self._without.restoring:
            self.faults.plan_restoring(random.Random(f"{seed}/restoring"))
        self._posts: Counter[str] = Counter()
        self._talks = 0

    def run(self) -> Result:
        """Errors: `Failed`."""
        setattr(machine, "CLOSED_KEPT_MAX", CLOSED_KEPT_MAX)  # noqa: B010
        try:
            self._run()
        except Violation as violation:
            raise self._failed(str(violation)) from violation
        except Exception as error:
            raise self._failed(f"{type(error).__name__}: {error}") from error
        finally:
            setattr(machine, "CLOSED_KEPT_MAX", CLOSED_KEPT_REALLY)  # noqa: B010
        digest = hashlib.sha256()
        for log in self.engine.archive.values():
            for message in log:
                digest.update(message.payload)
        batches = sum(len(log) for log in self.engine.archive.values())
        operations = sum(len(client.witness.wishes) for client in self.clients)
        lines, marks = self.world.lines, self.world.marks
        return Result(marks, operations, batches, lines, digest.hexdigest())

    def _failed(self, reason: str) -> Failed:
        self.world.note("verdict", reason)
        return Failed(self.world.seed, reason, self.world.lines)

    def _run(self) -> None:
        world = self.world
        for server in self.servers:
            server.start()
        for client in self.clients:
            world.after(world.between(0, 1_500), client.start)
        for hostile in self.hostile:
            world.after(FIRST_MS, hostile.start)
        self._plan_operations()
        self.faults.plan(
            world.between(FAULTS_MIN, FAULTS_MAX),
            2_000,
            TROUBLE_ENDS_MS - 1_000,
            self._without.faults,
        )
        world.run_until(TROUBLE_ENDS_MS)
        self.faults.heal()
        for hostile in self.hostile:
            hostile.stop()
        if world.chance(LAST_MOVE_CHANCE):
            world.after(LAST_MOVE_MS, self._move_while_all_speak)
        world.run_until(ENDS_MS)
        self._let_arrive()
        self._judge()

    def _let_arrive(self) -> None:
        """What was stored at the very end, by a deadline that passed then, is on its way still."""
        for _ in range(ARRIVALS_MAX):
            logs = self.engine.archive.values()
            last_ms = max((log[-1].time_ms for log in logs), default=EPOCH_MS) - EPOCH_MS
            if last_ms + ON_ITS_WAY_MS <= self.world.now_ms:
                return
            self.world.run_until(last_ms + ON_ITS_WAY_MS)

    def _move_while_all_speak(self) -> None:
        """Sends everybody elsewhere once more, when no fault follows that would repair anything."""
        world = self.world
        for client in self.clients:
            for _ in range(LAST_WORDS):
                world.after(world.between(0, 2 * LAST_WORDS_MS), self._post, client)
        for server in self.servers:
            world.after(LAST_WORDS_MS, server.move_all)

    # What participants do

    def _plan_operations(self) -> None:
        world, left = self.world, OPERATIONS
        while left > 0:
            burst = 1 if world.chance(0.8) else world.between(2, 12)
            client = self.clients[world.between(0, len(self.clients) - 1)]
            at_ms = world.between(FIRST_MS, TROUBLE_ENDS_MS - 500)
            for number in range(min(burst, left)):
                if OPERATIONS - left + number not in self._without.operations:
                    world.after(at_ms, self._act, client)
            left -= burst

    def _act(self, client: SimClient) -> None:
        if client.gone:
            client = self.clients[-1]
        world, dice = self.world, self.world.random.random()
        if dice < 0.10:
            self._talks += 1
            app, type_, body = other_wish(world, client.view, self._talks)
            client.want(app, type_, f"{self._talks}", body)
        elif dice < 0.19:
            self._talks += 1
            app, type_, argument = talk_wish(world, client, self._talks)
            client.want(app, type_, argument, body_of_talk(app, type_, argument))
        elif dice < 0.70:
            self._post(client)
        elif dice < 0.73:
            self._posts[client.name] += 1
            others = [c.name for c in self.clients if c.conference == client.conference]
            to = others[world.between(0, len(others) - 1)]
            text = f"{client.name}-{self._posts[client.name]}"
            client.want("chat", "whisper", text, {"text": text, "to": to})
        elif dice < 0.76:
            self._edit(client)
        elif dice < 0.80:
            self._want(client, "chat", "post", " ")
        elif dice < 0.84:
            self._want(client, "roster", "rename", f"{client.name} {world.between(1, 9)}")
        elif dice < 0.94:
            self._want(client, "documents", "create", f"d{world.between(1, 12)}")
        elif dice < 0.96:
            self._want(client, "exports", "request", "")
        elif dice < 0.98:
            self._want(client, "raffle", "draw", "")
        else:
            self._want(client, "chat", "shout", "")

    def _post(self, client: SimClient) -> None:
        if not client.gone:
            self._posts[client.name] += 1
            self._want(client, "chat", "post", f"{client.name}-{self._posts[client.name]}")

    @staticmethod
    def _edit(client: SimClient) -> None:
        """Changes something that the client said itself, and has seen said; else says nothing."""
        own = [m for m in client.view.chat["messages"] if m["author"] == client.session.person]
        if own:
            message = own[client.world.between(0, len(own) - 1)]
            text = message["text"] + "~"
            client.want("chat", "edit", text, {"id": message["id"], "text": text})
        else:
            client.want("chat", "post", " ", body_of("post", " "))

    @staticmethod
    def _want(client: SimClient, app: str, type_: str, argument: str) -> None:
        client.want(app, type_, argument, body_of(type_, argument))

    # The verdict

    def _judge(self) -> None:
        for conference in CONFERENCES:
            clients = [c for c in self.clients if c.conference == conference]
            for client in clients:
                if not client.gone and not client.settled:
                    raise Violation(f"I7: {client.name} is not settled in time")
            archive = self.engine.archive[conference]
            restored = self.engine.restored.get(conference)
            reference = Reference(conference, EPOCH, archive, restored)
            judge = Judge(self.world, conference, CLOSED_KEPT_MAX, reference)
            judge.read(archive, restored)
            lost = None if restored is None else self._lost(conference, restored)
            for client in clients:
                check_client(judge, client, lost)
            check_presence(judge, clients)
            judge.talk.check(clients)
            for client in clients:
                if not client.gone:
                    seen = client.witness
                    reference.check_view(client.name, client.session.person, seen.view, seen.shown)
            self._check_replicas(conference, reference.replica)

    def _lost(self, conference: str, restored: Restored) -> Lost:
        """The judge of what people were told before the zone was restored."""
        reference = Reference(conference, EPOCH, restored.before)
        judge = Judge(self.world, conference, CLOSED_KEPT_MAX, reference)
        judge.read(restored.before)
        return Lost(judge, restored.cut, restored.first)

    def _check_replicas(self, conference: str, whole: Replica) -> None:
        """I6: every replica is what the whole log makes from nothing."""
        archive = self.engine.archive[conference]
        for server in self.servers:
            room = server.rooms.get(conference)
            if room is None or not room.ready:
                continue
            replica = room.host.replica
            if replica.sequence != archive[-1].sequence:
                raise Violation(f"I7: {server.name} is at {replica.sequence} in {conference}")
            if canonical(replica.state) != canonical(whole.state):
                raise Violation(f"I6: {server.name} holds another state of {conference}")


def run(seed: int, *, tracing: bool = False, without: Without | None = None) -> Result:
    """Errors: `Failed`, with the command that repeats it."""
    return Schedule(seed, tracing=tracing, without=without).run()
