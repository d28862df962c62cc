"""Checkers: an outside judge.

Reads the raw log with a decoder of its own and a dumb model of the rules, and compares that with
what clients were told. Shares no code with the servers on purpose: a mistake there must not excuse
itself here.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import msgspec

from folkmoot.conference.restored import GENERATIONS_APART
from folkmoot.ports import LogMessage
from folkmoot.simulation.client import SimClient
from folkmoot.simulation.engine import EPOCH
from folkmoot.simulation.other_work import APPLICATIONS as OTHERS
from folkmoot.simulation.reference import Reference
from folkmoot.simulation.restoring import Restored
from folkmoot.simulation.talk_model import APPLICATIONS as TALK
from folkmoot.simulation.talk_model import TalkModel
from folkmoot.simulation.witness import OPEN, Wish
from folkmoot.simulation.world import Violation, World

VIEW_MESSAGES = 200
EXPORTS_OPEN_MAX = 5


class Decision(msgspec.Struct):
    """What the log decided of one counter of a session."""

    sequence: int
    code: str
    type: str
    argument: str


class Said(msgspec.Struct):
    """One message; `texts` is what it was at first, and after each edit, with its position."""

    sequence: int
    person: str
    to: str
    texts: list[tuple[int, str]]

    @property
    def text(self) -> str:
        return self.texts[0][1]

    def seen_by(self, person: str) -> bool:
        return not self.to or person in (self.person, self.to)

    def at(self, sequence: int) -> str:
        return [text for at, text in self.texts if at <= sequence][-1]


class Judge:
    """The rules in their simplest form, over one conference's whole log."""

    def __init__(
        self, world: World, conference: str, closed_kept_max: int, reference: Reference
    ) -> None:
        self._reference = reference
        self._closed_kept_max = closed_kept_max
        self.conference = conference
        self._decisions: dict[tuple[str, int], list[Decision]] = {}
        self.posts: list[Said] = []
        self.sessions: dict[str, dict[str, Any]] = {}
        self.closed: dict[str, int] = {}
        self._floor = 0
        self._level = 1
        self._ended = False
        self._exporting: set[str] = set()
        self._world = world
        self.talk = TalkModel(world)
        self._documents = {"notes", "pad"}
        self._payloads: set[bytes] = set()

    def read(self, messages: Iterable[LogMessage], restored: Restored | None = None) -> None:
        """Shape: of a `restored` log all but the kept part counts only in its new epoch.

        There all generations are above those that anybody was told before.
        """
        last = 0
        for message in messages:
            if restored and last <= restored.cut < message.sequence:
                for session in self.sessions.values():
                    session["generation"] += GENERATIONS_APART
            if message.sequence <= last or message.previous != last:
                raise Violation(f"the log of {self.conference} is broken at {message.sequence}")
            last = message.sequence
            body = message.payload[4:]
            if zlib.crc32(body) != int.from_bytes(message.payload[:4], "big"):
                raise Violation(f"{self.conference} {last}: damaged batch")
            if message.payload in self._payloads:
                self._world.mark("stored_twice")
            self._payloads.add(message.payload)
            batch = msgspec.msgpack.decode(body)
            if batch[1] != (restored.epoch if restored and last > restored.cut else EPOCH):
                self._world.mark("other_epoch_ignored")
                continue
            if batch[4] < self._floor:
                self._world.mark("batch_of_old_ignored")
                continue
            for entry in batch[5]:
                self._entry(last, entry)

    def decision(self, wish: Wish) -> Decision | None:
        """What the log had decided of its counter by the time when the client was told.

        A session that is closed and forgotten may begin once more, by a ticket that is used again.
        """
        known = self._decisions.get((wish.session, wish.counter), [])
        before = [decision for decision in known if decision.sequence <= wish.sequence]
        return before[-1] if before else known[0] if known else None

    def present(self) -> dict[str, bool]:
        """Every person with a session, and whether one of them is attached."""
        found: dict[str, bool] = {}
        for session in self.sessions.values():
            person = session["person"]
            found[person] = found.get(person, False) or session["attached"]
        return found

    def _entry(self, sequence: int, entry: list[Any]) -> None:
        kind, *fields = entry
        if kind == "attach":
            self._attach(*fields)
        elif kind == "level":
            if fields[0] > self._level:
                self._world.mark("level_raised")
            self._level = max(self._level, fields[0])
        elif kind == "away":
            session = self.sessions.get(fields[0])
            if session and session["attached"] and session["generation"] == fields[1]:
                session["attached"] = False
                self._world.mark("went_away")
        elif kind == "here":
            session = self.sessions.get(fields[0])
            if session and not session["attached"] and session["generation"] == fields[1]:
                session["attached"] = True
                self._world.mark("came_back_unasked")
        elif kind in ("op", "refused"):
            self._operation(sequence, kind, fields)

    def _attach(
        self, id_: str, generation: int, server: str, grant: list[Any] | None = None
    ) -> None:
        session = self.sessions.get(id_)
        if session is None:
            if id_ not in self.closed and grant is not None and generation == 1:
                host = grant[2] == "host"
                if self._ended and not host:
                    self._world.mark("kept_out_of_an_ended_room")
                    return
                self._ended = False
                self.sessions[id_] = {
                    "person": grant[0],
                    "host": host,
                    "generation": 1,
                    "counter": 0,
                    "attached": True,
                }
            return
        if generation == session["generation"] + 1:
            session["generation"], session["attached"] = generation, True
        else:
            self._world.mark("attach_refused")

    def _operation(self, sequence: int, kind: str, fields: list[Any]) -> None:
        id_, generation, counter = fields[:3]
        session = self.sessions.get(id_)
        if session is None:
            self._world.mark("closed_session_ignored")
        elif session["generation"] != generation:
            self._world.mark("old_generation_ignored")
        elif counter <= session["counter"]:
            self._world.mark("duplicate_dropped")
        elif counter > session["counter"] + 1:
            self._world.mark("out_of_order_ignored")
        else:
            session["counter"] = counter
            if kind == "refused":
                decision = Decision(sequence, fields[3], "", "")
                self._world.mark("refused_at_the_door")
            else:
                decision = self._decide_of(sequence, id_, counter, *fields[3:6])
            self._decisions.setdefault((id_, counter), []).append(decision)

    def _decide_of(
        self, sequence: int, id_: str, counter: int, app: str, type_: str, body: dict[str, Any]
    ) -> Decision:
        if app in OTHERS:
            self._world.mark(f"used_{app}")
            return Decision(sequence, self._reference.code(sequence, id_, counter), "", "")
        if app not in TALK:
            return self._decide(sequence, id_, type_, body)
        code, argument = "unknown_application", ""
        if self._level >= 2:
            code, argument = self.talk.decide(
                app, type_, body, self.sessions[id_]["person"], sequence
            )
        if code != "saved":
            self._world.mark("rejected_by_the_log")
        return Decision(sequence, code, type_ if argument else "", argument)

    def _decide(self, sequence: int, id_: str, type_: str, body: dict[str, Any]) -> Decision:
        argument, code = "", "saved"
        if type_ == "post":
            argument = body["text"]
            code = "saved" if argument.strip() else "empty"
            if code == "saved":
                person = self.sessions[id_]["person"]
                self.posts.append(Said(sequence, person, "", [(sequence, argument)]))
        elif type_ in ("whisper", "edit"):
            argument = body["text"]
            code = self._level_two(sequence, self.sessions[id_]["person"], type_, body)
        elif type_ == "create":
            argument = body["document"]
            code = "exists" if argument in self._documents else "saved"
            self._documents.add(argument)
        elif type_ == "rename":
            argument = body["name"]
        elif type_ == "request":
            code = self._export(self.sessions[id_]["person"])
        elif type_ == "leave":
            self._close(sequence, [id_])
        elif type_ == "end":
            code = self._end(sequence, id_)
        if code != "saved":
            self._world.mark("rejected_by_the_log")
        return Decision(sequence, code, type_, argument)

    def _end(self, sequence: int, id_: str) -> str:
        """A host, here somebody with a host's used ticket, may send everybody away at once."""
        if self._level < 2:
            return "unknown_operation"
        if not self.sessions[id_]["host"]:
            return "not_allowed"
        self._world.mark("room_ended")
        self._ended = True
        self._close(sequence, list(self.sessions))
        return "saved"

    def _close(self, sequence: int, sessions: list[str]) -> None:
        for id_ in sessions:
            person = self.sessions.pop(id_)["person"]
            if all(other["person"] != person for other in self.sessions.values()):
                self.talk.left(person)
            self.closed[id_] = sequence
        while len(self.closed) > self._closed_kept_max:
            self._floor = max(self._floor, self.closed.pop(next(iter(self.closed))))

    def _level_two(self, sequence: int, person: str, type_: str, body: dict[str, Any]) -> str:
        if self._level < 2:
            return "unknown_operation"
        if type_ == "whisper":
            to = body["to"]
            if to not in self.present():
                return "not_found"
            if to == person:
                return "malformed"
            self.posts.append(Said(sequence, person, to, [(sequence, body["text"])]))
            self._world.mark("whispered")
            return "saved"
        first = body["text"].rstrip("~")
        # By its place too: a ghost may have said the same twice.
        at = int(body["id"].partition(".")[0])
        mine = (s for s in self.posts if s.person == person and s.sequence == at)
        said = next((s for s in mine if s.text == first), None)
        if said is None:
            return "not_found"
        said.texts.append((sequence, body["text"]))
        self._world.mark("edited")
        return "saved"

    def _export(self, person: str) -> str:
        """Exports came with level 2; nobody makes them here, so one's first stays open."""
        if self._level < 2:
            return "unknown_application"
        if person in self._exporting or len(self._exporting) >= EXPORTS_OPEN_MAX:
            return "limit_reached"
        self._exporting.add(person)
        return "saved"


class Lost(msgspec.Struct):
    """What was before the zone was restored: the judge of that log, and where it was cut."""

    judge: Judge
    cut: int
    first: int

    def takes(self, wish: Wish) -> bool:
        """Whether what the client was told of this wish is gone with the old log."""
        known = self.judge.decision(wish)
        return 0 < wish.sequence < self.first and known is not None and known.sequence > self.cut


def check_client(judge: Judge, client: SimClient, lost: Lost | None = None) -> None:
    """I3, I4, I5 for one client's wishes, I2 for what it saw."""
    for wish in client.witness.wishes:
        early = lost is not None and 0 < wish.sequence < lost.first
        _check_wish(lost.judge if lost and early else judge, client, wish)
    order = [s.text for s in judge.posts if s.text.startswith(f"{client.name}-")]
    numbers = [int(text.rpartition("-")[2]) for text in order]
    if numbers != sorted(set(numbers)):
        raise Violation(f"I3, I4: {client.name}'s posts took effect as {numbers}")
    saying = ("post", "whisper")
    kept = [w for w in client.witness.wishes if lost is None or not lost.takes(w)]
    wanted = [w.argument for w in kept if w.type in saying and w.outcome == "saved"]
    open_ = {w.argument for w in client.witness.wishes if w.outcome == OPEN}
    if not client.gone and [text for text in order if text not in open_] != wanted:
        raise Violation(f"I3, I5: {client.name} knows {wanted} as saved, the log has {order}")
    for segment in client.witness.segments:
        true = lost.judge if lost is not None and segment.sequence < lost.first else judge
        theirs = [s for s in true.posts if s.seen_by(client.name)]
        expected = [
            (s.sequence, s.text) for s in theirs if segment.sequence < s.sequence <= segment.last
        ]
        told = [(s, t) for s, _, t in segment.told]
        if told != expected:
            raise Violation(
                f"I2: {client.name} after {segment.sequence} saw {told}, the log has {expected}"
            )
        before = [s.at(segment.sequence) for s in theirs if s.sequence <= segment.sequence]
        if segment.view != before[-VIEW_MESSAGES:]:
            raise Violation(f"I2: {client.name}'s view at {segment.sequence} is not the log's")


def _check_wish(judge: Judge, client: SimClient, wish: Wish) -> None:
    if not wish.outcome:
        if not client.gone:
            raise Violation(f"I5: {client.name}: {wish} was never decided")
        return
    if wish.outcome == OPEN:
        return
    decision = judge.decision(wish)
    if decision is None:
        raise Violation(f"I1: {client.name}: {wish} was acknowledged and is not in the log")
    if decision.code != wish.outcome:
        raise Violation(f"I5: {client.name}: {wish}, but the log says {decision}")
    if decision.type and (decision.type, decision.argument) != (wish.type, wish.argument):
        raise Violation(f"I4: {client.name}: {wish}, but the log has {decision}")
    if decision.sequence > wish.sequence:
        raise Violation(f"I1: {client.name}: {wish} was told before {decision}")


def check_presence(judge: Judge, clients: Iterable[SimClient]) -> None:
    """Who is there is shown as there, to everyone, and who went is not."""
    present = judge.present()
    for client in clients:
        if present.get(client.name, False) == client.gone:
            raise Violation(f"presence: {client.name} is shown wrongly in {present}")
    for client in clients:
        if client.gone:
            continue
        persons = client.view.roster["persons"]
        shown = {person: entry["present"] for person, entry in persons.items()}
        if shown != present:
            raise Violation(f"presence: {client.name} sees {shown}, true is {present}")
