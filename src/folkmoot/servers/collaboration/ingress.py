"""Ingress: the way of a client's operations, signals and queries into a conference's host.

Pure. Refuses before the log only what every server would refuse for ever, and even that takes its
counter in the log (`RefusedEntry`), so that the log alone decides every outcome.
"""

from __future__ import annotations

from typing import Final

import msgspec

from folkmoot.apps import reactions
from folkmoot.apps.breakouts import BreakoutsState, may_enter
from folkmoot.apps.exports import FINISHED, ExportsState, file_name
from folkmoot.apps.slides import MARK
from folkmoot.conference.application import Rejected
from folkmoot.conference.batch import OperationEntry, RefusedEntry
from folkmoot.conference.levels import Bodies, decode_body
from folkmoot.conference.rights import allowed
from folkmoot.protocol.codes import message_of
from folkmoot.protocol.frames import Fault, Get, Got, LiveRelay, LiveSend, Operation, encode
from folkmoot.protocol.limits import (
    LIVE_BYTES_MAX,
    OPERATION_BYTES_MAX,
    OPERATIONS_IN_FLIGHT_MAX,
    REACTIONS,
)
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.collaboration import deck_queries, file_queries, people_queries
from folkmoot.servers.collaboration.chat_queries import CHAT_QUERIES, TYPING_TOPIC, ChatQueries
from folkmoot.servers.collaboration.document_queries import DOCUMENT_QUERIES, document_query
from folkmoot.servers.collaboration.effects import (
    AnswerBreakout,
    AnswerEditor,
    AnswerExport,
    AnswerLink,
    Pause,
    PublishLive,
    Resume,
)
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.collaboration.member import Member
from folkmoot.servers.collaboration.poll_queries import poll_query

TOPIC_CHARACTERS_MAX: Final = 80
SLIDES_TOPICS: Final = "slides."
"""What is pointed at and drawn over slides just now: `slides.pointer` and the like."""

QUEUE_BYTES_MAX: Final = 8 << 20
"""Of operations that wait for their batch, in one conference on one server."""


class _ExportArguments(msgspec.Struct):
    export: str


class Ingress:
    """Takes what attached clients say."""

    def __init__(self, host: ConferenceHost) -> None:
        self._host = host
        self._chat = ChatQueries(host)
        self._bodies = Bodies(host.applications, host.replica.state.level)

    # Operations

    def operation(self, member: Member, operation: Operation, now_ms: int) -> None:
        """One operation, at the sender's rate; over it, reading is paused until it is due."""
        size_bytes = memoryview(operation.body).nbytes
        if member.held or not self._may_go(member, now_ms):
            if not member.hold(operation, size_bytes):
                self._host.close(member, "too_many_operations")
            elif not member.paused:
                member.paused = True
                self._host.do(Pause(member.connection))
            return
        self._accept(member, operation, size_bytes, now_ms)

    def release_held(self, member: Member, now_ms: int) -> None:
        """Lets held operations go as the rate allows, then reads on."""
        while member.held and self._may_go(member, now_ms):
            operation, size_bytes = member.held.popleft()
            self._accept(member, operation, size_bytes, now_ms)
        if not member.held and member.paused:
            member.paused = False
            self._host.do(Resume(member.connection))

    def _may_go(self, member: Member, now_ms: int) -> bool:
        """Whether an operation may go to the log now; takes the sender's token when it may.

        While the log does not get on, what waits for it is bounded, by person and by room.
        """
        host = self._host
        session = host.replica.state.sessions.get(member.session)
        decided = session.counter if session else 0
        return (
            member.next_counter - decided <= OPERATIONS_IN_FLIGHT_MAX
            and host.batcher.queue_bytes < QUEUE_BYTES_MAX
            and member.bucket.take(now_ms)
        )

    def _accept(self, member: Member, operation: Operation, size_bytes: int, now_ms: int) -> None:
        host = self._host
        if operation.counter < member.next_counter:
            return  # sent again although already taken here: the log knows it or will
        if operation.counter > member.next_counter:
            host.close(
                member,
                "too_many_operations",
                message=f"Operation {operation.counter} came where "
                f"{member.next_counter} was expected.",
            )
            return
        member.next_counter += 1
        code = self._refusal(member, operation, size_bytes)
        if code:
            host.add_entry(
                RefusedEntry(
                    member.session, member.generation, operation.counter, code, operation.seen
                ),
                now_ms,
            )
            return
        entry = OperationEntry(
            member.session,
            member.generation,
            operation.counter,
            operation.app,
            operation.type,
            operation.body,
            operation.seen,
        )
        host.add_entry(entry, now_ms, size_bytes)

    def _refusal(self, member: Member, operation: Operation, size_bytes: int) -> str:
        """The code for what can never be taken; empty when the log shall decide."""
        if size_bytes > OPERATION_BYTES_MAX:
            return "too_large"
        host = self._host
        if self._bodies.level != host.replica.state.level:
            self._bodies = Bodies(host.applications, host.replica.state.level)
        try:
            decoder = self._bodies.operation(operation.app, operation.type)
            body = decode_body(decoder, operation.body)
            host.applications[operation.app].check(body, member.number)
        except Rejected as rejected:
            return rejected.code
        return ""

    # Ephemeral traffic

    def live(self, member: Member, frame: LiveSend, now_ms: int) -> None:
        """Carets and the like: relayed if within the rate, else dropped (latest wins)."""
        if member.in_lobby:
            return
        size_bytes = memoryview(frame.body).nbytes
        if size_bytes > LIVE_BYTES_MAX or len(frame.topic) > TOPIC_CHARACTERS_MAX:
            fault = Fault("live_dropped", message_of("live_dropped"))
            self._host.send(member, encode(fault))
        elif frame.topic == reactions.TOPIC:
            self._react(member, frame, now_ms)
        elif (frame.topic.startswith(SLIDES_TOPICS) and not self._may_point(member)) or (
            frame.topic == TYPING_TOPIC and not self._chat.may_tell_typing(member, frame, now_ms)
        ):
            return
        elif member.live_bucket.take(now_ms):
            relay = LiveRelay(member.number, frame.topic, frame.body)
            self._host.do(PublishLive(encode(relay)))

    def _may_point(self, member: Member) -> bool:
        """Pointers and unfinished strokes over slides: of those who may draw there."""
        state = self._host.replica.state
        person = state.persons.get(member.person)
        return person is not None and allowed(MARK, person.role, state.locks)

    def _react(self, member: Member, frame: LiveSend, now_ms: int) -> None:
        """Gathers a reaction; what is over the rate is dropped, as all that is ephemeral."""
        state = self._host.replica.state
        try:
            reaction = msgspec.msgpack.decode(frame.body, type=str)
        except UNREADABLE:
            reaction = ""
        person = state.persons.get(member.person)
        known = reaction in REACTIONS and person is not None
        if person is None or not known or not allowed(reactions.REACT, person.role, state.locks):
            code = "not_allowed" if known else "malformed"
            self._host.send(member, encode(Fault("live_dropped", message_of(code))))
        elif member.reactions.take(now_ms):
            self._host.reactions.add(reaction, member.number, now_ms)

    # Queries

    def get(self, member: Member, frame: Get, now_ms: int) -> None:
        """Answers a query, or says why not."""
        if member.in_lobby:
            self._fault(member, frame, "request_failed", "You are not in the room yet.")
            return
        try:
            if frame.query in DOCUMENT_QUERIES:
                self._document(member, frame)
            elif frame.query in CHAT_QUERIES:
                self._chat.get(member, frame, now_ms)
            elif frame.query == "export":
                self._export(member, frame)
            elif frame.query == "breakout":
                self._breakout(member, frame)
            elif frame.query in people_queries.QUERIES:
                self._people(member, frame)
            elif frame.query in file_queries.QUERIES:
                self._file(member, frame)
            elif frame.query == deck_queries.QUERY:
                self._deck(member, frame)
            elif (told := poll_query(self._host.replica.state, frame, member.person)) is not None:
                self._host.send(member, encode(told))
            else:
                self._fault(member, frame, "request_unknown")
        except UNREADABLE:
            self._fault(member, frame, "request_failed", "The request has wrong arguments.")

    def _fault(self, member: Member, frame: Get, code: str, message: str = "") -> None:
        fault = Fault(code, message or message_of(code), request=frame.request)
        self._host.send(member, encode(fault))

    def _people(self, member: Member, frame: Get) -> None:
        answer = people_queries.people_query(self._host.replica.state, member, frame)
        if isinstance(answer, AnswerLink | AnswerEditor):
            self._host.do(answer)
        else:
            self._host.send(member, encode(answer))

    def _file(self, member: Member, frame: Get) -> None:
        answer = file_queries.file_query(self._host.replica.state, member, frame)
        if isinstance(answer, Fault):
            self._host.send(member, encode(answer))
        else:
            self._host.do(answer)

    def _deck(self, member: Member, frame: Get) -> None:
        answer = deck_queries.deck_query(self._host.replica.state, member, frame)
        if isinstance(answer, Fault):
            self._host.send(member, encode(answer))
        else:
            self._host.do(answer)

    def _document(self, member: Member, frame: Get) -> None:
        answer = document_query(self._host.replica.state, member, frame)
        if isinstance(answer, Fault | Got):
            self._host.send(member, encode(answer))
        else:
            self._host.do(answer)

    def _export(self, member: Member, frame: Get) -> None:
        """A download is for whoever asked for the export, and for nobody else."""
        arguments = msgspec.msgpack.decode(frame.arguments, type=_ExportArguments)
        state: ExportsState | None = self._host.replica.state.apps.get("exports")
        export = state.exports.get(arguments.export) if state else None
        if export is None or export.person != member.person or export.phase != FINISHED:
            self._fault(member, frame, "request_failed", "There is no such export any more.")
            return
        self._host.do(
            AnswerExport(
                member.connection, frame.request, export.person,
                arguments.export, export.object, export.sha256, file_name(export),
            )
        )  # fmt: skip

    def _breakout(self, member: Member, frame: Get) -> None:
        """The way into a breakout is for who has entered it, by the log."""
        state = self._host.replica.state
        breakouts: BreakoutsState | None = state.apps.get("breakouts")
        number = breakouts.inside.get(member.person, 0) if breakouts else 0
        person = state.persons[member.person]
        if breakouts is None or not may_enter(breakouts, person.id, person.role, number):
            self._fault(member, frame, "request_failed", "You are in no breakout just now.")
            return
        conference = breakouts.rooms[number - 1].conference
        self._host.do(
            AnswerBreakout(
                member.connection, frame.request, conference, person.id, person.name, person.role
            )
        )
