"""Desk: the editors that are not ours, of one conference on one server. Sans-IO.

Inputs are methods: an editor comes, says something, goes; a batch was applied; somebody's carets
moved; a tick. What they lead to goes into the host (operations, ephemeral messages), to the
editors' outlets, and into loads: compactions that the shell is to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from folkmoot.apps.documents import Document, DocumentsState
from folkmoot.apps.documents.foreign import FOREIGN_ID_MIN, Foreign, refusal
from folkmoot.apps.editors import EditorLink, links_of
from folkmoot.apps.lib0 import UpdateInvalid
from folkmoot.apps.yjs_parts import TooLarge, read_vector, take_apart, write_vector
from folkmoot.conference.batch import ServiceEntry, encode_body
from folkmoot.conference.machine import Applied
from folkmoot.protocol.frames import LiveRelay, encode
from folkmoot.protocol.limits import LIVE_BYTES_MAX
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.collaboration.effects import PublishLive
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.gateway import presence as presences
from folkmoot.servers.gateway import wire
from folkmoot.servers.gateway.channel import (
    ASK_AGAIN_MS,
    FULL_AGAIN_MS,
    TRIES_MAX,
    Channel,
    Outlet,
)
from folkmoot.servers.gateway.ends import End
from folkmoot.servers.gateway.mirror import NONE, Compaction, Mirror
from folkmoot.servers.gateway.offers import Gap, Offer
from folkmoot.servers.gateway.presence import ELSEWHERE, Change, Presence

FULL: Final = ("limit_reached", "document_full")
SOURCE: Final = "editors"
TOPIC: Final = "awareness/"
KEEPALIVE_MS: Final = 10_000
"""Both kinds of editors take a connection for dead that was silent for 30 s."""

CHECK_EVERY_MS: Final = 1_000
QUEUE_BYTES_MAX: Final = 8 << 20
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


class Load(msgspec.Struct, frozen=True):
    """Read this object and answer with `loaded`."""

    document: str
    object: str


class Desk:
    """Caller: `flush` once per loop turn, and `take_loads` then; `tick` every 50 ms or so."""

    def __init__(self, host: ConferenceHost) -> None:
        self._loads: list[Load] = []
        self.channels: dict[int, Channel] = {}
        self._host = host
        self._documents: dict[str, dict[int, Channel]] = {}
        self._mirrors: dict[str, Mirror] = {}
        self._presences: dict[str, Presence] = {}
        self._loading: dict[str, str] = {}
        self._owners: dict[str, Channel] = {}
        self._check_at_ms = 0
        self._due_ms = 0

    # Who is here

    def refusal(self, link: str, document: str, origin: str | None, now_ms: int) -> End | None:
        """Why a link may not be used here; None when one may read with it.

        Shape: `origin` is that of the page, None for a page of ours and for what is no page.
        """
        found = self.link(link)
        doors = self._host.replica.state.doors
        if found is None or found.expires_ms <= self._time_ms(now_ms):
            return End.UNAUTHORIZED
        if doors is not None and doors.ended:
            return End.FORBIDDEN
        if found.document != document or not (origin is None or origin in found.origins):
            return End.FORBIDDEN
        return None if self._document(document) is not None else End.NOT_FOUND

    def link(self, link: str) -> EditorLink | None:
        return links_of(self._host.replica.state).get(link)

    def enter(self, id_: int, outlet: Outlet, document: str, link: str, now_ms: int) -> Channel:
        """An editor whose token was checked."""
        channel = Channel(id_, outlet, document, link, self._host.settings, now_ms)
        self.channels[id_] = channel
        self._documents.setdefault(document, {})[id_] = channel
        self._presences.setdefault(document, Presence())
        if document not in self._mirrors:
            self._load(document)
        self._begin_all(document, now_ms)
        return channel

    def left(self, id_: int) -> None:
        """An editor is gone; what it sent before is still decided by the log."""
        channel = self.channels.pop(id_, None)
        if channel is None:
            return
        here = self._documents[channel.document]
        del here[id_]
        gone = self._presences[channel.document].left(id_)
        self._tell_presence(channel.document, gone, publish=True)
        for entry in channel.in_flight:
            self._owners.pop(entry, None)
        if not here:
            del self._documents[channel.document]
            del self._presences[channel.document]
            self._mirrors.pop(channel.document, None)
            self._loading.pop(channel.document, None)

    def end(self, channel: Channel, end: End, reason: str = "") -> None:
        self.left(channel.id)
        channel.outlet.end(end, reason or end.text)

    def close_all(self, end: End) -> None:
        for channel in list(self.channels.values()):
            self.end(channel, end)

    # The document

    def take_loads(self) -> list[Load]:
        loads, self._loads = self._loads, []
        return loads

    def _document(self, id_: str) -> Document | None:
        state: DocumentsState = self._host.replica.state.apps["documents"]
        document = state.documents.get(id_)
        return None if document is None or document.removed_ms else document

    def _load(self, id_: str) -> None:
        """Asks for the compaction that the state names, unless that is under way."""
        document = self._document(id_)
        if document is None:
            for channel in list(self._documents.get(id_, {}).values()):
                self.end(channel, End.NOT_FOUND)
            return
        if document.base is None:
            self._mirror(id_, document, NONE)
        elif self._loading.get(id_) != document.base.object:
            self._loading[id_] = document.base.object
            self._loads.append(Load(id_, document.base.object))

    def loaded(self, load: Load, compaction: Compaction | None, now_ms: int) -> None:
        """The answer to a `Load`; None when it could not be read."""
        if self._loading.get(load.document) != load.object:
            return
        del self._loading[load.document]
        document = self._document(load.document)
        if document is None or document.base is None or document.base.object != load.object:
            self._load(load.document)
        elif compaction is not None:
            self._mirror(load.document, document, compaction)
        elif load.document not in self._mirrors:
            for channel in list(self._documents.get(load.document, {}).values()):
                self.end(channel, End.UNAVAILABLE)
        self._begin_all(load.document, now_ms)

    def _mirror(self, id_: str, document: Document, compaction: Compaction) -> None:
        untold = self._mirrors[id_].fresh if id_ in self._mirrors else []
        self._mirrors[id_] = Mirror(document, compaction)
        self._mirrors[id_].fresh = untold

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
            self._ask(channel, now_ms, counts=False)
        for message in channel.take_early():
            self.received(channel, message, now_ms)

    def _ask(self, channel: Channel, now_ms: int, *, counts: bool) -> None:
        """Asks the editor for what it has and we do not."""
        channel.steps.append(counts)
        vector = write_vector(self._mirrors[channel.document].clocks)
        channel.send(wire.step_1(vector), now_ms)

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
            self._ask(channel, now_ms, counts=True)
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
        self._write(channel, now_ms)

    def _present(self, channel: Channel, data: bytes, now_ms: int) -> None:
        if len(data) > LIVE_BYTES_MAX or not channel.live_bucket.take(now_ms):
            return
        document = self._document(channel.document)
        changes = [
            change
            for change in wire.read_awareness(data, presences.STATES_A_MESSAGE_MAX)
            if change[0] >= FOREIGN_ID_MIN and not _is_anothers(document, change[0], channel.link)
        ]
        told = self._presences[channel.document].said(channel.id, changes, channel.link, now_ms)
        self._tell_presence(channel.document, told, publish=True)

    # Writing

    def _write(self, channel: Channel, now_ms: int) -> None:
        """Says in the log what waits, when nothing of this editor is on its way."""
        if channel.in_flight or not channel.waiting:
            return
        if now_ms < channel.write_at_ms:
            self._due_ms = min(self._due_ms or channel.write_at_ms, channel.write_at_ms)
            return
        if self._host.batcher.queue_bytes >= QUEUE_BYTES_MAX:
            return
        document = self._document(channel.document)
        if document is None:
            self.end(channel, End.NOT_FOUND)
            return
        mirror = self._mirrors[channel.document]
        offer = Offer(
            channel.document, channel.link, mirror.clocks, mirror.deleted, document.foreign
        )
        taken, acks = channel.take_waiting()
        try:
            for one in taken:
                offer.add(one)
        except Gap:
            self._refused(channel, "document_clock", acks, now_ms)
            return
        except TooLarge:
            self.end(channel, End.TOO_LARGE)
            return
        operations = offer.operations()
        state, link = self._host.replica.state, self.link(channel.link)
        time_ms = self._time_ms(now_ms)
        code = refusal(state, link, channel.document, document.kind, time_ms)
        if operations and code:
            self._refused(channel, code, acks, now_ms)
        elif operations:
            channel.promised = acks
            # All who type fast write at the same moments: in one batch, told in one message.
            channel.write_at_ms = now_ms - now_ms % channel.apart_ms + channel.apart_ms
            for operation in operations:
                self._say(channel, operation)
        else:
            channel.saved(acks)
            channel.settle()

    def _say(self, channel: Channel, operation: Foreign) -> None:
        channel.written += 1
        id_ = f"{self._host.server}/{channel.id}.{channel.written}"
        channel.in_flight[id_] = None
        self._owners[id_] = channel
        body = encode_body(operation)
        entry = ServiceEntry(SOURCE, id_, "documents", "foreign", body)
        # Published by `flush`, so that all who write in this turn share a batch.
        self._host.batcher.add(entry, len(bytes(body)))

    def _decided(self, channel: Channel, id_: str, code: str, now_ms: int) -> None:
        channel.in_flight.pop(id_, None)
        channel.refused = channel.refused or code
        if channel.in_flight:
            return
        acks, channel.promised = channel.promised, 0
        refused, channel.refused = channel.refused, ""
        if refused:
            self._refused(channel, refused, acks, now_ms)
            return
        channel.saved(acks)
        self._write(channel, now_ms)
        channel.settle()

    def _refused(self, channel: Channel, code: str, acks: int, now_ms: int) -> None:
        """The editor keeps what it wrote; it is told, and asked again where that may help."""
        channel.not_saved(acks + channel.take_waiting()[1])
        link = self.link(channel.link)
        if code == "not_found":
            self.end(channel, End.UNAUTHORIZED if link is None else End.NOT_FOUND)
            return
        if link is not None and not link.write:
            channel.owed = 0
            if not channel.outlet.tells_saved:
                self.end(channel, End.FORBIDDEN, "This link is for reading only.")
            return
        if code in ("document_clock", "document_owner"):
            channel.tries += 1
            if channel.tries > TRIES_MAX:
                self.end(channel, End.FORBIDDEN, _OTHERS)
                return
        elif channel.told_denied != code:
            channel.told_denied = code
            channel.outlet.denied(_FULL if code in FULL else _CLOSED)
        channel.behind = code
        again_ms = FULL_AGAIN_MS if code in FULL else ASK_AGAIN_MS
        channel.ask_at_ms = now_ms + again_ms * max(1, channel.tries)

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
        for id_, code in applied.services.items():
            channel = self._owners.pop(id_, None)
            if channel is not None:
                self._decided(channel, id_, code, now_ms)

    def _event(self, type_: str, body: bytes) -> None:
        try:
            told = _told_decoder.decode(body)
        except msgspec.DecodeError:
            return  # of no document, or of another shape: nothing that editors are told
        mirror = self._mirrors.get(told.document)
        if mirror is None:
            return
        if type_ == "updated":
            mirror.add(told.number, told.to, told.update)
        elif type_ == "compacted":
            self._load(told.document)
        elif type_ == "voided" or self._document(told.document) is None:
            end = End.RELOAD if type_ == "voided" else End.NOT_FOUND
            for channel in list(self._documents.get(told.document, {}).values()):
                self.end(channel, end)

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
        """Publishes what they wrote, and tells what was applied since the last time."""
        self._host.publish_next(now_ms)
        for document, mirror in list(self._mirrors.items()):
            if mirror.fresh:
                self._broadcast(document, [wire.update(u) for u in mirror.take_fresh()], now_ms)

    # The clock

    def take_due_ms(self) -> int:
        """When `write_due` is to be called, told once; 0 when nothing waits for its time."""
        due_ms, self._due_ms = self._due_ms, 0
        return due_ms

    def write_due(self, now_ms: int) -> None:
        for channel in list(self.channels.values()):
            if channel.waiting and channel.begun and not channel.behind:
                self._write(channel, now_ms)

    def tick(self, now_ms: int) -> None:
        for channel in list(self.channels.values()):
            if not channel.begun:
                continue
            if channel.behind:
                self._ask_again(channel, now_ms)
            elif channel.waiting:
                self._write(channel, now_ms)
            if now_ms - channel.sent_ms >= KEEPALIVE_MS:
                channel.send(_NOBODY, now_ms)
        if self.channels and now_ms >= self._check_at_ms:
            self._check_at_ms = now_ms + CHECK_EVERY_MS
            self._check_links(now_ms)
            self._check_presence(now_ms)

    def _ask_again(self, channel: Channel, now_ms: int) -> None:
        """Asks an editor for all that the log did not take, when it may be taken now."""
        document = self._document(channel.document)
        if now_ms < channel.ask_at_ms or channel.steps or document is None:
            return
        state, link = self._host.replica.state, self.link(channel.link)
        time_ms = self._time_ms(now_ms)
        if not refusal(state, link, channel.document, document.kind, time_ms):
            channel.told_denied = ""
            self._ask(channel, now_ms, counts=False)

    def _check_links(self, now_ms: int) -> None:
        """Ends those whose link is gone, and asks those who may write again."""
        state, time_ms = self._host.replica.state, self._time_ms(now_ms)
        links = links_of(state)
        for channel in list(self.channels.values()):
            link, document = links.get(channel.link), self._document(channel.document)
            ended = state.doors is not None and state.doors.ended
            if document is None:
                self.end(channel, End.NOT_FOUND)
            elif link is None or link.expires_ms <= time_ms:
                self.end(channel, End.UNAUTHORIZED)
            elif ended:
                self.end(channel, End.FORBIDDEN, "This room has ended.")

    def _check_presence(self, now_ms: int) -> None:
        attached = {s.number for s in self._host.replica.state.sessions.values() if s.attached}
        for document, presence in self._presences.items():
            gone = presence.gone(
                lambda client: client < FOREIGN_ID_MIN and client not in attached, now_ms
            )
            self._tell_presence(document, gone, publish=False)

    def _time_ms(self, now_ms: int) -> int:
        """The log's time, as well as it is known."""
        return max(self._host.replica.state.time_ms, self._host.clock.at(now_ms))


_CLOSED: Final = "Writing is closed here just now. What you write is kept until it is open again."
_FULL: Final = "The document is full just now. What you write is kept until there is room."
_OTHERS: Final = "This editor holds text that the document does not have. Load the page again."


def _is_anothers(document: Document | None, client: int, link: str) -> bool:
    author = document.foreign.get(str(client)) if document is not None else None
    return author is not None and author.link != link
