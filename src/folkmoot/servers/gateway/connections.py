"""Connections of editors that are not ours: one WebSocket each, of y-websocket or Hocuspocus."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Final, Protocol
from urllib.parse import parse_qs, urlsplit

import msgspec

from folkmoot.servers.collaboration.room import Room, now_ms
from folkmoot.servers.gateway import admission, wire
from folkmoot.servers.gateway.admission import Asked, Ended, admit, read_place
from folkmoot.servers.gateway.channel import Channel
from folkmoot.servers.gateway.ends import End
from folkmoot.servers.websocket import Connection
from folkmoot.servers.websocket_connection import SUBPROTOCOL
from folkmoot.settings import Settings

EARLY_BYTES_MAX: Final = 4 << 20
"""What an editor may send before its token was looked at."""

EARLY_MESSAGES_MAX: Final = 500
ADDRESSES_MAX: Final = 64
"""Documents of one connection."""

PLAIN_PREFIX: Final = "/yjs/"


class Server(admission.Server, Protocol):
    settings: Settings

    def next_channel(self) -> int: ...
    def forget_editor(self, connection: EditorConnection) -> None: ...


class _Early:
    """What came before the channel stood."""

    def __init__(self) -> None:
        self.messages: list[wire.Message] = []
        self.bytes = 0

    def hold(self, message: wire.Message) -> bool:
        """Keeps a message; false when that is too much."""
        self.messages.append(message)
        self.bytes += len(message.data)
        return self.bytes <= EARLY_BYTES_MAX and len(self.messages) <= EARLY_MESSAGES_MAX


class EditorConnection(ABC):
    """What both kinds share (`websocket.Listener`)."""

    def __init__(self, server: Server, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self._tasks: set[asyncio.Task[None]] = set()
        self._due_ms = now_ms() + server.settings.first_frame_timeout_ms
        self._gone = False

    @property
    def _origin(self) -> str | None:
        """The site of the page, where it is not ours."""
        return None if self._connection.ours else (self._connection.origin or "").lower()

    def overdue(self) -> bool:
        """Whether no document was asked for in time."""
        return False

    def refuse(self, code: str) -> None:
        """Ends it for a reason of the server."""
        end = End.GOING_AWAY if code == "going_away" else End.UNAUTHORIZED
        self._connection.close(end.code, end.text)

    @abstractmethod
    def message(self, data: bytes) -> None:
        """Somebody sent something, of any form."""

    def oversize(self) -> None:
        self._connection.close(End.TOO_LARGE.code, End.TOO_LARGE.text)

    def disconnected(self) -> None:
        self._gone = True
        for task in self._tasks:
            task.cancel()
        self._server.forget_editor(self)
        self._leave()

    @abstractmethod
    def _leave(self) -> None:
        """The connection is gone: so are its channels."""

    def _spawn(self, work: asyncio.Task[None]) -> None:
        self._tasks.add(work)
        work.add_done_callback(self._tasks.discard)


class _Outlet:
    """The way to an editor over its connection."""

    prefix = b""
    tells_saved = False

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send(self, message: bytes) -> None:
        self._connection.send(message)

    def status(self, saved: bool) -> None:
        """y-websocket has no word for it; an editor sees its own update come back once saved."""

    def denied(self, reason: str) -> None:
        self._connection.send(wire.denied_plain(reason))

    def end(self, end: End, reason: str) -> None:
        if not end.returns:
            self.denied(reason)
        self._connection.close(end.code, reason)

    def pause(self) -> None:
        self._connection.pause_reading()

    def resume(self) -> None:
        self._connection.resume_reading()

    @property
    def queued_bytes(self) -> int:
        return self._connection.queued_bytes


class PlainConnection(EditorConnection):
    """y-websocket: the path names the document, a subprotocol or the address has the token."""

    def __init__(self, server: Server, connection: Connection) -> None:
        super().__init__(server, connection)
        self._outlet = _Outlet(connection)
        self._early = _Early()
        self._room: Room | None = None
        self._channel: Channel | None = None
        self._spawn(asyncio.get_running_loop().create_task(self._enter()))

    async def _enter(self) -> None:
        try:
            room, link, document = await self._admitted()
        except Ended as ended:
            self._outlet.end(ended.end, ended.reason)
            return
        if self._gone:
            return
        if room.over:
            # It ended while we waited: whoever came in now would wait for ever.
            self._outlet.end(End.UNAVAILABLE, End.UNAVAILABLE.text)
            return
        self._room = room
        id_ = self._server.next_channel()
        self._channel = room.desk.enter(id_, self._outlet, document, link, now_ms())
        for message in self._early.messages:
            room.desk.received(self._channel, message, now_ms())
        self._early.messages = []
        room.flush_soon()

    async def _admitted(self) -> tuple[Room, str, str]:
        address = urlsplit(self._connection.path)
        slug, document = read_place(address.path.removeprefix(PLAIN_PREFIX))
        offered = [name for name in self._connection.protocols if name != SUBPROTOCOL]
        in_address = not offered
        token = offered[0] if offered else parse_qs(address.query).get("token", [""])[0]
        asked = Asked(token, slug, document, self._origin, in_address)
        room, link = await admit(self._server, asked)
        return room, link, document

    def message(self, data: bytes) -> None:
        try:
            message = wire.read_plain(data)
        except wire.Malformed:
            self._outlet.end(End.BAD, End.BAD.text)
            return
        if self._channel is not None and self._room is not None:
            self._room.desk.received(self._channel, message, now_ms())
            if not self._channel.only_waits:
                self._room.flush_soon()
        elif not self._early.hold(message):
            self._outlet.end(End.TOO_LARGE, End.TOO_LARGE.text)

    def _leave(self) -> None:
        if self._channel is not None and self._room is not None:
            self._room.desk.left(self._channel.id)
            self._room.flush_soon()


class _AddressedOutlet(_Outlet):
    """The way to one provider of a Hocuspocus connection."""

    tells_saved = True

    def __init__(self, owner: AddressedConnection, address: str, connection: Connection) -> None:
        super().__init__(connection)
        self.prefix = wire.address(address)
        self._owner = owner
        self._address = address

    def pause(self) -> None:
        self._owner.read(self._address, False)

    def resume(self) -> None:
        self._owner.read(self._address, True)

    def status(self, saved: bool) -> None:
        self.send(self.prefix + wire.sync_status(saved=saved))

    def denied(self, reason: str) -> None:
        """Nothing: the provider would take its whole authentication for refused."""

    def end(self, end: End, reason: str) -> None:
        self._owner.dropped(self._address)
        if end.returns:
            # The provider comes back by itself only when its connection ends.
            self._connection.close(end.code, reason)
            return
        self.send(self.prefix + wire.denied(reason))
        self.send(self.prefix + wire.closed(reason))


class _Place(msgspec.Struct):
    """One provider: what came early, then its room and channel."""

    outlet: _AddressedOutlet
    early: _Early
    asked: bool = False
    room: Room | None = None
    channel: Channel | None = None


class AddressedConnection(EditorConnection):
    """Hocuspocus: each message has an address, and each address brings its own token."""

    def __init__(self, server: Server, connection: Connection) -> None:
        super().__init__(server, connection)
        self._places: dict[str, _Place] = {}
        self._pausing: set[str] = set()
        self._admitted = False

    def overdue(self) -> bool:
        return not self._admitted and now_ms() > self._due_ms

    def message(self, data: bytes) -> None:
        try:
            address, message = wire.read_addressed(data)
        except wire.Malformed:
            self._connection.close(End.BAD.code, End.BAD.text)
            return
        if not address:
            return
        place = self._places.get(address)
        if place is not None and place.channel is not None and place.room is not None:
            self._to_channel(address, place.room, place.channel, message)
            return
        if place is None:
            if len(self._places) >= ADDRESSES_MAX or message.kind is wire.Kind.CLOSE:
                self._too_much(message)
                return
            outlet = _AddressedOutlet(self, address, self._connection)
            place = self._places[address] = _Place(outlet, _Early())
        if message.kind is wire.Kind.TOKEN and not place.asked:
            place.asked = True
            entering = self._enter(address, place, message.data)
            self._spawn(asyncio.get_running_loop().create_task(entering))
        elif message.kind is wire.Kind.CLOSE:
            self.dropped(address)
        elif not place.early.hold(message):
            self._connection.close(End.TOO_LARGE.code, End.TOO_LARGE.text)

    def _too_much(self, message: wire.Message) -> None:
        if message.kind is not wire.Kind.CLOSE:
            text = f"One connection serves at most {ADDRESSES_MAX} documents."
            self._connection.close(End.TOO_LARGE.code, text)

    def _to_channel(
        self, address: str, room: Room, channel: Channel, message: wire.Message
    ) -> None:
        if message.kind is wire.Kind.CLOSE:
            room.desk.left(channel.id)
            self.dropped(address)
        elif message.kind is not wire.Kind.TOKEN:
            room.desk.received(channel, message, now_ms())
        if not channel.only_waits:
            room.flush_soon()

    async def _enter(self, address: str, place: _Place, token: bytes) -> None:
        outlet = place.outlet
        try:
            slug, document = read_place(address.partition("\0")[0])
            asked = Asked(token.decode(errors="replace"), slug, document, self._origin)
            room, link_id = await admit(self._server, asked)
        except Ended as ended:
            if self._places.get(address) is place:
                outlet.end(ended.end, ended.reason)
            return
        if self._gone or self._places.get(address) is not place:
            return
        if room.over:
            outlet.end(End.UNAVAILABLE, End.UNAVAILABLE.text)
            return
        self._admitted = True
        link = room.desk.link(link_id)
        write = link is not None and link.write
        outlet.send(outlet.prefix + wire.authenticated(write=write))
        place.room = room
        id_ = self._server.next_channel()
        channel = room.desk.enter(id_, outlet, document, link_id, now_ms())
        if self._places.get(address) is place:
            place.channel = channel
        for message in place.early.messages:
            room.desk.received(channel, message, now_ms())
        place.early.messages = []
        room.flush_soon()

    def dropped(self, address: str) -> None:
        """The channel at an address has ended; another token may open it again."""
        self._places.pop(address, None)
        self.read(address, True)

    def read(self, address: str, may: bool) -> None:
        """Whether this channel lets the connection be read; it is when all of them do."""
        if not may:
            self._pausing.add(address)
            self._connection.pause_reading()
        elif address in self._pausing:
            self._pausing.remove(address)
            if not self._pausing:
                self._connection.resume_reading()

    def _leave(self) -> None:
        for place in list(self._places.values()):
            if place.channel is not None and place.room is not None:
                place.room.desk.left(place.channel.id)
                place.room.flush_soon()
        self._places.clear()


def connection_for(server: Server, connection: Connection) -> EditorConnection:
    """The listener for a connection at one of the paths of editors."""
    kind = PlainConnection if connection.path.startswith(PLAIN_PREFIX) else AddressedConnection
    return kind(server, connection)
