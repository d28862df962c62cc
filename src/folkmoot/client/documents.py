"""Shared documents in the Python client: pycrdt documents kept in sync with the conference."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from pycrdt import Decoder, Doc, Subscription, TransactionEvent, merge_updates

from folkmoot.client.document_history import HistoryApi, read_document
from folkmoot.client.errors import ClientError, ConferenceEnded, OperationRejected
from folkmoot.client.state import Event

if TYPE_CHECKING:
    from folkmoot.client.conference import Conference
    from folkmoot.client.receipt import Receipt


MERGED_BYTES_MAX: Final = 64 * 1024
"""Edits made while an operation is under way are merged up to here."""


class DocumentRejected(ClientError):
    """An edit of this document was not taken; open the document again and repeat it."""


class SharedDocument(Doc[Any]):
    """A pycrdt `Doc` whose changes are operations of the conference.

    Caller: await `loaded()` before reading, `saved()` to know that all edits so far are on disk.
    Edits made while one operation is under way are merged into the next.
    """

    def __init__(self, conference: Conference, id_: str) -> None:
        super().__init__(client_id=conference.session.number)
        self.id = id_
        self._conference = conference
        self._clock = 0
        self._local: deque[tuple[bytes, bytes]] = deque()
        self._early: list[Event] = []
        self._sequence = -1
        self._applying = False
        self._sending = False
        self._changed = asyncio.Event()
        self._failed: ClientError | None = None
        self._ended: ConferenceEnded | None = None
        self._watching: Subscription = self.observe(self._observed)
        self._loading = asyncio.create_task(self._load(), name=f"folkmoot-document-{id_}")

    async def loaded(self) -> None:
        """Returns when the document holds what is saved. Errors: `ClientError`."""
        try:
            await asyncio.shield(self._loading)
        except asyncio.CancelledError:
            if self._ended is not None:
                raise self._ended from None
            raise

    async def saved(self) -> None:
        """Returns when every edit made so far is saved.

        Errors: `DocumentRejected`, `ConferenceEnded`.
        """
        while self._local or self._sending:
            if self._failed is not None:
                raise self._failed
            self._changed.clear()
            await self._changed.wait()
        if self._failed is not None:
            raise self._failed

    # Inside

    async def _load(self) -> None:
        content = await read_document(self._conference, self.id)
        self._clock = max(self._clock, content["clock"])
        updates = ([content["base"]] if content["base"] else []) + content["updates"]
        if updates:
            self._apply(merge_updates(*updates) if len(updates) > 1 else updates[0])
        self._sequence = content["sequence"]
        early, self._early = self._early, []
        for event in early:
            self.heed(event)

    def reload(self) -> None:
        """The client's state was replaced: what was missed is read again."""
        self._sequence = -1
        self._loading = asyncio.create_task(self._load(), name=f"folkmoot-document-{self.id}")

    def heed(self, event: Event) -> None:
        """An `updated` event of this document."""
        if self._sequence < 0:
            self._early.append(event)
            return
        foreign = event.body["number"] != self._conference.session.number
        if foreign and event.position.sequence > self._sequence:
            self._apply(event.body["update"])

    def fail(self, error: ClientError) -> None:
        """This document can no longer be kept in sync."""
        self._failed = error
        self._changed.set()

    def close(self) -> None:
        """Nothing is saved any more; who waits for that is told so."""
        self._ended = self._conference.ended or ConferenceEnded("closed", "The client was closed.")
        if self._failed is None and (self._local or self._sending):
            self.fail(self._ended)
        self._loading.cancel()
        self.unobserve(self._watching)

    def _apply(self, update: bytes) -> None:
        self._applying = True
        try:
            self.apply_update(update)
        finally:
            self._applying = False

    def _observed(self, event: TransactionEvent) -> None:
        if not self._applying and self._failed is None:
            # Not sent from here: the document is still locked by the transaction that ends.
            told: Any = event
            self._local.append((told.update, told.after_state))
            asyncio.get_running_loop().call_soon(self._send_next)

    def _send_next(self) -> None:
        if self._sending or not self._local or self._failed is not None:
            return
        if self._conference.ended is not None:
            self.fail(self._conference.ended)
            return
        update, state = self._local.popleft()
        local, size = [update], len(update)
        # No operation may be larger than a server takes; what is left goes with the next.
        while self._local and size + len(self._local[0][0]) <= MERGED_BYTES_MAX:
            update, state = self._local.popleft()
            local.append(update)
            size += len(update)
        update = merge_updates(*local) if len(local) > 1 else local[0]
        from_, self._clock = self._clock, max(self._clock, self._own_clock(state))
        body = {"document": self.id, "from": from_, "to": self._clock, "update": update}
        self._sending = True
        future = self._conference.submit_nowait("documents", "update", body)
        future.add_done_callback(self._decided)

    def _own_clock(self, state: bytes) -> int:
        """The clock that our next struct has in a document of this state."""
        decoder = Decoder(state)
        clocks = {
            decoder.read_var_uint(): decoder.read_var_uint() for _ in range(decoder.read_var_uint())
        }
        return clocks.get(self.client_id, 0)

    def _decided(self, future: asyncio.Future[Receipt]) -> None:
        self._sending = False
        error = None if future.cancelled() else future.exception()
        if isinstance(error, OperationRejected):
            self.fail(DocumentRejected(error.code, error.message))
        elif isinstance(error, ClientError):
            self.fail(error)
        else:
            self._send_next()
        self._changed.set()


class DocumentsApi:
    """`conference.documents[id]`: the same object for the same id while it is in sync."""

    def __init__(self, conference: Conference) -> None:
        self._conference = conference
        self._open: dict[str, SharedDocument] = {}
        self.history = HistoryApi(conference)

    def __getitem__(self, id_: str) -> SharedDocument:
        if id_ not in self._conference.state.documents["documents"]:
            raise KeyError(f"no document {id_!r} in this room")
        document = self._open.get(id_)
        if document is None or document._failed is not None:
            document = self._open[id_] = SharedDocument(self._conference, id_)
        return document

    async def create(self, id_: str, kind: str, title: str) -> SharedDocument:
        """Creates a document of kind `rich`, `text` or `board`. Errors: `OperationRejected`."""
        body = {"document": id_, "kind": kind, "title": title}
        await self._conference.submit("documents", "create", body)
        return self[id_]

    async def rename(self, id_: str, title: str) -> Receipt:
        return await self._do("rename", {"document": id_, "title": title})

    async def move(self, id_: str, place: int) -> Receipt:
        """Puts a document at a place of the list, counted from 0."""
        return await self._do("move", {"document": id_, "place": place})

    async def remove(self, id_: str) -> Receipt:
        """Takes a document out of the list; it can be brought back for 30 days."""
        return await self._do("remove", {"document": id_})

    async def restore_removed(self, id_: str) -> Receipt:
        """Brings a removed document back, to the end of the list."""
        return await self._do("restore_removed", {"document": id_})

    async def request_export(
        self, id_: str, format_: str, version: str = "", *, position: int = 0
    ) -> Receipt:
        """Asks for a file of one document; `changed` events of `exports` say what becomes of it.

        Shape: as it is, as a version holds it, or as it was at a position. `format_` is `markdown`
        (rich texts), `text` (pads), `html`, `pdf` or `docx`. When it is finished,
        `conference.get("export", {"export": id})` gives the ticket for its download.
        """
        body: dict[str, object] = {"formats": [format_], "document": id_, "version": version}
        body |= {"point": position} if position else {}
        return await self._conference.submit("exports", "request", body)

    async def _do(self, type_: str, body: object) -> Receipt:
        return await self._conference.submit("documents", type_, body)

    def heed(self, event: Event) -> None:
        if event.app != "documents":
            return
        document = self._open.get(event.body["document"])
        if document is None:
            return
        if event.type == "updated":
            document.heed(event)
        elif event.type == "voided":
            document.fail(DocumentRejected("document_invalid"))
        elif event.type == "removed":
            document.fail(DocumentRejected("not_found", "This document was removed."))

    def state_replaced(self) -> None:
        for document in self._open.values():
            document.reload()

    def close(self) -> None:
        for document in self._open.values():
            document.close()
        self._open.clear()
