"""One person of a drill or a test: a Python client that posts messages and notes all it sees."""

from __future__ import annotations

import asyncio
import hashlib
import random
import ssl
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

import msgspec
from pycrdt import Text

from folkmoot.client import ClientError, Conference, ConferenceEnded, OperationRejected
from folkmoot.client.conference import join
from folkmoot.client.link import open_link
from folkmoot.client.session import Arrived, Decided, Ended, Notice, Welcomed
from folkmoot.drill.history import Line
from folkmoot.protocol import frames
from folkmoot.protocol.frames import Pending, Saving
from folkmoot.protocol.limits import PROTOCOL_VERSION

JOIN_S_MAX: Final = 30.0
AGAIN_S: Final = 0.2
OPEN_OPERATIONS_MAX: Final = 2_000
PAGE: Final = 200
PAD: Final = "pad"
FIELD: Final = "content"
TAIL: Final = 150
"""How many messages at the end of a chat are compared between clients: fewer than a view has."""

Write = Callable[[Line], None]


class Person:
    """A client in a room. Caller: `enter`, then `post` as often as wanted, `settle`, `close`."""

    def __init__(self, name: str, room: str, write: Write) -> None:
        self.name = name
        self.room = room
        self.sent = 0
        self.acts = 0
        self._write = write
        self._conference: Conference | None = None
        self._open: dict[str, asyncio.Task[None]] = {}

    @property
    def conference(self) -> Conference:
        if self._conference is None:
            raise RuntimeError(f"{self.name} has not entered")
        return self._conference

    async def enter(
        self,
        url: str,
        *,
        here: bool = False,
        at: str = "",
        standby: bool = True,
        turn: int = 0,
        encryption: ssl.SSLContext | None = None,
    ) -> None:
        """Joins by the web server at `url`, again until somebody answers.

        Shape: with `here` it attaches to a server of that host, whatever the ranking says, with
        `at` to one of the host that people reach at this address; `turn` begins so many places
        further down the ranking, so that people are spread over all servers.
        """
        async with asyncio.timeout(JOIN_S_MAX):
            ticket, paths = await self._ticket(url, encryption)
            if here:
                # Other hosts' servers are told with their whole address.
                paths.sort(key=lambda path: "://" in path)
            if at:
                paths.sort(key=lambda path: not path.startswith(f"{at}/"))
            first = turn % len(paths)
            paths = paths[first:] + paths[:first]
            self._conference = Conference(url, ticket, paths, encryption, standby=standby)
            self._conference.on_notice = self._heard
            self._conference.on_lost = lambda: self.tell("lost")
            await self._conference.wait_attached()
        session = self._conference.session
        self.tell("joined", more={"number": session.number, "person": session.person})

    async def _ticket(self, url: str, encryption: ssl.SSLContext | None) -> tuple[str, list[str]]:
        while True:
            try:
                return await join(url, self.room, self.name, encryption=encryption)
            except (ConnectionError, ValueError):
                await asyncio.sleep(AGAIN_S)

    def tell(self, kind: str, **fields: Any) -> None:
        line = Line(time.monotonic(), kind, who=self.name, room=self.room, **fields)
        self._write(line)

    # What a person does

    def post(self) -> None:
        """Sends the next message; its outcome is written down when it is known."""
        if len(self._open) >= OPEN_OPERATIONS_MAX or self.conference.ended is not None:
            return
        self.sent += 1
        key = f"{self.name}/{self.sent}"
        self.submit(key, "chat", "post", {"text": key})

    def submit(
        self, key: str, app: str, type_: str, body: object, sets: tuple[str, str] = ("", "")
    ) -> None:
        """Sends any operation under a name of our own.

        Shape: `sets` is a register and its value, of what only this person changes.
        """
        more = {"slot": sets[0], "value": sets[1]} if sets[0] else {}
        self.tell("send", key=key, app=app, type=type_, more=more)
        future = self.conference.submit_nowait(app, type_, body)
        self._follow(key, self._outcome(key, future))

    def _follow(self, key: str, outcome: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(outcome)
        self._open[key] = task
        task.add_done_callback(lambda _: self._open.pop(key, None))

    def _next_key(self, kind: str) -> str:
        self.acts += 1
        return f"{self.name}/{kind}/{self.acts}"

    @property
    def _able(self) -> bool:
        return self.conference.ended is None and len(self._open) < OPEN_OPERATIONS_MAX

    def hand(self, *, up: bool) -> None:
        if self._able:
            sets = (f"hand/{self.conference.session.person}", "up" if up else "down")
            self.submit(self._next_key("hand"), "hands", "raise" if up else "lower", {}, sets)

    def rename(self, name: str) -> None:
        if self._able:
            sets = (f"name/{self.conference.session.person}", name)
            self.submit(self._next_key("name"), "roster", "rename", {"name": name}, sets)

    def correct(self, number: int) -> None:
        """Changes the newest message of one's own that is saved, if there is one."""
        own = self.conference.session.person
        mine = [m for m in self.conference.state.chat["messages"] if m["author"] == own]
        if self._able and mine and not mine[-1].get("deleted_ms"):
            id_, text = mine[-1]["id"], f"{_key_in(mine[-1].get('text', ''))} ~{number}"
            body = {"id": id_, "text": text}
            self.submit(self._next_key("edit"), "chat", "edit", body, (f"text/{id_}", text))

    def write(self, dice: random.Random) -> None:
        """Writes a line into the pad, somewhere between two others."""
        if not self._able:
            return
        key = self._next_key("line")
        try:
            pad = self.conference.documents[PAD]
        except KeyError:
            return
        self._follow(key, self._written(key, pad, dice.random()))

    async def _written(self, key: str, pad: Any, where: float) -> None:
        try:
            await pad.loaded()
            text = pad.get(FIELD, type=Text)
            lines = str(text).split("\n")[:-1]
            before = "".join(f"{line}\n" for line in lines[: int(where * (len(lines) + 1))])
            self.tell("send", key=key, app="documents", type="update")
            # Yjs counts in UTF-8 here; a line is of ASCII.
            text.insert(len(before), f"{key}\n")
            await pad.saved()
        except OperationRejected as error:
            self.tell("fail", key=key, code=error.code)
        except ConferenceEnded as error:
            self.tell("unknown", key=key, code=error.code)
        except ClientError as error:
            # What was in the same operation is refused with it; a part may have been in before.
            self.tell("unknown", key=key, code=error.code)
        else:
            self.tell("ok", key=key)

    async def _outcome(self, key: str, future: asyncio.Future[Any]) -> None:
        try:
            receipt = await future
        except OperationRejected as error:
            self.tell("fail", key=key, code=error.code)
        except ConferenceEnded as error:
            self.tell("unknown", key=key, code=error.code)
        else:
            self.tell("ok", key=key, seq=receipt.position.sequence)

    @property
    def undecided(self) -> int:
        return len(self._open)

    def cut(self) -> None:
        """Ends the connection without a word, as a bad network does."""
        self.conference.cut()

    async def leave(self) -> None:
        await self.conference.leave()

    async def haunt(self, url: str) -> None:
        """Speaks for this session after it was closed, over a connection made by hand."""
        session = self.conference.session
        heard = asyncio.Event()
        path = next(iter(self._conference_paths(url)))
        link = await open_link(path, lambda _: heard.set())
        resume = frames.Resume(
            PROTOCOL_VERSION,
            session.token,
            session.generation + 1,
            session.position,
            session.decided,
        )
        link.send(frames.encode(resume))
        for number in range(1, 4):
            key = f"{self.name}/ghost/{number}"
            self.tell("send", key=key, app="chat", type="post", code="after_close")
            body = msgspec.Raw(msgspec.msgpack.encode({"text": key}))
            link.send(
                frames.encode(frames.Operation(session.decided + number, "chat", "post", body))
            )
        try:
            async with asyncio.timeout(JOIN_S_MAX):
                await heard.wait()
                await link.lost.wait()
        except TimeoutError:
            link.abort()

    @staticmethod
    def _conference_paths(url: str) -> list[str]:
        return [url.replace("http", "ws", 1) + "/s/collaboration-1"]

    async def close(self) -> None:
        if self._conference is not None:
            await self._conference.close()
        await asyncio.gather(*self._open.values(), return_exceptions=True)

    # What a person hears

    def _heard(self, notice: Notice) -> None:
        session = self.conference.session
        if isinstance(notice, Arrived):
            for event in notice.batch.events:
                self._saw(notice.batch.sequence, event)
        elif isinstance(notice, Pending):
            for told in notice.events:
                if told.number != session.number:
                    self.tell("preview", key=_key_of(told.app, told.type, told.body))
        elif isinstance(notice, Welcomed):
            more = {"url": self.conference.server_url, "generation": session.generation}
            self.tell("attached", seq=notice.position.sequence, more=more)
            if not notice.resumed:
                told = notice.state.get("chat", {}).get("messages", ())
                keys = [_key_in(m.get("text", "")) for m in told]
                self.tell("replaced", seq=notice.position.sequence, more={"keys": keys})
        elif isinstance(notice, Saving):
            self.tell("saving", code="paused" if notice.paused else "goes_on")
        elif isinstance(notice, Ended):
            self.tell("ended", code=notice.code, more={"reconnect": notice.reconnect})
        elif isinstance(notice, Decided):
            return  # its future tells

    def _saw(self, sequence: int, event: frames.Event) -> None:
        more: dict[str, Any] = {"number": event.number} if event.number else {}
        if event.app == "exports":
            more["author"] = event.author
        self.tell(
            "got",
            seq=sequence,
            index=event.index,
            app=event.app,
            type=event.type,
            key=_key_of(event.app, event.type, event.body),
            more=more,
        )

    # At the end

    def position(self) -> int:
        """How far the log is known to be applied here, by events or by a server's word."""
        return max(self.conference.session.heard, self.conference.session.position.sequence)

    def tell_state(self) -> None:
        self.tell("state", more=state_of(self.conference))

    async def tell_final(self) -> None:
        """Reads the whole room and writes it down."""
        messages = await whole_chat(self.conference)
        keys = [_key_in(m.get("text", "")) for m in messages]
        pad = self.conference.documents[PAD]
        await pad.loaded()
        lines = str(pad.get(FIELD, type=Text)).split("\n")[:-1]
        more = {"keys": keys, "lines": lines, "slots": self._registers(messages)}
        self.tell("final", more=more | state_of(self.conference))

    def _registers(self, messages: list[dict[str, Any]]) -> dict[str, str]:
        view = self.conference.state
        up = {one["person"] for one in view.hands["raised"]}
        found = {f"text/{m['id']}": m.get("text", "") for m in messages}
        for id_, person in view.roster["persons"].items():
            found[f"name/{id_}"] = person["name"]
            found[f"hand/{id_}"] = "up" if id_ in up else "down"
        return found


def _key_of(app: str, type_: str, body: bytes) -> str:
    if app == "chat" and type_ == "posted":
        return _key_in(str(msgspec.msgpack.decode(body)["text"]))
    return ""


def _key_in(text: str) -> str:
    """A message's key; what its author changed stands behind it."""
    return text.partition(" ")[0]


def state_of(conference: Conference) -> dict[str, Any]:
    """What a client holds of a room, so that two clients can be compared."""
    view = conference.state
    tail = [(m["id"], m["author"], m.get("text", "")) for m in view.chat["messages"][-TAIL:]]
    people = {
        id: [person["name"], person["role"], person["present"]]
        for id, person in view.roster["persons"].items()
    }
    digest = hashlib.sha256(msgspec.json.encode([tail, sorted(people.items())]))
    return {"digest": digest.hexdigest()[:16], "people": people, "messages": len(tail)}


async def whole_chat(conference: Conference) -> list[dict[str, Any]]:
    """All messages of the room, oldest first, page after page."""
    messages: list[dict[str, Any]] = list(conference.state.chat["messages"])
    earlier = conference.state.chat["earlier"]
    while earlier and messages:
        told = await conference.get("chat", {"before": messages[0]["id"], "count": PAGE})
        messages = [*told["messages"], *messages]
        earlier = bool(told["messages"]) and told.get("earlier", True)
    return messages
