"""A desk with a log of its own, and editors at it that hold real Yjs documents."""

from __future__ import annotations

from typing import Any

from pycrdt import Doc, Text

from folkmoot.apps.documents.foreign import FOREIGN_ID_MIN
from folkmoot.apps.editors import EditorLink, EditorsState
from folkmoot.apps.lib0 import Reader
from folkmoot.conference.rights import Role
from folkmoot.errors import invariant
from folkmoot.servers.collaboration.effects import PublishLive
from folkmoot.servers.gateway import wire
from folkmoot.servers.gateway.channel import Channel
from folkmoot.servers.gateway.desk import Desk
from folkmoot.servers.gateway.ends import End
from folkmoot.servers.gateway.wire import Kind, Message
from folkmoot.testing.hosts import HostBench

FAR_MS = 1 << 50


class FakeOutlet:
    """Keeps what an editor is sent."""

    def __init__(self, tells_saved: bool) -> None:
        self.tells_saved = tells_saved
        self.prefix = wire.address("room/pad") if tells_saved else b""
        self.sent: list[bytes] = []
        self.statuses: list[bool] = []
        self.refusals: list[str] = []
        self.ended: End | None = None
        self.reason = ""
        self.paused = False
        self.queued_bytes = 0

    def send(self, message: bytes) -> None:
        invariant(self.ended is None, "nothing is sent after the end")
        self.sent.append(message.removeprefix(self.prefix))

    def status(self, saved: bool) -> None:
        self.statuses.append(saved)

    def denied(self, reason: str) -> None:
        self.refusals.append(reason)

    def end(self, end: End, reason: str) -> None:
        self.ended, self.reason = end, reason

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False


class FakeEditor:
    """An editor with a Yjs document, that speaks as the npm clients do.

    Shape: `unsynced` counts as Hocuspocus' provider does; `held` are messages not sent yet.
    """

    def __init__(self, bench: DeskBench, client: int, link: str, *, hocuspocus: bool) -> None:
        self.bench = bench
        self.link = link
        self.hocuspocus = hocuspocus
        self.doc: Doc[Any] = Doc(client_id=FOREIGN_ID_MIN + client)
        self.text = self.doc.get("text", type=Text)
        self.outlet = FakeOutlet(hocuspocus)
        self.channel: Channel | None = None
        self.unsynced = 0
        self.synced = False
        self.awareness: dict[int, Any] = {}
        self._applying = False
        self.online = True
        self._watching = self.doc.observe(self._edited)

    def connect(self, desk: Desk | None = None) -> None:
        """Comes in, on a new connection."""
        self.outlet = FakeOutlet(self.hocuspocus)
        self.online = True
        self.desk = desk or self.bench.desk
        id_ = self.bench.next_channel()
        now_ms = self.bench.now_ms
        self.channel = self.desk.enter(id_, self.outlet, "pad", self.link, now_ms)
        self.unsynced = 1
        self.say(Kind.STEP_1, self.doc.get_state())

    def say(self, kind: Kind, data: bytes) -> None:
        if self.channel is not None and self.online:
            self.desk.received(self.channel, Message(kind, data), self.bench.now_ms)

    def _edited(self, event: Any) -> None:
        if not self._applying:
            self.unsynced += 1
            self.say(Kind.UPDATE, event.update)

    def read(self) -> None:
        """Heeds all that came."""
        sent, self.outlet.sent = self.outlet.sent, []
        for message in sent:
            reader = Reader(message)
            type_ = reader.number()
            if type_ == wire.SYNC:
                self._sync(reader.number(), reader.block())
            elif type_ == wire.AWARENESS:
                for client, _, state in wire.read_awareness(reader.block(), 100):
                    self.awareness[client] = state
        statuses, self.outlet.statuses = self.outlet.statuses, []
        self.unsynced = max(0, self.unsynced - sum(statuses))

    def _sync(self, step: int, data: bytes) -> None:
        if step == 0:
            self.say(Kind.STEP_2, self.doc.get_update(data))
            return
        self._applying = True
        self.doc.apply_update(data)
        self._applying = False
        self.synced = self.synced or step == 1

    def lose(self) -> None:
        """The connection breaks."""
        self.online = False
        if self.channel is not None:
            self.desk.left(self.channel.id)


class DeskBench(HostBench):
    """A host and its desk; `links` of the room are made without a host of the meeting."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.desk = Desk(self.host)
        self.host.on_applied = self.desk.applied
        self._channels = 0
        self.join(1, "s1", "ada", role=Role.HOST)
        self.commit()

    def flush(self) -> None:
        self.desk.flush(self.now_ms)
        super().flush()

    def next_channel(self) -> int:
        self._channels += 1
        return self._channels

    @property
    def editors_state(self) -> EditorsState:
        state: EditorsState = self.host.replica.state.apps["editors"]
        return state

    def add_link(self, id_: str = "l1", *, write: bool = True, **more: Any) -> str:
        link = EditorLink("pad", id_, write, FAR_MS, "ada", 0, **more)
        self.editors_state.links[id_] = link
        return id_

    def editor(
        self, client: int = 1, link: str = "", *, hocuspocus: bool = True, connect: bool = True
    ) -> FakeEditor:
        link = link or ("l1" if "l1" in self.editors_state.links else self.add_link())
        made = FakeEditor(self, client, link, hocuspocus=hocuspocus)
        if connect:
            made.connect()
        return made

    def settle(self, *editors: FakeEditor) -> None:
        """Lets everything happen that is on its way."""
        for _ in range(12):
            self.now_ms += 25
            self.desk.read_on(self.now_ms)
            self.desk.write_due(self.now_ms)
            self.commit()
            self.flush()
            for editor in editors:
                editor.read()
            self._relay()

    def _relay(self) -> None:
        others, self.others = self.others, []
        for effect in others:
            if isinstance(effect, PublishLive):
                self.desk.live(effect.payload, self.now_ms)

    def later(self, *editors: FakeEditor, ms: int = 3_000) -> None:
        """Lets time pass, with ticks; `settle` takes 300 ms of each 400."""
        for _ in range(ms // 400):
            self.now_ms += 100
            self.desk.tick(self.now_ms)
            self.settle(*editors)

    def updates(self) -> list[tuple[int, int, int]]:
        """Who wrote which clocks, as the log has it."""
        document = self.host.replica.state.apps["documents"].documents["pad"]
        return [(u.number, u.from_, u.to) for u in document.updates]

    def stored_text(self) -> str:
        """The text that the log holds."""
        whole: Doc[Any] = Doc()
        for update in self.host.replica.state.apps["documents"].documents["pad"].updates:
            whole.apply_update(update.update)
        return str(whole.get("text", type=Text))
