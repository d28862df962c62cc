"""Writing: how what editors that are not ours write comes into the log. Sans-IO.

Of each editor one operation is on its way. What the log does not take stays with the editor, which
is told so, and asked for all that it has as soon as it may be taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from folkmoot.apps.documents.foreign import Foreign
from folkmoot.apps.yjs_parts import TooLarge, write_vector
from folkmoot.conference.batch import ServiceEntry, encode_body
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.collaboration.pace import next_ms
from folkmoot.servers.gateway import wire
from folkmoot.servers.gateway.channel import ASK_AGAIN_MS, FULL_AGAIN_MS, TRIES_MAX, Channel
from folkmoot.servers.gateway.ends import End
from folkmoot.servers.gateway.links import Links
from folkmoot.servers.gateway.mirrors import Mirrors
from folkmoot.servers.gateway.offers import Gap, Offer

FULL: Final = ("limit_reached", "document_full")
SOURCE: Final = "editors"
QUEUE_BYTES_MAX: Final = 8 << 20

_CLOSED: Final = "Writing is closed here just now. What you write is kept until it is open again."
_FULL: Final = "The document is full just now. What you write is kept until there is room."
_OTHERS: Final = "This editor holds text that the document does not have. Load the page again."


class Writing:
    """Caller: `decided` after each batch, with what it did; `write` when `take_due_ms` says so.

    `write_fresh` with each turn of the loop.
    Shape: `end` ends a channel, with a sentence where the end's own does not do.
    """

    def __init__(
        self,
        host: ConferenceHost,
        links: Links,
        mirrors: Mirrors,
        end: Callable[[Channel, End, str], None],
    ) -> None:
        self._host = host
        self._links = links
        self._mirrors = mirrors
        self._end = end
        self._owners: dict[str, Channel] = {}
        self._due_ms = 0
        self._fresh: dict[int, Channel] = {}
        self._resting: list[Channel] = []

    def take_due_ms(self, now_ms: int) -> int:
        """When waiting channels are to be written, told once; 0 when nothing waits for its time."""
        due_ms, self._due_ms = self._due_ms, 0
        if self._resting:
            read_ms = self._host.typed_at_ms(now_ms)
            due_ms = min(due_ms or read_ms, read_ms)
        return due_ms

    def read_on(self, now_ms: int) -> bool:
        """Reads again those that rested, once what they say may go to the log."""
        if not self._resting or self._host.typed_at_ms(now_ms) > now_ms:
            return False
        resting, self._resting = self._resting, []
        for channel in resting:
            channel.rest(False)
        return True

    def write_soon(self, channel: Channel) -> None:
        """Writes with the end of this loop turn: what came in one piece is one operation."""
        self._fresh[channel.id] = channel

    def write_fresh(self, now_ms: int) -> None:
        """Writes what came in this loop turn."""
        fresh, self._fresh = self._fresh, {}
        for channel in fresh.values():
            self.write(channel, now_ms)

    def write(self, channel: Channel, now_ms: int) -> None:
        """Says in the log what waits, when nothing of this editor is on its way."""
        if channel.in_flight or not channel.waiting:
            return
        # All who type write at the same moments: in one batch, told in one message.
        at_ms = max(channel.write_at_ms, self._host.typed_at_ms(now_ms))
        if now_ms < at_ms:
            self._due_ms = min(self._due_ms or at_ms, at_ms)
            return
        if self._host.batcher.queue_bytes >= QUEUE_BYTES_MAX:
            return
        document = self._mirrors.document(channel.document)
        if document is None:
            self._end(channel, End.NOT_FOUND, "")
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
            self._end(channel, End.TOO_LARGE, "")
            return
        operations = offer.operations()
        code = self._links.closed(channel.link, channel.document, document.kind, now_ms)
        if operations and code:
            self._refused(channel, code, acks, now_ms)
        elif operations:
            channel.promised = acks
            channel.write_at_ms = next_ms(now_ms, channel.apart_ms)
            if self._host.gathers:
                # To wake for what is to wait costs as much as to write it.
                channel.rest(True)
                self._resting.append(channel)
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
        # Published with the loop turn, so that all who write in it share a batch.
        self._host.add_typed(entry, len(bytes(body)))

    def decided(self, services: Mapping[str, str], now_ms: int) -> None:
        """What became of operations, as `Applied` has it."""
        for id_, code in services.items():
            channel = self._owners.pop(id_, None)
            if channel is not None:
                self._decided(channel, id_, code, now_ms)

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
        self.write(channel, now_ms)
        channel.settle()

    def _refused(self, channel: Channel, code: str, acks: int, now_ms: int) -> None:
        """The editor keeps what it wrote; it is told, and asked again where that may help."""
        channel.not_saved(acks + channel.take_waiting()[1])
        link = self._links.find(channel.link)
        if code == "not_found":
            self._end(channel, End.UNAUTHORIZED if link is None else End.NOT_FOUND, "")
            return
        if link is not None and not link.write:
            channel.owed = 0
            if not channel.outlet.tells_saved:
                self._end(channel, End.FORBIDDEN, "This link is for reading only.")
            return
        if code in ("document_clock", "document_owner"):
            channel.tries += 1
            if channel.tries > TRIES_MAX:
                self._end(channel, End.FORBIDDEN, _OTHERS)
                return
        elif channel.told_denied != code:
            channel.told_denied = code
            channel.outlet.denied(_FULL if code in FULL else _CLOSED)
        channel.behind = code
        again_ms = FULL_AGAIN_MS if code in FULL else ASK_AGAIN_MS
        channel.ask_at_ms = now_ms + again_ms * max(1, channel.tries)

    def ask(self, channel: Channel, now_ms: int, *, counts: bool) -> None:
        """Asks the editor for what it has and we do not."""
        channel.steps.append(counts)
        vector = write_vector(self._mirrors[channel.document].clocks)
        channel.send(wire.step_1(vector), now_ms)

    def ask_again(self, channel: Channel, now_ms: int) -> None:
        """Asks an editor for all that the log did not take, when it may be taken now."""
        document = self._mirrors.document(channel.document)
        if now_ms < channel.ask_at_ms or channel.steps or document is None:
            return
        if not self._links.closed(channel.link, channel.document, document.kind, now_ms):
            channel.told_denied = ""
            self.ask(channel, now_ms, counts=False)

    def forget(self, channel: Channel) -> None:
        """The editor is gone; the log still decides what is on its way, and nobody is told."""
        for entry in channel.in_flight:
            self._owners.pop(entry, None)
        self._fresh.pop(channel.id, None)
        if channel.rests:
            # Its answer to our goodbye is to be read.
            self._resting.remove(channel)
            channel.rest(False)
