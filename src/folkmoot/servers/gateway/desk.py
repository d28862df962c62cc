"""Desk: the editors that are not ours, of one conference on one server. Sans-IO.

Inputs are methods: an editor comes, says something, goes; a batch was applied; somebody's carets
moved; a tick. What they lead to goes into the host (operations, ephemeral messages), to the
editors' outlets, and into loads: compactions that the shell is to read. What links allow is in
`links`, the documents are in `mirrors`, and how text gets into the log is in `writing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from folkmoot.apps.documents import Document
from folkmoot.apps.documents.foreign import FOREIGN_ID_MIN
from folkmoot.apps.editors import EditorLink
from folkmoot.apps.lib0 import UpdateInvalid
from folkmoot.apps.yjs_parts import read_vector, take_apart
from folkmoot.conference.applied import Applied
from folkmoot.protocol.frames import LiveRelay, encode
from folkmoot.protocol.limits import LIVE_BYTES_MAX
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.collaboration.effects import PublishLive
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.collaboration.pace import TELL_APART_MS, Pace
from folkmoot.servers.gateway import presence as presences
from folkmoot.servers.gateway import wire
from folkmoot.servers.gateway.channel import Channel, Outlet
from folkmoot.servers.gateway.ends import End
from folkmoot.servers.gateway.links import Links
from folkmoot.servers.gateway.mirror import Compaction
from folkmoot.servers.gateway.mirrors import Load, Mirrors
from folkmoot.servers.gateway.presence import ELSEWHERE, Change, Presence
from folkmoot.servers.gateway.writing import Writing

TOPIC: Final = "awareness/"
KEEPALIVE_MS: Final = 10_000
"""Both kinds of editors take a connection for dead that was silent for 30 s."""

CHECK_EVERY_MS: Final = 1_000
VECTOR_MAX: Final = 100_000
_NOBODY: Final = wire.awareness(wire.write_awareness([]))
_relay_decoder: Final = msgspec.msgpack.Decoder(LiveRelay)


class _Told(msgspec.Struct):
    """What is read of an event of a document."""

    document: str
    number: int = 0
    to: int = 0
    update: bytes = b""


_told_decoder: Final = msgspec.msgpack.Decoder(_Told)


class Desk:
    """Caller: `flush` once per loop turn, and `take_loads` then; `tick` every 50 ms or so."""

    def __init__(self, host: ConferenceHost) -> None:
        self.channels: dict[int, Channel] = {}
        self._host = host
        self._links = Links(host)
        self._mirrors = Mirrors(host)
        self._writing = Writing(host, self._links, self._mirrors, self.end)
        self._documents: dict[str, dict[int, Channel]] = {}
        self._presences: dict[str, Presence] = {}
        self._pace = Pace(TELL_APART_MS)
        self._gathered = False
        self._check_at_ms = 0

    # Who is here

    def refusal(self, link: str, document: str, origin: str | None, now_ms: int) -> End | None:
        """Why a link may not be used here; None when one may read with it (`Links.refusal`)."""
        return self._links.refusal(link, document, origin, now_ms)

    def link(self, link: str) -> EditorLink | None:
        return self._links.find(link)

    def enter(self, id_: int, outlet: Outlet, document: str, link: str, now_ms: int) -> Channel:
        """An editor whose token was checked."""
        channel = Channel(id_, outlet, document, link, self._host.settings, now_ms)
        self.channels[id_] = channel
        self._host.editors = len(self.channels)
        self._documents.setdefault(document, {})[id_] = channel
        self._presences.setdefault(document, Presence())
        if document not in self._mirrors:
            self._end_all(document, self._mirrors.load(document))
        self._begin_all(document, now_ms)
        return channel

    def left(self, id_: int) -> None:
        """An editor is gone; what it sent before is still decided by the log."""
        channel = self.channels.pop(id_, None)
        if channel is None:
            return
        self._host.editors = len(self.channels)
        here = self._documents[channel.document]
        del here[id_]
        gone = self._presences[channel.document].left(id_)
        self._tell_presence(channel.document, gone, publish=True)
        self._writing.forget(channel)
        if not here:
            del self._documents[channel.document]
            del self._presences[channel.document]
            self._mirrors.drop(channel.document)

    def end(self, channel: Channel, end: End, reason: str = "") -> None:
        self.left(channel.id)
        channel.outlet.end(end, reason or end.text)

    def _end_all(self, document: str, end: End | None) -> None:
        """Ends all who are at a document, if they are to be ended."""
        if end is not None:
            for channel in list(self._documents.get(document, {}).values()):
                self.end(channel, end)

    def close_all(self, end: End) -> None:
        for channel in list(self.channels.values()):
            self.end(channel, end)

    # The document

    def take_loads(self) -> list[Load]:
        return self._mirrors.take_loads()

    def loaded(self, load: Load, compaction: Compaction | None, now_ms: int) -> None:
        """The answer to a `Load`; None when it could not be read."""
        self._end_all(load.document, self._mirrors.loaded(load, compaction))
        self._begin_all(load.document, now_ms)

    def _begin_all(self, document: str, now_ms: int) -> None:
        if document in self._mirrors:
            for channel in list(self._documents.get(document, {}).values()):
                if not channel.begun:
                    self._begin(channel, now_ms)

    def _begin(self, channel: Channel, now_ms: int) -> None:
        """The document is there: what the editor said meanwhile is heard, it is asked and told."""
        channel.begun = True
        states = self._presences[channel.document].all()
        if states:
            channel.send(wire.awareness(presences.encode(states)), now_ms)
        if not channel.outlet.tells_saved:
            self._writing.ask(channel, now_ms, counts=False)
        for message in channel.take_early():
            self.received(channel, message, now_ms)

    # What editors say

    def received(self, channel: Channel, message: wire.Message, now_ms: int) -> None:
        if channel.id not in self.channels:
            return
        if not channel.begun:
            channel.hold_early(message)
            return
        try:
            if message.kind is wire.Kind.STEP_1:
                self._answer(channel, read_vector(message.data, VECTOR_MAX), now_ms)
            elif message.kind in (wire.Kind.UPDATE, wire.Kind.STEP_2):
                self._offered(channel, message, now_ms)
            elif message.kind is wire.Kind.AWARENESS:
                self._present(channel, message.data, now_ms)
            elif message.kind is wire.Kind.QUERY_AWARENESS and channel.live_bucket.take(now_ms):
                states = self._presences[channel.document].all()
                channel.send(wire.awareness(presences.encode(states)), now_ms)
        except UpdateInvalid as error:
            self.end(channel, End.BAD, f"This update cannot be taken: {error.reason}.")

    def _answer(self, channel: Channel, vector: dict[int, int], now_ms: int) -> None:
        bound = self._host.settings.send_queue_bytes_max + channel.synced_bytes
        if channel.outlet.queued_bytes > bound or not channel.answers.take(now_ms):
            self.end(channel, End.UNAVAILABLE, "This editor asks more often than it reads.")
            return
        if channel.outlet.tells_saved:
            self._writing.ask(channel, now_ms, counts=True)
        *before, last = self._mirrors[channel.document].answer(vector)
        for update in before:
            channel.send(wire.update(update), now_ms)
        channel.send(wire.step_2(last), now_ms)
        channel.synced_bytes = sum(map(len, before)) + len(last)

    def _offered(self, channel: Channel, message: wire.Message, now_ms: int) -> None:
        counts = True
        if message.kind is wire.Kind.STEP_2:
            counts = channel.steps.popleft() if channel.steps else False
            channel.behind = ""
        elif channel.behind:
            channel.not_saved(1)
            return
        channel.hold(take_apart(message.data), int(counts))
        self._writing.write_soon(channel)

    def _present(self, channel: Channel, data: bytes, now_ms: int) -> None:
        if len(data) > LIVE_BYTES_MAX or not channel.live_bucket.take(now_ms):
            return
        document = self._mirrors.document(channel.document)
        changes = [
            change
            for change in wire.read_awareness(data, presences.STATES_A_MESSAGE_MAX)
            if change[0] >= FOREIGN_ID_MIN and not _is_anothers(document, change[0], channel.link)
        ]
        told = self._presences[channel.document].said(channel.id, changes, channel.link, now_ms)
        self._tell_presence(channel.document, told, publish=True)

    # What happens in the conference

    def applied(self, applied: Applied, now_ms: int) -> None:
        """A batch was applied. Caller: after the state has it."""
        if not self.channels:
            return
        for event in applied.events:
            if event.app == "documents":
                self._event(event.type, bytes(event.body))
            elif event.app == "editors":
                self._check_at_ms = 0
        if applied.services:
            self._gathered = True
        self._writing.decided(applied.services, now_ms)

    def _event(self, type_: str, body: bytes) -> None:
        try:
            told = _told_decoder.decode(body)
        except msgspec.DecodeError:
            return  # of no document, or of another shape: nothing that editors are told
        if told.document not in self._mirrors:
            return
        if type_ == "updated":
            self._mirrors[told.document].add(told.number, told.to, told.update)
        elif type_ == "compacted":
            self._end_all(told.document, self._mirrors.load(told.document))
        elif type_ == "voided":
            self._end_all(told.document, End.RELOAD)
        elif self._mirrors.document(told.document) is None:
            self._end_all(told.document, End.NOT_FOUND)

    def live(self, payload: bytes, now_ms: int) -> None:
        """Somebody's ephemeral message, an encoded `LiveRelay`."""
        if not self._documents:
            return
        try:
            relay = _relay_decoder.decode(payload)
            document = relay.topic.removeprefix(TOPIC)
            if document == relay.topic or document not in self._documents:
                return
            data = msgspec.msgpack.decode(relay.body, type=bytes)
            changes = wire.read_awareness(data, 1)
        except (*UNREADABLE, UpdateInvalid):
            return
        if [change[0] for change in changes] == [relay.number]:
            told = self._presences[document].said(ELSEWHERE, changes, "", now_ms)
            self._tell_presence(document, told, publish=False)

    def _tell_presence(self, document: str, told: list[Change], *, publish: bool) -> None:
        if not told:
            return
        self._broadcast(document, [wire.awareness(presences.encode(told))])
        for change in told if publish else ():
            data = msgspec.Raw(msgspec.msgpack.encode(presences.encode([change])))
            relay = LiveRelay(change[0], TOPIC + document, data)
            self._host.do(PublishLive(encode(relay)))

    def _broadcast(self, document: str, messages: Sequence[bytes], now_ms: int = 0) -> None:
        """To all editors of a document; each message is made once for each address."""
        made: dict[bytes, list[bytes]] = {}
        for channel in list(self._documents.get(document, {}).values()):
            if not channel.begun:
                continue
            prefix = channel.outlet.prefix
            whole = made.get(prefix)
            if whole is None:
                whole = made[prefix] = [prefix + message for message in messages]
            for message in whole:
                channel.outlet.send(message)
            if now_ms:
                channel.sent_ms = now_ms
                bound = self._host.settings.send_queue_bytes_max + channel.synced_bytes
                if channel.outlet.queued_bytes > bound:
                    self.end(channel, End.UNAVAILABLE, "This connection is too slow.")

    def flush(self, now_ms: int) -> None:
        """Publishes what they wrote, and tells what was applied, where many listen not at once."""
        self._writing.write_fresh(now_ms)
        self._host.publish_next(now_ms)
        if not self._mirrors.fresh:
            return
        # What editors wrote was gathered before it was committed.
        if not self._pace.take(now_ms, self._host.listeners) and not self._gathered:
            return
        self._gathered = False
        for document, updates in self._mirrors.take_fresh():
            self._broadcast(document, [wire.update(update) for update in updates], now_ms)

    # The clock

    def take_due_ms(self, now_ms: int) -> int:
        """When to call `write_due` and `flush`, told once; 0 when nothing waits for its time."""
        due_ms = self._writing.take_due_ms(now_ms)
        if not self._mirrors.fresh:
            return due_ms
        return min(due_ms or self._pace.due_ms, self._pace.due_ms)

    def read_on(self, now_ms: int) -> bool:
        """Reads again those that rested, if it is time; whether somebody is.

        Caller: before `write_due`, and where it is so, that once they were read: then what they say
        and what others said before goes together.
        """
        return self._writing.read_on(now_ms)

    def write_due(self, now_ms: int) -> None:
        for channel in list(self.channels.values()):
            if channel.waiting and channel.begun and not channel.behind:
                self._writing.write(channel, now_ms)

    def tick(self, now_ms: int) -> None:
        for channel in list(self.channels.values()):
            if not channel.begun:
                continue
            if channel.behind:
                self._writing.ask_again(channel, now_ms)
            elif channel.waiting:
                self._writing.write(channel, now_ms)
            if now_ms - channel.sent_ms >= KEEPALIVE_MS:
                channel.send(_NOBODY, now_ms)
        if self.channels and now_ms >= self._check_at_ms:
            self._check_at_ms = now_ms + CHECK_EVERY_MS
            self._check_links(now_ms)
            self._check_presence(now_ms)

    def _check_links(self, now_ms: int) -> None:
        for channel in list(self.channels.values()):
            over = self._links.over(channel.link, channel.document, now_ms)
            if over is not None:
                self.end(channel, *over)

    def _check_presence(self, now_ms: int) -> None:
        attached = {s.number for s in self._host.replica.state.sessions.values() if s.attached}
        for document, presence in self._presences.items():
            gone = presence.gone(
                lambda client: client < FOREIGN_ID_MIN and client not in attached, now_ms
            )
            self._tell_presence(document, gone, publish=False)


def _is_anothers(document: Document | None, client: int, link: str) -> bool:
    author = document.foreign.get(str(client)) if document is not None else None
    return author is not None and author.link != link
