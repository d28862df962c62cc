"""Conference: what a user of the Python client holds. Thin around `session`."""

from __future__ import annotations

import asyncio
import logging
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import msgspec

from folkmoot.client.attachment import Attachment
from folkmoot.client.breakouts import BreakoutsApi
from folkmoot.client.chat import ChatApi
from folkmoot.client.documents import DocumentsApi
from folkmoot.client.editors import EditorsApi
from folkmoot.client.errors import ClientError, ConferenceEnded, OperationRejected
from folkmoot.client.events import EventStream
from folkmoot.client.files import FilesApi
from folkmoot.client.joining import REQUEST_TIMEOUT_S, ask, request, trust
from folkmoot.client.receipt import Receipt
from folkmoot.client.roster import RosterApi
from folkmoot.client.session import (
    Arrived,
    Broken,
    ClientSession,
    Decided,
    Ended,
    Notice,
    Welcomed,
)
from folkmoot.client.slides import SlidesApi
from folkmoot.client.stage import StageApi
from folkmoot.client.state import ConferenceView, Event
from folkmoot.client.talk import AgendaApi, HandsApi, PollsApi, QuestionsApi
from folkmoot.protocol.frames import Fault, Got, LiveRelay, Move, Pending, Pong, Servers, Settled
from folkmoot.protocol.limits import REACTIONS

log = logging.getLogger("folkmoot.client")

REACTION_TOPIC: Final = "reaction"


class Conference:
    """A participant's place in a conference; stays attached by itself.

    Shape: without `standby` there is one connection only, and a dead server is noticed by its
    silence. `on_notice` gets all that servers tell before it is heeded here, `on_lost` is called
    when a connection has ended; both are for tools that watch. `reconnections` counts
    connections that were lost and made good, `moves` those that were left for another server that
    took over.
    Caller: made by `connect`.
    """

    def __init__(
        self,
        base_url: str,
        ticket: str,
        paths: list[str],
        encryption: ssl.SSLContext | None = None,
        *,
        standby: bool = True,
    ) -> None:
        self._base_url = base_url
        self._encryption = encryption
        self.state = ConferenceView()
        self.person_token = ""
        self.roster = RosterApi(self)
        self.chat = ChatApi(self)
        self.documents = DocumentsApi(self)
        self.slides = SlidesApi(self)
        self.editors = EditorsApi(self)
        self.polls = PollsApi(self)
        self.questions = QuestionsApi(self)
        self.hands = HandsApi(self)
        self.agenda = AgendaApi(self)
        self.breakouts = BreakoutsApi(self)
        self.stage = StageApi(self)
        self.files = FilesApi(self, self._web_servers, encryption, lambda: self.session.heard)
        self.on_live: Callable[[int, str, Any], None] | None = None
        self.on_notice: Callable[[Notice], None] | None = None
        self.on_lost: Callable[[], None] | None = None
        self.reconnections = 0
        self.moves = 0
        self.session = ClientSession(ticket, secrets.token_urlsafe(16))
        self._welcomed = asyncio.Event()
        self._outcomes: dict[int, asyncio.Future[Receipt]] = {}
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._last_request = 0
        self._streams: list[EventStream] = []
        self.ended: ConferenceEnded | None = None
        self._attachment = Attachment(
            base_url,
            paths,
            self.session,
            on_message=self._message,
            on_lost=self._on_lost,
            on_moved=self._on_moved,
            encryption=encryption,
            standby=standby,
        )
        self._task = asyncio.create_task(self._attachment.run(), name="folkmoot-client")

    # What a user does

    async def submit(self, app: str, type_: str, body: object) -> Receipt:
        """Sends any operation and waits for its outcome.

        Errors: `OperationRejected`, `ConferenceEnded`.
        """
        return await self.submit_nowait(app, type_, body)

    def submit_nowait(self, app: str, type_: str, body: object) -> asyncio.Future[Receipt]:
        """Sends any operation; the future has its outcome. Operations keep this order."""
        if self.ended is not None:
            raise self.ended
        future: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        counter = self.session.submit(app, type_, body)
        self._outcomes[counter] = future
        self._attachment.flush()
        return future

    async def rename(self, name: str) -> Receipt:
        return await self.submit("roster", "rename", {"name": name})

    def events(self) -> EventStream:
        """Events that take effect after this call, in the conference's order.

        After an absence too long to be made up for, one event of app `conference` and type
        `state_replaced` stands for all that was missed; `state` has the outcome.
        """
        stream = EventStream()
        if self.ended is not None:
            stream.end(self.ended)
        self._streams.append(stream)
        return stream

    def send_live(self, topic: str, body: object) -> None:
        """An ephemeral message to the others; may be lost."""
        self.session.send_live(topic, body)
        self._attachment.flush()

    def react(self, reaction: str) -> None:
        """Lets one of `REACTIONS` float for a moment, for everyone; it may be dropped.

        Shape: what people sent is told together, `on_live(0, "reactions", [[reaction, count,
        numbers]])`.
        Errors: ValueError for what is not one of them.
        """
        if reaction not in REACTIONS:
            raise ValueError(f"A reaction is one of {' '.join(REACTIONS)}, not {reaction[:20]!r}.")
        self.send_live(REACTION_TOPIC, reaction)

    def log_ms(self) -> int:
        """The log's time now, the same for everyone whatever their clocks show.

        Shape: deadlines of polls and the end of the shared timer are in it. It is this machine's
        own time until the first server answered. Units: milliseconds since 1970.
        """
        told = self._attachment.log_ms()
        return round(time.time() * 1000) if told is None else told

    async def get(self, query: str, arguments: object) -> Any:
        """Asks the server, again after a failure. Errors: `ClientError`, `ConferenceEnded`."""
        while True:
            await self.wait_attached()
            self._last_request += 1
            future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self._answers[self._last_request] = future
            self.session.get(self._last_request, query, arguments)
            self._attachment.flush()
            try:
                async with asyncio.timeout(REQUEST_TIMEOUT_S):
                    return await future
            except (ConnectionError, TimeoutError):
                if self.ended is not None:
                    raise self.ended from None

    async def wait_attached(self) -> None:
        """Returns when a server has welcomed this session. Errors: `ConferenceEnded`."""
        while not self.session.attached:
            if self.ended is not None:
                raise self.ended
            self._welcomed.clear()  # it may still stand for a server that we were just sent from
            await self._welcomed.wait()

    @property
    def server(self) -> str:
        """Id of the server this session was last attached to."""
        return self.session.server

    @property
    def switched(self) -> int:
        """How many of the reconnections were this client's own choice, its server being slow."""
        return self._attachment.switched

    @property
    def standby_ready(self) -> bool:
        """Whether a second connection waits on another server."""
        return self._attachment.standby_ready

    @property
    def server_url(self) -> str:
        """The address of the server this session is attached to, or tries next."""
        return self._attachment.url

    def _web_servers(self) -> list[str]:
        """Where web servers may be found, without a slash at the end."""
        here = httpx.URL(self.server_url.replace("ws", "http", 1))
        found = [self._base_url.rstrip("/"), str(here.copy_with(path="", query=None)).rstrip("/")]
        return list(dict.fromkeys(found))

    async def close(self) -> None:
        """Drops the connection; the session becomes away and could be resumed."""
        self._end(ConferenceEnded("closed", "The client was closed."))
        self._attachment.stop()
        self.documents.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def move_to(self, path: str) -> None:
        """Goes to the server at this path (`/s/<id>`), or to another one if that fails."""
        self._attachment.move_to(path)

    def cut(self) -> None:
        """Ends the connection without a word, as a bad network does; it is made good by itself."""
        self._attachment.drop()

    def beside(self, ticket: str) -> Conference:
        """Another conference of the same zone, for which a server of this one gave the ticket.

        Caller: closes it.
        """
        return Conference(self._base_url, ticket, self._attachment.paths, self._encryption)

    async def leave(self) -> None:
        """Leaves for good, then closes."""
        try:
            await self.submit("roster", "leave", {})
        except ConferenceEnded as ended:
            if ended.code != "session_closed":
                raise
        await self.close()

    # What the server says

    def _on_lost(self) -> None:
        self._welcomed.clear()
        self._ask_again()
        if self.on_lost is not None:
            self.on_lost()

    def _ask_again(self) -> None:
        """Nobody will answer what was asked on a connection that is left: `get` asks anew."""
        for future in self._answers.values():
            if not future.done():
                future.set_exception(ConnectionError("the connection was lost"))
        self._answers.clear()

    def _on_moved(self) -> None:
        self._ask_again()
        self._heed_all()

    def _message(self, message: bytes) -> None:
        self.session.receive(message)
        self._heed_all()

    def _heed_all(self) -> None:
        for notice in self.session.take_notices():
            if self.on_notice is not None:
                self.on_notice(notice)
            self._heed(notice)
        self._attachment.flush()

    def _heed(self, notice: Notice) -> None:
        if isinstance(notice, Arrived):
            events = self.state.advance(notice.epoch, notice.batch)
            for event in events:
                self.documents.heed(event)
            for stream in self._streams:
                stream.add(events)
        elif isinstance(notice, Decided):
            self._decided(notice)
        elif isinstance(notice, Welcomed):
            if notice.moved:
                self.moves += 1
            elif self.state.position.sequence and not notice.renewed:
                self.reconnections += 1
            self.state.person = self.session.person
            if not notice.resumed:
                self._replace_state(notice)
            self._attachment.welcomed()
            self._welcomed.set()
        elif isinstance(notice, Broken):
            log.warning("dropping the connection: %s", notice.reason)
            self._attachment.drop()
        elif isinstance(notice, Ended):
            if not notice.reconnect:
                self._end(ConferenceEnded(notice.code, notice.message, notice.reason))
        else:
            self._heed_answer(notice)

    def _replace_state(self, notice: Welcomed) -> None:
        missed = self.state.position.sequence > 0
        self.state.replace(notice.position, notice.state)
        self.documents.state_replaced()
        if missed:
            event = Event(notice.position, 0, 0, "conference", "state_replaced", "", 0, 0, None)
            for stream in self._streams:
                stream.add([event])

    def _heed_answer(self, notice: Notice) -> None:
        if isinstance(notice, Got):
            future = self._answers.pop(notice.request, None)
            if future is not None and not future.done():
                future.set_result(msgspec.msgpack.decode(notice.body))
        elif isinstance(notice, Fault) and notice.request:
            future = self._answers.pop(notice.request, None)
            if future is not None and not future.done():
                future.set_exception(ClientError(notice.code, notice.message))
        elif isinstance(notice, Servers) and notice.paths:
            self._attachment.learn(notice.paths)
        elif isinstance(notice, Move):
            self._attachment.move_over(notice.paths)
        elif isinstance(notice, Pending):
            self.state.preview(notice.events, self.session.number)
        elif isinstance(notice, Pong):
            self._attachment.told(notice)
        elif isinstance(notice, Settled):
            self.state.settle(notice.number, notice.through)
        elif isinstance(notice, LiveRelay) and self.on_live is not None:
            self.on_live(notice.number, notice.topic, msgspec.msgpack.decode(notice.body))

    def _decided(self, notice: Decided) -> None:
        future = self._outcomes.pop(notice.counter, None)
        if future is None or future.done():
            return
        if notice.rejection is None:
            future.set_result(Receipt(notice.position, notice.counter))
        else:
            rejection = notice.rejection
            future.set_exception(OperationRejected(rejection.code, rejection.message))

    def _end(self, ended: ConferenceEnded) -> None:
        if self.ended is not None:
            return
        self.ended = ended
        for future in (*self._outcomes.values(), *self._answers.values()):
            if not future.done():
                future.set_exception(ended)
                future.exception()  # nobody may be waiting; the error is told by `ended` too
        for stream in self._streams:
            stream.end(ended)
        self._attachment.stop()
        self._welcomed.set()


async def join(
    base_url: str, room: str, name: str, key: str = "", encryption: ssl.SSLContext | None = None
) -> tuple[str, list[str]]:
    """A ticket, and the servers' paths, best first. Errors: those of `joining.ask`."""
    encryption = encryption or trust(base_url, None)
    admission = await ask(base_url, room, request(name, key), encryption)
    return admission.ticket, admission.paths


@asynccontextmanager
async def connect(
    base_url: str,
    *,
    room: str,
    name: str,
    key: str = "",
    tls: ssl.SSLContext | str | None = None,
    person: str = "",
    device: str = "",
    passcode: str = "",
) -> AsyncIterator[Conference]:
    """Joins a room and yields its conference, attached; in the lobby of it, if there is one.

    Shape: `tls` is a context, or a file of authorities to trust instead of the system's. `key` and
    `person` as in the fragment of a link; `person` may also be the `person_token` of an earlier
    conference of the same room, `device` anything that stays the same.
    Errors: `JoinRefused`, `ConferenceEnded`, `ConnectionError`.
    """
    encryption = trust(base_url, tls)
    body = request(name, key, person=person, device=device, passcode=passcode)
    admission = await ask(base_url, room, body, encryption)
    conference = Conference(base_url, admission.ticket, admission.paths, encryption)
    conference.person_token = admission.person_token
    try:
        await conference.wait_attached()
        yield conference
    finally:
        await conference.close()
